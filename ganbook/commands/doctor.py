"""python -m ganbook doctor: what this machine has and lacks, or what a training run looks like."""

import json
import platform
from pathlib import Path

import matplotlib
import torch
import torchvision

import ganbook
from ganbook import checkpoints, files, runtime
from ganbook.diagnosis import diagnose


def add(commands) -> None:
    """Add the command and its argument to the parser."""
    doctor = commands.add_parser("doctor", help="look at this machine, or at a training run")
    doctor.set_defaults(command=run)
    doctor.add_argument(
        "run",
        nargs="?",
        type=Path,
        help="the folder that train wrote, its state.pt, or a history as .json; default: look at "
        "the machine",
    )


def run(options) -> None:
    """Print what the run's history looks like; without a run, what the machine has."""
    if options.run is None:
        machine()
    else:
        print(diagnose(history(options.run)))


def history(path: Path) -> dict[str, list[float]]:
    """Return the history of a run: from its folder, its state, or a JSON file."""
    if path.is_dir():
        path = path / "state.pt"
    if not path.is_file():
        raise FileNotFoundError(f"expected a run's folder, its state.pt or a .json file: no {path}")
    if path.suffix == ".json":
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path} is not JSON ({error})") from error
    else:
        found = checkpoints.load_state(path)
    if isinstance(found, dict) and isinstance(found.get("history"), dict):
        found = found["history"]
    if not isinstance(found, dict) or not {"d_loss", "g_loss"} <= found.keys():
        raise ValueError(f"{path} holds no history of a GAN's training, with d_loss and g_loss")
    return found


def machine() -> None:
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
