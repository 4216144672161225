"""The exercise of the style chapter that writes the Gram matrix."""

from functools import partial

import torch

from ganbook.checks._evaluation_numbers import slips, tensor
from ganbook.checks._verdict import NotQuite, exercise, first_difference, recognise, same, show

SHAPES = ((2, 3, 4, 5), (1, 4, 3, 2), (3, 2, 3, 3))


def maps(shape, seed):
    """Return feature maps (B, C, H, W) with channels of different means and sizes."""
    g = torch.Generator().manual_seed(seed)
    scale = 0.5 + 2 * torch.rand(1, shape[1], 1, 1, generator=g)
    return scale * (torch.randn(shape, generator=g) + torch.randn(1, shape[1], 1, 1, generator=g))


ROWS = {  # (B, C, H, W) to (B, C, N)
    "right": lambda f: f.flatten(2),
    "centred": lambda f: f.flatten(2) - f.mean((2, 3))[..., None],
    "centred places": lambda f: f.flatten(2) - f.flatten(2).mean(1, keepdim=True),
    "unit": lambda f: torch.nn.functional.normalize(f.flatten(2), dim=2),
    "size": lambda f: f.flatten(2).abs(),
    "scrambled": lambda f: f.reshape(len(f), -1, f.shape[1]).mT,
    "scrambled batch": lambda f: f.reshape(f.shape[1], len(f), -1).transpose(0, 1),
    "first": lambda f: f[:1].flatten(2).expand(len(f), -1, -1),
    "mean image": lambda f: f.mean(0, keepdim=True).flatten(2).expand(len(f), -1, -1),
    "row": lambda f: f[:, :, 0],
}
DIVISORS = {
    "C·H·W": lambda b, c, h, w: c * h * w,
    "one": lambda b, c, h, w: 1,
    "H·W": lambda b, c, h, w: h * w,
    "H·W - 1": lambda b, c, h, w: h * w - 1,
    "C": lambda b, c, h, w: c,
    "B·C·H·W": lambda b, c, h, w: b * c * h * w,
    "C·C": lambda b, c, h, w: c * c,
    "C·C·H·W": lambda b, c, h, w: c * c * h * w,
    "C·W": lambda b, c, h, w: c * w,
    "C·H": lambda b, c, h, w: c * h,
    "2·C·H·W": lambda b, c, h, w: 2 * c * h * w,
    "squared": lambda b, c, h, w: (c * h * w) ** 2,
    "root": lambda b, c, h, w: (c * h * w) ** 0.5,
    "Gatys": lambda b, c, h, w: 4 * (c * h * w) ** 2,
}


def gram(features, *, rows="right", over="C·H·W"):
    """Return Gram matrices (B, C, C) as Johnson et al. (2016) define them, or with slips."""
    taken = ROWS[rows](features)
    return taken @ taken.mT / DIVISORS[over](*features.shape)


CENTRED = "The mean of each channel is taken off: that is a covariance. A Gram matrix takes the "
CENTRED += "features as they are."
AXES = "`view(B, H * W, C)` reads the numbers in their order, and mixes channels with places: "
AXES += "flatten H and W first, (B, C, H * W), and transpose that."
COVARIANCE = "That is the covariance: no mean is taken off here, and C·H·W is the divisor."
COSINE = (
    "Each channel is brought to length 1: those are cosines, and how strong a channel is, is lost."
)
GRAM_MISTAKES = [
    (partial(gram, rows="centred", over="H·W - 1"), COVARIANCE),
    (partial(gram, rows="centred", over="H·W"), COVARIANCE),
    (partial(gram, rows="unit", over="one"), COSINE),
]
GRAM_MISTAKES += slips(
    gram,
    rows={
        "right": "",
        "centred": CENTRED,
        "centred places": "The mean over the channels is taken off at each place: the features are "
        "taken as they are.",
        "unit": COSINE,
        "size": "The sizes of the features are multiplied: signs count.",
        "scrambled": AXES,
        "scrambled batch": "The images of the batch are mixed: `view(C, -1)` of (B, C, H, W) reads "
        "the numbers in their order. Keep B first.",
        "first": "All matrices are those of the first image.",
        "mean image": "The images of the batch are averaged first: each has a matrix of its own.",
        "row": "Only the first row of places is used.",
    },
    over={
        "C·H·W": "",
        "one": "It is not normalised: a larger map has larger entries, and layers cannot be "
        "weighed. Divide by C·H·W.",
        "H·W": "It is divided by H·W alone: C is missing.",
        "H·W - 1": "It is divided by H·W - 1, as a covariance is: C·H·W was asked for.",
        "C": "It is divided by C alone: H·W is missing, and a larger map has larger entries.",
        "B·C·H·W": "It is divided by B, too: an image's matrix depends on its company.",
        "C·C": "It is divided by C·C, the number of entries: C·H·W was asked for.",
        "C·C·H·W": "It is divided by C once too often: C·H·W was asked for.",
        "C·W": "H is missing: divide by C·H·W.",
        "C·H": "W is missing: divide by C·H·W.",
        "2·C·H·W": "That is half of it.",
        "squared": "It is divided by C·H·W twice.",
        "root": "It is divided by the root of C·H·W.",
        "Gatys": "It is divided by 4 (C·H·W)²: in the paper of Gatys that stands before the "
        "squared difference, and not in the matrix.",
    },
)


