"""Painting with the codes of a VQ-VAE; on a page without a kernel, strokes in still pictures."""

from collections.abc import Sequence

import ipywidgets as widgets
import torch
from torch import Tensor

from ganbook.expect import expect_integer
from ganbook.explore.panels import display_both, png
from ganbook.models.vqvae import VQVAE
from ganbook.plots import image_grid


def paint_codes(
    model: VQVAE,
    start: Tensor,
    *,
    strokes: Sequence[tuple[int, int, int]] = (),
    brush: int | None = None,
) -> None:
    """Show a picture beside its grid of codes: a click puts the brush's code in a place.

    `start` are integer indices (h, w), such as `model.encode(image[None])[0]`. The picture is
    decoded anew after each click; a slider chooses the code that the brush holds, which is `brush`
    at first, or else the code in the first corner; one button takes the last stroke back.
    The still picture shows the start, and what each of the `strokes` (row, column, code) makes of
    it, one after the other.
    """
    height, width = model.grid
    codes = len(model.codebook)
    if tuple(start.shape) != (height, width):
        raise ValueError(f"expected start as indices ({height}, {width}), got {tuple(start.shape)}")
    for row, column, code in strokes:
        expect_integer("the row of a stroke", row, 0, height - 1)
        expect_integer("the column of a stroke", column, 0, width - 1)
        expect_integer("the code of a stroke", code, 0, codes - 1)
    brush = int(start[0, 0]) if brush is None else brush
    expect_integer("brush", brush, 0, codes - 1)
    canvases = painted(start, strokes)
    pictures = decoded(model, canvases)
    figure = image_grid(pictures, columns=min(9, len(pictures))).figure
    display_both(easel(model, start, brush), figure)


def painted(start: Tensor, strokes) -> Tensor:
    """Return the grid before the first stroke and after each: (1 + strokes, h, w)."""
    canvases = [start.cpu()]
    for row, column, code in strokes:
        canvases.append(canvases[-1].clone())
        canvases[-1][row, column] = code
    return torch.stack(canvases)


@torch.no_grad()
def decoded(model: VQVAE, indices: Tensor) -> Tensor:
    """Return the images (B, C, H, W) of indices (B, h, w), on the CPU."""
    return model.decode(indices.to(model.codebook.device)).cpu()


def easel(model: VQVAE, start: Tensor, brush: int) -> widgets.Widget:
    """Return the picture, a button for every place, the brush, and the way back."""
    height, width = start.shape
    strokes = []
    picture = widgets.Image(format="png", width=256)
    slider = widgets.IntSlider(brush, min=0, max=len(model.codebook) - 1, description="brush")
    back = widgets.Button(description="back")
    square = widgets.Layout(width="34px", height="30px", padding="0px")
    places = [widgets.Button(layout=square) for _ in range(height * width)]

    def update():
        canvas = painted(start, strokes)[-1]
        picture.value = png(decoded(model, canvas[None]))
        for place, code in zip(places, canvas.flatten().tolist(), strict=True):
            place.description = str(code)

    def paint(place):
        strokes.append((*divmod(places.index(place), width), slider.value))
        update()

    def undo(_):
        del strokes[-1:]
        update()

    for place in places:
        place.on_click(paint)
    back.on_click(undo)
    update()
    columns = widgets.Layout(grid_template_columns=f"repeat({width}, 36px)")
    grid = widgets.GridBox(places, layout=columns)
    return widgets.HBox([picture, widgets.VBox([widgets.HBox([slider, back]), grid])])
