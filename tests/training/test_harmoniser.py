import pytest
import torch

import ganbook as gb
from ganbook import training
from ganbook.models.harmoniser import Harmoniser


def photos(count=8, size=32, seed=0):
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def draw(seed=0, **options):
    return training.composites(photos(**options), torch.Generator().manual_seed(seed))


def test_composites_are_photos_outside_their_masks():
    real = photos()
    images, mask = draw()
    assert images.shape == real.shape
    assert mask.shape == (8, 1, 32, 32)
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    outside = mask.expand_as(real) == 0
    assert torch.equal(images[outside], real[outside])
    assert images.abs().max() <= 1
    share = mask.mean((1, 2, 3))
    assert share.min() > 0.02
    assert share.max() < 0.7
    assert (training.region_error(images, real, mask) > 1e-4).all()


def test_composites_depend_on_their_seed_alone():
    for one, other in zip(draw(), draw(), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(draw()[1], draw(seed=1)[1])


def test_inside_a_mask_each_channel_keeps_its_order():
    images, mask = draw(count=1)
    inside = mask[0, 0] == 1
    for c in range(3):
        before, after = photos(count=1)[0, c][inside], images[0, c][inside]
        assert (after[before.argsort()].diff() >= -1e-6).all()


def test_the_error_is_of_the_region():
    images, real = torch.zeros(2, 3, 4, 4), torch.zeros(2, 3, 4, 4)
    mask = torch.zeros(2, 1, 4, 4)
    mask[0, :, :2] = 1
    images[0, 0, :, :2] = 3.0  # half of the mask, one channel of three: 9 / 3 / 2
    assert training.region_error(images, real, mask).tolist() == [1.5, 0]


def test_a_harmoniser_learns_and_resumes_to_the_bit():
    images = gb.load("shapes", size=16, channels=3).images[:64]

    def step():
        torch.manual_seed(0)
        return training.HarmoniserStep(Harmoniser(width=4), steps=60, lr=1e-2)

    whole = step()
    run = training.fit(whole, gb.batches(images, batch_size=16), steps=60, log_every=1)
    assert set(run.history) == {"step", "loss", "before"}
    gain = [a / b for a, b in zip(run.history["loss"], run.history["before"], strict=True)]
    assert gain[0] == 1  # it starts as the identity
    assert sum(gain[-10:]) / 10 < 0.9
    first, second, stream = step(), step(), gb.batches(images, batch_size=16)
    for _ in range(25):
        first(next(stream))
    second.load_state_dict(first.state_dict())
    for _ in range(35):
        second(next(stream))
    for name, value in whole.model.state_dict().items():
        assert torch.equal(second.model.state_dict()[name], value)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="expected photos"):
        training.composites(torch.zeros(1, 1, 8, 8))
    with pytest.raises(ValueError, match="steps"):
        training.HarmoniserStep(Harmoniser(), steps=0)
