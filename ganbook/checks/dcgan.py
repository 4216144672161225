"""Verdicts for the exercises of the chapter "DCGAN"."""

import math

from ganbook.checks._dcgan_latents import reach, slerp
from ganbook.checks._dcgan_layers import checkerboard, named, numbers, resize_up, size
from ganbook.checks._verdict import NotQuite, compare, exercise, same, show

__all__ = ["checkerboard", "floors", "parameters", "reach", "resize_up", "sizes", "slerp"]

# Exercise 1: n, kernel, stride, padding, output_padding of the layers A to D

LAYERS = dict(A=(7, 6, 3, 1, 0), B=(4, 5, 2, 2, 1), C=(9, 3, 1, 0, 0), D=(5, 7, 4, 2, 2))

SIZE_MISTAKES = (
    (lambda n, k, s, p, extra: (n + 2 * p - k) // s + 1, "That is what a convolution would make."),
    (lambda n, k, s, p, extra: size(n, k, s, 0, extra),
     "Here padding cuts away: p rows on both sides, -2p in all."),
    (lambda n, k, s, p, extra: size(n, k, s, p / 2, extra), "Padding cuts p on both sides: -2p."),
    (lambda n, k, s, p, extra: size(n, k, s, -p, extra), "Here padding cuts away: minus 2p."),
    (lambda n, k, s, p, extra: size(n, k, s, p, 2 * extra),
     "`output_padding` goes on one side: it counts once."),
    (lambda n, k, s, p, extra: size(n, k, s, p, 0), "`output_padding` is added at the end."),
    (lambda n, k, s, p, extra: size(n, k, s, p, extra) - 1,
     "The last stamp is k wide, not k - 1: you are one short."),
    (lambda n, k, s, p, extra: size(n + 1, k, s, p, extra),
     "n stamps lie at 0, s, ..., (n - 1) s: there are n - 1 gaps."),
    (lambda n, k, s, p, extra: n * s, "n s is right only where k + output_padding = s + 2p."),
)  # fmt: skip


@exercise(
    why="With k = 2s and p = s/2, as in the recipe, all of this comes down to n s.",
    hints=(
        "Take a pencil: n stamps, each k wide, s apart. How far does the last one reach?",
        "DCG.3: (n - 1) s - 2p + k + output_padding.",
    ),
)
def sizes(answer):
    """The widths that the transposed convolutions A, B, C and D make, in that order."""
    given = dict(zip(LAYERS, numbers(answer, len(LAYERS)), strict=True))
    wrong = [name for name, layer in LAYERS.items() if given[name] != size(*layer)]
    if not wrong:
        return
    said = f"For {wrong[0]} you predict {given[wrong[0]]:g}."
    if sorted(given.values()) == sorted(size(*layer) for layer in LAYERS.values()):
        raise NotQuite(f"{said} The numbers are right, and stand in another order than A, B, C, D.")
    for mistake, message in SIZE_MISTAKES:
        found = {name: mistake(*layer) for name, layer in LAYERS.items()}
        if sum(given[name] == found[name] for name in LAYERS) >= 3:  # throughout, but for one
            raise NotQuite(f"{said} {message}")
    if len(wrong) == 1:
        raise NotQuite(f"{said} The others are right: it is the arithmetic. Count once more.")
    raise NotQuite(f"{said} Draw the stamps, and count.")


# Exercise 2


def weights(w, z, c, *, area=16, bias=0, norm=2):
    hidden = 4 * w + 2 * w + w
    return area * (z * 4 * w + 8 * w * w + 2 * w * w + w * c) + (norm + bias) * hidden + c


COUNT_MISTAKES = (
    (lambda w, z, c: weights(w, z, c, area=4), "A kernel of width 4 has 4 × 4 numbers, not 4."),
    (lambda w, z, c: weights(w, z, c, bias=1),
     "Those are the hidden layers' biases too: `bias=False`, as batch norm brings its own shift."),
    (lambda w, z, c: weights(w, z, c, norm=0),
     "Batch norm learns too: a gain and a shift for each channel."),
    (lambda w, z, c: weights(w, z, c, norm=1),
     "Batch norm learns a shift *and* a gain for each channel. (The hidden convolutions have no "
     "bias, if that is what you counted.)"),
    (lambda w, z, c: weights(w, z, c, area=9), "The kernels are 4 × 4, not 3 × 3."),
    (lambda w, z, c: weights(w, z, c) - 60 * z * w,
     "The first kernel is 4 × 4 too: it makes 4 × 4 pixels of one."),
    (lambda w, z, c: weights(w, z, c) - 64 * z * w, "The first layer, Z to 4w, is missing."),
    (lambda w, z, c: weights(w, z, 1), "The image has C channels; you counted one."),
    (lambda w, z, c: weights(w, z, c) + c, "No batch norm follows the last layer: it has a bias."),
    (lambda w, z, c: weights(w, z, c) + 2 * c, "No batch norm follows the last layer."),
    (lambda w, z, c: weights(w, z, c, norm=4),
     "Running mean and variance are buffers: measured, not learned, and not parameters."),
    (lambda w, z, c: weights(w, z, c) - c, "The last layer has a bias: no batch norm follows it."),
    (lambda w, z, c: weights(w, z, c) - c + w,
     "The last layer's bias has one number for each channel of the image, not w."),
    (lambda w, z, c: 16 * (c * w + 10 * w * w + 4 * w) + 12 * w + w + 1,
     "That is the discriminator."),
    (lambda w, z, c: 16 * (8 * w * z + 42 * w * w + w * c) + 30 * w + c,
     "That is the generator for 64 pixels, one block longer."),
)  # fmt: skip


@exercise(
    why="In a wide network the square of w rules: twice the width, four times the parameters.",
    hints=(
        "Four transposed convolutions: Z to 4w, 4w to 2w, 2w to w, w to C. Each has 16 a pair.",
        "Then batch norm: two numbers a channel, for 4w + 2w + w channels; and a bias of C.",
    ),
)
def parameters(answer):
    """A function of width, latent and channels: the parameters of the generator for 32 pixels."""
    inputs = [(8, 20, 1), (64, 100, 1), (16, 50, 3)]
    if (
        callable(answer)
        and len(given := {show(answer(*args)) for args in inputs}) == 1
        and given != {"None"}
    ):
        raise NotQuite(f"It returned {given.pop()} for every width, latent and channels.")
    compare(answer, right=weights, inputs=inputs, mistakes=COUNT_MISTAKES, tolerance=1e-9)


# Exercise 5

LOG2, PLUS = math.log(2), math.log1p(math.exp(-1))  # softplus(0), softplus(-1)
FLOORS = (
    ("d_loss", PLUS + LOG2, (
        (0, "That is the floor for raw logits. What is the largest number that a sigmoid gives?"),
        (2 * PLUS, "For a fake the lowest output is 0, not -1: that would be a tanh."),
        (2 * LOG2, "That is where both outputs are 0; the real ones' can go up to 1."),
        (PLUS, "That is the term of the real images; the fakes' term has a floor too."),
        (LOG2, "That is the term of the fakes; the real images' term has a floor too."),
        ((PLUS + LOG2) / 2, "That is half of it: the loss is the sum of its two means."),
    )),
    ("g_loss", PLUS, (
        (0, "That is the floor for raw logits. What is the largest number that a sigmoid gives?"),
        (LOG2, "That is where D's output is 0, for fakes that are found out: the worst case."),
        (math.log1p(math.e), "That is softplus(+1), and the loss is softplus(-output)."),
        (-math.log1p(math.e), "That is the minimax game's: here L_G is softplus(-output)."),
        (PLUS + LOG2, "That is the floor of d_loss; the generator's loss has one term."),
    )),
)  # fmt: skip


@exercise(
    why="A d_loss that settles at 1.006 and will not go lower has one sigmoid too many.",
    hints=(
        "The losses read the output o as a logit: -log D becomes softplus(-o), with o in (0, 1).",
        "Best for D: o = 1 for the real, o = 0 for fakes. softplus(0) = log 2.",
    ),
)
def floors(answer):
    """The lowest d_loss and the lowest g_loss if D ends in a sigmoid, and losses take logits."""
    for number, (name, right, mistakes) in zip(numbers(answer, 2), FLOORS, strict=True):
        if not same(number, right, 0.004):
            found = named(number, mistakes, 0.004)
            if not found and abs(number - right) < 0.05:
                found = "That is close: give two decimals."
            raise NotQuite(f"For {name} your floor is {number:.4g}. {found}".rstrip())
