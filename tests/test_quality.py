"""benchmarks/quality.py: what it times, keeps, scores and stores."""

import json
from itertools import count
from types import SimpleNamespace

import pytest
import quality
import torch

import ganbook as gb
from ganbook.procedural import shapes

SMALL = dict(width=4, batch=8, lr=1e-3, decays=True, autocast=None)


@pytest.fixture
def pictures(monkeypatch):
    images = shapes(100, 32, 1, seed=0)[0]
    monkeypatch.setattr(gb, "load", lambda *_, **__: SimpleNamespace(images=images))
    return images


@pytest.fixture
def clock(monkeypatch, pictures):
    """A clock that only a batch moves on, by a second."""
    now = [0.0]

    def batches(images, *, batch_size, **_):
        for i in count():
            now[0] += 1
            yield gb.to_float(images[i % 9 : i % 9 + batch_size])

    monkeypatch.setattr(gb, "batches", batches)
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
    kept = quality.train(pictures, seed=0, seconds=20, **SMALL)
    assert [at["steps"] for at in kept] == [at["seconds"] for at in kept] == [1, 2, 4, 10, 20]
    assert rates == pytest.approx([1e-3 * (1 - i / 20) for i in range(20)])


def test_what_is_kept_is_the_moment_and_not_the_end(pictures, clock):
    kept = quality.train(pictures, seed=0, seconds=20, **SMALL)
    states = [at["weights"][name]["layers.0.weight"] for at in kept for name in quality.WEIGHTS]
    assert torch.equal(states.pop(0), states[0])  # after one step the average is the last
    for i, one in enumerate(states):
        assert not any(torch.equal(one, other) for other in states[:i])


def test_a_small_run_is_stored_once_and_reported(monkeypatch, clock, tmp_path, capsys):
    monkeypatch.setattr(quality, "SAMPLES", 20)
    monkeypatch.setattr(quality, "RECIPES", dict(textbook=SMALL, default=SMALL))
    options = SimpleNamespace(seconds=20, runs=tmp_path / "runs", out=tmp_path / "out.json")
    quality.reference.cache_clear()
    for seed in (0, 1):
        quality.measure(options, "mnist", seed)
    for seed in (1, 0, 1):
        quality.score(options, "mnist", seed)
    quality.reference.cache_clear()
    result = json.loads(options.out.read_text("utf-8"))
    assert [(entry["recipe"], entry["seed"]) for entry in result["entries"]] == [
        ("default", 0),
        ("default", 1),
        ("textbook", 0),
        ("textbook", 1),
    ]
    assert all(len(columns) == 5 for columns in quality.table(result).values())
    assert result["entries"][0]["averaged"] == result["entries"][2]["averaged"]  # same recipe here
    capsys.readouterr()
    quality.report(result)
    assert len(capsys.readouterr().out.splitlines()) == 4 + 2


def test_the_ratio_is_of_the_averaged_weights(capsys):
    rows = dict(textbook=8.0, default=2.0)
    entries = [
        dict(data="mnist", recipe=recipe, seed=seed, last=[99.0] * 5, averaged=[value] * 5)
        for recipe, value in rows.items()
        for seed in range(3)
    ]
    quality.report(dict(floor=dict(mnist=0.1), entries=entries))
    assert capsys.readouterr().out.count("0.25 ± 0.00") == 2
