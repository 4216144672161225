import io

import pytest
import torch
from PIL import Image

from ganbook.explore import codes as module
from ganbook.explore import panels
from ganbook.explore.codes import easel, paint_codes, painted
from ganbook.explore.panels import WIDGET, png
from ganbook.models.vqvae import VQVAE


@pytest.fixture
def model():
    torch.manual_seed(0)
    network = VQVAE(width=4, codes=6, dim=3)
    with torch.no_grad():
        network.codebook.copy_(4 * torch.randn(6, 3))  # so that codes look different
    return network.eval()


@pytest.fixture
def start():
    return torch.randint(6, (8, 8), generator=torch.Generator().manual_seed(1))


def parts(box):
    """The picture, the brush, the way back and the places of an easel."""
    picture, column = box.children
    (slider, back), grid = column.children[0].children, column.children[1]
    return picture, slider, back, grid.children


def codes(places):
    return [int(place.description) for place in places]


def test_a_click_puts_the_brush_in_its_place(model, start):
    picture, slider, _, places = parts(easel(model, start, 5))
    assert codes(places) == start.flatten().tolist()
    slider.value = (int(start[2, 3]) + 1) % 6
    before = picture.value
    places[2 * 8 + 3].click()
    wanted = start.clone()
    wanted[2, 3] = slider.value
    assert codes(places) == wanted.flatten().tolist()
    assert picture.value == png(model.decode(wanted[None]).detach())
    assert picture.value != before


def test_strokes_are_taken_back_one_by_one(model, start):
    picture, slider, back, places = parts(easel(model, start, 0))
    first = picture.value
    places[0].click()
    slider.value = 3
    places[0].click()
    assert codes(places)[0] == 3
    back.click()
    assert codes(places)[0] == 0
    back.click()
    back.click()  # nothing is left: nothing happens
    assert codes(places) == start.flatten().tolist()
    assert picture.value == first


def test_strokes_follow_one_another(start):
    canvases = painted(start, [(0, 1, 5), (7, 7, 2), (0, 1, 4)])
    assert canvases.shape == (4, 8, 8)
    assert torch.equal(canvases[0], start)
    assert canvases[1:, 0, 1].tolist() == [5, 5, 4]
    assert canvases[2:, 7, 7].tolist() == [2, 2]
    others = torch.ones(8, 8, dtype=torch.bool)
    others[0, 1] = others[7, 7] = False
    assert (canvases[:, others] == start[others]).all()


def test_the_widget_and_the_still_are_one_output(model, start, monkeypatch):
    outputs, stills = [], []
    monkeypatch.setattr(panels, "display", lambda data, raw: outputs.append(data))
    grid = module.image_grid
    monkeypatch.setattr(
        module, "image_grid", lambda images, **how: stills.append(images) or grid(images)
    )
    paint_codes(model, start, strokes=[(1, 1, 0), (1, 2, 0)])
    (data,), (images,) = outputs, stills
    assert set(data) == {WIDGET, "image/png"}
    assert Image.open(io.BytesIO(data["image/png"])).width > 100
    wanted = start.clone()
    wanted[1, 1] = wanted[1, 2] = 0
    assert len(images) == 3
    first, last = model.decode(torch.stack([start, wanted])).detach()
    assert torch.allclose(images[0], first, atol=1e-5)
    assert torch.allclose(images[-1], last, atol=1e-5)
    assert not torch.allclose(first, last, atol=1e-3)


def test_the_brush_begins_with_the_corner(model, start, monkeypatch):
    brushes = []
    monkeypatch.setattr(module, "display_both", lambda box, figure: None)
    monkeypatch.setattr(module, "easel", lambda model, start, brush: brushes.append(brush))
    paint_codes(model, start)
    paint_codes(model, start, brush=2)
    assert brushes == [int(start[0, 0]), 2]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (dict(start=torch.zeros(4, 4, dtype=torch.int64)), r"start as indices \(8, 8\), got"),
        (dict(strokes=[(8, 0, 0)]), "row of a stroke to be an integer from 0 to 7, got 8"),
        (dict(strokes=[(0, -1, 0)]), "column of a stroke to be an integer from 0 to 7, got -1"),
        (dict(strokes=[(0, 0, 6)]), "code of a stroke to be an integer from 0 to 5, got 6"),
        (dict(brush=6), "brush to be an integer from 0 to 5, got 6"),
        (dict(start=torch.full((8, 8), 6)), "from 0 to 5"),
        (dict(start=torch.zeros(8, 8)), "expected indices as integers"),
    ],
)
def test_bad_arguments_are_named(model, start, change, says):
    arguments = dict(start=start) | change
    with pytest.raises(ValueError, match=says):
        paint_codes(model, **arguments)
