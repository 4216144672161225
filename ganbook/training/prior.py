"""The step of a prior over grids of codes, and batches of such grids."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from ganbook import data
from ganbook.expect import expect_number, expect_one_of, expect_positive
from ganbook.models.prior import Prior


class PriorStep:
    """One update of a prior by AdamW on grids of codes: maximum likelihood, code by code.

    With `steps` the learning rate runs over a one-cycle schedule of so many steps, with `lr` as its
    peak; else it stays. `autocast` is torch.bfloat16 for mixed precision, or None.
    """

    def __init__(
        self,
        prior: Prior,
        *,
        lr: float = 1e-3,
        steps: int | None = None,
        decay: float = 0.01,
        autocast: torch.dtype | None = None,
    ):
        expect_number("lr", lr, 0, math.inf)
        expect_number("decay", decay, 0, math.inf)
        expect_one_of("autocast", autocast, (None, torch.bfloat16))
        self.prior, self.autocast, self.schedule = prior, autocast, None
        self.optimiser = AdamW(prior.parameters(), lr, weight_decay=decay, fused=True)
        if steps is not None:
            expect_positive(steps=steps)
            self.schedule = OneCycleLR(self.optimiser, lr, total_steps=steps)

    def __call__(self, indices: Tensor) -> dict[str, Tensor]:
        """Train on codes (B, h, w), uint8 or int64; return nats per code, before the update."""
        with torch.autocast(indices.device.type, self.autocast, enabled=self.autocast is not None):
            logits = self.prior(indices).float()
        loss = cross_entropy(logits, indices.long())
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        if self.schedule is not None:
            self.schedule.step()
        return dict(nats=loss.detach())

    def parts(self) -> dict:
        names = ("prior", "optimiser", "schedule")
        return {name: part for name in names if (part := getattr(self, name)) is not None}

    def state_dict(self) -> dict:
        return {name: part.state_dict() for name, part in self.parts().items()}

    def load_state_dict(self, state: dict) -> None:
        for name, part in self.parts().items():
            part.load_state_dict(state[name])


def code_batches(
    indices: Tensor, *, batch_size: int = 64, device=None, seed: int = 0
) -> Iterator[Tensor]:
    """Yield shuffled batches of grids of codes (N, h, w), endlessly, as `data.batches` does."""
    rows = torch.empty(len(indices), 1)  # images of nothing, labelled with grids
    stream = data.batches(rows, indices, batch_size=batch_size, device=device, seed=seed)
    return (grids for _, grids in stream)


@torch.no_grad()
def nats_per_code(prior: Prior, indices: Tensor, *, batch_size: int = 500) -> float:
    """Return the mean of -log p(code | the codes before) over grids (N, h, w), in eval mode."""
    expect_positive(batch_size=batch_size)
    training, total = prior.training, 0.0
    prior.eval()
    for part in indices.split(batch_size):
        total += cross_entropy(prior(part), part.long(), reduction="sum").item()
    prior.train(training)
    return total / indices.numel()
