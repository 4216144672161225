"""Verdicts for the exercises of the chapter "DCGAN"."""

import math
from functools import cache

import torch
from torch import nn
from torch.nn.functional import conv_transpose1d

from ganbook import checkpoints
from ganbook.checks._verdict import NotQuite, compare, exercise, same, show
from ganbook.explore import slerp as arc

# Exercise 1: n, kernel, stride, padding, output_padding of the layers A to D
LAYERS = dict(A=(7, 6, 3, 1, 0), B=(4, 5, 2, 2, 1), C=(9, 3, 1, 0, 0), D=(5, 7, 4, 2, 2))


def size(n, k, s, p, extra):
    return (n - 1) * s - 2 * p + k + extra


SIZE_MISTAKES = (
    (lambda n, k, s, p, extra: (n + 2 * p - k) // s + 1, "That is what a convolution would make."),
    (lambda n, k, s, p, extra: size(n, k, s, 0, extra),
     "Here padding cuts away: p rows on both sides, -2p in all."),
    (lambda n, k, s, p, extra: size(n, k, s, p / 2, extra), "Padding cuts p on both sides: -2p."),
    (lambda n, k, s, p, extra: size(n, k, s, -p, extra), "Here padding cuts away, and adds nothing."),
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
    if not isinstance(answer, tuple | list) or len(answer) != len(LAYERS):
        raise NotQuite(f"Four numbers, for A to D, were expected, and {show(answer)} came.")
    given = dict(zip(LAYERS, map(float, answer), strict=True))
    wrong = [name for name, layer in LAYERS.items() if given[name] != size(*layer)]
    for names in (list(LAYERS), wrong[:1]):  # a mistake made throughout, or once
        for mistake, message in SIZE_MISTAKES:
            if wrong and all(given[name] == mistake(*LAYERS[name]) for name in names):
                raise NotQuite(f"For {wrong[0]} you predict {given[wrong[0]]:g}. {message}")
    if wrong:
        raise NotQuite(f"For {wrong[0]} you predict {given[wrong[0]]:g}. Build the layer and look.")


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
     "Batch norm learns a shift *and* a gain for each channel."),
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
    why="The square of w rules: twice the width is nearly four times the parameters.",
    hints=(
        "Four transposed convolutions: Z to 4w, 4w to 2w, 2w to w, w to C. Each has 16 a pair.",
        "Then batch norm: two numbers a channel, for 4w + 2w + w channels; and a bias of C.",
    ),
)
def parameters(answer):
    """A function of width, latent and channels: the parameters of the generator for 32 pixels."""
    inputs = [(8, 20, 1), (64, 100, 1), (16, 50, 3)]
    compare(answer, right=weights, inputs=inputs, mistakes=COUNT_MISTAKES, tolerance=1e-9)


# Exercise 3


