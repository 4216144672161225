"""Styles that a program paints: brush strokes, marbling, mosaic, dots and hatching.

Each is a function of (size, seed): uint8 (3, size, size). They are drawn in units of the image's
width, so that one seed gives one picture, at any size.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from ganbook.expect import expect_integer, expect_one_of
from ganbook.procedural import to_bytes

NIGHT = ((12, 22, 62), (24, 62, 130), (58, 120, 178), (150, 196, 206), (244, 214, 110))
EARTH = ((52, 30, 40), (140, 52, 40), (214, 122, 56), (240, 204, 142), (70, 120, 118))
SEA = ((10, 38, 66), (20, 96, 120), (92, 178, 170), (232, 232, 206), (218, 96, 70))
GARDEN = ((38, 60, 50), (88, 130, 74), (216, 186, 82), (226, 122, 128), (92, 84, 150))


def swirls(size: int, seed: int) -> Tensor:
    """Long strokes of oil that follow an eddying field, in night blues and yellow."""
    g = start(size, seed)
    angle = 2 * math.pi * noise(size, 3, g)
    bristles = along(noise(size, 96, g), angle, length=0.07)
    tone = noise(size, 4, g) * 0.85 + (bristles - 0.5) * 1.3
    light = relief(bristles) * 2.2
    return to_bytes(palette(tone, NIGHT) * (1 + light))


def marbling(size: int, seed: int) -> Tensor:
    """Veins of ink drawn through water, as on old endpapers."""
    g = start(size, seed)
    x, y = place(size)
    for scale, amount in ((3, 0.35), (6, 0.16), (12, 0.06)):
        x = x + amount * (noise(size, scale, g) - 0.5)
        y = y + amount * (noise(size, scale, g) - 0.5)
    bands = 0.5 + 0.5 * torch.sin(2 * math.pi * (9 * y + 2 * torch.sin(5 * x)))
    veins = (1 - (bands - 0.5).abs() * 2) ** 8
    return to_bytes(palette(bands, SEA) * (1 - 0.5 * veins))


def mosaic(size: int, seed: int) -> Tensor:
    """Small tiles of clay with dark joints between them, in earthen colours."""
    g = start(size, seed)
    near, far, which = cells(size, 26, g)
    shade = noise(size, 3, g)
    tile = torch.rand(26 * 26, generator=g)[which]
    joint = ((far - near) * 26 * 4).clamp(0, 1)
    return to_bytes(palette(0.6 * shade + 0.4 * tile, EARTH) * (0.15 + 0.85 * joint))


def dots(size: int, seed: int) -> Tensor:
    """Touches of pure colour side by side on a light ground, as the pointillists set them."""
    g = start(size, seed)
    image = torch.tensor([0.95, 0.92, 0.82])[:, None, None].expand(3, size, size)
    shade = noise(size, 3, g)
    for _ in range(3):
        near, _, which = cells(size, 40, g)
        tile = 0.55 * (torch.rand(40 * 40, generator=g) - 0.5)[which]
        inside = ((0.42 / 40 - near) * size + 0.5).clamp(0, 1)
        image = image + inside * (palette(shade + tile, GARDEN) - image)
    return to_bytes(image)


def hatching(size: int, seed: int) -> Tensor:
    """Black lines cut in wood on cream paper: thick where it is dark, thin where it is light."""
    g = start(size, seed)
    angle = math.pi * noise(size, 2, g)
    grain = along(noise(size, 72, g), angle, length=0.12)
    dark = 0.34 + 0.32 * noise(size, 4, g)
    ink = ((grain - dark) * size / 18 + 0.5).clamp(0, 1)
    paper, black = torch.tensor([0.95, 0.91, 0.8]), torch.tensor([0.09, 0.08, 0.12])
    return to_bytes(black[:, None, None] + ink * (paper - black)[:, None, None])


STYLES = dict(swirls=swirls, marbling=marbling, mosaic=mosaic, dots=dots, hatching=hatching)


def paint(name: str, size: int, seed: int = 0) -> Tensor:
    """Return one of STYLES by its name, uint8 (3, size, size)."""
    expect_one_of("name", name, STYLES)
    return STYLES[name](size, seed)


def start(size, seed) -> torch.Generator:
    expect_integer("size", size, 16)
    expect_integer("seed", seed, 0)
    return torch.Generator().manual_seed(seed)


def place(size):
    """Return x and y of the pixel centres, from 0 to 1, each (size, size)."""
    line = (torch.arange(size) + 0.5) / size
    y, x = torch.meshgrid(line, line, indexing="ij")
    return x, y


def noise(size, scale, generator):
    """Return smooth noise in [0, 1] with `scale` bumps across the image: (size, size)."""
    lattice = torch.rand(1, 1, scale + 3, scale + 3, generator=generator)
    return sample(lattice, *place(size), scale / (scale + 3))


def sample(lattice, x, y, share=1.0):
    """Read (1, 1, h, w) at the places x, y in [0, 1] of its inner `share`: cubic, (size, size)."""
    where = torch.stack([x, y], dim=-1)[None].mul(2).sub(1).mul(share)
    kind = dict(mode="bicubic", padding_mode="reflection", align_corners=False)
    return grid_sample(lattice, where, **kind)[0, 0].clamp(0, 1)


def along(grain, angle, length, steps=24):
    """Smear `grain` along a field of angles, (size, size) each: what a brush does to paint.

    Each pixel becomes the mean of the grain on the streamline through it, `length` of the image's
    width long. Source: line integral convolution, Cabral and Leedom 1993.
    """
    total, fields = grain.clone(), torch.stack([angle.cos(), angle.sin()])[None]
    for sign in (1, -1):
        x, y = place(len(grain))
        for _ in range(steps // 2):
            where = torch.stack([x, y], dim=-1)[None] * 2 - 1
            flow = grid_sample(fields, where, padding_mode="border", align_corners=False)[0]
            x, y = x + sign * length / steps * flow[0], y + sign * length / steps * flow[1]
            total = total + sample(grain[None, None], x, y)
    mean = total / (1 + steps)
    return (0.5 + 0.16 * (mean - mean.mean()) / mean.std()).clamp(0, 1)


def relief(height):
    """Return how much brighter each place of a surface is, lit from the upper left: (S, S)."""
    steps = height.shape[-1] / 256  # a bump is as steep at any size
    up = height - height.roll(1, 0)
    left = height - height.roll(1, 1)
    return (up + left) * steps


def cells(size, across, generator):
    """Return the distances to the nearest and the second nearest of across^2 points, and which.

    The points lie one in each square of a grid. Each answer is (size, size).
    """
    x, y = place(size)
    jitter = torch.rand(2, across, across, generator=generator)
    line = torch.arange(across)
    px, py = (line[None, :] + jitter[0]) / across, (line[:, None] + jitter[1]) / across
    column, row = (x * across).long(), (y * across).long()
    distances, names = [], []
    for dy in (-2, -1, 0, 1, 2):
        for dx in (-2, -1, 0, 1, 2):
            i, j = (row + dy).clamp(0, across - 1), (column + dx).clamp(0, across - 1)
            distances.append(torch.hypot(x - px[i, j], y - py[i, j]))
            names.append(i * across + j)
    names, distances = torch.stack(names), torch.stack(distances)
    near, order = distances.min(dim=0)
    which = names.gather(0, order[None])[0]
    far = distances.masked_fill(names == which, math.inf).amin(dim=0)
    return near, far, which


def palette(tone, colours):
    """Turn tones (S, S), in [0, 1] and clipped to it, into colours (3, S, S) between the given."""
    table = torch.tensor(colours).T[None] / 255  # (1, 3, K)
    fine = interpolate(table, size=1024, mode="linear", align_corners=True)[0]
    return fine[:, (tone.clamp(0, 1) * 1023).long()]
