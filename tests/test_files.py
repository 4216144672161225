"""Reading files: found, fetched from a server on this machine, damaged, foreign."""

import gzip
import hashlib
import http.server
import io
import struct
import tarfile
import threading
import zipfile
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import datasets

import ganbook as gb
from ganbook import files


def idx(array: np.ndarray) -> bytes:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("GANBOOK_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def mnist(root, monkeypatch):
    """A tiny MNIST in torchvision's layout, whose checksums torchvision is told."""
    folder = root / "MNIST" / "raw"
    folder.mkdir(parents=True)
    images = np.random.default_rng(0).integers(0, 256, (20, 28, 28))
    contents = {"images-idx3-ubyte": idx(images), "labels-idx1-ubyte": idx(np.arange(20) % 10)}
    resources = []
    for prefix in ("train", "t10k"):
        for kind, content in contents.items():
            packed = gzip.compress(content)
            (folder / f"{prefix}-{kind}.gz").write_bytes(packed)
            resources.append((f"{prefix}-{kind}.gz", hashlib.md5(packed).hexdigest()))
    monkeypatch.setattr(datasets.MNIST, "resources", resources)
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
    return folder, torch.from_numpy(images)


@pytest.fixture
def server(tmp_path_factory):
    """A web server on the loopback address: (its folder, its address)."""
    folder = tmp_path_factory.mktemp("served")
    handler = partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def test_torchvision_layout_is_read_packed_and_unpacked(mnist):
    folder, images = mnist
    packed = gb.load("mnist", size=28)
    assert torch.equal(packed.images[:, 0].long(), images)
    assert packed.labels.tolist() == [i % 10 for i in range(20)]
    for path in list(folder.glob("*.gz")):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert torch.equal(gb.load("mnist", size=28).images, packed.images)


@pytest.mark.parametrize("packed", [True, False])
def test_a_truncated_idx_file_is_named(mnist, packed):
    folder, _ = mnist
    path = folder / "train-images-idx3-ubyte.gz"
    if not packed:
        content = gzip.decompress(path.read_bytes())
        path.unlink()
        path = path.with_suffix("")
        path.write_bytes(content)
    path.write_bytes(path.read_bytes()[:-100])
    for on_missing in ("raise", "stand-in"):  # damaged data is never replaced in silence
        with pytest.raises(ValueError, match=f"{path.name} is damaged"):
            gb.load("mnist", on_missing=on_missing)


def test_a_wrong_checksum_is_named(mnist):
    path = mnist[0] / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(idx(np.zeros(20))))
    with pytest.raises(ValueError, match=f"{path.name} is damaged .*MD5"):
        gb.load("mnist", split="test")
    gb.load("mnist", split="train")


@pytest.mark.parametrize("content", [b"", b"\0\0", b"PNG and so on", b"\0\0\x08\x03" + b"\1" * 9])
def test_a_foreign_file_is_named(mnist, content):
    path = mnist[0] / "train-labels-idx1-ubyte.gz"
    path.unlink()
    path.with_suffix("").write_bytes(content)
    with pytest.raises(ValueError, match="train-labels-idx1-ubyte is damaged"):
        gb.load("mnist")


def test_images_and_labels_must_be_as_many(mnist):
    path = mnist[0] / "train-labels-idx1-ubyte.gz"
    path.unlink()
    path.with_suffix("").write_bytes(idx(np.zeros(19)))
    with pytest.raises(ValueError, match="20 images and 19 labels"):
        gb.load("mnist")


def test_missing_files_are_downloaded(mnist, server, monkeypatch):
    folder, images = mnist
    served, address = server
    for path in list(folder.glob("*.gz")):
        path.rename(served / path.name)
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/", address])
    assert torch.equal(gb.load("mnist", size=28).images[:, 0].long(), images)
    assert (folder / "train-images-idx3-ubyte.gz").exists()


def test_a_damaged_download_is_named_and_not_used(mnist, server, monkeypatch):
    folder, _ = mnist
    served, address = server
    (folder / "train-images-idx3-ubyte.gz").unlink()
    (served / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"something else"))
    monkeypatch.setattr(datasets.MNIST, "mirrors", [address])
    with pytest.raises(ValueError, match="train-images-idx3-ubyte.gz is damaged"):
        gb.load("mnist", on_missing="stand-in")


UNREACHABLE = [
    ("mnist", "digits", 1),
    ("fashion_mnist", "shapes", 1),
    ("cifar10", "shapes", 3),
    ("horse2zebra", "stripes", 3),
]


@pytest.mark.parametrize(("name", "stand_in", "channels"), UNREACHABLE)
def test_what_is_missing_is_explained_or_stood_in_for(
    root, monkeypatch, capsys, name, stand_in, channels
):
    nowhere = "http://127.0.0.1:9/"
    monkeypatch.setattr(datasets.MNIST, "mirrors", [nowhere])
    monkeypatch.setattr(datasets.FashionMNIST, "mirrors", [nowhere])
    monkeypatch.setattr(datasets.CIFAR10, "url", nowhere)
    monkeypatch.setattr(files, "HORSE2ZEBRA", nowhere)
    with pytest.raises(FileNotFoundError, match="could not download .* GANBOOK_DATA .*stand-in"):
        gb.load(name, size=16)
    data = gb.load(name, size=16, on_missing="stand-in")
    assert data.name == stand_in
    assert data.images.shape[1:] == (channels, 16, 16)
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines == [
        f"{name} is not here and could not be downloaded; {stand_in} stands in for it."
    ]


