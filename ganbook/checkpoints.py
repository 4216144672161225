"""Saved weights: models as safetensors, the state of a run as tensors and plain values only.

Nothing is ever unpickled: safetensors cannot run code, and run states are read with
`weights_only=True`. Every file is written beside its place and then renamed, so that a killed
process leaves the old file or the new one, never half of one.
"""

import importlib
import json
import os
import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

SHIPPED = Path(__file__).parent / "weights"


def save(path, model: nn.Module, arguments: dict, *, dtype=torch.float32, **notes: str) -> None:
    """Write the weights of a model from `ganbook.models`, and how to build it again.

    `arguments` are the keyword arguments that made the model; floating-point weights are stored as
    `dtype`; `notes` are kept in the file's metadata.
    """
    cls = type(model)
    if not cls.__module__.startswith("ganbook.models."):
        raise ValueError(
            f"expected a model from ganbook.models, got {cls.__module__}.{cls.__name__}"
        )
    architecture = f"{cls.__module__.removeprefix('ganbook.models.')}.{cls.__name__}"
    tensors = {
        name: (t.to(dtype) if t.is_floating_point() else t).detach().cpu().contiguous()
        for name, t in model.state_dict().items()
    }
    metadata = dict(architecture=architecture, arguments=json.dumps(arguments), **notes)
    replace(path, lambda temporary: save_file(tensors, temporary, metadata))


def load(name_or_path) -> nn.Module:
    """Return a saved model in float32 and eval mode: one of `shipped()`, or a .safetensors file."""
    path = locate(name_or_path)
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is not a readable safetensors file ({error})") from error
    if not {"architecture", "arguments"} <= metadata.keys():
        raise ValueError(
            f"{path} was not written by ganbook.checkpoints.save: it names no architecture"
        )
    model = build(path, metadata)
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise ValueError(f"{path} does not fit {metadata['architecture']}: {error}") from error
    return model.eval()


def build(path, metadata) -> nn.Module:
    name = metadata["architecture"]
    try:
        module, cls = name.split(".")
        architecture = getattr(importlib.import_module(f"ganbook.models.{module}"), cls)
        if architecture.__module__ != f"ganbook.models.{module}":
            raise AttributeError(f"{cls} is not defined there")
    except (ValueError, ImportError, AttributeError) as error:
        raise ValueError(f"{path} names an unknown architecture, {name} ({error})") from error
    return architecture(**json.loads(metadata["arguments"]))


def shipped() -> tuple[str, ...]:
    """Return the names of the checkpoints that come with ganbook."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.safetensors")))


def card(name: str) -> str:
    """Return the card of a shipped checkpoint (Markdown): how it was made, and its figures."""
    return locate(name).with_suffix(".md").read_text(encoding="utf-8")


def locate(name_or_path) -> Path:
    path = Path(name_or_path)
    if str(name_or_path) in shipped():
        return SHIPPED / f"{name_or_path}.safetensors"
    if path.suffix == ".safetensors" and path.is_file():
        return path
    raise ValueError(
        f"expected one of {shipped()} or a .safetensors file, got {str(name_or_path)!r}"
    )


def save_state(path, state: dict) -> None:
    """Write the state of a run: a (nested) dict of tensors and plain Python values."""
    replace(path, lambda temporary: torch.save(state, temporary))


def load_state(path) -> dict:
    """Read what `save_state` wrote, onto the CPU; ValueError if the file is damaged or foreign."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(
            f"{path} is not a complete ganbook run state ({reason}). "
            f"Delete it to start the run anew, or restore it from a copy."
        ) from error
    if not isinstance(state, dict):
        raise ValueError(f"{path} is not a ganbook run state: it holds a {type(state).__name__}")
    return state


def replace(path, write) -> None:
    """Write to a temporary file beside `path`, flush it to the disk, and rename it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(temporary)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
