"""What every `train` command has in common: its options, its resumable run, its weights."""

import sys
from argparse import ArgumentDefaultsHelpFormatter
from pathlib import Path

import torch

from ganbook import checkpoints, training


def add_command(models, name: str, run, *, help: str, **defaults):
    """Add `train NAME`, with the options that all have, and return its parser for more."""
    parser = models.add_parser(name, help=help, formatter_class=ArgumentDefaultsHelpFormatter)
    parser.set_defaults(command=run, model=name)
    add = parser.add_argument
    add("--data", default="fashion_mnist", help="a name that ganbook.load knows")
    add("--size", type=int, default=32, help="pixels: 32 or 64 (translators: any multiple of 4)")
    add("--channels", type=int, choices=(1, 3), help="1 or 3; default: the data's own")
    add("--lr", type=float, default=1e-3, help="learning rate")
    add("--batch", type=int, default=64, help="images a step")
    add("--steps", type=int, default=10_000)
    add("--seed", type=int, default=0)
    add("--bfloat16", action="store_true", help="mixed precision")
    add("--every", type=int, default=1000, help="steps between run states")
    add("--out", type=Path, default=Path("runs", name), help="folder for the results")
    parser.set_defaults(**defaults)
    return parser


def mixed(options) -> torch.dtype | None:
    """Return what `autocast` is to be."""
    return torch.bfloat16 if options.bfloat16 else None


def fit(step, batches, options):
    """Train, resuming if OUT holds a run state."""
    state = options.out / "state.pt"
    return training.fit(
        step, batches, steps=options.steps, checkpoint=state, checkpoint_every=options.every
    )


def save(model, arguments: dict, options) -> None:
    """Write OUT/model.safetensors, with the command that made it."""
    out = options.out / "model.safetensors"
    command = f"python -m ganbook {' '.join(sys.argv[1:])}"
    checkpoints.save(out, model, arguments, dtype=torch.float16, command=command)
    print(f"wrote {out}")
