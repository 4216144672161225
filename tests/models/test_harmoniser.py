import pytest
import torch

from ganbook.models.harmoniser import Harmoniser


def case(*, count=2, size=16, seed=0):
    random = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    model = Harmoniser(width=4).double()
    torch.nn.init.normal_(model.head[-1].weight)
    x = torch.rand(count, 3, size, size, generator=random).double() * 2 - 1
    mask = (torch.rand(count, 1, size, size, generator=random) < 0.4).double()
    return model, x, mask


def test_it_starts_as_the_identity():
    _, x, mask = case()
    assert torch.equal(Harmoniser(width=4).double()(x, mask), x)


def test_nothing_changes_outside_the_mask():
    model, x, mask = case()
    found = model(x, mask)
    outside = mask.expand_as(x) == 0
    assert torch.equal(found[outside], x[outside])
    assert not torch.allclose(found, x)


def test_inside_it_is_one_affine_map_of_colour():
    model, x, mask = case()
    found, maps = model(x, mask), model.correction(x, mask)
    for b in range(2):
        inside = mask[b, 0] == 1
        colours = x[b][:, inside]  # (3, N)
        expected = colours + maps[b, :, :3] @ colours + maps[b, :, 3:]
        torch.testing.assert_close(found[b][:, inside], expected)


def test_each_image_has_a_map_of_its_own_and_size_is_free():
    model, x, mask = case(count=3, size=24)
    together = model.correction(x, mask)
    for i in range(3):
        torch.testing.assert_close(model.correction(x[i : i + 1], mask[i : i + 1])[0], together[i])
    assert (together[0] - together[1]).abs().max() > 1e-6


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_an_empty_or_full_mask_is_no_disaster(value):
    model, x, _ = case()
    found = model(x, torch.full((2, 1, 16, 16), value).double())
    assert found.isfinite().all()


def test_bad_arguments_are_named():
    model, x, mask = case()
    with pytest.raises(ValueError, match="expected mask"):
        model(x, mask[..., :3])
    with pytest.raises(ValueError, match="expected composite"):
        model(x[:, :1], mask)
    with pytest.raises(ValueError, match="width"):
        Harmoniser(width=0)
