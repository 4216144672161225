"""Tensors to Axes. Importing this module applies the course's style sheet.

Every function takes `ax=None` (a new figure) and returns the Axes it drew on. Images leave [-1, 1]
here and in `ganbook.to_uint8` only.
"""

from math import ceil
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from torch import Tensor

from ganbook.data import to_uint8
from ganbook.diagnosis import diagnose as diagnose  # a history in words, beside its curves
from ganbook.expect import expect_positive, expect_shape

plt.style.use(Path(__file__).with_name("ganbook.mplstyle"))

COLOURS = dict(
    real="#0072B2",
    fake="#D55E00",
    discriminator="#0072B2",
    generator="#D55E00",
    good="#009E73",
    neutral="#555555",
)


def image_grid(images: Tensor, *, columns: int = 8, title: str | None = None, ax=None) -> Axes:
    """Show images (B, 1 or 3, H, W), float in [-1, 1] or uint8, in rows of `columns`."""
    if images.ndim != 4 or images.shape[1] not in (1, 3) or len(images) == 0:
        raise ValueError(f"expected images (B, 1 or 3, H, W), got {tuple(images.shape)}")
    expect_positive(columns=columns)
    columns = min(columns, len(images))
    picture = tile(images, columns)
    if ax is None:
        height, width = picture.shape[:2]
        inches = min(7.0, 0.75 * columns)
        ax = plt.figure(figsize=(inches, inches * height / width + 0.3 * bool(title))).gca()
    ax.imshow(picture, cmap="gray", vmin=0, vmax=255)
    ax.set_axis_off()
    if title:
        ax.set_title(title)
    return ax


def tile(images: Tensor, columns: int, gap: int = 1):
    """Lay images (B, C, H, W) out in rows: a uint8 array (height, width) or (height, width, 3)."""
    pixels = images.detach().cpu()
    pixels = pixels if pixels.dtype == torch.uint8 else to_uint8(pixels)
    count, channels, high, wide = pixels.shape
    rows = ceil(count / columns)
    sheet = torch.full(
        (channels, rows * (high + gap) - gap, columns * (wide + gap) - gap), 255, dtype=torch.uint8
    )
    for i, image in enumerate(pixels):
        top, left = i // columns * (high + gap), i % columns * (wide + gap)
        sheet[:, top : top + high, left : left + wide] = image
    picture = sheet.permute(1, 2, 0).numpy()  # (rows * (H + gap), columns * (W + gap), C)
    return picture[:, :, 0] if channels == 1 else picture


def curves(history: dict, *, names=None, ax=None, log: bool = False, title=None) -> Axes:
    """Plot named values of a run's history against its steps; `names` None means all."""
    names = [name for name in history if name != "step"] if names is None else list(names)
    missing = [name for name in names if name not in history]
    if "step" not in history or missing:
        raise ValueError(f"expected a history with step and {names}, got {sorted(history)}")
    ax = plt.figure().gca() if ax is None else ax
    for name in names:
        colour = {"d": COLOURS["discriminator"], "g": COLOURS["generator"]}.get(name.split("_")[0])
        style = "--" if name == "d_fake" else "-"
        ax.plot(history["step"], history[name], label=name, color=colour, linestyle=style)
    ax.set(xlabel="step", ylabel="nats" if all(n.endswith("loss") for n in names) else "value")
    if log:
        ax.set_yscale("log")
    if title:
        ax.set_title(title)
    ax.legend()
    return ax


def points(real=None, fake=None, *, limit: float = 1.6, title=None, ax=None) -> Axes:
    """Scatter points of the plane (N, 2): real ones blue, generated ones vermilion."""
    for name, cloud in dict(real=real, fake=fake).items():
        if cloud is not None:
            expect_shape(name, cloud, ("N", 2))
    ax = plt.figure(figsize=(3.4, 3.4)).gca() if ax is None else ax
    for name, cloud in dict(real=real, fake=fake).items():
        if cloud is not None:
            x, y = cloud.detach().cpu().T.numpy()
            ax.scatter(x, y, s=5, color=COLOURS[name], label=name, linewidths=0, alpha=0.6)
    plane(ax, limit, title)
    return ax


def heatmap(function, *, limit: float = 1.6, resolution: int = 60, title=None, ax=None) -> Axes:
    """Colour the plane by D = sigmoid(function), a function from points (M, 2) to logits (M,)."""
    expect_positive(resolution=resolution)
    line = torch.linspace(-limit, limit, resolution)
    y, x = torch.meshgrid(line, line, indexing="ij")
    with torch.no_grad():
        d = function(torch.stack([x, y], dim=-1).reshape(-1, 2)).sigmoid().cpu()
    ax = plt.figure(figsize=(3.4, 3.4)).gca() if ax is None else ax
    box = (-limit, limit, -limit, limit)
    d = d.reshape(resolution, resolution).numpy()
    look = dict(cmap="RdYlBu", interpolation="bilinear", alpha=0.55, vmin=0, vmax=1)
    ax.imshow(d, origin="lower", extent=box, **look)
    plane(ax, limit, title)
    return ax


def arrows(starts: Tensor, vectors: Tensor, *, scale: float | None = None, ax=None) -> Axes:
    """Draw an arrow (N, 2) from each point (N, 2)."""
    expect_shape("starts", starts, ("N", 2))
    expect_shape("vectors", vectors, tuple(starts.shape))
    ax = plt.figure(figsize=(3.4, 3.4)).gca() if ax is None else ax
    x, y, u, v = torch.cat([starts, vectors], dim=1).detach().cpu().T.numpy()
    ax.quiver(x, y, u, v, angles="xy", scale_units="xy", scale=scale, width=0.004, color="#333333")
    return ax


def plane(ax, limit, title):
    ax.set(
        xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="$x_1$", ylabel="$x_2$"
    )
    if title:
        ax.set_title(title)
