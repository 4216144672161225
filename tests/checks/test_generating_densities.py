"""The exercises of "What does it mean to generate an image?": mistakes with densities and noise.

Each comes with a few words of the message that names it.
"""

import math

import pytest
import torch
from verdicts import said

from ganbook.checks import generating


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


def normal(x, mean, std):
    return torch.exp(-(((x - mean) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))


def density_loop(x, mean, std):
    rows = normal(x.double(), mean, std).tolist()
    return [sum(math.log(pixel) for pixel in row) for row in rows]


def density_half_of_squares(x, mean, std):
    return -(0.5 * ((x - mean) / std) ** 2 + (2 * math.pi * std**2).log()).sum(1)


def density_one_constant(x, mean, std):
    pixels = -0.5 * ((x - mean) / std) ** 2 - std.log()
    return pixels.sum(1) - 0.5 * math.log(2 * math.pi)


def encode_mirrored(x, mean, V, eigenvalues):
    return (mean - x) @ V / eigenvalues.sqrt()


def encode_batch_mean(x, mean, V, eigenvalues):
    return (x - x.mean(0, keepdim=True)) @ V / eigenvalues.sqrt()


def encode_eigenvalues(x, mean, V, eigenvalues):
    return (x - mean) @ V * eigenvalues


def encode_columns(x, mean, V, eigenvalues):
    return V.T @ (x - mean).T / eigenvalues.sqrt()[:, None]


MISTAKES = [
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
    (generating.encode, encode_unscaled, "Not scaled yet"),
    (generating.encode, encode_transposed, "V is transposed"),
    (generating.log_density, lambda *a: normal(*a).prod(1).log(), "add logs instead"),
    (generating.log_density, lambda *a: normal(*a).log().sum(1), "use GEN.9"),
    (generating.log_density, density_loop, "work with logs from the start"),
    (generating.log_density, lambda *a: normal(*a).prod(1), "density itself"),
    (generating.log_density, lambda *a: normal(*a).log(), "logs of single pixels"),
    (generating.log_density, lambda *a: normal(*a).log().sum(0), "sum over pixels"),
    (generating.log_density, lambda *a: normal(*a).log().sum(1).mean(), "mean over the batch"),
    (generating.log_density, density_half_of_squares, "as well as to the squares"),
    (generating.log_density, density_one_constant, "belongs to each pixel"),
    (generating.encode, encode_mirrored, "not mean - x"),
    (generating.encode, encode_batch_mean, "batch's own mean"),
    (generating.encode, encode_eigenvalues, "Multiplied by the eigenvalues"),
    (generating.encode, encode_columns, "rows are images"),
]


@pytest.mark.parametrize(("check", "answer", "words"), MISTAKES)
def test_classic_mistakes_are_named(capsys, check, answer, words):
    verdict = said(capsys, check, answer)
    assert verdict.startswith("Not quite. ")
    assert words in verdict
