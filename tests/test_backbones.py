import numpy as np
import pytest
import torch
from torchvision import models

from ganbook import backbones, checkpoints, files
from ganbook.models.style import FeatureMaps


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """An empty data folder, and no network."""

    def fail(urls, folder, md5=None):
        raise FileNotFoundError(f"could not download {urls} to {folder}")

    monkeypatch.setenv("GANBOOK_DATA", str(tmp_path))
    monkeypatch.setattr(files, "download", fail)
    return tmp_path


def image():
    return torch.rand(1, 3, 32, 40, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_ours_needs_nothing(nowhere):
    maps = backbones.feature_maps()
    assert maps.layers == backbones.LAYERS[backbones.OURS]
    layers = checkpoints.load(backbones.OURS).layers
    found, x = maps(image()), image()
    for depth, layer in enumerate(layers):
        x = layer(x)
        if depth in maps.layers:
            torch.testing.assert_close(found[maps.layers.index(depth)], x, rtol=1e-4, atol=1e-4)
    assert backbones.feature_maps(layers=(0,)).layers == (0,)


@pytest.mark.parametrize("name", ["vgg19", "squeezenet1_1"])
def test_what_cannot_be_had_is_said(nowhere, name, capsys):
    with pytest.raises(FileNotFoundError, match="could not download"):
        backbones.feature_maps(name)
    maps = backbones.feature_maps(name, (3,), on_missing="stand-in")
    assert capsys.readouterr().out == (
        f"{name} is not here and could not be downloaded; backbone-cifar10 stands in for it.\n"
    )
    assert maps.layers == backbones.LAYERS[backbones.OURS]


def test_a_caffe_file_sees_its_own_colours(nowhere, capsys):
    """BGR from 0 to 255 less a mean: computed by hand, against what our maps say."""
    torch.manual_seed(0)
    network = models.squeezenet1_1(weights=None).features
    state = {f"features.{name}": value.numpy() for name, value in network.state_dict().items()}
    (nowhere / "features").mkdir()
    np.savez(nowhere / backbones.CAFFE, **state)
    maps = backbones.feature_maps("squeezenet1_1", (0, 3))
    mean = torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    raw = (image().flip(1) + 1) * 127.5 - mean
    expected = network[0](raw)
    torch.testing.assert_close(maps(image())[0], expected, rtol=1e-4, atol=1e-3)
    assert capsys.readouterr().out == ""


def test_torchvision_weights_are_checked_and_used(nowhere):
    """A file of the right name but not of the SHA-256 in it is refused."""
    weights = models.get_model_weights("squeezenet1_1").DEFAULT
    path = nowhere / "torchvision" / weights.url.rpartition("/")[2]
    path.parent.mkdir()
    path.write_bytes(b"not the weights")
    with pytest.raises(ValueError, match="SHA-256"):
        backbones.feature_maps("squeezenet1_1")


def test_a_genuine_file_is_read_as_torchvision_reads_it(nowhere, monkeypatch):
    torch.manual_seed(0)
    model = models.squeezenet1_1(weights=None).eval()
    path = nowhere / "torchvision" / models.SqueezeNet1_1_Weights.DEFAULT.url.rpartition("/")[2]
    path.parent.mkdir()
    torch.save(model.state_dict(), path)
    want = path.stem.rpartition("-")[2]
    monkeypatch.setattr(backbones, "sha256", lambda content: want + "0" * 32)
    maps = backbones.feature_maps("squeezenet1_1", (4,))
    preset = models.SqueezeNet1_1_Weights.DEFAULT.transforms()
    mean, std = (torch.tensor(x).view(1, 3, 1, 1) for x in (preset.mean, preset.std))
    expected = model.features[:5](((image() + 1) / 2 - mean) / std)
    torch.testing.assert_close(maps(image())[0], expected)


def test_any_backbone_of_torchvision_will_do():
    features = models.alexnet(weights=None).features
    shapes = [m.shape[1] for m in FeatureMaps(features, (1, 4, 7))(torch.zeros(1, 3, 64, 64))]
    assert shapes == [64, 192, 384]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(dict(name="resnet"), "name"), (dict(on_missing="wait"), "on_missing")],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=f"expected {message}"):
        backbones.feature_maps(**arguments)
