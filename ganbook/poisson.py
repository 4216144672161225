"""Laplace's equation on the pixels of a mask, any shape, by conjugate gradients and multigrid."""

import torch
from torch import Tensor
from torch.nn.functional import pad

COARSEST = 3  # pixels: below it one sweep is as good as a solution


def solve(right: Tensor, inside: Tensor, *, tolerance: float = 1e-10, most: int = 200) -> Tensor:
    """Return u (C, H, W), float64, with 4 u(p) - (sum of u over p's four neighbours) = right(p).

    That holds at every pixel p where `inside` (H, W), boolean, is true; u is zero elsewhere, and
    beyond the image. Conjugate gradients, preconditioned by one V-cycle of multigrid, until the
    residual is `tolerance` times `right` in every channel. Raises RuntimeError where that takes
    more than `most` steps, which grow hardly at all with the size of the image: a dozen will do
    for most masks. Source: Tatebe 1993, "The multigrid preconditioned conjugate gradient method".
    """
    masks = pyramid(inside.to(torch.float64))
    residual = right.to(torch.float64) * masks[0]
    u = torch.zeros_like(residual)
    goal = tolerance**2 * dot(residual, residual)
    direction, slope = torch.zeros_like(u), torch.ones_like(goal)
    for _ in range(most):
        better = cycle(residual, masks)
        slope, last = dot(residual, better), slope
        direction = better + divide(slope, last) * direction
        image = laplacian(direction, masks[0])
        step = divide(slope, dot(direction, image))
        u += step * direction
        residual -= step * image
        if (dot(residual, residual) <= goal).all():
            return u
    raise RuntimeError(f"expected Laplace's equation to be solved in {most} steps")


def pyramid(mask: Tensor) -> list[Tensor]:
    """Return the mask and its coarser versions, of every second pixel."""
    masks = [mask]
    while min(masks[-1].shape) > COARSEST and masks[-1].any():
        masks.append(masks[-1][1::2, 1::2].contiguous())
    return masks


def laplacian(u: Tensor, mask: Tensor) -> Tensor:
    """Return 4 u minus the sum of its four neighbours, where the mask is one."""
    out = 4 * u
    out[:, 1:] -= u[:, :-1]
    out[:, :-1] -= u[:, 1:]
    out[:, :, 1:] -= u[:, :, :-1]
    out[:, :, :-1] -= u[:, :, 1:]
    return out.mul_(mask)


def cycle(right: Tensor, masks: list[Tensor], depth: int = 0) -> Tensor:
    """Return about the solution: two sweeps, a correction from half the size, two sweeps."""
    mask = masks[depth]
    u = right * 0.2
    u += (right - laplacian(u, mask)) * 0.2
    if depth + 1 < len(masks):
        rest = coarser(right - laplacian(u, mask), masks[depth + 1])
        u += finer(cycle(rest, masks, depth + 1), mask)
    for _ in range(2):
        u += (right - laplacian(u, mask)) * 0.2
    return u


def coarser(fine: Tensor, mask: Tensor) -> Tensor:
    """Return sums (C, h, w) over every second pixel and its neighbours, by 1, 1/2 and 1/4."""
    h, w = mask.shape
    fine = pad(fine, (0, 2 * w + 1 - fine.shape[2], 0, 2 * h + 1 - fine.shape[1]))
    rows = fine[:, 1::2] + 0.5 * (fine[:, :-1:2] + fine[:, 2::2])
    return (rows[..., 1::2] + 0.5 * (rows[..., :-1:2] + rows[..., 2::2])) * mask


def finer(coarse: Tensor, mask: Tensor) -> Tensor:
    """Return what lies between (C, H, W), linearly: the transpose of `coarser`."""
    c, h, w = coarse.shape
    rows = coarse.new_zeros(c, h, 2 * w + 1)
    rows[..., 1::2] = coarse
    rows[..., :-1:2] += 0.5 * coarse
    rows[..., 2::2] += 0.5 * coarse
    both = coarse.new_zeros(c, 2 * h + 1, 2 * w + 1)
    both[:, 1::2] = rows
    both[:, :-1:2] += 0.5 * rows
    both[:, 2::2] += 0.5 * rows
    return both[:, : mask.shape[0], : mask.shape[1]] * mask


def dot(a, b):
    return (a * b).sum(dim=(1, 2), keepdim=True)


def divide(a, b):
    """Return a / b, and zero for a channel that is solved already."""
    return torch.where(b == 0, 0.0, a / torch.where(b == 0, 1.0, b))
