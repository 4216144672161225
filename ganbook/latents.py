"""Ways between latents."""

import torch
from torch import Tensor

from ganbook.expect import expect_shape


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Return the point at share t, from 0 to 1, of the arc from latent a (Z,) to latent b (Z,).

    Its direction follows the great circle, its length goes linearly from that of a to that of b.
    A straight line between two Gaussian latents passes through the origin's neighbourhood, where a
    generator has seen no latents; the arc keeps the length that latents have.
    Source: White 2016, arXiv:1609.04468, section 2.1.
    """
    expect_shape("a", a, ("Z",))
    expect_shape("b", b, tuple(a.shape))
    length_a, length_b = a.norm(), b.norm()
    angle = torch.arccos((a @ b / (length_a * length_b)).clamp(-1, 1))
    if angle.sin() < 1e-4:
        return torch.lerp(a, b, t)
    direction = torch.sin((1 - t) * angle) * a / length_a + torch.sin(t * angle) * b / length_b
    return torch.lerp(length_a, length_b, t) * direction / angle.sin()
