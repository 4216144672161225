"""What a translated image keeps of its source."""

import torch
from torch import Tensor


def mean_iou(masks: Tensor, others: Tensor) -> float:
    """Return the intersection over the union of two masks, averaged over pairs (N, H, W).

    Masks are bool, or uint8 from 0 to 255, where 128 and more is inside. A pair of empty masks
    counts 1. The value is from 0 to 1, and higher is nearer.
    Raises ValueError for other shapes or types, and for uint8 masks that are nowhere above 1.
    """
    inside, others = as_bool("masks", masks), as_bool("others", others)
    if inside.shape != others.shape:
        raise ValueError(
            f"expected others as masks {tuple(inside.shape)}, got {tuple(others.shape)}"
        )
    both = (inside & others).flatten(1).sum(dim=1).double()
    either = (inside | others).flatten(1).sum(dim=1)
    return torch.where(either == 0, 1.0, both / either.clamp_min(1)).mean().item()


def as_bool(name: str, masks: Tensor) -> Tensor:
    """Return masks (N, H, W) as bool."""
    wanted = f"expected {name} as bool or uint8 masks (N, H, W)"
    if not isinstance(masks, Tensor):
        raise ValueError(f"{wanted}, got {type(masks).__name__}")
    if masks.dtype not in (torch.bool, torch.uint8) or masks.ndim != 3 or masks.numel() == 0:
        kind = str(masks.dtype).removeprefix("torch.")
        raise ValueError(f"{wanted}, got {kind} {tuple(masks.shape)}")
    if masks.dtype == torch.bool:
        return masks
    if masks.max() == 1:
        raise ValueError(f"{wanted}, 255 inside, got ones: pass {name}.bool()")
    return masks >= 128
