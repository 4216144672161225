import pytest
import torch
from exact import moments as exact_moments
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbook.metrics.moments import Moments, gram


def gaussian(count, width, *, offset=0.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=generator, dtype=torch.float64) + offset


def taken(batches):
    moments = Moments()
    for batch in batches:
        moments.update(batch)
    return moments


def same(moments, rows):
    torch.testing.assert_close(moments.mean, rows.double().mean(dim=0), rtol=1e-12, atol=1e-12)
    covariance = rows.double().T.cov().reshape(rows.shape[1], -1)
    torch.testing.assert_close(moments.covariance, covariance, rtol=1e-11, atol=1e-12)
    return moments.count == len(rows)


@settings(deadline=None, max_examples=40, derandomize=True, database=None)
@given(st.lists(st.integers(1, 7), min_size=2, max_size=6), st.integers(1, 5), st.booleans())
def test_any_batches_and_any_merges_give_the_same(sizes, width, single):
    rows = gaussian(sum(sizes), width)
    rows = rows.float() if single else rows
    batches = rows.split(sizes)
    assert same(taken(batches), rows)
    assert same(taken(batches[:1]) + taken(batches[1:]), rows)
    assert same(taken(batches[1:]).merge(taken(batches[:1])), torch.cat([*batches[1:], batches[0]]))


def test_a_million_rows_need_one_matrix():
    moments, places = Moments(), 10 ** torch.arange(6)
    for start in range(0, 1_000_000, 20_000):
        numbers = torch.arange(start, start + 20_000)
        moments.update((numbers[:, None] // places % 10).float())  # their six digits
    assert moments.count == 1_000_000
    torch.testing.assert_close(moments.mean, torch.full((6,), 4.5).double(), rtol=0, atol=1e-12)
    variance = 8.25 * 1_000_000 / 999_999  # of a digit; digits are independent
    torch.testing.assert_close(
        moments.covariance, variance * torch.eye(6).double(), rtol=1e-12, atol=1e-12
    )
    held = sum(part.numel() for part in vars(moments).values() if isinstance(part, torch.Tensor))
    assert held == 6 * 6 + 2 * 6


@pytest.mark.parametrize("offset", [1e4, 1e8])
def test_rows_far_from_zero_lose_no_digits(offset):
    rows = gaussian(60, 4, offset=offset)
    covariance = torch.tensor(exact_moments(rows)[1].tolist(), dtype=torch.float64)
    for batches in (rows.split(1), rows.split(7), [rows]):
        torch.testing.assert_close(taken(batches).covariance, covariance, rtol=1e-13, atol=1e-14)
    naive = (rows.T @ rows - 60 * torch.outer(rows.mean(0), rows.mean(0))) / 59
    assert (naive - covariance).abs().max() > 1e-9  # the textbook's one pass does


def test_adding_changes_neither():
    one, two = taken([gaussian(5, 3)]), taken([gaussian(4, 3, seed=1)])
    before = one.covariance, two.covariance
    assert (one + two).update(gaussian(2, 3)).count == 11
    assert (Moments() + one).update(gaussian(2, 3)).count == 7
    assert one.merge(Moments()) is one
    torch.testing.assert_close((one.covariance, two.covariance), before, rtol=0, atol=0)


def test_the_symmetric_product_takes_any_layout():
    rows = gaussian(20, 30)
    for view in (rows, rows.T, rows[::2], rows[:, 3:7], rows[:1].expand(5, 30)):
        torch.testing.assert_close(gram(view), view.T @ view, rtol=1e-13, atol=1e-13)
        assert torch.equal(gram(view), gram(view).T)


def test_bad_arguments_are_named():
    moments = Moments()
    with pytest.raises(ValueError, match="moments of at least 1 rows, got 0"):
        _ = moments.mean
    assert moments.update(torch.ones(1, 3)) is moments
    assert moments.mean.tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="moments of at least 2 rows, got 1"):
        _ = moments.covariance
    with pytest.raises(ValueError, match="width seen before, 3, got 4"):
        moments.update(torch.zeros(5, 4))
    with pytest.raises(ValueError, match="expected finite batch"):
        moments.update(torch.full((2, 3), torch.nan))
    with pytest.raises(ValueError, match="expected batch"):
        moments.update(torch.zeros(2, 3, dtype=torch.int64))
    assert moments.count == 1
