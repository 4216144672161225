"""The step of the harmoniser, and the composites it learns from."""

import math

import torch
from torch import Tensor
from torch.optim import Adam
from torch.optim.lr_scheduler import OneCycleLR

from ganbook.expect import expect_number, expect_positive, expect_shape
from ganbook.models.harmoniser import Harmoniser


def composites(photos: Tensor, random: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Return photos (B, 3, H, W) in [-1, 1] with a part of each in `other_light`, and `regions`.

    The photo itself is the right answer.
    """
    expect_shape("photos", photos, ("B", 3, "H", "W"))
    mask = regions(photos, random)
    return mask * other_light(photos, random) + (1 - mask) * photos, mask


def regions(photos: Tensor, random: torch.Generator | None = None) -> Tensor:
    """Return masks (B, 1, H, W): 1 inside a wobbling ellipse somewhere in the image, else 0."""
    height, width = photos.shape[2:]
    y = (torch.arange(height).to(photos) + 0.5).mul(2 / height).sub(1)[:, None]
    x = (torch.arange(width).to(photos) + 0.5).mul(2 / width).sub(1)
    dx, dy = (
        (line - draw(photos, -0.4, 0.4, random)) / draw(photos, 0.25, 0.6, random)
        for line in (x, y)
    )
    angle, phase = torch.atan2(dy, dx), draw(photos, 0, 2 * math.pi, random)
    edge = 1 + draw(photos, 0, 0.25, random) * torch.sin(3 * angle + phase)
    return (torch.hypot(dx, dy) < edge).to(photos)


def other_light(photos: Tensor, random: torch.Generator | None = None) -> Tensor:
    """Return photos (B, 3, H, W) as if taken in another light, by another camera, in [-1, 1].

    In [0, 1], values are raised to a power (0.6 to 1.7), then each channel is scaled (by 0.75 to
    1.3) and shifted (by up to 0.1), and what leaves the range is clipped.
    """
    power = draw(photos, math.log(0.6), math.log(1.7), random).exp()
    scale, shift = draw(photos, 0.75, 1.3, random, 3), draw(photos, -0.1, 0.1, random, 3)
    values = ((photos + 1) / 2).clamp(0, 1) ** power * scale + shift
    return values.clamp(0, 1) * 2 - 1


def draw(photos, low, high, random, channels=1):
    """Return a number for each image, (B, channels, 1, 1), evenly from `low` to `high`."""
    share = torch.rand(len(photos), channels, 1, 1, generator=random)
    return (low + (high - low) * share).to(photos)


def region_error(images: Tensor, photos: Tensor, mask: Tensor) -> Tensor:
    """Return the mean squared error inside the mask of each image, (B,), in units of [-1, 1]."""
    squares = ((images - photos).square().mean(dim=1, keepdim=True) * mask).sum(dim=(1, 2, 3))
    return squares / mask.sum(dim=(1, 2, 3)).clamp_min(1)


class HarmoniserStep:
    """One update of a harmoniser, by Adam, on a batch of photos, whose `composites` it corrects.

    The loss is `region_error`. The learning rate runs over a one-cycle schedule of `steps` steps
    with `lr` as its peak; `seed` fixes the composites.
    """

    def __init__(self, model: Harmoniser, *, steps: int, lr: float = 2e-3, seed: int = 0):
        expect_positive(steps=steps)
        expect_number("lr", lr, 0, math.inf)
        self.model = model
        self.optimiser = Adam(model.parameters(), lr, fused=True)
        self.schedule = OneCycleLR(self.optimiser, lr, total_steps=steps, cycle_momentum=False)
        self.random = torch.Generator().manual_seed(seed)

    def __call__(self, photos: Tensor) -> dict[str, Tensor]:
        """Train on photos (B, 3, H, W) in [-1, 1]; return the errors, without and with the model.

        loss: of its answers; before: of the composites as they were.
        """
        images, mask = composites(photos, self.random)
        loss = region_error(self.model(images, mask), photos, mask).mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        return dict(loss=loss.detach(), before=region_error(images, photos, mask).mean())

    def state_dict(self) -> dict:
        parts = ("model", "optimiser", "schedule")
        states = {part: getattr(self, part).state_dict() for part in parts}
        return dict(states, random=self.random.get_state())

    def load_state_dict(self, state: dict) -> None:
        for part in ("model", "optimiser", "schedule"):
            getattr(self, part).load_state_dict(state[part])
        self.random.set_state(state["random"])
