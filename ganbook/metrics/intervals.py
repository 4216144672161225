"""Intervals for any metric, by random halves: how far off is it, and is A better than B?

Resampling with replacement, the usual bootstrap, fails for the metrics of this package. It repeats
rows, which are nearest neighbours at no distance; and a Fréchet distance, biased upwards already,
is biased once more in every resample, so that its percentiles often miss the truth in every case.
Halves drawn without replacement repeat nothing, and show the bias instead of adding to it.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ganbook.expect import expect_integer, expect_number


class Interval(NamedTuple):
    """The metric of the sets as they are, and the ends of an interval.

    With the bias removed the value itself may lie outside: the interval is then for the value that
    infinitely many samples would have, not for that of sets of this size.
    """

    value: float
    low: float
    high: float


def bootstrap(
    metric: Callable[..., float],
    *sets: Tensor,
    samples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    remove_bias: bool = True,
) -> Interval | tuple[Interval, ...]:
    """Return the interval at `level` of `metric(*sets)`, each set resampled on its own by rows.

    `metric` takes tensors and returns a float, or a tuple of floats; then so many intervals are
    returned. It is called about `samples` times, on halves of the sets.
    With `remove_bias` the interval is for the true value, of infinitely many samples: right where
    the bias falls as 1/N, as that of a mean (none), of Fréchet and kernel distances and of the
    inception score. Without, it is for the average value of sets of these sizes: so for precision,
    recall, density and coverage, which have no such limit.

    - Every split halves each set at random, without replacement, and gives two values, A and B. As
      halves are independent of one another, the mean square of (A - B) / 2 estimates half the
      variance at half size. That is at least the variance at full size if this falls as 1/N or
      faster: exact for means, wide for distances near 0 (see Wang and Lindsay 2014, Stat. Sinica
      24:1117, where halves and other parts give the variance of any U-statistic).
    - If the bias is b/N, halves have 2b/N: their median, less the value, is the bias of the value.
    - The interval has the shape of the values of the halves about their median, and that spread.

    Ends may pass a metric's bounds, as those of a distance near 0 do. How often intervals cover the
    truth is measured by `python benchmarks/intervals.py`. Expect too little for extremes (a
    maximum), for metrics that are equal in all halves (a precision of exactly 1), for a Fréchet
    distance of fewer rows than twice the dimensions, and of rows that are not independent.
    Raises ValueError for sets of fewer than 4 rows, for `samples` too few for the tails of `level`
    (40 at 0.95, 200 at 0.99), and where the metric is not finite.
    """
    expect_number("level", level, 0, 1)
    expect_integer("samples", samples, math.ceil(2 / (1 - level) - 1e-9))
    expect_integer("seed", seed, 0)
    expect_integer("number of sets", len(sets), 1)
    for rows in sets:
        expect_integer("rows of each set", len(rows), 4)
    generator = torch.Generator().manual_seed(seed)
    value = torch.as_tensor(metric(*sets), dtype=torch.float64)
    found = [
        torch.as_tensor([metric(*half) for half in halves(sets, generator)], dtype=torch.float64)
        for _ in range((samples + 1) // 2)
    ]
    values = torch.stack(found)  # (S, 2) or (S, 2, K)
    if not (value.isfinite().all() and values.isfinite().all()):
        raise ValueError("expected a metric that is finite on the sets and on halves of them")
    ends = interval(value, values, level, remove_bias)
    if value.ndim == 0:
        return Interval(value.item(), *ends.tolist())
    return tuple(Interval(*row) for row in torch.stack([value, *ends], dim=1).tolist())


def halves(sets: tuple[Tensor, ...], generator: torch.Generator):
    """Yield two lists: of each set a random half, and the other half; of odd sets all but a row."""
    orders = [torch.randperm(len(rows), generator=generator).to(rows.device) for rows in sets]
    for side in (0, 1):
        yield [
            rows[order[side * (len(rows) // 2) :][: len(rows) // 2]]
            for rows, order in zip(sets, orders, strict=True)
        ]


def interval(value: Tensor, values: Tensor, level: float, remove_bias: bool) -> Tensor:
    """Return low and high, (2,) or (2, K), from the values of halves, (S, 2) or (S, 2, K)."""
    both = values.flatten(0, 1)  # (2 S,) or (2 S, K)
    spread = ((values[:, 0] - values[:, 1]) / 2).square().mean(dim=0)
    scale = (spread / both.var(dim=0).clamp(min=1e-300)).sqrt()
    tails = torch.tensor([(1 - level) / 2, 0.5, (1 + level) / 2], dtype=both.dtype)
    tails = ((tails * (len(both) + 1) - 1) / (len(both) - 1)).clamp(
        0, 1
    )  # right for few values too
    low, middle, high = both.quantile(tails, dim=0)
    centre = 2 * value - middle if remove_bias else value
    return centre + scale * torch.stack([low - middle, high - middle])


def difference(
    metric: Callable[[Tensor, Tensor], float],
    real: Tensor,
    a: Tensor,
    b: Tensor,
    *,
    paired: bool = False,
    **options,
) -> Interval:
    """Return the interval of metric(real, a) - metric(real, b): A differs from B if 0 is outside.

    Sharper than to see whether two intervals overlap, since both share the real set. `paired` says
    that rows of a and b belong together, as samples from the same latents do: they are then drawn
    together. `options` are those of `bootstrap`. The interval is over draws of rows: for models as
    trained, with no word on how training them again would change the outcome.
    """
    if paired and len(a) != len(b):
        raise ValueError(f"expected as many rows in b as in a, {len(a)}, got {len(b)}")

    def gap(real, a, b):
        return metric(real, a) - metric(real, b)

    if paired:
        both = torch.stack([a, b], dim=1)
        return bootstrap(lambda real, ab: gap(real, *ab.unbind(1)), real, both, **options)
    return bootstrap(gap, real, a, b, **options)
