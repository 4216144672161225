"""Nearest neighbours, in blocks, and a test of memorisation: is the training set copied?"""

import math
from typing import NamedTuple

import torch
from scipy import stats
from torch import Tensor

from ganbook.expect import expect_integer, expect_number, expect_positive
from ganbook.metrics import distances
from ganbook.metrics.rows import expect_rows


def nearest(
    x: Tensor, y: Tensor, *, k: int = 1, exclude_self: bool = False, block: int = 512
) -> tuple[Tensor, Tensor]:
    """Return distances to, and indices of, the k rows of y (M, D) nearest to each row of x (N, D).

    Distances are Euclidean and in float64; both results are (N, k), nearest first. Identical rows
    are at distance 0. With `exclude_self`, for y equal to x, no row is its own neighbour, though a
    duplicate of it may be. Memory is `block` times M, beside copies of the sets.
    """
    expect_rows("x", x, "N", "D", least=1)
    expect_rows("y", y, "M", x.shape[1], least=1)
    expect_positive(block=block)
    if exclude_self and not torch.equal(x, y):
        raise ValueError("expected y to equal x with exclude_self, got other rows")
    expect_integer("k", k, 1, len(y) - exclude_self)
    x, y = x.detach(), y.detach()
    unit = distances.unit_of(x, y)
    squares, indices = distances.k_nearest(x, y, k, unit=unit, same=exclude_self, block=block)
    return squares.sqrt_() * unit, indices


nearest_neighbours = nearest


class Memorisation(NamedTuple):
    """Are fakes nearer to the training set than unseen real rows are: as a whole, and how many?"""

    closer: float  # probability that a fake is nearer than an unseen row: 0.5 for fresh samples
    z: float  # the same in standard errors: far below 0 if fakes are nearer, above if further
    p_value: float  # of so low a z, by chance
    copies: float  # share of fakes nearer than nearly all unseen rows, beyond what chance gives
    copies_p_value: float  # of so large a share, by chance


def memorisation_test(
    train: Tensor, test: Tensor, fake: Tensor, *, rare: float = 0.01
) -> Memorisation:
    """Return whether fake (M, D) lies nearer to train (L, D) than unseen real rows test (N, D) do.

    Compared are distances to the nearest training row. `closer`, `z` and `p_value` are of the
    one-sided Mann-Whitney test, corrected for ties: are fakes nearer as a whole? A generator that
    copies a few rows and makes poor ones besides passes it. `copies` looks for these: the share of
    fakes that are nearer than all but the share `rare` of test rows, less what chance gives. Its
    p-value is exact: for fresh fakes, every order of all the distances is equally likely.
    Both take rows to be independent. Test rows that are also in train hide copies, and distances
    decide: in pixels, a copy moved by one pixel is far away.
    Raises ValueError for fewer than two rows of train, test or fake.
    Source: Meehan, Chaudhuri and Dasgupta 2020, arXiv:2004.05675, their global test; `copies` is
    added here.
    """
    expect_rows("train", train, "L", "D", least=2)
    for name, rows in dict(test=test, fake=fake).items():
        expect_rows(name, rows, "N", train.shape[1], least=2)
    expect_number("rare", rare, 0, 1)
    unseen, made = (nearest(rows, train)[0].flatten().cpu() for rows in (test, fake))
    return Memorisation(*mann_whitney(made, unseen), *few(made, unseen, rare))


def mann_whitney(a: Tensor, b: Tensor) -> tuple[float, float, float]:
    """Return the probability that a is less than b, z, and its lower tail; ties count half."""
    count = len(a) + len(b)
    ranks = torch.from_numpy(stats.rankdata(torch.cat([a, b]).numpy()))
    more = ranks[: len(a)].sum().item() - len(a) * (len(a) + 1) / 2  # pairs with a above b
    ties = torch.cat([a, b]).unique(return_counts=True)[1].double()
    tied = (ties**3 - ties).sum().item() / (count * (count - 1))
    std = math.sqrt(len(a) * len(b) / 12 * (count + 1 - tied))
    z = (more - len(a) * len(b) / 2) / std if std > 0 else 0.0
    return 1 - more / (len(a) * len(b)), z, float(stats.norm.cdf(z))


def few(made: Tensor, unseen: Tensor, rare: float) -> tuple[float, float]:
    """Return the share of `made` below a low quantile of `unseen`, less chance; and its p-value."""
    place = max(math.ceil(rare * len(unseen)), 1)
    below = (made < unseen.kthvalue(place).values).count_nonzero().item()
    chance = place / (len(unseen) + 1)
    count = len(made) + len(unseen)
    p_value = stats.hypergeom.sf(below - 1, count, len(made), below + place - 1)
    return max((below / len(made) - chance) / (1 - chance), 0.0), float(p_value)
