import pytest
import torch

import ganbook as gb
from ganbook import training
from ganbook.models.classifier import Classifier

HALF = dict(steps=1, autocast=torch.float16)  # would need loss scaling


def test_it_learns_to_tell_digits_apart():
    gb.seed(0)
    train, test = gb.load("digits", size=8), gb.load("digits", size=8, split="test")
    model = Classifier(size=8, width=8)
    step = training.ClassifierStep(model, steps=150, lr=1e-2, shift=0)
    run = training.fit(step, gb.batches(train.images, train.labels, batch_size=64), steps=150)
    assert run.history["loss"][-1] < run.history["loss"][0] / 2
    right = training.predict(model, gb.to_float(test.images)) == test.labels
    assert right.float().mean() > 0.9
    assert model.training


def places(images):
    """Where the one bright pixel of each image went."""
    return {tuple(image[0].eq(1).nonzero()[0].tolist()) for image in images}


def test_each_image_is_shifted_and_mirrored_by_itself():
    images = torch.full((200, 1, 8, 8), -1.0)
    images[:, :, 4, 5] = 1
    for flip, columns in ((False, {4, 5, 6}), (True, {1, 2, 3, 4, 5, 6})):
        step = training.ClassifierStep(Classifier(size=8, width=2), steps=1, shift=1, flip=flip)
        moved = step.augment(images)
        assert moved.shape == images.shape
        assert ((moved == 1).sum((1, 2, 3)) == 1).all()
        assert places(moved) == {(row, column) for row in (3, 4, 5) for column in columns}


def test_without_shift_images_are_as_they_were():
    images = torch.randn(3, 2, 8, 8)
    step = training.ClassifierStep(Classifier(size=8, width=2), steps=1, shift=0)
    assert torch.equal(step.augment(images), images)


def test_bfloat16_learns_too_and_keeps_float32_weights():
    gb.seed(0)
    x, y = torch.rand(8, 1, 8, 8), torch.arange(8)
    model = Classifier(size=8, width=4)
    step = training.ClassifierStep(model, steps=30, lr=1e-2, shift=0, autocast=torch.bfloat16)
    losses = [step((x, y))["loss"].item() for _ in range(30)]
    assert losses[-1] < 0.8 * losses[0]
    assert {p.dtype for p in model.parameters()} == {torch.float32}


def test_bad_arguments_are_named():
    model = Classifier(size=8, width=2)
    for bad in (dict(steps=0), dict(steps=1, lr=-1), dict(steps=1, shift=-1), HALF):
        with pytest.raises(ValueError, match="expected .* to be"):
            training.ClassifierStep(model, **bad)
    with pytest.raises(ValueError, match="expected images"):
        training.predict(model, torch.zeros(8, 8))
