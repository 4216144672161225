"""benchmarks/quality.py, and what the chapter on stability shows of its stored result."""

import json
from itertools import count
from types import SimpleNamespace

import pytest
import quality
import torch
from book_reading import literals, statements
from rename import ROOT

import ganbook as gb
from ganbook import training
from ganbook.models import dcgan
from ganbook.procedural import shapes

STORED = json.loads((ROOT / "benchmarks" / "results" / "quality.json").read_text("utf-8"))
SHOWN = dict(garment_runs="fashion_mnist", digit_runs="mnist")
TITLES = dict(garments="fashion_mnist", digits="mnist")


@pytest.mark.parametrize("name", SHOWN)
def test_the_chapter_shows_what_was_stored(name):
    shown = literals(statements(ROOT / "book" / "gans" / "stability.ipynb"), name)[name]
    stored = {}
    for entry in STORED["entries"]:
        if entry["data"] == SHOWN[name]:
            for kind in quality.WEIGHTS:
                rows = stored.setdefault(f"{entry['recipe']}, {kind}", [])
                rows.append([round(value, 2) for value in entry[kind]])
    assert shown == stored


def test_the_chapter_shows_how_near_real_images_are():
    shown = literals(statements(ROOT / "book" / "gans" / "stability.ipynb"), "floors")["floors"]
    assert shown == {title: STORED["floor"][data] for title, data in TITLES.items()}


@pytest.mark.parametrize(("title", "data"), TITLES.items())
def test_the_chapter_shows_whether_it_copies(title, data):
    names = "closer", "copies"
    shown = literals(statements(ROOT / "book" / "gans" / "stability.ipynb"), *names)
    entries = [e for e in STORED["entries"] if (e["data"], e["recipe"]) == (data, "default")]
    for name in names:
        assert shown[name][title] == [entry[name] for entry in entries]


@pytest.mark.parametrize(("recipe", "updates"), [("textbook", 770), ("default", 4200)])
def test_the_chapter_says_how_many_updates_were_made(recipe, updates):
    made = [e["steps"][-1] for e in STORED["entries"] if e["recipe"] == recipe]
    assert sum(made) / len(made) == pytest.approx(updates, rel=0.01)
    if recipe == "textbook":
        assert 64 * max(made) < 60_000  # it has not seen every image once


def test_the_stored_result_is_of_the_full_run():
    made = {(entry["data"], entry["recipe"], entry["seed"]) for entry in STORED["entries"]}
    assert made == {(d, r, s) for d in quality.SETS for r in quality.RECIPES for s in range(3)}
    assert len(made) == len(STORED["entries"])
    for entry in STORED["entries"]:
        assert entry["seconds"] == pytest.approx(
            [120 * share for share in quality.SHARES], abs=1
        )  # a step late
        assert entry["machine"].endswith("2 threads")


def small(data, seed):
    networks = dcgan.Generator(width=4), dcgan.Discriminator(width=4)
    step = training.GANStep(*networks, lr=1e-3, ema=0.9, seed=seed)
    return step, gb.batches(data.images, batch_size=8, seed=seed)


@pytest.fixture
def pictures(monkeypatch):
    def load(_, size, split="train"):
        images, factors = shapes(600, size, 1, seed=dict(train=0, test=1)[split])
        return SimpleNamespace(images=images, labels=factors["kind"])

    monkeypatch.setattr(gb, "load", load)
    return load("mnist", 32)


