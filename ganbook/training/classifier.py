"""The supervised step, for the classifiers that judge what generators make."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from ganbook.expect import expect_integer, expect_number, expect_positive, expect_shape


class ClassifierStep:
    """One update of a classifier on (images, labels), over a one-cycle schedule of `steps` steps.

    Images are shifted by up to `shift` pixels and, where `flip`, mirrored half of the time, a whole
    batch at once. `lr` is the peak of the schedule.
    """

    def __init__(self, model: nn.Module, *, steps: int, lr=3e-3, shift=2, flip=False, seed=0):
        expect_positive(steps=steps)
        expect_number("lr", lr, 0, math.inf)
        expect_integer("shift", shift, 0)
        self.model = model.to(memory_format=torch.channels_last)
        self.shift, self.flip = shift, flip
        self.optimiser = AdamW(model.parameters(), lr, weight_decay=0.05)
        self.schedule = OneCycleLR(self.optimiser, lr, total_steps=steps)
        self.random = torch.Generator().manual_seed(seed)

    def __call__(self, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """Train on images (B, C, H, W) in [-1, 1] and labels (B,); return loss and accuracy."""
        images, labels = batch
        logits = self.model(self.augment(images))
        loss = cross_entropy(logits, labels, label_smoothing=0.05)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        accuracy = (logits.argmax(1) == labels).float().mean()
        return dict(loss=loss.detach(), accuracy=accuracy)

    def augment(self, images: Tensor) -> Tensor:
        size = images.shape[-1]
        top, left, mirror = torch.randint(2**20, (3,), generator=self.random).tolist()
        top, left = top % (2 * self.shift + 1), left % (2 * self.shift + 1)
        shifted = pad(images, [self.shift] * 4, value=-1)[..., top : top + size, left : left + size]
        return shifted.flip(-1) if self.flip and mirror % 2 else shifted

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
