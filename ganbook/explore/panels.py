"""What is shown in two forms: a widget where there is a kernel, else a still picture."""

import io
from collections.abc import Callable

import ipywidgets as widgets
import matplotlib.pyplot as plt
from IPython.display import display
from torch import Tensor

from ganbook.plots import image_grid, tile

WIDGET = "application/vnd.jupyter.widget-view+json"


def show(sliders: list, draw: Callable[..., Tensor], *, still: Tensor, columns: int) -> None:
    """Display the widget, and the still for whoever has no kernel, as one output with two forms."""
    picture = widgets.Image(format="png", width=192)

    def update(_=None):
        picture.value = png(draw(*(slider.value for slider in sliders)))

    for slider in sliders:
        slider.observe(update, "value")
    update()
    box = widgets.HBox([picture, widgets.VBox(sliders)])
    display_both(box, image_grid(still, columns=columns).figure)


def display_both(box: widgets.Widget, figure) -> None:
    """Display a widget and a figure as one output with two forms; close the figure."""
    live = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    display({WIDGET: live, "image/png": figure_png(figure)}, raw=True)


def figure_png(figure) -> bytes:
    """Return a figure as a PNG, and close it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    plt.close(figure)
    return buffer.getvalue()


def png(images: Tensor) -> bytes:
    """Return one image (1, C, H, W) in [-1, 1] as a PNG."""
    buffer = io.BytesIO()
    plt.imsave(buffer, tile(images, 1), cmap="gray", vmin=0, vmax=255, format="png")
    return buffer.getvalue()
