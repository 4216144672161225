import exact
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbook.metrics.kernel import BLOCK, kernel_distance


def gaussian(count, width, *, mean=0.0, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=generator, dtype=dtype) + mean


def definition(x, y, degree=3):
    """The estimator as it is written, over whole matrices."""
    x, y = x.double(), y.double()
    own = []
    for rows in (x, y):
        kernel = (rows @ rows.T / x.shape[1] + 1) ** degree
        own.append((kernel.sum() - kernel.trace()) / (len(rows) * (len(rows) - 1)))
    return (sum(own) - 2 * ((x @ y.T / x.shape[1] + 1) ** degree).mean()).item()


def test_four_points_by_hand():
    x, y = torch.zeros(4, 1), torch.tensor([[1.0], [1], [1], [-1]])
    # k = (ab + 1)^3: 1 among x and across; among y, 3 ordered pairs of like 1s twice, else 0
    assert kernel_distance(x, y).distance == pytest.approx(1 + 6 * 8 / 12 - 2, rel=1e-14)
    assert kernel_distance(x, y, degree=1).distance == pytest.approx(1 + 6 * 2 / 12 - 2, rel=1e-14)


def test_a_linear_kernel_measures_the_gap_of_the_means():
    x, y = gaussian(30, 5), gaussian(20, 5, mean=1, seed=1)
    gap = (x.mean(0) - y.mean(0)).square().sum()
    noise = x.var(dim=0).sum() / 30 + y.var(dim=0).sum() / 20  # what its square has too much
    assert kernel_distance(x, y, degree=1).distance == pytest.approx(((gap - noise) / 5).item())


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_against_the_definition_across_blocks(degree, dtype):
    x, y = gaussian(BLOCK + 90, 16, mean=0.5), gaussian(2 * BLOCK + 3, 16, seed=1)
    x, y = x.to(dtype), y.to(dtype)
    loss = 1e-12 if dtype == torch.float64 else 1e-8
    value = kernel_distance(x, y, degree=degree).distance
    assert value == pytest.approx(definition(x, y, degree), rel=0, abs=loss * 2**degree)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e3, 1e6])
@pytest.mark.parametrize("mean", [0, 1, 30])
def test_bad_scales_against_fifty_digits(scale, mean):
    x, y = scale * gaussian(9, 4, mean=mean), scale * gaussian(7, 4, mean=mean + 1, seed=1)
    assert kernel_distance(x, y).distance == pytest.approx(exact.kernel(x, y), rel=1e-9, abs=0)
    x, y = x.float(), y.float()
    assert kernel_distance(x, y).distance == pytest.approx(exact.kernel(x, y), rel=1e-5, abs=0)


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(
    counts=st.tuples(st.integers(4, 12), st.integers(4, 12)),
    width=st.integers(1, 10),
    dtypes=st.tuples(*[st.sampled_from([torch.float32, torch.float64])] * 2),
    degree=st.integers(1, 4),
    transposed=st.booleans(),
    seed=st.integers(0, 99),
)
def test_its_symmetries_at_every_shape(counts, width, dtypes, degree, transposed, seed):
    x, y = (gaussian(count, width, seed=seed + i) for i, count in enumerate(counts))
    x, y = x.to(dtypes[0]), y.to(dtypes[1])
    layout = (lambda rows: rows.T.contiguous().T) if transposed else (lambda rows: rows)
    value, error = kernel_distance(layout(x), layout(y).requires_grad_(), degree=degree)
    loose = dict(rel=1e-5, abs=1e-4) if torch.float32 in dtypes else dict(rel=1e-9, abs=1e-9)
    assert value == pytest.approx(definition(x, y.detach(), degree), **loose)
    assert error >= 0
    swapped = kernel_distance(y, x, degree=degree)
    assert swapped == pytest.approx((value, error), **loose)
    assert kernel_distance(x.flip(0), y, degree=degree) == pytest.approx((value, error), **loose)


def test_float32_loses_little():
    x = gaussian(700, 256, mean=1, dtype=torch.float32).relu()
    y = gaussian(600, 256, mean=1, seed=1, dtype=torch.float32).relu() * 1.02
    single, double = kernel_distance(x, y), kernel_distance(x.double(), y.double())
    size = ((x @ y.T / 256 + 1) ** 3).mean().item()
    assert abs(single.distance - double.distance) < 1e-9 * size
    assert single.standard_error == pytest.approx(double.standard_error, rel=1e-5)


def test_settings_that_round_products_do_not_reach_it():
    x, y = gaussian(40, 64, dtype=torch.float32), gaussian(40, 64, seed=1, dtype=torch.float32)
    plain = kernel_distance(x, y)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = kernel_distance(x, y)
    assert inside == pytest.approx(plain, rel=1e-6)
    torch.set_float32_matmul_precision("medium")
    try:
        assert kernel_distance(x, y) == inside
    finally:
        torch.set_float32_matmul_precision("highest")


def test_equal_distributions_are_at_no_distance_on_average():
    pairs = [(gaussian(20, 3, seed=s), gaussian(30, 3, seed=s + 500)) for s in range(300)]
    values = torch.tensor([kernel_distance(x, y).distance for x, y in pairs])
    assert values.min() < 0  # unbiased, so it must go below
    assert abs(values.mean()) < 3 * values.std() / 300**0.5


def test_subsets_are_seeded_and_all_rows_are_all_pairs():
    x, y = gaussian(50, 6), gaussian(40, 6, mean=0.3, seed=1)
    few = kernel_distance(x, y, subsets=5, subset_size=20)
    assert kernel_distance(x, y, subsets=5, subset_size=20) == few
    assert kernel_distance(x, y, subsets=5, subset_size=20, seed=1) != few
    y = gaussian(50, 6, mean=0.3, seed=1)
    whole = kernel_distance(x, y, subsets=3, subset_size=50)
    assert whole == pytest.approx(kernel_distance(x, y), rel=1e-10)


def test_identical_and_constant_sets():
    x = gaussian(20, 3)
    assert kernel_distance(x, x).distance < 0  # off the diagonal, a set is less like itself
    assert kernel_distance(torch.ones(4, 3), torch.ones(5, 3)) == (0, 0)


def test_bad_arguments_are_named():
    x, y = gaussian(50, 3), gaussian(40, 3, seed=1)
    with pytest.raises(ValueError, match="rows of y to be an integer of at least 4, got 3"):
        kernel_distance(x, y[:3])
    with pytest.raises(ValueError, match=r"expected y .*\(M, 3\)"):
        kernel_distance(x, y[:, :2])
    with pytest.raises(ValueError, match="expected finite x"):
        kernel_distance(x * torch.nan, y)
    with pytest.raises(ValueError, match="expected x as a floating-point tensor"):
        kernel_distance(x.long(), y)
    with pytest.raises(ValueError, match="subset_size to be an integer from 4 to 40, got 1000"):
        kernel_distance(x, y, subsets=3)
    with pytest.raises(ValueError, match="expected subsets to be an integer of at least 1, got 0"):
        kernel_distance(x, y, subsets=0)
    with pytest.raises(ValueError, match="expected degree to be an integer of at least 1, got 0"):
        kernel_distance(x, y, degree=0)
    with pytest.raises(ValueError, match="expected seed to be an integer of at least 0"):
        kernel_distance(x, y, seed=None)
    for far in (1e60 * x, x + 1e60, x + 1e160, 1e200 * x):
        with pytest.raises(ValueError, match="expected features whose kernel does not overflow"):
            kernel_distance(far, y)
