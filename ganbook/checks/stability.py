"""Verdicts for the exercises of the chapter on stability."""

import math

import torch

from ganbook.checks._evaluation_numbers import numbers
from ganbook.checks._stability_ema import ema
from ganbook.checks._stability_noise import noisy_logits
from ganbook.checks._stability_patients import patients
from ganbook.checks._stability_settle import settle
from ganbook.checks._stability_spectral import spectral_norm
from ganbook.checks._stability_step import repair
from ganbook.checks._verdict import NotQuite, exercise, same, show

__all__ = [
    "ema",
    "growth",
    "invariant",
    "noisy_logits",
    "patients",
    "repair",
    "settle",
    "spectral_norm",
]

# Exercise 1

RATES = (0.1, 0.5, 1.0)
GROWTH_MISTAKES = (
    (lambda r: 1 + r**2, "That is the factor of the *squared* distance: take its root."),
    (lambda r: 1, "It would stay on a circle if the steps were infinitely small. Draw one step."),
    (lambda r: 1 + r, "The step stands at right angles to the way from the centre: Pythagoras."),
    (lambda r: 1 - r, "The step stands at right angles to the way from the centre: Pythagoras."),
    (lambda r: math.sqrt(max(1 - r**2, 0)), "The sign: the point moves outwards, not inwards."),
    (lambda r: 1 - r**2, "The sign: the point moves outwards, not inwards."),
    (lambda r: 1 + r**2 / 2, "That is right for small rates only: it is the start of a series."),
    (math.exp, "Nothing is continuous here: one straight step, at right angles. Pythagoras."),
    (lambda r: r, "That is the length of the step; how far out does it end?"),
    (lambda r: math.sqrt(1 + r), "The step is as long as the rate times the distance: square it."),
    (lambda r: 1 + 2 * r**2, "x and y change at once, each by the rate: 1 + rate², once."),
)  # fmt: skip


@exercise(
    why="Each step is a tangent, so it ends outside the circle, however small the rate.",
    hints=(
        "From (1, 0) one step leads to (1 - rate · 0, 0 + rate · 1). How far out is that?",
        "(x - r y)² + (y + r x)² = (1 + r²)(x² + y²).",
    ),
)
def growth(answer):
    """The factors by which one simultaneous step at the rates 0.1, 0.5, 1 grows the distance."""
    given = numbers(answer, len(RATES))
    right = [math.sqrt(1 + r**2) for r in RATES]
    wrong = [i for i in range(len(RATES)) if not same(given[i], right[i], 6e-4)]
    if not wrong:
        return
    first = wrong[0]
    said = f"For the rate {RATES[first]:g} you predict {given[first]:.4g}."
    for mistake, message in GROWTH_MISTAKES:
        if all(
            same(number, float(mistake(r)), 6e-4) for number, r in zip(given, RATES, strict=True)
        ):
            raise NotQuite(f"{said} {message}")
    if same(sorted(given), sorted(right), 6e-4):
        raise NotQuite(f"{said} The numbers are right, in another order than the rates.")
    close = all(same(number, want, 0.02) for number, want in zip(given, right, strict=True))
    raise NotQuite(f"{said} {'Three decimals are asked for.' if close else ''}".rstrip())


# Exercise 4


def orbit(rate, x, y, *, first="x", rounds=60):
    """Return the points (rounds, 2) of alternating updates, x before y or y before x."""
    points = []
    for _ in range(rounds):
        points.append((x, y))
        if first == "x":
            x = x - rate * y
            y = y + rate * x
        else:
            y = y + rate * x
            x = x - rate * y
    return points


def change(answer, rate, first="x", **options):
    """Return how much an answer changes along three orbits, and how much it differs among them."""
    starts = ((1.0, 0.0), (0.5, 2.0), (-3.0, 1.0))
    rows = [
        [float(answer(*point, rate)) for point in orbit(rate, *start, first=first, **options)]
        for start in starts
    ]
    table = torch.tensor(rows, dtype=torch.float64)
    return (table - table[:, :1]).abs().max().item(), table[:, 0].std().item()


INVARIANT_MISTAKES = (
    (lambda x, y, r: x * x + y * y, "x² + y² is kept only where steps are infinitely small: what "
     "has to be added is of the order of the rate."),
    (lambda x, y, r: math.hypot(x, y), "The distance is kept only where steps are infinitely "
     "small: what has to be added to its square is of the order of the rate."),
    (lambda x, y, r: x * x + y * y + r * x * y, "That is kept where y moves first; here x does: "
     "the sign of the mixed term."),
    (lambda x, y, r: x * x + y * y - r * r * x * y, "The rate enters once, not squared."),
    (lambda x, y, r: x * x + y * y - 2 * r * x * y, "The mixed term is counted twice."),
    (lambda x, y, r: x * y, "That is the value of the game: it swings around 0."),
    (lambda x, y, r: (1 + r * r) * (x * x + y * y), "That is what *simultaneous* steps make of "
     "x² + y²."),
)  # fmt: skip


@exercise(
    why="The orbit is an ellipse, for rates below 2: taking turns neither settles nor runs away.",
    hints=(
        "Try x² + y² + c x y, and put x - r y and y + r (x - r y) in place of x and y.",
        "The terms in x² of the new value are 1 + r² + c r: which c makes that 1?",
    ),
)
def invariant(answer):
    """A function of x, y and rate that keeps its value under alternating updates, x first."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    for rate in (0.2, 0.7, 1.5):
        moved, apart = change(answer, rate)
        if not math.isfinite(moved) or not math.isfinite(apart):
            raise NotQuite(f"At the rate {rate:g} it is not finite everywhere on the orbits.")
        if apart < 1e-6:
            raise NotQuite("It is the same number everywhere: that says nothing about the orbit.")
        if moved > 1e-4 * max(apart, 1e-3):
            start, later = (float(answer(*p, rate)) for p in orbit(rate, 1.0, 0.0)[:2])
            raise NotQuite(
                f"At the rate {rate:g} it begins with {start:.4g} at (1, 0), is {later:.4g} after "
                f"one update of both, and changes by up to {moved:.3g}. {slip(answer)}".rstrip()
            )


def slip(answer) -> str:
    """Name an invariant that is none."""
    points = [(1.0, 0.0, 0.2), (0.5, 2.0, 0.7), (-3.0, 1.0, 1.5), (0.3, -0.4, 0.9)]
    found = [float(answer(*p)) for p in points]
    for wrong, message in INVARIANT_MISTAKES:
        values = [wrong(*p) for p in points]
        if any(same(found, [c * v for v in values], 1e-6) for c in (1, -1, 0.5, 2)):
            return message
    if change(answer, 0.7, first="y")[0] < 1e-4:
        return "That is kept where y moves first; here x does."
    return ""
