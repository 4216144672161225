from functools import partial

import pytest
import torch

from ganbook import augment

EVERY = {
    "colour": augment.colour,
    "translation": augment.translation,
    "cutout": augment.cutout,
    "all_three": augment.all_three,
    "instance_noise": augment.instance_noise,
}
every = pytest.mark.parametrize("change", EVERY.values(), ids=EVERY.keys())


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def images(*shape, seed=0):
    return torch.rand(shape, generator=seeded(seed)) * 2 - 1


@every
@pytest.mark.parametrize("shape", [(1, 1, 32, 32), (4, 3, 8, 8), (3, 4, 5, 9)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_images_keep_their_shape_and_kind(change, shape, dtype):
    before = images(*shape).to(dtype)
    kept = before.clone()
    after = change(before, seeded(1))
    assert after.shape == before.shape
    assert after.dtype == dtype
    assert after.isfinite().all()
    assert torch.equal(before, kept)
    assert not torch.equal(after, before)


@every
def test_each_image_gets_a_draw_of_its_own(change):
    same = images(1, 3, 16, 16).expand(20, -1, -1, -1)
    after = change(same, seeded())
    assert len({tuple(image.flatten().tolist()) for image in after}) > 10


@every
def test_draws_come_from_the_generator_alone(change):
    before, state = images(4, 3, 8, 8), torch.get_rng_state()
    runs = [change(before, seeded(seed)) for seed in (0, 0, 1)]
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


@every
def test_gradients_flow_through_exactly(change):
    before = images(2, 2, 4, 6).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: change(x, seeded()), before)
    assert torch.autograd.gradgradcheck(lambda x: change(x, seeded()), before)


def test_colour_moves_the_mean_and_scales_what_differs_from_it():
    before = images(500, 1, 8, 8)
    after = augment.colour(before, seeded(1))
    shift = after.mean((1, 2, 3)) - before.mean((1, 2, 3))
    scale = after.std((1, 2, 3)) / before.std((1, 2, 3))
    for found, low, high in ((shift, -0.5, 0.5), (scale, 0.5, 1.5)):
        assert found.min() == pytest.approx(low, abs=0.02)
        assert found.max() == pytest.approx(high, abs=0.02)
        assert found.mean() == pytest.approx((low + high) / 2, abs=0.05)
    centred = (after - after.mean((1, 2, 3), keepdim=True)) / scale[:, None, None, None]
    torch.testing.assert_close(centred, before - before.mean((1, 2, 3), keepdim=True))


def test_saturation_scales_the_distance_from_grey():
    before = images(500, 3, 4, 4)
    after = augment.colour(before, seeded(1))
    spread = [(x - x.mean(dim=1, keepdim=True)).flatten(1).norm(dim=1) for x in (before, after)]
    grey = [x.mean(dim=1).flatten(1).std(dim=1) for x in (before, after)]  # contrast alone
    saturation = (spread[1] / spread[0]) / (grey[1] / grey[0])
    assert saturation.min() == pytest.approx(0, abs=0.02)
    assert saturation.max() == pytest.approx(2, abs=0.02)


def test_translation_moves_whole_pixels_and_lets_grey_in():
    height, width = 8, 16
    row, column = torch.arange(height)[:, None].expand(8, 16), torch.arange(width).expand(8, 16)
    numbered = (1.0 + row * width + column).expand(300, 2, -1, -1)  # each pixel says where it was
    shifts = set()
    for image in augment.translation(numbered, seeded(), share=0.25):
        assert torch.equal(image[0], image[1])
        kept = image[0] > 0
        before = image[0][kept].long() - 1
        (down,) = set((row[kept] - before // width).tolist())
        (right,) = set((column[kept] - before % width).tolist())
        assert kept.sum() == (height - abs(down)) * (width - abs(right))
        shifts.add((down, right))
    assert {down for down, _ in shifts} == set(range(-2, 3))
    assert {right for _, right in shifts} == set(range(-4, 5))


@pytest.mark.parametrize(("share", "tall", "wide"), [(0.5, 4, 8), (0.4, 3, 6), (0.125, 1, 2)])
def test_cutout_greys_one_rectangle_of_the_right_size(share, tall, wide):
    after = augment.cutout(torch.ones(400, 3, 8, 16), seeded(), share=share)
    hole = after == 0
    assert ((after == 1) | hole).all()
    assert torch.equal(hole, hole[:, :1].expand_as(hole))
    rows, columns = hole[:, 0].any(dim=2), hole[:, 0].any(dim=1)
    assert torch.equal(hole[:, 0], rows[:, :, None] & columns[:, None, :])
    for found, length in ((rows, tall), (columns, wide)):
        assert (found.diff(dim=1).sum(dim=1) <= 2).all()  # one stretch, perhaps over the edge
        assert found.sum(dim=1).max() == length
        assert found.sum(dim=1).min() >= length // 2
        assert found.any(dim=0).all()  # anywhere


@pytest.mark.parametrize(
    "change",
    [
        partial(augment.translation, share=0),
        partial(augment.cutout, share=0),
        partial(augment.instance_noise, std=0),
    ],
)
def test_nothing_is_changed_where_nothing_is_asked(change):
    before = images(3, 2, 8, 8)
    assert torch.equal(change(before, seeded()), before)


def test_all_three_are_applied_in_order():
    before, random = images(4, 3, 8, 8), seeded()
    expected = augment.colour(before, random)
    expected = augment.cutout(augment.translation(expected, random), random)
    assert torch.equal(augment.all_three(before, seeded()), expected)


@pytest.mark.parametrize("shape", [(2000, 2), (8, 3, 16, 16)])
def test_noise_has_its_standard_deviation(shape):
    before = images(*shape)
    noise = augment.instance_noise(before, seeded(1), std=0.3) - before
    assert noise.std().item() == pytest.approx(0.3, rel=0.05)
    assert noise.mean().item() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("name", ["colour", "translation", "cutout", "all_three"])
def test_what_is_not_a_batch_of_images_is_named(name):
    with pytest.raises(ValueError, match=r"images .* \(B, C, H, W\), got float32 \(4, 2\)"):
        EVERY[name](torch.zeros(4, 2))
    with pytest.raises(ValueError, match="images .* got uint8"):
        EVERY[name](torch.zeros(1, 1, 8, 8, dtype=torch.uint8))


@pytest.mark.parametrize(
    "call",
    [
        partial(augment.translation, share=1),
        partial(augment.cutout, share=-0.1),
        partial(augment.instance_noise, std="0.1"),
    ],
)
def test_bad_numbers_are_named(call):
    with pytest.raises(ValueError, match=r"expected (share|std) to be a number in \[0"):
        call(torch.zeros(1, 1, 8, 8))
