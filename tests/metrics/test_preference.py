import math

import numpy as np
import pytest
from scipy import stats

from ganbook.metrics.preference import power_of, preference_test, votes_needed


@pytest.mark.parametrize(
    ("wins", "votes", "low", "high"),
    [  # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_as_published(wins, votes, low, high):
    found = preference_test(wins, votes)
    assert found.rate == wins / votes
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_wilson_interval_inverts_the_score_test():
    """At its ends the rate is exactly so many standard errors off, by the errors at the ends."""
    found = preference_test(37, 50, level=0.9)
    for end in (found.low, found.high):
        z = abs(found.rate - end) / math.sqrt(end * (1 - end) / 50)
        assert z == pytest.approx(stats.norm.ppf(0.95), rel=1e-9)


def test_p_value_counts_coin_flips():
    assert preference_test(9, 10).p_value == pytest.approx(2 * (1 + 10) / 2**10)
    assert preference_test(1, 10).p_value == pytest.approx(2 * (1 + 10) / 2**10)
    assert preference_test(5, 10).p_value == 1


def test_wilson_interval_covers():
    """Exactly, over all outcomes: on average over rates at its level, and never far below."""
    votes, rates = 40, np.linspace(0.05, 0.95, 37)
    ends = np.array([preference_test(wins, votes)[1:3] for wins in range(votes + 1)])
    chances = stats.binom.pmf(np.arange(votes + 1)[:, None], votes, rates)
    covers = (ends[:, :1] <= rates) & (rates <= ends[:, 1:])
    coverage = (chances * covers).sum(0)
    assert coverage.mean() == pytest.approx(0.95, abs=0.01)
    assert coverage.min() > 0.91


@pytest.mark.parametrize("level", [0.95, 0.99])
@pytest.mark.parametrize("power", [0.8, 0.95])
@pytest.mark.parametrize("rate", [0.6, 0.75, 0.1, 0.995])
def test_votes_needed_by_counting_all_outcomes(rate, level, power):
    def reached(votes):
        wins = np.arange(votes + 1)
        p_values = 2 * stats.binom.cdf(np.minimum(wins, votes - wins), votes, 0.5)
        return stats.binom.pmf(wins[p_values <= 1 - level], votes, rate).sum() >= power

    votes = votes_needed(rate, level=level, power=power)
    assert not reached(votes - 1)
    assert all(reached(more) for more in range(votes, votes + 12))


def test_no_later_number_falls_short():
    for rate in (0.52, 0.6, 0.9):
        votes = votes_needed(rate)
        assert (power_of(np.arange(votes, 4 * votes), rate, 0.05) >= 0.8).all()


def test_votes_needed_grow_as_the_square():
    assert votes_needed(0.4) == votes_needed(0.6)
    assert votes_needed(0.505) / votes_needed(0.55) == pytest.approx(100, rel=0.05)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="expected wins to be an integer from 0 to 5, got 6"):
        preference_test(6, 5)
    with pytest.raises(ValueError, match="expected votes to be an integer of at least 1, got 0"):
        preference_test(0, 0)
    with pytest.raises(ValueError, match="expected level"):
        preference_test(1, 2, level=95)
    with pytest.raises(ValueError, match=r"expected rate to differ from 0.5 .* got 0.5"):
        votes_needed(0.5)
    with pytest.raises(ValueError, match="expected rate to be a number"):
        votes_needed(1.2)
    with pytest.raises(ValueError, match="expected power"):
        votes_needed(0.6, power=1)
