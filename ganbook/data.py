"""Named image sets in memory, and batches of them.

Everywhere in ganbook an image batch is (B, C, H, W) float32 in [-1, 1]. Sets are kept as uint8
(N, C, H, W), a quarter of the memory, and converted a batch at a time, on the device.

Sets that need no network: shapes, stripes, digits, photos, folder:PATH. The others (mnist,
fashion_mnist, cifar10, horse2zebra) are read from the folder GANBOOK_DATA (by default
~/.cache/ganbook) in torchvision's layout, and downloaded to it the first time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count as counter
from math import ceil

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganbook import files, procedural
from ganbook.expect import expect_integer, expect_one_of, expect_positive

STAND_INS = dict(mnist="digits", fashion_mnist="shapes", cifar10="shapes", horse2zebra="stripes")
CHANNELS = dict(mnist=1, fashion_mnist=1, cifar10=3, horse2zebra=3)


@dataclass(frozen=True)
class ImageSet:
    """Images and what is known of them."""

    name: str  # what it is, also where another set was asked for and this one stands in
    images: Tensor  # (N, C, H, W) uint8
    labels: Tensor  # (N,) int64, indices into classes
    classes: tuple[str, ...]
    factors: dict[str, Tensor] = field(default_factory=dict)  # of procedural sets, each (N, ...)

    def __len__(self):
        return len(self.images)


def load(name, *, size=32, channels=None, split="train", on_missing="raise") -> ImageSet:
    """Return an image set of squares, `size` pixels wide, with `channels` 1 or 3 (None: its own).

    The 28-pixel sets are padded with black to 32 and then resized if `size` is neither; other sets
    are cropped to their central square. Grey becomes colour by repetition, colour becomes grey by
    luma (0.299, 0.587, 0.114). `split` is "train" or "test". "photos" and folders have only
    "train". In the test split of "stripes" the i-th plain animal is the i-th striped one; in its
    train split none is.

    Raises ValueError for a bad argument or a damaged file. If a set is missing and cannot be
    downloaded: FileNotFoundError with `on_missing="raise"`; with `"stand-in"` a line is
    printed and a procedural or built-in set of the same size and channels is returned.
    """
    check_arguments(name, size, channels, split, on_missing)
    try:
        return read(name, size, channels, split)
    except FileNotFoundError:
        if on_missing == "raise" or name not in STAND_INS:
            raise
    other = STAND_INS[name]
    print(f"{name} is not here and could not be downloaded; {other} stands in for it.")
    return read(other, size, channels or CHANNELS[name], split)


def read(name, size, channels, split) -> ImageSet:
    if name == "shapes":
        return read_shapes(size, channels or 1, split)
    if name == "stripes":
        return read_stripes(size, channels or 3, split)
    if name.startswith("folder:"):
        images, labels, classes = files.read_folder(name.removeprefix("folder:"), size=size)
    else:
        images, labels, classes = getattr(files, f"read_{name}")(size=size, split=split)
    return ImageSet(name, recolour(resize(images, size), channels), labels, classes)


def read_shapes(size, channels, split) -> ImageSet:
    count, seed = (10_000, 0) if split == "train" else (2_000, 1)
    images, factors = procedural.shapes(count, size, channels, seed)
    return ImageSet("shapes", images, factors["kind"], procedural.KINDS, factors)


def read_stripes(size, channels, split) -> ImageSet:
    count, seeds = (2_000, (0, 1)) if split == "train" else (500, (2, 2))
    plain, plain_factors = procedural.stripes(count, size, seeds[0], striped=False)
    coated, coated_factors = procedural.stripes(count, size, seeds[1], striped=True)
    factors = {key: torch.cat([plain_factors[key], coated_factors[key]]) for key in plain_factors}
    labels = torch.arange(2).repeat_interleave(count)
    images = recolour(torch.cat([plain, coated]), channels)
    return ImageSet("stripes", images, labels, ("plain", "striped"), factors)


def resize(images: Tensor, size: int) -> Tensor:
    """Resize uint8 squares (N, C, H, H) to (N, C, size, size), with antialiasing."""
    if images.shape[-1] == 28 and size != 28:
        images = torch.nn.functional.pad(images, (2, 2, 2, 2))
    if images.shape[-1] == size:
        return images
    parts = [
        interpolate(part.float(), size=(size, size), mode="bilinear", antialias=True)
        .round()
        .to(torch.uint8)
        for part in images.split(4096)
    ]
    return torch.cat(parts)


def recolour(images: Tensor, channels: int | None) -> Tensor:
    """Convert uint8 (N, 1 or 3, H, W) to the given number of channels; None leaves them alone."""
    have = images.shape[1]
    if channels is None or channels == have:
        return images
    if channels == 3:
        return images.repeat(1, 3, 1, 1)
    luma = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    parts = [
        (part * luma).sum(1, keepdim=True).round().to(torch.uint8) for part in images.split(4096)
    ]
    return torch.cat(parts)


def batches(
    images, labels=None, *, batch_size=64, device=None, seed=0, epochs=None
) -> Iterator[Tensor | tuple[Tensor, Tensor]]:
    """Yield shuffled batches x of `images`, or (x, y) where labels are given.

    uint8 images (N, C, H, W) come as float32 in [-1, 1]; floating-point rows (N, ...) come as they
    are. The order depends on `seed` and on nothing else, so the same call gives the same stream.
    With `epochs` None the stream is endless and every batch is full (the rest of an epoch is left
    out); otherwise each epoch ends in a smaller batch where batch_size does not divide N.
    """
    check_batches(images, labels, batch_size, epochs)
    images = images.to(device)
    labels = None if labels is None else labels.to(device)
    return stream(images, labels, batch_size, seed, epochs)


def stream(images, labels, batch_size, seed, epochs):
    total = len(images)
    length = total // batch_size if epochs is None else ceil(total / batch_size)
    generator = torch.Generator().manual_seed(seed)
    for _ in counter() if epochs is None else range(epochs):
        order = torch.randperm(total, generator=generator).to(images.device)
        for index in order.split(batch_size)[:length]:
            x = images.index_select(0, index)  # eight times as fast as images[index] on a CPU
            x = to_float(x) if x.dtype == torch.uint8 else x
            yield x if labels is None else (x, labels[index])


def to_float(images: Tensor) -> Tensor:
    """Map uint8 0..255 to float32 -1..1, linearly."""
    if not isinstance(images, Tensor) or images.dtype != torch.uint8:
        raise ValueError(f"expected uint8 images, got {getattr(images, 'dtype', type(images))}")
    return images.to(torch.float32).div_(127.5).sub_(1)


def to_uint8(images: Tensor) -> Tensor:
    """Map float -1..1 to uint8 0..255, linearly: the exact inverse of `to_float`; clip the rest."""
    if not isinstance(images, Tensor) or not images.is_floating_point():
        kind = getattr(images, "dtype", type(images))
        raise ValueError(f"expected floating-point images in [-1, 1], got {kind}")
    if images.isnan().any():
        raise ValueError("expected images in [-1, 1], got NaN")
    return images.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)


def check_arguments(name, size, channels, split, on_missing):
    names = ("shapes", "stripes", "digits", "photos", *STAND_INS)
    if not str(name).startswith("folder:") and name not in names:
        raise ValueError(f"expected name to be one of {names} or folder:PATH, got {name!r}")
    expect_integer("size", size, 4, 1024)
    expect_one_of("channels", channels, (None, 1, 3))
    only_train = name == "photos" or name.startswith("folder:")
    expect_one_of(f"split of {name}", split, ("train",) if only_train else ("train", "test"))
    expect_one_of("on_missing", on_missing, ("raise", "stand-in"))


def check_batches(images, labels, batch_size, epochs):
    if not isinstance(images, Tensor) or images.ndim < 2:
        raise ValueError(f"expected images as a tensor (N, ...), got {describe(images)}")
    if images.dtype != torch.uint8 and not images.is_floating_point():
        raise ValueError(f"expected images to be uint8 or floating point, got {images.dtype}")
    if labels is not None and (not isinstance(labels, Tensor) or len(labels) != len(images)):
        raise ValueError(f"expected labels as a tensor ({len(images)},), got {describe(labels)}")
    expect_integer("batch_size", batch_size, 1, len(images))
    if epochs is not None:
        expect_positive(epochs=epochs)


def describe(x) -> str:
    return str(tuple(x.shape)) if isinstance(x, Tensor) else type(x).__name__
