import pytest
import torch

import ganbook as gb
from ganbook.models.segmenter import Segmenter


def small():
    gb.seed(0)
    return Segmenter(width=4).eval()


@pytest.mark.parametrize("shape", [(32, 32), (20, 36), (1, 1)])
def test_a_logit_for_each_pixel(shape):
    assert small()(torch.zeros(2, 3, *shape)).shape == (2, *shape)


def test_masks_are_where_logits_are_positive():
    model, x = small(), torch.randn(2, 3, 16, 16)
    model.body[-1].bias.data -= model(x).median()
    masks = model.masks(x)
    assert masks.dtype == torch.bool
    assert torch.equal(masks, model(x) > 0)
    assert masks.any()
    assert not masks.all()


def test_a_logit_sees_33_pixels():
    model = small()
    for parameter in model.parameters():
        parameter.data.abs_()  # nothing cancels
    x = torch.ones(1, 3, 65, 65, requires_grad=True)
    model(x)[0, 32, 32].backward()
    seen = (x.grad[0, 0] != 0).nonzero()
    assert seen.min(dim=0).values.tolist() == [16, 16]
    assert seen.max(dim=0).values.tolist() == [48, 48]


@pytest.mark.parametrize("shape", [(2, 1, 32, 32), (3, 32, 32), (0, 3, 32, 32)])
def test_bad_images_are_named(shape):
    with pytest.raises(ValueError, match=r"expected x as a floating-point tensor \(B, 3, H, W\)"):
        small()(torch.zeros(shape))


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="width to be an integer of at least 1, got 0"):
        Segmenter(width=0)
