import pytest
import torch

from ganbook import metrics
from ganbook.procedural import stripes


def squares(*corners, side=4):
    """Masks (N, 8, 8) with a square each, by its upper left corner."""
    masks = torch.zeros(len(corners), 8, 8, dtype=torch.bool)
    for mask, (top, left) in zip(masks, corners, strict=True):
        mask[top : top + side, left : left + side] = True
    return masks


def test_known_overlaps():
    there = squares((0, 0), (0, 0), (0, 0))
    moved = squares((0, 0), (2, 0), (4, 4))  # all, 8 of 24, none
    assert metrics.mean_iou(there, moved) == pytest.approx((1 + 1 / 3 + 0) / 3, abs=1e-12)
    assert metrics.mean_iou(moved, there) == metrics.mean_iou(there, moved)


def test_bytes_count_from_128():
    masks = squares((0, 0))
    soft = torch.where(masks, 128, 127).to(torch.uint8)
    assert metrics.mean_iou(soft, masks) == 1.0
    assert metrics.mean_iou(soft, ~masks) == 0.0


def test_the_mean_is_over_images_and_not_over_pixels():
    masks = torch.stack([squares((0, 0))[0], squares((0, 0), side=1)[0]])
    others = torch.stack([squares((0, 0))[0], squares((5, 5), side=1)[0]])
    assert metrics.mean_iou(masks, others) == 0.5  # of all pixels together, 16/18


def test_two_empty_masks_agree():
    nothing = torch.zeros(1, 8, 8, dtype=torch.bool)
    assert metrics.mean_iou(nothing, nothing) == 1.0
    assert metrics.mean_iou(nothing, squares((0, 0))) == 0.0


def test_stripes_and_their_counterparts_have_one_mask():
    plain, striped = (stripes(20, 32, 7, striped=s)[1]["mask"][:, 0] for s in (False, True))
    assert metrics.mean_iou(plain, striped) == 1.0
    assert metrics.mean_iou(plain, striped.roll(1, dims=0)) < 0.8


@pytest.mark.parametrize(
    ("masks", "others", "message"),
    [
        (torch.zeros(2, 8, 8), torch.zeros(2, 8, 8), r"masks as bool or uint8 .* got float32"),
        (squares((0, 0)), torch.zeros(1, 1, 8, 8).bool(), r"others as bool .* \(1, 1, 8, 8\)"),
        (squares((0, 0)), squares((0, 0), (0, 0)), r"masks \(1, 8, 8\), got \(2, 8, 8\)"),
        (squares((0, 0)).byte(), squares((0, 0)), r"255 inside, got ones: pass masks.bool\(\)"),
        (torch.zeros(0, 8, 8).bool(), torch.zeros(0, 8, 8).bool(), r"got bool \(0, 8, 8\)"),
        ("mask", squares((0, 0)), "got str"),
    ],
)
def test_bad_masks_are_named(masks, others, message):
    with pytest.raises(ValueError, match=message):
        metrics.mean_iou(masks, others)
