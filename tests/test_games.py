"""benchmarks/games.py, and what the chapter on losses shows of its stored result."""

import json
from types import SimpleNamespace

import games
import pytest
import torch
from book_reading import literals, statements
from rename import ROOT
from seeds import apart, separated

from ganbook.procedural import ring

STORED, AGAIN, LONGER = (
    json.loads((ROOT / "benchmarks" / "results" / name).read_text("utf-8"))
    for name in ("games.json", "games_again.json", "games_garments.json")
)

SHOWN = {
    "ring": ("ring", "high-quality share"),
    "shapes": ("shapes", "overlap of factors"),
    "garments": ("Fashion-MNIST", "Fréchet distance"),
}


@pytest.mark.parametrize("mark", ["updates", "time"])
@pytest.mark.parametrize("name", SHOWN)
def test_the_chapter_shows_what_was_stored(name, mark):
    chapter = literals(statements(ROOT / "book" / "gans" / "losses.ipynb"), f"{name}_{mark}")[
        f"{name}_{mark}"
    ]
    setting, metric = SHOWN[name]
    entries = STORED["settings"][setting]["entries"]
    assert chapter == {
        entry.replace("_", " "): [round(value, 2) for value in found[mark][metric]]
        for entry, found in entries.items()
    }


def test_the_chapter_shows_the_first_try():
    shown = literals(statements(ROOT / "book" / "gans" / "losses.ipynb"), "ring_equal_rates")
    entries = STORED["settings"]["ring, equal rates"]["entries"]
    assert shown["ring_equal_rates"] == {
        entry.replace("_", " "): [round(v, 2) for v in found["updates"]["high-quality share"]]
        for entry, found in entries.items()
    }


REPEATED = {
    **{name: (AGAIN, *place) for name, place in SHOWN.items()},
    "garments, third run": (LONGER, *SHOWN["garments"]),
}


@pytest.mark.parametrize("mark", ["updates", "time"])
@pytest.mark.parametrize("name", REPEATED)
def test_the_chapter_shows_how_the_repetition_agrees(name, mark):
    shown = literals(statements(ROOT / "book" / "gans" / "losses.ipynb"), "again")["again"]
    repeated, setting, metric = REPEATED[name]
    first, other = (
        separated({entry: found[mark][metric] for entry, found in result["entries"].items()})
        for result in (STORED["settings"][setting], repeated["settings"][setting])
    )
    both = first.keys() & other.keys()
    same = sum(first[pair] == other[pair] for pair in both)
    assert shown[f"{name}, equal {mark}"] == (len(first), len(other), len(both), same)


def test_what_r1_changes_on_garments_after_equal_time():
    for result, changed in (
        (STORED, dict(minimax=1, non_saturating=-1, least_squares=1, wasserstein=-1, hinge=1)),
        (LONGER, dict(least_squares=1, wasserstein=-1, hinge=1)),
    ):
        entries = result["settings"]["Fashion-MNIST"]["entries"]
        found = {
            game: apart(*(entries[f"{game}, {way}"]["time"]["Fréchet distance"] for way in ways))
            for game, ways in dict.fromkeys(games.GAMES, ("R1", "bare")).items()
        }
        assert {game: sign for game, sign in found.items() if sign} == changed


@pytest.mark.parametrize("repeated", [AGAIN, LONGER])
def test_the_chapter_shows_the_commands_of_the_repetitions(repeated):
    chapter = json.loads((ROOT / "book" / "gans" / "losses.ipynb").read_text("utf-8"))
    words = " ".join("".join("".join(cell["source"]) for cell in chapter["cells"]).split())
    settings = " ".join(repeated["settings"])
    seeds = " ".join(map(str, repeated["seeds"]))
    wanted = f"--settings {settings} --seeds {seeds} \\ --scale {repeated['scale']} --rates "
    assert wanted in words


def test_the_turned_pair_is_a_tie_in_the_longer_run():
    first, again, longer = (
        separated({k: v["time"]["Fréchet distance"] for k, v in result["entries"].items()})
        for result in (r["settings"]["Fashion-MNIST"] for r in (STORED, AGAIN, LONGER))
    )
    (turned,) = (pair for pair in first.keys() & again.keys() if first[pair] != again[pair])
    assert turned == ("least_squares, bare", "relativistic, bare")
    assert turned not in longer


@pytest.mark.parametrize("name", REPEATED)
def test_a_repetition_is_one(name):
    repeated, setting, _ = REPEATED[name]
    assert not set(STORED["seeds"]) & set(repeated["seeds"])
    assert games.TUNING_SEED not in repeated["seeds"]
    assert repeated["scale"] < STORED["scale"]
    one, two = (result["settings"][setting]["entries"] for result in (STORED, repeated))
    assert {name: e["rate"] for name, e in one.items()} == {
        name: e["rate"] for name, e in two.items()
    }


def test_the_stored_result_is_of_the_full_run():
    assert STORED["scale"] == 1
    assert len(STORED["seeds"]) >= 5
    assert games.TUNING_SEED not in STORED["seeds"]
    for setting in STORED["settings"].values():
        assert set(setting["entries"]) == {f"{game}, {way}" for game, way in games.pairs()}
        for entry in setting["entries"].values():
            assert entry["at"]["time"] <= entry["at"]["updates"]


def test_labels_number_the_forty_combinations():
    grid = torch.cartesian_prod(
        torch.arange(5.0), torch.tensor([0.4, 0.6]), *[torch.tensor([-0.1, 0.1])] * 2
    ).T
    factors = dict(kind=grid[0].long(), size=grid[1], x=grid[2], y=grid[3])
    assert games.combination(factors).tolist() == list(range(40))


def test_overlap_is_one_less_the_total_variation():
    p, q = torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.25, 0.25, 0.5])
    assert games.overlap(p, p) == 1
    assert games.overlap(p, q) == pytest.approx(1 - (p - q).abs().sum().item() / 2)


def test_a_plain_discriminator_judges_each_image_by_itself():
    _, discriminator = games.Pictures().networks()
    x = torch.randn(4, 1, 32, 32)
    assert torch.allclose(discriminator(x)[:2], discriminator(x[:2]), atol=1e-5)


def test_equal_data_score_as_data():
    step = SimpleNamespace(generator=SimpleNamespace(latent=2), sample=lambda z: ring(len(z)))
    score = games.Ring().score(step)
    assert score["modes of 8"] == 8
    assert score["high-quality share"] == pytest.approx(1 - 2.718281828**-4.5, abs=0.005)


def test_a_small_contest_has_every_entry():
    setting = games.Ring()
    rates = {"hinge, bare": (1e-4, 2e-4)}
    found = games.contest(setting, SimpleNamespace(scale=2 / 1500, seeds=[0, 1]), rates)
    assert set(found) == {f"{game}, {way}" for game, way in games.pairs()}
    assert all(len(entry["updates"]["modes of 8"]) == 2 for entry in found.values())
    assert found["hinge, bare"]["rate"] == (1e-4, 2e-4)
    assert found["hinge, R1"]["rate"] in setting.rates


def test_rates_are_those_of_the_stored_result():
    path = ROOT / "benchmarks" / "results" / "games.json"
    rates = games.stored_rates(path, "ring")
    assert rates["hinge, bare"] == tuple(
        STORED["settings"]["ring"]["entries"]["hinge, bare"]["rate"]
    )
    assert games.stored_rates(None, "ring") == {}
