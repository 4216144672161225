"""The exercise of the chapter "Six games" that adds R1 to the discriminator's loss."""

import torch
from torch.nn.functional import relu, softplus

from ganbook.checks._evaluation_numbers import compare_numbers, slips
from ganbook.checks._gan_losses import gradients
from ganbook.checks._losses_gradients import bowl, called, expect_trains
from ganbook.checks._losses_logits import scalar
from ganbook.checks._verdict import NotQuite, exercise, fresh, same, show

SHAPES = [((4, 3, 4, 4), 10.0), ((6, 1, 3, 5), 0.8)]

OUTPUTS = {  # of a logit: what is differentiated
    "logit": lambda logits: logits.sum(),
    "sigmoid": lambda logits: logits.sigmoid().sum(),
    "loss": lambda logits: softplus(-logits).sum(),
    "mean loss": lambda logits: softplus(-logits).mean(),
    "mean": lambda logits: logits.mean(),
}
SQUARES = {  # of gradients (B, C, H, W)
    "sample": lambda g: g.flatten(1).square().sum(1).mean(),
    "norm": lambda g: g.flatten(1).norm(dim=1).mean(),
    "gap": lambda g: (g.flatten(1).norm(dim=1) - 1).square().mean(),
    "sum": lambda g: g.square().sum(),
    "batch norm": lambda g: g.norm(),
    "squared later": lambda g: g.flatten(1).norm(dim=1).mean().square(),
    "pixels": lambda g: g.square().mean(),
    "channels": lambda g: g.square().sum(1).mean(),
    "planes": lambda g: g.square().sum((2, 3)).mean(),
    "columns": lambda g: g.square().sum(-1).mean(),
}
WEIGHTS = {
    "half": lambda gamma: gamma / 2,
    "gamma": lambda gamma: gamma,
    "one half": lambda gamma: 0.5,
    "one": lambda gamma: 1.0,
    "five": lambda gamma: 5.0,
    "none": lambda gamma: 0.0,
    "minus": lambda gamma: -gamma / 2,
    "square": lambda gamma: gamma**2 / 2,
}
LOSSES = {
    "plain": lambda real, fake: softplus(-real).mean() + softplus(fake).mean(),
    "swapped": lambda real, fake: softplus(real).mean() + softplus(-fake).mean(),
    "real sign": lambda real, fake: softplus(real).mean() + softplus(fake).mean(),
    "fake sign": lambda real, fake: softplus(-real).mean() + softplus(-fake).mean(),
    "minus": lambda real, fake: softplus(-real).mean() - softplus(fake).mean(),
    "sum": lambda real, fake: softplus(-real).sum() + softplus(fake).sum(),
    "half": lambda real, fake: (softplus(-real).mean() + softplus(fake).mean()) / 2,
    "real": lambda real, fake: softplus(-real).mean(),
    "fake": lambda real, fake: softplus(fake).mean(),
    "hinge": lambda real, fake: relu(1 - real).mean() + relu(1 + fake).mean(),
    "none": lambda real, fake: 0.0,
}


def r1_loss(network, real, fake, gamma, *, at="real", of="logit", square="sample",
            weight="half", loss="plain"):  # fmt: skip
    """Return D's non-saturating loss + gamma / 2 mean |grad D(real)|^2, or with slips."""
    points = dict(real=[real], fake=[fake], both=[real, fake], middle=[(real + fake) / 2])[at]
    terms = [SQUARES[square](slope(network, x, of=of)) for x in points]
    return LOSSES[loss](network(real), network(fake)) + WEIGHTS[weight](gamma) * sum(terms)


def slope(network, x, *, of):
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(OUTPUTS[of](network(x)), x, create_graph=True)[0]


