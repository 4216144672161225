import pytest
import torch
from torch import nn

from ganbook.models import dcgan


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("batch", [2, 5])
def test_shapes_and_ranges(size, channels, batch):
    generator = dcgan.Generator(size=size, channels=channels, latent=7, width=4)
    discriminator = dcgan.Discriminator(size=size, channels=channels, width=4)
    images = generator(torch.randn(batch, 7))
    assert images.shape == (batch, channels, size, size)
    assert images.abs().max() <= 1
    logits = discriminator(images)
    assert logits.shape == (batch,)
    assert (generator.eval()(torch.randn(1, 7))).shape == (1, channels, size, size)


@pytest.mark.parametrize("size", [32, 64])
def test_every_parameter_learns(size):
    generator = dcgan.Generator(size=size, width=4)
    discriminator = dcgan.Discriminator(size=size, width=4)
    discriminator(generator(torch.randn(4, 100))).square().sum().backward()
    for network in (generator, discriminator):
        assert all(p.grad.abs().sum() > 0 for p in network.parameters())


def test_the_recipe_of_the_paper():
    generator, discriminator = dcgan.Generator(), dcgan.Discriminator()
    kinds = [type(m) for m in (*generator.modules(), *discriminator.modules())]
    assert not {nn.Linear, nn.MaxPool2d, nn.AvgPool2d, nn.Sigmoid} & set(kinds)
    assert type(generator.layers[-1]) is nn.Tanh
    assert nn.ReLU not in map(type, discriminator.modules())
    assert nn.LeakyReLU not in map(type, generator.modules())
    first, last = discriminator.layers[:2], discriminator.layers[-1]
    assert nn.BatchNorm2d not in map(type, first)
    assert type(last) is nn.Conv2d


def test_initial_weights_have_the_papers_spread():
    torch.manual_seed(0)
    for network in (dcgan.Generator(), dcgan.Discriminator()):
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                assert module.weight.std().item() == pytest.approx(0.02, rel=0.1)
            if isinstance(module, nn.BatchNorm2d):
                assert module.weight.mean().item() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("network", [dcgan.Generator, dcgan.Discriminator])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(size=28), r"size to be one of \(32, 64\), got 28"),
        (dict(channels=0), "channels to be an integer of at least 1, got 0"),
        (dict(width=1.5), "width to be an integer"),
    ],
)
def test_bad_sizes_are_named(network, bad, message):
    with pytest.raises(ValueError, match=message):
        network(**bad)


@pytest.mark.parametrize(
    ("model", "bad"),
    [
        (dcgan.Generator(width=4), torch.zeros(2, 99)),
        (dcgan.Generator(width=4), torch.zeros(2, 100, 1, 1)),
        (dcgan.Discriminator(width=4), torch.zeros(2, 3, 32, 32)),
        (dcgan.Discriminator(width=4), torch.zeros(2, 1, 64, 64)),
        (dcgan.Discriminator(width=4), torch.zeros(2, 1, 32, 32, dtype=torch.uint8)),
    ],
)
def test_bad_inputs_are_named(model, bad):
    with pytest.raises(ValueError, match="expected [zx] as a floating-point tensor"):
        model(bad)
