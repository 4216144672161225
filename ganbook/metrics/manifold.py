"""Precision, recall, density and coverage: how two sets of features lie in each other's balls."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ganbook.expect import expect_integer, expect_positive
from ganbook.metrics import distances
from ganbook.metrics.rows import expect_rows

MANY = 16  # comparisons in a row that float32 may leave open before float64 takes over


class PrecisionRecall(NamedTuple):
    """Shares of rows in balls, from 0 to 1; density may be above 1."""

    precision: float
    recall: float
    density: float
    coverage: float


def precision_recall(
    real: Tensor, fake: Tensor, *, k: int = 5, block: int = 512
) -> PrecisionRecall:
    """Return precision, recall, density and coverage of fake (M, D) with respect to real (N, D).

    The ball of a row reaches to the k-th nearest of the other rows of its own set, and contains
    what is at that distance (closed balls: identical sets have precision and recall 1).

    - precision: the share of fakes in the ball of any real row;
    - recall: the share of real rows in the ball of any fake;
    - density: the number of real balls around a fake, on average, divided by k;
    - coverage: the share of real rows whose ball contains any fake.

    All depend on k, N and M: compare models at the same ones. Distances are those of float64 (see
    `ganbook.metrics.distances`); memory is `block` times N or M, beside the sets and a float32
    copy of them.
    Raises ValueError for features that are not finite float32 or float64 rows of one width, and for
    k outside 1 to the smaller number of rows less 1.
    Sources: precision and recall, Kynkäänniemi et al. 2019, arXiv:1904.06991, and their code, whose
    balls are closed; density and coverage, Naeem et al. 2020, arXiv:2002.09797, whose code has open
    balls: the two differ only for equal distances.
    """
    expect_rows("real", real, "N", "D", least=2)
    expect_rows("fake", fake, "M", real.shape[1], least=2)
    expect_integer("k", k, 1, min(len(real), len(fake)) - 1)
    expect_positive(block=block)
    precise = torch.zeros(len(fake), dtype=torch.bool, device=fake.device)
    recalled = pairs = covered = 0
    for in_real, in_fake in memberships(real.detach(), fake.detach(), k, block):
        precise |= in_real.any(dim=0)
        recalled += in_fake.any(dim=1).count_nonzero().item()
        covered += in_real.any(dim=1).count_nonzero().item()
        pairs += in_real.count_nonzero().item()
    return PrecisionRecall(
        precise.double().mean().item(),
        recalled / len(real),
        pairs / (k * len(fake)),
        covered / len(real),
    )


def memberships(real: Tensor, fake: Tensor, k: int, block: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield for blocks of real rows, (B, M): whose balls hold which fakes, and the reverse."""
    unit, centre = distances.unit_of(real, fake), distances.centre_of(real, fake)
    radii = [
        distances.k_nearest(rows, rows, k, unit=unit, same=True, block=block)[0][:, -1]
        for rows in (real, fake)
    ]
    whole = distances.float32_is_whole(real.device)
    if whole:
        x, y = (distances.screen(rows, centre, unit, torch.float32) for rows in (real, fake))
    for start in range(0, len(real), block):
        rows = slice(start, start + block)
        limits = radii[0][rows, None], radii[1]
        if whole:
            near = distances.part_of(x, rows)
            found = compared(distances.screened(near, y), distances.error(near, y), limits)
        if not whole or found[1].count_nonzero() > MANY * block:
            found = compared(*distances.screened_in_float64(real[rows], fake, centre, unit), limits)
        inside, unclear = found
        i, j = unclear.nonzero(as_tuple=True)
        true = distances.settled(real, fake, i + start, j, unit=unit)
        inside[0][i, j] = true <= radii[0][i + start]
        inside[1][i, j] = true <= radii[1][j]
        yield inside[0], inside[1]


def compared(squares: Tensor, off: Tensor, limits: tuple[Tensor, Tensor]) -> tuple:
    """Return where squares (B, M) are surely within each limit, and where `off` leaves it open."""
    off = off.max()
    sure, perhaps = (
        [squares <= (limit + sign * off).to(squares.dtype) for limit in limits] for sign in (-1, 1)
    )
    return sure, (sure[0] ^ perhaps[0]) | (sure[1] ^ perhaps[1])
