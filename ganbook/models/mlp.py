"""Small fully connected players for points in the plane, where everything can be drawn."""

from itertools import pairwise

from torch import nn

from ganbook.expect import expect_positive, expect_shape


def stack(inputs: int, outputs: int, *, width: int, depth: int) -> nn.Sequential:
    """Return `depth` hidden layers of `width` units with ReLU, and a linear layer on top."""
    expect_positive(inputs=inputs, outputs=outputs, width=width, depth=depth)
    sizes = [inputs] + [width] * depth
    hidden = [layer for i, o in pairwise(sizes) for layer in (nn.Linear(i, o), nn.ReLU())]
    return nn.Sequential(*hidden, nn.Linear(width, outputs))


class Generator(nn.Module):
    """Noise (B, latent) to points (B, outputs)."""

    def __init__(self, *, latent=2, outputs=2, width=64, depth=2):
        super().__init__()
        self.latent = latent
        self.layers = stack(latent, outputs, width=width, depth=depth)

    def forward(self, z):
        expect_shape("z", z, ("B", self.latent))
        return self.layers(z)  # (B, outputs)


class Discriminator(nn.Module):
    """Points (B, inputs) to raw logits (B,)."""

    def __init__(self, *, inputs=2, width=64, depth=2):
        super().__init__()
        self.inputs = inputs
        self.layers = stack(inputs, 1, width=width, depth=depth)

    def forward(self, x):
        expect_shape("x", x, ("B", self.inputs))
        return self.layers(x).squeeze(1)  # (B,)
