import io

import numpy as np
import pytest
import torch
from PIL import Image

from ganbook import explore
from ganbook.explore.panels import WIDGET


@pytest.fixture
def asked():
    return []


@pytest.fixture
def draw(asked):
    """Latents (N, Z) to images of two pixels a latent, as bright as the latent is large."""

    def images(z):
        asked.append(z)
        return (z / 4).repeat_interleave(8, dim=1)[:, None, None].expand(-1, 1, 8, -1)

    return images


def brightness(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"), dtype=float)


def test_the_plane_has_both_forms_and_its_sliders_move_the_image(shown, draw):
    outputs, boxes = shown
    explore.plane(draw, reach=2.0, steps=3)
    (data,), (picture, column) = outputs, boxes[0]
    assert set(data) == {WIDGET, "image/png"}
    assert [slider.description for slider in column.children] == ["z[0]", "z[1]"]
    column.children[0].value = 2.0
    column.children[1].value = -1.0
    left, right = np.split(brightness(picture.value), 2, axis=1)
    assert left.mean() == pytest.approx(127.5 * 1.5, abs=1)
    assert right.mean() == pytest.approx(127.5 * 0.75, abs=1)


def test_the_still_of_the_plane_goes_right_and_up(shown, draw, asked):
    explore.plane(draw, reach=1.0, steps=3)
    still = next(z for z in asked if len(z) == 9).view(3, 3, 2)  # (row, column, coordinate)
    assert torch.equal(still[..., 0], torch.tensor([[-1.0, 0.0, 1.0]] * 3))
    assert torch.equal(still[..., 1], torch.tensor([[1.0] * 3, [0.0] * 3, [-1.0] * 3]))


def test_a_traversal_moves_one_latent_at_a_time(shown, draw, asked):
    start = torch.tensor([0.5, -0.5, 1.0])
    explore.traverse(draw, start, dimensions=(2, 0), reach=2.0, steps=5)
    rows = next(z for z in asked if len(z) == 10).view(2, 5, 3)
    line = torch.linspace(-2, 2, 5)
    assert torch.equal(rows[0, :, 2], line)
    assert torch.equal(rows[0, :, :2], start[:2].expand(5, 2))
    assert torch.equal(rows[1, :, 0], line)
    assert torch.equal(rows[1, :, 1:], start[1:].expand(5, 2))
    assert torch.equal(start, torch.tensor([0.5, -0.5, 1.0]))


def test_sliders_of_a_traversal_start_at_start(shown, draw, asked):
    _, boxes = shown
    start = torch.tensor([0.5, -0.5, 1.0])
    explore.traverse(draw, start)
    sliders = boxes[0][1].children
    assert [slider.value for slider in sliders] == start.tolist()
    sliders[1].value = 1.5
    assert torch.equal(asked[-1], torch.tensor([[0.5, 1.5, 1.0]]))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda draw: explore.plane(draw, steps=1), "expected steps"),
        (lambda draw: explore.plane(draw, reach=-1.0), "expected reach"),
        (lambda draw: explore.traverse(draw, torch.zeros(1, 3)), "expected start"),
        (
            lambda draw: explore.traverse(draw, torch.zeros(3), dimensions=(0, 3)),
            r"expected dimensions from 0 to 2, got \[0, 3\]",
        ),
        (
            lambda draw: explore.traverse(draw, torch.zeros(3), dimensions=()),
            "expected dimensions",
        ),
    ],
)
def test_bad_arguments_are_named(call, says, draw, asked):
    with pytest.raises(ValueError, match=says):
        call(draw)
    assert not asked
