"""Networks to read content and style from: ours, or torchvision's where they can be had."""

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torchvision import models

from ganbook import checkpoints, files
from ganbook.expect import expect_one_of
from ganbook.models.style import FeatureMaps

OURS = "backbone-cifar10"
LAYERS = {  # what `layers=None` means: the maps after ReLU (SqueezeNet: after a fire module)
    OURS: (1, 3, 6, 8, 11, 13, 16),
    "vgg19": (1, 6, 11, 20, 29),  # relu1_1 to relu5_1, as Gatys et al. 2016 for style
    "squeezenet1_1": (1, 4, 7, 10, 12),
}
CAFFE = "features/squeezenet1_1_caffe_features.npz"


def feature_maps(
    name: str = OURS, layers: Sequence[int] | None = None, *, on_missing: str = "raise"
) -> FeatureMaps:
    """Return some layers of a trained network: "backbone-cifar10", "vgg19" or "squeezenet1_1".

    The first comes with ganbook. The others are torchvision's, trained on ImageNet; they are
    downloaded the first time, to the folder GANBOOK_DATA, 548 MB and 5 MB. Where that cannot be,
    FileNotFoundError is raised, or with `on_missing="stand-in"` a line is printed and ours is
    returned, with its own layers. `layers` are indices into the network's `features` (ours:
    `Backbone.layers`), or None for those that suit style transfer.
    """
    expect_one_of("name", name, LAYERS)
    expect_one_of("on_missing", on_missing, ("raise", "stand-in"))
    if name != OURS:
        try:
            network, mean, std = read_torchvision(name)
            return FeatureMaps(network, layers or LAYERS[name], mean=mean, std=std)
        except FileNotFoundError:
            if on_missing == "raise":
                raise
        print(f"{name} is not here and could not be downloaded; {OURS} stands in for it.")
        layers = None
    half = (0.5, 0.5, 0.5)
    ours = checkpoints.load(OURS).layers
    return FeatureMaps(ours, layers or LAYERS[OURS], mean=half, std=half)


def read_torchvision(name: str) -> tuple[nn.Sequential, tuple, tuple]:
    """Return a network's `features` with ImageNet weights, and the mean and std of its inputs."""
    caffe = files.root() / CAFFE
    if name == "squeezenet1_1" and caffe.exists():
        return read_caffe(caffe)
    weights = models.get_model_weights(name).DEFAULT
    path = files.root() / "torchvision" / weights.url.rpartition("/")[2]
    if not path.exists():
        files.download([weights.url], path.parent)
    want = path.stem.rpartition("-")[2]  # torchvision's files are named after their SHA-256
    if not sha256(path.read_bytes()).startswith(want):
        raise ValueError(f"{path} is damaged: its SHA-256 does not begin with {want}. Delete it.")
    network = models.get_model(name, weights=None)
    network.load_state_dict(torch.load(path, weights_only=True))
    preset = weights.transforms()
    return network.features, tuple(preset.mean), tuple(preset.std)


def read_caffe(path) -> tuple[nn.Sequential, tuple, tuple]:
    """Read SqueezeNet 1.1 as published for Caffe: BGR from 0 to 255, less a mean."""
    with np.load(path, allow_pickle=False) as arrays:
        state = {key: torch.from_numpy(arrays[key]) for key in arrays.files}
    network = models.squeezenet1_1(weights=None).features
    state = {key.removeprefix("features."): value for key, value in state.items()}
    state["0.weight"] = state["0.weight"].flip(1)  # to read RGB
    network.load_state_dict(state)
    mean = tuple(value / 255 for value in (123.68, 116.779, 103.939))
    return network, mean, (1 / 255,) * 3


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
