"""The DCGAN generator and discriminator, for 32 or 64 pixels and any number of channels.

Radford, Metz and Chintala 2015, arXiv:1511.06434, section 3: no pooling and no dense hidden
layers, batch normalisation, ReLU in the generator, LeakyReLU in the discriminator, tanh at the end,
weights drawn from N(0, 0.02^2).
"""

from torch import nn

from ganbook.expect import expect_one_of, expect_positive, expect_shape

BLOCKS = {32: 3, 64: 4}  # doublings from a 4x4 map to the image


def up(inputs: int, outputs: int) -> nn.Sequential:
    """Double height and width: (B, inputs, H, W) -> (B, outputs, 2H, 2W)."""
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, kernel_size=4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def down(inputs: int, outputs: int) -> nn.Sequential:
    """Halve height and width: (B, inputs, H, W) -> (B, outputs, H/2, W/2)."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(0.2, inplace=True),
    )


class Generator(nn.Module):
    """Noise (B, latent) to images (B, channels, size, size) in [-1, 1]."""

    def __init__(self, *, size=32, channels=1, latent=100, width=64):
        super().__init__()
        expect_one_of("size", size, BLOCKS)
        expect_positive(channels=channels, latent=latent, width=width)
        self.latent = latent
        widths = [width * 2**i for i in reversed(range(BLOCKS[size]))]  # 32 pixels: 4w, 2w, w
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(latent, widths[0], kernel_size=4, bias=False),  # (B, 4w, 4, 4)
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
            *map(up, widths[:-1], widths[1:]),  # (B, w, size/2, size/2)
            nn.ConvTranspose2d(width, channels, kernel_size=4, stride=2, padding=1),
            nn.Tanh(),  # (B, channels, size, size)
        )
        self.apply(initialise)

    def forward(self, z):
        expect_shape("z", z, ("B", self.latent))
        return self.layers(z[:, :, None, None])


class Discriminator(nn.Module):
    """Images (B, channels, size, size) in [-1, 1] to raw logits (B,)."""

    def __init__(self, *, size=32, channels=1, width=64):
        super().__init__()
        expect_one_of("size", size, BLOCKS)
        expect_positive(channels=channels, width=width)
        self.size, self.channels = size, channels
        widths = [width * 2**i for i in range(BLOCKS[size])]  # 32 pixels: w, 2w, 4w
        self.layers = nn.Sequential(
            nn.Conv2d(
                channels, width, kernel_size=4, stride=2, padding=1
            ),  # (B, w, size/2, size/2)
            nn.LeakyReLU(0.2, inplace=True),
            *map(down, widths[:-1], widths[1:]),  # (B, 4w, 4, 4)
            nn.Conv2d(widths[-1], 1, kernel_size=4),  # (B, 1, 1, 1)
        )
        self.apply(initialise)

    def forward(self, x):
        expect_shape("x", x, ("B", self.channels, self.size, self.size))
        return self.layers(x).flatten()  # (B,)


def initialise(module: nn.Module) -> None:
    """Draw convolution weights from N(0, 0.02^2) and batch-norm gains from N(1, 0.02^2)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
