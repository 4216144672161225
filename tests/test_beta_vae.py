"""benchmarks/beta_vae.py, and its stored result."""

import json
from types import SimpleNamespace

import beta_vae
import pytest
import torch
from rename import ROOT

from ganbook.procedural import shapes

STORED = json.loads((ROOT / "benchmarks" / "results" / "beta_vae.json").read_text("utf-8"))


def test_the_stored_result_is_of_the_full_run():
    assert STORED["scale"] == 1
    assert STORED["steps"] == beta_vae.STEPS
    assert len(STORED["seeds"]) >= 5
    assert STORED["entries"].keys() == beta_vae.WAYS.keys()
    for entry in STORED["entries"].values():
        assert all(len(values) == len(STORED["seeds"]) for values in entry.values())


def test_the_stored_gap_is_the_mean_over_factors():
    for entry in STORED["entries"].values():
        parts = torch.tensor([entry[f"gap of {name}"] for name in beta_vae.FACTORS])
        whole = torch.tensor(entry["mutual information gap"])
        torch.testing.assert_close(parts.mean(dim=0), whole, rtol=0, atol=2e-4)


def test_more_beta_means_less_rate_and_more_distortion():
    betas = [name for name in STORED["entries"] if name.startswith("beta")]
    for measure, sign in (("rate", -1), ("distortion", 1)):
        means = [sum(STORED["entries"][name][measure]) * sign for name in betas]
        assert means == sorted(means)


@pytest.fixture
def small(monkeypatch):
    for name, value in dict(TRAIN=64, TEST=50, STEPS=2).items():
        monkeypatch.setattr(beta_vae, name, value)
    ways = {"beta 1": dict(beta=1), "total correlation 4": dict(correlation=4)}
    monkeypatch.setattr(beta_vae, "WAYS", ways)


def test_the_same_seeds_give_the_same_result(small):
    results = [beta_vae.measure(SimpleNamespace(seeds=[0, 1], scale=1.0)) for _ in range(2)]
    assert results[0] == results[1]
    entries = results[0]["entries"]
    assert entries["beta 1"]["rate"] != entries["total correlation 4"]["rate"]
    assert json.loads(json.dumps(results[0])) == results[0]


def test_factors_are_cut_into_equal_parts():
    factors = shapes(5000, 8, 1, seed=0)[1]
    known = beta_vae.known(factors)
    assert known.shape == (5000, 5)
    assert torch.equal(known[:, 0], factors["kind"])
    for column in known.T[1:]:
        assert column.unique().tolist() == list(range(10))
        assert column.bincount().min() > 400


def test_a_result_agrees_with_itself(capsys):
    beta_vae.compare(STORED, STORED)
    for line in capsys.readouterr().out.splitlines():
        numbers = [int(word) for word in line.replace(",", "").split() if word.isdigit()]
        assert len(set(numbers[-4:])) == 1
