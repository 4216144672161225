import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbook.metrics.extrapolation import extrapolate
from ganbook.metrics.frechet import frechet_distance


def gaussians(n, m, width, seed, shift=0.5, scale=1.2):
    """Sets of two Gaussians, and the Fréchet distance between these."""
    generator = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(count, width, generator=generator) for count in (n, m))
    y = scale * y
    y[:, 0] += shift
    return x, y, shift**2 + width * (scale - 1) ** 2


@pytest.mark.parametrize(("n", "m", "width"), [(200, 200, 8), (128, 128, 32), (150, 450, 16)])
def test_nearer_to_the_truth_than_the_raw_distance(n, m, width):
    found, truth = [], 0.0
    for seed in range(20):
        x, y, truth = gaussians(n, m, width, seed)
        found.append(extrapolate(x, y, seed=seed))
    raw = torch.tensor([one.distances[-1] for one in found])
    fitted = torch.tensor([one.value for one in found])
    assert (raw - truth).square().mean() > 5 * (fitted - truth).square().mean()
    assert (fitted.mean() - truth).abs() < 3.5 * fitted.std() / 20**0.5 + 0.05 * (
        raw.mean() - truth
    )


def test_a_bias_of_one_over_n_is_taken_out_exactly():
    x = torch.zeros(90, 1)
    found = extrapolate(x, torch.zeros(180, 1), metric=lambda x, y: 7 + 3 / len(x), sizes=(30, 45))
    assert found.value == pytest.approx(7, rel=1e-12)
    assert found.slope == pytest.approx(3, rel=1e-12)
    assert found.sizes == (30, 45, 90)
    assert found.distances == pytest.approx((7 + 3 / 30, 7 + 3 / 45, 7 + 3 / 90))


def test_both_sets_shrink_in_proportion():
    seen = []

    def metric(x, y):
        seen.append((len(x), len(y)))
        return 0.0

    extrapolate(torch.zeros(80, 1), torch.zeros(40, 1), metric=metric, repeats=2)
    assert seen[0] == (80, 40)
    assert seen[1::2] == seen[2::2] == [(40, 20), (50, 25), (60, 30), (70, 35)]


def test_subsets_have_no_row_twice():
    def metric(x, y):
        return float(len(x.unique()) != len(x))

    assert extrapolate(torch.rand(64, 1), torch.rand(64, 1), metric=metric).distances[0] == 0


def test_ends_in_the_raw_distance_and_is_seeded():
    x, y, _ = gaussians(60, 50, 3, 0)
    found = extrapolate(x, y, seed=5)
    assert found.distances[-1] == frechet_distance(x, y)
    assert found == extrapolate(x, y, seed=5) != extrapolate(x, y, seed=6)
    assert found.value == pytest.approx(found.distances[-1] - found.slope / 60)


@settings(deadline=None, max_examples=20)
@given(
    st.integers(4, 40),
    st.integers(4, 40),
    st.integers(1, 6),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_any_shape(n, m, width, dtype):
    x, y, _ = gaussians(n, m, width, n)
    found = extrapolate(x.to(dtype).T.contiguous().T, y.requires_grad_(), repeats=1)
    assert torch.tensor(found.distances).isfinite().all()
    assert found.sizes[-1] == n > found.sizes[0] >= 2
    assert found.value == pytest.approx(found.distances[-1] - found.slope / n)


def test_bad_arguments_are_named():
    x = torch.rand(20, 2)
    with pytest.raises(ValueError, match="expected size to be an integer from 2 to 19, got 20"):
        extrapolate(x, x, sizes=(10, 20))
    with pytest.raises(ValueError, match="expected number of sizes"):
        extrapolate(x, x, sizes=())
    with pytest.raises(ValueError, match="expected repeats"):
        extrapolate(x, x, repeats=0)
    with pytest.raises(ValueError, match="rows of y to be an integer of at least 4, got 3"):
        extrapolate(x, x[:3])
    with pytest.raises(ValueError, match="expected x"):
        extrapolate(x.long(), x)
    with pytest.raises(ValueError, match="expected finite x"):
        extrapolate(x / 0, x)
