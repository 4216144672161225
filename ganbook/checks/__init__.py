"""Exercise verdicts, one file a chapter: `checks.<chapter>.<exercise>(answer)` prints a verdict."""

from ganbook.checks import gan_theory, generating

__all__ = ["gan_theory", "generating"]
