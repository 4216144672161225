import pytest
import torch
from torch import nn

from ganbook.models import resnet

skips = pytest.mark.parametrize("skip", resnet.SKIPS)
NETWORKS = [resnet.Generator, resnet.Discriminator]


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("depth", [1, 2])
@skips
def test_shapes_and_ranges(size, channels, depth, skip):
    options = dict(size=size, channels=channels, width=3, widest=8, depth=depth, skip=skip)
    generator = resnet.Generator(latent=7, **options)
    images = generator(torch.randn(2, 7))
    assert generator.latent == 7
    assert images.shape == (2, channels, size, size)
    assert images.abs().max() <= 1
    assert resnet.Discriminator(**options)(images).shape == (2,)


def test_maps_double_as_the_size_halves_up_to_the_widest():
    assert resnet.pyramid(32, 16, 128, 1, "none") == [16, 32, 64, 128]
    assert resnet.pyramid(64, 16, 100, 1, "none") == [16, 32, 64, 100, 100]
    assert resnet.pyramid(32, 16, 8, 1, "none") == [16] * 4


@skips
@pytest.mark.parametrize("depth", [1, 3])
def test_each_size_has_its_blocks(skip, depth):
    for network in NETWORKS:
        for size, sizes in ((32, 4), (64, 5)):
            modules = network(size=size, width=2, widest=2, depth=depth, skip=skip).modules()
            assert sum(isinstance(module, resnet.Block) for module in modules) == sizes * depth


def test_residual_blocks_begin_as_the_identity():
    x = torch.randn(2, 4, 8, 8)
    assert torch.equal(resnet.Block(4, 4)(x), x)
    wider = resnet.Block(4, 6)
    assert torch.equal(wider(x), wider.path(x))
    nn.init.normal_(wider.second.weight)
    assert not torch.allclose(wider(x), wider.path(x))


def test_dense_blocks_keep_what_came_before():
    x = torch.randn(2, 4, 8, 8)
    y = resnet.Block(4, 3, skip="dense")(x)
    assert y.shape == (2, 7, 8, 8)
    assert torch.equal(y[:, :4], x)
    blocks = resnet.stage(4, 6, depth=3, skip="dense")
    assert blocks(x).shape == (2, 6, 8, 8)
    inputs = [block.first.in_channels for block in blocks[:-1]]
    assert inputs == [4, 7, 10]  # the images' maps, and those of every block before
    assert blocks[-1].in_channels == 13


def test_plain_blocks_hold_nothing_back():
    block = resnet.Block(4, 4, skip="none")
    nn.init.zeros_(block.second.weight)
    nn.init.zeros_(block.second.bias)
    assert block(torch.randn(2, 4, 8, 8)).abs().max() == 0


@skips
def test_every_parameter_learns_once_the_blocks_have_moved(skip):
    generator = resnet.Generator(width=4, depth=2, skip=skip)
    discriminator = resnet.Discriminator(width=4, depth=2, skip=skip)
    for module in [*generator.modules(), *discriminator.modules()]:
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, a=0.2)
    discriminator(generator(torch.randn(4, 64))).square().sum().backward()
    for network in (generator, discriminator):
        assert all(p.grad.abs().sum() > 0 for p in network.parameters())


@skips
def test_images_are_judged_one_by_one(skip):
    discriminator = resnet.Discriminator(width=4, skip=skip)
    images = torch.rand(4, 1, 32, 32)
    alone = torch.cat([discriminator(image[None]) for image in images])
    torch.testing.assert_close(discriminator(images), alone)


def gradient_at_the_first_layer(network, inputs, *, seed, careful=False, **options):
    torch.manual_seed(seed)
    built = network(width=4, **options)
    if careful:
        for module in built.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=0.2)
    built(torch.rand(4, *inputs)).sum().backward()
    return built.start.weight.grad.norm().item()


@pytest.mark.parametrize(
    ("network", "inputs"), [(resnet.Generator, (64,)), (resnet.Discriminator, (1, 32, 32))]
)
def test_gradients_reach_the_first_layer_of_a_deep_network_along_its_paths(network, inputs):
    for seed in range(3):
        found = {
            (skip, depth): gradient_at_the_first_layer(
                network, inputs, seed=seed, skip=skip, depth=depth
            )
            for skip in resnet.SKIPS
            for depth in (1, 8)
        }
        assert found["residual", 8] > found["residual", 1] / 3
        assert found["dense", 8] > found["dense", 1] / 100
        assert found["none", 8] < found["none", 1] / 1e6


def test_the_paths_are_not_the_only_cure():
    """He's initial weights, too, let gradients through a deep network without paths."""
    images = (1, 32, 32)
    for seed in range(3):
        deep = dict(seed=seed, skip="none", depth=8)
        careful = gradient_at_the_first_layer(resnet.Discriminator, images, careful=True, **deep)
        careless = gradient_at_the_first_layer(resnet.Discriminator, images, **deep)
        assert careful > 1e-6
        assert careless < 1e-12


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(size=28), r"size to be one of \(32, 64\), got 28"),
        (dict(skip="sum"), r"skip to be one of \('residual', 'dense', 'none'\), got 'sum'"),
        (dict(channels=0), "channels to be an integer of at least 1, got 0"),
        (dict(width=1.5), "width to be an integer"),
        (dict(widest=0), "widest to be an integer"),
        (dict(depth=0), "depth to be an integer of at least 1, got 0"),
    ],
)
def test_bad_arguments_are_named(network, bad, message):
    with pytest.raises(ValueError, match=message):
        network(**bad)


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match=r"z .* \(B, 64\), got float32 \(2, 63\)"):
        resnet.Generator(width=2)(torch.zeros(2, 63))
    with pytest.raises(ValueError, match=r"x .* \(B, 1, 32, 32\), got float32 \(2, 1, 64, 64\)"):
        resnet.Discriminator(width=2)(torch.zeros(2, 1, 64, 64))
    with pytest.raises(ValueError, match="latent to be an integer"):
        resnet.Generator(latent=0)
