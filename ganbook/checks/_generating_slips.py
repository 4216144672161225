"""Classic mistakes of the chapter "What does it mean to generate an image?", with their names."""

import math
from itertools import product

import torch

from ganbook.checks._digits import log_gaussian

LOST_SHIFT = "The range begins at -1: add 1 to x first, then multiply."
SCALES = (
    (lambda x: (x + 1) * 127.5, ""),
    (lambda x: x * 255, "That is for [0, 1]: here everything below 0 is lost."),
    (lambda x: (x - x.min()) / (x.max() - x.min()) * 255, "Scaled by the batch's own extremes."),
    (lambda x: (x + 1) * 127, "Multiplied by 127, white becomes 254: the factor is 255 / 2."),
    (lambda x: (x + 1) * 128, "Multiplied by 128, white would be 256: the factor is 255 / 2."),
    (lambda x: (x + 1) * 255, "[-1, 1] is 2 wide: the factor is 255 / 2."),
    (lambda x: x * 127.5, LOST_SHIFT),
    (lambda x: x * 127.5 + 128, "With 128 added, black is no longer 0: add 127.5, or 1 to x."),
    (lambda x: (x.clamp(0, 1) + 1) * 127.5, "`clamp(0, 1)` loses all that is darker than grey."),
)
CASTS = (  # from floats to whole numbers; a cast to bytes wraps what lies outside 0..255
    (lambda x: x.round().clamp(0, 255), ""),
    (lambda x: x.clamp(0, 255).trunc(), "A cast cuts decimals off: `round` first."),
    (lambda x: x.clamp(0, 255).ceil(), "`ceil` always goes up: `round` to the nearest."),
    (lambda x: x.round() % 256, "Beyond 0 to 255 bytes wrap round: `clamp` first."),
    (lambda x: x.round().clamp(min=0) % 256, "`clamp` above as well: 256 would be stored as 0."),
    (lambda x: x.round().clamp(max=255) % 256, "`clamp` below as well: -1 would become 255."),
    (lambda x: x.round().clamp(0, 1), "`clamp(0, 1)` after scaling: bytes go up to 255."),
    (lambda x: x.trunc() % 256, "Both `round` and `clamp` are missing before the cast."),
)
LAYOUTS = (
    (lambda x: x.permute(0, 2, 3, 1), ""),
    (lambda x: x.reshape(len(x), *x.shape[2:], -1), "`reshape` keeps the order: use `permute`."),
    (lambda x: x.permute(0, 3, 2, 1), "Height and width have changed places."),
    (lambda x: x.permute(0, 3, 1, 2),
     "`permute(0, 3, 1, 2)` is the way back, from (B, H, W, C): each number says which old axis "
     "comes here."),
    (lambda x: x, "The channels are still in front: an image file wants them last."),
)  # fmt: skip
EXPORT = [
    (lambda x, steps=steps: steps[2][0](steps[1][0](steps[0][0](x))),
     " ".join(message for _, message in steps if message))
    for steps in product(SCALES, CASTS, LAYOUTS)
]  # fmt: skip


def change_of_units():
    """Wrong changes of log-density, in nats, between [-1, 1] and bytes for 64 pixels."""
    single = math.log(127.5)
    slips = [
        (single, "That is the change for one pixel; an image has 64."),
        (64 * math.log(255), "[-1, 1] is 2 wide, not 1: by what factor is it stretched?"),
        (64 * math.log(128), "The factor is not 128: 255 steps lie between 0 and 255."),
        (64 * math.log(256), "256 levels have 255 steps between them, and [-1, 1] is 2 wide."),
        (64 * math.log2(127.5), "Those are bits (base 2); nats use the natural logarithm."),
        (64 * math.log10(127.5), "That is log10; nats use the natural logarithm, `math.log`."),
        (64 * 127.5, "The logarithm is missing: factors multiply, their logs add up."),
        (127.5, "The logarithm is missing, and an image has 64 pixels."),
    ]
    sign = "The sign is wrong: does stretching make a density thicker or thinner?"
    return [
        (64 * single, sign),
        (0, "The pictures are the same, but a density is probability per volume."),
        (-310.2, "Nearly: round to one decimal instead of cutting off."),
        *((-wrong, message) for wrong, message in slips),
        *((wrong, f"{message} {sign}") for wrong, message in slips),
    ]


BRIGHT = [
    (lambda u: (1 + u) ** 2 / 4, "That is F(u), the distribution: its inverse is needed."),
    (lambda u: (1 + u) / 2, "That is the density at u: integrate it, then invert."),
    (lambda u: (1 + 4 * u).sqrt() - 1,
     "The lower limit was forgotten: F begins at -1, so that F(-1) = 0."),
    (lambda u: 2 * u.sqrt(), "That is 1 + x: subtract 1."),
    (lambda u: u.sqrt() - 1, "A factor 2 is lost: (1 + x)^2 is 4 u, and its root 2 sqrt(u)."),
    (lambda u: 1 - 2 * u.sqrt(), "Mirrored: that samples (1 - x) / 2, where dark is likelier."),
    (lambda u: 1 - 2 * (1 - u).sqrt(), "That samples (1 - x) / 2, where dark is likelier."),
    (lambda u: u.sqrt(), "That samples the density 2x on [0, 1]: stretch it onto [-1, 1]."),
    (lambda u: 2 * u - 1, "That is uniform on [-1, 1]: bright is no likelier than dark."),
    (lambda u: -1 - 2 * u.sqrt(), "The wrong root: these values lie below -1."),
]  # fmt: skip


