import pytest
import torch
from torch import nn

import ganbook as gb
from ganbook import checkpoints, files
from ganbook.metrics import extractors
from ganbook.metrics.extractors import features, features_and_probabilities, label, probabilities

CLASSIFIERS = ("fashion_mnist", "mnist")


def images(count=7, channels=1, size=32, seed=0):
    random = torch.Generator().manual_seed(seed)
    return 2 * torch.rand(count, channels, size, size, generator=random) - 1


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifiers_features_are_what_its_last_layer_reads(name):
    network = checkpoints.load(f"{name.replace('_', '-')}-classifier")
    x = images()
    found = features(x, name, batch_size=3)
    assert found.shape == (7, 128)
    assert found.dtype == torch.float32
    assert not found.requires_grad
    with torch.no_grad():
        torch.testing.assert_close(found, network.features(x), rtol=1e-4, atol=1e-5)
        wanted = network(x).softmax(1)
    classes = probabilities(x, name, batch_size=3)
    torch.testing.assert_close(classes, wanted, rtol=1e-4, atol=1e-6)
    both = features_and_probabilities(x, name, batch_size=3)
    assert torch.equal(both[0], found)
    assert torch.equal(both[1], classes)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_28_pixels_are_padded_as_load_pads_them(name):
    small = images(size=28)
    whole = torch.full((7, 1, 32, 32), -1.0)
    whole[:, :, 2:30, 2:30] = small
    assert torch.equal(features(small, name), features(whole, name))


def test_pixels_are_the_values_from_0_to_1():
    x = images(3, channels=3, size=5)
    found = features(x, "pixels", batch_size=2)
    assert found.shape == (3, 75)
    torch.testing.assert_close(found, (x.reshape(3, -1) + 1) / 2)
    black, white = -torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2)
    assert features(torch.cat([black, white]), "pixels").tolist() == [[0] * 4, [1] * 4]


def test_anything_callable_gets_batches_and_no_gradient():
    sizes, weights = [], torch.ones(4, 2, requires_grad=True)

    def extractor(x):
        sizes.append(len(x))
        return (x.flatten(1) @ weights).double()

    x = 5 * images(7, size=2)  # a callable's range is its own affair
    found = features(x.double(), extractor, batch_size=3)
    assert sizes == [3, 3, 1]
    assert found.dtype == torch.float32
    assert not found.requires_grad
    torch.testing.assert_close(found, x.flatten(1).sum(1, keepdim=True).expand(7, 2))
    assert torch.equal(probabilities(x, lambda x: torch.ones(len(x), 1)), torch.ones(7, 1))


def test_images_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"got uint8: ganbook.to_float"):
        features(torch.zeros(2, 1, 32, 32, dtype=torch.uint8), "pixels")
    with pytest.raises(ValueError, match=r"expected images as .* \(N, C, H, W\), got float32"):
        features(torch.zeros(2, 32, 32), "pixels")
    with pytest.raises(ValueError, match=r"in \[-1, 1\], got values from 0 to 255"):
        features(torch.tensor([0.0, 255.0]).reshape(2, 1, 1, 1), "pixels")
    with pytest.raises(ValueError, match=r"in \[-1, 1\], got values from nan"):
        features(torch.full((1, 1, 2, 2), torch.nan), "pixels")
    for shape in ((2, 3, 32, 32), (2, 1, 64, 64), (2, 1, 28, 32)):
        with pytest.raises(ValueError, match=r"ganbook.load\(..., size=32, channels=1\) makes"):
            features(torch.zeros(shape), "mnist")


def test_extractors_that_do_not_fit_are_named():
    x = images(2)
    with pytest.raises(ValueError, match=r"one of \('fashion_mnist', .* got 'vgg'"):
        features(x, "vgg")
    with pytest.raises(ValueError, match="expected extractor"):
        features(x, None)
    with pytest.raises(ValueError, match=r"with classes to be one of .* got 'pixels'"):
        probabilities(x, "pixels")
    with pytest.raises(ValueError, match="with classes to be one of"):
        features_and_probabilities(x, nn.Flatten())
    with pytest.raises(ValueError, match=r"expected the extractor's result .* \(2, D\)"):
        features(x, lambda x: x)
    with pytest.raises(ValueError, match="expected batch_size"):
        features(x, "pixels", batch_size=0)


def test_only_the_standard_network_has_the_standard_names():
    standard = ("FID", "KID", "Inception score")
    for metric in extractors.NAMES:
        for extractor in ("fashion_mnist", "mnist", "pixels", nn.Flatten(), images):
            assert not any(name in label(metric, extractor) for name in standard)
    assert label("frechet_distance", "fashion_mnist") == "Fréchet distance (fashion_mnist features)"
    assert label("kernel_distance", "pixels") == "Kernel distance (pixels)"
    assert label("inception_score", "mnist") == "Classifier score (mnist classes)"
    assert label("recall", "inception") == "Recall (inception features)"
    found = [label(m, "inception") for m in ("frechet_distance", "kernel_distance")]
    assert [*found, label("inception_score", "inception")] == list(standard)


def test_a_callable_is_called_by_its_name():
    def inception(x):
        return x.flatten(1)

    assert label("frechet_distance", inception) == "Fréchet distance (inception features)"
    assert label("precision", nn.Flatten()) == "Precision (Flatten features)"
    network = checkpoints.load("fashion-mnist-classifier")
    assert label("coverage", network.features) == "Coverage (Classifier features)"
    with pytest.raises(ValueError, match="expected metric"):
        label("fid", "inception")
    with pytest.raises(ValueError, match="expected extractor"):
        label("recall", "vgg")


@pytest.mark.parametrize(("name", "least"), [("fashion_mnist", 0.92), ("mnist", 0.99)])
def test_a_classifier_knows_test_images_where_they_are_here(name, least):
    if not files.present(name):
        pytest.skip(f"{name} is not here")
    data = gb.load(name, split="test")
    right = probabilities(gb.to_float(data.images[:2000]), name).argmax(1) == data.labels[:2000]
    assert right.float().mean() > least
