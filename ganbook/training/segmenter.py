"""The supervised step of the network that finds the animal."""

import math

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from ganbook.expect import expect_number, expect_positive
from ganbook.models.segmenter import Segmenter


class SegmenterStep:
    """One update of a segmenter on (images, masks), over a one-cycle schedule of `steps` steps.

    Each image is mirrored, with its mask, half of the time, and gets Gaussian noise of a standard
    deviation drawn from 0 to `noise`. `lr` is the peak of the schedule; `seed` fixes the draws.
    """

    def __init__(self, model: Segmenter, *, steps: int, lr=1e-2, noise=0.2, seed=0):
        expect_positive(steps=steps)
        expect_number("lr", lr, 0, math.inf)
        expect_number("noise", noise, 0, math.inf)
        self.model, self.noise = model.to(memory_format=torch.channels_last), noise
        self.optimiser = AdamW(model.parameters(), lr, weight_decay=0.01)
        self.schedule = OneCycleLR(self.optimiser, lr, total_steps=steps)
        self.random = torch.Generator().manual_seed(seed)

    def __call__(self, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """Train on images (B, C, H, W) in [-1, 1] and masks (B, H, W) from 0 to 1; return loss."""
        images, masks = self.augment(*batch)
        loss = binary_cross_entropy_with_logits(self.model(images), masks)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        return dict(loss=loss.detach())

    def augment(self, images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """Mirror each pair (B, C, H, W) and (B, H, W), or not, and put noise on the image."""
        draws = torch.rand(2, len(images), generator=self.random).to(images.device)
        mirror, level = draws[0, :, None, None] < 0.5, self.noise * draws[1, :, None, None, None]
        noise = torch.randn(images.shape, generator=self.random).to(images.device)
        masks = torch.where(mirror, masks.flip(-1), masks)
        images = torch.where(mirror[:, None], images.flip(-1), images)
        return images + level * noise, masks

    def state_dict(self) -> dict:
        parts = ("model", "optimiser", "schedule")
        return dict(
            {p: getattr(self, p).state_dict() for p in parts}, random=self.random.get_state()
        )

    def load_state_dict(self, state: dict) -> None:
        for part in ("model", "optimiser", "schedule"):
            getattr(self, part).load_state_dict(state[part])
        self.random.set_state(state["random"])
