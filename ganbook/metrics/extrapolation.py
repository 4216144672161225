"""The Fréchet distance of infinitely many samples, from how it falls with their number."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ganbook.expect import expect_integer, expect_positive
from ganbook.metrics.frechet import frechet_distance
from ganbook.metrics.rows import expect_rows


class Extrapolation(NamedTuple):
    """The fit value + slope / N, and what it was made from: mean distances by size N of x."""

    value: float
    slope: float
    sizes: tuple[int, ...]
    distances: tuple[float, ...]


def extrapolate(
    x: Tensor,
    y: Tensor,
    *,
    sizes: Sequence[int] | None = None,
    repeats: int = 5,
    seed: int = 0,
    metric: Callable[[Tensor, Tensor], float] = frechet_distance,
) -> Extrapolation:
    """Return the Fréchet distance of x (N, D) and y (M, D) extrapolated to infinitely many samples.

    The bias of the distance falls as 1/N. So subsets of x of each of `sizes`, and subsets of y in
    the same proportion, are drawn without replacement, `repeats` times, and a line in 1/N is
    fitted. It passes through the distance of the whole sets, which depends on no draw; deviations
    of subsets count by the variance they have, in proportion to 1/size - 1/N. By default there are
    four sizes, from N/2 upwards: smaller ones show more of what is not a line. The last entries of
    the result's `sizes` and `distances` are those of the whole sets.
    The smallest subsets should have more rows than dimensions. The result is noisy, and may be
    below 0 where the truth is near; `bootstrap` gives an interval for it.
    Raises ValueError for sizes below 2 or not below N.
    Source: Chong and Forsyth 2020, arXiv:1911.07023, whose code varies the number of fakes alone,
    and fits by ordinary least squares.
    """
    expect_rows("x", x, "N", "D", least=4)
    expect_rows("y", y, "M", x.shape[1], least=4)
    expect_positive(repeats=repeats)
    expect_integer("seed", seed, 0)
    count = len(x)
    chosen = tuple(sizes) if sizes is not None else tuple(count * part // 8 for part in range(4, 8))
    expect_integer("number of sizes", len(chosen), 1)
    for size in chosen:
        expect_integer("size", size, 2, count - 1)
    generator = torch.Generator().manual_seed(seed)

    def drawn(rows: Tensor, size: int) -> Tensor:
        share = max(round(len(rows) * size / count), 2)
        return rows[torch.randperm(len(rows), generator=generator)[:share].to(rows.device)]

    whole = metric(x, y)
    means = [
        sum(metric(drawn(x, size), drawn(y, size)) for _ in range(repeats)) / repeats
        for size in chosen
    ]
    steps = sum(1 / size - 1 / count for size in chosen)
    slope = sum(mean - whole for mean in means) / steps
    return Extrapolation(whole - slope / count, slope, (*chosen, count), (*means, whole))
