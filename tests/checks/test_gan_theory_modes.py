"""Slips in counting modes, an exercise of "The game", and what the check now says to them."""

import math

import pytest
import torch
from verdicts import said

from ganbook.checks import gan_theory


def count(distance=torch.cdist, radius=3.0, least=lambda n: 1):
    def coverage(samples, centres, std):
        away, nearest = distance(samples, centres).min(1)
        good = away <= radius * std
        hits = nearest[good].bincount(minlength=len(centres))
        return int((hits >= least(len(samples))).sum()), good.float().mean()

    return coverage


def any_within(samples, centres, std):
    hit = torch.cdist(samples, centres) <= 3 * std
    return hit.any(0).sum(), hit.any(1).float().mean()


def second_number(change):
    def coverage(samples, centres, std):
        covered, share = count()(samples, centres, std)
        return covered, change(samples, centres, std, share)

    return coverage


def indices(samples, centres, std):
    away, nearest = torch.cdist(samples, centres).min(1)
    good = away <= 3 * std
    return nearest[good].unique(), good.float().mean()


SLIPS = [
    (count(lambda s, c: torch.cdist(s, c, p=torch.inf)), "|dx| and |dy|"),
    (count(lambda s, c: torch.cdist(s, c, p=1)), "|dx| + |dy|"),
    (count(radius=math.sqrt(3)), "d² <= 9 std²"),
    (count(least=lambda n: 0.02 * n), "however many others"),
    (count(least=lambda n: 2), "more than one"),
    (any_within, "nearest centre only"),
    (second_number(lambda s, c, std, share: 1 - share), "not good"),
    (second_number(
        lambda s, c, std, share: (torch.cdist(s, c) <= 3 * std).float().mean()), "N·K pairs"),
    (second_number(
        lambda s, c, std, share: float(share > 0)), "among the good samples"),
    (second_number(
        lambda s, c, std, share: 1.0 if share else math.nan), "among the good samples"),
    (second_number(
        lambda s, c, std, share: share / share), "among the good samples"),
    (indices, "the modes themselves"),
    (lambda s, c, std: (0, 0.0), "from centre 0"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "message"), SLIPS)
def test_slips_are_named(capsys, answer, message):
    out = said(capsys, gan_theory.mode_coverage, answer)
    assert out.startswith("Not quite. ")
    assert message in out


def test_a_wrong_sample_is_not_shown_as_a_shape(capsys):
    for check in (gan_theory.mode_coverage, gan_theory.jensen_shannon):
        assert "a tensor of shape" not in said(capsys, check, lambda *args: (9, 9.0))
