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

RATES, STEPS = (0.1, 0.5, 1.0), (200, 40, 20)
GROWTH_MISTAKES = (
    (lambda r, n: (1 + r**2) ** n, "That is the factor of the *squared* distance: take its root."),
    (lambda r, n: math.sqrt(1 + r**2), "That is one step: the factors of all steps multiply."),
    (lambda r, n: 1 + n * (math.sqrt(1 + r**2) - 1), "Growth is not added up: the factors of the "
     "steps multiply."),
    (lambda r, n: n * math.sqrt(1 + r**2), "Growth is not added up: the factors multiply."),
    (lambda r, n: 1 + n * r**2 / 2, "Growth is not added up: the factors of the steps multiply."),
    (lambda r, n: 1, "It would stay on a circle if the steps were infinitely small: "
     "draw one."),
    (lambda r, n: (1 + r) ** n, "The step is at right angles to the way from the centre: "
     "Pythagoras."),
    (lambda r, n: (1 - r) ** n, "The step is at right angles to the way from the centre: "
     "Pythagoras."),
    (lambda r, n: (1 + r**2) ** (-n / 2), "The sign: the point moves outwards, not inwards."),
    (lambda r, n: max(1 - r**2, 0) ** (n / 2), "The sign: the point moves outwards, not inwards."),
    (lambda r, n: (1 + r**2 / 2) ** n, "A step's factor 1 + rate²/2 is right for small rates only: "
     "it is the start of a series."),
    (lambda r, n: math.exp(n * r**2 / 2), "A step's factor exp(rate²/2) is right for small rates "
     "only."),
    (lambda r, n: (1 + r**2) ** (n / 2) - 1, "That is what is added: as factors, 1 is no change."),
    (lambda r, n: 100 * (1 + r**2) ** (n / 2), "That is in per cent: as factors, 1 is no change."),
    (lambda r, n: 100 * ((1 + r**2) ** (n / 2) - 1), "That is what is added, in per cent: as "
     "factors, 1 is no change."),
    (lambda r, n: math.exp(n * r), "Nothing is continuous here: straight steps, each at right "
     "angles to the way from the centre. Pythagoras."),
)  # fmt: skip


@exercise(
    why="The same way in smaller steps leads less far out, but out it leads, at every rate.",
    hints=(
        "One step multiplies the distance by the root of 1 + rate². And the next one?",
        "After n steps: (1 + rate²) to the power of n / 2.",
    ),
)
def growth(answer):
    """The factors by which 200, 40, 20 simultaneous steps at 0.1, 0.5, 1 grow the distance."""
    given = numbers(answer, len(RATES))
    right = [(1 + r**2) ** (n / 2) for r, n in zip(RATES, STEPS, strict=True)]
    wrong = [i for i in range(len(RATES)) if not alike(given[i], right[i])]
    if not wrong:
        return
    first = wrong[0]
    said = f"For {STEPS[first]} steps at the rate {RATES[first]:g} you predict {given[first]:.4g}."
    for mistake, message in GROWTH_MISTAKES:
        made = [float(mistake(r, n)) for r, n in zip(RATES, STEPS, strict=True)]
        if all(map(alike, given, made)):
            raise NotQuite(f"{said} {message}")
    if all(map(alike, sorted(given), sorted(right))):
        raise NotQuite(f"{said} The numbers are right, in another order than the rates.")
    rough = all(alike(number, want, 0.06) for number, want in zip(given, right, strict=True))
    raise NotQuite(f"{said} {'Three digits are asked for.' if rough else ''}".rstrip())


def alike(number, want, within=5e-3) -> bool:
    return abs(number - want) <= within * abs(want)


# Exercise 4


def orbit(h, k, x, y, *, first="x", rounds=60):
    """Return the points (rounds, 2) of alternating updates, x before y or y before x."""
    points = []
    for _ in range(rounds):
        points.append((x, y))
        if first == "x":
            x = x - h * y
            y = y + k * x
        else:
            y = y + k * x
            x = x - h * y
    return points


