"""Verdicts for the exercises of the chapter "Six games"."""

from ganbook.checks._losses_blind import blind_spot
from ganbook.checks._losses_clip import clip
from ganbook.checks._losses_earth import earth
from ganbook.checks._losses_logits import from_logits
from ganbook.checks._losses_penalty import gradient_penalty
from ganbook.checks._losses_r1 import r1
from ganbook.checks._losses_runs import relativistic_slips
from ganbook.checks._losses_slopes import who_learns
from ganbook.checks._losses_smoothing import smoothing

__all__ = [
    "blind_spot",
    "clip",
    "earth",
    "from_logits",
    "gradient_penalty",
    "r1",
    "relativistic_slips",
    "smoothing",
    "who_learns",
]
