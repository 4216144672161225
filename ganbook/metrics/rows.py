"""What every metric over features expects: finite rows of one width, taken to float64."""

import torch
from torch import Tensor

from ganbook.expect import expect_finite, expect_integer, expect_one_of, expect_shape


def feature_rows(
    x: Tensor, y: Tensor | None = None, *, least: int = 2, names: tuple[str, str] = ("x", "y")
):
    """Return x (N, D), or the pair x (N, D) and y (M, D), as float64 tensors without gradient.

    They stay on their device, and may share memory with the arguments: do not write to them.
    Raises ValueError, naming the argument by `names`, for anything but float32 or float64 tensors
    of one width and device with `least` or more rows of finite numbers.
    """
    expect_rows(names[0], x, "N", "D", least=least)
    if y is None:
        return x.detach().double()
    expect_rows(names[1], y, "M", x.shape[1], least=least, device=x.device)
    return x.detach().double(), y.detach().double()


def expect_rows(
    name: str,
    rows: Tensor,
    count: str,
    width: str | int,
    *,
    least: int,
    device: torch.device | None = None,
) -> None:
    """Expect finite float32 or float64 rows (count, width), `least` or more, on `device` if given.

    >>> expect_rows("real", torch.zeros(1, 3), "N", "D", least=2)
    ValueError: expected rows of real to be an integer of at least 2, got 1
    """
    expect_shape(name, rows, (count, width))
    expect_one_of(f"dtype of {name}", rows.dtype, (torch.float32, torch.float64))
    expect_integer(f"rows of {name}", len(rows), least)
    if device is not None:
        expect_one_of(f"device of {name}", str(rows.device), (str(device),))
    if not rows.detach().sum().isfinite():  # a pass where the whole check takes four
        expect_finite(name, rows)
