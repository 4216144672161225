"""How well plain animals become striped and back, where every counterpart is known.

The judges are shipped: a classifier trained on real animals of both kinds, and a segmenter trained
on the same with their masks.
"""

from statistics import mean, stdev

import torch
from scipy.stats import t as student

import ganbook as gb
from ganbook import checkpoints, metrics, training

PLAIN, STRIPED = 0, 1


def pairs(split="test"):
    """Return plain and striped animals in [-1, 1], and the masks: of the test split, of both."""
    real = gb.load("stripes", split=split)
    x, y = (gb.to_float(real.images[real.labels == kind]) for kind in (PLAIN, STRIPED))
    return x, y, real.factors["mask"][: len(x), 0]


@torch.no_grad()
def translations(model, x, y):
    """Return G(x) and F(y)."""
    return tuple(
        torch.cat([translate(part) for part in images.split(100)])
        for translate, images in ((model.translate, x), (model.back, y))
    )


def scores(to_striped, to_plain, x, y, masks) -> dict[str, float]:
    """Return accuracy, shape kept and error of translations of x to striped, and of y to plain.

    Accuracy: the share that the classifier calls what it should be. IoU: of the segmented
    translation with the known mask. Error: mean absolute difference from the counterpart, in units
    where images are in [-1, 1]; the shade of a plain animal cannot be known from a striped one.
    """
    judge, segmenter = map(checkpoints.load, ("stripes-classifier", "stripes-segmenter"))
    found = {}
    for name, images, target, kind in (
        ("striped", to_striped, y, STRIPED),
        ("plain", to_plain, x, PLAIN),
    ):
        called = training.predict(judge, images) == kind
        found[f"{name}: accuracy"] = called.float().mean().item()
        found[f"{name}: IoU"] = metrics.mean_iou(segmenter.masks(images), masks)
        found[f"{name}: error"] = (images - target).abs().mean().item()
    return found


def interval(values) -> str:
    """Return the mean of some runs with Student's 95 % interval."""
    half = student.ppf(0.975, len(values) - 1) * stdev(values) / len(values) ** 0.5
    return f"{mean(values):.3f} ± {half:.3f}"
