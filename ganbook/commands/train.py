"""python -m ganbook train: train a model from a named image set, and write its weights."""

import argparse
import sys
from pathlib import Path

import torch

from ganbook import checkpoints, data, losses, runtime, training
from ganbook.models import classifier, dcgan

GAMES = ("non_saturating", "minimax")
MIRRORED = ("fashion_mnist", "cifar10")  # sets whose mirror images are as likely as the images


def add(commands) -> None:
    """Add the command and its options to the parser."""
    defaults = argparse.ArgumentDefaultsHelpFormatter
    train = commands.add_parser("train", help="train a model", formatter_class=defaults)
    train.set_defaults(command=run)
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
    train.add_argument("--out", type=Path, help="folder for the results; default: runs/MODEL")


def run(options) -> None:
    """Train, resuming if OUT holds a run state; write OUT/model.safetensors."""
    runtime.seed(options.seed)
    options.out = options.out or Path("runs", options.model)
    images = data.load(options.data, size=options.size, channels=options.channels)
    make = train_dcgan if options.model == "dcgan" else train_classifier
    model, arguments = make(options, images)
    out = options.out / "model.safetensors"
    command = f"python -m ganbook {' '.join(sys.argv[1:])}"
    checkpoints.save(out, model, arguments, dtype=torch.float16, command=command)
    print(f"wrote {out}")


def train_dcgan(options, real):
    device, channels = runtime.device(), real.images.shape[1]
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
    batches = data.batches(real.images, batch_size=options.batch, device=device, seed=options.seed)
    run = fit(step, batches, options)
    print(f"d_loss {run.history['d_loss'][-1]:.3f}, g_loss {run.history['g_loss'][-1]:.3f}")
    return step.ema.module, arguments


def train_classifier(options, real):
    device = runtime.device()
    arguments = dict(
        size=options.size,
        channels=real.images.shape[1],
        classes=len(real.classes),
        width=options.width,
    )
    model = classifier.Classifier(**arguments).to(device)
    step = training.ClassifierStep(
        model,
        steps=options.steps,
        lr=options.lr,
        flip=options.data in MIRRORED,
        seed=options.seed,
        autocast=torch.bfloat16 if options.bfloat16 else None,
    )
    batches = data.batches(
        real.images, real.labels, batch_size=options.batch, device=device, seed=options.seed
    )
    fit(step, batches, options)
    test = data.load(options.data, size=options.size, channels=options.channels, split="test")
    right = training.predict(model, data.to_float(test.images).to(device)).cpu() == test.labels
    print(f"test accuracy {right.float().mean():.4f} of {len(test):,} images")
    return model, arguments


def fit(step, batches, options):
    state = options.out / "state.pt"
    return training.fit(
        step, batches, steps=options.steps, checkpoint=state, checkpoint_every=options.every
    )
