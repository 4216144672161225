"""Nearest neighbours, in blocks: does a generator copy its training set?"""

import torch
from torch import Tensor

from ganbook.expect import expect_integer, expect_positive, expect_shape


def nearest(x: Tensor, y: Tensor, *, k: int = 1, block: int = 1024) -> tuple[Tensor, Tensor]:
    """Return distances to, and indices of, the k rows of y (M, D) nearest to each row of x (N, D).

    Distances are Euclidean; both results are (N, k), nearest first. Memory is `block` times M.
    Computed in float64 from squared norms: identical rows are within about 1e-7 of their norm.
    """
    expect_shape("x", x, ("N", "D"))
    expect_shape("y", y, ("M", x.shape[1]))
    expect_integer("k", k, 1, len(y))
    expect_positive(block=block)
    y = y.double()
    found = [torch.cdist(part.double(), y).topk(k, dim=1, largest=False) for part in x.split(block)]
    distances, indices = zip(*found, strict=True)
    return torch.cat(distances), torch.cat(indices)
