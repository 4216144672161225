"""Verdicts for the exercises of the chapter "Judging generators"."""

import math
from functools import partial

from ganbook.checks._evaluation_collapse import unseen_collapse
from ganbook.checks._evaluation_frechet import frechet_distance
from ganbook.checks._evaluation_inception import inception_score
from ganbook.checks._evaluation_kernel import kernel_distance
from ganbook.checks._evaluation_numbers import compare_numbers, numbers, slips
from ganbook.checks._evaluation_precision import precision_recall
from ganbook.checks._evaluation_rivals import fair_verdict
from ganbook.checks._verdict import NotQuite, exercise, same

__all__ = [
    "fair_verdict",
    "four_scores",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "precision_recall",
    "sampling_price",
    "unseen_collapse",
]

# Exercise 1: ten classes, a classifier that is sure of every picture and unsure of all noise

SCORES = {
    "A": (10, (
        (1, "The pictures show ten classes, and each is sure of its own."),
        (0, "The score never looks at the training set: it cannot see that it was copied."),
    )),
    "B": (4, (
        (10, "Each picture is sure of its class, but p(y), the mean over pictures, has only four."),
        (6, "6 is the number of classes missing; the score counts those shown."),
        (2.5, "10 / 4 turns it over: p(y) is 1/4 for each of the four, and KL is log 4."),
        (0.4, "The score is no share: it counts classes."),
    )),
    "C": (10, (
        (1, "One picture a *class*: ten classes, each sure. Variety within a class is not seen."),
        (0, "One picture a *class*: ten classes, each sure. Variety within a class is not seen."),
    )),
    "D": (math.sqrt(10), (
        (5, "Half of 10? The mean is taken of the KLs, log 10 and 0, before the exponential."),
        (5.5, "That is the mean of 10 and 1: the mean is taken of KLs, before the exponential."),
        (10, "Noise leaves the classifier unsure: its KL is 0, and pulls the mean down."),
        (1, "Only half of them are noise."),
    )),
}  # fmt: skip


@exercise(
    why="A copy of the training set and ten pictures for ever share one score, the highest.",
    hints=(
        "A picture's KL(p(y|x), p(y)): first write down p(y) for each generator.",
        "If each picture is sure of its class and c classes are even, every KL is log c. The KL of "
        "a noise picture is 0 if p(y) is even. The score is exp of the mean.",
    ),
)
def four_scores(answer):
    """The Inception scores of the generators A, B, C and D, in that order."""
    given = numbers(answer, len(SCORES))
    if all(same(number, math.log(right), 0.01)
           for number, (right, _) in zip(given, SCORES.values(), strict=True)):  # fmt: skip
        raise NotQuite("Those are the mean KLs, in nats; the score is their exponential.")
    for number, (name, (right, mistakes)) in zip(given, SCORES.items(), strict=True):
        if not abs(number - right) <= 0.005:
            found = (message for wrong, message in mistakes if same(number, wrong, 0.005))
            message = next(found, in_general(number, right))
            raise NotQuite(f"For {name} you predict {number:.4g}. {message}".rstrip())


def in_general(number: float, right: float) -> str:
    """Name a wrong score that is the same slip for every generator."""
    if same(number, math.log(right), 0.01):
        return "That is the mean KL; the score is its exponential."
    if same(number, math.log2(right), 0.01):
        return "That is the mean KL in bits; the score is its exponential, or here 2 to its power."
    if abs(number - right) < 0.05:
        return "That is close, but for the rounding: two decimals are asked for."
    if number < 1:
        return "No score is below 1: a mean KL is never negative."
    if number > 10:
        return "The score is at most the number of classes."
    return ""


# Exercise 2


def price(s, n, m, *, parts="both", samples="both", scale="s²", whole="plain"):
    """Return the expected Fréchet distance of n and m draws from one normal distribution."""
    return WHOLES[whole](SCALES[scale](s) * PARTS[parts](s) * SAMPLES[samples](n, m))


