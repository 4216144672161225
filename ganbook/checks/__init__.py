"""Exercise verdicts, one file a chapter: `checks.<chapter>.<exercise>(answer)` prints a verdict."""

from ganbook.checks import dcgan, evaluation, gan_theory, generating, losses, stability, vae, vqvae

__all__ = ["dcgan", "evaluation", "gan_theory", "generating", "losses", "stability", "vae", "vqvae"]
