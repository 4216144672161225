"""The exercises of "What does it mean to generate an image?": right answers, and classic mistakes.

The answers are written as learners write them, independently of the checks' own references.
"""

import math

import numpy as np
import pytest
import torch

from ganbook.checks import generating
from ganbook.checks._digits import log_gaussian


def said(capsys, check, answer=..., **kwargs) -> str:
    check(answer, **kwargs)
    return capsys.readouterr().out


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
            density = math.exp(-((value - m) ** 2) / (2 * s * s)) / (s * math.sqrt(2 * math.pi))
            total += math.log(density)
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
    (generating.units, -310.2),
    *((generating.bright, f) for f in (bright_root, bright_flipped, bright_numpy, bright_loop)),
    *((generating.export, f) for f in (export_permute, export_numpy, export_stack)),
    *((generating.log_density, f) for f in (density_vectorised, density_library)),
    *((generating.log_density, f) for f in (density_loop, density_numpy)),
    *((generating.encode, f) for f in (encode_matmul, encode_einsum, encode_solve)),
    (generating.cheat, (1e-20, "b")),
    (generating.cheat, [1e-18, " B "]),
    (generating.kernel_width, 0.7),
    (generating.kernel_width, torch.tensor(0.75)),
]


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Correct. ")


# --- classic mistakes, each with a few words of the message that names it ---


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


def density_sign(x, mean, std):
    return (0.5 * ((x - mean) / std) ** 2 + std.log() + 0.5 * math.log(2 * math.pi)).sum(1)


def density_no_two_pi(x, mean, std):
    return (-0.5 * ((x - mean) / std) ** 2 - std.log()).sum(1)


def density_mean(x, mean, std):
    return torch.distributions.Normal(mean, std).log_prob(x).mean(1)


def density_std_for_variance(x, mean, std):
    return (-0.5 * (x - mean) ** 2 / std - 0.5 * torch.log(2 * math.pi * std)).sum(1)


def density_unsquared_std(x, mean, std):
    return (-((x - mean) ** 2) / (2 * std) - torch.log(std * math.sqrt(2 * math.pi))).sum(1)


def density_total(x, mean, std):
    return torch.distributions.Normal(mean, std).log_prob(x).sum()


def density_squares_only(x, mean, std):
    return -(((x - mean) / std) ** 2).sum(1) / 2


def encode_no_mean(x, mean, V, eigenvalues):
    return (x @ V) / torch.sqrt(eigenvalues)


def encode_variances(x, mean, V, eigenvalues):
    return ((x - mean) @ V) / eigenvalues


def encode_multiplied(x, mean, V, eigenvalues):
    return ((x - mean) @ V) * eigenvalues.sqrt()


def encode_unscaled(x, mean, V, eigenvalues):
    return (x - mean) @ V


def encode_transposed(x, mean, V, eigenvalues):
    return (V @ (x - mean).T).T / eigenvalues.sqrt()


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
    (generating.log_density, density_sign, "*negative*"),
    (generating.log_density, density_no_two_pi, "log(2π) is missing"),
    (generating.log_density, density_mean, "mean over pixels"),
    (generating.log_density, density_std_for_variance, "as if it were the variance"),
    (generating.log_density, density_unsquared_std, "divided by the std"),
    (generating.log_density, density_total, "Summed over images"),
    (generating.log_density, density_squares_only, "Only the squares"),
    (generating.encode, encode_no_mean, "mean has not been subtracted"),
    (generating.encode, encode_variances, "Divided by variances"),
    (generating.encode, encode_multiplied, "Scaled as forwards"),
    (generating.encode, encode_unscaled, "not scaled"),
    (generating.encode, encode_transposed, "V is transposed"),
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
]


@pytest.mark.parametrize(("check", "answer", "words"), MISTAKES)
def test_classic_mistakes_are_named(capsys, check, answer, words):
    verdict = said(capsys, check, answer)
    assert verdict.startswith("Not quite. ")
    assert words in verdict


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
    def stub(*args): ...

    for untouched in (..., stub):
        assert said(capsys, check, untouched).startswith("Not attempted yet.")
    for hint in range(1, hints + 1):
        assert said(capsys, check, hint=hint).startswith(f"Hint {hint} of {hints}: ")


@pytest.mark.parametrize("check", [check for check, _ in EXERCISES])
@pytest.mark.parametrize("answer", ["nonsense", None, float("nan"), lambda *args: 1 / 0])
def test_nonsense_is_not_quite_and_never_raises(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Not quite. ")


def test_an_exception_is_reported_with_its_text(capsys):
    def broken(x, mean, std):
        raise RuntimeError("sizes do not match")

    assert "RuntimeError: sizes do not match" in said(capsys, generating.log_density, broken)
