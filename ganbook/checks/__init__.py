"""Exercise verdicts, one file a chapter: `checks.<chapter>.<exercise>(answer)` prints a verdict."""

from ganbook.checks import dcgan, evaluation, gan_theory, generating, losses, stability

__all__ = ["dcgan", "evaluation", "gan_theory", "generating", "losses", "stability"]
