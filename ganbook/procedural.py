"""Image sets drawn by a program, so that every factor behind every image is known exactly.

All drawing is done on signed distances: negative inside, in units of the image's half width, on a
square from -1 to 1 with y pointing down. All sets are a function of (count, size, seed) alone.
"""

import math

import torch
from torch import Tensor

from ganbook.expect import expect_one_of, expect_positive

KINDS = ("disc", "ring", "square", "triangle", "cross")


def ring_centres(modes: int = 8, radius: float = 1.0) -> Tensor:
    """Return `modes` points evenly spaced on a circle, (modes, 2) float32."""
    expect_positive(modes=modes)
    angles = 2 * math.pi * torch.arange(modes) / modes
    return radius * torch.stack([angles.cos(), angles.sin()], dim=1)


def ring(count, *, modes=8, radius=1.0, std=0.05, generator=None) -> Tensor:
    """Draw `count` points from an even mixture of Gaussians on a circle, (count, 2) float32."""
    expect_positive(count=count)
    if std < 0:
        raise ValueError(f"expected std >= 0, got {std!r}")
    which = torch.randint(modes, (count,), generator=generator)
    return ring_centres(modes, radius)[which] + std * torch.randn(count, 2, generator=generator)


def shapes(count: int, size: int, channels: int, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
    """Draw one shape an image: uint8 (count, channels, size, size), and the factors, each (count,).

    Factors: kind (index into KINDS), size (half width, 0.35 to 0.7), angle (radians, 0 to 2 pi),
    x and y (centre, -0.3 to 0.3), colour (0 to 1: the hue if there are 3 channels, else grey from
    half to full brightness). The background is black.
    """
    expect_positive(count=count, size=size)
    expect_one_of("channels", channels, (1, 3))
    g = torch.Generator().manual_seed(seed)
    factors = dict(
        kind=torch.randint(len(KINDS), (count,), generator=g),
        size=uniform(count, 0.35, 0.7, g),
        angle=uniform(count, 0, 2 * math.pi, g),
        x=uniform(count, -0.3, 0.3, g),
        y=uniform(count, -0.3, 0.3, g),
        colour=uniform(count, 0, 1, g),
    )
    x, y = centred(size, factors["x"], factors["y"], factors["angle"], factors["size"])
    inside = torch.empty_like(x)  # (N, S, S)
    for kind, distance in enumerate(SHAPES):
        chosen = factors["kind"] == kind
        inside[chosen] = distance(x[chosen], y[chosen]) * column(factors["size"][chosen])
    colour = hue(factors["colour"]) if channels == 3 else 0.5 + factors["colour"][:, None] / 2
    return to_bytes(coverage(inside)[:, None] * colour[:, :, None, None]), factors


def centred(size, x, y, angle, scale):
    """Return pixel coordinates, moved, turned and scaled into each shape's own frame: (N, S, S)."""
    rows, columns = grid(size)
    dx, dy = columns - column(x), rows - column(y)
    cos, sin = column(angle.cos()), column(angle.sin())
    return (cos * dx + sin * dy) / column(scale), (cos * dy - sin * dx) / column(scale)


def disc(x, y):
    return torch.hypot(x, y) - 1


def annulus(x, y):
    return (torch.hypot(x, y) - 0.75).abs() - 0.25


def square(x, y):
    return torch.maximum(x.abs(), y.abs()) - 0.8


def triangle(x, y):
    return torch.maximum(math.sqrt(3) / 2 * x.abs() - y / 2, y) - 0.5


def cross(x, y):
    wide, high = x.abs(), y.abs()
    return torch.maximum(torch.minimum(wide, high) - 0.28, torch.maximum(wide, high) - 0.95)


SHAPES = (disc, annulus, square, triangle, cross)


def stripes(count: int, size: int, seed: int, *, striped: bool) -> tuple[Tensor, dict[str, Tensor]]:
    """Draw one miniature animal an image: uint8 (count, 3, size, size), and its factors.

    With the same seed, `striped` False and True give the same animals, image by image, once brown
    and once in stripes: the exact translation of each other. Factors: x, y, size, facing (-1 or 1),
    head (height of the head), swing (of the legs), each (count,), and mask (count, 1, size, size)
    uint8, 255 inside the animal.
    """
    expect_positive(count=count, size=size)
    g = torch.Generator().manual_seed(seed)
    factors = dict(
        x=uniform(count, -0.15, 0.15, g),
        y=uniform(count, -0.1, 0.2, g),
        size=uniform(count, 0.75, 1.0, g),
        facing=torch.randint(2, (count,), generator=g) * 2.0 - 1,
        head=uniform(count, -0.75, -0.35, g),
        swing=uniform(count, -0.15, 0.15, g),
    )
    still = torch.zeros(count)
    x, y = centred(size, factors["x"], factors["y"], still, factors["size"])
    x = x * column(factors["facing"])
    animal = coverage(body(x, y, factors) * column(factors["size"]))[:, None]  # (N, 1, S, S)
    brown = torch.tensor([0.55, 0.35, 0.2]) * uniform(count, 0.8, 1.2, g)[:, None]
    wave = torch.sin(22 * x + 6 * (y - 0.1).abs())[:, None] * size / 8
    coat = wave.clamp(-1, 1) * 0.42 + 0.53 if striped else brown[:, :, None, None]
    factors["mask"] = to_bytes(animal)
    return to_bytes(animal * coat + (1 - animal) * meadow(count, size, g)), factors


def body(x, y, factors):
    """Return the distance to a trunk, a neck with its head, a tail and four legs: (N, S, S)."""
    head, swing = column(factors["head"]), column(factors["swing"])
    parts = [
        torch.hypot(x / 0.5, y / 0.26).sub(1) * 0.26,
        limb(x, y, 0.38, -0.1, 0.58, head, 0.09),
        limb(x, y, 0.58, head, 0.78, head + 0.08, 0.1),
        limb(x, y, -0.48, -0.1, -0.62, 0.2, 0.035),
    ]
    for hip, sign in ((-0.36, 1), (-0.2, -1), (0.2, 1), (0.36, -1)):
        parts.append(limb(x, y, hip, 0.1, hip + sign * swing, 0.68, 0.065))
    return torch.stack(parts).amin(0)


def limb(x, y, x0, y0, x1, y1, radius):
    """Return the distance to a segment from (x0, y0) to (x1, y1), thickened by `radius`."""
    dx, dy = x1 - x0, y1 - y0
    along = (((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)).clamp(0, 1)
    return torch.hypot(x - x0 - along * dx, y - y0 - along * dy) - radius


def meadow(count, size, g):
    """Return a sky over grass, (N, 3, S, S), with the horizon and the shades drawn at random."""
    rows, _ = grid(size)
    sky = torch.tensor([0.6, 0.8, 0.95]) * uniform(count, 0.85, 1.05, g)[:, None]
    grass = torch.tensor([0.4, 0.65, 0.3]) * uniform(count, 0.75, 1.15, g)[:, None]
    below = coverage(column(uniform(count, -0.2, 0.4, g)) - rows)[:, None]  # (N, 1, S, S)
    return below * grass[:, :, None, None] + (1 - below) * sky[:, :, None, None]


def uniform(count, low, high, generator):
    return low + (high - low) * torch.rand(count, generator=generator)


def grid(size):
    """Return the y and x coordinates of the pixel centres, from -1 to 1, each (1, size, size)."""
    line = (torch.arange(size) + 0.5) * 2 / size - 1
    rows, columns = torch.meshgrid(line, line, indexing="ij")
    return rows[None], columns[None]


def column(values):
    return values[:, None, None]


def coverage(distance):
    """Turn signed distances into the share of each pixel that lies inside, one pixel soft."""
    return (0.5 - distance * distance.shape[-1] / 2).clamp(0, 1)


def hue(colour):
    """Turn hues in [0, 1) into bright colours, (N,) -> (N, 3)."""
    phase = colour[:, None] + torch.tensor([0.0, 2 / 3, 1 / 3])
    return 0.65 + 0.35 * torch.cos(2 * math.pi * phase)


def to_bytes(image):
    """Map 0..1 to uint8 0..255, and clip the rest."""
    return image.clamp(0, 1).mul(255).round().to(torch.uint8)
