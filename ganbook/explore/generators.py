"""Sliders over the latents of a generator; without a kernel, each leaves a still picture."""

import ipywidgets as widgets
import torch
from torch import Tensor, nn

from ganbook.expect import expect_integer, expect_shape
from ganbook.explore.panels import show
from ganbook.latents import slerp


def latent(generator: nn.Module, *, dimensions=(0, 1, 2, 3), reach: float = 2.5, seed=0) -> None:
    """Show sliders for some coordinates of a latent, -reach to reach, and the image it makes.

    The still picture has a row a coordinate, moved from -reach to reach while the others stay.
    """
    outside = [d for d in dimensions if not 0 <= d < generator.latent]
    if outside or not dimensions:
        raise ValueError(f"expected dimensions from 0 to {generator.latent - 1}, got {dimensions}")
    start = torch.randn(1, generator.latent, generator=torch.Generator().manual_seed(seed))
    sliders = [
        widgets.FloatSlider(
            float(start[0, d]), min=-reach, max=reach, step=0.05, description=f"z[{d}]"
        )
        for d in dimensions
    ]

    def draw(*values: float) -> Tensor:
        z = start.clone()
        z[0, list(dimensions)] = torch.tensor(values)
        return sample(generator, z)

    rows = [sweep(start, d, torch.linspace(-reach, reach, 9)) for d in dimensions]
    show(sliders, draw, still=sample(generator, torch.cat(rows)), columns=9)


def sweep(start: Tensor, dimension: int, values: Tensor) -> Tensor:
    """Repeat a latent (1, Z) with one coordinate set to each of the values (K,): (K, Z)."""
    z = start.repeat(len(values), 1)
    z[:, dimension] = values
    return z


def interpolate(
    generator: nn.Module, *, ends: Tensor | None = None, steps: int = 9, seed=0
) -> None:
    """Show a slider from one latent to another, and the image on the way.

    `ends` are two latents (2, Z); by default they are drawn with `seed`. The way is `slerp`'s. The
    still picture is the way in `steps` images.
    """
    expect_integer("steps", steps, 2)
    random = torch.Generator().manual_seed(seed)
    ends = torch.randn(2, generator.latent, generator=random) if ends is None else ends
    expect_shape("ends", ends, (2, generator.latent))
    slider = widgets.FloatSlider(0.0, min=0, max=1, step=0.02, description="way")
    way = torch.stack([slerp(*ends, t) for t in torch.linspace(0, 1, steps).tolist()])
    show(
        [slider],
        lambda t: sample(generator, slerp(*ends, t)[None]),
        still=sample(generator, way),
        columns=steps,
    )


@torch.no_grad()
def sample(generator: nn.Module, z: Tensor) -> Tensor:
    training = generator.training
    images = generator.eval()(z.to(next(generator.parameters()).device))
    generator.train(training)
    return images.cpu()
