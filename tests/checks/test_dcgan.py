"""The exercises of "DCGAN": right answers, and classic mistakes.

The answers are written as learners write them, independently of the checks' own references.
"""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from verdicts import assert_stubs_and_hints, said

from ganbook.checks import dcgan
from ganbook.models.dcgan import Generator, up

LAYERS = [(7, 6, 3, 1, 0), (4, 5, 2, 2, 1), (9, 3, 1, 0, 0), (5, 7, 4, 2, 2)]


def by_torch():
    """The four sizes, measured."""
    widths = []
    for n, k, s, p, extra in LAYERS:
        layer = nn.ConvTranspose2d(1, 1, k, stride=s, padding=p, output_padding=extra)
        widths.append(layer(torch.zeros(1, 1, n, n)).shape[-1])
    return tuple(widths)


# --- right answers, written in several ways ---


def parameters_built(width, latent, channels):
    network = Generator(width=width, latent=latent, channels=channels)
    return sum(weights.numel() for weights in network.parameters())


def parameters_expanded(w, Z, C):
    return 64 * w * Z + 160 * w**2 + 16 * w * C + 14 * w + C


def parameters_loop(width, latent, channels):
    total, widths = channels, [latent, 4 * width, 2 * width, width, channels]
    for layer in range(4):
        total += widths[layer] * widths[layer + 1] * 4 * 4
    for hidden in widths[1:4]:
        total += 2 * hidden
    return total


