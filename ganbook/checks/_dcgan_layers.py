"""Verdicts for the exercises on layers of the chapter "DCGAN"."""

import torch
from torch import nn
from torch.nn.functional import conv_transpose1d

from ganbook.checks._verdict import NotQuite, exercise, same, show


def size(n, k, s, p, extra):
    """Return the width that a transposed convolution makes of n, by DCG.3."""
    return (n - 1) * s - 2 * p + k + extra


def numbers(answer, count: int) -> list[float]:
    """Return an answer as `count` floats, or raise NotQuite."""
    try:
        given = [float(number) for number in answer]
    except (TypeError, ValueError):
        given = []
    if len(given) != count:
        raise NotQuite(f"A tuple of {count} numbers was expected, and {show(answer)} came.")
    return given


def named(given, mistakes, tolerance: float) -> str:
    """Return the message of the mistake (wrong value, message) that was given, or nothing."""
    return next((text for wrong, text in mistakes if same(given, wrong, tolerance)), "")


# Exercise 3


@exercise(
    why="Given a constant map it draws nothing away from the edges, whatever its weights.",
    hints=(
        "Repetition makes blocks of equal pixels; torch.nn has a layer for it. What smooths them?",
        "The convolution must keep the size: kernel 3 needs padding 1.",
    ),
)
def resize_up(answer):
    """A function (inputs, outputs) -> module, (B, inputs, H, W) -> (B, outputs, 2H, 2W)."""
    if isinstance(answer, nn.Module):
        raise NotQuite("That is a module; the function (inputs, outputs) that makes it is asked.")
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        network = answer(3, 5)
        if not isinstance(network, nn.Module):
            raise NotQuite(f"A module was expected, and {show(network)} came.")
        expect_block(network.train(), torch.randn(8, 3, 6, 6))
        expect_flat(network)


def expect_block(network, x):
    """Raise NotQuite unless x becomes twice as large, batch-normalised, and rectified last."""
    norms, kept = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)], []
    hooks = [m.register_forward_hook(lambda _, __, out: kept.append(out.clone())) for m in norms]
    y = network(x.clone())
    for hook in hooks:
        hook.remove()
    if tuple(y.shape) != (8, 5, 12, 12):
        raise NotQuite(
            f"(8, 3, 6, 6) became {tuple(y.shape)}; (8, 5, 12, 12) was expected. "
            + SHAPES.get(tuple(y.shape), "")
        )
    layers = list(network.modules())
    if any(isinstance(m, nn.ConvTranspose2d) and m.stride != (1, 1) for m in layers):
        raise NotQuite("That is a transposed convolution again: enlarge first, then convolve.")
    if y.amin() < 0 and same(y.mean((0, 2, 3)), torch.zeros(5), 1e-3):
        raise NotQuite("Each channel's mean is 0: batch norm comes last. ReLU comes after it.")
    if y.amin() < 0:
        raise NotQuite(f"Values go down to {y.amin():.2f}: the block ends in a (plain) ReLU.")
    if not norms and not same(y, network(1000 * x), 1e-2):
        raise NotQuite("An input 1000 times as large changes the output: where is batch norm?")
    if same(y[..., ::2, ::2], y[..., 1::2, 1::2], 1e-5):
        if any(isinstance(m, nn.Conv2d) and m.kernel_size == (1, 1) for m in layers):
            raise NotQuite("A kernel of 1 smooths nothing: blocks of 2 × 2 pixels stay. Take 3.")
        raise NotQuite("The output is blocks of 2 × 2 equal pixels: enlarge first, then convolve.")
    if y.gt(0).all():
        raise NotQuite("Nothing is ever 0: the ReLU at the end is missing.")
    if same(network(x[:1]), y[:1], 1e-3):
        raise NotQuite("Each image is normalised by itself: batch norm takes the whole batch.")
    if kept and not (kept[-1].shape == y.shape and same(kept[-1].relu(), y, 1e-4)):
        raise NotQuite("Batch norm stands in another place: convolution, batch norm, ReLU.")


def expect_flat(network):
    """Raise NotQuite if a constant map is not flat in the middle, with random weights."""
    for _ in range(4):
        for weight in network.parameters():
            nn.init.normal_(weight)
        middle = network(torch.ones(2, 3, 16, 16))[..., 10:22, 10:22]
        if middle.std((2, 3)).max() > 1e-3:
            raise NotQuite(
                "Given a constant map and random weights it draws a pattern, even in the middle: "
                "neighbouring pixels meet different weights. Enlarge first, then convolve."
            )


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
    *layer, ratio = numbers(answer, 4)
    k, p, extra = map(int, layer)
    if k == 1:
        raise NotQuite("A kernel of 1 leaves every other pixel without a stamp. Take a wider one.")
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
    mistakes = (
        (high / low, "That is along one axis: an image has two, and the counts multiply."),
        ((low / high) ** 2, "Most to least was asked for: your ratio is turned over."),
        (high**2, "That is the highest count; divide it by the lowest."),
        (high**2 - low**2, "That is a difference; a ratio was asked for."),
        ((high / low) ** 4, "Squared once too often: variance is in proportion to the count."),
        (1, "Equal variances would be no checkerboard."),
        ((high / low) ** 0.5, "Without the root: variance is in proportion to the count itself."),
        (4, "That is the ratio of kernel 3. How often does yours stamp, along one axis?"),
    )
    if not same(ratio, (high / low) ** 2, 0.01):
        found = named(ratio, mistakes, 0.01)
        raise NotQuite(f"The kernel is right, but the ratio is not {ratio:g}. {found}".rstrip())
