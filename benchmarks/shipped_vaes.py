"""The figures on the cards of the shipped variational autoencoders.

    python benchmarks/shipped_vaes.py [--only vae-mnist] [--k 100]

Needs MNIST and Fashion-MNIST (GANBOOK_DATA, or the network). For the 10,000 test images it prints
the evidence lower bound and, of the model of binarised images, the bound of k importance samples,
in nats an image, with the pixels drawn as in training; the rate and the active units; what the
black border of two pixels adds, at the posterior means; how well images come back; and the Fréchet
distance of 10,000 samples, in the features of the shipped classifier, beside that of the
reconstructions.
"""

import argparse

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

import ganbook as gb
from ganbook import checkpoints, losses, metrics
from ganbook.models.vae import binarise, to_images

MODELS = {
    "vae-mnist": dict(data="mnist", binarised=True),
    "vae-fashion-mnist": dict(data="fashion_mnist", binarised=False),
    "vae-2d-fashion-mnist": dict(data="fashion_mnist", binarised=False),
}
COUNT = 10_000


@torch.no_grad()
def batched(function, rows):
    return torch.cat([function(part) for part in rows.split(500)])


def bounds(model, images, *, binarised, k):
    elbo = metrics.elbo(model, images, binarise=binarised)
    if not binarised:
        print(
            f"  minus cross-entropy and KL: {elbo:.2f} nats an image (grey pixels: no likelihood)"
        )
        return
    print(f"  evidence lower bound (k = 1): {elbo:.2f} nats an image")
    bound = metrics.importance_bound(model, images, k=k, binarise=True)
    print(f"  bound of k = {k} samples: {bound:.2f} nats an image")


def explain(model, images, *, binarised):
    seen = images
    if binarised:
        seen = 2 * binarise(images, random=torch.Generator().manual_seed(0)) - 1
    moments = batched(lambda x: torch.cat(model.encode(x), dim=1), seen)
    means, log_vars = moments.chunk(2, dim=1)
    rate = losses.gaussian_kl(means, log_vars).mean().item()
    active = metrics.active_units(means)
    print(f"  rate {rate:.2f} nats, {active} active units of {model.latent}")
    output = batched(model.decode, means)
    pixels = binary_cross_entropy_with_logits(output, (seen + 1) / 2, reduction="none").double()
    border = pixels.sum() - pixels[..., 2:-2, 2:-2].sum()
    print(f"  the padding of 2 pixels costs {border.item() / len(images):.4f} nats an image")
    return to_images(output)


def judge(model, images, back, *, data):
    psnr, ssim = metrics.psnr(back, images), metrics.ssim(back[:2000], images[:2000])
    print(f"  reconstructions: PSNR {psnr:.2f} dB, SSIM {ssim:.3f} (of the first 2,000)")
    z = torch.randn(COUNT, model.latent, generator=torch.Generator().manual_seed(0))
    real = metrics.features(images, data)
    print(f"  {metrics.label('frechet_distance', data)} to the test images")
    sides = {"samples": batched(lambda part: to_images(model.decode(part)), z)}
    for name, fakes in {**sides, "reconstructions": back}.items():
        distance = metrics.frechet_distance(metrics.features(fakes, data), real)
        print(f"    {name:16} {distance:.3f}")


def main(options):
    for name in options.only or MODELS:
        settings = MODELS[name]
        model = checkpoints.load(name)
        images = gb.to_float(gb.load(settings["data"], split="test").images)
        numbers = [sum(p.numel() for p in part.parameters()) for part in (model, model.decoder)]
        print(f"{name}: {numbers[0]:,} parameters, {numbers[1]:,} of them in the decoder")
        bounds(model, images, binarised=settings["binarised"], k=options.k)
        back = explain(model, images, binarised=settings["binarised"])
        judge(model, images, back, data=settings["data"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=MODELS)
    parser.add_argument("--k", type=int, default=100)
    main(parser.parse_args())
