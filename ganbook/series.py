"""What a series of numbers does: its late part, width, agreement with another, and waves."""

import torch
from torch import Tensor


def late(values: Tensor) -> Tensor:
    """Return the second half."""
    return values[len(values) // 2 :]


def sizes(values: Tensor) -> list[float]:
    """Return the median size in the first three records, the second quarter and the last."""
    _, second, _, last = values.tensor_split(4)
    return [part.abs().median().item() for part in (values[:3], second, last)]


def quantile(values: Tensor, level: float) -> float:
    """Return the value below which a share `level` of the values lie."""
    return values.quantile(level).item()


def span(values: Tensor) -> float:
    """Return the width of the middle 80 %."""
    return quantile(values, 0.9) - quantile(values, 0.1)


def agreement(x: Tensor, y: Tensor) -> float:
    """Return the correlation of the ranks, from -1 to 1; equal values share a rank."""
    ranks = [values.unique(return_inverse=True)[1].double() for values in (x, y)]
    return torch.corrcoef(torch.stack(ranks))[0, 1].item()


def echo(values: Tensor) -> tuple[float, int]:
    """Return how well a series repeats itself after a period, from -1 to 1, and the period.

    The period is the lag of the highest autocorrelation after the first negative one, of a series
    without its straight trend.
    """
    time = torch.linspace(-1, 1, len(values), dtype=values.dtype)
    level = values - values.mean()
    level = level - time * (time @ level) / (time @ time)
    same = [
        torch.cosine_similarity(level[lag:], level[: len(level) - lag], dim=0).item()
        for lag in range(len(level) // 2 + 1)
    ]
    below = next((lag for lag, value in enumerate(same) if value < 0), len(same) - 1)
    best = max(range(below, len(same)), key=same.__getitem__)
    return same[best], best
