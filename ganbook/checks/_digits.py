"""Densities of the small digits, as in the chapter "What does it mean to generate an image?"."""

import math
from functools import cache

import torch

from ganbook.data import load, to_float


@cache
def digits():
    """Training and unseen digits as exact grey levels in [-1, 1]: (1500, 64), (297, 64) float64."""
    splits = (load("digits", size=8, split=split).images for split in ("train", "test"))
    return tuple((to_float(part).flatten(1).double() * 8).round() / 8 for part in splits)


def log_gaussian(x, mean, std):
    """Log-density, in nats, of images (B, d) under independent Gaussian pixels: (B,)."""
    return -0.5 * (((x - mean) / std) ** 2 + torch.log(2 * math.pi * std**2)).sum(1)


def kernel_scores(h: float) -> list[float]:
    """Mean nats of training and unseen digits, with kernels of width h times the pixels' stds."""
    g = torch.Generator().manual_seed(0)
    splits = [x + (torch.rand(x.shape, generator=g) - 0.5) / 8 for x in digits()]
    learn, std = splits[0], splits[0].std(0)
    squares = (torch.cdist(x / std, learn / std).square() for x in splits)
    constant = (h * std * math.sqrt(2 * math.pi)).log().sum() + math.log(len(learn))
    return [(torch.logsumexp(-s / (2 * h**2), 1) - constant).mean().item() for s in squares]
