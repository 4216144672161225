import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from ganbook.metrics.frechet import frechet_distance, frechet_from_moments
from ganbook.metrics.moments import Moments


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


@pytest.mark.parametrize("scale", [1, 1e-6, 1e6])
@pytest.mark.parametrize(("count", "width"), [(300, 20), (300, 100), (10, 50)])
def test_identical_sets_are_at_no_distance(count, width, scale):
    x = scale * features(count, width, 1)
    shuffled = x[torch.randperm(count, generator=torch.Generator().manual_seed(0))]
    assert 0 <= frechet_distance(x, x) < 1e-8
    assert 0 <= frechet_distance(x, shuffled) < 1e-8


@pytest.mark.parametrize("scale", [1, 1e6])
def test_identical_sets_of_low_rank_are_at_no_distance(scale):
    x = scale * features(60, 5, 1) @ features(5, 30, 0)
    assert 0 <= frechet_distance(x, x.flip(0)) < 1e-8


def test_constant_sets():
    x, y = torch.full((5, 3), 2.0), torch.full((2, 3), 4.0)
    assert frechet_distance(x, x) == 0
    assert frechet_distance(x, y) == 12
    spread = torch.tensor([[3.0, 4, 4], [5, 4, 4]])  # about y's mean, variance 2
    assert frechet_distance(x, spread) == pytest.approx(12 + 2, rel=1e-14)


def test_fewer_samples_than_dimensions_is_exact():
    x, y = features(6, 40, 0), features(9, 40, 1)
    basis = torch.linalg.qr(torch.cat([x, y]).T).Q  # the 15 dimensions in which they differ
    assert frechet_distance(x, y) == pytest.approx(frechet_distance(x @ basis, y @ basis), rel=1e-9)


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(
    counts=st.tuples(st.integers(2, 12), st.integers(2, 12)),
    width=st.integers(1, 10),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    layout=st.sampled_from(["rows", "transposed", "strided"]),
    seed=st.integers(0, 99),
)
def test_its_symmetries_at_every_shape(counts, width, dtype, layout, seed):
    x, y = (features(count, width, seed + i) for i, count in enumerate(counts))
    x, y = x.to(dtype), y.to(dtype)
    distance = frechet_distance(laid(x, layout), laid(y, layout).requires_grad_())
    tight = dict(rel=1e-11, abs=1e-11)
    assert distance >= 0
    assert frechet_distance(x, y) == pytest.approx(distance, **tight)
    assert frechet_distance(y, x) == pytest.approx(distance, **tight)
    x, y = x.double(), y.double()
    turn = torch.linalg.qr(features(width, width, 7)).Q
    assert frechet_distance(x @ turn + 5, y @ turn + 5) == pytest.approx(distance, **tight)
    assert frechet_distance(x.flip(0), y.roll(1, 0)) == pytest.approx(distance, **tight)
    assert frechet_distance(3 * x, 3 * y) == pytest.approx(9 * distance, **tight)
    stacked = (
        torch.cat([torch.zeros(counts[0], 20), x], dim=1),
        torch.cat([torch.zeros(counts[1], 20), y], dim=1),
    )
    assert frechet_distance(*stacked) == pytest.approx(distance, **tight)


def laid(x, layout):
    """The same values in another order in memory."""
    if layout == "transposed":
        return x.T.contiguous().T
    return x.repeat_interleave(2, dim=0)[::2] if layout == "strided" else x


def test_arguments_are_left_as_they_are():
    x, y = features(9, 4, 0), features(8, 4, 1)
    before = x.clone(), y.clone()
    frechet_distance(x, y)
    Moments().update(x)
    assert torch.equal(x, before[0])
    assert torch.equal(y, before[1])


def test_moments_give_the_same_as_features():
    for width in (1, 12):
        x, y = features(300, width, 0), features(200, width, 1)
        a, b = Moments().update(x), Moments().update(y[:7]).update(y[7:])
        distance = frechet_from_moments(a.mean, a.covariance, b.mean, b.covariance)
        assert distance == pytest.approx(frechet_distance(x, y), rel=1e-12)
        single = [part.float() for part in (a.mean, a.covariance, b.mean, b.covariance)]
        assert frechet_from_moments(*single) == pytest.approx(distance, rel=1e-5)


def test_bad_features_are_named():
    x = torch.zeros(4, 3)
    with pytest.raises(ValueError, match="rows of x to be an integer of at least 2, got 1"):
        frechet_distance(x[:1], x)
    with pytest.raises(ValueError, match="expected y"):
        frechet_distance(x, x[:, :2])
    with pytest.raises(ValueError, match="expected finite y"):
        frechet_distance(x, x + float("nan"))
    with pytest.raises(ValueError, match="expected finite squares of the features"):
        frechet_distance(1e200 * features(4, 3, 0), features(4, 3, 1))


def test_bad_moments_are_named():
    zero, one = torch.zeros(3), torch.eye(3)
    with pytest.raises(ValueError, match=r"expected mean2 .*\(3\), got float32 \(4,\)"):
        frechet_from_moments(zero, one, torch.zeros(4), one)
    with pytest.raises(ValueError, match=r"expected mean1 .*\(D\), got float32 \(1, 3\)"):
        frechet_from_moments(zero[None], one, zero, one)
    with pytest.raises(ValueError, match=r"expected cov1 .*\(3, 3\), got float32 \(3, 2\)"):
        frechet_from_moments(zero, one[:, :2], zero, one)
    with pytest.raises(ValueError, match="expected cov2 .* got int64"):
        frechet_from_moments(zero, one, zero, one.long())
    with pytest.raises(ValueError, match="expected finite cov2"):
        frechet_from_moments(zero, one, zero, one / 0)
    with pytest.raises(ValueError, match="expected a symmetric cov1"):
        frechet_from_moments(zero, one + torch.ones(3, 3).tril(-1), zero, one)
    with pytest.raises(ValueError, match="cov2 without negative eigenvalues, got -1 to 1"):
        frechet_from_moments(zero, one, zero, torch.diag(torch.tensor([1.0, 1, -1])))
    with pytest.raises(ValueError, match="cov2 without negative eigenvalues, got -1 to -1"):
        frechet_from_moments(zero, one, zero, -one)