def change(answer, h, k, first="x", **options):
    """Return how much an answer changes along three orbits, and how much it differs among them."""
    starts = ((1.0, 0.0), (0.5, 2.0), (-3.0, 1.0))
    rows = [
        [float(answer(*point, h, k)) for point in orbit(h, k, *start, first=first, **options)]
        for start in starts
    ]
    table = torch.tensor(rows, dtype=torch.float64)
    return (table - table[:, :1]).abs().max().item(), table[:, 0].std().item()


INVARIANT_MISTAKES = (
    (lambda x, y, h, k: k * x * x + h * y * y, "That is kept only where steps are infinitely "
     "small: a mixed term, smaller by a rate, has to be added."),
    (lambda x, y, h, k: x * x + y * y, "Not even infinitely small steps keep x² + y² where the "
     "rates differ: which squares, weighed how, would they keep?"),
    (lambda x, y, h, k: x * x + y * y - h * x * y, "That is right at equal rates only."),
    (lambda x, y, h, k: x * x + y * y - k * x * y, "That is right at equal rates only."),
    (lambda x, y, h, k: x * x + y * y - (h + k) / 2 * x * y, "That is right at equal rates only."),
    (lambda x, y, h, k: x * x + y * y - math.sqrt(h * k) * x * y, "That is right at equal rates "
     "only."),
    (lambda x, y, h, k: k * x * x + h * y * y + h * k * x * y, "That is kept where y moves first; "
     "here x does: the sign of the mixed term."),
    (lambda x, y, h, k: h * x * x + k * y * y - h * k * x * y, "The two rates are exchanged: the "
     "coordinate that moves faster goes further out, and so weighs less."),
    (lambda x, y, h, k: k * x * x + h * y * y - 2 * h * k * x * y, "The mixed term is counted "
     "twice."),
    (lambda x, y, h, k: x * y, "That is the value of the game: it swings around 0."),
)  # fmt: skip


@exercise(
    why="The orbit is an ellipse as long as h k < 4: taking turns neither settles nor runs away.",
    hints=(
        "Try a x² + b y² + c x y, and put x - h y and y + k (x - h y) in place of x and y.",
        "The terms in x² of the new value are a + b k² + c k: that must be a again.",
    ),
)
def invariant(answer):
    """A function of x, y, h and k that keeps its value under alternating updates, x first."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    for h, k in ((0.2, 0.2), (0.1, 0.7), (1.5, 0.4)):
        moved, apart = change(answer, h, k)
        if not math.isfinite(moved) or not math.isfinite(apart):
            raise NotQuite(
                f"At the rates {h:g} and {k:g} it is not finite everywhere on the orbits."
            )
        if apart < 1e-6:
            raise NotQuite("It is the same number everywhere: that says nothing about the orbit.")
        if moved > 1e-4 * max(apart, 1e-3):
            start, later = (float(answer(*p, h, k)) for p in orbit(h, k, 1.0, 0.0)[:2])
            said = f"At the rates {h:g} and {k:g} it begins with {start:.4g} at (1, 0), is"
            said += f" {later:.4g} after one update of both, and changes by up to {moved:.3g}."
            raise NotQuite(f"{said} {slip(answer)}".rstrip())


def slip(answer) -> str:
    """Name an invariant that is none."""
    points = [
        (1.0, 0.0, 0.2, 0.3),
        (0.5, 2.0, 0.7, 0.1),
        (-3.0, 1.0, 1.5, 0.4),
        (0.3, 1.0, 0.9, 2.0),
    ]
    found = [float(answer(*p)) for p in points]
    for wrong, message in INVARIANT_MISTAKES:
        values = [wrong(*p) for p in points]
        scales = ([c] * 4 for c in (1, -1, 0.5, 2))
        by_rates = [1 / (h * k) for *_, h, k in points]  # x²/h + y²/k in place of k x² + h y²
        for scale in (*scales, by_rates):
            if same(found, [c * v for c, v in zip(scale, values, strict=True)], 1e-6):
                return message
    if change(answer, 0.7, 0.7)[0] < 1e-4:
        return "That is right at equal rates only."
    if change(answer, 0.1, 0.7, first="y")[0] < 1e-4:
        return "That is kept where y moves first; here x does."
    return ""
