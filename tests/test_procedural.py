import math

import pytest
import torch

from ganbook import procedural


def test_ring_centres_are_on_the_circle_and_apart():
    centres = procedural.ring_centres(8, radius=2.0)
    torch.testing.assert_close(centres.norm(dim=1), torch.full((8,), 2.0))
    gaps = (centres - centres.roll(1, 0)).norm(dim=1)
    torch.testing.assert_close(gaps, torch.full((8,), 4 * math.sin(math.pi / 8)))


def test_ring_has_the_stated_moments():
    x = procedural.ring(20_000, std=0.1, generator=torch.Generator().manual_seed(0))
    assert x.shape == (20_000, 2)
    assert x.mean(0).abs().max() < 0.02
    torch.testing.assert_close(x.square().mean(), torch.tensor(0.51), atol=0.01, rtol=0)


def test_shapes_have_the_area_their_factors_say():
    images, factors = procedural.shapes(400, 64, 1, seed=0)
    area = images.float().sum((1, 2, 3)) / 255 / (0.5 + factors["colour"] / 2) / 64**2 * 4
    exact = torch.tensor([math.pi, math.pi * 0.75, 1.6**2, 0, 4 * 0.95 * 0.56 - 0.56**2])
    exact[3] = 1.5**2 * math.sqrt(3) / 3  # a triangle of height 1.5
    expected = exact[factors["kind"]] * factors["size"] ** 2
    torch.testing.assert_close(area, expected, rtol=0.03, atol=0.01)


def test_shapes_stand_where_their_factors_say():
    images, factors = procedural.shapes(200, 64, 1, seed=1)
    weight = images[:, 0].float()
    rows, columns = procedural.grid(64)
    for name, line in dict(x=columns, y=rows).items():
        centre = (weight * line).sum((1, 2)) / weight.sum((1, 2))
        torch.testing.assert_close(centre, factors[name], atol=0.02, rtol=0)


def test_size_changes_nothing_but_resolution():
    small, _ = procedural.shapes(20, 32, 3, seed=0)
    large, _ = procedural.shapes(20, 64, 3, seed=0)
    halved = torch.nn.functional.avg_pool2d(large.float(), 2)
    assert (small.float() - halved).abs().mean() < 2


def test_animals_differ_only_in_their_coat():
    plain, factors = procedural.stripes(30, 32, 0, striped=False)
    coated, _ = procedural.stripes(30, 32, 0, striped=True)
    inside = factors["mask"].expand_as(plain) == 255
    outside = factors["mask"].expand_as(plain) == 0
    assert (plain[inside].int() - coated[inside].int()).abs().float().mean() > 50
    assert (plain[outside].int() - coated[outside].int()).abs().max() <= 1
    assert 0.1 < inside.float().mean() < 0.4


def test_bad_arguments_of_drawings_are_named():
    with pytest.raises(ValueError, match=r"channels to be one of \(1, 3\), got 2"):
        procedural.shapes(4, 32, 2, seed=0)
    with pytest.raises(ValueError, match="size to be an integer of at least 1, got 0"):
        procedural.stripes(4, 0, seed=0, striped=True)


@pytest.mark.parametrize("call", [procedural.ring_centres, procedural.ring])
def test_bad_counts_are_named(call):
    with pytest.raises(ValueError, match="to be an integer of at least 1, got 0"):
        call(0)
    with pytest.raises(ValueError, match="expected std >= 0"):
        procedural.ring(1, std=-1)