class ResizeUp(nn.Module):
    """The block as a class, with functions instead of layers."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding="same")
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        return torch.relu(self.norm(self.conv(x)))


def resize_sequential(i, o):
    return nn.Sequential(
        nn.UpsamplingNearest2d(scale_factor=2),
        nn.Conv2d(i, o, 3, 1, 1, bias=False),
        nn.BatchNorm2d(o),
        nn.ReLU(),
    )


def resize_bilinear(i, o):
    upsample = nn.Upsample(scale_factor=2, mode="bilinear")
    conv = nn.Conv2d(i, o, 3, padding=1, padding_mode="reflect")
    return nn.Sequential(upsample, conv, nn.BatchNorm2d(o), nn.ReLU(inplace=True))


def slerp_units(a, b, t):
    length, a, b = a.norm(), F.normalize(a, dim=0), F.normalize(b, dim=0)
    omega = torch.acos(torch.clamp(torch.dot(a, b), -1, 1))
    if omega < 1e-3:
        return length * a
    return length * (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / omega.sin()


def slerp_rotation(a, b, t):
    """Turn a towards b in the plane of both."""
    across = b - a * (a @ b) / (a @ a)
    if across.norm() < 1e-3:
        return a
    across = across / across.norm() * a.norm()
    omega = math.atan2((b @ across).item(), (b @ a).item())
    return math.cos(t * omega) * a + math.sin(t * omega) * across


def slerp_numpy(a, b, t):
    a, b = a.numpy().astype(float), b.numpy().astype(float)
    cosine = np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1)
    omega = np.arccos(cosine)
    if np.isclose(omega, 0, atol=1e-3):
        return a
    return np.sin((1 - t) * omega) / np.sin(omega) * a + np.sin(t * omega) / np.sin(omega) * b


def floors_measured():
    ends = torch.tensor([1.0]), torch.tensor([0.0])
    bce = F.binary_cross_entropy_with_logits
    d_loss = bce(ends[0], torch.ones(1)) + bce(ends[1], torch.zeros(1))
    return d_loss, bce(ends[0], torch.ones(1))


RIGHT = [
    (dcgan.sizes, by_torch()),
    (dcgan.sizes, torch.tensor(by_torch())),
    (dcgan.parameters, parameters_built),
    (dcgan.parameters, parameters_expanded),
    (dcgan.parameters, parameters_loop),
    *((dcgan.resize_up, f) for f in (ResizeUp, resize_sequential, resize_bilinear)),
    (dcgan.checkerboard, (3, 1, 1, 4)),
    (dcgan.checkerboard, [5, 2, 1, 9 / 4]),
    (dcgan.checkerboard, (7, 3, 1, 16 / 9)),
    (dcgan.floors, (1.0064, 0.3133)),
    (dcgan.floors, floors_measured()),
    *((dcgan.slerp, f) for f in (slerp_units, slerp_rotation, slerp_numpy)),
    (dcgan.reach, 1.5),
    (dcgan.reach, torch.tensor(1.8)),
]


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Correct. ")


# --- classic mistakes, each with a few words of the message that names it ---


def sizes_by(formula):
    return tuple(formula(*layer) for layer in LAYERS)


def parameters_kernel_width(w, Z, C):
    return 4 * (4 * w * Z + 8 * w**2 + 2 * w**2 + w * C) + 14 * w + C


def parameters_with_biases(w, Z, C):
    return parameters_expanded(w, Z, C) + 7 * w


def parameters_without_norm(w, Z, C):
    return parameters_expanded(w, Z, C) - 14 * w


def parameters_half_norm(w, Z, C):
    return parameters_expanded(w, Z, C) - 7 * w


def parameters_with_buffers(width, latent, channels):
    network = Generator(width=width, latent=latent, channels=channels)
    floats = [t for t in network.state_dict().values() if t.is_floating_point()]
    return sum(t.numel() for t in floats)


def parameters_no_last_bias(w, Z, C):
    return parameters_expanded(w, Z, C) - C


def parameters_large(width, latent, channels):
    network = Generator(size=64, width=width, latent=latent, channels=channels)
    return sum(weights.numel() for weights in network.parameters())


def resize_conv(i, o):
    return nn.Conv2d(i, o, 3, padding=1)


def resize_unpadded(i, o):
    return nn.Sequential(
        nn.Upsample(scale_factor=2), nn.Conv2d(i, o, 3), nn.BatchNorm2d(o), nn.ReLU()
    )


def resize_four(i, o):
    return nn.Sequential(
        nn.Upsample(scale_factor=4), nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU()
    )


def resize_then_norm(i, o):
    return nn.Sequential(
        nn.Upsample(scale_factor=2), nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(o)
    )


def resize_leaky(i, o):
    layers = nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.LeakyReLU(0.2)
    return nn.Sequential(nn.Upsample(scale_factor=2), *layers)


def resize_no_norm(i, o):
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(i, o, 3, padding=1), nn.ReLU())


def resize_last(i, o):
    layers = nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU()
    return nn.Sequential(*layers, nn.Upsample(scale_factor=2))


def resize_sigmoid(i, o):
    layers = nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.Sigmoid()
    return nn.Sequential(nn.Upsample(scale_factor=2), *layers)


def slerp_line(a, b, t):
    return (1 - t) * a + t * b


def slerp_backwards(a, b, t):
    return slerp_units(b, a, t)


def slerp_unit_length(a, b, t):
    return F.normalize(slerp_units(a, b, t), dim=0)


def slerp_no_division(a, b, t):
    omega = torch.acos(F.cosine_similarity(a, b, dim=0))
    return torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b


def slerp_normalised_line(a, b, t):
    return F.normalize(a + t * (b - a), dim=0) * a.norm()


def slerp_roots(a, b, t):
    return math.sqrt(1 - t) * a + math.sqrt(t) * b


def slerp_fragile(a, b, t):
    omega = torch.acos((a @ b / (a.norm() * b.norm())).clamp(-1, 1))
    omega = omega * (omega > 1e-3)
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


MISTAKES = [
    (dcgan.sizes, sizes_by(lambda n, k, s, p, o: (n + 2 * p - k) // s + 1), "a convolution"),
    (dcgan.sizes, sizes_by(lambda n, k, s, p, o: (n - 1) * s + k + o), "-2p in all"),
    (dcgan.sizes, sizes_by(lambda n, k, s, p, o: (n - 1) * s - p + k + o), "p on both sides"),
    (dcgan.sizes, sizes_by(lambda n, k, s, p, o: (n - 1) * s + 2 * p + k + o), "minus 2p"),
    (dcgan.sizes, sizes_by(lambda n, k, s, p, o: (n - 1) * s - 2 * p + k), "`output_padding`"),
    (dcgan.sizes, sizes_by(lambda n, k, s, p, o: (n - 1) * s - 2 * p + k - 1 + o), "one short"),
    (dcgan.sizes, sizes_by(lambda n, k, s, p, o: n * s - 2 * p + k + o), "n - 1 gaps"),
    (dcgan.sizes, sizes_by(lambda n, k, s, p, o: n * s), "right only where"),
    (dcgan.sizes, (22, 8, 11, 19), "`output_padding`"),
    (dcgan.sizes, (22, 8, 11), "tuple of 4 numbers"),
    (dcgan.parameters, parameters_kernel_width, "4 × 4 numbers, not 4"),
    (dcgan.parameters, parameters_with_biases, "`bias=False`"),
    (dcgan.parameters, parameters_without_norm, "Batch norm learns too"),
    (dcgan.parameters, parameters_half_norm, "a shift *and* a gain"),
    (dcgan.parameters, parameters_with_buffers, "buffers"),
    (dcgan.parameters, parameters_no_last_bias, "last layer has a bias"),
    (dcgan.parameters, parameters_large, "64 pixels"),
    (dcgan.resize_up, up, "transposed convolution again"),
    (dcgan.resize_up, resize_conv, "Nothing is enlarged"),
    (dcgan.resize_up, resize_unpadded, "eats a rim"),
    (dcgan.resize_up, resize_four, "twice over"),
    (dcgan.resize_up, resize_then_norm, "batch norm comes last"),
    (dcgan.resize_up, resize_leaky, "(plain) ReLU"),
    (dcgan.resize_up, resize_no_norm, "where is batch norm"),
    (dcgan.resize_up, resize_last, "blocks of 2 × 2"),
    (dcgan.resize_up, resize_sigmoid, "Nothing is ever 0"),
    (dcgan.resize_up, lambda i, o: torch.zeros(1), "A module was expected"),
    (dcgan.checkerboard, (4, 1, 0, 4), "even"),
    (dcgan.checkerboard, (3, 1, 0, 4), "become 31"),
    (dcgan.checkerboard, (3, 2, 3, 4), "smaller than the stride"),
    (dcgan.checkerboard, (3, 1, 1, 2), "the counts multiply"),
    (dcgan.checkerboard, (3, 1, 1, 0.25), "turned over"),
    (dcgan.checkerboard, (5, 2, 1, 9), "divide it by the lowest"),
    (dcgan.checkerboard, (3, 1, 1, 16), "once too often"),
    (dcgan.checkerboard, (3, 1, 1, 3), "a difference"),
    (dcgan.floors, (0, 0), "largest number that a sigmoid gives"),
    (dcgan.floors, (0.6265, 0.3133), "that would be a tanh"),
    (dcgan.floors, (1.386, 0.693), "both outputs are 0"),
    (dcgan.floors, (0.3133, 0.3133), "fakes' term has a floor"),
    (dcgan.floors, (1.0064, 0.693), "the worst case"),
    (dcgan.floors, (1.0064, 1.0064), "has one term"),
    (dcgan.floors, (1.0064, 1.3133), "softplus(+1)"),
    (dcgan.slerp, slerp_line, "cuts the corner"),
    (dcgan.slerp, slerp_backwards, "runs backwards"),
    (dcgan.slerp, slerp_unit_length, "Its length is 1"),
    (dcgan.slerp, slerp_no_division, "division by sin(angle)"),
    (dcgan.slerp, slerp_normalised_line, "even pace"),
    (dcgan.slerp, slerp_roots, "right angles"),
    (dcgan.slerp, slerp_fragile, "divides 0 by 0"),
    (dcgan.reach, 0.5, "go further"),
    (dcgan.reach, -1, "does not walk"),
    (dcgan.reach, 4, "as other latents"),
]


@pytest.mark.parametrize(("check", "answer", "words"), MISTAKES)
def test_classic_mistakes_are_named(capsys, check, answer, words):
    verdict = said(capsys, check, answer)
    assert verdict.startswith("Not quite. ")
    assert words in verdict


def test_the_floors_of_a_sigmoid_are_floors():
    outputs = torch.rand(2, 1000)
    d_loss = F.softplus(-outputs[0]) + F.softplus(outputs[1])
    assert d_loss.min() >= 1.0064
    assert F.softplus(-outputs[0]).min() >= 0.3132


EXERCISES = [getattr(dcgan, name) for name in dcgan.__all__]


@pytest.mark.parametrize("check", EXERCISES)
def test_stubs_and_hints(capsys, check):
    assert_stubs_and_hints(capsys, check)


@pytest.mark.parametrize("check", EXERCISES)
@pytest.mark.parametrize("answer", ["nonsense", None, float("nan"), (), lambda *args: 1 / 0])
def test_nonsense_raises_nothing(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Not quite. ")
