"""Distances to 50 digits, straight from their definitions: what every implementation is held to."""

import mpmath
import torch

DIGITS = 50


def frechet(x: torch.Tensor, y: torch.Tensor) -> float:
    """Return the Fréchet distance of x (N, D) and y (M, D), for few dimensions, rounded once."""
    with mpmath.workdps(DIGITS):
        return float(between(*moments(x), *moments(y)))


def frechet_from_moments(mean1, cov1, mean2, cov2) -> float:
    """Return the same for means (D,) and covariances (D, D) that are exact as they stand."""
    with mpmath.workdps(DIGITS):
        mean1, mean2 = matrix(mean1[:, None]), matrix(mean2[:, None])
        return float(between(mean1, matrix(cov1), mean2, matrix(cov2)))


def kernel(x: torch.Tensor, y: torch.Tensor, degree: int = 3) -> float:
    """Return the unbiased MMD^2 of x and y for the polynomial kernel."""
    with mpmath.workdps(DIGITS):
        inner = [matrix(a) * matrix(b).T / x.shape[1] for a, b in ((x, x), (y, y), (x, y))]
        (n, m), values = (len(x), len(y)), [k.apply(lambda v: (v + 1) ** degree) for k in inner]
        within = [
            (sum(k) - sum(k[i, i] for i in range(k.rows))) / (k.rows * (k.rows - 1))
            for k in values[:2]
        ]
        return float(sum(within) - 2 * sum(values[2]) / (n * m))


def matrix(values: torch.Tensor) -> mpmath.matrix:
    return mpmath.matrix(values.double().tolist())


def moments(x: torch.Tensor) -> tuple[mpmath.matrix, mpmath.matrix]:
    """Return mean (D, 1) and covariance (D, D)."""
    rows, ones = matrix(x), mpmath.ones(len(x), 1)
    mean = rows.T * ones / len(x)
    rows -= ones * mean.T
    return mean, rows.T * rows / (len(x) - 1)


def between(mean1, cov1, mean2, cov2):
    """|m1 - m2|^2 + tr C1 + tr C2 - 2 tr (S C2 S)^(1/2), S S = C1."""
    values, vectors = mpmath.eigsy(cov1)
    root = vectors * mpmath.diag([mpmath.sqrt(max(value, 0)) for value in values]) * vectors.T
    overlap = mpmath.eigsy(root * cov2 * root, eigvals_only=True)
    traces = sum(cov1[i, i] + cov2[i, i] for i in range(cov1.rows))
    gap = mpmath.norm(mean1 - mean2) ** 2
    return gap + traces - 2 * sum(mpmath.sqrt(max(value, 0)) for value in overlap)
