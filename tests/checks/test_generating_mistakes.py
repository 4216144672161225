"""The exercises of "What does it mean to generate an image?": classic mistakes are named.

Each comes with a few words of the message that names it.
"""

import math

import pytest
import torch
from verdicts import said

from ganbook.checks import generating


def bright_cdf(u):
    return (1 + 2 * u + u**2) / 4


def bright_unscaled(u):
    return u**0.5


def bright_uniform(u):
    return u * 2 - 1


def bright_other_root(u):
    return -(1 + 2 * u.sqrt())


def bright_density(u):
    return 0.5 + 0.5 * u


def export_reshape(x):
    b, c, h, w = x.shape
    return ((x + 1) / 2 * 255).round().clamp(0, 255).to(torch.uint8).reshape(b, h, w, c)


def export_transposed(x):
    return ((x + 1) / 2 * 255).round().clamp(0, 255).to(torch.uint8).transpose(1, 3)


def export_truncated(x):
    return ((x + 1) / 2 * 255).clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


def export_unclipped(x):
    return ((x + 1) / 2 * 255).round().to(torch.int).to(torch.uint8).permute(0, 2, 3, 1)


def export_unit_range(x):
    return (x * 255).clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


def export_min_max(x):
    x = (x - x.min()) / (x.max() - x.min())
    return (255 * x).round().to(torch.uint8).permute(0, 2, 3, 1)


def export_floats(x):
    return ((x + 1) / 2 * 255).round().clamp(0, 255).permute(0, 2, 3, 1)


def export_channels_first(x):
    return ((x + 1) / 2 * 255).round().clamp(0, 255).to(torch.uint8)


def bright_own_noise(u):
    return 2 * torch.maximum(u, torch.rand_like(u)) - 1


def export_by(scale=127.5, cast=lambda x: x.round().clamp(0, 255)):
    return lambda x: cast((x + 1) * scale).to(torch.int).to(torch.uint8).permute(0, 2, 3, 1)


def export_back(x):
    return ((x + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 3, 1, 2)


def export_list(x):
    return ((x + 1) * 127.5).round().clamp(0, 255).permute(0, 2, 3, 1).tolist()


MISTAKES = [
    (generating.units, 310.25, "sign is wrong"),
    (generating.units, -4.848, "for one pixel"),
    (generating.units, 0, "probability per volume"),
    (generating.units, -64 * math.log(255), "2 wide"),
    (generating.units, -64 * math.log(127.5, 2), "bits"),
    (generating.units, -8160, "logarithm is missing"),
    (generating.bright, bright_cdf, "F(u), the distribution"),
    (generating.bright, bright_unscaled, "stretch it onto [-1, 1]"),
    (generating.bright, bright_uniform, "uniform on [-1, 1]"),
    (generating.bright, bright_other_root, "wrong root"),
    (generating.bright, bright_density, "density at u"),
    (generating.export, export_reshape, "`permute`"),
    (generating.export, export_transposed, "changed places"),
    (generating.export, export_truncated, "`round` first"),
    (generating.export, export_unclipped, "`clamp` first"),
    (generating.export, export_unit_range, "That is for [0, 1]"),
    (generating.export, export_min_max, "the batch's own extremes"),
    (generating.export, export_floats, "of type float32"),
    (generating.export, export_channels_first, "still in front"),
    (generating.cheat, (0.01, "b"), "not above 100"),
    (generating.cheat, (0, "b"), "0 / 0 is no number"),
    (generating.cheat, (1e-20, "a"), "pixels that vary"),
    (generating.cheat, (1e-20, "c"), "not a probability"),
    (generating.cheat, (1e-20, "d"), "cannot hold 1,500"),
    (generating.cheat, (1e-20, "z"), "reasons are a, b, c, d"),
    (generating.cheat, 1e-20, "A pair such as"),
    (generating.kernel_width, 0.1, "it copies"),
    (generating.kernel_width, 2, "blur into one another"),
    (generating.kernel_width, 0.28, "was best in grey values"),
    (generating.kernel_width, 0.6, "smaller steps"),
    (generating.kernel_width, -1, "above 0"),
    (generating.units, -310.53, "not 128"),
    (generating.units, -310.2, "round to one decimal"),
    (generating.units, 127.5**-64, "logarithm is missing"),
    (generating.units, 127.5**64, "logarithm is missing"),
    (generating.units, -64 * math.log10(127.5), "log10"),
    (generating.units, 64 * math.log10(127.5), "`math.log`. The sign"),
    (generating.units, math.log(127.5), "for one pixel; an image has 64. The sign"),
    (generating.units, "-310.3", "A number was expected"),
    (generating.bright, bright_own_noise, "F⁻¹(u) itself"),
    (generating.bright, lambda u: -1 + (1 + 4 * u).sqrt(), "lower limit"),
    (generating.bright, lambda u: 2 * u**0.5, "subtract 1"),
    (generating.bright, lambda u: u.sqrt() - 1, "A factor 2 is lost"),
    (generating.bright, lambda u: 1 - 2 * u.sqrt(), "dark is likelier"),
    (generating.export, export_back, "the way back"),
    (generating.export, export_list, "come as a list"),
    (generating.export, export_by(127), "white becomes 254"),
    (generating.export, export_by(128), "white would be 256"),
    (generating.export, export_by(cast=lambda x: x.ceil().clamp(0, 255)), "`ceil`"),
    (generating.export, export_by(cast=lambda x: x.round().clamp(min=0)), "`clamp` above"),
    (generating.export, export_by(cast=lambda x: x.round().clamp(max=255)), "`clamp` below"),
    (generating.export, export_by(cast=lambda x: x.round().clamp(0, 1)), "`clamp(0, 1)` after"),
    (generating.export, lambda x: export_by()(x.clamp(0, 1)), "darker than grey"),
    (generating.cheat, ("b", 1e-20), "other way round"),
    (generating.cheat, (1e-170, "b"), "no finite number"),
    (generating.cheat, (float("nan"), "b"), "no standard deviation"),
    (generating.cheat, (float("inf"), "b"), "no standard deviation"),
    (generating.kernel_width, 0.5, "too narrow"),
    (generating.kernel_width, 0.64, "too narrow"),
    (generating.kernel_width, 0.8, "too wide"),
    (generating.kernel_width, (-0.68, 0.7), "take its second part"),
    (generating.kernel_width, float("inf"), "finite, and inf came"),
]


@pytest.mark.parametrize(("check", "answer", "words"), MISTAKES)
def test_classic_mistakes_are_named(capsys, check, answer, words):
    verdict = said(capsys, check, answer)
    assert verdict.startswith("Not quite. ")
    assert words in verdict
