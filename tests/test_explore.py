import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from ganbook import explore
from ganbook.models import dcgan


@pytest.fixture
def shown(monkeypatch):
    """What a call displays, and every slider it makes."""
    outputs, boxes = [], []
    monkeypatch.setattr(explore, "display", lambda data, raw: outputs.append(data))
    make = explore.widgets.HBox
    monkeypatch.setattr(
        explore.widgets, "HBox", lambda children: boxes.append(children) or make(children)
    )
    return outputs, boxes


def generator():
    torch.manual_seed(0)
    model = dcgan.Generator(latent=6, width=2)
    torch.nn.utils.vector_to_parameters(
        10 * torch.nn.utils.parameters_to_vector(model.parameters()), model.parameters()
    )  # so that an untrained generator shows differences
    return model


@pytest.mark.parametrize("call", [explore.latent, explore.interpolate])
def test_a_live_widget_and_a_still_are_one_output(shown, call):
    outputs, boxes = shown
    call(generator())
    (data,) = outputs
    assert set(data) == {explore.WIDGET, "image/png"}
    still = Image.open(io.BytesIO(data["image/png"]))
    assert still.width > 300
    picture, sliders = boxes[0][0], boxes[0][1].children
    before = picture.value
    sliders[0].value += 0.7
    assert picture.value != before


def test_the_generator_keeps_its_mode_and_statistics(shown):
    model = generator().train()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    explore.latent(model)
    assert model.training
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="dimensions from 0 to 5, got"):
        explore.latent(generator(), dimensions=(0, 6))
    with pytest.raises(ValueError, match=r"expected ends .*\(2, 6\)"):
        explore.interpolate(generator(), ends=torch.zeros(3, 6))
    with pytest.raises(ValueError, match="expected steps"):
        explore.interpolate(generator(), steps=0)


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
    assert set(data) == {explore.WIDGET, "image/png"}
    figure = explore.numbered(six_images(seed=1), bright)
    key = [int(number) for number in re.findall(r"\d+", figure.get_supxlabel())]
    assert key == [i + 1 for i, is_real in enumerate(bright) if is_real]
    assert [ax.get_title() for ax in figure.axes] == [str(i + 1) for i in range(6)]
    explore.plt.close(figure)


def test_the_quiz_shows_nothing_twice_and_depends_on_its_seed(monkeypatch):
    asked = []
    monkeypatch.setattr(explore, "display_both", lambda box, figure: None)
    monkeypatch.setattr(explore, "numbered", lambda images, is_real: None)
    monkeypatch.setattr(explore, "quiz", lambda images, is_real: asked.append(images))
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
