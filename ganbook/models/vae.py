"""Variational autoencoders: convolutional for 32 or 64 pixels, and fully connected for flat data.

Kingma and Welling 2014, arXiv:1312.6114. The encoder gives the mean and the log variance of a
diagonal Gaussian over the latents, the decoder one raw number a pixel: the logit of a Bernoulli
pixel, or the mean of a Gaussian one. Neither has batch norm: a bound on log p(x) speaks of one
image, and not of the batch that it came in.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganbook.expect import expect_one_of, expect_positive, expect_shape

BLOCKS = {32: 3, 64: 4}  # halvings from the image to a 4x4 map


def reparametrise(mean: Tensor, log_var: Tensor, *, random: torch.Generator | None = None):
    """Return z = mean + exp(log_var / 2) noise, (B, Z), with standard normal noise.

    `mean` and `log_var` are (B, Z), and gradients reach both; `random` draws the noise, on its own
    device. Source: Kingma and Welling 2014, arXiv:1312.6114.
    """
    expect_shape("mean", mean, ("B", "Z"))
    expect_shape("log_var", log_var, tuple(mean.shape))
    device = mean.device if random is None else random.device
    noise = torch.randn(mean.shape, generator=random, device=device, dtype=mean.dtype)
    return mean + (log_var / 2).exp() * noise.to(mean.device)


class VAE(nn.Module):
    """Images (B, channels, size, size) in [-1, 1] to latents (B, latent), and back to raw output.

    `width` is the number of maps at half size; it doubles as the size halves.
    """

    def __init__(self, *, size=32, channels=1, latent=32, width=32):
        super().__init__()
        expect_one_of("size", size, BLOCKS)
        expect_positive(channels=channels, latent=latent, width=width)
        self.size, self.channels, self.latent = size, channels, latent
        widths = [width * 2**i for i in range(BLOCKS[size])]  # 32 pixels: w, 2w, 4w
        self.encoder = nn.Sequential(
            *(layer for pair in pairwise([channels, *widths]) for layer in down(*pair)),
            nn.Flatten(),  # (B, 16 widths[-1])
            nn.Linear(16 * widths[-1], 2 * latent),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent, 16 * widths[-1]),
            nn.Unflatten(1, (widths[-1], 4, 4)),
            nn.ReLU(inplace=True),
            *(layer for pair in pairwise(widths[::-1]) for layer in up(*pair)),
            nn.ConvTranspose2d(width, channels, kernel_size=4, stride=2, padding=1),
        )

    def encode(self, x):
        """Return mean and log variance of q(z | x), each (B, latent)."""
        expect_shape("x", x, ("B", self.channels, self.size, self.size))
        return self.encoder(x).chunk(2, dim=1)

    def decode(self, z):
        """Return the raw output for z (B, latent): (B, channels, size, size), without a sigmoid."""
        expect_shape("z", z, ("B", self.latent))
        return self.decoder(z)

    def forward(self, x, *, random=None):
        """Return the raw output at a z drawn from q(z | x), and the mean and log variance of q."""
        mean, log_var = self.encode(x)
        return self.decode(reparametrise(mean, log_var, random=random)), mean, log_var


class MLPVAE(nn.Module):
    """Rows (B, features) to latents (B, latent), and back to raw output (B, features).

    `hidden` has the widths of the encoder's hidden layers, with ReLU; the decoder's are the same
    backwards. With `hidden=()` both are linear, and p(x) is Gaussian where p(x | z) is: the model
    of probabilistic principal components (Tipping and Bishop 1999).
    """

    def __init__(self, *, features, latent, hidden=(400,)):
        super().__init__()
        expect_positive(features=features, latent=latent)
        if not isinstance(hidden, tuple | list):
            raise ValueError(f"expected hidden as a tuple of widths, got {hidden!r}")
        for width in hidden:
            expect_positive(hidden=width)
        self.features, self.latent = features, latent
        self.encoder = dense([features, *hidden, 2 * latent])
        self.decoder = dense([latent, *reversed(hidden), features])

    def encode(self, x):
        """Return mean and log variance of q(z | x), each (B, latent)."""
        expect_shape("x", x, ("B", self.features))
        return self.encoder(x).chunk(2, dim=1)

    def decode(self, z):
        """Return the raw output (B, features) for z (B, latent)."""
        expect_shape("z", z, ("B", self.latent))
        return self.decoder(z)

    def forward(self, x, *, random=None):
        """Return the raw output at a z drawn from q(z | x), and the mean and log variance of q."""
        mean, log_var = self.encode(x)
        return self.decode(reparametrise(mean, log_var, random=random)), mean, log_var


def binarise(images: Tensor, *, random: torch.Generator | None = None) -> Tensor:
    """Draw each pixel 0 or 1, with the brightness of images in [-1, 1] as the probability of 1.

    Same shape and dtype; `random` is on the device of the images. Raises ValueError out of range.
    Source: Burda, Grosse and Salakhutdinov 2016, arXiv:1509.00519.
    """
    low, high = torch.stack(images.aminmax()).tolist()
    if not (low >= -1 and high <= 1):
        raise ValueError(f"expected images in [-1, 1], got values from {low:.4g} to {high:.4g}")
    drawn = torch.rand(images.shape, generator=random, device=images.device, dtype=images.dtype)
    return (drawn * 2 - 1 < images).to(images.dtype)


def to_images(output: Tensor) -> Tensor:
    """Map logits of Bernoulli pixels to images in [-1, 1]: the mean of each pixel."""
    return output.sigmoid() * 2 - 1


def down(inputs: int, outputs: int) -> list[nn.Module]:
    """Halve height and width: (B, inputs, H, W) -> (B, outputs, H/2, W/2)."""
    return [nn.Conv2d(inputs, outputs, kernel_size=4, stride=2, padding=1), nn.ReLU(inplace=True)]


def up(inputs: int, outputs: int) -> list[nn.Module]:
    """Double height and width: (B, inputs, H, W) -> (B, outputs, 2H, 2W)."""
    return [
        nn.ConvTranspose2d(inputs, outputs, kernel_size=4, stride=2, padding=1),
        nn.ReLU(inplace=True),
    ]


def dense(sizes: list[int]) -> nn.Sequential:
    """Return linear layers between `sizes`, with ReLU between them but not after the last."""
    layers = [layer for pair in pairwise(sizes) for layer in (nn.Linear(*pair), nn.ReLU())]
    return nn.Sequential(*layers[:-1])
