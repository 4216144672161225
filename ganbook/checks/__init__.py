"""Exercise verdicts, one file a chapter: `checks.<chapter>.<exercise>(answer)` prints a verdict."""

from ganbook.checks import (
    cyclegan,
    dcgan,
    evaluation,
    gan_theory,
    generating,
    losses,
    stability,
    style,
    vae,
    vqvae,
)

__all__ = [
    "cyclegan",
    "dcgan",
    "evaluation",
    "gan_theory",
    "generating",
    "losses",
    "stability",
    "style",
    "vae",
    "vqvae",
]
