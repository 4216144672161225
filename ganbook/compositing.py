"""Putting a piece of one image into another, without learning anything.

Images are (B, C, H, W), floating point, in any range; masks (B, 1, H, W) or (1, 1, H, W).
"""

import torch
from torch import Tensor

from ganbook import poisson
from ganbook.expect import expect_shape


def alpha_blend(foreground: Tensor, background: Tensor, mask: Tensor) -> Tensor:
    """Return mask * foreground + (1 - mask) * background; the mask is boolean, or in [0, 1].

    Source: Porter and Duff 1984, "Compositing digital images", the operator "over".
    """
    expect_shape("foreground", foreground, ("B", "C", "H", "W"))
    expect_shape("background", background, tuple(foreground.shape))
    mask = expect_mask(mask, foreground).to(foreground.dtype)
    return mask * foreground + (1 - mask) * background


def poisson_blend(source: Tensor, target: Tensor, mask: Tensor, *, mixed: bool = False) -> Tensor:
    """Return `target` with the source's gradients where the mask is at least a half.

    Inside, each pixel p of the result f satisfies sum_q (f_p - f_q) = sum_q v_pq over its four
    neighbours q, with v_pq = g_p - g_q, the source's differences; outside, f is the target. So the
    seam disappears, and the colours of the piece drift to those that surround it. With `mixed`,
    v_pq is whichever of the source's and the target's difference is larger, channel by channel: for
    pieces with holes, or half transparent. The result may leave the range of the images.
    Source: Pérez, Gangnet and Blake 2003, "Poisson image editing", equations 7, 11, 12 and 13.
    Raises ValueError where the mask is empty or touches the border of the image: without a boundary
    all around it the solution would not be the paper's.
    """
    expect_shape("source", source, ("B", "C", "H", "W"))
    expect_shape("target", target, tuple(source.shape))
    inside = (expect_mask(mask, source) >= 0.5)[:, 0]  # (B, H, W)
    border = torch.ones_like(inside)
    border[:, 1:-1, 1:-1] = False
    for i, piece in enumerate(inside):
        if not piece.any():
            raise ValueError(f"expected a mask with pixels inside, got an empty one (number {i})")
        if (piece & border[i]).any():
            raise ValueError(
                f"expected a boundary all around the mask, got one that touches the border of the "
                f"image (number {i})"
            )
    blended = target.clone()
    for i in range(len(source)):
        piece = inside[i if len(inside) > 1 else 0]
        blended[i] = blend_one(source[i].detach(), target[i].detach(), piece, mixed)
    return blended


def blend_one(source: Tensor, target: Tensor, inside: Tensor, mixed: bool) -> Tensor:
    """Blend (C, H, W) into (C, H, W) where (H, W) is true, in the smallest box around that."""
    rows, columns = (inside.any(dim=d).nonzero()[:, 0] for d in (1, 0))
    box = (
        slice(int(rows[0]) - 1, int(rows[-1]) + 2),
        slice(int(columns[0]) - 1, int(columns[-1]) + 2),
    )
    g, t = source[:, box[0], box[1]].double(), target[:, box[0], box[1]].double()
    rest = torch.zeros_like(g)  # of f - t, the unknown, which is zero on the boundary
    for dim in (1, 2):
        ours, theirs = g.diff(dim=dim), t.diff(dim=dim)
        if mixed:
            ours = torch.where(theirs.abs() > ours.abs(), theirs, ours)
        gap, size = theirs - ours, g.shape[dim]
        rest.narrow(dim, 0, size - 1).add_(gap)
        rest.narrow(dim, 1, size - 1).sub_(gap)
    blended = target.clone()
    blended[:, box[0], box[1]] += poisson.solve(rest, inside[box]).to(target.dtype)
    return blended


def match_moments(
    image: Tensor,
    reference: Tensor,
    *,
    mask: Tensor | None = None,
    reference_mask: Tensor | None = None,
) -> Tensor:
    """Return `image` (B, C, H, W), its channels with the mean and the spread of the reference's.

    Each channel is shifted and scaled; a plain one is only shifted. With masks, only the pixels
    where they are at least a half are counted (all are changed). The reference may be of another
    size. In the manner of Reinhard et al. 2001, "Color transfer between images", in the channels as
    they come instead of l-alpha-beta.
    """
    expect_shape("image", image, ("B", "C", "H", "W"))
    expect_shape("reference", reference, (*image.shape[:2], "h", "w"))
    mean, std = masked_moments(image, mask)
    new_mean, new_std = masked_moments(reference, reference_mask)
    scale = torch.where(std > 1e-6, new_std / std.clamp_min(1e-6), 1.0)
    return (image - mean) * scale + new_mean


def masked_moments(image, mask):
    """Return mean and standard deviation over the mask of each channel, each (B, C, 1, 1)."""
    weight = torch.ones_like(image[:, :1]) if mask is None else expect_mask(mask, image) >= 0.5
    weight = weight.to(image.dtype)
    count = weight.sum(dim=(2, 3), keepdim=True)
    if (count == 0).any():
        raise ValueError("expected a mask with pixels inside, got an empty one")
    mean = (image * weight).sum(dim=(2, 3), keepdim=True) / count
    return mean, (((image - mean).square() * weight).sum(dim=(2, 3), keepdim=True) / count).sqrt()


def match_histogram(image: Tensor, reference: Tensor) -> Tensor:
    """Return `image` (B, C, H, W) with the reference's values in its own order, channel by channel.

    The k-th smallest of n values becomes the reference's quantile (k - 1/2) / n, so that images of
    equal sizes get equal histograms; equal values become the mean of what they would become.
    """
    expect_shape("image", image, ("B", "C", "H", "W"))
    expect_shape("reference", reference, (*image.shape[:2], "h", "w"))
    ours, theirs = (
        image.flatten(0, 1).flatten(1),
        reference.flatten(0, 1).flatten(1).sort(-1).values,
    )
    matched = torch.stack([match_values(a, b) for a, b in zip(ours, theirs, strict=True)])
    return matched.view_as(image)


def match_values(values: Tensor, ordered: Tensor) -> Tensor:
    """Give values (n,) the distribution of ordered ones (m,)."""
    n, m = len(values), len(ordered)
    place = (torch.arange(n, device=values.device, dtype=torch.float64) + 0.5) / n * m - 0.5
    low = place.floor().clamp(0, m - 1).long()
    share = (place - low).clamp(0, 1).to(values.dtype)
    quantiles = torch.lerp(ordered[low], ordered[(low + 1).clamp_max(m - 1)], share)
    _, which, counts = values.unique(return_inverse=True, return_counts=True)  # sorted
    ranks = which.argsort(stable=True)
    sums = torch.zeros(len(counts), dtype=torch.float64, device=values.device)
    sums.index_add_(0, which[ranks], quantiles.double())
    return (sums / counts)[which].to(values.dtype)


def expect_mask(mask: Tensor, image: Tensor) -> Tensor:
    """Return a mask that fits the image, as floating-point numbers from 0 to 1."""
    if isinstance(mask, Tensor) and mask.dtype == torch.bool:
        mask = mask.to(image.dtype)
    one = isinstance(mask, Tensor) and mask.ndim > 0 and len(mask) == 1
    expect_shape("mask", mask, (1 if one else len(image), 1, *image.shape[2:]))
    if mask.amin() < 0 or mask.amax() > 1:
        low, high = mask.amin().item(), mask.amax().item()
        raise ValueError(f"expected a mask from 0 to 1, got {low} to {high}")
    return mask
