"""The exercise of the style chapter that writes the style loss of an image."""

import math

import torch
from torch.nn import functional as F

from ganbook.checks._evaluation_numbers import one_number, slips
from ganbook.checks._gan_losses import gradients
from ganbook.checks._verdict import NotQuite, exercise, recognise, same, show

CHANNELS = (3, 4, 6, 5)
WEIGHTS = ((1.0, 0.5, 2.0), (0.3, 1.5, 0.2), (4.0, 0.1, 1.0))


class Maps:
    """Three layers of fixed random filters; keeps the images it was given."""

    def __init__(self):
        g = torch.Generator().manual_seed(0)
        pairs = zip(CHANNELS[1:], CHANNELS, strict=False)
        self.filters = [
            torch.randn(m, n, 3, 3, generator=g) / math.sqrt(4.5 * n) for m, n in pairs
        ]  # fmt: skip
        self.seen = []

    def __call__(self, x):
        self.seen.append(x.detach().clone())
        found = []
        for layer, weight in enumerate(self.filters):
            x = F.relu(F.conv2d(x, weight, padding=1, stride=1 + (layer == 1)))
            found.append(x)
        return found


def case(seed, size=(7, 8), other=(7, 8)):
    """Return image, style (1, 3, H, W), maps and weights."""
    g = torch.Generator().manual_seed(seed)
    image, style = (torch.randn(1, 3, *s, generator=g) for s in (size, other))
    return image, 1.3 * style + 0.2, Maps(), WEIGHTS[seed]


GRAMS = {
    "right": lambda f: f.flatten(2) @ f.flatten(2).mT / f[0].numel(),
    "plain": lambda f: f.flatten(2) @ f.flatten(2).mT,
    "H·W": lambda f: f.flatten(2) @ f.flatten(2).mT / f[0, 0].numel(),
    "places": lambda f: f.flatten(2).mT @ f.flatten(2) / f[0].numel(),
    "centred": lambda f: GRAMS["right"](f - f.mean((2, 3), keepdim=True)),
    "features": lambda f: f,
    "means": lambda f: f.mean((2, 3)),
}
SEEN = {
    "maps": lambda x, maps: maps(x),
    "pixels": lambda x, maps: [x],
    "pixels each": lambda x, maps: [x, x, x],
}
FACTORS = {
    "given": lambda w: w,
    "ones": lambda w: [1.0] * len(w),
    "shares": lambda w: [v / sum(w) for v in w],
    "squared": lambda w: [v * v for v in w],
    "mean": lambda w: [v / len(w) for v in w],
    "mean of ones": lambda w: [1 / len(w)] * len(w),
    "last": lambda w: [0.0, 0.0, w[2]],
    "first": lambda w: [w[0], 0.0, 0.0],
    "last, plain": lambda w: [0.0, 0.0, 1.0],
    "first, plain": lambda w: [1.0, 0.0, 0.0],
    "no last": lambda w: [w[0], w[1], 0.0],
    "turned": lambda w: w[::-1],
}
COSTS = {
    "sum": lambda d: d.square().sum(),
    "mean": lambda d: d.square().mean(),
    "length": lambda d: d.square().sum().sqrt(),
    "sizes": lambda d: d.abs().sum(),
    "mean size": lambda d: d.abs().mean(),
    "half": lambda d: d.square().sum() / 2,
    "quarter": lambda d: d.square().sum() / 4,
    "signed": lambda d: d.sum(),
    "outside": lambda d: d.sum().square(),
}


def loss(image, style, maps, weights, *, seen="maps", gram="right", factor="given", cost="sum"):
    """Return the style loss of Johnson et al. (2016), equation 4, or with the slips asked for."""
    ours, theirs = ([GRAMS[gram](f) for f in SEEN[seen](x, maps)] for x in (image, style))
    parts = zip(FACTORS[factor](weights), ours, theirs, strict=False)
    return sum(w * COSTS[cost](a - b) for w, a, b in parts)


