"""What each piece of the DCGAN recipe is worth: train without it, several seeds, and measure.

    python benchmarks/dcgan_ablation.py                     all variants, three seeds
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


def odd_kernel(conv):
    if conv.stride == (1, 1):
        return conv
    i, o, bias = conv.in_channels, conv.out_channels, conv.bias is not None
    new = nn.ConvTranspose2d(i, o, 3, stride=2, padding=1, output_padding=1, bias=bias)
    return new.apply(dcgan.initialise)


def no_batch_norm(generator, discriminator):
    for network in (generator, discriminator):
        swap(network, nn.BatchNorm2d, lambda layer: nn.Identity())
        swap(network, CONVOLUTIONS, with_bias)  # its shift was the only bias


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
    swap(generator, nn.ConvTranspose2d, odd_kernel)


VARIANTS = {  # name: (change to the networks, Adam's betas)
    "recipe": (lambda generator, discriminator: None, (0.5, 0.999)),
    "no batch norm": (no_batch_norm, (0.5, 0.999)),
    "ReLU in D": (relu_in_d, (0.5, 0.999)),
    "max pooling in D": (pooling_in_d, (0.5, 0.999)),
    "no tanh": (no_tanh, (0.5, 0.999)),
    "PyTorch's initial weights": (default_weights, (0.5, 0.999)),
    "Adam with beta1 0.9": (lambda generator, discriminator: None, (0.9, 0.999)),
    "resize-convolution in G": (resize_in_g, (0.5, 0.999)),
    "kernel 3 in G": (kernel_3_in_g, (0.5, 0.999)),
}


def train(name, images, *, seed, options):
    """Return the step after a run of one variant."""
    change, betas = VARIANTS[name]
    gb.seed(seed)
    generator = dcgan.Generator(width=options.width)
    discriminator = dcgan.Discriminator(width=options.width)
    change(generator, discriminator)
    step = training.GANStep(
        generator.to(gb.device()),
        discriminator.to(gb.device()),
        lr=options.lr,
        betas=betas,
        ema=options.ema,
        seed=seed,
    )
    batches = gb.batches(images, batch_size=options.batch, device=gb.device(), seed=seed)
    training.fit(step, batches, steps=options.steps, progress=False)
    return step


@torch.no_grad()
def features(judge, images):
    return torch.cat([judge.features(part) for part in images.split(250)])


@torch.no_grad()
def score(judge, real, generator, count, seed=0):
    """Return the Fréchet distance of `count` samples of a generator from `real` features."""
    z = torch.randn(count, generator.latent, generator=torch.Generator().manual_seed(seed))
    generator.eval()
    fakes = torch.cat([generator(part.to(gb.device())) for part in z.split(250)])
    return frechet_distance(features(judge, fakes), real)


def measure(options) -> dict:
    judge = checkpoints.load(options.judge).to(gb.device())
    images = gb.load("fashion_mnist", size=32).images
    test = gb.load("fashion_mnist", size=32, split="test").images[: 2 * options.count]
    real, other = features(judge, gb.to_float(test).to(gb.device())).chunk(2)
    scores = {}
    for name in options.variants:
        scores[name] = dict(averaged=[], last=[])
        start = time.perf_counter()
        for seed in range(options.seeds):
            step = train(name, images, seed=seed, options=options)
            for key, network in dict(averaged=step.ema.module, last=step.generator).items():
                scores[name][key].append(round(score(judge, real, network, options.count), 2))
        seconds = (time.perf_counter() - start) / options.seeds
        print(f"{name:26} {scores[name]}  {seconds:.0f} s a run", flush=True)
    settings = {key: value for key, value in vars(options).items() if key not in ("out", "variants")}
    return dict(
        measured="Fréchet distance of classifier features; lower is better",
        date=datetime.date.today().isoformat(),
        machine=f"{gb.device().type}, {platform.machine()}, {torch.get_num_threads()} threads",
        versions=dict(python=platform.python_version(), torch=torch.__version__, ganbook=gb.__version__),
        settings=settings,
        real_against_real=round(frechet_distance(real, other), 2),
        scores=scores,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--ema", type=float, default=0.99)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--judge", default="fashion-mnist-classifier")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--out", type=Path, default=HERE / "results" / "dcgan_ablation.json")
    arguments = parser.parse_args()
    result = measure(arguments)
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {arguments.out}")