@exercise(
    why="Which features go together, averaged over all places: where they were is gone.",
    hints=(
        "One row for each channel, one column for each place: features.flatten(2), (B, C, H·W).",
        "rows @ rows.transpose(1, 2) is (B, C, C); divide by C·H·W.",
    ),
)
def gram_matrix(answer):
    """A function of features (B, C, H, W): Gram matrices (B, C, C), divided by C·H·W."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    inputs = [(maps(shape, seed),) for seed, shape in enumerate(SHAPES)]
    results = [matrices(answer(f.clone()), f) for (f,) in inputs]
    for (f,), got in zip(inputs, results, strict=True):
        want = gram(f)
        if not same(got, want, 1e-4):
            raise NotQuite(
                f"For features of shape {tuple(f.shape)} the first entry is {got.flatten()[0]:.4g},"
                f" and {want.flatten()[0]:.4g} was expected. "
                f"{first_difference(got, want, 1e-4) * same(got[0, 0, 0], want[0, 0, 0], 1e-4)}"
                f"{recognise(results, inputs, GRAM_MISTAKES, 1e-4)}".rstrip()
            )


def matrices(result, features) -> torch.Tensor:
    """Return a result as matrices (B, C, C), or say which axes were multiplied instead."""
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    if isinstance(result, tuple | list) and any(isinstance(r, torch.Tensor) for r in result):
        shapes = {tuple(getattr(r, "shape", (-1,))) for r in result}
        result = torch.stack(list(result)) if len(shapes) == 1 and (-1,) not in shapes else None
    held = tensor(result)
    b, c, h, w = features.shape
    told = f"For features of shape ({b}, {c}, {h}, {w}), matrices of shape ({b}, {c}, {c}) were "
    if held is None or held.is_complex():
        raise NotQuite(told + f"expected, and {show(result)} came.")
    shape = tuple(held.shape)
    if shape != (b, c, c):
        raise NotQuite(told + f"expected, and {shape} came.{axes(shape, b, c, h, w)}")
    return held.double()


def axes(shape, b, c, h, w) -> str:
    """Say what matrices of a wrong shape hold."""
    places = " Those are products over the wrong axes: places are compared, and summed over the "
    places += "channels. Sum over the places: rows @ rows.transpose(1, 2), with rows (B, C, H·W)."
    return {
        (b, h * w, h * w): places,
        (h * w, h * w): places,
        (c, c): " The batch is mixed into one matrix: each image has its own.",
        (b * c, b * c): " The images are mixed: channels of one are multiplied with those of "
        "another. Keep B apart: (B, C, H·W).",
        (b, c, h, h): " Each channel is multiplied with itself, over the columns: flatten H and W "
        "into one axis first.",
        (b, c, w, w): " Each channel is multiplied with itself, over the rows: flatten H and W "
        "into one axis first.",
        (b, c, h, w): " Those are products of each feature with itself: sum over the places, for "
        "every pair of channels.",
        (b, c): " Those are the diagonals alone: every pair of channels has its entry.",
        (b, b): " Images are compared: channels were asked for.",
        (b, c, c, 1): " One axis too many: squeeze it.",
        (b, c, c, h, w): " Sum over the places.",
        (b, c, c, h * w): " Sum over the places.",
        (): " That is one number: was everything summed?",
    }.get(shape, "")
