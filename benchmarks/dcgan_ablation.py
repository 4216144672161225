"""What each piece of the DCGAN recipe is worth: train without it, several seeds, and measure.

    python benchmarks/dcgan_ablation.py                     all variants, five seeds
    python benchmarks/dcgan_ablation.py --steps 300 --seeds 1 --variants recipe "no batch norm"

Every run is scored by the Fréchet distance between the shipped classifier's features of its samples
and those of test images of Fashion-MNIST: once with the averaged weights, once with the last ones.
The result goes to --out as JSON, with what is needed to read it later: date, versions, machine.
The chapter `book/gans/dcgan.ipynb` shows the stored one, and takes the same networks apart.
"""

import argparse
import datetime
import json
import platform
import time
from pathlib import Path

import torch
from torch import nn

import ganbook as gb
from ganbook import checkpoints, training
from ganbook.metrics.extractors import features
from ganbook.metrics.frechet import frechet_distance
from ganbook.models import dcgan

HERE = Path(__file__).parent
CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def swap(network, kind, make):
    """Replace every layer of a kind by what `make` makes of it, in place."""
    for name, layer in network.named_children():
        if isinstance(layer, kind):
            setattr(network, name, make(layer))
        else:
            swap(layer, kind, make)


def with_bias(conv):
    conv.bias = nn.Parameter(torch.zeros(conv.out_channels))
    return conv


def pooled(conv):
    if conv.stride == (1, 1):
        return conv
    i, o, bias = conv.in_channels, conv.out_channels, conv.bias is not None
    new = nn.Sequential(nn.Conv2d(i, o, kernel_size=3, padding=1, bias=bias), nn.MaxPool2d(2))
    return new.apply(dcgan.initialise)


def resized(conv):
    if conv.stride == (1, 1):
        return conv
    i, o, bias = conv.in_channels, conv.out_channels, conv.bias is not None
    new = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(i, o, 3, padding=1, bias=bias))
    return new.apply(dcgan.initialise)


