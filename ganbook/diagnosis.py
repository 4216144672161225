"""What the history of a GAN's training looks like, in words, and what to try.

The first of the signs in `ganbook.signs` that is seen decides. Curves are no samples: nothing here
sees a checkerboard, a blur, or lost modes as long as the fakes still span the data.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from ganbook.series import late
from ganbook.signs import SIGNS, balance

LEAST = 20  # records
TOO_STRONG = (
    "R1 on the discriminator; a lower learning rate for it, or a higher one for the generator; "
    "instance noise; with few images, augmentation."
)
WORDS = {  # condition: (how it looks, what to try)
    "healthy": (
        "healthy",
        "to look at the samples, with the averaged weights too: curves do not show everything.",
    ),
    "diverged": (
        "diverged",
        "lower learning rates; a bound on the critic, by a gradient penalty, spectral norm or R1; "
        "gradients clipped by norm; losses over raw logits; bfloat16 in place of float16.",
    ),
    "wrong sign": (
        "like a sign turned round, or labels exchanged",
        "to read both losses: does each player's go down when it does better?",
    ),
    "saturated": (
        "saturated",
        "the non-saturating loss, -log D(fake), for the generator; then, if it stays behind, "
        + TOO_STRONG,
    ),
    "overpowered discriminator": (
        "as if the discriminator were too strong",
        TOO_STRONG,
    ),
    "weak discriminator": (
        "as if the discriminator were too weak",
        "a higher learning rate for it; a wider or deeper one; a smaller penalty, or wider bounds "
        "for clipped weights. Is it updated at all?",
    ),
    "collapsed": (
        "collapsed",
        "a discriminator that keeps up: a higher learning rate, or more steps, for it than for the "
        "generator; R1 on it; a larger batch; a relativistic game.",
    ),
    "oscillating": (
        "like an oscillation",
        "less momentum (Adam's first beta at 0.5 or 0); lower learning rates; R1 or R2; and the "
        "averaged weights, which the swings leave in the middle.",
    ),
    "too short": ("too short to judge", "a longer run, or a smaller log_every."),
}
CONDITIONS = tuple(WORDS)


class Diagnosis(NamedTuple):
    """What a history looks like; `str()` makes sentences of it."""

    condition: str  # one of CONDITIONS
    evidence: str  # the numbers that decided
    advice: str  # what to try

    def __str__(self):
        return f"This looks {WORDS[self.condition][0]}. {self.evidence}\nTry: {self.advice}"


def diagnose(history: dict[str, list[float]]) -> Diagnosis:
    """Name what a history (as `training.fit` returns it) looks like, and say what to try.

    It reads `d_loss` and `g_loss`, and, where they are there, `d_real` and `d_fake`, the means of
    sigmoid(D) over real images and fakes, and `spread`, the standard deviation of the fakes over
    that of the real images. Raises ValueError if a loss is missing or the lengths differ.
    """
    series = read(history)
    records = len(series["d_loss"])
    if records < LEAST:
        evidence = f"There are {records} records, and {LEAST} are the least to judge from."
        return Diagnosis("too short", evidence, WORDS["too short"][1])
    missing = [name for name in ("d_real", "d_fake", "spread") if name not in series]
    note = f" Without {' or '.join(missing)} not every condition can be seen." if missing else ""
    for condition, names, sign in SIGNS:
        if set(names) <= series.keys() and (evidence := sign(*(series[name] for name in names))):
            return Diagnosis(condition, evidence + note, WORDS[condition][1])
    return Diagnosis("healthy", balance(**series) + note, WORDS["healthy"][1])


def read(history) -> dict[str, Tensor]:
    """Return the known values of a history as float64 tensors of one length."""
    if not isinstance(history, dict) or not {"d_loss", "g_loss"} <= history.keys():
        found = sorted(history) if isinstance(history, dict) else type(history).__name__
        raise ValueError(f"expected a history with d_loss and g_loss, got {found}")
    series = {
        name: torch.as_tensor(history[name], dtype=torch.float64)
        for name in ("step", "d_loss", "g_loss", "d_real", "d_fake", "spread")
        if name in history
    }
    if len({tuple(values.shape) for values in series.values()}) > 1:
        lengths = {name: tuple(values.shape) for name, values in series.items()}
        raise ValueError(f"expected as many records of each value, got {lengths}")
    if "spread" in series and not late(series["spread"]).isfinite().all():
        del series["spread"]
    return series
