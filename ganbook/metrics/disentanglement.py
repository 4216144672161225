"""Whether each known factor of the data has a latent of its own."""

import torch
from torch import Tensor

from ganbook.expect import expect_integer
from ganbook.metrics.rows import feature_rows


def mutual_information_gap(latents: Tensor, factors: Tensor, *, bins: int = 20) -> float:
    """Return the mutual information gap, from 0 to 1, averaged over factors.

    For each factor: the information that the best latent has of it, less that of the second best,
    as a share of the factor's entropy. `latents` are (N, Z) floats, Z at least 2: posterior means,
    or draws; each is cut into `bins` equal parts of its range. `factors` are (N, F) integers.
    It does not see a factor that several latents share with no other, nor a latent that holds
    several factors. Few samples inflate every information, by about (bins - 1)(values - 1) / 2N.
    Raises ValueError for other shapes and for a factor of one value.
    Source: Chen et al. 2018, arXiv:1802.04942; bins instead of the encoder's density as
    in Locatello et al. 2019, arXiv:1811.12359.
    """
    information, entropies = informations(latents, factors, bins=bins)
    best = information.topk(2, dim=0).values  # (2, F)
    return ((best[0] - best[1]) / entropies).mean().item()


def informations(latents: Tensor, factors: Tensor, *, bins: int = 20) -> tuple[Tensor, Tensor]:
    """Return the mutual information of each latent and factor (Z, F), and entropies (F,), in nats.

    Arguments as `mutual_information_gap` has them.
    """
    latents = feature_rows(latents, names=("latents", "y"))
    expect_integer("latents' width", latents.shape[1], 2)
    expect_integer("bins", bins, 2)
    levels = check_factors(factors, len(latents))
    low, high = latents.aminmax(dim=0)
    width = torch.where(high > low, high - low, 1)
    cells = ((latents - low) / width * bins).long().clamp(max=bins - 1)  # (N, Z)
    table = [[joint(z, f, bins) for f in levels.T] for z in cells.T]
    information = torch.tensor([[gained(c) for c in row] for row in table], dtype=torch.float64)
    entropies = torch.tensor([entropy(f.bincount()) for f in levels.T], dtype=torch.float64)
    return information, entropies


def check_factors(factors: Tensor, count: int) -> Tensor:
    """Expect integers (count, F), each column with two values or more; return them from 0 up."""
    fits = isinstance(factors, Tensor) and factors.ndim == 2 and len(factors) == count
    if not fits or factors.is_floating_point() or factors.is_complex():
        got = f"{factors.dtype} {tuple(factors.shape)}" if isinstance(factors, Tensor) else factors
        raise ValueError(f"expected factors as integers ({count}, F), got {got}")
    columns = [column.unique(return_inverse=True)[1] for column in factors.T]
    for number, column in enumerate(columns):
        if column.max() == 0:
            raise ValueError(f"expected factor {number} to have two values or more, got one")
    return torch.stack(columns, dim=1)


def joint(cell: Tensor, level: Tensor, bins: int) -> Tensor:
    """Return the counts (bins, levels) of two columns of integers (N,)."""
    count = int(level.max()) + 1
    return (cell * count + level).bincount(minlength=bins * count).view(bins, count)


def gained(counts: Tensor) -> float:
    """Return the mutual information of rows and columns of a table of counts, in nats."""
    return entropy(counts.sum(0)) + entropy(counts.sum(1)) - entropy(counts.flatten())


def entropy(counts: Tensor) -> float:
    """Return the entropy of a histogram of counts, in nats."""
    shares = counts.double() / counts.sum()
    return -torch.special.xlogy(shares, shares).sum().item()
