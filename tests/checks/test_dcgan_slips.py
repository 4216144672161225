"""The exercises of "DCGAN": slips that a reader made, and what the verdict must say of each."""

import math

import pytest
import torch
from torch import nn
from verdicts import said

from ganbook.checks import dcgan
from ganbook.latents import slerp


def sizes_by(formula):
    return tuple(formula(*layer) for layer in dcgan.LAYERS.values())


def parameters_expanded(w, Z, C):
    return 64 * w * Z + 160 * w**2 + 16 * w * C + 14 * w + C


def block(i, o, *layers):
    return nn.Sequential(*layers, nn.BatchNorm2d(o), nn.ReLU())


def resize_shuffled(i, o):
    return block(i, o, nn.Conv2d(i, 4 * o, 3, padding=1), nn.PixelShuffle(2))


def resize_norm_first(i, o):
    layers = nn.Upsample(scale_factor=2), nn.BatchNorm2d(i), nn.Conv2d(i, o, 3, padding=1)
    return nn.Sequential(*layers, nn.ReLU())


def resize_instance(i, o):
    layers = nn.Upsample(scale_factor=2), nn.Conv2d(i, o, 3, padding=1), nn.InstanceNorm2d(o)
    return nn.Sequential(*layers, nn.ReLU())


def resize_kernel_1(i, o):
    return block(i, o, nn.Upsample(scale_factor=2), nn.Conv2d(i, o, 1))


def resize_transposed(i, o):
    return block(i, o, nn.Upsample(scale_factor=2), nn.ConvTranspose2d(i, o, 3, padding=1))


def resize_twice(i, o):
    layers = nn.Conv2d(i, 8, 3, padding=1), nn.Conv2d(8, o, 3, padding=1)
    return block(i, o, nn.Upsample(scale_factor=2), *layers)


def resize_kernel_5(i, o):
    return block(i, o, nn.Upsample(scale_factor=2), nn.Conv2d(i, o, 5, padding=2))


def resize_down_again(i, o):
    return block(i, o, nn.Upsample(scale_factor=4), nn.Conv2d(i, o, 3, stride=2, padding=1))


def slerp_no_hats(a, b, t):
    return slerp(a, b, t) * a.norm()


def slerp_no_arccos(a, b, t):
    omega = a @ b / (a.norm() * b.norm())
    return (((1 - t) * omega).sin() * a + (t * omega).sin() * b) / omega.sin()


def slerp_quarter(a, b, t):
    return math.cos(t * math.pi / 2) * a + math.sin(t * math.pi / 2) * b


def slerp_epsilon(a, b, t):
    omega = torch.acos((a @ b / (a.norm() * b.norm())).clamp(-1, 1))
    omega = omega * (omega > 1e-3)
    return (((1 - t) * omega).sin() * a + (t * omega).sin() * b) / (omega.sin() + 1e-8)


@pytest.mark.parametrize(
    "answer", [resize_transposed, resize_twice, resize_kernel_5, resize_down_again]
)
def test_other_blocks_without_a_grid_pass(capsys, answer):
    assert said(capsys, dcgan.resize_up, answer).startswith("Correct. ")


SLIPS = [
    (dcgan.sizes, (22, 8, 11, 20), "it is the arithmetic"),
    (dcgan.sizes, (22, 8, 21, 11), "another order"),
    (dcgan.sizes, sizes_by(lambda n, k, s, p, o: (n - 1) * s - 2 * p + k + 2 * o), "counts once"),
    (dcgan.parameters, lambda w, Z, C: parameters_expanded(w, Z, C) - 60 * Z * w, "makes 4 × 4"),
    (dcgan.parameters, lambda w, Z, C: parameters_expanded(w, Z, C) - 64 * Z * w, "is missing"),
    (dcgan.parameters, lambda w, Z, C: parameters_expanded(w, Z, 1), "you counted one"),
    (dcgan.parameters, lambda w, Z, C: parameters_expanded(w, Z, C) + 2 * C, "No batch norm"),
    (dcgan.parameters, lambda w, Z, C: parameters_expanded(w, Z, C) + C, "it has a bias"),
    (dcgan.parameters, lambda w, Z, C: 9 * (4 * w * Z + 10 * w**2 + w * C) + 14 * w + C, "3 × 3"),
    (dcgan.parameters, lambda w, Z, C: parameters_expanded(w, Z, C) - 7 * w, "have no bias"),
    (dcgan.parameters, lambda w, Z, C: 1_066_881, "for every width"),
    (dcgan.resize_up, resize_shuffled, "it draws a pattern"),
    (dcgan.resize_up, resize_norm_first, "in another place"),
    (dcgan.resize_up, resize_instance, "normalised by itself"),
    (dcgan.resize_up, resize_kernel_1, "kernel of 1"),
    (dcgan.resize_up, resize_kernel_5(3, 5), "the function (inputs, outputs)"),
    (dcgan.checkerboard, (1, 0, 1, math.inf), "without a stamp"),
    (dcgan.checkerboard, (5, 2, 1, 4), "ratio of kernel 3"),
    (dcgan.checkerboard, (3, 1, 1, 2**0.5), "Without the root"),
    (dcgan.floors, (1.0, 0.3), "two decimals"),
    (dcgan.floors, (0.503, 0.313), "half of it"),
    (dcgan.floors, (1.006, -1.313), "minimax"),
    (dcgan.slerp, slerp_no_hats, "hats are missing"),
    (dcgan.slerp, slerp_no_arccos, "its arccos"),
    (dcgan.slerp, slerp_quarter, "A quarter turn"),
    (dcgan.slerp, slerp_epsilon, "length 0.00 "),
    (dcgan.reach, "2", "A number was expected"),
    (dcgan.reach, math.nan, "A number was expected"),
    (dcgan.reach, 1.1, "own 200 latents 56.0% arrive"),
]


@pytest.mark.parametrize(("check", "answer", "words"), SLIPS)
def test_slips_are_named(capsys, check, answer, words):
    verdict = said(capsys, check, answer)
    assert verdict.startswith("Not quite. ")
    assert words in verdict
