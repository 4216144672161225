"""The supervised step, for the classifiers that judge what generators make."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from ganbook.expect import (
    expect_integer,
    expect_number,
    expect_one_of,
    expect_positive,
    expect_shape,
)


class ClassifierStep:
    """One update of a classifier on (images, labels), over a one-cycle schedule of `steps` steps.

    Each image is shifted by up to `shift` pixels and, where `flip`, mirrored half of the time.
    `lr` is the peak of the schedule; `autocast` torch.bfloat16 for mixed precision, or None.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        steps: int,
        lr=3e-3,
        shift=2,
        flip=False,
        seed=0,
        autocast: torch.dtype | None = None,
    ):
        expect_positive(steps=steps)
        expect_number("lr", lr, 0, math.inf)
        expect_integer("shift", shift, 0)
        expect_one_of("autocast", autocast, (None, torch.bfloat16))
        self.model = model.to(memory_format=torch.channels_last)
        self.shift, self.flip, self.autocast = shift, flip, autocast
        self.optimiser = AdamW(model.parameters(), lr, weight_decay=0.05)
        self.schedule = OneCycleLR(self.optimiser, lr, total_steps=steps)
        self.random = torch.Generator().manual_seed(seed)

    def __call__(self, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """Train on images (B, C, H, W) in [-1, 1] and labels (B,); return loss and accuracy."""
        images, labels = batch
        with torch.autocast(images.device.type, self.autocast, enabled=self.autocast is not None):
            logits = self.model(self.augment(images)).float()
        loss = cross_entropy(logits, labels, label_smoothing=0.05)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        accuracy = (logits.argmax(1) == labels).float().mean()
        return dict(loss=loss.detach(), accuracy=accuracy)

    def augment(self, images: Tensor) -> Tensor:
        """Shift, and mirror, each image (B, C, H, H) by itself; what comes in is black."""
        count, size = len(images), images.shape[-1]
        places = torch.randint(2 * self.shift + 1, (2, count), generator=self.random)
        mirror = torch.rand(count, generator=self.random) < 0.5
        top, left, mirror = (x.to(images.device) for x in (*places, mirror))
        padded = pad(images, [self.shift] * 4, value=-1)
        windows = padded.unfold(2, size, 1).unfold(3, size, 1)  # (B, C, 2s + 1, 2s + 1, H, H)
        shifted = windows[torch.arange(count, device=images.device), :, top, left]  # (B, C, H, H)
        if not self.flip:
            return shifted
        return torch.where(mirror[:, None, None, None], shifted.flip(-1), shifted)

    def state_dict(self) -> dict:
        parts = ("model", "optimiser", "schedule")
        return dict(
            {p: getattr(self, p).state_dict() for p in parts}, random=self.random.get_state()
        )

    def load_state_dict(self, state: dict) -> None:
        for part in ("model", "optimiser", "schedule"):
            getattr(self, part).load_state_dict(state[part])
        self.random.set_state(state["random"])


@torch.no_grad()
def predict(model: nn.Module, images: Tensor, *, batch_size: int = 500) -> Tensor:
    """Return the class of each image (N, C, H, W) in [-1, 1], as int64 (N,), in eval mode."""
    expect_shape("images", images, ("N", "C", "H", "W"))
    expect_positive(batch_size=batch_size)
    training = model.training
    model.eval()
    classes = torch.cat([model(part).argmax(1) for part in images.split(batch_size)])
    model.train(training)
    return classes
