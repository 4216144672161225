import re

import pytest
import torch
from torch import nn

from ganbook.models.backbone import Backbone
from ganbook.models.style import FeatureMaps, Larger, Stylist


def images(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 5, 3, padding=1),
        nn.ReLU(inplace=True),
    )


def test_maps_are_those_of_the_layers_in_the_order_asked_for():
    net, x = network(), images(2, 3, 8, 10)
    found = FeatureMaps(net, (3, 0, 1), mean=(0.5,) * 3, std=(0.5,) * 3)(x)
    first = net[0](x)
    expected = (net[3](net[2](first.relu())), first, first.relu())
    for have, want in zip(found, expected, strict=True):
        torch.testing.assert_close(have, want)
    assert found[1].min() < 0  # not overwritten by the ReLU that follows in place


def test_layers_may_have_names():
    net = nn.Sequential()
    for name, layer in zip(("conv", "relu"), network(), strict=False):
        net.add_module(name, layer)
    x = images(1, 3, 8, 8)
    by_name, by_index = FeatureMaps(net, ("relu", "conv")), FeatureMaps(net, (1, 0))
    assert by_name.layers == by_index.layers == (1, 0)
    for have, want in zip(by_name(x), by_index(x), strict=True):
        assert torch.equal(have, want)


def test_the_network_sees_images_as_it_was_trained_to():
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)
    maps = FeatureMaps(nn.Sequential(nn.Identity()), (0,), mean=mean, std=std)
    x = images(2, 3, 4, 4)
    for c in range(3):
        expected = ((x[:, c] + 1) / 2 - mean[c]) / std[c]
        torch.testing.assert_close(maps(x)[0][:, c], expected)


def test_the_maps_are_frozen_and_pass_gradients_to_images():
    net = network()
    maps, x = FeatureMaps(net, (4,)), images(1, 3, 8, 8).requires_grad_()
    maps(x)[0].sum().backward()
    assert x.grad.abs().sum() > 0
    assert not any(p.requires_grad for p in maps.parameters())
    assert all(p.requires_grad for p in net.parameters())  # a copy was frozen
    assert net[1].inplace
    assert len(FeatureMaps(net, (0, 1)).network) == 2  # what is deeper is not computed


@pytest.mark.parametrize("layers", [(), (5,), (-1,), ("six",), (0, 1.0)])
def test_layers_that_are_not_there(layers):
    with pytest.raises(ValueError, match="layer"):
        FeatureMaps(network(), layers)


def test_the_backbone_is_a_sequence_of_halvings():
    model = Backbone(classes=7)
    assert model(images(2, 3, 32, 32)).shape == (2, 7)
    assert model(images(1, 3, 45, 60)).shape == (1, 7)
    sizes = [
        m.shape[1:]
        for m in FeatureMaps(model.layers, (1, 4, 6, 9, 11, 14, 16))(images(1, 3, 64, 64))
    ]
    assert sizes == [
        (48, 64, 64),
        (64, 32, 32),
        (96, 32, 32),
        (96, 16, 16),
        (128, 16, 16),
        (128, 8, 8),
        (128, 8, 8),
    ]
    assert not any(isinstance(part, nn.BatchNorm2d) for part in model.modules())


def test_a_bad_backbone():
    with pytest.raises(ValueError, match="7 widths"):
        Backbone(widths=(1, 2))
    with pytest.raises(ValueError, match=re.escape("widths[2]")):
        Backbone(widths=(1, 2, 0, 4, 5, 6, 7))


@pytest.mark.parametrize(("height", "width"), [(16, 16), (20, 36)])
def test_a_stylist_keeps_the_shape(height, width):
    model = Stylist(width=4, blocks=1)
    found = model(images(2, 3, height, width))
    assert found.shape == (2, 3, height, width)
    assert found.abs().max() <= 1


def test_a_stylist_treats_each_image_by_itself_and_ignores_its_contrast():
    """Instance normalisation: no image of a batch sees another; brightness and contrast go."""
    model, x = Stylist(width=4, blocks=1).double(), images(3, 3, 16, 16).double()
    together = model(x)
    for i in range(3):
        torch.testing.assert_close(model(x[i : i + 1]), together[i : i + 1])
    torch.testing.assert_close(model(0.3 * x + 0.2), together, rtol=0, atol=1e-3)


def test_enlarging_leaves_no_checkerboard():
    """A constant stays constant to the last bit, whatever the weights."""
    found = Larger(3, 2)(torch.full((1, 3, 8, 8), 0.7))
    assert (found - found[..., :1, :1]).abs().max() < 1e-3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Stylist()(images(1, 3, 18, 16)), "divide by 4"),
        (lambda: Stylist()(images(1, 1, 16, 16)), "expected x"),
        (lambda: Stylist(width=0), "width"),
        (lambda: Stylist(blocks=-1), "blocks"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