def odd_kernel(conv, k):
    if conv.stride == (1, 1):
        return conv
    i, o, bias = conv.in_channels, conv.out_channels, conv.bias is not None
    new = nn.ConvTranspose2d(i, o, k, 2, padding=k // 2, output_padding=1, bias=bias)
    return new.apply(dcgan.initialise)


def no_batch_norm(generator, discriminator):
    for network in (generator, discriminator):
        swap(network, nn.BatchNorm2d, lambda layer: nn.Identity())
        swap(network, (nn.Conv2d, nn.ConvTranspose2d), with_bias)  # its shift was the only bias


def relu_in_d(generator, discriminator):
    swap(discriminator, nn.LeakyReLU, lambda layer: nn.ReLU())


def pooling_in_d(generator, discriminator):
    swap(discriminator, nn.Conv2d, pooled)


def no_tanh(generator, discriminator):
    swap(generator, nn.Tanh, lambda layer: nn.Identity())


def default_weights(generator, discriminator):
    for layer in [*generator.modules(), *discriminator.modules()]:
        if isinstance(layer, (*CONVOLUTIONS, nn.BatchNorm2d)):
            layer.reset_parameters()


def resize_in_g(generator, discriminator):
    swap(generator, nn.ConvTranspose2d, resized)


def kernel_3_in_g(generator, discriminator):
    swap(generator, nn.ConvTranspose2d, lambda conv: odd_kernel(conv, 3))


def kernel_5_in_g(generator, discriminator):
    swap(generator, nn.ConvTranspose2d, lambda conv: odd_kernel(conv, 5))


def count(network):
    return sum(weights.numel() for weights in network.parameters())


def dense(generator, discriminator):
    """Dense layers instead of convolutions, with as many parameters."""
    latent, pixels = generator.latent, 32 * 32
    g = (count(generator) - pixels) // (latent + 3 + pixels)  # hidden units
    d = (count(discriminator) - 1) // (pixels + 2)
    generator.layers = nn.Sequential(
        nn.Flatten(), nn.Linear(latent, g), nn.BatchNorm1d(g), nn.ReLU(),
        nn.Linear(g, pixels), nn.Tanh(), nn.Unflatten(1, (1, 32, 32)),
    )  # fmt: skip
    discriminator.layers = nn.Sequential(
        nn.Flatten(), nn.Linear(pixels, d), nn.LeakyReLU(0.2), nn.Linear(d, 1)
    )


def unchanged(generator, discriminator):
    pass


VARIANTS = {  # name: (change to the networks, beta1 of Adam, steps in units of --steps)
    "recipe": (unchanged, 0.5, 1),
    "dense layers": (dense, 0.5, 1),
    "dense layers, 5 times the steps": (dense, 0.5, 5),
    "no batch norm": (no_batch_norm, 0.5, 1),
    "ReLU in D": (relu_in_d, 0.5, 1),
    "max pooling in D": (pooling_in_d, 0.5, 1),
    "no tanh": (no_tanh, 0.5, 1),
    "PyTorch's initial weights": (default_weights, 0.5, 1),
    "Adam with beta1 0.9": (unchanged, 0.9, 1),
    "resize-convolution in G": (resize_in_g, 0.5, 1),
    "kernel 3 in G": (kernel_3_in_g, 0.5, 1),
    "kernel 5 in G": (kernel_5_in_g, 0.5, 1),  # as in the authors' own code
}


def train(name, images, *, seed, options):
    """Return the step after a run of one variant."""
    change, beta1, times = VARIANTS[name]
    gb.seed(seed)
    generator = dcgan.Generator(width=options.width)
    discriminator = dcgan.Discriminator(width=options.width)
    change(generator, discriminator)
    step = training.GANStep(
        generator.to(gb.device()),
        discriminator.to(gb.device()),
        lr=options.lr,
        betas=(beta1, 0.999),
        ema=options.ema,
        seed=seed,
    )
    batches = gb.batches(images, batch_size=options.batch, device=gb.device(), seed=seed)
    training.fit(step, batches, steps=times * options.steps, progress=False)
    return step


@torch.no_grad()
def draw(generator, number, seed=0):
    z = torch.randn(number, generator.latent, generator=torch.Generator().manual_seed(seed))
    generator.eval()
    return torch.cat([generator(part.to(gb.device())) for part in z.split(250)])


def grid(images):
    """Return how strongly images (N, C, H, W) alternate from pixel to pixel: a root mean square.

    The three means are the Fourier coefficients of an image for the period of two pixels, along
    its rows, its columns, and both.
    """
    sign = 1.0 - 2.0 * (torch.arange(images.shape[-1], device=images.device) % 2)
    along, down = images * sign, images * sign[:, None]
    means = torch.stack([x.mean((2, 3)) for x in (along, down, along * sign[:, None])])
    return means.square().sum(0).mean().sqrt().item()


def measure(options) -> dict:
    judge = checkpoints.load(options.judge).to(gb.device())
    images = gb.load("fashion_mnist", size=32).images
    test = gb.load("fashion_mnist", size=32, split="test").images[: 2 * options.count]
    test = gb.to_float(test).to(gb.device())
    real, other = features(test, judge.features).chunk(2)
    scores = {}
    for name in options.variants:
        scores[name] = dict(averaged=[], last=[], grid=[])
        start = time.perf_counter()
        for seed in range(options.seeds):
            step = train(name, images, seed=seed, options=options)
            for key, network in dict(averaged=step.ema.module, last=step.generator).items():
                fakes = draw(network, options.count)
                distance = frechet_distance(features(fakes, judge.features), real)
                scores[name][key].append(round(distance, 2))
            scores[name]["grid"].append(round(grid(fakes), 4))
        seconds = (time.perf_counter() - start) / options.seeds
        print(f"{name:26} {scores[name]}  {seconds:.0f} s a run", flush=True)
    settings = {k: v for k, v in vars(options).items() if k not in ("out", "variants")}
    return dict(
        measured="Fréchet distance of classifier features; lower is better",
        date=datetime.date.today().isoformat(),
        machine=f"{gb.device().type}, {platform.machine()}, {torch.get_num_threads()} threads",
        versions=dict(
            python=platform.python_version(), torch=torch.__version__, ganbook=gb.__version__
        ),
        settings=settings,
        real=dict(distance=round(frechet_distance(real, other), 2), grid=round(grid(test), 4)),
        scores=scores,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--ema", type=float, default=0.995)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--judge", default="fashion-mnist-classifier")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--out", type=Path, default=HERE / "results" / "dcgan_ablation.json")
    arguments = parser.parse_args()
    result = measure(arguments)
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text(
        json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    print(f"wrote {arguments.out}")