def test_cifar10_comes_as_torchvision_writes_it(root, server, monkeypatch):
    served, address = server
    batches = {name: cifar_batch(seed) for seed, name in enumerate(CIFAR_FILES)}
    archive = served / datasets.CIFAR10.filename
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in batches.items():
            info = tarfile.TarInfo(f"{datasets.CIFAR10.base_folder}/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    md5 = {name: hashlib.md5(content).hexdigest() for name, content in batches.items()}
    monkeypatch.setattr(datasets.CIFAR10, "url", address + archive.name)
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", hashlib.md5(archive.read_bytes()).hexdigest())
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [[n, md5[n]] for n in CIFAR_FILES[:5]])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [[n, md5[n]] for n in CIFAR_FILES[5:6]])
    meta = dict(datasets.CIFAR10.meta, md5=md5["batches.meta"])
    monkeypatch.setattr(datasets.CIFAR10, "meta", meta)
    data = gb.load("cifar10")
    assert data.images.shape == (20, 3, 32, 32)
    assert data.classes[:2] == ("class 0", "class 1")
    (root / datasets.CIFAR10.base_folder / "data_batch_2").write_bytes(b"cut")
    with pytest.raises(ValueError, match="is damaged"):
        gb.load("cifar10", on_missing="stand-in")


CIFAR_FILES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"]


def cifar_batch(seed) -> bytes:
    import pickle  # torchvision's format; it checks the MD5 before it reads

    if seed == 6:
        return pickle.dumps({"label_names": [f"class {i}" for i in range(10)]})
    pixels = np.random.default_rng(seed).integers(0, 256, (4, 3072)).astype(np.uint8)
    return pickle.dumps({"data": pixels, "labels": [0, 1, 2, 3]})


def test_a_cifar10_subset_is_used_and_said(root, capsys):
    x, y = np.zeros((6, 32, 32, 3), np.uint8), np.arange(6)
    names = np.array([f"class {i}" for i in range(10)])
    np.savez(
        root / "cifar10-subset.npz", x_train=x, y_train=y, x_test=x, y_test=y, label_names=names
    )
    data = gb.load("cifar10", size=16)
    assert data.images.shape == (6, 3, 16, 16)
    assert capsys.readouterr().out == "cifar10: a subset of 6 train images is used.\n"


def zipped_photos() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for side, colour in dict(trainA="red", trainB="blue").items():
            picture = io.BytesIO()
            Image.new("RGB", (20, 10), colour).save(picture, "PNG")
            archive.writestr(f"horse2zebra/{side}/1.png", picture.getvalue())
    return buffer.getvalue()


def test_horse2zebra_is_downloaded_and_checked(root, server, monkeypatch):
    served, address = server
    content = zipped_photos()
    (served / "horse2zebra.zip").write_bytes(content)
    monkeypatch.setattr(files, "HORSE2ZEBRA", address + "horse2zebra.zip")
    with pytest.raises(ValueError, match=r"horse2zebra.zip is damaged .*SHA-256"):
        gb.load("horse2zebra", on_missing="stand-in")
    (root / "horse2zebra.zip").unlink()
    monkeypatch.setattr(files, "HORSE2ZEBRA_SHA256", hashlib.sha256(content).hexdigest())
    data = gb.load("horse2zebra", size=8)
    assert data.labels.tolist() == [0, 1]
    assert data.images[0, :, 4, 4].tolist() == [255, 0, 0]
    assert data.images[1, :, 4, 4].tolist() == [0, 0, 255]


def test_a_folder_of_mixed_images_becomes_colour_squares(tmp_path):
    Image.new("L", (30, 20), 100).save(tmp_path / "grey.png")
    Image.new("RGB", (20, 30), (10, 20, 30)).save(tmp_path / "colour.PNG")
    Image.new("RGBA", (8, 8), (1, 2, 3, 255)).save(tmp_path / "clear.png")
    (tmp_path / "notes.txt").write_text("not an image")
    data = gb.load(f"folder:{tmp_path}", size=8)
    assert data.images.shape == (3, 3, 8, 8)
    assert data.images[2].unique().tolist() == [100]  # clear, colour, grey: sorted by name
    assert data.classes == ("image",)
    assert gb.load(f"folder:{tmp_path}", size=8, channels=1).images.shape == (3, 1, 8, 8)


def test_subfolders_are_classes(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / name / "1.jpg")
    data = gb.load(f"folder:{tmp_path}", size=8)
    assert (data.classes, data.labels.tolist()) == (("cat", "dog"), [0, 1])


def test_a_broken_image_an_empty_and_a_missing_folder_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"expected images .* found none"):
        gb.load(f"folder:{tmp_path}")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        gb.load(f"folder:{tmp_path / 'nowhere'}", on_missing="stand-in")
    Image.new("RGB", (64, 64)).save(tmp_path / "whole.png")
    content = (tmp_path / "whole.png").read_bytes()
    for bad in (b"", b"text", content[: len(content) // 2]):
        (tmp_path / "broken.png").write_bytes(bad)
        with pytest.raises(ValueError, match=r"broken.png is damaged"):
            gb.load(f"folder:{tmp_path}")


def test_an_empty_folder_that_a_failed_download_left_is_no_set(tmp_path, monkeypatch):
    monkeypatch.setenv("GANBOOK_DATA", str(tmp_path))
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    assert not files.present("mnist")
    (tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte").touch()
    assert files.present("mnist")
