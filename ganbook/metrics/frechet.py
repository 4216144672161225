"""The Fréchet distance between two Gaussians fitted to features."""

import torch
from torch import Tensor

from ganbook.expect import expect_finite, expect_integer, expect_shape


def frechet_distance(x: Tensor, y: Tensor) -> float:
    """Return `|m_x - m_y|^2 + tr(C_x + C_y - 2 (C_x C_y)^(1/2))`, x (N, D) and y (M, D) features.

    Covariances divide by N - 1. With C = R^T R for each, the trace of the root is the sum of the
    singular values of R_x R_y^T, so no general matrix square root is needed. Computed in float64;
    identical inputs give 0 to rounding.
    Source: Dowson and Landau 1982; Heusel et al. 2017, arXiv:1706.08500, equation 6. It is FID only
    where the features are those of the standard Inception network.
    """
    expect_shape("x", x, ("N", "D"))
    expect_shape("y", y, ("M", x.shape[1]))
    for name, rows in dict(x=x, y=y).items():
        expect_integer(f"rows of {name}", len(rows), 2)
        expect_finite(name, rows)
    mean_x, root_x = centre(x.double())
    mean_y, root_y = centre(y.double())
    overlap = torch.linalg.svdvals(root_x @ root_y.T).sum()
    distance = (mean_x - mean_y).square().sum() + root_x.square().sum() + root_y.square().sum()
    return (distance - 2 * overlap).item()


def centre(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean (D,) and a root R (min(N, D), D) of the covariance, R^T R = C."""
    mean = x.mean(dim=0)
    rows = (x - mean) / (len(x) - 1) ** 0.5
    if len(rows) <= rows.shape[1]:
        return mean, rows
    values, vectors = torch.linalg.eigh(rows.T @ rows)
    return mean, values.clamp(min=0).sqrt()[:, None] * vectors.T
