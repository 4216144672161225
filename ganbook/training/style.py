"""Style transfer by optimising the pixels of one picture (Gatys et al. 2016)."""

import math
import time
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import interpolate
from torch.optim import LBFGS

from ganbook.compositing import match_moments
from ganbook.expect import (
    expect_integer,
    expect_number,
    expect_one_of,
    expect_positive,
    expect_shape,
)
from ganbook.losses.style import content_loss, gram, style_loss, total_variation
from ganbook.models.style import FeatureMaps


class Objective:
    """What a picture is asked for: a style's Gram matrices, a photo's content, and smoothness.

    Each counts relative to what is wanted, so that the weights mean the same for every network.
    content: the squared differences of the maps over the mean square of the photo's, averaged over
    `content_layers`, positions in the list of `maps` (None: the middle one); with `recolour`, those
    of the photo after `match_moments` has given it the style's colours. style:
    ||G - A||^2 / ||A||^2, averaged over the layers by `layer_weights` (None: alike). tv: the total
    variation. `style` is an image (1, 3, h, w) in [-1, 1], of any size; with style_weight=0 it may
    be None. `autocast` is torch.bfloat16 for mixed precision of the maps alone, or None.
    """

    def __init__(
        self,
        maps: FeatureMaps,
        style: Tensor | None,
        *,
        content_weight: float = 1.0,
        style_weight: float = 20.0,
        tv_weight: float = 0.1,
        content_layers: Sequence[int] | None = None,
        layer_weights: Sequence[float] | None = None,
        recolour: bool = False,
        autocast: torch.dtype | None = None,
    ):
        self.weights = dict(content=content_weight, style=style_weight, tv=tv_weight)
        for name, weight in self.weights.items():
            expect_number(f"{name}_weight", weight, 0, math.inf)
        expect_one_of("autocast", autocast, (None, torch.bfloat16))
        count = len(maps.layers)
        content_layers = (count // 2,) if content_layers is None else tuple(content_layers)
        for position in content_layers:
            expect_integer("content_layers", position, -count, count - 1)
        self.maps, self.content_layers, self.autocast = maps, content_layers, autocast
        shares = [1.0] * count if layer_weights is None else list(layer_weights)
        if len(shares) != count or min(shares) < 0 or sum(shares) <= 0:
            raise ValueError(f"expected {count} layer_weights >= 0, got {layer_weights!r}")
        if style_weight > 0 or recolour:
            expect_shape("style", style, (1, 3, "h", "w"))
        self.style = style if recolour else None
        self.grams, self.factors = [], []
        if style_weight > 0:
            with torch.no_grad():
                self.grams = [gram(features) for features in self.read(style)]
            self.factors = [
                share / sum(shares) / target.square().sum().item()
                for share, target in zip(shares, self.grams, strict=True)
            ]

    def read(self, images: Tensor) -> list[Tensor]:
        """Return the maps of images (B, 3, H, W)."""
        with torch.autocast(images.device.type, self.autocast, enabled=self.autocast is not None):
            return [features.to(images.dtype) for features in self.maps(images)]

    @torch.no_grad()
    def content_of(self, photos: Tensor) -> list[Tensor]:
        """Return the maps (B, C, h, w) that hold the content of photos; none at weight zero."""
        if self.weights["content"] == 0:
            return []
        if self.style is not None:
            style = self.style.expand(len(photos), -1, -1, -1)
            photos = match_moments(photos, style).clamp(-1, 1)
        features = self.read(photos)
        return [features[position] for position in self.content_layers]

    def __call__(self, images: Tensor, content: Sequence[Tensor]) -> dict[str, Tensor]:
        """Return the loss of images (B, 3, H, W), and its parts, without their weights."""
        features, parts = self.read(images), {}
        if self.weights["content"] > 0:
            errors = [
                content_loss(features[position], wanted) / wanted.square().mean()
                for position, wanted in zip(self.content_layers, content, strict=True)
            ]
            parts["content"] = sum(errors) / len(errors)
        if self.weights["style"] > 0:
            parts["style"] = style_loss(features, self.grams, self.factors)
        parts["tv"] = total_variation(images)
        return dict(loss=sum(self.weights[name] * part for name, part in parts.items()), **parts)


def stylise(
    content: Tensor,
    style: Tensor | None,
    maps: FeatureMaps,
    *,
    steps: int = 100,
    start: str | Tensor = "content",
    seed: int = 0,
    **objective,
) -> tuple[Tensor, dict[str, list[float]]]:
    """Return an image (1, 3, H, W) in [-1, 1] of `content` in the manner of `style`, and a history.

    L-BFGS changes the pixels so as to lessen `Objective`, whose arguments are handed on, in `steps`
    iterations, from the content, from "noise" (of `seed`), or from an image that is given.
    content_weight=0 makes a texture: `content` then gives no more than the size, and the start.
    style_weight=0 asks for the content alone. The history has a list for "loss", each part of it,
    and "seconds", one value an evaluation; the first are those of the start.
    Source: Gatys, Ecker and Bethge 2016 (CVPR), "Image style transfer using convolutional neural
    networks"; textures: Gatys et al. 2015, arXiv:1505.07376.
    """
    expect_shape("content", content, (1, 3, "H", "W"))
    expect_positive(steps=steps)
    goal = Objective(maps, style, **objective)
    wanted = goal.content_of(content)
    image = beginning(start, content, seed).requires_grad_()
    optimiser = LBFGS(
        [image],
        max_iter=steps,
        max_eval=4 * steps,
        tolerance_grad=0,
        tolerance_change=0,
        history_size=20,
        line_search_fn="strong_wolfe",
    )
    history: dict[str, list[float]] = {}
    began = time.perf_counter()

    def evaluate():
        image.grad = None
        parts = goal(image, wanted)
        parts["loss"].backward()
        for name, part in parts.items():
            history.setdefault(name, []).append(part.item())
        history.setdefault("seconds", []).append(time.perf_counter() - began)
        return parts["loss"]

    optimiser.step(evaluate)
    return image.detach().clamp(-1, 1), history


def coarse_to_fine(
    content: Tensor,
    style: Tensor | None,
    maps: FeatureMaps,
    *,
    octaves: int = 3,
    start: str | Tensor = "content",
    **options,
) -> tuple[Tensor, list[dict[str, list[float]]]]:
    """Call `stylise` on small versions of content and style first; return the image and histories.

    Each octave has half the height and the width of the next, and its result, enlarged, is what the
    next begins with. What a network sees at once is fixed, so that large patterns are laid down
    when the picture is small, and fine ones at the end. Source: scale control in Gatys et al. 2017,
    "Controlling perceptual factors in neural style transfer", arXiv:1611.07865.
    """
    expect_shape("content", content, (1, 3, "H", "W"))
    expect_positive(octaves=octaves)
    image, histories = start, []
    for octave in reversed(range(octaves)):
        photo, example = smaller(content, octave), None if style is None else smaller(style, octave)
        if isinstance(image, Tensor):
            image = interpolate(image, photo.shape[2:], mode="bicubic", antialias=True).clamp(-1, 1)
        image, history = stylise(photo, example, maps, start=image, **options)
        histories.append(history)
    return image, histories


def smaller(image: Tensor, octave: int) -> Tensor:
    """Halve height and width `octave` times."""
    size = [max(1, side >> octave) for side in image.shape[2:]]
    return interpolate(image, size, mode="bilinear", antialias=True) if octave else image


def beginning(start: str | Tensor, content: Tensor, seed: int) -> Tensor:
    """Return the image to begin with: a copy of the content or of a tensor, or noise."""
    if isinstance(start, Tensor):
        expect_shape("start", start, tuple(content.shape))
        return start.detach().clone()
    expect_one_of("start", start, ("content", "noise"))
    if start == "content":
        return content.detach().clone()
    random = torch.Generator().manual_seed(seed)
    return (0.3 * torch.randn(content.shape, generator=random)).to(content)
