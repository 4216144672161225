"""A small network that gives a pasted piece the colours that its surroundings ask for."""

import torch
from torch import Tensor, nn

from ganbook.expect import expect_positive, expect_shape


class Harmoniser(nn.Module):
    """Composites (B, 3, H, W) in [-1, 1] and masks (B, 1, H, W) in [0, 1] to images alike.

    One affine map of colour an image, c -> A c + b, is read off the image and applied where the
    mask is one; nothing else changes, so that no detail can be lost, or invented. What the map
    depends on: means of learned maps, and mean and spread of the three colours, inside the mask and
    outside it. The learning of corrections from composites that were made by disturbing a part of a
    photograph is that of Tsai et al. 2017, arXiv:1703.00069; the network is far smaller. A mask
    that is empty, or full, has no inside or outside: its means count as zero.
    """

    def __init__(self, *, width: int = 24):
        super().__init__()
        expect_positive(width=width)
        self.body = nn.Sequential(
            nn.Conv2d(4, width, kernel_size=5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * width, 4 * width, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),  # (B, 4w, H/8, W/8)
        )
        self.head = nn.Sequential(
            nn.Linear(2 * (4 * width + 6), 4 * width), nn.ReLU(), nn.Linear(4 * width, 12)
        )
        nn.init.zeros_(self.head[-1].weight)  # to begin with, nothing is changed
        nn.init.zeros_(self.head[-1].bias)

    def correction(self, composite: Tensor, mask: Tensor) -> Tensor:
        """Return the affine maps (B, 3, 4): A - I, and b in the last column."""
        expect_shape("composite", composite, ("B", 3, "H", "W"))
        expect_shape("mask", mask, (len(composite), 1, *composite.shape[2:]))
        maps = self.body(torch.cat([composite, 2 * mask - 1], dim=1))
        small = nn.functional.adaptive_avg_pool2d(mask, maps.shape[2:])
        found = []
        for inside, share in ((mask, small), (1 - mask, 1 - small)):
            mean = average(composite, inside)
            spread = average((composite - mean).square(), inside).add(1e-4).sqrt()
            found += [mean, spread, average(maps, share)]
        return self.head(torch.cat(found, dim=1).flatten(1)).view(-1, 3, 4)

    def forward(self, composite: Tensor, mask: Tensor) -> Tensor:
        maps = self.correction(composite, mask)
        change = torch.einsum("bij,bjhw->bihw", maps[..., :3], composite) + maps[..., 3, None, None]
        return composite + mask * change


def average(values: Tensor, weight: Tensor) -> Tensor:
    """Return the weighted mean over the places of (B, C, H, W), as (B, C, 1, 1)."""
    total = weight.sum(dim=(2, 3), keepdim=True)
    return (values * weight).sum(dim=(2, 3), keepdim=True) / total.clamp_min(1e-6)