PIXELS = "That compares the pixels of the two images, not their feature maps: pixels know colours, "
PIXELS += "and no strokes. Take Gram matrices of maps(image) and maps(style)."
LOSS_MISTAKES = slips(
    loss,
    seen={"maps": "", "pixels": PIXELS, "pixels each": PIXELS},
    gram={
        "right": "",
        "plain": "The Gram matrices are not normalised: divide each by C·h·w.",
        "H·W": "The Gram matrices are divided by h·w alone: C is missing.",
        "places": "The Gram matrices are taken over the wrong axes: places are compared, in place "
        "of channels.",
        "centred": "The means of the channels are taken off: a Gram matrix takes the features as "
        "they are.",
        "features": "The features themselves are compared, place by place: that is a content loss. "
        "Compare their Gram matrices.",
        "means": "The means of the channels are compared: a Gram matrix holds every pair of them.",
    },
    factor={
        "given": "",
        "ones": "The layers are summed without their weights.",
        "shares": "The weights are divided by their sum: they are meant as they are.",
        "squared": "The weights are squared: each multiplies its layer's loss once.",
        "mean": "That is the mean over the layers: their weighted sum was asked for.",
        "mean of ones": "That is the mean over the layers, without their weights.",
        "last": "Only the last layer counts: sum over all.",
        "first": "Only the first layer counts: sum over all.",
        "last, plain": "Only the last layer counts, and its weight is missing.",
        "first, plain": "Only the first layer counts, and its weight is missing.",
        "no last": "The last layer is missing.",
        "turned": "The weights are in the wrong order.",
    },
    cost={
        "sum": "",
        "mean": "The squares are averaged over the C·C entries: their sum was asked for. Narrow "
        "layers would weigh more.",
        "length": "That is the norm: it is squared.",
        "sizes": "The sizes of the differences are summed: their squares were asked for.",
        "mean size": "Those are mean sizes of the differences: the sum of their squares was asked "
        "for.",
        "half": "That is half of it.",
        "quarter": "That is a quarter of it, as in the paper of Gatys.",
        "signed": "The differences are summed with their signs: square them first.",
        "outside": "The differences are summed before they are squared: square each.",
    },
)


@exercise(
    why="Many layers, each compared by what goes with what: strokes small and large, and no place.",
    hints=(
        "For each layer: its Gram matrices of image and style, and the sum of the squares of their "
        "difference.",
        "zip(maps(image), maps(style), weights); weight * (gram(a) - gram(b)).square().sum().",
    ),
)
def style_loss(answer):
    """A function of image, style, maps and weights: the weighted sum of squared differences."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    inputs = [case(seed) for seed in range(len(WEIGHTS))]
    results = [number(answer(*args)) for args in inputs]
    wanted = [loss(*case(seed)).item() for seed in range(len(WEIGHTS))]
    if not same(results, wanted, 1e-3):
        place = next(n for n in range(len(wanted)) if not same(results[n], wanted[n], 1e-3))
        raise NotQuite(
            f"For weights {show(WEIGHTS[place])} your loss is {results[place]:.4g}; "
            f"{wanted[place]:.4g} was expected. "
            f"{recognise(results, inputs, LOSS_MISTAKES, 1e-3) or unseen(answer)}".rstrip()
        )
    expect_slope(answer)
    smaller = case(1, other=(10, 6))
    got, want = number(answer(*smaller)), loss(*smaller).item()
    if not same(got, want, 1e-3):
        raise NotQuite(f"Right for images of one size, but {got:.4g} for a style of another size; "
                       f"{want:.4g} was expected: each map has its own C·h·w.")  # fmt: skip


def number(result) -> float:
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    return one_number(result)


def unseen(answer) -> str:
    """Say which of the two images the answer never gave to the network."""
    args = case(0)
    answer(*args)
    missing = [
        name for name, x in zip(("image", "style"), args, strict=False)
        if not any(x.shape == y.shape and torch.equal(x, y) for y in args[2].seen)
    ]  # fmt: skip
    if len(missing) == 2:
        return PIXELS
    return f"`{missing[0]}` itself never goes through the network." if missing else ""


def expect_slope(answer):
    """Raise NotQuite unless the loss has its gradient in the image."""
    image, *rest = case(0)
    slopes = []
    for function in (answer, loss):
        leaf = image.clone().requires_grad_()
        slopes.append(gradients(function(leaf, *rest), [leaf])[0])
    if slopes[0] is None:
        raise NotQuite("The value is right, but no gradient reaches the image: no `.item()`, "
                       "`.detach()` or no_grad on its side.")  # fmt: skip
    if not same(slopes[0], slopes[1], 1e-3):
        raise NotQuite("The value is right, but the gradient in the image is not: is some of its "
                       "layers detached, or both sides of its Gram matrix?")  # fmt: skip
