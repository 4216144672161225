"""The exercise of the chapter "The game" on the generator's loss and its gradient."""

import math

import torch
from torch.nn.functional import softplus
from torch.overrides import TorchFunctionMode

from ganbook.checks._verdict import NotQuite, compare, exercise, same, show

LOG2 = math.log(2)


def wanted(logits):
    """Return the non-saturating loss of logits (B,): the mean of -log sigmoid."""
    return softplus(-logits).mean()


GENERATOR_MISTAKES = (
    (lambda logits: -softplus(logits).mean(),
     "That is the minimax loss, log(1 - D): it saturates. The non-saturating one is -log D."),
    (lambda logits: softplus(logits).mean(),
     "That is -log(1 - D), the discriminator's loss: its descent lowers the fakes' logits."),
    (lambda logits: -softplus(-logits).mean(),
     "That is +log D: the sign is turned, and its descent makes fakes worse."),
    (lambda logits: softplus(-logits).sum(),
     "That is the sum: with the mean, the step does not depend on the batch size."),
    (lambda logits: softplus(-torch.sigmoid(logits)).mean(),
     "The sigmoid is applied twice: softplus and `..._with_logits` take raw logits."),
    (lambda logits: -logits.mean(),
     "That is a critic's loss, without the sigmoid and the logarithm."),
    (lambda logits: softplus(-logits), "One number for each sample: take the mean of them."),
    (lambda logits: -torch.sigmoid(logits).mean(), "That is -D: the logarithm is missing."),
    (lambda logits: (1 - torch.sigmoid(logits)).mean(),
     "That is 1 - D: it is linear in D where -log D is wanted."),
    (lambda logits: -torch.sigmoid(logits).mean().log(),
     "The logarithm of the mean is not the mean of the logarithms."),
    (lambda logits: softplus(-logits.mean()),
     "That is the loss of the mean logit: take the loss of each fake first, then the mean."),
    (lambda logits: softplus(-logits).mean() / LOG2,
     "That is in bits: the logarithm is the natural one."),
)  # fmt: skip


@exercise(
    why="It is finite, and its gradient alive, long after the sigmoid has rounded to 0 or 1.",
    hints=(
        "The loss is the mean of -log D, and D = sigmoid(logit): use GAN.2 for the logarithm.",
        "-log sigmoid(l) = softplus(-l). There is `torch.nn.functional.softplus`.",
    ),
)
def generator_loss(answer):
    """A function of the logits of fakes (B,) that returns the non-saturating loss, a scalar."""
    moderate = torch.tensor([-2.0, 0.5, 3.0])
    extreme = torch.tensor([-1e4, -200.0, -30.0, 30.0, 200.0, 1e4])
    compare(answer, right=wanted, inputs=[(moderate,)], mistakes=GENERATOR_MISTAKES)
    with Calls() as calls:
        result = answer(extreme.clone())
    if not math.isfinite(float(result)):
        raise NotQuite(
            f"Right for small logits, but {show(result)} for {show(extreme)}: "
            f"{overflow(calls.names)} Stay with the logits: softplus, or logsigmoid."
        )
    if not same(result, wanted(extreme), 1e-3):
        raise NotQuite(
            f"For {show(extreme)} it returned {show(result)}; {show(wanted(extreme))} was "
            "expected. Is there an epsilon or a clamp? It hides the overflow and cuts off the loss."
        )
    check_slopes(answer, extreme)


class Calls(TorchFunctionMode):
    """Collect the names of the torch functions that are called."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.names.add(getattr(function, "__name__", ""))
        return function(*args, **(kwargs or {}))


def overflow(names) -> str:
    """Say what went wrong on the way to an infinite loss."""
    if "sigmoid" in names:
        return "sigmoid has rounded to 0, and log(0) is -inf."
    if "exp" in names:
        return "exp has overflowed to inf; in float32 it does so above 88."
    return "a number on the way has overflowed, or rounded to 0."


def check_slopes(answer, extreme):
    logits = extreme.clone().requires_grad_()
    slopes = gradients(answer(logits), [logits])[0]
    if slopes is None:
        raise NotQuite(
            "The value is right, but no gradient flows: no `.item()`, `.detach()` or no_grad."
        )
    if not slopes.isfinite().all():
        raise NotQuite(
            f"The value is right, but the gradient at {show(extreme)} is {show(slopes)}. "
            "torch.where takes the slopes of both branches, and 0 times inf is nan: the branch "
            "that is not chosen must stay finite too. softplus does."
        )
    if not same(slopes, -torch.sigmoid(-extreme) / len(extreme), 1e-3):
        raise NotQuite(
            f"The value is right, but the gradient at {show(extreme)} is {show(slopes)}; "
            f"{show(-torch.sigmoid(-extreme) / len(extreme))} was expected. "
            "A clamp stops gradients."
        )


def gradients(loss, inputs) -> list:
    """Return the gradients of a loss, None where it does not depend on an input."""
    if not isinstance(loss, torch.Tensor) or not loss.requires_grad:
        return [None for _ in inputs]
    return list(torch.autograd.grad(loss, inputs, retain_graph=True, allow_unused=True))
