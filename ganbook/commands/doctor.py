"""python -m ganbook doctor: what this machine has, and what it lacks."""

import platform

import matplotlib
import torch
import torchvision

import ganbook
from ganbook import checkpoints, files, runtime


def add(commands) -> None:
    """Add the command to the parser."""
    doctor = commands.add_parser("doctor", help="say what this machine has, and what it lacks")
    doctor.set_defaults(command=run)


def run(options) -> None:
    """Print versions, hardware, data and checkpoints, a line each."""
    python, version = platform.python_version(), ganbook.__version__
    print(f"ganbook {version}, Python {python}, torch {torch.__version__}")
    print(f"torchvision {torchvision.__version__}, matplotlib {matplotlib.__version__}")
    print(f"device {runtime.device()}, {torch.get_num_threads()} CPU threads")
    print(f"data in {files.root()}:")
    for name in ("mnist", "fashion_mnist", "cifar10", "horse2zebra"):
        print(
            f"  {name}: {'found' if files.present(name) else 'missing: downloaded when asked for'}"
        )
    for name in checkpoints.shipped():
        size = sum(p.numel() for p in checkpoints.load(name).parameters())
        print(f"checkpoint {name}: {size:,} parameters")
