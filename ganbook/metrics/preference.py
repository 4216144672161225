"""Human forced choice: is one of two models preferred, and how many votes show it?"""

from typing import NamedTuple

import numpy as np
from scipy import stats

from ganbook.expect import expect_integer, expect_number


class Preference(NamedTuple):
    """The share of votes won, its Wilson interval, and the exact p-value of no preference."""

    rate: float
    low: float
    high: float
    p_value: float


def preference_test(wins: int, votes: int, *, level: float = 0.95) -> Preference:
    """Return the share of `votes` that were won, with an interval and a p-value.

    The interval at `level` is Wilson's score interval: it stays within [0, 1] and is right also for
    few votes and for shares near 0 and 1. The p-value is the exact two-sided binomial one for a
    fair coin. Both take votes to be independent: many votes of one person are not.
    Source: Wilson 1927, J. Am. Stat. Assoc. 22:209; compared with others by Newcombe 1998,
    Stat. Med. 17:857 (method 3).
    """
    expect_integer("votes", votes, 1)
    expect_integer("wins", wins, 0, votes)
    expect_number("level", level, 0, 1)
    found = stats.binomtest(wins, votes)
    interval = found.proportion_ci(level, method="wilson")
    return Preference(wins / votes, float(interval.low), float(interval.high), float(found.pvalue))


def votes_needed(rate: float, *, level: float = 0.95, power: float = 0.8) -> int:
    """Return how many votes `preference_test` needs to tell a true share `rate` from one half.

    With that many votes, and with any larger number, the p-value is at most 1 - `level` with a
    probability of at least `power`: computed from the exact binomial distribution, whose power goes
    up and down on its way, so that the first number that suffices is not yet safe.
    Raises ValueError for rates within 0.001 of one half: that is a million votes and more.
    """
    expect_number("rate", rate, 0, 1)
    expect_number("level", level, 0.5, 1)
    expect_number("power", power, 0.5, 1)
    away = abs(rate - 0.5)
    if away < 0.001:
        raise ValueError(f"expected rate to differ from 0.5 by at least 0.001, got {rate!r}")
    spread = stats.norm.isf((1 - level) / 2) / 2 + stats.norm.ppf(power) * (0.25 - away**2) ** 0.5
    guess = (spread / away) ** 2  # by the normal approximation
    reach = 10 / away
    votes = np.arange(max(int(guess - reach), 1), int(guess + reach) + 2)
    enough = power_of(votes, rate, 1 - level) >= power
    return int(votes[~enough].max(initial=0)) + 1


def power_of(votes: np.ndarray, rate: float, alpha: float) -> np.ndarray:
    """Return the probability that the two-sided test of a fair coin at `alpha` rejects."""
    few = stats.binom.ppf(alpha / 2, votes, 0.5)
    few -= 2 * stats.binom.cdf(few, votes, 0.5) > alpha  # the most wins that still reject
    return stats.binom.cdf(few, votes, rate) + stats.binom.sf(votes - few - 1, votes, rate)
