import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch

from ganbook import plots


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def shown(ax):
    return ax.images[0].get_array()


def test_the_grid_shows_every_image_in_its_place():
    images = torch.linspace(-1, 1, 5)[:, None, None, None].expand(5, 1, 2, 3)
    picture = shown(plots.image_grid(images, columns=2))
    assert picture.shape == (3 * 2 + 2, 2 * 3 + 1)
    assert picture[0, 0] == 0
    assert picture[6, 0] == 255
    assert picture[3, 4] == round((0.5 + 1) * 127.5)
    assert (picture[2] == 255).all()


def test_colour_and_bytes_are_shown_as_they_are():
    images = torch.randint(256, (3, 3, 4, 4), dtype=torch.uint8)
    picture = shown(plots.image_grid(images, columns=3))
    assert torch.equal(torch.tensor(picture[:, 5:9]), images[1].permute(1, 2, 0))


def test_values_outside_the_range_are_clipped():
    picture = shown(plots.image_grid(torch.full((1, 1, 2, 2), 3.0)))
    assert (picture == 255).all()


def test_curves_are_labelled():
    history = dict(step=[1, 2], d_loss=[1.0, 0.5], g_loss=[0.7, 0.9], d_real=[0.5, 0.6])
    ax = plots.curves(history, names=["d_loss", "g_loss"], log=True)
    assert [line.get_label() for line in ax.lines] == ["d_loss", "g_loss"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("step", "nats", "log")
    assert len(plots.curves(history).lines) == 3


def test_points_arrows_and_heat_share_axes():
    cloud = torch.randn(20, 2)
    ax = plots.heatmap(lambda x: x[:, 0] * 100)
    d = shown(ax)
    assert d[:, 0].max() < 0.01
    assert d[:, -1].min() > 0.99
    assert plots.points(cloud, cloud + 1, ax=ax) is ax
    assert plots.arrows(cloud, cloud, ax=ax) is ax
    assert (ax.get_xlim(), ax.get_xlabel()) == ((-1.6, 1.6), "$x_1$")


def test_the_style_sheet_is_in_force():
    assert mpl.rcParams["axes.spines.top"] is False
    assert mpl.rcParams["image.cmap"] == "gray"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.image_grid(torch.zeros(2, 2, 4, 4)), r"\(B, 1 or 3, H, W\), got"),
        (lambda: plots.image_grid(torch.zeros(1, 4, 4)), r"\(B, 1 or 3, H, W\), got"),
        (lambda: plots.image_grid(torch.zeros(1, 1, 4, 4), columns=0), "expected columns"),
        (lambda: plots.curves(dict(loss=[1])), "expected a history with step"),
        (lambda: plots.curves(dict(step=[1]), names=["loss"]), "expected a history with step"),
        (lambda: plots.points(torch.zeros(2, 3)), "expected real"),
        (lambda: plots.points(fake=torch.zeros(2)), "expected fake"),
        (lambda: plots.arrows(torch.zeros(2, 2), torch.zeros(3, 2)), "expected vectors"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
