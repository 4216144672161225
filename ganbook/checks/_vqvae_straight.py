"""The exercise of the VQ-VAE chapter that lets a gradient pass straight through."""

import torch

from ganbook.checks._gan_losses import gradients
from ganbook.checks._verdict import NotQuite, exercise, same, show

SHAPES = ((5, 3), (2, 4, 3, 3))


@exercise(
    why="Forwards the code, backwards the encoder: as if quantising had been the identity.",
    hints=(
        "The value is that of `quantised`; written as encoded + (quantised - encoded).",
        "encoded + (quantised - encoded).detach().",
    ),
)
def straight_through(answer):
    """A function of encoded and quantised: the value of the second, a gradient to the first."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    for seed, shape in enumerate(SHAPES):
        g = torch.Generator().manual_seed(seed)
        encoded, quantised, weight = torch.randn(3, *shape, generator=g)
        encoded.requires_grad_()
        quantised.requires_grad_()
        z, e = encoded * 1, quantised * 1  # as they come out of an encoder and a codebook
        result = answer(z, e)
        expect_untouched(z, encoded, "encoded", "the commitment, which needs it, would be 0")
        expect_untouched(e, quantised, "quantised", "the codes would not be what was chosen")
        expect_value(result, encoded, quantised, shape)
        to_encoded, to_quantised = gradients((weight * result).sum(), [encoded, quantised])
        expect_slopes(to_encoded, to_quantised, weight)


def expect_untouched(now, before, name, harm):
    if now.shape != before.shape or not same(now, before, 1e-6):
        raise NotQuite(f"`{name}` itself is overwritten: {harm}. Make a new tensor.")


def expect_value(result, encoded, quantised, shape):
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    if not isinstance(result, torch.Tensor) or result.shape != shape:
        raise NotQuite(
            f"For two tensors of shape {shape} one of that shape was expected, and {show(result)} "
            "came."
        )
    if not same(result, quantised, 1e-4):
        z, e = encoded.detach(), quantised.detach()
        known = (
            (z, "That is `encoded`: nothing is quantised."),
            (2 * z - e, "That is on the other side of `encoded`: the difference is turned."),
            (e - z, "That is the difference alone: `encoded` is added to it."),
            (z - e, "That is the difference alone, and turned."),
            ((z + e) / 2, "That is half-way between the two."),
            (z + e, "That is their sum: take the difference, and add it to `encoded`."),
        )
        found = (message for wrong, message in known if same(result, wrong, 1e-4))
        raise NotQuite(
            f"The value should be that of `quantised`: the first entry is {first(result):.4g}, and "
            f"{first(e):.4g} was expected. {next(found, '')}".rstrip()
        )


def first(x) -> float:
    return x.detach().flatten()[0].item()


def expect_slopes(to_encoded, to_quantised, weight):
    """Raise NotQuite unless the whole gradient goes to the encoder, and none to the codebook."""
    nothing = torch.zeros_like(weight)
    z, e = (nothing if slope is None else slope for slope in (to_encoded, to_quantised))
    to_z = {True: "right"}.get(same(z, weight, 1e-4), "none" if same(z, nothing, 1e-6) else "other")
    to_e = {True: "none"}.get(same(e, nothing, 1e-6), "right" if same(e, weight, 1e-4) else "other")
    if (to_z, to_e) == ("right", "none"):
        return
    said = "The value is that of `quantised`. "
    raise NotQuite(said + {
        ("none", "right"): "But the whole gradient goes to the codebook, and none to the encoder, "
        "which could not learn. Without a stop-gradient encoded + (quantised - encoded) is just "
        "`quantised`; or is it on the wrong side?",
        ("none", "none"): "But no gradient goes anywhere: detach the difference alone, not "
        "`encoded` as well.",
        ("right", "right"): "The encoder has its gradient, but the codebook has it, too: its codes "
        "would be moved by the reconstruction. Detach the whole difference.",
    }.get((to_z, to_e),
          f"But of a slope of {first(weight):.4g}, {first(z):.4g} reaches `encoded` and "
          f"{first(e):.4g} `quantised`: all of it and none were expected."))  # fmt: skip
