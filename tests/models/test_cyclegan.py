import pytest
import torch

import ganbook as gb
from ganbook import checkpoints
from ganbook.models import cyclegan
from ganbook.models.cyclegan import CycleGAN, Generator, PatchDiscriminator


def parameters(model):
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("shape", [(32, 32), (20, 36), (128, 128)])
@pytest.mark.parametrize("channels", [1, 3])
def test_translations_have_the_shape_and_range_of_images(shape, channels):
    model = Generator(channels=channels, width=4, blocks=1)
    y = model(torch.randn(2, channels, *shape))
    assert y.shape == (2, channels, *shape)
    assert y.abs().max() <= 1
    assert y.std() > 0


def test_the_papers_generator_is_of_its_known_size():
    # the authors' code of 2017 printed 11,388,675, with bias, scale and shift before each norm
    normed = 64 + 128 + 256 + 9 * 2 * 256 + 128 + 64
    assert parameters(Generator(blocks=9)) + 3 * normed == 11_388_675


def test_the_papers_discriminator_is_of_its_layers():
    first, last = 16 * 3 * 64 + 64, 16 * 512 + 1
    between = 16 * (64 * 128 + 128 * 256 + 256 * 512)
    assert parameters(PatchDiscriminator()) == first + between + last


def test_blocks_follow_the_paper():
    assert [cyclegan.blocks_for(size) for size in (32, 128, 129, 256)] == [6, 6, 9, 9]


@pytest.mark.parametrize(("layers", "patch"), [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_logit_sees_its_patch(layers, patch):
    gb.seed(0)
    model = PatchDiscriminator(width=2, layers=layers)
    for norm in [m for m in model.modules() if isinstance(m, torch.nn.InstanceNorm2d)]:
        norm.forward = lambda x: x  # which sees the whole image
    size = 3 * patch
    x = torch.randn(1, 3, size, size, dtype=torch.float64, requires_grad=True)
    logits = model.double()(x)[0]
    middle = len(logits) // 2
    logits[middle, middle].backward()
    rows = (x.grad != 0).any(dim=(0, 1, 3)).nonzero()
    assert rows.max() - rows.min() + 1 == patch


def test_a_map_of_raw_logits():
    x = torch.randn(2, 3, 128, 128)
    assert PatchDiscriminator(width=4)(x).shape == (2, 14, 14)
    logits = PatchDiscriminator(width=4)(100 * x)
    assert logits.min() < 0


def test_each_image_is_translated_by_itself():
    gb.seed(0)
    x, y = torch.randn(2, 1, 3, 32, 32, dtype=torch.float64)
    for network in (Generator(width=4, blocks=2), PatchDiscriminator(width=4)):
        network.double()
        both = network(torch.cat([x, y]))
        torch.testing.assert_close(both, torch.cat([network(x), network(y)]))


def test_a_bias_before_instance_norm_would_change_nothing():
    gb.seed(0)
    x = torch.randn(2, 3, 16, 16, dtype=torch.float64)
    for layers in (cyclegan.convolution(3, 4, 3, stride=2), cyclegan.up(3, 4)):
        layers.double()
        y = layers(x)
        layers[0].bias = torch.nn.Parameter(torch.randn(4, dtype=torch.float64))
        torch.testing.assert_close(layers(x), y)


def test_weights_start_as_the_paper_has_them():
    gb.seed(0)
    model = CycleGAN(width=32, blocks=2)
    weights = torch.cat([p.flatten() for p in model.parameters() if p.ndim == 4])
    assert weights.std().item() == pytest.approx(0.02, rel=0.01)
    assert abs(weights.mean().item()) < 1e-4
    biases = [p for p in model.parameters() if p.ndim == 1]
    assert len(biases) == 2
    assert not any(b.any() for b in biases)


def test_g_goes_there_and_f_comes_back():
    gb.seed(0)
    model, x = CycleGAN(width=4, blocks=1), torch.randn(2, 3, 16, 16)
    assert torch.equal(model.translate(x), model.G(x))
    assert torch.equal(model.back(x), model.F(x))
    assert not torch.equal(model.translate(x), model.back(x))


def test_a_checkpoint_holds_both(tmp_path):
    gb.seed(0)
    arguments = dict(width=4, blocks=1)
    model, x = CycleGAN(**arguments), torch.randn(2, 3, 16, 16)
    checkpoints.save(tmp_path / "m.safetensors", model, arguments)
    loaded = checkpoints.load(tmp_path / "m.safetensors")
    assert torch.equal(loaded.translate(x), model.translate(x))
    assert torch.equal(loaded.back(x), model.back(x))


@pytest.mark.parametrize(
    ("network", "shape", "message"),
    [
        (Generator, (2, 1, 32, 32), r"expected x as a floating-point tensor \(B, 3, H, W\)"),
        (Generator, (2, 3, 30, 32), "expected x of a size that 4 divides, got 30x32"),
        (PatchDiscriminator, (3, 32, 32), r"expected x as a floating-point tensor \(B, 3, H, W\)"),
    ],
)
def test_bad_images_are_named(network, shape, message):
    with pytest.raises(ValueError, match=message):
        network(width=4)(torch.zeros(shape))


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="blocks to be an integer of at least 0, got -1"):
        Generator(blocks=-1)
    with pytest.raises(ValueError, match="layers to be an integer of at least 1, got 0"):
        PatchDiscriminator(layers=0)
    with pytest.raises(ValueError, match="size to be an integer of at least 1, got 0"):
        cyclegan.blocks_for(0)
