"""The exercise of the VAE chapter that derives the best encoder of a linear decoder."""

import math

from ganbook.checks._evaluation_numbers import numbers
from ganbook.checks._verdict import NotQuite, exercise, same, show

# x, w, b, noise (the decoder's variance), beta
CASES = (
    (4.0, 2.0, 1.0, 1.5, 1.0),
    (-1.0, 0.5, 0.3, 0.2, 1.0),
    (2.0, -1.5, 0.5, 0.7, 4.0),
    (0.8, 3.0, -1.0, 2.0, 0.3),
)


def best(x, w, b, noise, beta):
    """Return mean and variance of the q that maximises E_q log p(x | z) - beta KL."""
    precision = w**2 + beta * noise
    return w * (x - b) / precision, beta * noise / precision


def objective(q, x, w, b, noise, beta) -> float:
    """Return -E_q log N(x; wz + b, noise) + beta KL(q || N(0, 1)) for q = (mean, variance)."""
    m, v = q
    error = (x - w * m - b) ** 2 + w**2 * v
    nll = error / (2 * noise) + math.log(2 * math.pi * noise) / 2
    return nll + beta * (v + m**2 - 1 - math.log(v)) / 2


def with_slips(x, w, b, noise, beta, *, blunder):
    m, v = best(x, w, b, noise, beta)
    return {
        "no beta": best(x, w, b, noise, 1),
        "beta inverse": best(x, w, b, noise / beta, 1),
        "beta in w": best(x, w * beta, b, noise, 1),
        "std": (m, math.sqrt(v)),
        "precision": (m, 1 / v),
        "b forgotten": best(x, w, 0, noise, beta),
        "b added": best(x, w, -b, noise, beta),
        "noise as std": best(x, w, b, noise**2, beta),
        "no prior": ((x - b) / w, noise / w**2),
        "no prior with beta": ((x - b) / w, beta * noise / w**2),
        "swapped": (v, m),
        "turned": (-m, v),
        "beta squared": best(x, w, b, noise, beta**2),
        "root of beta": best(x, w, b, noise, math.sqrt(beta)),
        "beta multiplies": (best(x, w, b, noise, 1)[0], beta * best(x, w, b, noise, 1)[1]),
        "beta in variance": (best(x, w, b, noise, 1)[0], v),
        "beta in mean": (m, best(x, w, b, noise, 1)[1]),
        "variance of x": (m, w**2 + noise),
        "variance without beta above": (m, noise / (w**2 + beta * noise)),
        "w not squared": (w * (x - b) / (w + beta * noise), beta * noise / (w + beta * noise)),
        "no noise above": (m, 1 / (w**2 + beta * noise)),
        "shrunk": (w * (x - b) / (w**2 + beta), beta / (w**2 + beta)),
    }[blunder]


MESSAGES = {
    "no beta": "β does not come in: that is the true posterior, right for β = 1 alone.",
    "beta inverse": "β works the wrong way round: a larger β must push q to the prior, variance 1.",
    "std": "The second number is the standard deviation: the variance was asked for.",
    "precision": "The second number is a precision: the variance is one over it.",
    "b forgotten": "`b` is forgotten: z explains x - b.",
    "b added": "The sign of `b`: wz explains what is left of x once b is taken away.",
    "noise as std": "`noise` is a variance already: do not square it.",
    "no prior": "That ignores the prior: it is what z would be with a flat one.",
    "no prior with beta": "That ignores the prior: its precision, 1, is added to that of x.",
    "swapped": "The two have changed places: the mean comes first.",
    "turned": "The sign of the mean is turned.",
    "beta squared": "β enters once, not squared.",
    "root of beta": "β enters as it is: no root.",
    "beta multiplies": "β does not just multiply the posterior's variance: set the derivative by "
    "the variance to 0, w²/(2 noise) + β/2 - β/(2v).",
    "beta in variance": "The variance is right; β pulls the mean towards 0 as well.",
    "beta in mean": "The mean is right; β widens the variance as well.",
    "variance of x": "The second number is the variance of x. That of z, given x, was asked for.",
    "variance without beta above": "The mean is right, and so is the variance's denominator: what "
    "stands above is β · noise.",
    "w not squared": "Below the line w is squared.",
    "no noise above": "The mean is right. Of the variance, above the line: β · noise.",
    "shrunk": "Where is `noise`? The precision of x about z is w² / noise.",
    "beta in w": "β weighs the KL: it stands beside the noise, not beside w.",
}


@exercise(
    why="β works like noise: the encoder behaves as if the decoder's variance were β times larger.",
    hints=(
        "In m and v the objective is ((x - wm - b)² + w²v) / (2 noise) + β (v + m² - 1 - log v)/2.",
        "Set both derivatives to 0. In m: -w (x - wm - b) / noise + β m. The one in v holds "
        "no m: what do w²v / (2 noise) and β (v - log v) / 2 give?",
    ),
)
def best_encoder(answer):
    """A function of x, w, b, noise and beta: the best q's (mean, variance)."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    results = [numbers(answer(*case), 2) for case in CASES]
    wanted = [best(*case) for case in CASES]
    for case, given, want in zip(CASES, results, wanted, strict=True):
        if not same(given, want, 1e-4):
            x, w, b, noise, beta = case
            said = f"For x = {x:g}, w = {w:g}, b = {b:g}, noise = {noise:g} and β = {beta:g} your "
            said += f"mean and variance are {show(given)}"
            raise NotQuite(f"{said}{cost(given, want, case)}. {slip(results)}".rstrip())


def cost(given, want, case) -> str:
    """Compare the objective at an answer with that at the optimum."""
    m, v = given
    if not v > 0:
        return ": a variance is above 0"
    at, least = objective((m, v), *case), objective(want, *case)
    return f": the loss there is {at:.5g} nats, and the least is {least:.5g}"


def slip(results) -> str:
    """Name the blunder that explains the answers to all cases, or to those with β = 1."""
    for blunder, message in MESSAGES.items():
        if all(
            same(given, with_slips(*case, blunder=blunder), 1e-4)
            for case, given in zip(CASES, results, strict=True)
        ):
            return message
    plain = [same(r, best(*c), 1e-4) for r, c in zip(results, CASES, strict=True) if c[-1] == 1]
    if all(plain):
        return (
            "For β = 1 it is right. β multiplies the whole KL: in both derivatives it stands "
            "before every term that comes from there, and before no other."
        )
    return ""
