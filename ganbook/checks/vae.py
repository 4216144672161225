"""Verdicts for the exercises of the chapter on variational autoencoders."""

from ganbook.checks._vae_beta import silent_beta
from ganbook.checks._vae_bound import importance_bound
from ganbook.checks._vae_encoder import best_encoder
from ganbook.checks._vae_kl import gaussian_kl
from ganbook.checks._vae_loss import loss_of_vae
from ganbook.checks._vae_mix import mix
from ganbook.checks._vae_runs import seven_slips
from ganbook.checks._vae_sample import reparametrise

__all__ = [
    "best_encoder",
    "gaussian_kl",
    "importance_bound",
    "loss_of_vae",
    "mix",
    "reparametrise",
    "seven_slips",
    "silent_beta",
]
