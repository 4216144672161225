import numpy as np
import pytest
import torch
from PIL import Image

from ganbook import data
from ganbook.commands.images import read


def codes(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def save(folder, **pictures):
    folder.mkdir(parents=True, exist_ok=True)
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return str(folder)


def test_a_folder_is_read_in_order_and_unchanged(tmp_path):
    colour = codes(3, 5, 7, 3)
    save(tmp_path / "sub", c=colour[2])
    found = read(save(tmp_path, b=colour[1], a=colour[0]))
    assert found.dtype == torch.uint8
    assert torch.equal(found, torch.from_numpy(colour).permute(0, 3, 1, 2))


def test_grey_saved_as_colour_is_grey_again(tmp_path):
    grey = codes(2, 5, 5)
    thrice = np.repeat(grey[..., None], 3, axis=3)
    wanted = torch.from_numpy(grey)[:, None]
    assert torch.equal(read(save(tmp_path / "one", a=grey[0], b=grey[1])), wanted)
    assert torch.equal(read(save(tmp_path / "three", a=thrice[0], b=thrice[1])), wanted)
    assert torch.equal(read(save(tmp_path / "both", a=grey[0], b=thrice[1])), wanted)
    mixed = read(save(tmp_path / "mixed", a=grey[0], b=codes(5, 5, 3)))
    assert torch.equal(mixed[0], wanted[0].expand(3, -1, -1))


def test_one_bit_and_palettes_are_read(tmp_path):
    picture = Image.fromarray(codes(6, 6, 3))
    picture.quantize(4).save(tmp_path / "a.png")
    assert read(tmp_path).shape == (1, 3, 6, 6)
    Image.fromarray(codes(6, 6) > 127).save(tmp_path / "a.png")
    assert set(read(tmp_path).unique().tolist()) == {0, 255}


@pytest.mark.parametrize("shape", [(4, 6, 5), (4, 6, 5, 1), (4, 6, 5, 3)])
def test_arrays_are_read(tmp_path, shape):
    array = codes(*shape)
    wanted = torch.from_numpy(array.reshape(4, 6, 5, -1)).permute(0, 3, 1, 2)
    for names in (dict(images=array, labels=codes(4)), dict(arr_0=array), dict(anything=array)):
        np.savez(tmp_path / "a.npz", **names)
        assert torch.equal(read(str(tmp_path / "a.npz")), wanted)
    np.savez(tmp_path / "a.npz", x=array, images=codes(1, 2, 2))
    assert torch.equal(read(f"{tmp_path / 'a.npz'}:x"), wanted)


def test_named_sets_are_read():
    assert torch.equal(read("digits:test"), data.load("digits", split="test").images)
    assert read("shapes:train").shape == (10_000, 1, 32, 32)
    with pytest.raises(ValueError, match="expected name to be one of .* got 'vases'"):
        read("vases:test")


def test_what_cannot_be_read_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="no file"):
        read(tmp_path / "nowhere.npz")
    with pytest.raises(ValueError, match="expected images .* found none"):
        read(tmp_path)
    folder = tmp_path / "sizes"
    with pytest.raises(ValueError, match="of one size in .*: a.png is 5 x 5, b.png is 4 x 5"):
        read(save(folder, a=codes(5, 5), b=codes(4, 5)))
    with pytest.raises(ValueError, match="a.png to be grey or RGB of 8 bits, got RGBA"):
        read(save(tmp_path / "mode", a=codes(5, 5, 4)))
    with pytest.raises(ValueError, match="a.png to be grey or RGB of 8 bits, got I;16"):
        read(save(tmp_path / "deep", a=codes(5, 5).astype(np.uint16)))
    (folder / "b.png").write_bytes((folder / "a.png").read_bytes()[:40])
    with pytest.raises(ValueError, match="b.png is not a readable image"):
        read(folder)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 4, 4)),
        np.zeros((2, 3, 8, 8), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((0, 4, 4), np.uint8),
    ],
)
def test_arrays_that_are_no_images_are_named(tmp_path, array):
    np.savez(tmp_path / "a.npz", array)
    with pytest.raises(ValueError, match=r"to hold uint8 images \(N, H, W\), .* got"):
        read(tmp_path / "a.npz")


def test_an_unclear_or_damaged_archive_is_named(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=codes(2, 4, 4), y=codes(2, 4, 4))
    with pytest.raises(ValueError, match=r"a.npz:KEY with KEY one of \('x', 'y'\), got None"):
        read(path)
    with pytest.raises(ValueError, match="one of .* got z"):
        read(f"{path}:z")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="a.npz is not a readable"):
        read(f"{path}:x")
    np.savez(path, x=np.array([print, None], object))
    with pytest.raises(ValueError, match="not a readable .npz file .Object arrays cannot be"):
        read(path)
    with path.open("wb") as file:
        np.save(file, codes(2, 4, 4))
    with pytest.raises(ValueError, match="a.npz is not a readable"):
        read(path)
