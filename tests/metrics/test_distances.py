import pytest
import torch

from ganbook.metrics import distances


def true_squares(x, y):
    return (x[:, None] - y).square().sum(-1)


def spread(count, width, seed):
    return torch.randn(
        count, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )


def alike(count, width, seed):
    return 30 + 0.01 * spread(count, width, seed)


def lopsided(count, width, seed):
    return spread(count, width, seed) * torch.logspace(0, -6, count, dtype=torch.float64)[:, None]


def positive(count, width, seed):
    return spread(count, width, seed).abs() + 7 * (torch.arange(count)[:, None] % 2)


@pytest.mark.parametrize("make", [spread, alike, lopsided, positive])
@pytest.mark.parametrize("width", [1, 16, 700, 5000])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_squares_are_no_further_off_than_said(make, width, dtype):
    x, y = make(40, width, 0), make(50, width, 1)
    unit = distances.unit_of(x, y)
    centre = distances.centre_of(x, y)
    a, b = (distances.screen(rows, centre, unit, dtype) for rows in (x, y))
    off = (distances.screened(a, b).double() - true_squares(x, y) / unit**2).abs()
    bound = distances.error(a, b)[:, None]
    assert (off <= bound).all()
    assert (bound < 1e-3 * width * torch.finfo(dtype).eps / 1e-7 * b[1].max()).all()


@pytest.mark.parametrize("make", [spread, alike, lopsided, positive])
@pytest.mark.parametrize("same", [False, True])
def test_nearest_of_all(make, same):
    x, y = make(90, 20, 0), make(70, 20, 1)
    y = x if same else y
    unit = distances.unit_of(x, y)
    squares, indices = distances.k_nearest(x, y, 6, unit=unit, same=same, block=32)
    true = true_squares(x, y) / unit**2
    if same:
        true.fill_diagonal_(torch.inf)
    values, places = true.sort(dim=1)
    torch.testing.assert_close(squares, values[:, :6], rtol=1e-12, atol=0)
    assert torch.equal(indices, places[:, :6])


def test_what_float32_cannot_tell_is_told_in_float64(monkeypatch):
    """Gaps of 1e-6 of the size: all rows go on to float64, and only there are they right."""
    x = 1 + 1e-6 * spread(60, 4, 0)
    x[0] = -1
    right = distances.k_nearest(x, x, 3, unit=2.0, same=True, block=32)[1]
    monkeypatch.setattr(distances, "error", lambda x, y: torch.full_like(x[1], -torch.inf))
    wrong = distances.k_nearest(x, x, 3, unit=2.0, same=True, block=32)[1]
    true = true_squares(x, x).fill_diagonal_(torch.inf).argsort(dim=1)[:, :3]
    assert torch.equal(right, true)
    assert not torch.equal(wrong, true)


def test_units_are_powers_of_two():
    for size in (1e-200, 1e-3, 1, 5, 1e30, 1e200):
        x = size * spread(9, 3, 0)
        unit = distances.unit_of(x)
        assert torch.tensor(unit, dtype=torch.float64).frexp().mantissa == 0.5
        assert 0.05 < (x.amax(0) - x.amin(0)).max() / unit < 2
        screen = distances.screen(x, distances.centre_of(x), unit, torch.float32)
        assert screen[0].abs().max() < 2
    assert distances.unit_of(torch.ones(4, 2)) == 1


def test_float32_is_used_only_where_its_products_are_whole():
    cpu = torch.device("cpu")
    assert distances.float32_is_whole(cpu)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert not distances.float32_is_whole(cpu)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        assert not distances.float32_is_whole(cpu)
    finally:
        torch.set_float32_matmul_precision(before)
