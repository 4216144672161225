import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganbook.metrics.rows import feature_rows

repeatable = settings(deadline=None, max_examples=50, derandomize=True, database=None)
sizes = st.integers(1, 9)


@repeatable
@given(n=sizes, m=sizes, width=sizes, dtypes=st.tuples(*[st.sampled_from([32, 64])] * 2))
def test_pairs_come_back_as_float64(n, m, width, dtypes):
    x, y = (
        torch.rand(rows, width, dtype=getattr(torch, f"float{bits}"), requires_grad=True)
        for rows, bits in zip((n, m), dtypes, strict=True)
    )
    for given_rows, rows in zip((x, y), feature_rows(x, y, least=1), strict=True):
        assert rows.dtype == torch.float64
        assert not rows.requires_grad
        assert torch.equal(rows, given_rows.detach().double())
    assert torch.equal(feature_rows(x, least=1), x.detach().double())


def test_any_layout_is_fine():
    x = torch.arange(24.0).reshape(4, 6)
    for view in (x.T, x[::2], x[:, 1::2], x[:1].expand(3, 6)):
        assert torch.equal(feature_rows(view), view.double())


@pytest.mark.parametrize("dtype", [torch.half, torch.bfloat16])
def test_short_floats_are_refused(dtype):
    with pytest.raises(ValueError, match=f"expected dtype of x .*float32.*float64.* got {dtype}"):
        feature_rows(torch.zeros(4, 3, dtype=dtype))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bool, torch.complex64])
def test_what_is_no_float_is_refused(dtype):
    with pytest.raises(ValueError, match=r"expected fake as a floating-point tensor \(M, 3\), got"):
        feature_rows(torch.zeros(4, 3), torch.zeros(4, 3, dtype=dtype), names=("real", "fake"))


@pytest.mark.parametrize("shape", [(), (4,), (0, 3), (4, 0), (4, 3, 1)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected real as a floating-point tensor \(N, D\), got"):
        feature_rows(torch.zeros(shape), names=("real", "fake"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_one_bad_number_is_found(value):
    x = torch.zeros(50, 7)
    x[31, 4] = value
    with pytest.raises(ValueError, match="expected finite y, got NaN or infinity"):
        feature_rows(torch.zeros(4, 7), x)


def test_other_faults_are_named():
    x = torch.zeros(4, 3)
    with pytest.raises(ValueError, match=r"expected y .*\(M, 3\), got float32 \(4, 2\)"):
        feature_rows(x, x[:, :2])
    with pytest.raises(ValueError, match="rows of y to be an integer of at least 5, got 4"):
        feature_rows(torch.zeros(5, 3), x, least=5)
    with pytest.raises(ValueError, match="expected x .* got ndarray"):
        feature_rows(x.numpy())
    with pytest.raises(ValueError, match="expected device of y to be one of .'cpu'.*, got 'meta'"):
        feature_rows(x, torch.zeros(4, 3, device="meta"))
