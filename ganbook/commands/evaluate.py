"""python -m ganbook evaluate: how far one set of images is from another, with intervals."""

import argparse
import json

import torch
from torch import Tensor
from tqdm.auto import tqdm

import ganbook
from ganbook import data, runtime
from ganbook.commands import images, measures
from ganbook.expect import expect_integer
from ganbook.metrics import extractors

PLACE = (
    "a folder of images; or FILE.npz[:KEY] with uint8 images (N, H, W) or (N, H, W, C) under KEY, "
    "by default `images`, `arr_0` or the only one; or NAME:test or NAME:train of a set that "
    "ganbook.load knows, at 32 pixels"
)


def add(commands) -> None:
    """Add the command and its options to the parser."""
    evaluate = commands.add_parser(
        "evaluate",
        help="compare a set of images with the real ones",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    evaluate.set_defaults(command=run)
    place = dict(required=True, default=argparse.SUPPRESS)
    evaluate.add_argument("--real", metavar="A", help=PLACE, **place)
    evaluate.add_argument("--fake", metavar="B", help="the same", **place)
    evaluate.add_argument(
        "--extractor",
        choices=extractors.EXTRACTORS,
        default="inception",
        help="what turns images into features; only inception gives FID",
    )
    evaluate.add_argument("--count", type=int, help="images of each set, at random; None: all")
    evaluate.add_argument("--samples", type=int, default=100, help="values behind an interval")
    evaluate.add_argument("--seed", type=int, default=0)
    evaluate.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(options) -> None:
    """Print each measure with its interval and sample sizes, and what to beware of."""
    runtime.seed(options.seed)
    expect_integer("samples", options.samples, 40)
    sets = alike(images.read(options.real), images.read(options.fake), options)
    sets = [take(x, options.count, options.seed) for x in sets]
    real, _ = extract(sets[0], options.extractor, "features of the real")
    fake, classes = extract(sets[1], options.extractor, "features of the fake")
    todo = measures.measure(
        real,
        fake,
        classes,
        extractor=options.extractor,
        samples=options.samples,
        seed=options.seed,
    )
    with tqdm(todo, desc="measures", leave=False) as bar:
        found = [measure._asdict() for measure in bar]
    result = dict(
        real=options.real,
        fake=options.fake,
        image=list(sets[0].shape[1:]),  # channels, height, width
        extractor=options.extractor,
        features=real.shape[1],
        seed=options.seed,
        samples=options.samples,
        measures=found,
        notes=measures.notes(real, fake),
        versions=dict(ganbook=ganbook.__version__, torch=torch.__version__),
    )
    print(json.dumps(result, indent=1, ensure_ascii=False) if options.json else table(result))


def alike(real: Tensor, fake: Tensor, options) -> tuple[Tensor, Tensor]:
    """Return both sets with as many channels; ValueError if their images differ in size."""
    sizes = [tuple(x.shape[2:]) for x in (real, fake)]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"expected images of one size, got {sizes[0]} in {options.real} and {sizes[1]} in "
            f"{options.fake}. Resize one set like the other, and say how: it changes the numbers"
        )
    channels = max(real.shape[1], fake.shape[1])
    return real.expand(-1, channels, -1, -1), fake.expand(-1, channels, -1, -1)


def take(x: Tensor, count: int | None, seed: int) -> Tensor:
    if len(x) < measures.LEAST:
        raise ValueError(f"expected {measures.LEAST} or more images in each set, got {len(x)}")
    if count is None:
        return x
    expect_integer("count", count, measures.LEAST, len(x))
    return x[torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))[:count]]


def extract(x: Tensor, extractor: str, title: str) -> tuple[Tensor, Tensor | None]:
    """Return features, and class probabilities where there are classes, on the CPU."""
    both = extractor in extractors.WITH_CLASSES
    function = extractors.features_and_probabilities if both else extractors.features
    with tqdm(x.split(500), desc=title, leave=False) as parts:
        results = [function(data.to_float(part.to(runtime.device())), extractor) for part in parts]
    if not both:
        return torch.cat(results).cpu(), None
    rows, classes = (torch.cat(parts).cpu() for parts in zip(*results, strict=True))
    return rows, classes


def table(result: dict) -> str:
    """Return the result as text: a line for each measure, then the notes."""
    head = ("", "value", "95 % interval", "standard error", "real", "fake", "interval for")
    rows = [head, *map(row, result["measures"])]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([name.ljust(widths[0]), *map(str.rjust, cells, widths[1:]), last]).rstrip()
        for name, *cells, last in rows
    ]
    return "\n".join(
        [f"real: {result['real']}", f"fake: {result['fake']}", *lines]
        + [f"note: {note}" for note in result["notes"]]
    )


def row(measure: dict) -> tuple[str, ...]:
    low, high, error = (measure[key] for key in ("low", "high", "standard_error"))
    return (
        measure["label"],
        f"{measure['value']:.4g}",
        "" if low is None else f"{low:.4g} to {high:.4g}",
        "" if error is None else f"{error:.2g}",
        f"{measure['real']:,}" if measure["real"] else "",
        f"{measure['fake']:,}",
        measure["interval_for"] or "",
    )
