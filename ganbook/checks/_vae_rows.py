"""Read one number a sample from an answer, and its slopes, for exercises of the VAE chapter."""

import torch

from ganbook.checks._evaluation_numbers import tensor
from ganbook.checks._gan_losses import gradients
from ganbook.checks._verdict import NotQuite, fresh, same, show


def stacked(result):
    """Join a list or tuple of tensors into one tensor, with their graph; leave all else."""
    if isinstance(result, tuple | list) and any(isinstance(r, torch.Tensor) for r in result):
        return torch.stack([torch.as_tensor(r) for r in result])
    return result


def rows(result, batch: int, missing: str) -> tuple[float, ...]:
    """Return a result as `batch` floats; `missing` says what to do when it has more than one axis.

    Anything but one number a sample is a NotQuite that names its shape.
    """
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    held = tensor(stacked(result))
    if held is None or held.is_complex():
        raise NotQuite(f"A tensor of {batch} numbers was expected, and {show(result)} came.")
    shape = tuple(held.shape)
    if shape == (batch,):
        return tuple(held.double().tolist())
    said = f"For a batch of {batch}, a tensor of shape ({batch},) was expected, and "
    if held.numel() == 1:
        said += f"the one number {held.item():.4g} came: each sample has its own."
    elif shape == (batch, 1) or shape == (1, batch):
        said += f"one of shape {shape} came: added to ({batch},), that makes {batch} × {batch}."
    else:
        said += f"one of shape {shape} came. {missing}"
    raise NotQuite(said.rstrip())


def listed(function):
    """Return the function with its tensor (B,) as a tuple of floats."""
    return lambda *args, **kwargs: tuple(function(*args, **kwargs).double().tolist())


def expect_slopes(answer, right, args, names, *, value="The value"):
    """Raise NotQuite unless the sum of `answer(*args)` has the gradients of that of `right`.

    `names` are those of the first arguments, whose gradients are compared in this order.
    """
    leaves = [a.clone().requires_grad_() for a in args[: len(names)]]
    doubles = [a.double().requires_grad_() for a in args[: len(names)]]
    result = stacked(answer(*leaves, *fresh(args[len(names) :])))
    total = result.sum() if isinstance(result, torch.Tensor) else None
    found = gradients(total, leaves)
    wanted = gradients(right(*doubles, *args[len(names) :]).sum(), doubles)
    if all(slopes is None for slopes in found):
        raise NotQuite(
            f"{value} is right, but no gradient flows: stay with torch, and use no `.item()`, "
            "`.detach()`, `.data` or no_grad."
        )
    for name, leaf, slopes, want in zip(names, leaves, found, wanted, strict=True):
        slopes = torch.zeros_like(leaf) if slopes is None else slopes
        want = torch.zeros_like(leaf) if want is None else want
        if not same(slopes, want, 1e-3):
            first = (~slopes.double().isclose(want.double(), 1e-3, 1e-3)).nonzero()[0].tolist()
            raise NotQuite(
                f"{value} is right, but its gradient in {name} is not: "
                f"{slopes[tuple(first)]:.4g} for {want[tuple(first)]:.4g} at {first}. Is something "
                "detached, or clamped?"
            )
