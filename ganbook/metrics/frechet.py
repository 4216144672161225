"""The Fréchet distance between two Gaussians fitted to features."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from ganbook.expect import expect_finite, expect_one_of, expect_shape
from ganbook.metrics.moments import gram
from ganbook.metrics.rows import expect_rows

EPSILON = torch.finfo(torch.float64).eps
LARGE = 1024  # dimensions from which singular values take a second


def frechet_distance(x: Tensor, y: Tensor) -> float:
    """Return `|m_x - m_y|^2 + tr(C_x + C_y - 2 (C_x C_y)^(1/2))`, x (N, D) and y (M, D) features.

    Features are float32 or float64; two or more rows each. Computed in float64 on their device;
    covariances divide by N - 1. Where rows are fewer than dimensions, the cost is that of the
    N x M cross product, and the value as exact. It is never negative.
    It is FID only where the features are those of the standard Inception network.
    Raises ValueError for other features, and where their squares overflow.
    Source: Dowson and Landau 1982; Heusel et al. 2017, arXiv:1706.08500, equation 6.
    """
    expect_rows("x", x, "N", "D", least=2)
    expect_rows("y", y, "M", x.shape[1], least=2, device=x.device)
    x, y = x.detach(), y.detach()
    origin = x[0].double()  # the same for both: what lies far from zero lies near each other
    mean_x, root_x = centre(x - origin)
    mean_y, root_y = centre(y - origin)
    return between(mean_x - mean_y, root_x, root_y)


def frechet_from_moments(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> float:
    """Return the same distance from means (D,) and covariances (D, D).

    Float32 or float64, computed in float64. A covariance is known to rounding only, and where it is
    singular but for 1e-16, its root but for 1e-8: features, where they fit, are the better start.
    Raises ValueError if a covariance is not symmetric to 1e-5 of its largest entry, or has an
    eigenvalue below -1e-5 of its largest.
    """
    width = len(mean1) if isinstance(mean1, Tensor) and mean1.ndim == 1 else "D"
    for name, mean in dict(mean1=mean1, mean2=mean2).items():
        expect_shape(name, mean, (width,))
        expect_one_of(f"dtype of {name}", mean.dtype, (torch.float32, torch.float64))
        expect_finite(name, mean)
    mean1, mean2 = mean1.detach().double(), mean2.detach().double()
    return between(mean1 - mean2, root("cov1", cov1, width), root("cov2", cov2, width))


def between(gap: Tensor, root1: Tensor, root2: Tensor) -> float:
    """Return `|gap|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2)` for roots (K, D), `R^T R = C`.

    The trace of the root is the sum of the singular values of `R1 R2^T`. Where the difference would
    cancel, it is computed as what it also is, `min over rotations Q of |R1 - Q R2|^2`: this keeps
    the digits of small distances, and identical sets are at none.
    Source: Bhatia, Jain and Lim 2019, arXiv:1712.01504.
    """
    spread = root1.square().sum() + root2.square().sum()
    expect_finite("squares of the features", spread + gap.square().sum())
    distance = spread - 2 * overlap(root1 @ root2.T)
    if distance < 1e-4 * spread:
        rows = max(len(root1), len(root2))
        root1, root2 = (pad(part, (0, 0, 0, rows - len(part))) for part in (root1, root2))
        left, _, right = torch.linalg.svd(root1 @ root2.T)
        distance = (root1 - left @ (right @ root2)).square().sum()
    return (distance + gap.square().sum()).item()


def overlap(product: Tensor) -> Tensor:
    """Return the sum of the singular values.

    A large product is squared, which takes a quarter of the time, if the smallest eigenvalue is far
    enough from zero for its root: such sums agree to 1e-10.
    """
    if len(product) == product.shape[1] >= LARGE:
        values = torch.linalg.eigvalsh(gram(product.T))
        if values[0] > 1e-13 * values[-1]:
            return values.sqrt().sum()
    return torch.linalg.svdvals(product).sum()


def centre(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean (D,) and a root R (min(N, D), D) of the covariance, R^T R = C.

    The triangle of Cholesky where all features are well apart, of QR, which never squares, where
    some nearly depend on others. The rows themselves are spent.
    """
    mean = rows.mean(dim=0)
    root = rows.sub_(mean)
    if len(rows) > rows.shape[1]:
        triangle = cholesky(gram(rows))
        root = torch.linalg.qr(rows, mode="r").R if triangle is None else triangle
    return mean, root / (len(rows) - 1) ** 0.5


def cholesky(covariance: Tensor) -> Tensor | None:
    """Return the upper triangle R, R^T R = C; None if a feature is all but a sum of earlier ones.

    That is, if less than 1e-8 of its variance is its own: rounding would be seen in the root.
    """
    triangle, failed = torch.linalg.cholesky_ex(covariance, upper=True)
    own = triangle.diagonal().square() / covariance.diagonal()
    return None if failed or not own.min() > 1e-8 else triangle


def root(name: str, covariance: Tensor, width: int) -> Tensor:
    """Return a root of a covariance that an argument gives."""
    expect_shape(name, covariance, (width, width))
    expect_one_of(f"dtype of {name}", covariance.dtype, (torch.float32, torch.float64))
    expect_finite(name, covariance)
    covariance = covariance.detach().double()
    if (covariance - covariance.T).abs().max() > 1e-5 * covariance.abs().max():
        raise ValueError(f"expected a symmetric {name}, got one that is not")
    covariance = (covariance + covariance.T) / 2
    triangle = cholesky(covariance)
    if triangle is not None:
        return triangle
    values, vectors = torch.linalg.eigh(covariance)
    if values[0] < -1e-5 * values[-1].abs():
        raise ValueError(
            f"expected {name} without negative eigenvalues, got {values[0]:.3g} to {values[-1]:.3g}"
        )
    values[values < EPSILON * width * values[-1]] = 0
    return values.sqrt()[:, None] * vectors.T
