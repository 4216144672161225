import pytest
import torch
from torch.nn.functional import avg_pool2d

from ganbook import brushwork

styles = pytest.mark.parametrize("name", brushwork.STYLES)


@styles
def test_a_style_is_bytes_in_colour_and_the_same_each_time(name):
    image = brushwork.paint(name, 48, 3)
    assert image.dtype == torch.uint8
    assert image.shape == (3, 48, 48)
    torch.manual_seed(5)
    assert torch.equal(brushwork.paint(name, 48, 3), image)
    assert torch.equal(brushwork.STYLES[name](48, 3), image)
    assert not torch.equal(brushwork.paint(name, 48, 4), image)


@styles
def test_one_seed_is_one_picture_at_any_size(name):
    """Twice as large and shrunk again, it is nearer to itself than to another seed's."""
    small, other = (brushwork.paint(name, 128, seed).double() for seed in (0, 1))
    large = avg_pool2d(brushwork.paint(name, 256, 0).double()[None], 2)[0]
    same, different = ((image - large).square().mean().sqrt() for image in (small, other))
    assert same < 0.5 * different


@styles
def test_a_style_uses_its_range(name):
    image = brushwork.paint(name, 64, 0).double()
    assert image.amax() - image.amin() > 150
    assert image.std() > 20


def test_distances_in_a_mosaic_are_those_to_every_point():
    """The search among 25 neighbouring squares misses neither the nearest nor the second."""
    size, across = 40, 6
    near, far, which = brushwork.cells(size, across, torch.Generator().manual_seed(0))
    jitter = torch.rand(2, across, across, generator=torch.Generator().manual_seed(0))
    rows, columns = torch.meshgrid(torch.arange(across), torch.arange(across), indexing="ij")
    px, py = ((columns + jitter[0]) / across).flatten(), ((rows + jitter[1]) / across).flatten()
    x, y = brushwork.place(size)
    every = torch.hypot(x[..., None] - px, y[..., None] - py)  # (S, S, points)
    nearest = every.sort(dim=-1)
    torch.testing.assert_close(near, nearest.values[..., 0])
    torch.testing.assert_close(far, nearest.values[..., 1])
    assert torch.equal(which, nearest.indices[..., 0])


def test_strokes_follow_their_field():
    """Smeared along x, the grain varies less along x than along y; and the other way round."""
    grain = torch.rand(64, 64, generator=torch.Generator().manual_seed(0))
    for angle, calm, rough in ((0.0, 1, 0), (torch.pi / 2, 0, 1)):
        smeared = brushwork.along(grain, torch.full((64, 64), angle), length=0.2)
        assert smeared.diff(dim=calm).abs().mean() < 0.5 * smeared.diff(dim=rough).abs().mean()


def test_a_palette_passes_through_its_colours():
    tones = torch.tensor([[0.0, 0.5, 1.0, 2.0, -1.0]])
    colours = ((0, 0, 0), (255, 0, 0), (255, 255, 255))
    found = (brushwork.palette(tones, colours) * 255).round()[:, 0].T
    for have, want in zip(found, (*colours, colours[-1], colours[0]), strict=True):
        assert (have - torch.tensor(want)).abs().max() <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("oil", 64), "name"),
        (("dots", 8), "size"),
        (("dots", 64.0), "size"),
        (("dots", 64, -1), "seed"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=f"expected {message}"):
        brushwork.paint(*arguments)
