"""The figures on the cards of the shipped VQ-VAE and of its prior.

    python benchmarks/shipped_codes.py [--vqvae vqvae-fashion-mnist] [--prior prior-fashion-mnist]

Needs Fashion-MNIST (GANBOOK_DATA, or the network). Prints, for the 10,000 test images, how the
codebook is used and how well images come back from their codes; the prior's nats per code, beside
those of codes drawn one by one from their frequencies; and Fréchet distances to the test images, in
a classifier's features, of 10,000 samples through the prior, of codes drawn one by one from their
frequencies, of codes drawn uniformly, and of the reconstructions, which no sample can be expected
to beat. The draws have a seed each; with --seeds more than one the range is printed.
"""

import argparse
import math

import torch

import ganbook as gb
from ganbook import checkpoints, metrics, training

COUNT = 10_000


@torch.no_grad()
def images_of(model, indices):
    return torch.cat([model.decode(part) for part in indices.split(500)])


def distance(images, real):
    return metrics.frechet_distance(metrics.features(images, "fashion_mnist"), real)


def main(options):
    model, prior = checkpoints.load(options.vqvae), checkpoints.load(options.prior)
    codes, (h, w) = len(model.codebook), model.grid
    train, test = (gb.load("fashion_mnist", split=split) for split in ("train", "test"))
    images = gb.to_float(test.images)
    indices = training.to_codes(model, images)

    print(f"{options.vqvae}: {codes} codes on {h} x {w} places, {len(test):,} test images")
    bits = h * w * math.log2(codes)
    print(f"  {bits:.0f} bits an image, {bits / images[0].numel():.3f} a pixel (8 in the original)")
    used = metrics.perplexity(indices, codes)
    print(f"  perplexity {used:.1f}, {used / codes:.2f} of the codebook")
    print(f"  codes used at all: {metrics.code_usage(indices, codes):.3f}")
    back = images_of(model, indices)
    print(f"  PSNR {metrics.psnr(back, images):.2f} dB")

    nats = training.nats_per_code(prior, indices)
    shares = torch.bincount(training.to_codes(model, train.images).flatten(), minlength=codes)
    shares = (shares + 1) / (shares + 1).sum()
    alone = -shares.log()[indices].mean().item()
    print(f"{options.prior}: nats per code of the test images")
    print(f"  {nats:.4f} by the prior, {nats * h * w / math.log(2):.0f} bits an image")
    print(f"  {alone:.4f} by the codes' frequencies, {math.log(codes):.4f} uniformly")

    real = metrics.features(images, "fashion_mnist")
    label = metrics.label("frechet_distance", "fashion_mnist")
    print(f"{label} of {COUNT:,} images to the test images")
    draws = {
        "uniform codes": lambda r: torch.randint(codes, (COUNT, h, w), generator=r),
        "codes by frequency": lambda r: torch.multinomial(
            shares, COUNT * h * w, replacement=True, generator=r
        ).view(COUNT, h, w),
        "through the prior": lambda r: torch.cat(
            [prior.sample(500, random=r) for _ in range(COUNT // 500)]
        ),
    }
    means = {}
    for name, draw in draws.items():
        found = []
        for seed in range(options.seeds):
            random = torch.Generator().manual_seed(seed)
            found.append(distance(images_of(model, draw(random)), real))
        means[name] = sum(found) / len(found)
        print(f"  {name:20} {means[name]:8.3f}  ({min(found):.3f} to {max(found):.3f})")
    print(f"  {'reconstructions':20} {distance(back, real):8.3f}")
    print(f"  {'training images':20} {distance(gb.to_float(train.images[:COUNT]), real):8.3f}")
    factor = means["uniform codes"] / means["through the prior"]
    print(f"  the prior is {factor:.1f} times nearer than uniform codes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vqvae", default="vqvae-fashion-mnist", help="a checkpoint or a file")
    parser.add_argument("--prior", default="prior-fashion-mnist", help="a checkpoint or a file")
    parser.add_argument("--seeds", type=int, default=1)
    main(parser.parse_args())
