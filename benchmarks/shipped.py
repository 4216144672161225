"""The figures on the cards of the shipped checkpoints.

    python benchmarks/shipped.py

Needs Fashion-MNIST (GANBOOK_DATA, or the network). Prints the accuracy of the classifier; for
10,000 samples of the DCGAN, the classes it counts; and Fréchet distances in its features to the
10,000 test images, beside that of 10,000 training images, which is what real images reach.
"""

import torch

import ganbook as gb
from ganbook import checkpoints, training
from ganbook.metrics.frechet import frechet_distance

COUNT = 10_000


@torch.no_grad()
def features(judge, images):
    return torch.cat([judge.features(part) for part in images.split(500)])


@torch.no_grad()
def samples(generator, count, seed=0):
    z = torch.randn(count, generator.latent, generator=torch.Generator().manual_seed(seed))
    return torch.cat([generator(part) for part in z.split(500)])


def main():
    judge = checkpoints.load("fashion-mnist-classifier")
    train, test = (gb.load("fashion_mnist", split=split) for split in ("train", "test"))
    fakes = samples(checkpoints.load("dcgan-fashion-mnist"), COUNT)
    real, more = gb.to_float(test.images), gb.to_float(train.images[:COUNT])

    accuracy = (training.predict(judge, real) == test.labels).float().mean()
    print(f"fashion-mnist-classifier: test accuracy {accuracy:.4f} of {len(test):,}")
    print(f"dcgan-fashion-mnist: classes of {COUNT:,} samples, as the classifier counts them")
    counts = training.predict(judge, fakes).bincount(minlength=len(test.classes))
    for name, count in zip(test.classes, counts.tolist(), strict=True):
        print(f"  {name:12} {count:6,}")
    reference = features(judge, real)
    print(f"Fréchet distance to {len(test):,} test images (fashion-mnist-classifier features)")
    print(f"  {COUNT:,} samples          {frechet_distance(features(judge, fakes), reference):.3f}")
    print(f"  {COUNT:,} training images  {frechet_distance(features(judge, more), reference):.3f}")


if __name__ == "__main__":
    main()
