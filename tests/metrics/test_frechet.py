import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from ganbook.metrics.frechet import frechet_distance


def reference(x, y):
    """The textbook formula with a general matrix square root."""
    c, d = (np.atleast_2d(np.cov(rows.numpy().T)) for rows in (x, y))
    gap = ((x.mean(0) - y.mean(0)) ** 2).sum().item()
    return gap + np.trace(c + d - 2 * np.real(sqrtm(c @ d)))


def features(count, width, seed, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(width, width, generator=generator, dtype=dtype)
    return torch.randn(count, width, generator=generator, dtype=dtype) @ mixing + seed


@pytest.mark.parametrize(("n", "m", "width"), [(500, 300, 8), (50, 60, 1), (400, 90, 64)])
def test_against_the_matrix_square_root(n, m, width):
    x, y = features(n, width, 0), features(m, width, 1)
    assert frechet_distance(x, y) == pytest.approx(reference(x, y), rel=1e-8)
    assert frechet_distance(x, y) == pytest.approx(frechet_distance(y, x), rel=1e-12)


def test_one_dimension_by_hand():
    x, y = torch.tensor([[0.0], [2.0]]), torch.tensor([[5.0], [11.0]])  # std sqrt(2), 3 sqrt(2)
    assert frechet_distance(x, y) == pytest.approx((1 - 8) ** 2 + (2**0.5 - 3 * 2**0.5) ** 2)


@pytest.mark.parametrize(("count", "width"), [(300, 20), (10, 50)])
def test_identical_sets_are_at_no_distance(count, width):
    x = features(count, width, 0)
    assert abs(frechet_distance(x, x)) < 1e-8 * x.square().sum().item()


def test_fewer_samples_than_dimensions_is_exact():
    x, y = features(6, 40, 0), features(9, 40, 1)
    basis = torch.linalg.qr(torch.cat([x, y]).T).Q  # the 15 dimensions in which they differ
    assert frechet_distance(x, y) == pytest.approx(frechet_distance(x @ basis, y @ basis), rel=1e-9)


def test_bad_features_are_named():
    x = torch.zeros(4, 3)
    with pytest.raises(ValueError, match="rows of x to be an integer of at least 2, got 1"):
        frechet_distance(x[:1], x)
    with pytest.raises(ValueError, match="expected y"):
        frechet_distance(x, x[:, :2])
    with pytest.raises(ValueError, match="expected finite y"):
        frechet_distance(x, x + float("nan"))
