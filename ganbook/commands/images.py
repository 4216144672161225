"""Image sets as they are on the disk, for measuring: no resize, no crop, no change of any value."""

import re
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from ganbook import data
from ganbook.files import sorted_images

MODES = {"1": "L", "L": "L", "P": "RGB", "RGB": "RGB"}  # what 8 bits of grey or colour hold


def read(place: str) -> Tensor:
    """Return the images of a folder, a file or a named set: uint8 (N, C, H, W), all of one size.

    Of a folder: its jpg, png, bmp and webp files and those of its subfolders, in order of their
    names. Of an .npz file: the array "images", or "arr_0", or the only one, or KEY of FILE.npz:KEY,
    uint8 (N, H, W) or (N, H, W, C) with C 1 or 3. NAME:train and NAME:test are what `ganbook.load`
    gives, at 32 pixels. A set in which red, green and blue are equal throughout is grey: C = 1.
    """
    archive = re.fullmatch(r"(.+\.npz)(?::(.+))?", str(place))
    named = re.fullmatch(r"(\w+):(train|test)", str(place))
    if archive:
        images = read_npz(Path(archive[1]), archive[2])
    elif named:
        images = data.load(named[1], split=named[2]).images
    else:
        images = read_folder(Path(place))
    grey = images.shape[1] == 3 and bool((images == images[:, :1]).all())
    return images[:, :1] if grey else images


def read_folder(folder: Path) -> Tensor:
    paths = sorted_images(folder)
    images = [read_image(path) for path in paths]
    for path, image in zip(paths, images, strict=True):
        if image.shape[1:] != images[0].shape[1:]:
            raise ValueError(
                f"expected images of one size in {folder}: {paths[0].name} is "
                f"{size_of(images[0])}, {path.name} is {size_of(image)}. Resize them all in one "
                f"way, and say which: it changes the numbers"
            )
    channels = max(len(image) for image in images)
    return torch.stack([image.expand(channels, -1, -1) for image in images])


def read_image(path: Path) -> Tensor:
    """Read one file as uint8 (1 or 3, H, W)."""
    try:
        with Image.open(path) as image:
            if image.mode not in MODES:
                raise ValueError(f"expected {path} to be grey or RGB of 8 bits, got {image.mode}")
            pixels = np.array(image.convert(MODES[image.mode]))
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError(f"{path} is not a readable image ({error})") from error
    return torch.from_numpy(np.atleast_3d(pixels)).permute(2, 0, 1)


def read_npz(path: Path, key: str | None) -> Tensor:
    array = load_array(path, key)
    fits = array.ndim == 3 or (array.ndim == 4 and array.shape[3] in (1, 3))
    if array.dtype != np.uint8 or not fits or array.size == 0:
        raise ValueError(
            f"expected {path} to hold uint8 images (N, H, W), (N, H, W, 1) or (N, H, W, 3), got "
            f"{array.dtype} {array.shape}"
        )
    return torch.from_numpy(array.reshape(*array.shape[:3], -1)).permute(0, 3, 1, 2)


def load_array(path: Path, key: str | None) -> np.ndarray:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    with path.open("rb") as file:
        try:
            arrays = np.load(file, allow_pickle=False)
            keys = tuple(arrays)
            guesses = (key,) if key else ("images", "arr_0", *(keys if len(keys) == 1 else ()))
            found = [arrays[guess] for guess in guesses if guess in keys]
        except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
            raise ValueError(f"{path} is not a readable .npz file ({error})") from error
    if not found:
        raise ValueError(f"expected {path}:KEY with KEY one of {keys}, got {key}")
    return found[0]


def size_of(image: Tensor) -> str:
    return " x ".join(map(str, image.shape[1:]))
