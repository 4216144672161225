"""The networks of CycleGAN: residual generators with instance normalisation, and PatchGANs.

Zhu et al. 2017, arXiv:1703.10593, section 4 and appendix 7.2. The generator is that of Johnson et
al. 2016, arXiv:1603.08155; the discriminator, which judges overlapping patches, that of Isola et
al. 2017, arXiv:1611.07004. Weights are drawn from N(0, 0.02^2). What instance normalisation follows
has no bias, which it would take away again.
"""

from torch import nn

from ganbook.expect import expect_integer, expect_positive, expect_shape


def blocks_for(size: int) -> int:
    """Return how many residual blocks the paper takes for images `size` pixels wide: 6, or 9."""
    expect_positive(size=size)
    return 6 if size <= 128 else 9


def convolution(inputs: int, outputs: int, kernel_size: int, *, stride=1) -> nn.Sequential:
    """Convolution, instance norm, ReLU: (B, inputs, H, W) -> (B, outputs, H/stride, W/stride)."""
    mode = "reflect" if stride == 1 else "zeros"
    padding = kernel_size // 2
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size, stride, padding, padding_mode=mode, bias=False),
        nn.InstanceNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def up(inputs: int, outputs: int) -> nn.Sequential:
    """Double height and width: (B, inputs, H, W) -> (B, outputs, 2H, 2W)."""
    return nn.Sequential(
        nn.ConvTranspose2d(
            inputs, outputs, kernel_size=3, stride=2, padding=1, output_padding=1, bias=False
        ),
        nn.InstanceNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Block(nn.Module):
    """Two 3x3 convolutions, added to what came in: (B, width, H, W) to the same."""

    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.Sequential(
            convolution(width, width, 3),
            nn.Conv2d(width, width, kernel_size=3, padding=1, padding_mode="reflect", bias=False),
            nn.InstanceNorm2d(width),
        )

    def forward(self, x):
        return x + self.layers(x)


class Generator(nn.Module):
    """Images (B, channels, H, W) in [-1, 1] to images of the same shape; H and W divide by 4.

    `width` is the number of maps at full size, 64 in the paper; 16 with 3 blocks suits two CPU
    cores.
    """

    def __init__(self, *, channels=3, width=64, blocks=6):
        super().__init__()
        expect_positive(channels=channels, width=width)
        expect_integer("blocks", blocks, 0)
        self.channels = channels
        self.layers = nn.Sequential(
            convolution(channels, width, 7),  # (B, w, H, W)
            convolution(width, 2 * width, 3, stride=2),
            convolution(2 * width, 4 * width, 3, stride=2),  # (B, 4w, H/4, W/4)
            *(Block(4 * width) for _ in range(blocks)),
            up(4 * width, 2 * width),
            up(2 * width, width),  # (B, w, H, W)
            nn.Conv2d(width, channels, kernel_size=7, padding=3, padding_mode="reflect"),
            nn.Tanh(),  # (B, channels, H, W)
        )
        self.apply(initialise)

    def forward(self, x):
        expect_shape("x", x, ("B", self.channels, "H", "W"))
        height, width = x.shape[2:]
        if height % 4 or width % 4:
            raise ValueError(f"expected x of a size that 4 divides, got {height}x{width}")
        return self.layers(x)


class PatchDiscriminator(nn.Module):
    """Images (B, channels, H, W) in [-1, 1] to raw logits (B, h, w), one for each patch.

    With `layers` convolutions of stride 2, a patch is 16, 34, 70 or 142 pixels wide for 1, 2, 3 or
    4; the paper takes 3. `width` is the number of maps of the first, and doubles up to eightfold.
    """

    def __init__(self, *, channels=3, width=64, layers=3):
        super().__init__()
        expect_positive(channels=channels, width=width, layers=layers)
        self.channels = channels
        widths = [width * min(2**i, 8) for i in range(layers + 1)]
        steps = zip(widths[:-1], widths[1:], [2] * (layers - 1) + [1], strict=True)
        self.layers = nn.Sequential(
            nn.Conv2d(channels, width, kernel_size=4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            *(down(inputs, outputs, stride) for inputs, outputs, stride in steps),
            nn.Conv2d(widths[-1], 1, kernel_size=4, padding=1),  # (B, 1, h, w)
        )
        self.apply(initialise)

    def forward(self, x):
        expect_shape("x", x, ("B", self.channels, "H", "W"))
        return self.layers(x).squeeze(1)  # (B, h, w)


def down(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """A 4x4 convolution with instance norm and LeakyReLU, of stride 1 or 2."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=4, stride=stride, padding=1, bias=False),
        nn.InstanceNorm2d(outputs),
        nn.LeakyReLU(0.2, inplace=True),
    )


class CycleGAN(nn.Module):
    """Two generators between domains X and Y: G from X to Y, and F from Y to X."""

    def __init__(self, *, channels=3, width=64, blocks=6):
        super().__init__()
        arguments = dict(channels=channels, width=width, blocks=blocks)
        self.channels = channels
        self.G, self.F = Generator(**arguments), Generator(**arguments)

    def translate(self, x):
        """Return G(x), images of domain Y for images x (B, channels, H, W) of domain X."""
        return self.G(x)

    def back(self, y):
        """Return F(y), images of domain X for images y (B, channels, H, W) of domain Y."""
        return self.F(y)


def initialise(module: nn.Module) -> None:
    """Draw the weights of a convolution from N(0, 0.02^2), and set its bias to zero."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
