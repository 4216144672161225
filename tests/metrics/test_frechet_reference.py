"""The Fréchet distance against 50 digits, where it is hard as well."""

import exact
import pytest
import torch

from ganbook.metrics import frechet
from ganbook.metrics.frechet import frechet_distance, frechet_from_moments

SCALES = torch.logspace(-6, 6, 6, dtype=torch.float64)


def features(count, width, seed, rank=None):
    generator = torch.Generator().manual_seed(seed)
    parts = [(count, rank or width), (rank or width, width)]
    rows, mixing = (torch.randn(*p, generator=generator, dtype=torch.float64) for p in parts)
    return rows @ mixing + seed


def cases():
    x, y = features(20, 6, 0), features(15, 6, 1)
    flat, other = features(20, 6, 0, rank=3), features(15, 6, 1, rank=3)
    shared = features(15, 3, 5) @ features(3, 6, 0)  # the same three directions in both
    yield "plain", x, y
    yield "float32", x.float(), y.float()
    yield "one dimension", x[:, :1], y[:, :1]
    yield "two rows each", x[:2], y[:2]
    yield "fewer rows than dimensions", x[:4], y[:5]
    yield "fewer rows in one set", x[:4], y
    yield "low rank in one set", flat, y
    yield "low rank in both", flat, other
    yield "a constant feature", torch.cat([x, torch.ones(20, 1)], 1), features(15, 7, 1)
    yield "a feature twice", torch.cat([x, x[:, :1]], 1), features(15, 7, 1)
    for size in (1e-3, 1e-5, 1e-8, 1e-12):
        yield f"singular but for {size}", flat + size * features(20, 6, 3), y
        yield (
            f"both singular but for {size}",
            features(15, 3, 6) @ features(3, 6, 0) + (size * features(15, 6, 3)),
            shared + size * features(15, 6, 4),
        )
    for scale in (1e-6, 1e6):
        yield f"scaled by {scale}", scale * x, scale * y
        yield f"one scaled by {scale}", scale * x, y
    yield "features of scales 1e-6 to 1e6", x * SCALES, y * SCALES
    yield "scales against each other", x * SCALES, y * SCALES.flip(0)
    for offset in (1e3, 1e6, 1e9):
        yield f"all {offset} from zero", x + offset, y + offset
    for size in (1e-2, 1e-4):
        yield f"equal but for {size}", x, x + size * features(20, 6, 3)
        yield f"equal but for {size}, few rows", x[:4], x[:4] + size * features(4, 6, 3)


@pytest.mark.parametrize(("x", "y"), [pytest.param(x, y, id=name) for name, x, y in cases()])
def test_features_to_ten_digits(x, y):
    assert frechet_distance(x, y) == pytest.approx(exact.frechet(x, y), rel=1e-10, abs=0)


@pytest.mark.parametrize(("x", "y"), [pytest.param(x, y, id=name) for name, x, y in cases()])
def test_the_way_of_large_ones_too(x, y, monkeypatch):
    monkeypatch.setattr(frechet, "LARGE", 1)
    assert frechet_distance(x, y) == pytest.approx(exact.frechet(x, y), rel=1e-10, abs=0)


def test_large_ones_take_it_where_they_can(monkeypatch):
    x, y = (features(300, 64, seed) for seed in (0, 1))
    slow = frechet_distance(x, y)
    monkeypatch.setattr(frechet, "LARGE", 64)
    monkeypatch.setattr(torch.linalg, "svdvals", None)
    assert frechet_distance(x, y) == pytest.approx(slow, rel=1e-12)
    with pytest.raises(TypeError):
        frechet_distance(x[:64], y[:64])  # centred, they are of rank 63


def test_a_distance_far_below_the_spread_keeps_its_digits():
    x = features(20, 6, 0)
    y = x + 1e-6 * features(20, 6, 3)
    distance = exact.frechet(x, y)
    assert distance < 1e-10 * x.var(dim=0).sum()
    assert frechet_distance(x, y) == pytest.approx(distance, rel=1e-8, abs=0)


def covariances():
    mixing, other = features(4, 4, 0), features(4, 4, 1)
    full, second = mixing @ mixing.T, other @ other.T
    ones = torch.ones(4, 4, dtype=torch.float64)
    yield "full", (full + full.T) / 2, (second + second.T) / 2
    yield "rank one", ones, torch.eye(4).double()
    yield "rank one both", ones, torch.diag(torch.tensor([1.0, 0, 0, 4]).double())
    yield "zero", 0 * ones, 2 * torch.eye(4).double()
    for scale in (1e-6, 1e6):
        yield f"scaled by {scale}", scale * (ones + torch.eye(4)), torch.eye(4).double()


@pytest.mark.parametrize(
    ("cov1", "cov2"), [pytest.param(a, b, id=name) for name, a, b in covariances()]
)
def test_moments_to_ten_digits(cov1, cov2):
    mean1, mean2 = torch.arange(4.0).double(), torch.ones(4).double()
    arguments = mean1, cov1, mean2, cov2
    distance = exact.frechet_from_moments(*arguments)
    assert frechet_from_moments(*arguments) == pytest.approx(distance, rel=1e-10, abs=0)
    assert frechet_from_moments(mean1, cov1, mean1, cov1) < 1e-8


@pytest.mark.parametrize("size", [1e-6, 1e-10, 1e-14])
def test_nearly_singular_moments_to_the_digits_they_have(size):
    # A relative rounding of 1e-16 in the covariance is 1e-8 in its root.
    cov = torch.ones(4, 4).double() + size * torch.diag(torch.arange(1.0, 5)).double()
    arguments = torch.zeros(4), cov, torch.zeros(4), torch.eye(4).double()
    distance = exact.frechet_from_moments(*arguments)
    assert frechet_from_moments(*arguments) == pytest.approx(distance, rel=1e-7, abs=0)
