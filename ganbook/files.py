"""Reading image sets from files: found, downloaded, checked, and never trusted unread.

Each reader returns uint8 images (N, C, H, H), int64 labels (N,) and class names. A set that is not
there raises FileNotFoundError, a damaged file ValueError; both name it and say what to do.
"""

import gzip
import hashlib
import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from sklearn.datasets import load_digits, load_sample_images
from torch import Tensor
from torchvision import datasets
from torchvision.datasets.utils import check_integrity, download_url, extract_archive

IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
HORSE2ZEBRA = "http://efrosgans.eecs.berkeley.edu/cyclegan/datasets/horse2zebra.zip"
HORSE2ZEBRA_SHA256 = "a74d9d392eecca9966b51287a76ca126af473d9de4f3e8fc0e9cda08fa1730a1"

Labelled = tuple[Tensor, Tensor, tuple[str, ...]]


def root() -> Path:
    """Return the folder that holds the data sets: GANBOOK_DATA, or ~/.cache/ganbook."""
    return Path(os.environ.get("GANBOOK_DATA") or Path.home() / ".cache" / "ganbook")


def present(name: str) -> bool:
    """Return whether a downloadable set is there; whether its files are whole, loading tells."""
    patterns = dict(
        mnist=("MNIST/raw/*",),
        fashion_mnist=("FashionMNIST/raw/*",),
        cifar10=("cifar-10-batches-py/*", "cifar10-subset.npz"),
        horse2zebra=("horse2zebra/*", "horse2zebra-128/*"),
    )
    return any(any(root().glob(pattern)) for pattern in patterns[name])


def read_digits(*, size, split) -> Labelled:
    """The 1,797 digits of 8x8 pixels that scikit-learn carries: 1,500 train, 297 test images."""
    digits = load_digits()
    order = torch.randperm(1797, generator=torch.Generator().manual_seed(0))
    chosen = order[:1500] if split == "train" else order[1500:]
    images = torch.from_numpy(digits.images)[chosen, None] * 255 / 16  # (N, 1, 8, 8)
    labels = torch.from_numpy(digits.target)[chosen].long()
    return images.round().to(torch.uint8), labels, tuple("0123456789")


def read_photos(*, size, split) -> Labelled:
    """The two sample photographs that scikit-learn carries: a temple and a flower."""
    photos = [square(Image.fromarray(photo), size) for photo in load_sample_images().images]
    return torch.stack(photos), torch.arange(2), ("china", "flower")


def read_mnist(*, size, split) -> Labelled:
    """LeCun et al. 1998: 60,000 train and 10,000 test images of 28x28 pixels."""
    return read_idx_set(datasets.MNIST, split, tuple("0123456789"))


def read_fashion_mnist(*, size, split) -> Labelled:
    """Xiao et al. 2017, arXiv:1708.07747: in the format and the numbers of MNIST."""
    return read_idx_set(datasets.FashionMNIST, split, tuple(datasets.FashionMNIST.classes))


def read_idx_set(dataset, split, classes) -> Labelled:
    prefix = "train" if split == "train" else "t10k"
    images, labels = (
        read_idx(dataset, f"{prefix}-{kind}") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")
    )
    if len(images) != len(labels):
        raise ValueError(f"{dataset.__name__} has {len(images)} images and {len(labels)} labels")
    return images[:, None], labels.long(), classes


def read_idx(dataset, stem: str) -> Tensor:
    """Read an IDX file of a torchvision set, packed or unpacked; download it if it is missing."""
    folder = root() / dataset.__name__ / "raw"
    packed, unpacked = folder / f"{stem}.gz", folder / stem
    md5 = dict(dataset.resources)[packed.name]
    if not packed.exists() and unpacked.exists():
        return parse_idx(unpacked, unpacked.read_bytes())
    if not packed.exists():
        download([mirror + packed.name for mirror in dataset.mirrors], folder)
    if not check_integrity(packed, md5):
        raise damaged(packed, f"its MD5 is not {md5}")
    return parse_idx(packed, gzip.decompress(packed.read_bytes()))


def parse_idx(path: Path, content: bytes) -> Tensor:
    """Parse the IDX format of bytes: 0, 0, 8, number of dimensions, sizes (big-endian), values."""
    if len(content) < 4 or content[:3] != b"\0\0\x08" or len(content) < 4 + 4 * content[3]:
        raise damaged(path, "it is not an IDX file of bytes")
    dimensions = content[3]
    shape = np.frombuffer(content, ">u4", dimensions, offset=4).tolist()
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions)
    if values.size != np.prod(shape):
        raise damaged(path, f"it holds {values.size} values where its header says {shape}")
    return torch.from_numpy(values.reshape(shape).copy())