PARTS = {
    "both": lambda s: 1 + 1 / 2,
    "means": lambda s: 1,
    "spreads": lambda s: 1 / 2,
    "quarter": lambda s: 1 + 1 / 4,
    "no half": lambda s: 2,
    "variances": lambda s: 1 + 2 * s**2,
}
SAMPLES = {
    "both": lambda n, m: 1 / n + 1 / m,
    "none": lambda n, m: 0.0,
    "x": lambda n, m: 1 / n,
    "y": lambda n, m: 1 / m,
    "two of x": lambda n, m: 2 / n,
    "two of y": lambda n, m: 2 / m,
    "pooled": lambda n, m: 1 / (n + m),
    "two pooled": lambda n, m: 2 / (n + m),
    "mean size": lambda n, m: 4 / (n + m),
    "difference": lambda n, m: abs(1 / n - 1 / m),
    "product": lambda n, m: 1 / (n * m),
    "roots": lambda n, m: n**-0.5 + m**-0.5,
    "roots, squared": lambda n, m: (n**-0.5 + m**-0.5) ** 2,
    "roots, difference squared": lambda n, m: (n**-0.5 - m**-0.5) ** 2,
}
SCALES = {"s²": lambda s: s**2, "s": lambda s: s, "s⁴": lambda s: s**4, "1": lambda s: 1.0}
WHOLES = {"plain": lambda price: price, "root": lambda price: price**0.5}
ONE_SAMPLE = "Both samples scatter: 1/n for the one, 1/m for the other."
ONE_SIZE = "The sizes differ: each sample scatters by its own."
PRICE_MISTAKES = slips(
    price,
    samples={
        "both": "",
        "none": "The distributions are equal, and their distance is 0; those of samples are not.",
        "x": ONE_SAMPLE,
        "y": ONE_SAMPLE,
        "two of x": ONE_SIZE,
        "two of y": ONE_SIZE,
        "pooled": "The samples are not put together: their means scatter apart, 1/n + 1/m.",
        "two pooled": "The samples are not put together: their means scatter apart, 1/n + 1/m.",
        "mean size": "Sizes are not averaged: 1/n + 1/m is ruled by the smaller sample.",
        "difference": "Variances of differences add up, too: 1/n + 1/m.",
        "product": "The variances are added, not multiplied: 1/n + 1/m.",
        "roots": "Those are standard errors: the distance has their squares.",
        "roots, squared": "Square first, then add: the two samples are independent.",
        "roots, difference squared": "Square first, then add: the two samples are independent.",
    },
    parts={
        "both": "",
        "means": "That is what the means cost; the standard deviations scatter, too.",
        "spreads": "The mean term is missing: the means of two samples differ, too.",
        "quarter": "A factor 2 is lost: s² scatters by 2s⁴/n, and its root by 1/(4s²) of that, "
        "which is s²/(2n), not s²/(4n).",
        "no half": "A standard deviation scatters less than a mean: by s²/(2n), not s²/n.",
        "variances": "2s⁴/n is how much s² scatters; the distance has s, which scatters by "
        "s²/(2n).",
    },
    scale={
        "s²": "",
        "s": "Variances are in proportion to s², not s: the distance is a square.",
        "s⁴": "Variances are in proportion to s², not s⁴.",
        "1": "Where is s? Numbers twice as large scatter twice as far.",
    },
    whole={"plain": "", "root": "No root: the Fréchet distance is a square."},
)


def other_spread(s, n, m, *, samples):
    """Return the price with the means' part right and the spreads' part of other samples."""
    return price(s, n, m, parts="means") + price(s, n, m, parts="spreads", samples=samples)


POOLED = "The means' part is right. There is no pooled s: two of them differ, by s²/(2n) + s²/(2m)."
ONE_SPREAD = "The means' part is right. Both standard deviations scatter: s²/(2n) + s²/(2m)."
PRICE_MISTAKES += [
    *((partial(other_spread, samples=samples), POOLED)
      for samples in ("pooled", "two pooled", "mean size")),
    *((partial(other_spread, samples=samples), ONE_SPREAD)
      for samples in ("x", "y", "two of x", "two of y")),
]  # fmt: skip


@exercise(
    why="Nothing is wrong with either sample, and the smaller one sets the price.",
    hints=(
        "A sample's mean scatters about the true one with variance s²/n. Its standard deviation "
        "does so about s with variance s²/(2n), for n not too small.",
        "The expected square of a difference of two independent errors is the sum of their "
        "variances: once for the means, once for the standard deviations.",
    ),
)
def sampling_price(answer):
    """A function of s, n and m: the distance to expect of two samples of one normal."""
    inputs = [(100.0, 1000, 400), (30.0, 500, 5000), (200.0, 800, 3000)]
    cases = [(f"s = {s:g}, n = {n} and m = {m}", (s, n, m)) for s, n, m in inputs]
    compare_numbers(answer, right=price, cases=cases, mistakes=PRICE_MISTAKES, within=5e-3)
