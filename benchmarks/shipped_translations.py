"""The figures on the cards of the shipped translators and of their judges.

    python benchmarks/shipped_translations.py [--only NAME] [--features squeezenet1_1]

stripes-classifier and stripes-segmenter: their scores on the 1,000 test images of `stripes`.
cyclegan-stripes: how many of the 500 test pairs are translated, in both directions, as the judges
see it, and how far the result is from the true counterpart; beside it the identity map.
cyclegan-horse2zebra: Fréchet and kernel distances of translated horses to photographs of zebras,
and of translated zebras to photographs of horses. The reference is half of the target's training
images. Beside the translations stand what no translator should be worse than, the source images as
they are (the identity map), and what none can be expected to beat, other photographs of the target.
All sets of one block have the same number of images, since the distances depend on it. Features are
averages over the place of the last maps of a network: SqueezeNet 1.1, trained on ImageNet, where it
is at hand, or backbone-cifar10, which comes with ganbook. Needs horse2zebra (GANBOOK_DATA, or the
network); a checkpoint may also be given as a .safetensors file.
"""

import argparse

import torch
from translations import pairs, scores, translations

import ganbook as gb
from ganbook import backbones, checkpoints, metrics, training

SIZE = 128


def classifier(name) -> None:
    test = gb.load("stripes", split="test")
    right = training.predict(checkpoints.load(name), gb.to_float(test.images)) == test.labels
    print(f"{name}: test accuracy {right.float().mean():.4f} of {len(test):,}")


def segmenter(name) -> None:
    test = gb.load("stripes", split="test")
    found = checkpoints.load(name).masks(gb.to_float(test.images))
    for kind, label in enumerate(test.classes):
        own = test.labels == kind
        iou = metrics.mean_iou(found[own], test.factors["mask"][own, 0])
        print(f"{name}: mean IoU {iou:.4f} of {int(own.sum())} {label} test images")


def stripes(name) -> None:
    model, (x, y, masks) = checkpoints.load(name), pairs()
    print(f"{name}: {parameters(model):,} parameters; {len(x)} test pairs")
    maps = {
        "translations": translations(model, x, y),
        "identity map": (x, y),
        "true counterparts": (y, x),
    }
    for way, images in maps.items():
        print(f"  {way}")
        for measure, value in scores(*images, x, y, masks).items():
            print(f"    {measure:20} {value:.4f}")
    there, back = translations(model, x, y)
    x_again, y_again = translations(model, back, there)[::-1]
    print(f"  there and back: error {(x_again - x).abs().mean():.4f} of plain animals,", end=" ")
    print(f"{(y_again - y).abs().mean():.4f} of striped ones")


def horse2zebra(name, features) -> None:
    model = checkpoints.load(name)
    print(f"{name}: {parameters(model):,} parameters")
    sets = {split: photographs(split) for split in ("train", "test")}
    maps = backbones.feature_maps(features)
    print(f"features: {features}, the last maps averaged over the place")
    for source, target, translate in (
        ("horses", "zebras", model.translate),
        ("zebras", "horses", model.back),
    ):
        reference, others = halves(sets["train"][target])
        for split in ("train", "test"):
            spare = others if split == "train" else sets["test"][target]
            images = sets[split][source]
            count = min(len(images), len(spare), len(reference))
            rows = {
                f"translated {source}": in_parts(translate, images[:count]),
                f"{source} as they are": images[:count],
                f"other {target}": spare[:count],
            }
            print(
                f"{source} to {target}: {count} images of {split}, {len(reference)} for reference"
            )
            real = averages(maps, reference)
            for label, row in rows.items():
                found = averages(maps, row)
                kernel = metrics.kernel_distance(found, real)
                print(
                    f"  {label:22} Fréchet {metrics.frechet_distance(found, real):10.2f}"
                    f"   kernel {kernel.distance:10.4g} ± {kernel.standard_error:.2g}"
                )


def photographs(split) -> dict:
    """Return horses and zebras in [-1, 1]."""
    real = gb.load("horse2zebra", size=SIZE, split=split)
    return {
        name: gb.to_float(real.images[real.labels == label])
        for label, name in enumerate(("horses", "zebras"))
    }


def halves(images):
    """Return two random halves."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return images[order[: len(order) // 2]], images[order[len(order) // 2 :]]


@torch.no_grad()
def in_parts(network, images):
    return torch.cat([network(part) for part in images.split(20)])


def averages(maps, images):
    """Return the last maps, averaged over the place, (N, C)."""
    return in_parts(lambda part: maps(part)[-1].mean(dim=(2, 3)), images)


def parameters(model) -> int:
    return sum(p.numel() for p in model.parameters())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shown = {
        "stripes-classifier": classifier,
        "stripes-segmenter": segmenter,
        "cyclegan-stripes": stripes,
        "cyclegan-horse2zebra": lambda name: horse2zebra(name, options.features),
    }
    parser.add_argument("--only", choices=shown)
    parser.add_argument("--checkpoint", help="with --only: a file to measure in its stead")
    parser.add_argument("--features", choices=backbones.LAYERS, default="squeezenet1_1")
    options = parser.parse_args()
    for name in [options.only] if options.only else shown:
        shown[name](options.checkpoint or name)