R1_MISTAKES = slips(
    r1_loss,
    at={
        "real": "",
        "fake": "That is R2, at the fakes: R1 looks at the real images.",
        "both": "That is R1 and R2: R1 looks at the real images only.",
        "middle": "R1 looks at the real images, not between them and the fakes.",
    },
    of={
        "logit": "",
        "sigmoid": "That is the gradient of σ(D): it vanishes where D is sure. R1 takes the raw "
        "logit's.",
        "loss": "That is the gradient of the loss: it vanishes where D is sure. R1 takes the raw "
        "logit's.",
        "mean loss": "That is the gradient of the mean loss; R1 takes the raw logit's, sample by "
        "sample.",
        "mean": "The gradients are B times too small: differentiate the sum of the logits.",
    },
    square={
        "sample": "",
        "norm": "The norm is not squared: R1 is the mean of |∇|².",
        "gap": "R1 asks for a slope of 0, not of 1: the mean of |∇|², without the 1.",
        "sum": "The squares are added up over the batch, too: the mean over samples was asked for.",
        "batch norm": "That is one norm over the whole batch: each sample has its own, squared.",
        "squared later": "The mean of the norms is squared; square first, then take the mean.",
        "pixels": "The squares are averaged over pixels: |∇|² adds them up within a sample.",
        "channels": "`sum(1)` of (B, C, H, W) is over channels alone; |∇|² adds all of a sample.",
        "planes": "That is a sum for each channel; |∇|² adds all entries of a sample.",
        "columns": "That sum is over one axis alone; |∇|² adds all entries of a sample.",
    },
    weight={
        "half": "",
        "gamma": "The penalty counts γ/2, not γ.",
        "one half": "Where is γ?",
        "one": "Where is γ/2?",
        "five": "Where is γ? It is not always 10.",
        "none": "That is the loss without the penalty.",
        "minus": "The penalty is added, not subtracted.",
        "square": "The penalty counts γ/2, not γ²/2.",
    },
    loss={
        "plain": "",
        "swapped": "Real and fake have changed places in the loss.",
        "real sign": "The sign of the real logits in the loss is swapped.",
        "fake sign": "The sign of the fake logits in the loss is swapped.",
        "minus": "The sign of the fakes' term is swapped: both terms are costs, and added.",
        "sum": "The loss is a sum over the batch: take means.",
        "half": "The loss is halved: the two means are added.",
        "real": "The fakes' term of the loss is missing.",
        "fake": "The real images' term of the loss is missing.",
        "hinge": "That is the hinge game's loss, with R1; the non-saturating game's was asked for.",
        "none": "That is the penalty alone; add the loss.",
    },
)  # fmt: skip


def players(shape, gamma, seed):
    """Return a discriminator, real and fake images of a shape, and gamma."""
    g = torch.Generator().manual_seed(seed)
    real, fake = (size * torch.randn(*shape, generator=g) for size in (0.5, 0.3))
    return bowl(torch.rand(real[0].numel(), generator=g) - 0.3), real, fake, gamma


@exercise(
    why="R1 flattens D's logit where the data lie, so that at the end nothing pulls any more.",
    hints=(
        "real.requires_grad_() before D sees it; then torch.autograd.grad(D(real).sum(), real, "
        "create_graph=True) gives a tuple of one.",
        "The penalty: gamma / 2 * gradient.flatten(1).square().sum(1).mean(). The rest: "
        "softplus(-real logits).mean() + softplus(fake logits).mean().",
    ),
)
def r1(answer):
    """A function of discriminator, real, fake (B, C, H, W) and gamma: D's loss with R1."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    sets = [players(shape, gamma, seed) for seed, (shape, gamma) in enumerate(SHAPES)]
    drawn_anew(answer, sets[0])
    compare_numbers(
        lambda *args: called(answer, *args),
        right=lambda *args: r1_loss(*args).item(),
        cases=[(f"images of shape {shape} and gamma = {gamma:g}", args)
               for (shape, gamma), args in zip(SHAPES, sets, strict=True)],
        mistakes=R1_MISTAKES,
        read=scalar,
    )  # fmt: skip
    network = sets[0][0]
    wanted, plain = (
        gradients(r1_loss(*sets[0], weight=weight), list(network.parameters()))
        for weight in ("half", "none")
    )
    result = called(answer, *fresh(sets[0]))
    expect_trains(result, network, wanted, without=plain, name="the loss")


def drawn_anew(answer, args):
    """Raise NotQuite if two calls differ: nothing in R1 is random."""
    with torch.random.fork_rng(devices=[]):
        first, second = (scalar(called(answer, *fresh(args))) for _ in range(2))
    if not same(first, second, 1e-4):
        raise NotQuite(
            f"Two calls gave {first:.4g} and {second:.4g}: R1 draws nothing. Points between real "
            "and fake belong to the gradient penalty."
        )
