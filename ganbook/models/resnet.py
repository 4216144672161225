"""Residual generator and discriminator for 32 or 64 pixels, without any normalisation.

Pre-activation blocks (He et al. 2016, arXiv:1603.05027) whose last convolution starts at zero, so
that with skip="residual" each begins as the identity (Zhang et al. 2019, arXiv:1901.09321).
skip="dense" lets each block of a size see all blocks before it (Huang et al. 2017,
arXiv:1608.06993). skip="none" leaves the paths out, to show what they are for: PyTorch's own
initial weights shrink a signal at every layer, and deep networks' first layers get no gradient.
"""

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu

from ganbook.expect import expect_one_of, expect_positive, expect_shape

SKIPS = ("residual", "dense", "none")


class Block(nn.Module):
    """Two 3x3 convolutions, and a path that skips them: (B, inputs, H, W) to (B, outputs, H, W).

    With skip="dense" the outputs are appended to the inputs: (B, inputs + outputs, H, W).
    """

    def __init__(self, inputs: int, outputs: int, *, skip: str = "residual"):
        super().__init__()
        self.skip = skip
        self.first = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)
        self.second = nn.Conv2d(outputs, outputs, kernel_size=3, padding=1)
        if skip == "residual":
            nn.init.zeros_(self.second.weight)
            nn.init.zeros_(self.second.bias)
            same = inputs == outputs
            self.path = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x):
        h = self.second(leaky_relu(self.first(leaky_relu(x, 0.2)), 0.2))  # (B, outputs, H, W)
        if self.skip == "residual":
            return self.path(x) + h
        return torch.cat([x, h], dim=1) if self.skip == "dense" else h


def stage(inputs: int, outputs: int, *, depth: int, skip: str) -> nn.Sequential:
    """Return `depth` blocks at one size: (B, inputs, H, W) to (B, outputs, H, W).

    Dense blocks add outputs / 2 maps each, and a 1x1 convolution makes `outputs` of them all.
    """
    if skip == "dense":
        growth = max(1, outputs // 2)
        blocks = [Block(inputs + n * growth, growth, skip=skip) for n in range(depth)]
        return nn.Sequential(*blocks, nn.Conv2d(inputs + depth * growth, outputs, kernel_size=1))
    widths = [inputs] + [outputs] * (depth - 1)
    return nn.Sequential(*(Block(width, outputs, skip=skip) for width in widths))


class Generator(nn.Module):
    """Noise (B, latent) to images (B, channels, size, size) in [-1, 1].

    `width` is the number of maps at full size; it doubles as the size halves, up to `widest`.
    `depth` is the number of blocks at each size.
    """

    def __init__(
        self, *, size=32, channels=1, latent=64, width=16, widest=128, depth=1, skip="residual"
    ):
        super().__init__()
        expect_positive(channels=channels, latent=latent)
        self.latent = latent
        self.widths = pyramid(size, width, widest, depth, skip)[::-1]
        self.start = nn.Linear(latent, self.widths[0] * 16)
        self.stages = nn.ModuleList(
            stage(inputs, outputs, depth=depth, skip=skip)
            for inputs, outputs in zip([self.widths[0], *self.widths], self.widths, strict=False)
        )
        self.end = nn.Conv2d(width, channels, kernel_size=3, padding=1)

    def forward(self, z):
        expect_shape("z", z, ("B", self.latent))
        x = self.start(z).unflatten(1, (self.widths[0], 4, 4))
        for number, blocks in enumerate(self.stages):
            x = blocks(interpolate(x, scale_factor=2) if number else x)  # doubles H and W
        return self.end(leaky_relu(x, 0.2)).tanh()  # (B, channels, size, size)


class Discriminator(nn.Module):
    """Images (B, channels, size, size) in [-1, 1] to raw logits (B,); arguments as Generator's."""

    def __init__(self, *, size=32, channels=1, width=16, widest=128, depth=1, skip="residual"):
        super().__init__()
        expect_positive(channels=channels)
        self.size, self.channels = size, channels
        widths = pyramid(size, width, widest, depth, skip)
        self.start = nn.Conv2d(channels, width, kernel_size=3, padding=1)
        self.stages = nn.ModuleList(
            stage(inputs, outputs, depth=depth, skip=skip)
            for inputs, outputs in zip([width, *widths], widths, strict=False)
        )
        self.end = nn.Linear(widths[-1] * 16, 1)

    def forward(self, x):
        expect_shape("x", x, ("B", self.channels, self.size, self.size))
        x = self.start(x)
        for number, blocks in enumerate(self.stages):
            x = blocks(avg_pool2d(x, 2) if number else x)  # halves H and W
        return self.end(leaky_relu(x, 0.2).flatten(1)).squeeze(1)  # (B,)


def pyramid(size: int, width: int, widest: int, depth: int, skip: str) -> list[int]:
    """Return the number of maps at each size, from the image's down to 4 pixels."""
    expect_one_of("size", size, (32, 64))
    expect_one_of("skip", skip, SKIPS)
    expect_positive(width=width, widest=widest, depth=depth)
    sizes = {32: 4, 64: 5}[size]
    return [min(width * 2**n, max(width, widest)) for n in range(sizes)]
