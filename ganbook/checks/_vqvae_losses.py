"""The exercise of the VQ-VAE chapter that writes the codebook's loss and the commitment."""

import torch

from ganbook.checks._evaluation_numbers import one_number
from ganbook.checks._gan_losses import gradients
from ganbook.checks._verdict import NotQuite, exercise, same, show

SIZES = ((6, 3), (5, 4), (2, 7))
NAMES = ("codebook", "commitment")
WEIGHTS = (0.25, 0.1, 2.0)
VALUES = (  # of the difference (N, D)
    (lambda d: d.square().mean(), "That is the mean over all N·D numbers, so D times too small: "
     "a squared distance is a sum over the D coordinates."),
    (lambda d: d.square().sum(), "That is a sum over the N rows: take their mean."),
    (lambda d: d.square().sum(0).mean(), "That is a mean over the coordinates, and a sum over the "
     "rows: it is the other way round."),
    (lambda d: d.norm(dim=1).mean(), "That is the mean distance: squared distances were asked "
     "for."),
    (lambda d: d.norm(), "That is one length over all rows: squared distances, and their mean."),
    (lambda d: d.abs().sum(1).mean(), "Those are sums of sizes: squared distances were asked for."),
    (lambda d: d.abs().mean(), "Those are sizes: squared distances were asked for."),
    (lambda d: d.square().sum(1).mean() / 2, "That is half of it."),
    (lambda d: d.sum(1).mean(), "The differences are not squared."),
    (lambda d: -d.square().sum(1).mean(), "The sign is turned: descending it drives them apart."),
    *((lambda d, w=w: w * d.square().sum(1).mean(), f"It is multiplied by {w:g}: the weight of the "
       "commitment stands with the caller.") for w in WEIGHTS),
)  # fmt: skip


@exercise(
    why="Two equal values, two directions: one brings the codes to the encoder, one the encoder to "
    "its code.",
    hints=(
        "Both are the mean over rows of |encoded - quantised|²; what differs is what is detached.",
        "codebook: (encoded.detach() - quantised); commitment: (encoded - quantised.detach()).",
    ),
)
def two_losses(answer):
    """A function of encoded and quantised (N, D): (codebook, commitment), two scalars."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    drawn = [torch.randn(2, *size, generator=torch.Generator().manual_seed(seed))
             for seed, size in enumerate(SIZES)]  # fmt: skip
    found = [pair_of(answer(z.clone(), e.clone())) for z, e in drawn]
    differences = [z - e for z, e in drawn]
    for place, name in enumerate(NAMES):
        given = [one(pair[place], name) for pair in found]
        right = [d.square().sum(1).mean().item() for d in differences]
        if not same(given, right, 1e-4):
            known = (
                message for wrong, message in VALUES
                if same(given, [wrong(d).item() for d in differences], 1e-4)
            )  # fmt: skip
            raise NotQuite(
                f"For {SIZES[0][0]} rows of {SIZES[0][1]} numbers the {name} loss is "
                f"{given[0]:.4g}; {right[0]:.4g} was expected. {next(known, '')}".rstrip()
            )
    expect_sides(answer, *drawn[0])


def pair_of(result):
    """Return the two losses of a tuple or list, of a dict, or of anything with those names."""
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    if isinstance(result, dict) and set(NAMES) <= set(result):
        return tuple(result[name] for name in NAMES)
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotQuite(f"Two losses, (codebook, commitment), were expected, and {show(result)} "
                       "came.")  # fmt: skip
    return tuple(result)


def one(result, name) -> float:
    if getattr(result, "ndim", 0) and result.numel() > 1:
        raise NotQuite(f"The {name} loss has the shape {tuple(result.shape)}; a scalar was "
                       "expected: take the mean over the rows.")  # fmt: skip
    return one_number(result)


def expect_sides(answer, encoded, quantised):
    """Raise NotQuite unless each loss moves its own side alone."""
    leaves = [encoded.clone().requires_grad_(), quantised.clone().requires_grad_()]
    pair = pair_of(answer(*(leaf * 1 for leaf in leaves)))
    pull = 2 * (encoded - quantised) / len(encoded)
    moved = []
    for loss, name in zip(pair, NAMES, strict=True):
        loss = loss.sum() if isinstance(loss, torch.Tensor) else loss
        slopes = [torch.zeros_like(pull) if s is None else s for s in gradients(loss, leaves)]
        sides = "".join(side for side, s in zip("ze", slopes, strict=True) if s.abs().max() > 1e-6)
        if not all(same(s, w, 1e-3) or not s.any()
                   for s, w in zip(slopes, (pull, -pull), strict=True)):  # fmt: skip
            raise NotQuite(f"The values are right, but the gradient of the {name} loss is not that "
                           "of a squared distance.")  # fmt: skip
        moved.append(sides)
    if moved != ["e", "z"]:
        raise NotQuite(f"The values are right. {wrong_sides(*moved)}")


def wrong_sides(codebook, commitment) -> str:
    """Say which of the two losses moves what it should not."""
    if (codebook, commitment) == ("z", "e"):
        return (
            "But the two have changed places, or the stop-gradients their sides: the codebook's "
            "loss moves the encoder, and the commitment the codes."
        )
    if (codebook, commitment) == ("ze", "ze"):
        return (
            "But nothing is stopped: both losses move both sides, and the weight of the commitment "
            "cannot tell them apart."
        )
    said = []
    for name, moves, own, other in (
        ("codebook loss", codebook, "e", "encoder"),
        ("commitment", commitment, "z", "codes"),
    ):
        if not moves:
            said.append(f"the {name} moves nothing: detach one side, not both")
        elif moves == "ze":
            said.append(f"the {name} moves the {other}, too: a stop-gradient is missing")
        elif moves != own:
            said.append(f"the {name} moves the {other}: its stop-gradient is on the wrong side")
    return f"But {', and '.join(said)}."
