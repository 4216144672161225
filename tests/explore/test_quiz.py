import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from ganbook import explore
from ganbook.explore import quiz as module
from ganbook.explore.panels import WIDGET
from ganbook.explore.quiz import numbered


def photographs(value, count=6):
    return torch.full((count, 1, 8, 8), value) + 0.03 * torch.arange(count).view(-1, 1, 1, 1)


@pytest.fixture
def quiz(shown):
    """A quiz of six images, real ones bright, fakes dark: its output, its widgets, the key."""
    explore.real_or_generated(photographs(0.5), photographs(-0.5), trials=6, seed=1)
    (data,), (children,) = shown
    picture, (text, real, generated) = children[0], children[1].children
    bright = [bool((image > 0).all()) for image in six_images(seed=1)]
    return data, picture, text, real, generated, bright


def six_images(seed):
    """What the quiz shows, by replaying its random numbers."""
    random = torch.Generator().manual_seed(seed)
    is_real = torch.rand(6, generator=random) < 0.5
    order = [torch.randperm(6, generator=random) for _ in range(2)]
    return torch.where(
        is_real.view(-1, 1, 1, 1), photographs(0.5)[order[0]], photographs(-0.5)[order[1]]
    )


def brightness(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"), dtype=float).mean()


def test_the_quiz_shows_the_images_one_by_one(quiz):
    _, picture, text, real, _, _ = quiz
    for i, image in enumerate(six_images(seed=1)):
        assert brightness(picture.value) == pytest.approx(
            127.5 * (image.mean().item() + 1), abs=1.6
        )
        assert text.value == f"{i + 1} of 6"
        real.click()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ([], "Right 6 times of 6: 100%, 95 % interval 61% to 100%. You could tell them apart."),
        ([0, 3], "Right 4 times of 6: 67%, 95 % interval 30% to 90%. Half is inside"),
        (range(6), "Right 0 times of 6: 0%, 95 % interval 0% to 39%. You took one for the other."),
    ],
)
def test_the_quiz_counts_right_answers(quiz, wrong, says):
    _, picture, text, real, generated, bright = quiz
    assert {True, False} == set(bright)
    for i, is_real in enumerate(bright):
        (real if is_real != (i in wrong) else generated).click()
    assert text.value.startswith(says)
    assert real.disabled
    assert generated.disabled
    assert Image.open(io.BytesIO(picture.value)).width > 200


def test_the_still_has_the_images_and_the_key(quiz, monkeypatch):
    data, *_, bright = quiz
    assert set(data) == {WIDGET, "image/png"}
    figure = numbered(six_images(seed=1), bright)
    key = [int(number) for number in re.findall(r"\d+", figure.get_supxlabel())]
    assert key == [i + 1 for i, is_real in enumerate(bright) if is_real]
    assert [ax.get_title() for ax in figure.axes] == [str(i + 1) for i in range(6)]
    plt.close(figure)


def test_the_quiz_shows_nothing_twice_and_depends_on_its_seed(monkeypatch):
    asked = []
    monkeypatch.setattr(module, "display_both", lambda box, figure: None)
    monkeypatch.setattr(module, "numbered", lambda images, is_real: None)
    monkeypatch.setattr(module, "quiz", lambda images, is_real: asked.append(images))
    for seed in (0, 0, 1):
        explore.real_or_generated(photographs(0.5, 30), photographs(-0.5, 30), trials=30, seed=seed)
    assert len(asked[0].unique(dim=0)) == 30
    assert torch.equal(asked[0], asked[1])
    assert not torch.equal(asked[0], asked[2])


def test_the_quiz_names_bad_arguments():
    ones = torch.ones(6, 1, 8, 8)
    for real, fake, trials, says in (
        (ones, ones, 0, "expected trials"),
        (ones, ones[:5], 6, "images of each kind to be an integer of at least 6, got 5"),
        (ones, torch.ones(6, 1, 4, 4), 2, r"expected fake .*\(M, 1, 8, 8\)"),
        (ones[0], ones, 2, "expected real"),
    ):
        with pytest.raises(ValueError, match=says):
            explore.real_or_generated(real, fake, trials=trials)
