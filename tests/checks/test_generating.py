"""The exercises of "What does it mean to generate an image?": right answers.

The answers are written as learners write them, independently of the checks' own references;
their mistakes are in test_generating_mistakes.py and test_generating_densities.py.
"""

import math

import numpy as np
import pytest
import torch
from verdicts import assert_stubs_and_hints, said

from ganbook.checks import generating
from ganbook.checks._digits import log_gaussian

# --- right answers, written in several ways ---


def bright_root(u):
    return torch.sqrt(4 * u) - 1


def bright_flipped(u):
    return 2 * (1 - u) ** 0.5 - 1


def bright_numpy(u):
    return np.sqrt(np.asarray(u)) * 2 - 1


def bright_loop(u):
    return [2 * math.sqrt(value) - 1 for value in u.tolist()]


def export_permute(x):
    return (x.clamp(-1, 1) / 2 + 0.5).mul(255).round().byte().permute(0, 2, 3, 1)


def export_numpy(x):
    stored = np.clip(np.rint((x.numpy() + 1) * 127.5), 0, 255).astype(np.uint8)
    return np.moveaxis(stored, 1, -1)


def export_stack(x):
    channels = [x[:, c].add(1).mul(127.5).round().clamp(0, 255) for c in range(x.shape[1])]
    return torch.stack(channels, dim=-1).to(torch.uint8)


def density_vectorised(x, mean, std):
    return -(((x - mean) ** 2) / (2 * std**2) + std.log() + math.log(2 * math.pi) / 2).sum(dim=-1)


def density_library(x, mean, std):
    return torch.distributions.Normal(mean, std).log_prob(x).sum(1)


def density_loop(x, mean, std):
    totals = []
    for image in x.tolist():
        total = 0.0
        for value, m, s in zip(image, mean.tolist(), std.tolist(), strict=True):
            total -= (value - m) ** 2 / (2 * s * s) + math.log(s * math.sqrt(2 * math.pi))
        totals.append(total)
    return totals


def density_numpy(x, mean, std):
    x, mean, std = x.numpy(), mean.numpy(), std.numpy()
    return -0.5 * np.sum(((x - mean) / std) ** 2 + np.log(2 * np.pi * std**2), axis=1)


def encode_matmul(x, mean, V, eigenvalues):
    return (x - mean) @ (V * eigenvalues.rsqrt())


def encode_einsum(x, mean, V, eigenvalues):
    return torch.einsum("bd,dk->bk", x - mean, V) / eigenvalues**0.5


def encode_solve(x, mean, V, eigenvalues):
    return torch.linalg.lstsq(V * eigenvalues.sqrt(), (x - mean).T).solution.T


RIGHT = [
    (generating.units, -64 * math.log(127.5)),
    (generating.units, 64 * torch.log(torch.tensor(2 / 255))),
    (generating.units, -310.3),
    (generating.units, torch.tensor([-310.28])),
    (generating.units, np.float64(-310.28)),
    *((generating.bright, f) for f in (bright_root, bright_flipped, bright_numpy, bright_loop)),
    *((generating.export, f) for f in (export_permute, export_numpy, export_stack)),
    *((generating.log_density, f) for f in (density_vectorised, density_library)),
    *((generating.log_density, f) for f in (density_loop, density_numpy)),
    *((generating.encode, f) for f in (encode_matmul, encode_einsum, encode_solve)),
    (generating.cheat, (1e-20, "b")),
    (generating.cheat, [1e-18, " B "]),
    (generating.cheat, (1e-160, "(b)")),
    (generating.cheat, (1e-20, "b)")),
    (generating.kernel_width, 0.7),
    (generating.kernel_width, torch.tensor(0.75)),
    (generating.kernel_width, 0.65),
]


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Correct. ")


@pytest.mark.equation("GEN.9")
def test_the_log_density_of_independent_gaussian_pixels():
    x, mean = torch.randn(5, 64), torch.randn(64)
    std = torch.rand(64) + 0.1
    expected = torch.distributions.Normal(mean, std).log_prob(x).sum(1)
    torch.testing.assert_close(log_gaussian(x, mean, std), expected)


EXERCISES = [
    (generating.units, 2),
    (generating.bright, 2),
    (generating.export, 2),
    (generating.log_density, 2),
    (generating.encode, 2),
    (generating.cheat, 2),
    (generating.kernel_width, 2),
]


@pytest.mark.parametrize(("check", "hints"), EXERCISES)
def test_stubs_and_hints(capsys, check, hints):
    assert_stubs_and_hints(capsys, check, hints)


@pytest.mark.parametrize("check", [check for check, _ in EXERCISES])
@pytest.mark.parametrize("answer", ["nonsense", None, float("nan"), lambda *args: 1 / 0])
def test_nonsense_is_not_quite_and_never_raises(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Not quite. ")


def test_an_exception_is_reported_with_its_text(capsys):
    def broken(x, mean, std):
        raise RuntimeError("sizes do not match")

    assert "RuntimeError: sizes do not match" in said(capsys, generating.log_density, broken)
