"""Sliders over the latents of a decoder; where there is no kernel, each leaves a still picture."""

from collections.abc import Callable

import ipywidgets as widgets
import torch
from torch import Tensor

from ganbook.expect import expect_integer, expect_number, expect_shape
from ganbook.explore.generators import sweep
from ganbook.explore.panels import show

Draw = Callable[[Tensor], Tensor]  # latents (N, Z) to images (N, C, H, W) in [-1, 1]


def plane(draw: Draw, *, reach: float = 2.5, steps: int = 13) -> None:
    """Show two sliders, the coordinates of a latent of two, and the image that `draw` makes of it.

    `draw` takes latents (N, 2) to images (N, C, H, W) in [-1, 1]; `step.sample` of a VAE is one.
    The still picture has `steps` rows of `steps` images: z[0] goes from -reach to reach to the
    right, z[1] upwards.
    """
    expect_number("reach", reach, 0, float("inf"))
    expect_integer("steps", steps, 2)
    line = torch.linspace(-reach, reach, steps)
    z = torch.cartesian_prod(line.flip(0), line).flip(1)  # (steps², 2): the top row first
    sliders = [slider(f"z[{d}]", 0.0, reach) for d in (0, 1)]
    show(sliders, lambda *at: draw(torch.tensor([at])), still=draw(z), columns=steps)


def traverse(
    draw: Draw, start: Tensor, *, dimensions=None, reach: float = 2.5, steps: int = 9
) -> None:
    """Show a slider a latent, -reach to reach, that moves it while the others stay at `start`.

    `draw` takes latents (N, Z) to images (N, C, H, W) in [-1, 1]; `start` is (Z,); `dimensions` are
    the latents to show (None: all). The still picture has a row a latent, of `steps` images, top to
    bottom as in `dimensions`.
    """
    expect_shape("start", start, ("Z",))
    dimensions = range(len(start)) if dimensions is None else list(dimensions)
    outside = [d for d in dimensions if not 0 <= d < len(start)]
    if outside or not dimensions:
        raise ValueError(f"expected dimensions from 0 to {len(start) - 1}, got {dimensions}")
    expect_number("reach", reach, 0, float("inf"))
    expect_integer("steps", steps, 2)
    line = torch.linspace(-reach, reach, steps)
    rows = [sweep(start[None], d, line) for d in dimensions]
    sliders = [slider(f"z[{d}]", float(start[d]), reach) for d in dimensions]
    still = draw(torch.cat(rows))
    show(sliders, lambda *at: draw(moved(start, dimensions, at)), still=still, columns=steps)


def moved(start: Tensor, dimensions, values) -> Tensor:
    """Return the latent `start` (Z,) with some coordinates replaced, as a batch of one (1, Z)."""
    z = start.clone()[None]
    z[0, list(dimensions)] = torch.tensor(values)
    return z


def slider(name: str, value: float, reach: float) -> widgets.FloatSlider:
    return widgets.FloatSlider(value, min=-reach, max=reach, step=0.05, description=name)
