"""The command line: python -m ganbook train | sample | doctor."""

import argparse
import platform
import sys
from pathlib import Path

import matplotlib
import torch
import torchvision

import ganbook as gb
from ganbook import checkpoints, files, losses, training
from ganbook.models import classifier, dcgan

GAMES = ("non_saturating", "minimax")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0, or 1 after an error message of one line."""
    options = parser().parse_args(arguments)
    try:
        options.command(options)
    except (ValueError, FileNotFoundError) as error:
        print(f"ganbook: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="ganbook", description="Train, sample from, and look after models."
    )
    commands = top.add_subparsers(required=True, metavar="train | sample | doctor")
    defaults = argparse.ArgumentDefaultsHelpFormatter

    train = commands.add_parser("train", help="train a model", formatter_class=defaults)
    train.set_defaults(command=run_training)
    train.add_argument("model", choices=("dcgan", "classifier"))
    train.add_argument("--data", default="fashion_mnist", help="a name that ganbook.load knows")
    train.add_argument("--size", type=int, default=32, help="pixels: 32 or 64")
    train.add_argument(
        "--channels", type=int, choices=(1, 3), help="1 or 3; default: the data's own"
    )
    train.add_argument("--width", type=int, default=32, help="channels of the widest image layer")
    train.add_argument("--latent", type=int, default=100, help="numbers in a latent")
    train.add_argument("--game", choices=GAMES, default="non_saturating")
    train.add_argument("--lr", type=float, default=2e-4, help="learning rate of Adam")
    train.add_argument("--ema", type=float, default=0.999, help="decay a step of averaged weights")
    train.add_argument("--batch", type=int, default=64, help="images a step")
    train.add_argument("--steps", type=int, default=10_000)
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--bfloat16", action="store_true", help="mixed precision")
    train.add_argument("--compile", action="store_true", help="run through torch.compile")
    train.add_argument("--every", type=int, default=1000, help="steps between run states")
    train.add_argument(
        "--out", type=Path, default=Path("runs/dcgan"), help="folder for the results"
    )

    sample = commands.add_parser("sample", help="draw images", formatter_class=defaults)
    sample.set_defaults(command=run_sampling)
    sample.add_argument("checkpoint", help="a shipped name, or a .safetensors file")
    sample.add_argument("--count", type=int, default=64)
    sample.add_argument("--seed", type=int, default=0)
    sample.add_argument("--out", type=Path, default=Path("samples.png"))

    doctor = commands.add_parser("doctor", help="say what this machine has, and what it lacks")
    doctor.set_defaults(command=run_doctor)
    return top


def run_training(options) -> None:
    """Train, resuming if OUT holds a run state; write OUT/model.safetensors."""
    gb.seed(options.seed)
    data = gb.load(options.data, size=options.size, channels=options.channels)
    make = train_dcgan if options.model == "dcgan" else train_classifier
    model, arguments = make(options, data)
    out = options.out / "model.safetensors"
    command = f"python -m ganbook {' '.join(sys.argv[1:])}"
    checkpoints.save(out, model, arguments, dtype=torch.float16, command=command)
    print(f"wrote {out}")


def train_dcgan(options, data):
    device, channels = gb.device(), data.images.shape[1]
    shape = dict(size=options.size, channels=channels, width=options.width)
    arguments = dict(shape, latent=options.latent)
    step = training.GANStep(
        dcgan.Generator(**arguments).to(device),
        dcgan.Discriminator(**shape).to(device),
        game=getattr(losses, options.game),
        lr=options.lr,
        ema=options.ema,
        seed=options.seed,
        autocast=torch.bfloat16 if options.bfloat16 else None,
        compile=options.compile,
    )
    batches = gb.batches(data.images, batch_size=options.batch, device=device, seed=options.seed)
    run = fit(step, batches, options)
    print(f"d_loss {run.history['d_loss'][-1]:.3f}, g_loss {run.history['g_loss'][-1]:.3f}")
    return step.ema.module, arguments


def train_classifier(options, data):
    device = gb.device()
    arguments = dict(
        size=options.size,
        channels=data.images.shape[1],
        classes=len(data.classes),
        width=options.width,
    )
    model = classifier.Classifier(**arguments).to(device)
    flip = options.data in ("fashion_mnist", "cifar10")
    step = training.ClassifierStep(
        model, steps=options.steps, lr=options.lr, flip=flip, seed=options.seed
    )
    batches = gb.batches(
        data.images, data.labels, batch_size=options.batch, device=device, seed=options.seed
    )
    fit(step, batches, options)
    test = gb.load(options.data, size=options.size, channels=options.channels, split="test")
    right = training.predict(model, gb.to_float(test.images).to(device)).cpu() == test.labels
    print(f"test accuracy {right.float().mean():.4f} of {len(test):,} images")
    return model, arguments


def fit(step, batches, options):
    state = options.out / "state.pt"
    return training.fit(
        step, batches, steps=options.steps, checkpoint=state, checkpoint_every=options.every
    )


def run_sampling(options) -> None:
    """Write a picture of COUNT samples, eight a row."""
    generator = checkpoints.load(options.checkpoint)
    if not hasattr(generator, "latent"):
        raise ValueError(f"{options.checkpoint} is a {type(generator).__name__}, not a generator")
    if options.count < 1:
        raise ValueError(f"expected count to be positive, got {options.count}")
    random = torch.Generator().manual_seed(options.seed)
    with torch.no_grad():
        images = generator(torch.randn(options.count, generator.latent, generator=random))
    torchvision.utils.save_image(images, options.out, normalize=True, value_range=(-1, 1))
    print(f"wrote {options.out}")


def run_doctor(options) -> None:
    """Print versions, hardware, data and checkpoints, a line each."""
    print(
        f"ganbook {gb.__version__}, Python {platform.python_version()}, torch {torch.__version__}"
    )
    print(f"torchvision {torchvision.__version__}, matplotlib {matplotlib.__version__}")
    print(f"device {gb.device()}, {torch.get_num_threads()} CPU threads")
    print(f"data in {files.root()}:")
    for name in ("mnist", "fashion_mnist", "cifar10", "horse2zebra"):
        print(
            f"  {name}: {'found' if files.present(name) else 'missing: downloaded when asked for'}"
        )
    for name in checkpoints.shipped():
        size = sum(p.numel() for p in checkpoints.load(name).parameters())
        print(f"checkpoint {name}: {size:,} parameters")


if __name__ == "__main__":
    sys.exit(main())
