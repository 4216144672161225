"""Verdicts for the exercises of the chapter on style transfer and compositing."""

from ganbook.checks._style_adain import adain
from ganbook.checks._style_bent import bent_object
from ganbook.checks._style_gram import gram_matrix
from ganbook.checks._style_keeps import gram_forgets
from ganbook.checks._style_loss import style_loss
from ganbook.checks._style_poisson import poisson
from ganbook.checks._style_race import adam_or_lbfgs
from ganbook.checks._style_slope import style_slope

__all__ = [
    "adain",
    "adam_or_lbfgs",
    "bent_object",
    "gram_forgets",
    "gram_matrix",
    "poisson",
    "style_loss",
    "style_slope",
]
