import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbook.metrics.manifold import precision_recall


def by_definition(real, fake, k):
    """All distances at once in float64, from differences; closed balls; a row is not its own."""

    def squares(x, y):
        return (x.double()[:, None] - y.double()).square().sum(-1)

    def radii(x):
        others = squares(x, x).fill_diagonal_(torch.inf)
        return others.kthvalue(k, dim=1).values

    pairs = squares(real, fake)
    in_real, in_fake = pairs <= radii(real)[:, None], pairs <= radii(fake)
    return (
        in_real.any(0).double().mean().item(),
        in_fake.any(1).double().mean().item(),
        in_real.sum().item() / (k * len(fake)),
        in_real.any(1).double().mean().item(),
    )


def gaussian(count, width, seed, **kind):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed), **kind)


def test_counted_by_hand():
    real = torch.tensor([[0.0], [1.0], [3.0]])  # k = 1: radii 1, 1, 2
    fake = torch.tensor([[-1.0], [2.5], [9.0], [9.5]])  # radii 3.5, 3.5, 0.5, 0.5
    found = precision_recall(real, fake, k=1)  # -1 is just in the ball of 0, and 2.5 in that of 3
    assert found == (2 / 4, 3 / 3, 2 / 4, 2 / 3)


@pytest.mark.parametrize("block", [7, 64, 1024])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "m", "width", "k"), [(150, 90, 3, 5), (60, 200, 40, 1)])
def test_against_the_definition(n, m, width, k, dtype, block):
    real, fake = gaussian(n, width, 0, dtype=dtype), 1.1 * gaussian(m, width, 1, dtype=dtype)
    found = precision_recall(real, fake, k=k, block=block)
    assert found == pytest.approx(by_definition(real, fake, k), abs=1e-12)


@pytest.mark.parametrize("grid", [2, 5, 40])
def test_equal_distances_count_as_equal(grid):
    """On a grid many rows are just as far as the radius, and many are the same."""
    real, fake = (
        torch.randint(grid, (120, 2), generator=torch.Generator().manual_seed(seed)) / 10 + 0.7
        for seed in (0, 1)
    )
    for dtype in (torch.float32, torch.float64):
        x, y = (rows.to(dtype) for rows in (real, fake))
        for k in (1, 5):
            assert precision_recall(x, y, k=k) == pytest.approx(by_definition(x, y, k), abs=1e-12)


def test_copies_are_in_every_ball_they_should_be():
    real = gaussian(80, 30, 0)
    found = precision_recall(real, real.clone(), k=3)
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    assert found.density == pytest.approx(
        4 / 3
    )  # the row itself, and k rows in its ball, on average
    collapsed = precision_recall(real, real[:1].repeat(80, 1), k=3)
    assert collapsed.recall == 1 / 80
    assert collapsed.precision == 1


@pytest.mark.parametrize("far", [1e2, 1e5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_far_from_the_origin_and_in_tight_clusters(far, dtype):
    """Where squared norms swamp squared distances, float32 cannot tell, and float64 is asked."""
    centres = far * gaussian(4, 12, 9, dtype=torch.float64) + 10 * far
    real, fake = (
        (centres[torch.arange(120) % 4] + gaussian(120, 12, seed, dtype=torch.float64)).to(dtype)
        for seed in (0, 1)
    )
    found = precision_recall(real, fake, k=4)
    assert found == pytest.approx(by_definition(real, fake, 4), abs=1e-12)
    assert 0.3 < found.precision < 1


@pytest.mark.parametrize("scale", [1e-30, 1e-6, 1e6, 1e15])
def test_scale_does_not_matter(scale):
    real, fake = gaussian(70, 5, 0), gaussian(60, 5, 1)
    assert precision_recall(scale * real, scale * fake) == precision_recall(real, fake)


def test_disjoint_sets_share_nothing():
    real = gaussian(50, 3, 0)
    assert precision_recall(real, real + 100) == (0, 0, 0, 0)


def test_changing_sides_exchanges_precision_and_recall():
    real, fake = gaussian(90, 4, 0), 0.5 * gaussian(70, 4, 1)
    there, back = precision_recall(real, fake), precision_recall(fake, real)
    assert (there.precision, there.recall) == (back.recall, back.precision)
    assert there.precision > 0.95 > 0.9 > there.recall


def test_shortened_products_are_not_trusted():
    real, fake = gaussian(90, 20, 0), gaussian(80, 20, 1)
    expected = precision_recall(real, fake)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert precision_recall(real, fake) == expected


@settings(deadline=None, max_examples=40)
@given(
    st.integers(2, 30),
    st.integers(2, 30),
    st.integers(1, 6),
    st.integers(1, 9),
    st.integers(0, 3),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_any_shape(n, m, width, k, digits, dtype):
    grid = 4**digits  # binary fractions: what is equally far is so to the last bit
    real = (gaussian(n, width, n, dtype=dtype) * grid).round().div(grid).T.contiguous().T
    fake = (gaussian(m, 2 * width, m, dtype=dtype) * grid).round().div(grid)
    fake = fake[:, ::2].requires_grad_()
    k = min(k, n - 1, m - 1)
    found = precision_recall(real, fake, k=k)
    assert found == pytest.approx(by_definition(real, fake.detach(), k), abs=1e-12)


def test_bad_arguments_are_named():
    x = gaussian(9, 3, 0)
    with pytest.raises(ValueError, match="expected real as a floating-point tensor"):
        precision_recall(x.long(), x)
    with pytest.raises(ValueError, match=r"expected fake .*\(M, 3\), got float32 \(9, 2\)"):
        precision_recall(x, x[:, :2])
    with pytest.raises(ValueError, match="expected fake"):
        precision_recall(x, x[:0])
    with pytest.raises(ValueError, match="rows of real to be an integer of at least 2, got 1"):
        precision_recall(x[:1], x)
    with pytest.raises(ValueError, match="expected finite fake"):
        precision_recall(x, x / 0)
    with pytest.raises(ValueError, match="expected k to be an integer from 1 to 4, got 5"):
        precision_recall(x[:5], x)
    with pytest.raises(ValueError, match="dtype of real"):
        precision_recall(x.half(), x)
