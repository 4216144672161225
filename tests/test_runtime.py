import random

import numpy as np
import pytest
import torch

import ganbook as gb


def draws():
    return random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002


def test_one_seed_fixes_every_stream():
    gb.seed(3)
    first = draws()
    gb.seed(3)
    assert draws() == first
    gb.seed(4)
    assert draws() != first


@pytest.mark.parametrize("value", [-1, 2**32, 1.5, "0", None, True])
def test_a_bad_seed_is_named(value):
    with pytest.raises(ValueError, match=r"expected seed to be an integer .* got"):
        gb.seed(value)


@pytest.mark.parametrize(("name", "steps"), [("smoke", 12), ("cpu", 600), ("gpu", 20_000)])
def test_the_variable_chooses_the_budget(monkeypatch, name, steps):
    monkeypatch.setenv("GANBOOK_BUDGET", name)
    assert gb.budget(cpu=600, gpu=20_000) == steps


def test_smoke_is_at_least_two_and_can_be_given(monkeypatch):
    monkeypatch.setenv("GANBOOK_BUDGET", "smoke")
    assert gb.budget(cpu=5, gpu=10) == 2
    assert gb.budget(cpu=5, gpu=10, smoke=1) == 1


def test_an_unknown_budget_is_named(monkeypatch):
    monkeypatch.setenv("GANBOOK_BUDGET", "huge")
    with pytest.raises(ValueError, match=r"GANBOOK_BUDGET.*'smoke', 'cpu', 'gpu'.*'huge'"):
        gb.budget(cpu=1, gpu=1)


@pytest.mark.parametrize("bad", [dict(cpu=0), dict(gpu=-1), dict(cpu=1.5), dict(smoke=0)])
def test_a_bad_amount_is_named(bad):
    (name,) = bad
    with pytest.raises(ValueError, match=f"expected {name} to be an integer"):
        gb.budget(**{"cpu": 1, "gpu": 1, **bad})
