"""The exercises of the chapter "Six games" that write losses over raw logits."""

from functools import partial

import torch

from ganbook.checks._evaluation_numbers import compare_numbers, one_number
from ganbook.checks._gan_losses import Calls, gradients
from ganbook.checks._losses_slips import (
    DISCRIMINATOR_MISTAKES,
    GENERATOR_MISTAKES,
    discriminator,
    generator,
)
from ganbook.checks._verdict import NotQuite, exercise, fresh, same, show

REAL, FAKE = torch.tensor([1.5, -0.4, 3.0, 0.2]), torch.tensor([-2.0, 0.7, -1.1, 0.3])
OTHERS = torch.tensor([-0.8, 2.2, 0.1]), torch.tensor([1.3, -0.6, 0.9])
BATCHES = [(REAL, FAKE), OTHERS]
STEEP = torch.tensor([-1e4, -200.0, -30.0, 30.0, 200.0, 1e4])
EXTREME = (STEEP, STEEP.flip(0) / 2)


@exercise(
    why="Every term is a softplus of a raw logit: finite, and with a slope, at 10 000 as at 1.",
    hints=(
        "-log D = -log σ(l) = softplus(-l), and -log(1 - D) = softplus(l). Nothing else is needed.",
        "d_loss: softplus(-real) and softplus(fake), a mean of each, added. g_loss: softplus(-fake)"
        ", its mean.",
    ),
)
def from_logits(answer):
    """A function of real and fake logits (B,): non-saturating (d_loss, g_loss), scalars."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    players = (
        ("d_loss", discriminator, DISCRIMINATOR_MISTAKES),
        ("g_loss", generator, GENERATOR_MISTAKES),
    )
    d_loss, g_loss = (partial(loss_of, answer, place) for place in (0, 1))
    if all(same(d_loss(*b), generator(*b), 1e-4) and same(g_loss(*b), discriminator(*b), 1e-4)
           for b in BATCHES):  # fmt: skip
        raise NotQuite("The two losses have changed places: d_loss comes first, then g_loss.")
    for place, (name, right, mistakes) in enumerate(players):
        compare_losses(partial(loss_of, answer, place), name, right, BATCHES, mistakes)
    for place, (name, right, _) in enumerate(players):
        expect_alive(partial(loss_of, answer, place), name, right, EXTREME)


def loss_of(answer, place, *args):
    result = answer(*args)
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotQuite(f"Two losses, (d_loss, g_loss), were expected, and {show(result)} came.")
    return result[place]


def compare_losses(answer, name, right, inputs, mistakes):
    """Raise NotQuite unless the loss is right for all inputs, naming the slip."""
    cases = [
        (f"{name} of real {show(real)} and fake {show(fake)}"
         + "".join(f", target {target:g}," for target in more), (real, fake, *more))
        for real, fake, *more in inputs
    ]  # fmt: skip
    right_number = lambda *args: right(*args).item()  # noqa: E731
    compare_numbers(
        answer, right=right_number, cases=cases, mistakes=mistakes, read=scalar, within=1e-4
    )


def scalar(result) -> float:
    """Return a loss as a float, or say that it still has one number a sample."""
    if getattr(result, "ndim", 0) and result.shape[0] > 1:
        raise NotQuite(
            f"A tensor of shape {tuple(result.shape)} came, and a scalar was expected: take the "
            "mean over the samples."
        )
    return one_number(result)


def expect_alive(answer, name, right, args):
    """Raise NotQuite unless a loss is finite and right far from 0, and its slopes as well."""
    logits = f"real {show(args[0])} and fake {show(args[1])}"
    with Calls() as calls:
        result = scalar(answer(*fresh(args)))
    want = right(*args).item()
    if not torch.tensor(result).isfinite():
        raise NotQuite(
            f"Right for small logits, but {name} is {show(result)} for {logits}: "
            f"{overflow(calls.names)}"
        )
    if not same(result, want, 1e-3):
        raise NotQuite(
            f"Right for small logits, but {name} is {show(result)} for {logits}; {show(want)} was "
            f"expected. {cut_off(calls.names)}"
        )
    expect_slopes(answer, name, right, args)


def overflow(names) -> str:
    """Say what went wrong on the way to an infinite loss."""
    if names & {"sigmoid", "sigmoid_"}:
        return (
            "sigmoid has rounded to 0 or to 1, and the log of 0 is -inf. Stay with the logits: "
            "log σ(l) = -softplus(-l), and log(1 - σ(l)) = -softplus(l)."
        )
    if names & {"exp", "exp_", "expm1", "__rpow__"}:
        return "exp has overflowed to inf; in float32 it does so above 88. Take softplus."
    return "a number on the way has overflowed, or rounded to 0. Take softplus."


def cut_off(names) -> str:
    """Say what may have kept a loss finite, and made it wrong."""
    if "binary_cross_entropy" in names:
        return (
            "`binary_cross_entropy` cuts logarithms off at -100, and their slopes die before: take "
            "`binary_cross_entropy_with_logits`, and no sigmoid."
        )
    return "Is there an epsilon or a clamp? It hides the overflow and cuts off the loss."


def expect_slopes(answer, name, right, args):
    leaves = [logits.clone().requires_grad_() for logits in args[:2]]
    doubles = [logits.double().requires_grad_() for logits in args[:2]]
    found = gradients(answer(*leaves, *args[2:]), leaves)
    wanted = gradients(right(*doubles, *args[2:]), doubles)
    if all(slopes is None for slopes in found):
        raise NotQuite(
            f"The value of {name} is right, but no gradient flows: stay with torch, and use no "
            "`.item()`, `.detach()` or no_grad."
        )
    for which, logits, slopes, want in zip(("real", "fake"), args, found, wanted, strict=False):
        slopes, want = (torch.zeros(len(logits)) if g is None else g for g in (slopes, want))
        if not slopes.isfinite().all():
            raise NotQuite(
                f"The value of {name} is right, but its gradient at the {which} logits "
                f"{show(logits)} is {show(slopes)}. torch.where takes the slopes of both branches, "
                "and 0 times inf is nan: the branch that is not chosen must stay finite too."
            )
        if not same(slopes, want, 1e-3):
            raise NotQuite(
                f"The value of {name} is right, but its gradient at the {which} logits "
                f"{show(logits)} is {show(slopes)}; {show(want)} was expected. A clamp stops "
                "gradients, and so does a detach."
            )
