"""Verdicts for the exercises of the chapter on vector-quantised autoencoders."""

from ganbook.checks._vqvae_average import moving_average
from ganbook.checks._vqvae_leak import leak
from ganbook.checks._vqvae_losses import two_losses
from ganbook.checks._vqvae_nearest import nearest_codes
from ganbook.checks._vqvae_numbers import bits, four_slopes
from ganbook.checks._vqvae_prior import sample_codes
from ganbook.checks._vqvae_starts import starts
from ganbook.checks._vqvae_straight import straight_through

__all__ = [
    "bits",
    "four_slopes",
    "leak",
    "moving_average",
    "nearest_codes",
    "sample_codes",
    "starts",
    "straight_through",
    "two_losses",
]