def log_pixels(x, m, s):
    return -0.5 * ((x - m) / s) ** 2 - s.log() - 0.5 * math.log(2 * math.pi)


def squares(x, m, s):
    return ((x - m) / s) ** 2


right = log_gaussian
LOG_DENSITY = [
    (lambda x, m, s: -right(x, m, s), "That is the *negative* log-density."),
    (lambda x, m, s: right(x, m, s).exp(), "That is the density itself: its logarithm is asked."),
    (lambda x, m, s: -0.5 * (squares(x, m, s) + 2 * s.log()).sum(1), "log(2π) is missing."),
    (lambda x, m, s: -0.5 * (squares(x, m, s) + 2 * s.log()).sum(1) - 0.5 * math.log(2 * math.pi),
     "log(2π) was counted once for the image: it belongs to each pixel."),
    (lambda x, m, s: right(x, m, s) / len(m), "A mean over pixels: their logs must add up."),
    (lambda x, m, s: right(x, m, s).sum(), "Summed over images too: keep one number for each."),
    (lambda x, m, s: right(x, m, s).mean(), "A mean over the batch: keep one number for each."),
    (lambda x, m, s: log_pixels(x, m, s).sum(0), "Summed over images: sum over pixels, .sum(1)."),
    (log_pixels, "Those are the logs of single pixels: sum them, .sum(1)."),
    (lambda x, m, s: right(x, m, s.sqrt()), "`std` was used as if it were the variance."),
    (lambda x, m, s: right(x, m, s) + 0.5 * (squares(x, m, s) * (1 - s)).sum(1),
     "The squared difference is divided by the std: it should be the std squared."),
    (lambda x, m, s: right(x, m, s) + 0.5 * s.log().sum(), "log(2π std): the square is lost."),
    (lambda x, m, s: 2 * right(x, m, s), "The factor 1/2 is missing."),
    (lambda x, m, s: 2 * right(x, m, s) + 0.5 * squares(x, m, s).sum(1),
     "The factor 1/2 belongs to log(2π std²) as well as to the squares."),
    (lambda x, m, s: right(x, m, s) - 0.5 * squares(x, m, s).sum(1),
     "The factor 1/2 belongs to the squares as well as to log(2π std²)."),
    (lambda x, m, s: -0.5 * squares(x, m, s).sum(1), "Only the squares, without log(2π std²)."),
]  # fmt: skip
UNDERFLOW = [
    (lambda x, m, s: log_pixels(x, m, s).exp().prod(1).log(),
     "The product of 64 small densities underflows to 0: add logs instead."),
    (lambda x, m, s: log_pixels(x, m, s).exp().log().sum(1),
     "Far from the mean a density underflows to 0 before its log is taken: use GEN.9."),
]  # fmt: skip


def far_images():
    """Inputs (x, mean, std) of 64 pixels: a product of densities underflows, then each density."""
    g = torch.Generator().manual_seed(0)
    mean, std = torch.rand(64, generator=g) - 1, 0.1 + torch.rand(64, generator=g)
    return [(mean + z * std * torch.ones(2, 1), mean, std) for z in (6.0, 40.0)]


ENCODE = [
    (lambda x, m, V, e: x @ V / e.sqrt(), "The mean has not been subtracted."),
    (lambda x, m, V, e: (m - x) @ V / e.sqrt(), "Mirrored: it is x - mean, not mean - x."),
    (lambda x, m, V, e: (x - x.mean(0)) @ V / e.sqrt(),
     "The batch's own mean was subtracted: use `mean`, that of the training images."),
    (lambda x, m, V, e: (x - m) @ V / e, "Divided by variances: the noise was scaled by stds."),
    (lambda x, m, V, e: (x - m) @ V * e.sqrt(), "Scaled as forwards: going back, divide."),
    (lambda x, m, V, e: (x - m) @ V * e,
     "Multiplied by the eigenvalues: divide, and by their square roots."),
    (lambda x, m, V, e: (x - m) @ V,
     "Not scaled yet: every number of the noise has variance 1, so divide by the stds."),
    (lambda x, m, V, e: (x - m) @ V.T / e.sqrt(), "V is transposed: directions are columns."),
    (lambda x, m, V, e: ((x - m) @ V / e.sqrt()).T, "Transposed: rows are images, (B, k)."),
]  # fmt: skip

REASONS = dict(
    a="The pixels that vary had larger stds all along: what has the floor changed for them?",
    c="A density is not a probability: its logarithm may well be above 0.",
    d="The digits were unseen, and a mean and a std cannot hold 1,500 pictures.",
)
