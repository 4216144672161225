import pytest
import torch

import ganbook as gb
from ganbook import training
from ganbook.models.classifier import Classifier


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


def test_shifting_moves_whole_images():
    step = training.ClassifierStep(Classifier(size=8, width=2), steps=1, shift=1, flip=True, seed=3)
    images = torch.full((2, 1, 8, 8), -1.0)
    images[:, :, 4, 4] = 1
    places = {tuple((step.augment(images)[0, 0] == 1).nonzero()[0].tolist()) for _ in range(100)}
    assert {row for row, _ in places} == {3, 4, 5}
    assert {column for _, column in places} == {
        2,
        3,
        4,
        5,
    }  # column 4, its mirror 3, one to each side


def test_bad_arguments_are_named():
    model = Classifier(size=8, width=2)
    for bad in (dict(steps=0), dict(steps=1, lr=-1), dict(steps=1, shift=-1)):
        with pytest.raises(ValueError, match="expected .* to be"):
            training.ClassifierStep(model, **bad)
    with pytest.raises(ValueError, match="expected images"):
        training.predict(model, torch.zeros(8, 8))
