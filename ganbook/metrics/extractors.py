"""From images to the features, and the class probabilities, that the metrics compare.

A distance is one of features: with another extractor it is another quantity, on another scale. Only
with "inception" has it the name that the literature knows, FID or KID; `label` sees to that.
"""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import pad

from ganbook import checkpoints
from ganbook.expect import expect_one_of, expect_positive, expect_shape
from ganbook.metrics import fid_network

EXTRACTORS = ("fashion_mnist", "mnist", "pixels", "inception")
CLASSIFIERS = dict(fashion_mnist="fashion-mnist-classifier", mnist="mnist-classifier")
WITH_CLASSES = (*CLASSIFIERS, "inception")
NAMES = dict(
    frechet_distance="Fréchet distance",
    kernel_distance="Kernel distance",
    inception_score="Classifier score",
    precision="Precision",
    recall="Recall",
    density="Density",
    coverage="Coverage",
    classifier_two_sample="Two-sample accuracy",
)
STANDARD = dict(frechet_distance="FID", kernel_distance="KID", inception_score="Inception score")

Extractor = str | Callable[[Tensor], Tensor]


def features(images: Tensor, extractor: Extractor, *, batch_size: int = 100) -> Tensor:
    """Return features (N, D), float32, of images (N, C, H, W) in [-1, 1], on the images' device.

    "fashion_mnist", "mnist": the 128 numbers that the last layer of a shipped classifier reads
    (`checkpoints.card` says how good it is), of grey images of 32 pixels as `ganbook.load` makes
    them, or of 28 pixels, which are padded with black to 32 as there.
    "pixels": the C * H * W values, in [0, 1].
    "inception": 2,048 numbers of the standard network of FID (`pip install "ganbook[fid]"`), of
    images of any size, rounded to 8 bits and resized as TensorFlow 1 did; grey is repeated thrice.
    A callable takes images (B, C, H, W), whatever they are, to features (B, D); a network has to be
    in eval mode.
    """
    return run(images, extractor, batch_size)[0]


def probabilities(images: Tensor, extractor: Extractor, *, batch_size: int = 100) -> Tensor:
    """Return class probabilities (N, K), float32, of images (N, C, H, W) in [-1, 1].

    As `features`, but "pixels" has no classes, and a callable returns probabilities (B, K). The
    1,008 of "inception" are of logits without their bias, as in the code of Salimans et al. 2016,
    arXiv:1606.03498.
    """
    if not callable(extractor):
        expect_one_of("extractor with classes", extractor, WITH_CLASSES)
    return run(images, extractor, batch_size)[-1]


def features_and_probabilities(
    images: Tensor, extractor: str, *, batch_size: int = 100
) -> tuple[Tensor, Tensor]:
    """Return `features` and `probabilities` in one pass, for the extractors that have both."""
    expect_one_of("extractor with classes", extractor, WITH_CLASSES)
    return run(images, extractor, batch_size)


def label(metric: str, extractor: Extractor) -> str:
    """Return what to call a result, for instance "Fréchet distance (fashion_mnist features)".

    `metric` is one of `NAMES`. Only with "inception" is it FID, KID or Inception score.
    """
    expect_one_of("metric", metric, NAMES)
    check_extractor(extractor)
    if extractor == "inception" and metric in STANDARD:
        return STANDARD[metric]
    if extractor == "pixels":
        return f"{NAMES[metric]} (pixels)"
    owner = getattr(extractor, "__self__", extractor)  # of a method, its object
    name = owner if isinstance(owner, str) else getattr(owner, "__name__", type(owner).__name__)
    kind = "classes" if metric == "inception_score" else "features"
    return f"{NAMES[metric]} ({name} {kind})"


@torch.no_grad()
def run(images, extractor, batch_size) -> tuple[Tensor, ...]:
    check_extractor(extractor)
    expect_positive(batch_size=batch_size)
    if isinstance(images, Tensor) and images.dtype == torch.uint8:
        raise ValueError("expected images in [-1, 1], got uint8: ganbook.to_float converts them")
    expect_shape("images", images, ("N", "C", "H", "W"))
    if isinstance(extractor, str):
        check_range(images)
    results = [outputs(part.float(), extractor) for part in images.split(batch_size)]
    return tuple(torch.cat(parts).float() for parts in zip(*results, strict=True))


def outputs(x, extractor) -> tuple[Tensor, ...]:
    """Return the features, and the probabilities where there are any, of images (B, C, H, W)."""
    if callable(extractor):
        rows = extractor(x)
        expect_shape("the extractor's result", rows, (len(x), "D"))
        return (rows,)
    if extractor == "pixels":
        return (x.flatten(1).add(1).div(2),)
    if extractor == "inception":
        rows, logits = fid_network.run(x)
    else:
        x = as_loaded(x, extractor)
        network = classifier(extractor).to(x.device)
        rows = network.features(x)  # (B, 128)
        logits = network.head(rows)
    return rows, logits.softmax(dim=1)


@cache
def classifier(extractor):
    return checkpoints.load(CLASSIFIERS[extractor]).to(memory_format=torch.channels_last)


def as_loaded(x, extractor):
    """Return images (B, 1, 32, 32) as they are, and (B, 1, 28, 28) with a black border."""
    if x.shape[1:] not in ((1, 32, 32), (1, 28, 28)):
        shape = ", ".join(map(str, x.shape[1:]))
        raise ValueError(
            f"expected images (N, 1, 32, 32) or (N, 1, 28, 28) for {extractor!r}, got (N, {shape}):"
            f" ganbook.load(..., size=32, channels=1) makes them"
        )
    return pad(x, [(32 - x.shape[-1]) // 2] * 4, value=-1)


def check_extractor(extractor):
    if not callable(extractor):
        expect_one_of("extractor, if it is not callable,", extractor, EXTRACTORS)


def check_range(images):
    low, high = (value.item() for value in images.aminmax())
    if not (low >= -1.001 and high <= 1.001):
        raise ValueError(f"expected images in [-1, 1], got values from {low:.4g} to {high:.4g}")
