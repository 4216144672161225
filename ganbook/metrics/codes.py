"""How much of a codebook is used: numbers from the code indices of many images."""

import torch
from torch import Tensor

from ganbook.expect import expect_integer, expect_positive


def perplexity(indices: Tensor, codes: int) -> float:
    """Return exp(H), H the entropy in nats of how often each code is used: from 1 to `codes`.

    `indices` are integers of any shape from 0 to codes - 1, one grid or a whole data set's. It is
    `codes` where all are used alike and 1 where only one is. Of few indices it is too low: the
    plug-in entropy is biased downwards by about (used codes - 1) / 2 / their number.
    """
    shares = frequencies(indices, codes)
    return torch.special.entr(shares).sum().exp().item()


def code_usage(indices: Tensor, codes: int) -> float:
    """Return the share of the codes that occur at least once in `indices`, in (0, 1]."""
    return (frequencies(indices, codes) > 0).double().mean().item()


def frequencies(indices: Tensor, codes: int) -> Tensor:
    """Return the share of each code in `indices`, float64 (codes,)."""
    expect_positive(codes=codes)
    wanted = f"expected indices as integers from 0 to {codes - 1}"
    if not isinstance(indices, Tensor):
        raise ValueError(f"{wanted}, got {type(indices).__name__}")
    if indices.is_floating_point() or indices.is_complex() or indices.dtype == torch.bool:
        raise ValueError(f"{wanted}, got {indices.dtype}")
    expect_integer("number of indices", indices.numel(), 1)
    low, high = (value.item() for value in indices.aminmax())
    if low < 0 or high >= codes:
        raise ValueError(f"{wanted}, got {low} to {high}")
    return torch.bincount(indices.flatten().long(), minlength=codes).double() / indices.numel()
