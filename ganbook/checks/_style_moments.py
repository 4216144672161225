"""Adaptive instance normalisation, and what goes wrong in it, for the style chapter's exercise."""

from functools import partial

import torch

from ganbook.checks._evaluation_numbers import slips

EPS = 1e-5
AXES = {  # over which axes of (B, C, H, W)
    "places": (2, 3),
    "batch": (0, 2, 3),
    "channels": (1, 2, 3),
    "channel": (1,),
    "all": (0, 1, 2, 3),
    "rows": (2,),
    "columns": (3,),
}
WIDTHS = {
    "std": torch.sqrt,
    "variance": lambda v: v,
}


def moments(x, axes, width, correction):
    return x.mean(axes, keepdim=True), WIDTHS[width](
        x.var(axes, correction=correction, keepdim=True) + EPS
    )


PARTS = {  # of own and new moments: how they are put together
    "right": lambda x, m, s, mean, std: std * (x - m) / s + mean,
    "exchanged": lambda x, m, s, mean, std: mean * (x - m) / s + std,
    "both exchanged": lambda x, m, s, mean, std: mean * (x - s) / m + std,
    "own exchanged": lambda x, m, s, mean, std: std * (x - s) / m + mean,
    "no own": lambda x, m, s, mean, std: std * x + mean,
    "no own mean": lambda x, m, s, mean, std: std * x / s + mean,
    "no own std": lambda x, m, s, mean, std: std * (x - m) + mean,
    "no mean": lambda x, m, s, mean, std: std * (x - m) / s,
    "no std": lambda x, m, s, mean, std: (x - m) / s + mean,
    "mean alone": lambda x, m, s, mean, std: x - m + mean,
    "plain": lambda x, m, s, mean, std: (x - m) / s,
    "own mean": lambda x, m, s, mean, std: std * (x - m) / s + m,
    "own std": lambda x, m, s, mean, std: s * (x - m) / std + mean,
    "bracket": lambda x, m, s, mean, std: std * ((x - m) / s + mean),
    "order": lambda x, m, s, mean, std: std * (x - m / s) + mean,
    "minus": lambda x, m, s, mean, std: std * (x - m) / s - mean,
    "product": lambda x, m, s, mean, std: std * (x - m) * s + mean,
    "style": lambda x, m, s, mean, std: mean + 0 * x,
    "content": lambda x, m, s, mean, std: x,
}


def normed(content, style, *, parts="right", axes="places", sides="right", own="std", new="std",
           corrections=(0, 0)):  # fmt: skip
    """Return AdaIN (Huang and Belongie, 2017, equation 8) of (B, C, H, W), or with slips."""
    if sides == "exchanged":
        content, style = style, content
    one = moments(content, AXES[axes], own, corrections[0])
    other = moments(style, AXES[axes], new, corrections[1])
    return PARTS[parts](content, *one, *other)


EXCHANGED = "Mean and standard deviation of the style are exchanged: the deviation multiplies, and "
EXCHANGED += "the mean is added."
OWN = "Mean and standard deviation of the content are exchanged: take off the mean, and divide by "
OWN += "the deviation."
MAP = "each map of each image has its own, over H and W alone, dim=(2, 3)."
CHOICES = dict(
    parts={
        "right": "",
        "exchanged": EXCHANGED,
        "both exchanged": EXCHANGED + " The same for the content.",
        "own exchanged": OWN,
        "no own": "The content's own moments are not taken off first: bring it to mean 0 and "
        "deviation 1.",
        "no own mean": "The content's own mean is not taken off.",
        "no own std": "The content is not divided by its own standard deviation.",
        "no mean": "The style's mean is missing: add it.",
        "no std": "The style's standard deviation is missing: multiply by it.",
        "mean alone": "Only the means are matched: the deviations were asked for as well.",
        "plain": "That is instance normalisation: the style has no part in it.",
        "own mean": "The content's own mean is put back: the style's belongs there.",
        "own std": "It is multiplied by the content's deviation and divided by the style's: the "
        "other way round.",
        "bracket": "The style's deviation multiplies its mean, too: add the mean last.",
        "order": "A bracket is missing: (x - mean) / std, and not x - mean / std.",
        "minus": "The style's mean is taken off, not added.",
        "product": "The content is multiplied by its own deviation: divide by it.",
        "style": "That is the style's mean everywhere: the content is gone.",
        "content": "That is the content as it came.",
    },
    axes={
        "places": "",
        "batch": f"The moments are taken over the batch as well, as in batch normalisation: {MAP}",
        "channels": "The moments are taken over the channels as well, as in layer normalisation: "
        + MAP,
        "channel": f"The moments are taken over the channels, for each place: {MAP}",
        "all": f"One mean and one deviation for everything: {MAP}",
        "rows": f"The moments are taken over H alone, for each column: {MAP}",
        "columns": f"The moments are taken over W alone, for each row: {MAP}",
    },
    sides={
        "right": "",
        "exchanged": "Content and style are exchanged: that is the style's picture with the "
        "content's moments.",
    },
    own={
        "std": "",
        "variance": "The content is divided by its variance: the standard deviation is the root.",
    },
    new={
        "std": "",
        "variance": "It is multiplied by the style's variance: the standard deviation is the root.",
    },
)
BOTH = "Variances stand where standard deviations belong: take the root."
MISTAKES = [
    pair
    for way in ((0, 0), (1, 1))
    for pair in [
        (partial(normed, own="variance", new="variance", corrections=way), BOTH),
        *slips(partial(normed, corrections=way), **CHOICES),
    ]
]
