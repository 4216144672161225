"""Exercise verdicts, one file a chapter: `checks.<chapter>.<exercise>(answer)` prints a verdict."""

from ganbook.checks import dcgan, gan_theory, generating

__all__ = ["dcgan", "gan_theory", "generating"]
