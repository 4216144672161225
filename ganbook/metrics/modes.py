"""Mode coverage on a mixture whose centres are known: exact, where images allow only estimates."""

from torch import Tensor, cdist

from ganbook.expect import expect_shape


def coverage(samples: Tensor, centres: Tensor, *, std: float) -> tuple[int, float]:
    """Return (modes covered, share of high-quality samples) for samples (N, 2), centres (K, 2).

    A sample is of high quality if it lies within 3 `std` of its nearest centre; a mode is covered
    if it is the nearest centre of at least one such sample.
    Source: Srivastava et al. 2017 (VEEGAN), arXiv:1705.07761, section 4.1.
    """
    expect_shape("samples", samples, ("N", "D"))
    expect_shape("centres", centres, ("K", samples.shape[1]))
    if not std > 0:
        raise ValueError(f"expected std > 0, got {std!r}")
    distances, nearest = cdist(samples, centres).min(dim=1)  # (N,), (N,)
    good = distances <= 3 * std
    return len(nearest[good].unique()), good.double().mean().item()
