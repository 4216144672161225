"""The kernel distance between two sets of features, with its standard error."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.linalg import vector_norm

from ganbook.expect import expect_integer, expect_positive
from ganbook.metrics.rows import expect_rows

BLOCK = 512  # rows of each side whose kernel is held at once: 2 MB, which a cache holds


class KernelDistance(NamedTuple):
    """The unbiased squared MMD, which may be negative, and its standard error."""

    distance: float
    standard_error: float


class Points(NamedTuple):
    """Rows about a common centre: `near_i . near_j + far_i + far_j + level` is `x_i . y_j / D + 1`.

    All is divided by one scale.
    """

    near: Tensor  # (N, D), float32 or float64
    far: Tensor  # (N,)
    level: Tensor  # ()


def kernel_distance(
    x: Tensor,
    y: Tensor,
    *,
    subsets: int | None = None,
    subset_size: int = 1000,
    degree: int = 3,
    seed: int = 0,
) -> KernelDistance:
    """Return the unbiased MMD^2 of x (N, D) and y (M, D) for the kernel `(a . b / D + 1)^degree`.

    By default over all pairs, in blocks: exact, and the same at each call. With `subsets`, the mean
    over that many random draws, seeded by `seed`, of `subset_size` rows of each, as published
    numbers are made; it is the noisier estimate of the same quantity. Without reference to the
    Inception network it is not KID.
    The standard error is that of the distance as an estimate for the distributions behind x and y;
    with `subsets` it also counts which rows were drawn. Near 0 the error is skewed, not Gaussian.
    Features are float32 or float64, at least four rows each. Sums are taken in float64. Products of
    float32 features are taken in float32 once the common mean is out: about 1e-8 of the kernel's
    size is lost, and half the time saved. Pass `x.double(), y.double()` for float64 throughout.
    Raises ValueError for other features, for a `subset_size` above the number of rows, and where
    the kernel overflows.
    Source: Bińkowski et al. 2018, arXiv:1801.01401; Gretton et al. 2012, A kernel two-sample test,
    lemma 6. The error: Sutherland and Deka 2019, arXiv:1906.02104, here for unequal sizes too.
    """
    expect_rows("x", x, "N", "D", least=4)
    expect_rows("y", y, "M", x.shape[1], least=4, device=x.device)
    expect_positive(degree=degree)
    expect_integer("seed", seed, 0)
    x, y, scale = around_centre(x.detach(), y.detach(), products_in(x, y))
    sizes = len(x.near), len(y.near)
    if subsets is None:
        distance, spreads = estimate(x, y, degree)
        variance = variance_of(spreads, *sizes)
    else:
        expect_positive(subsets=subsets)
        expect_integer("subset_size", subset_size, 4, min(sizes))
        generator = torch.Generator().manual_seed(seed)
        drawn = [
            estimate(*(draw(points, subset_size, generator) for points in (x, y)), degree)
            for _ in range(subsets)
        ]
        distance, spreads = (torch.stack(part).mean(dim=0) for part in zip(*drawn, strict=True))
        complete = variance_of(spreads, *sizes)
        variance = complete + (variance_of(spreads, subset_size, subset_size) - complete) / subsets
    result = torch.stack([distance, variance.clamp(min=0).sqrt()]) * scale**degree
    if not result.isfinite().all():
        raise ValueError(f"expected features whose kernel does not overflow, got {result.tolist()}")
    return KernelDistance(*result.tolist())


def products_in(x: Tensor, y: Tensor) -> torch.dtype:
    """Return float32 if both features are, and no setting would round its products further."""
    try:
        rounded = torch.get_float32_matmul_precision() != "highest"
    except RuntimeError:  # set by torch's older and newer switches both
        rounded = True
    rounded = rounded or torch.is_autocast_enabled(x.device.type)
    single = x.dtype == y.dtype == torch.float32
    return torch.float32 if single and not rounded else torch.float64


def around_centre(x: Tensor, y: Tensor, dtype: torch.dtype) -> tuple[Points, Points, Tensor]:
    """Return the points of x and y, and the scale to which their products are to be multiplied."""
    width = x.shape[1]
    centre = (x.mean(dim=0, dtype=torch.float64) + y.mean(dim=0, dtype=torch.float64)) / 2
    sides = [x - centre, y - centre]
    largest = torch.stack([vector_norm(side, torch.inf) for side in sides]).max().clamp(min=1)
    size = torch.ldexp(torch.ones_like(largest), largest.frexp().exponent)  # a power of 2 above
    scale = size.square() / width
    level = (centre.square().sum() / width + 1) / scale
    fars = [side @ centre / size.square() for side in sides]
    nears = [side.div_(size).to(dtype) for side in sides]
    return Points(nears[0], fars[0], level), Points(nears[1], fars[1], level), scale


def draw(points: Points, count: int, generator: torch.Generator) -> Points:
    """Return `count` of the points, drawn without replacement."""
    chosen = torch.randperm(len(points.near), generator=generator)[:count].to(points.near.device)
    return Points(points.near[chosen], points.far[chosen], points.level)


def estimate(x: Points, y: Points, degree: int) -> tuple[Tensor, Tensor]:
    """Return the unbiased MMD^2, and unbiased estimates of the five variances it is made of (5,).

    They are those of its Hoeffding decomposition: of what one x, one y, two x, two y, and an x and
    a y add to it. The last three come from the kernel's squares with row and column effects taken
    out (Székely and Rizzo 2014, arXiv:1310.2926), the first two from its row means, less the part
    of the last three in them.
    """
    (n, m), (sums_x, _, squares_x) = (len(x.near), len(y.near)), kernel_sums(x, x, degree)
    sums_y, _, squares_y = kernel_sums(y, y, degree)
    over_y, over_x, squares = kernel_sums(x, y, degree)
    distance = sums_x.sum() / (n * (n - 1)) + sums_y.sum() / (m * (m - 1))
    distance = distance - 2 * over_y.sum() / (n * m)

    def within(sums: Tensor, squares: Tensor, count: int) -> Tensor:
        rest = squares - 2 * sums.square().sum() / (count - 2)
        return (rest + sums.sum().square() / ((count - 1) * (count - 2))) / (count * (count - 3))

    two_x, two_y = within(sums_x, squares_x, n), within(sums_y, squares_y, m)
    rest = squares - over_y.square().sum() / m - over_x.square().sum() / n
    both = (rest + over_y.sum().square() / (n * m)) / ((n - 1) * (m - 1))
    one_x = (sums_x / (n - 2) - over_y / m).var() - two_x / (n - 2) - both / m
    one_y = (sums_y / (m - 2) - over_x / n).var() - two_y / (m - 2) - both / n
    return distance, torch.stack([one_x, one_y, two_x, two_y, both])


def variance_of(spreads: Tensor, n: int, m: int) -> Tensor:
    """Return the variance of the unbiased MMD^2 of n and m rows.

    What single rows add is estimated as a difference: below 0 it counts as 0. So between all but
    equal distributions the error is about a fifth too large rather than too small.
    """
    one_x, one_y, two_x, two_y, both = spreads
    single = (4 * one_x / n + 4 * one_y / m).clamp(min=0)
    return single + 2 * two_x / (n * (n - 1)) + 2 * two_y / (m * (m - 1)) + 4 * both / (n * m)


def kernel_sums(x: Points, y: Points, degree: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the kernel's sums over y (N,) and over x (M,), and the sum of its squares.

    The kernel is taken above its value at the centre, a constant that no distance depends on. If y
    is x, no point is paired with itself, and each block above the diagonal serves twice.
    """
    # (level + above)^degree - level^degree, as a polynomial in above: nothing cancels
    powers = range(degree - 1, 0, -1)
    factors = [math.comb(degree, power) * x.level ** (degree - power) for power in powers]
    same = y is x
    over_y, over_x, squares = torch.zeros_like(x.far), torch.zeros_like(y.far), x.far.new_zeros(())
    for top in range(0, len(x.far), BLOCK):
        rows = slice(top, top + BLOCK)
        for left in range(top if same else 0, len(y.far), BLOCK):
            columns = slice(left, left + BLOCK)
            above = (x.near[rows] @ y.near[columns].T).double()
            above.add_(x.far[rows, None]).add_(y.far[columns])
            kernel = above
            for factor in factors:
                kernel = (kernel + factor).mul_(above)
            twin = same and left == top
            if twin:
                kernel.fill_diagonal_(0)
            else:
                over_x[columns] += kernel.sum(dim=0)
            over_y[rows] += kernel.sum(dim=1)
            squares += vector_norm(kernel).square() * (2 if same and not twin else 1)
    return (over_y + over_x, over_y + over_x, squares) if same else (over_y, over_x, squares)
