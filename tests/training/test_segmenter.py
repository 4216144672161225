import pytest
import torch
from run_states import assert_resumes

import ganbook as gb
from ganbook import metrics, training
from ganbook.models.segmenter import Segmenter


def new_step(seed=0, **options):
    gb.seed(seed)
    return training.SegmenterStep(Segmenter(width=4), **dict(dict(steps=60, seed=seed), **options))


def animals(count=64):
    real = gb.load("stripes", size=16, split="test")
    return gb.to_float(real.images[:count]), real.factors["mask"][:count, 0]


def batches(count=64):
    images, masks = animals(count)
    return gb.batches(images, masks / 255, batch_size=16)


def test_it_learns_to_find_the_animal():
    step = new_step()
    history = training.fit(step, batches(), steps=60, log_every=1).history
    assert history["loss"][-1] < history["loss"][0] / 2
    images, masks = animals()
    found = step.model.eval().masks(images)
    assert metrics.mean_iou(found, masks) > 0.5
    assert metrics.mean_iou(found, masks) > 1.15 * metrics.mean_iou(found, masks.roll(1, dims=0))


def test_masks_are_mirrored_with_their_images():
    step, (images, masks) = new_step(noise=0), animals(40)
    masks = masks / 255
    seen, wanted = step.augment(images, masks)
    mirrored = [not torch.equal(a, b) for a, b in zip(seen, images, strict=True)]
    assert 5 < sum(mirrored) < 35
    for i, mirror in enumerate(mirrored):
        assert torch.equal(seen[i], images[i].flip(-1) if mirror else images[i])
        assert torch.equal(wanted[i], masks[i].flip(-1) if mirror else masks[i])


def test_noise_is_of_a_level_drawn_for_each_image():
    step, images = new_step(noise=0.5), torch.zeros(400, 3, 16, 16)
    levels = step.augment(images, torch.zeros(400, 16, 16))[0].flatten(1).std(dim=1)
    assert levels.max() < 0.6
    assert levels.mean().item() == pytest.approx(0.25, abs=0.04)
    assert levels.std().item() == pytest.approx(0.5 / 12**0.5, abs=0.02)


def test_resuming_restores_every_part(tmp_path):
    assert_resumes(tmp_path, new_step, batches)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(steps=0), "steps to be an integer of at least 1, got 0"),
        (dict(lr=-1.0), r"lr to be a number in \[0, inf\), got -1.0"),
        (dict(noise="a"), "noise to be a number"),
    ],
)
def test_bad_arguments_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        new_step(**bad)
