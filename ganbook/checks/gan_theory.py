"""Verdicts for the exercises of the chapter "The game"."""

import math

import torch

from ganbook.checks._gan_densities import best_discriminator, jensen_shannon
from ganbook.checks._gan_losses import generator_loss, where_to_detach
from ganbook.checks._gan_modes import mode_coverage
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
            raise NotQuite(f"For {name} you predict {show(number)}. {next(found, '')}".rstrip())


def as_numbers(answer) -> list[float]:
    try:
        return [float(number) for number in answer]
    except TypeError:
        raise NotQuite(f"A tuple of numbers was expected, and {show(answer)} came.") from None


CAUSES = ("healthy", "collapse", "stalled generator", "dead discriminator", "overflow")
SYMPTOMS = dict(
    A=("stalled generator", dict(
        healthy="d_loss at 0 is the discriminator's victory, and the generator's defeat.",
        collapse="A collapsed generator still fools the judge at times; g_loss 9 means never.",
    )),
    B=("healthy", dict(
        collapse="The fakes vary, and both losses stay near their values at D = 1/2.",
        **{"dead discriminator": "The losses are near those of D = 1/2, but they move: it learns."},
    )),
    C=("collapse", dict(
        healthy="The losses say D = 1/2, and yet all the fakes are alike: always look at samples.",
        **{"dead discriminator": "A dead one never moves; these losses swing a little."},
    )),
    D=("dead discriminator", dict(
        healthy="Equilibrium at the first step, before anything was learnt, and to four decimals?",
        collapse="Nothing has moved since the first step: it is not the samples, it is the judge.",
    )),
    E=("overflow", dict(
        collapse="A collapse leaves finite numbers; nan comes from log(0) or 0 times infinity.",
        **{"stalled generator": "A stall leaves finite numbers; nan comes from log(0)."},
    )),
)  # fmt: skip


@exercise(
    why="The same number can mean health or death: curves are read together, and with samples.",
    hints=(
        "1.3863 is log 4, 0.6931 log 2: who says D = 1/2 after learning, and who from the start?",
        "g_loss = -log D(G(z)): at 9, D(G(z)) is about e^-9. d_loss near 0 says the same.",
    ),
)
def diagnosis(answer):
    """A dict that gives each of the runs A to E one of the causes."""
    if not isinstance(answer, dict) or set(answer) != set(SYMPTOMS):
        raise NotQuite(f"A dict with the keys A to E was expected, and {show(answer)} came.")
    if ... in answer.values():
        raise NotQuite(f"Still without a cause: {[k for k, v in answer.items() if v is ...]}.")
    for run, (cause, messages) in SYMPTOMS.items():
        if answer[run] not in CAUSES:
            raise NotQuite(f"{answer[run]!r} is none of the causes: {', '.join(CAUSES)}.")
        if answer[run] != cause:
            said = f"Run {run} is no case of {answer[run]!r}. {messages.get(answer[run], '')}"
            raise NotQuite(said.rstrip())


ROUNDS, SETTLED = 500, 0.01


@exercise(
    why="Taking turns is no mere habit: it settles at rates where moving together does not.",
    hints=(
        "Call `play` with both settings at rates 1, 2 and 3, and look at the last points.",
        "Near (0, 0) the slopes are linear: together settles below 2, turns below sqrt(20) - 2.",
    ),
)
def learning_rate(answer):
    """A rate at which alternating updates settle at (0, 0), and simultaneous ones do not."""
    rate = as_numbers([answer])[0]
    if not rate > 0:
        raise NotQuite(f"A learning rate is positive, and {rate:g} came.")
    turns, together = settles(rate, simultaneous=False), settles(rate, simultaneous=True)
    if turns and together:
        raise NotQuite(f"At {rate:g} both settle within {ROUNDS} rounds: the rate is too low.")
    if not turns and not together:
        raise NotQuite(f"At {rate:g} neither settles within {ROUNDS} rounds: the rate is too high.")


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
