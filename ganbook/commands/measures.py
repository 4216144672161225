"""What evaluate measures: each number with its interval, and what to beware of."""

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor

from ganbook.metrics.extractors import label
from ganbook.metrics.frechet import frechet_distance
from ganbook.metrics.inception import inception_score
from ganbook.metrics.intervals import bootstrap
from ganbook.metrics.kernel import kernel_distance
from ganbook.metrics.manifold import PrecisionRecall, precision_recall
from ganbook.metrics.two_sample import classifier_two_sample

LEAST = 12  # images: halves of them have five neighbours each
PER_FEATURE = 10  # images a feature, or the note on bias is given
LIMIT, SIZES = "infinitely many images", "these numbers of images"


class Measure(NamedTuple):
    """A number, and how sure it is."""

    metric: str
    label: str
    value: float
    low: float | None  # of the 95 % interval
    high: float | None
    interval_for: str | None
    standard_error: float | None
    real: int  # images that went into it
    fake: int


def measure(
    real: Tensor, fake: Tensor, classes: Tensor | None, *, extractor: str, samples: int, seed: int
) -> Iterator[Measure]:
    """Yield each measure of features fake (M, D) against real (N, D).

    `classes` are the probabilities (M, K) of the fakes, or None; `samples` the number of halves
    behind an interval (see `ganbook.metrics.intervals`).
    """
    sizes, options = (len(real), len(fake)), dict(samples=samples, seed=seed)

    def result(metric, value, low, high, interval_for, *, error=None, counts=sizes):
        name = label(metric, extractor)
        return Measure(metric, name, value, low, high, interval_for, error, *counts)

    yield result("frechet_distance", *bootstrap(frechet_distance, real, fake, **options), LIMIT)
    distance, error = kernel_distance(real, fake)
    yield result("kernel_distance", distance, None, None, None, error=error)
    shares = bootstrap(precision_recall, real, fake, remove_bias=False, **options)
    for name, share in zip(PrecisionRecall._fields, shares, strict=True):
        yield result(name, *share, SIZES)
    accuracy, low, high, _, count = classifier_two_sample(real, fake, seed=seed)
    half = (count // 2, count // 2)
    yield result("classifier_two_sample", accuracy, low, high, "this classifier", counts=half)
    if classes is not None:
        score = bootstrap(lambda p: inception_score(p).mean, classes, **options)
        yield result("inception_score", *score, LIMIT, counts=(0, len(fake)))


def notes(real: Tensor, fake: Tensor) -> list[str]:
    """Return what weakens the numbers: sizes that differ, and sizes that are small."""
    (count_real, width), count_fake = real.shape, len(fake)
    found, least = [], min(count_real, count_fake)
    if count_real != count_fake:
        found.append(
            f"the sets differ in size, and every number but the kernel distance depends on it: "
            f"--count {least} makes them equal"
        )
    if least < PER_FEATURE * width:
        found.append(
            f"{least:,} images are few for {width:,} features: the Fréchet distance is biased "
            f"upwards, and its interval too; compare it only at the same numbers of images"
        )
    return found
