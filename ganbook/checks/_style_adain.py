"""The exercise of the style chapter that writes adaptive instance normalisation."""

from functools import partial

import torch

from ganbook.checks._evaluation_numbers import tensor
from ganbook.checks._style_moments import MISTAKES, normed
from ganbook.checks._verdict import NotQuite, exercise, recognise, same, show

SIZES = (((2, 3, 4, 5), (4, 5)), ((3, 2, 5, 4), (5, 4)), ((1, 3, 3, 3), (3, 3)))


def drawn(shape, size, seed):
    """Return content (B, C, H, W) and style (B, C, h, w) whose maps differ in both moments."""
    g = torch.Generator().manual_seed(seed)
    made = []
    for last in (shape[2:], size):
        scale, shift = 0.4 + 1.5 * torch.rand(2, *shape[:2], 1, 1, generator=g)
        made.append(scale * torch.randn(*shape[:2], *last, generator=g) + 1.5 * shift)
    return made[0], made[1] - 3


@exercise(
    why="Two moments for each map, exchanged in one line; a decoder makes a picture of it.",
    hints=(
        "content.mean(dim=(2, 3), keepdim=True) is (B, C, 1, 1); so are the other three moments.",
        "std_s * (content - mean_c) / (std_c + 1e-5) + mean_s.",
    ),
)
def adain(answer):
    """A function of content (B, C, H, W) and style (B, C, h, w): AdaIN, of the content's shape."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    inputs = [drawn(*size, seed) for seed, size in enumerate(SIZES)]
    results = [restyled(answer(x.clone(), y.clone()), x, y) for x, y in inputs]
    if not allowed(results, inputs):
        known = recognise(results, inputs, MISTAKES, 2e-3)
        raise NotQuite(f"{first_moments(results, inputs)} {known}".rstrip())
    expect_another_size(answer)
    expect_flat(answer)


def allowed(results, inputs) -> bool:
    """Return whether all results are right; N and N - 1 both make a standard deviation."""
    ways = [(a, b) for a in (0, 1) for b in (0, 1)]
    wanted = [[normed(*pair, corrections=way) for pair in inputs] for way in ways]
    return any(all(map(partial(same, tolerance=2e-3), results, want)) for want in wanted)


def expect_another_size(answer):
    """Raise NotQuite unless the answer is right for a style that is larger than the content."""
    content, style = drawn((1, 3, 3, 4), (5, 4), 4)
    try:
        result = answer(content.clone(), style.clone())
    except Exception as error:
        raise NotQuite(
            "Right where both have one size, but for a style of another size your code raised "
            f"{type(error).__name__}: {error}"
        ) from None
    held = restyled(result, content, style)
    if not allowed([held], [(content, style)]):
        raise NotQuite("Right where both have one size, but not for a style of another size: its "
                       "moments are over its own places.")  # fmt: skip


def restyled(result, content, style) -> torch.Tensor:
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    held = tensor(result)
    shape = tuple(content.shape)
    told = f"For content of shape {shape} and a style of shape {tuple(style.shape)} "
    if held is None or held.is_complex():
        raise NotQuite(told + f"a tensor was expected, and {show(result)} came.")
    if held.shape != shape:
        back = " Content and style are exchanged: it is the content that is kept, with new moments."
        raise NotQuite(told + f"the content's shape was expected, and {tuple(held.shape)} came."
                       + back * (held.shape == style.shape))  # fmt: skip
    return held.float()


def first_moments(results, inputs) -> str:
    """Say what moments the first wrong map has, and what moments the style's has."""
    for got, (content, style) in zip(results, inputs, strict=True):
        for place in ((n, c) for n in range(len(got)) for c in range(got.shape[1])):
            x, y = got[place], style[place]
            pair = [f"{v.mean():.3g} and {v.std(correction=0):.3g}" for v in (x, y)]
            if not same(x, normed(content, style)[place], 4e-2):
                told = f"For content of shape {tuple(content.shape)}, the map at {place} has "
                if pair[0] == pair[1]:
                    return told + "the right mean and deviation, but not the right values."
                return told + f"mean and deviation {pair[0]}; its style has {pair[1]}."
    return "The result is near, but not right."


def expect_flat(answer):
    """Raise NotQuite unless a constant map becomes the style's mean."""
    content, style = drawn((1, 3, 4, 4), (4, 4), 5)
    content[0, 1] = 0.5
    got = restyled(answer(content.clone(), style.clone()), content, style)[0, 1]
    if not got.isfinite().all():
        raise NotQuite("Right, but a constant map becomes nan: its deviation is 0. Add a small "
                       "number to the deviation, or to the variance.")  # fmt: skip
    if not same(got, style[0, 1].mean().expand(4, 4), 1e-2):
        raise NotQuite(f"Right, but a constant map becomes {got[0, 0]:.4g}: the style's mean, "
                       f"{style[0, 1].mean():.4g}, was expected.")  # fmt: skip
