"""Verdicts for the exercises of the chapter "The game"."""

import math

import torch

from ganbook.checks._gan_densities import best_discriminator
from ganbook.checks._gan_detach import where_to_detach
from ganbook.checks._gan_jsd import jensen_shannon
from ganbook.checks._gan_losses import generator_loss
from ganbook.checks._gan_modes import mode_coverage
from ganbook.checks._gan_patients import diagnosis
from ganbook.checks._verdict import NotQuite, exercise, same, show

__all__ = [
    "best_discriminator",
    "diagnosis",
    "equilibrium",
    "generator_loss",
    "jensen_shannon",
    "learning_rate",
    "mode_coverage",
    "where_to_detach",
]

LOG2, LOG4 = math.log(2), math.log(4)


EQUILIBRIUM = (
    ("the discriminator's loss", LOG4, (
        (LOG2, "It is a sum of two terms, one for the real and one for the fake, each log 2."),
        (-LOG4, "That is the value V; the discriminator's loss is -V."),
        (0, "It is 0 when the discriminator is always right. Here it cannot tell anything apart."),
        (2, "That is in bits: the logarithm here is the natural one."),
    )),
    ("the non-saturating loss", LOG2, (
        (-LOG2, "-log D is positive: a probability below 1 has a negative log."),
        (0, "It is 0 when D(G(z)) = 1: a fooled judge, not a perfect generator."),
        (1, "That is in bits: the logarithm here is the natural one."),
        (LOG4, "The generator's loss has one term only: nothing is said of real samples."),
    )),
    ("the minimax loss", -LOG2, (
        (LOG2, "It is log(1 - D(G(z))), with no minus sign in front."),
        (0, "It is 0 when D(G(z)) = 0: when the generator has failed, not when it is perfect."),
        (-1, "That is in bits: the logarithm here is the natural one."),
        (-LOG4, "The generator's loss has one term only: nothing is said of real samples."),
    )),
)  # fmt: skip


@exercise(
    why="These three numbers are what the curves of a healthy run wander around.",
    hints=(
        "When p = q the best discriminator says D = p / (p + q) everywhere: which number is that?",
        "D = 1/2: put it into -log D(x) - log(1 - D(G(z))), -log D(G(z)) and log(1 - D(G(z))).",
    ),
)
def equilibrium(answer):
    """The discriminator's, the non-saturating and the minimax loss where p = q, in that order."""
    answer = as_numbers(answer)
    if len(answer) != len(EQUILIBRIUM):
        raise NotQuite(f"Three numbers are asked for, and {len(answer)} came.")
    for number, (name, right, mistakes) in zip(answer, EQUILIBRIUM, strict=True):
        if not same(number, right, 0.005):
            found = (message for wrong, message in mistakes if same(number, wrong, 0.005))
            message = next(found, in_general(number, right))
            raise NotQuite(f"For {name} you predict {show(number)}. {message}".rstrip())


def in_general(number: float, right: float) -> str:
    """Name a wrong number that is the same slip for all three losses."""
    if number == round(right, 1):
        return "That is right to one decimal; two decimals are asked for."
    if number in (0.5, -0.5):
        return "1/2 is D, not its logarithm."
    if same(number, -right, 0.005):
        return "The sign is turned."
    return ""


def as_numbers(answer) -> list[float]:
    try:
        return [float(number) for number in answer]
    except (TypeError, ValueError):
        raise NotQuite(f"A tuple of numbers was expected, and {show(answer)} came.") from None


def as_number(answer) -> float:
    try:
        return float(answer)
    except (TypeError, ValueError):
        raise NotQuite(f"One number was expected, and {show(answer)} came.") from None


ROUNDS, SETTLED = 500, 0.01


@exercise(
    why="Taking turns is no mere habit: it settles at rates where moving at once does not.",
    hints=(
        "Call `play` with both settings at rates 1, 2 and 3, and look at the last points.",
        "Near (0, 0) the slopes are linear: at once, points shrink only below 2 (and just below it "
        "too slowly for 500 rounds); in turns, they do up to sqrt(20) - 2.",
    ),
)
def learning_rate(answer):
    """A rate at which alternating updates settle at (0, 0), and simultaneous ones do not."""
    rate = as_number(answer)
    if not rate > 0:
        raise NotQuite(f"A learning rate is positive, and {rate:g} came.")
    turns, at_once = settles(rate, simultaneous=False), settles(rate, simultaneous=True)
    if turns and not at_once:
        return
    if turns and at_once:
        raise NotQuite(
            f"At {rate:g} both settle within {ROUNDS} rounds, in turns and at once: the rate is "
            "too low to tell them apart."
        )
    if at_once:
        raise NotQuite(f"At {rate:g} only moving at once settles within {ROUNDS} rounds.")
    why = "so small a rate needs more rounds than that" if rate < 1 else "the rate is too high"
    raise NotQuite(f"At {rate:g} neither settles within {ROUNDS} rounds: {why}.")


def settles(rate: float, *, simultaneous: bool) -> bool:
    """Play GAN.10 from (1, 0): are the last 50 points all within SETTLED of (0, 0)?"""
    levels = (torch.arange(200, dtype=torch.float64) + 0.5) / 200
    z = math.sqrt(2) * torch.erfinv(2 * levels - 1)
    theta, psi, furthest = 1.0, 0.0, 0.0
    for number in range(ROUNDS):
        pull = torch.sigmoid(psi * z), torch.sigmoid(psi * (theta + z))
        new = psi + rate * (((1 - pull[0]) * z).mean() - (pull[1] * (theta + z)).mean()).item()
        seen = psi if simultaneous else new
        theta += rate * seen * torch.sigmoid(seen * (theta + z)).mean().item()
        psi = new
        if not math.isfinite(theta) or not math.isfinite(psi):
            return False
        if number >= ROUNDS - 50:
            furthest = max(furthest, math.hypot(theta, psi))
    return furthest < SETTLED
