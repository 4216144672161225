"""Critics with known gradients, and penalties with slips, for the chapter "Six games"."""

import torch
from torch import nn

from ganbook.checks._evaluation_numbers import slips
from ganbook.checks._gan_losses import gradients
from ganbook.checks._verdict import NotQuite, same, show


class Formula(nn.Module):
    """A critic of one weight vector: logits (B,) = formula(weight, rows of the images)."""

    def __init__(self, formula, weight):
        super().__init__()
        self.formula = formula
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.tensor(0.3))

    def forward(self, images):
        return self.formula(self.weight, images.flatten(1)) + self.bias


def bowl(weight):
    """A critic whose gradient at the rows x is weight * x."""
    return Formula(lambda w, x: (w * x.square()).sum(1) / 2, weight)


def images_with_norms(norms, shape, seed):
    """Return a bowl, and images (B, C, H, W) where its gradient has the given norms."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(len(norms), *shape, generator=g)
    weight = 0.5 + torch.rand(x[0].numel(), generator=g)
    scale = torch.tensor(norms) / (weight * x.flatten(1)).norm(dim=1)
    return bowl(weight), x * scale.view(-1, 1, 1, 1)


NORMS = {  # of gradients (B, C, H, W)
    "sample": lambda g: g.flatten(1).norm(dim=1),
    "batch": lambda g: g.norm()[None],
    "channels": lambda g: g.norm(dim=1),
    "planes": lambda g: g.flatten(2).norm(dim=2),
    "columns": lambda g: g.norm(dim=-1),
    "pixels": lambda g: g.abs(),
    "square": lambda g: g.flatten(1).square().sum(1),
    "sum": lambda g: g.flatten(1).abs().sum(1),
    "largest": lambda g: g.flatten(1).abs().amax(1),
    "root mean": lambda g: g.flatten(1).square().mean(1).sqrt(),
    "of mean": lambda g: g.flatten(1).norm(dim=1) / len(g),
    "mean image": lambda g: g.mean(0).norm()[None],
}
GAPS = {
    "squared": lambda n: (n - 1) ** 2,
    "signed": lambda n: n - 1,
    "size": lambda n: (n - 1).abs(),
    "no one": lambda n: n**2,
    "norm": lambda n: n,
    "one-sided": lambda n: (n - 1).clamp(min=0) ** 2,
}
MEANS = {
    "mean": lambda n, gap: gap(n).mean(),
    "sum": lambda n, gap: gap(n).sum(),
    "mean norm": lambda n, gap: gap(n.mean()),
}
SCALES = {"1": 1, "10": 10, "1/2": 0.5, "-1": -1}


def penalty(slope, *, norm="sample", gap="squared", mean="mean", scale="1"):
    """Return mean (|slope| - 1)^2 over samples (B, C, H, W), or with the slips asked for."""
    return SCALES[scale] * MEANS[mean](NORMS[norm](slope), GAPS[gap])


PENALTY_MISTAKES = slips(
    penalty,
    norm={
        "sample": "",
        "batch": "That is one norm over the whole batch: each sample has a norm of its own, over "
        "its channels and pixels. flatten(1), then norm(dim=1).",
        "channels": "`norm(dim=1)` of (B, C, H, W) is over the channels alone, one norm a pixel: "
        "flatten(1) comes first.",
        "planes": "That is a norm for each channel: flatten(1) comes first.",
        "columns": "That norm is over one axis of the image alone: flatten(1) comes first.",
        "pixels": "Each pixel is asked for a slope of 1. The norm is over all pixels of a sample.",
        "square": "The square root is forgotten: |∇|² is compared with 1, not |∇|.",
        "sum": "That is the sum of sizes; the Euclidean norm was asked for.",
        "largest": "That is the largest entry; the Euclidean norm was asked for.",
        "root mean": "The squares are averaged over pixels: a norm adds them.",
        "of mean": "The gradients are B times too small: differentiate the sum of the scores, not "
        "their mean.",
        "mean image": "The gradients are averaged before the norm: each sample has its own.",
    },
    gap={
        "squared": "",
        "signed": "The gap |∇| - 1 is not squared: descending it makes the critic flat.",
        "size": "That is the size of the gap; its square was asked for.",
        "no one": "Where is the 1? Without it the penalty asks for a slope of 0.",
        "norm": "That is the norm itself: take its gap to 1, squared.",
        "one-sided": "That is the one-sided penalty: slopes below 1 cost, too.",
    },
    mean={
        "mean": "",
        "sum": "That is a sum over the batch; the mean was asked for.",
        "mean norm": "The norms are averaged before the gap is squared: norms 0 and 2 would pass.",
    },
    scale={
        "1": "",
        "10": "It is 10 times too large: the weight λ = 10 stands with the caller.",
        "1/2": "That is half of it.",
        "-1": "The sign is turned.",
    },
)  # fmt: skip


def called(answer, *args):
    """Return answer(*args), and explain the usual errors on the way to a gradient."""
    try:
        result = answer(*args)
    except RuntimeError as error:
        said = f"Your code raised RuntimeError: {error}"
        if "does not require grad" in str(error):
            said += ". The points need `requires_grad_()` before the critic sees them."
        elif "not have been used in the graph" in str(error):
            said += " The points need `requires_grad_()` before the network sees them, and the "
            said += "scores must be those of these very points."
        elif "must match the size" in str(error) or "not broadcastable" in str(error):
            said += ". Has ε the shape (B, 1, 1, 1), and the norm (B,)?"
        elif "grad can be implicitly created only for scalar" in str(error):
            said += ". Differentiate the sum of the scores: each sample meets its own alone."
        raise NotQuite(said) from None
    except (AttributeError, TypeError) as error:
        if "tuple" not in str(error):
            raise
        raise NotQuite(
            f"Your code raised {type(error).__name__}: {error}. If that is what "
            "`torch.autograd.grad` gave: that is a tuple, one gradient an input. Take its first "
            "entry."
        ) from None
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    return result


def expect_trains(result, network, right, *, without, name):
    """Raise NotQuite unless the gradient of `result` at the weights is that of `right`.

    `without` is the gradient that is left where the penalty's own graph was not created.
    """
    weights = list(network.parameters())
    if any(weight.grad is not None for weight in weights):
        raise NotQuite(
            "The value is right, but the weights have gradients already: `backward` has filled "
            "them on the way. Take `torch.autograd.grad`, which gives the one gradient asked for."
        )
    create = (
        "`torch.autograd.grad` needs `create_graph=True`, or its gradient is a constant, and the "
        "penalty trains nobody."
    )
    if not isinstance(result, torch.Tensor):
        raise NotQuite(f"The value is right, but {name} is a plain number, which trains nobody.")
    found = gradients(result, weights)
    found = [torch.zeros_like(w) if g is None else g for w, g in zip(weights, found, strict=True)]
    if same(found, right, 1e-3):
        return
    if same(found, without, 1e-3):
        raise NotQuite(f"The value is right, but the critic does not learn from it: {create}")
    raise NotQuite(
        f"The value is right, but the gradient of {name} at the critic's weights is not: "
        f"{show(found[0][:3])} for {show(right[0][:3])} at the first three. Is something detached?"
    )
