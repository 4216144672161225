"""Differentiable augmentation: changes of image, drawn per image, that pass gradients on.

Applied to real and fake images alike, before the discriminator, they let it see a small data set
many times over without learning it by heart, and without teaching the generator to augment.
Source: Zhao et al. 2020 (DiffAugment), arXiv:2006.10738; the amounts are those of its code. All
take images (B, C, H, W) in [-1, 1] and a torch.Generator (on the CPU, or None), and return images
of the same shape, which may leave the range.
"""

import math

from torch import Generator, Tensor, arange, rand, randint, randn
from torch.nn.functional import pad

from ganbook.expect import expect_number, expect_shape


def colour(images: Tensor, random: Generator | None = None) -> Tensor:
    """Draw brightness (+-0.5), saturation (times 0 to 2) and contrast (times 0.5 to 1.5)."""
    expect_shape("images", images, ("B", "C", "H", "W"))
    brightness, saturation, contrast = rand(3, len(images), 1, 1, 1, generator=random).to(images)
    images = images + brightness - 0.5
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * 2 * saturation
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (images - mean) * (contrast + 0.5)


def translation(images: Tensor, random: Generator | None = None, *, share: float = 0.125) -> Tensor:
    """Shift by whole pixels, up to `share` of the height and of the width; grey (0) comes in."""
    expect_shape("images", images, ("B", "C", "H", "W"))
    expect_number("share", share, 0, 1)
    count, _, height, width = images.shape
    down, right = round(share * height), round(share * width)  # at most
    padded = pad(images, [right, right, down, down]).movedim(1, -1)
    rows = arange(height) + randint(2 * down + 1, (count, 1), generator=random)  # (B, H)
    columns = arange(width) + randint(2 * right + 1, (count, 1), generator=random)  # (B, W)
    every = arange(count)[:, None, None]
    return padded[every, rows[:, :, None], columns[:, None, :]].movedim(-1, 1)  # (B, C, H, W)


def cutout(images: Tensor, random: Generator | None = None, *, share: float = 0.5) -> Tensor:
    """Grey out (0) a part of `share` of the height and of the width, centred anywhere."""
    expect_shape("images", images, ("B", "C", "H", "W"))
    expect_number("share", share, 0, 1)
    rows, columns = (stretch(len(images), size, share, random) for size in images.shape[2:])
    hole = rows[:, None, :, None] & columns[:, None, None, :]  # (B, 1, H, W)
    return images.masked_fill(hole.to(images.device), 0)


def stretch(count: int, size: int, share: float, random: Generator | None) -> Tensor:
    """Return (count, size) booleans: true on a stretch of `share` of a row, centred anywhere."""
    length = round(share * size)
    start = randint(size + 1 - length % 2, (count, 1), generator=random) - length // 2
    steps = arange(size) - start
    return (steps >= 0) & (steps < length)


def all_three(images: Tensor, random: Generator | None = None) -> Tensor:
    """Apply `colour`, `translation` and `cutout`, in this order."""
    return cutout(translation(colour(images, random), random), random)


def instance_noise(images: Tensor, random: Generator | None = None, *, std: float = 0.1) -> Tensor:
    """Add Gaussian noise of standard deviation `std`, so that real and fake overlap.

    Images may have any shape, and be points. Source: Arjovsky and Bottou 2017, arXiv:1701.04862,
    section 3.
    """
    expect_number("std", std, 0, math.inf)
    return images + std * randn(images.shape, generator=random).to(images)
