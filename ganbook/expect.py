"""What the package expects of its arguments: each check is one line, and one error message.

All raise ValueError, naming what was expected and what came.
"""

from torch import Tensor


def expect_shape(name: str, tensor: Tensor, shape: tuple) -> None:
    """Expect a floating-point tensor of `shape`, in which a string stands for any size but zero.

    >>> expect_shape("z", torch.zeros(8, 3), ("B", 2))
    ValueError: expected z as a floating-point tensor (B, 2), got float32 (8, 3)
    """
    wanted = f"expected {name} as a floating-point tensor ({', '.join(map(str, shape))})"
    if not isinstance(tensor, Tensor):
        raise ValueError(f"{wanted}, got {type(tensor).__name__}")
    fits = tensor.ndim == len(shape) and all(
        have > 0 if isinstance(want, str) else have == want
        for want, have in zip(shape, tensor.shape, strict=True)
    )
    if not fits or not tensor.is_floating_point():
        kind = str(tensor.dtype).removeprefix("torch.")
        raise ValueError(f"{wanted}, got {kind} {tuple(tensor.shape)}")


def expect_positive(**counts: int) -> None:
    """Expect every argument to be a positive integer."""
    for name, value in counts.items():
        expect_integer(name, value, 1)


def expect_integer(name: str, value: int, low: int, high: int | None = None) -> None:
    """Expect an integer from `low` to `high`, both included (None: no upper bound)."""
    fits = type(value) is int and value >= low and (high is None or value <= high)
    if not fits:
        bounds = f"of at least {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"expected {name} to be an integer {bounds}, got {value!r}")


def expect_number(name: str, value: float, low: float, high: float) -> None:
    """Expect a number from `low`, included, to `high`, excluded."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value < high:
        raise ValueError(f"expected {name} to be a number in [{low}, {high}), got {value!r}")


def expect_one_of(name: str, value, choices) -> None:
    """Expect `value` to be one of `choices`."""
    if value not in choices:
        raise ValueError(f"expected {name} to be one of {tuple(choices)}, got {value!r}")


def expect_finite(name: str, tensor: Tensor) -> None:
    """Expect a tensor without NaN or infinity."""
    if not tensor.isfinite().all():
        raise ValueError(f"expected finite {name}, got NaN or infinity")
