"""The step of a vector-quantised autoencoder, and the codes of whole image sets."""

import math

import torch
from torch import Tensor
from torch.nn.functional import mse_loss
from torch.optim import Adam
from torch.optim.lr_scheduler import OneCycleLR

from ganbook import data
from ganbook.expect import expect_number, expect_one_of, expect_positive, expect_shape
from ganbook.models.vqvae import VQVAE


class VQVAEStep:
    """One update of encoder, decoder and codebook together, by Adam, on a batch of images.

    What is minimised is equation 3 of van den Oord et al. 2017, arXiv:1711.00937, an image at a
    time: the squared error summed over pixels, the codebook loss (without it where the codebook
    follows running averages), and `commitment` times the commitment loss. `restart` puts codes that
    are used less than this share of the mean use on vectors of the batch, or is None; `seed` fixes
    the draw. With `steps` the learning rate runs over a one-cycle schedule of so many steps, with
    `lr` as its peak; else it stays. `autocast` is torch.bfloat16 for mixed precision (never of the
    quantiser), or None.
    """

    def __init__(
        self,
        model: VQVAE,
        *,
        lr: float = 1e-3,
        steps: int | None = None,
        commitment: float = 0.25,
        restart: float | None = 0.05,
        seed: int = 0,
        autocast: torch.dtype | None = None,
    ):
        expect_number("lr", lr, 0, math.inf)
        expect_number("commitment", commitment, 0, math.inf)
        if restart is not None:
            expect_number("restart", restart, 0, 1)
        expect_one_of("autocast", autocast, (None, torch.bfloat16))
        self.model = model.to(memory_format=torch.channels_last)
        self.commitment, self.restart, self.autocast = commitment, restart, autocast
        self.optimiser, self.schedule = Adam(model.parameters(), lr, fused=True), None
        if steps is not None:
            expect_positive(steps=steps)
            self.schedule = OneCycleLR(self.optimiser, lr, total_steps=steps, cycle_momentum=False)
        self.random = torch.Generator().manual_seed(seed)

    def __call__(self, real: Tensor) -> dict[str, Tensor]:
        """Train on real (B, C, H, W) in [-1, 1]; return scalars, as they were before the update.

        error: squared error summed over pixels, mean of the images; codebook, commitment: the
        losses without factors; perplexity: exp of the entropy of the codes in this batch;
        restarted: how many codes were put elsewhere.
        """
        model, quantiser = self.model, self.model.quantiser
        expect_shape("real", real, ("B", model.channels, model.size, model.size))
        with torch.autocast(real.device.type, self.autocast, enabled=self.autocast is not None):
            encoded = model.encoder(real).float()
            chosen, indices, losses = quantiser(encoded)
            images = model.decoder(chosen).float()
        error = mse_loss(images, real, reduction="sum") / len(real)
        loss = error + self.commitment * losses.commitment
        if quantiser.decay is None:
            loss = loss + losses.codebook
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        if self.schedule is not None:
            self.schedule.step()
        shares = quantiser.follow(encoded, indices)
        restarted = 0
        if self.restart is not None:
            restarted = quantiser.restart(encoded, self.restart, self.random)
        return dict(
            error=error.detach(),
            codebook=losses.codebook.detach(),
            commitment=losses.commitment.detach(),
            perplexity=torch.special.entr(shares).sum().exp(),
            restarted=torch.tensor(float(restarted)),
        )

    def parts(self) -> dict:
        names = ("model", "optimiser", "schedule")
        return {name: part for name in names if (part := getattr(self, name)) is not None}

    def state_dict(self) -> dict:
        states = {name: part.state_dict() for name, part in self.parts().items()}
        return dict(states, random=self.random.get_state())

    def load_state_dict(self, state: dict) -> None:
        for name, part in self.parts().items():
            part.load_state_dict(state[name])
        self.random.set_state(state["random"])


@torch.no_grad()
def to_codes(model: VQVAE, images: Tensor, *, batch_size: int = 500) -> Tensor:
    """Return the code indices (N, h, w), int64, of images (N, C, H, W), uint8 or in [-1, 1]."""
    expect_positive(batch_size=batch_size)
    parts = images.split(batch_size)
    if images.dtype == torch.uint8:
        parts = map(data.to_float, parts)
    return torch.cat([model.encode(part) for part in parts])