@exercise(
    why="It cannot draw the checkerboard of uneven stamps, at more cost a pixel.",
    hints=(
        "nn.Sequential of nn.Upsample(scale_factor=2), nn.Conv2d, nn.BatchNorm2d, nn.ReLU.",
        "The convolution must keep the size: kernel 3 needs padding 1.",
    ),
)
def resize_up(answer):
    """A function (inputs, outputs) -> module, (B, inputs, H, W) -> (B, outputs, 2H, 2W)."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        network = answer(3, 5)
        if not isinstance(network, nn.Module):
            raise NotQuite(f"A module was expected, and {show(network)} came.")
        x = torch.randn(8, 3, 6, 6)
        y, louder = network.train()(x.clone()), network(1000 * x)
    if tuple(y.shape) != (8, 5, 12, 12):
        raise NotQuite(
            f"(8, 3, 6, 6) became {tuple(y.shape)}; (8, 5, 12, 12) was expected. "
            + SHAPES.get(tuple(y.shape), "")
        )
    if any(isinstance(layer, nn.ConvTranspose2d) for layer in network.modules()):
        raise NotQuite("That is a transposed convolution again: enlarge first, then convolve.")
    if y.amin() < 0 and same(y.mean((0, 2, 3)), torch.zeros(5), 1e-3):
        raise NotQuite("Each channel's mean is 0: batch norm comes last. ReLU comes after it.")
    if y.amin() < 0:
        raise NotQuite(f"Values go down to {y.amin():.2f}: the block ends in a (plain) ReLU.")
    if not same(y, louder, 1e-2):
        raise NotQuite("An input 1000 times as large changes the output: where is batch norm?")
    if same(y[..., ::2, ::2], y[..., 1::2, 1::2], 1e-5):
        raise NotQuite("The output is blocks of 2 × 2 equal pixels: enlarge first, then convolve.")
    if y.gt(0).all():
        raise NotQuite("Nothing is ever 0: the ReLU at the end is missing.")


SHAPES = {
    (8, 5, 6, 6): "Nothing is enlarged.",
    (8, 5, 10, 10): "A 3 × 3 kernel without padding eats a rim of one pixel.",
    (8, 5, 24, 24): "It is enlarged twice over.",
    (8, 3, 12, 12): "The number of channels must change too.",
    (8, 5, 3, 3): "That is a block that halves.",
}


# Exercise 4


@exercise(
    why="In the middle, some pixels add up more random numbers than others: that is the grid.",
    hints=(
        "Doubling exactly: (n - 1) 2 - 2p + k + output_padding = 2n. Which k are not even?",
        "Count along one axis: k = 3 gives 1, 2, 1, 2. In two dimensions the counts multiply.",
    ),
)
def checkerboard(answer):
    """(kernel_size, padding, output_padding, ratio): doubles exactly, covers unevenly."""
    if not isinstance(answer, tuple | list) or len(answer) != 4:
        raise NotQuite(f"Four numbers were expected, and {show(answer)} came.")
    k, p, extra = map(int, answer[:3])
    if k < 2 or p < 0 or not 0 <= extra < 2:
        raise NotQuite(
            "The kernel is at least 2 wide, padding at least 0, and output_padding 0 or 1: "
            "torch wants it smaller than the stride."
        )
    if (width := size(16, k, 2, p, extra)) != 32:
        raise NotQuite(f"16 pixels become {width}, not 32. Look at DCG.3.")
    counts = conv_transpose1d(torch.ones(1, 1, 16), torch.ones(1, 1, k), None, 2, p, extra)[0, 0]
    low, high = counts[12:20].min().item(), counts[12:20].max().item()
    if low == high:
        raise NotQuite(f"Every pixel in the middle is covered {low:g} times along each axis: even.")
    ratio = float(answer[3])
    mistakes = (
        (high / low, "That is along one axis: an image has two, and the counts multiply."),
        ((low / high) ** 2, "Most to least was asked for: your ratio is turned over."),
        (high**2, "That is the highest count; divide it by the lowest."),
        (high**2 - low**2, "That is a difference; a ratio was asked for."),
        (
            (high / low) ** 4,
            "Squared too often: the variance is in proportion to the count itself.",
        ),
        (1, "Equal variances would be no checkerboard."),
    )
    if not same(ratio, (high / low) ** 2, 0.01):
        found = next((message for wrong, message in mistakes if same(ratio, wrong, 0.01)), "")
        raise NotQuite(f"The kernel is right, but the ratio is not {ratio:g}. {found}".rstrip())


# Exercise 5

LOG2, PLUS = math.log(2), math.log1p(math.exp(-1))  # softplus(0), softplus(-1)
FLOORS = (
    ("d_loss", PLUS + LOG2, (
        (0, "That is the floor for raw logits. What is the largest number that a sigmoid gives?"),
        (2 * PLUS, "For a fake the lowest output is 0, not -1: that would be a tanh."),
        (2 * LOG2, "That is where both outputs are 0; the real ones' can go up to 1."),
        (PLUS, "That is the term of the real images; the fakes' term has a floor too."),
        (LOG2, "That is the term of the fakes; the real images' term has a floor too."),
        (2 * math.log1p(math.e), "That is the highest it can be: each term at its worst."),
    )),
    ("g_loss", PLUS, (
        (0, "That is the floor for raw logits. What is the largest number that a sigmoid gives?"),
        (LOG2, "That is where D's output is 0, for fakes that are found out: the worst case."),
        (1 - LOG2, "-log D is computed from the output as from a logit: softplus(-output)."),
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
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise NotQuite(f"A pair (d_loss, g_loss) was expected, and {show(answer)} came.")
    for number, (name, right, mistakes) in zip(map(float, answer), FLOORS, strict=True):
        if not same(number, right, 0.004):
            found = next((text for wrong, text in mistakes if same(number, wrong, 0.004)), "")
            raise NotQuite(f"For {name} your floor is {number:.4g}. {found}".rstrip())


# Exercise 6


def angle(a, b):
    return torch.arccos((a @ b / (a.norm() * b.norm())).clamp(-1, 1))


def chord(a, b, t):
    line = torch.lerp(a, b, t)
    return line * a.norm() / line.norm()


SLERP_MISTAKES = (
    (lambda a, b, t: torch.lerp(a, b, t), "That is the straight line, which cuts the corner."),
    (lambda a, b, t: arc(b, a, t), "It runs backwards: t = 0 is a, and t = 1 is b."),
    (lambda a, b, t: arc(a, b, t) / a.norm(), "Its length is 1: keep that of the latents."),
    (lambda a, b, t: arc(a, b, t) * angle(a, b).sin(), "The division by sin(angle) is missing."),
    (lambda a, b, t: (1 - t) ** 0.5 * a + t**0.5 * b,
     "Square roots as weights keep the length only where a and b are at right angles."),
    (chord, "The right arc, but not at an even pace: a stretched chord hurries in the middle."),
    (lambda a, b, t: ((1 - t) * angle(a, b)).cos() * a + (t * angle(a, b)).cos() * b,
     "Sines, not cosines: at t = 0 the weight of b must be 0."),
)  # fmt: skip


@exercise(
    why="Every latent on the way is as long as those the generator was trained on.",
    hints=(
        "The angle: arccos(a @ b / (a.norm() * b.norm())).",
        "DCG.8. Where the angle is 0, its sine is too: return a.",
    ),
)
def slerp(answer):
    """A function of latents a, b (Z,) of one length, and t in [0, 1]: the point on the arc."""
    g = torch.Generator().manual_seed(0)
    a, b, c = torch.randn(3, 100, generator=g)
    b, c = b * a.norm() / b.norm(), (a + 0.5 * c) * a.norm() / (a + 0.5 * c).norm()
    inputs = [(a, b, 0.5), (a, b, 0.2), (a, c, 0.3), (a, c, 0.0), (b, c, 1.0)]
    compare(answer, right=arc, inputs=inputs, mistakes=SLERP_MISTAKES, tolerance=1e-3)
    same_place = torch.as_tensor(answer(a.clone(), a.clone(), 0.5))
    if not same(same_place, a, 1e-3):
        raise NotQuite(
            f"From a to a itself it gives {same_place[0]:.4g}, ... where {a[0]:.4g}, ... was "
            "expected: the angle is 0, and 0 / 0 is nan."
        )


# Exercise 7


@cache
def walkers():
    """Latents of the shipped generator, the means of each class, and the two networks."""
    generator = checkpoints.load("dcgan-fashion-mnist")
    judge = checkpoints.load("fashion-mnist-classifier")
    z = torch.randn(1000, generator.latent, generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        label = torch.cat([judge(generator(part)).argmax(1) for part in z.split(250)])
    return generator, judge, z, label, torch.stack([z[label == c].mean(0) for c in range(10)])