def read_cifar10(*, size, split) -> Labelled:
    """Krizhevsky 2009: 50,000 train and 10,000 test images of 32x32 pixels, through torchvision.

    Where GANBOOK_DATA holds no CIFAR-10 but `cifar10-subset.npz` (arrays x_train, y_train, x_test,
    y_test, label_names), that is read, and a line says so.
    """
    subset = root() / "cifar10-subset.npz"
    if not (root() / datasets.CIFAR10.base_folder).exists() and subset.exists():
        with np.load(subset, allow_pickle=False) as arrays:
            images, labels = arrays[f"x_{split}"], arrays[f"y_{split}"]
            classes = tuple(map(str, arrays["label_names"]))
        print(f"cifar10: a subset of {len(images):,} {split} images is used.")
    else:
        if not (root() / datasets.CIFAR10.base_folder).exists():
            download([datasets.CIFAR10.url], root(), md5=datasets.CIFAR10.tgz_md5)
            extract_archive(root() / datasets.CIFAR10.filename, root())
        try:
            cifar = datasets.CIFAR10(root(), train=split == "train")
        except RuntimeError:
            raise damaged(root() / datasets.CIFAR10.base_folder, "an MD5 is wrong") from None
        images, labels, classes = cifar.data, cifar.targets, tuple(cifar.classes)
    images = torch.as_tensor(images).permute(0, 3, 1, 2).contiguous()
    return images, torch.as_tensor(labels).long(), classes


def read_horse2zebra(*, size, split) -> Labelled:
    """Zhu et al. 2017, arXiv:1703.10593: photographs of horses (label 0) and zebras (label 1)."""
    found = [path for path in (root() / "horse2zebra", root() / "horse2zebra-128") if path.exists()]
    if not found:
        download([HORSE2ZEBRA], root())
        archive = root() / "horse2zebra.zip"
        if hashlib.sha256(archive.read_bytes()).hexdigest() != HORSE2ZEBRA_SHA256:
            raise damaged(archive, f"its SHA-256 is not {HORSE2ZEBRA_SHA256}")
        extract_archive(archive, root())
        found = [root() / "horse2zebra"]
    sides = [read_images(sorted_images(found[0] / f"{split}{side}"), size) for side in "AB"]
    labels = torch.arange(2).repeat_interleave(torch.tensor([len(side) for side in sides]))
    return torch.cat(sides), labels, ("horse", "zebra")


def read_folder(path, *, size) -> Labelled:
    """Your own images (jpg, png, bmp, webp), in colour; subfolders, if any, are the classes."""
    paths = sorted_images(Path(path))
    classes = tuple(sorted({p.relative_to(path).parts[0] for p in paths if p.parent != Path(path)}))
    parts = [p.relative_to(path).parts for p in paths]
    labels = [classes.index(part[0]) if len(part) > 1 else 0 for part in parts]
    return read_images(paths, size), torch.tensor(labels), classes or ("image",)


def sorted_images(folder: Path) -> list[Path]:
    """Return the image files in a folder and its subfolders, in order of their names."""
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in IMAGE_ENDINGS)
    if not paths:
        raise ValueError(f"expected images {IMAGE_ENDINGS} in {folder}, found none")
    return paths


def read_images(paths: list[Path], size: int) -> Tensor:
    """Read image files as RGB squares, uint8 (N, 3, size, size)."""
    images = torch.empty(len(paths), 3, size, size, dtype=torch.uint8)
    for i, path in enumerate(paths):
        try:
            with Image.open(path) as image:
                images[i] = square(image, size)
        except (UnidentifiedImageError, OSError, SyntaxError) as error:
            raise damaged(path, str(error)) from error
    return images


def square(image: Image.Image, size: int) -> Tensor:
    """Cut out the central square, as RGB, and resize it: uint8 (3, size, size)."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    box = (left, top, left + side, top + side)
    pixels = image.convert("RGB").resize((size, size), Image.Resampling.LANCZOS, box=box)
    return torch.from_numpy(np.array(pixels)).permute(2, 0, 1)


def download(urls: list[str], folder: Path, md5: str | None = None) -> None:
    """Fetch a file from the first address that answers; FileNotFoundError if none does."""
    errors = []
    for url in urls:
        try:
            return download_url(url, str(folder), md5=md5)
        except (OSError, RuntimeError) as error:
            errors.append(f"{url}: {error}")
    raise FileNotFoundError(
        f"could not download to {folder} ({'; '.join(errors)}). Put the file there yourself, or "
        f'set GANBOOK_DATA to a folder that has it, or pass on_missing="stand-in".'
    )


def damaged(path: Path, reason: str) -> ValueError:
    return ValueError(f"{path} is damaged ({reason}). Delete it and load the set again.")
