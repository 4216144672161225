"""The figures on the cards of the shipped checkpoints.

    python benchmarks/shipped.py

Needs MNIST and Fashion-MNIST (GANBOOK_DATA, or the network). Prints the accuracy of the classifiers
on the official test sets; for 10,000 samples of the DCGAN, the classes that the classifier counts;
and Fréchet distances in its features to the 10,000 test images, beside that of 10,000 training
images, which is what real images reach.
"""

import torch

import ganbook as gb
from ganbook import checkpoints
from ganbook.metrics.extractors import CLASSIFIERS, features, label, probabilities
from ganbook.metrics.frechet import frechet_distance

COUNT = 10_000


@torch.no_grad()
def samples(generator, count, seed=0):
    z = torch.randn(count, generator.latent, generator=torch.Generator().manual_seed(seed))
    return torch.cat([generator(part) for part in z.split(500)])


def main():
    for data, classifier in CLASSIFIERS.items():
        test = gb.load(data, split="test")
        right = probabilities(gb.to_float(test.images), data).argmax(1) == test.labels
        print(f"{classifier}: test accuracy {right.float().mean():.4f} of {len(test):,}")
        shares = [right[test.labels == i].float().mean().item() for i in range(10)]
        print(f"  least known: {test.classes[shares.index(min(shares))]}, {min(shares):.3f}")

    train, test = (gb.load("fashion_mnist", split=split) for split in ("train", "test"))
    fakes = samples(checkpoints.load("dcgan-fashion-mnist"), COUNT)
    print(f"dcgan-fashion-mnist: classes of {COUNT:,} samples, as the classifier counts them")
    counts = probabilities(fakes, "fashion_mnist").argmax(1).bincount(minlength=len(test.classes))
    for name, count in zip(test.classes, counts.tolist(), strict=True):
        print(f"  {name:12} {count:6,}")

    print(f"{label('frechet_distance', 'fashion_mnist')} to {len(test):,} test images")
    real = features(gb.to_float(test.images), "fashion_mnist")
    others = {"samples": fakes, "training images": gb.to_float(train.images[:COUNT])}
    for name, images in others.items():
        distance = frechet_distance(features(images, "fashion_mnist"), real)
        print(f"  {COUNT:,} {name:16} {distance:.3f}")


if __name__ == "__main__":
    main()