@pytest.fixture
def clock(monkeypatch, pictures):
    """A clock that only a batch moves on, by a second."""
    now = [0.0]

    def batches(images, *, batch_size, **_):
        for i in count():
            now[0] += 1
            yield gb.to_float(images[i % 9 : i % 9 + batch_size])

    monkeypatch.setattr(gb, "batches", batches)
    monkeypatch.setattr(quality, "RECIPES", dict(textbook=small, default=small))
    monkeypatch.setattr(quality, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    return now


def test_copies_are_not_timed_and_rates_fall_to_zero(monkeypatch, pictures, clock):
    rates = []

    def slow_copy(step, copy=quality.weights):
        clock[0] += 1000
        return copy(step)

    def seen(step, rate, set_rate=quality.set_rate):
        rates.append(rate)
        set_rate(step, rate)

    monkeypatch.setattr(quality, "weights", slow_copy)
    monkeypatch.setattr(quality, "set_rate", seen)
    kept = quality.train("default", pictures, seed=0, seconds=20)["kept"]
    assert [at["steps"] for at in kept] == [at["seconds"] for at in kept] == [1, 2, 4, 10, 20]
    assert rates == pytest.approx([1e-3 * (1 - i / 20) for i in range(20)])
    rates.clear()
    quality.train("textbook", pictures, seed=0, seconds=20)
    assert not rates


def test_what_is_kept_is_the_moment_and_not_the_end(pictures, clock):
    kept = quality.train("default", pictures, seed=0, seconds=20)["kept"]
    states = [at["weights"][name]["layers.0.weight"] for at in kept for name in quality.WEIGHTS]
    assert torch.equal(states.pop(0), states[0])  # after one step the average is the last
    for i, one in enumerate(states):
        assert not any(torch.equal(one, other) for other in states[:i])


def test_a_small_run_is_stored_once_and_reported(monkeypatch, clock, tmp_path, capsys):
    monkeypatch.setattr(quality, "SAMPLES", 20)
    options = SimpleNamespace(seconds=20, runs=tmp_path / "runs", out=tmp_path / "out.json")
    quality.real.cache_clear()
    for seed in (0, 1):
        quality.measure(options, "mnist", seed)
    for seed in (1, 0, 1):
        quality.score(options, "mnist", seed)
    quality.real.cache_clear()
    result = json.loads(options.out.read_text("utf-8"))
    assert [(entry["recipe"], entry["seed"]) for entry in result["entries"]] == [
        ("default", 0),
        ("default", 1),
        ("textbook", 0),
        ("textbook", 1),
    ]
    assert all(len(columns) == 5 for columns in quality.table(result).values())
    assert result["floor"]["mnist"] > 0
    first, _, third, _ = (entry["averaged"] for entry in result["entries"])
    assert first[0] == third[0]  # one small step of the same recipe
    assert first[-1] != third[-1]  # but for the rates
    capsys.readouterr()
    quality.report(result)
    assert len(capsys.readouterr().out.splitlines()) == 4 + 4 + 2


@pytest.mark.parametrize(("split", "closer"), [("train", 1.0), ("test", 0.5)])
def test_a_copy_is_known_from_an_unseen_image(
    monkeypatch, clock, pictures, tmp_path, split, closer
):
    options = SimpleNamespace(seconds=20, runs=tmp_path / "runs", out=tmp_path / "out.json")
    drawn = gb.to_float(gb.load("mnist", size=32, split=split).images)
    monkeypatch.setattr(quality, "samples", lambda *_: drawn.split(200))
    quality.real.cache_clear()
    quality.measure(options, "mnist", 0)
    quality.score(options, "mnist", 0)
    quality.real.cache_clear()
    entry, _ = json.loads(options.out.read_text("utf-8"))["entries"]
    assert entry["closer"] == closer
    assert (entry["copies"] > 0.9) == (split == "train")
    assert (entry["averaged"][-1] == 0) == (split == "test")


@pytest.mark.parametrize("recipe", quality.RECIPES)
def test_what_a_recipe_keeps_draws_the_same_again(monkeypatch, pictures, recipe):
    monkeypatch.setattr(quality, "SAMPLES", 20)
    made = []
    monkeypatch.setitem(quality.RECIPES, recipe, remember(quality.RECIPES[recipe], made))
    monkeypatch.setattr(quality, "SHARES", (1.0,))
    run = quality.train(recipe, pictures, seed=0, seconds=1)
    again = quality.generator_of(run, run["kept"][0]["weights"]["averaged"])
    (step,) = made
    first = torch.randn(20, again.latent, generator=torch.Generator().manual_seed(1003))
    (images,) = quality.samples(again, seed=3)
    assert images.shape == (20, 1, 32, 32)
    assert images.abs().max() <= 1
    assert torch.allclose(images, step.sample(first)[:, :1], atol=1e-4)


def remember(recipe, made):
    def of(data, seed):
        step, stream = recipe(data, seed)
        made.append(step)
        return step, stream

    return of


def test_a_lazy_step_regularises_seldom_and_as_much(pictures):
    def play(make, penalties):
        gb.seed(0)
        step, stream = make(dcgan.Generator(width=4), dcgan.Discriminator(width=4)), batches()
        for penalty in penalties:
            if penalty is not None:
                step.regularise = penalty
            step(next(stream))
        return torch.cat([p.detach().flatten() for p in step.discriminator.parameters()])

    def batches():
        return gb.batches(pictures.images, batch_size=8, seed=0)

    def thrice(*arguments):
        return 3 * quality.r1(*arguments)

    def none(*_):
        return 0.0

    def lazy(*networks):
        return quality.LazyStep(*networks, every=3, regularise=quality.r1)

    by_hand = play(training.GANStep, [none, none, thrice] * 2)
    assert torch.allclose(play(lazy, [None] * 6), by_hand, atol=1e-7)
    assert not torch.allclose(play(training.GANStep, [none] * 6), by_hand, atol=1e-4)


def test_the_ratio_is_of_the_averaged_weights(capsys):
    rows = dict(textbook=[80.0, 40.0, 20.0, 10.0, 8.0], default=[8.0, 4.0, 3.0, 2.0, 1.0])
    entries = [
        dict(data="mnist", recipe=recipe, seed=seed, last=[99.0] * 5, averaged=row)
        | dict(closer=0.5, copies=0.0)
        for recipe, row in rows.items()
        for seed in range(3)
    ]
    quality.report(dict(floor=dict(mnist=0.1), entries=entries))
    printed = capsys.readouterr().out
    assert "10% of the default's time over the textbook's whole: 0.50 ± 0.00" in printed
    assert "100% of the default's time over the textbook's whole: 0.12 ± 0.00" in printed
