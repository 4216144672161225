"""The step that trains a network to paint in one style at once."""

import math
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor
from torch.optim import Adam
from torch.optim.lr_scheduler import OneCycleLR

from ganbook.expect import expect_number, expect_positive
from ganbook.models.style import FeatureMaps, Stylist
from ganbook.training.style import Objective


class StylistStep:
    """One update of a `Stylist`, by Adam, on a batch of photos, for one style.

    The loss is that of `Objective`, whose arguments are handed on, for what the network makes of
    the photos. Source: Johnson et al. 2016, arXiv:1603.08155. With `steps` the learning rate runs
    over a one-cycle schedule of so many steps, with `lr` as its peak; else it stays. `autocast` is
    torch.bfloat16 for mixed precision (not of the losses), or None.
    """

    def __init__(
        self,
        network: Stylist,
        maps: FeatureMaps,
        style: Tensor,
        *,
        lr: float = 2e-3,
        steps: int | None = None,
        autocast: torch.dtype | None = None,
        **objective,
    ):
        expect_number("lr", lr, 0, math.inf)
        self.network, self.autocast = network, autocast
        self.objective = Objective(maps, style, autocast=autocast, **objective)
        self.optimiser, self.schedule = Adam(network.parameters(), lr, fused=True), None
        if steps is not None:
            expect_positive(steps=steps)
            self.schedule = OneCycleLR(self.optimiser, lr, total_steps=steps, cycle_momentum=False)

    def __call__(self, photos: Tensor) -> dict[str, Tensor]:
        """Train on photos (B, 3, H, W) in [-1, 1]; return the loss and its parts, as scalars."""
        with torch.autocast(photos.device.type, self.autocast, enabled=self.autocast is not None):
            images = self.network(photos).float()
        parts = self.objective(images, self.objective.content_of(photos))
        self.optimiser.zero_grad(set_to_none=True)
        parts["loss"].backward()
        self.optimiser.step()
        if self.schedule is not None:
            self.schedule.step()
        return {name: part.detach() for name, part in parts.items()}

    def parts(self) -> dict:
        names = ("network", "optimiser", "schedule")
        return {name: part for name in names if (part := getattr(self, name)) is not None}

    def state_dict(self) -> dict:
        return {name: part.state_dict() for name, part in self.parts().items()}

    def load_state_dict(self, state: dict) -> None:
        for name, part in self.parts().items():
            part.load_state_dict(state[name])


def crops(batches: Iterable[Tensor], size: int, *, seed: int = 0) -> Iterator[Tensor]:
    """Yield a window of size x size pixels, drawn anew, of each batch of images (B, C, H, W)."""
    expect_positive(size=size)
    random = torch.Generator().manual_seed(seed)
    for images in batches:
        if min(images.shape[2:]) < size:
            raise ValueError(f"expected images of at least {size} pixels, got {images.shape[2:]}")
        top, left = (
            int(torch.randint(side - size + 1, (), generator=random)) for side in images.shape[2:]
        )
        yield images[:, :, top : top + size, left : left + size]
