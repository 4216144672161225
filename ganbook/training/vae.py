"""The variational step: encoder and decoder in one update, up the gradient of the bound."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim import Adam

from ganbook import losses
from ganbook.expect import expect_integer, expect_number, expect_one_of
from ganbook.models.vae import binarise, reparametrise, to_images

LIKELIHOODS = ("bernoulli", "gaussian")


class VAEStep:
    """One update of a variational autoencoder on a batch of real images.

    It minimises nll + beta kl, in nats per sample, averaged over the batch. `beta` rises linearly
    from 0 over the first `warm_up` steps (Sønderby et al. 2016, arXiv:1602.02282). `free_bits`
    are nats a latent that cost nothing: each latent's KL, averaged over the batch, counts as at
    least so much (Kingma et al. 2016, arXiv:1606.04934).

    `likelihood` is "bernoulli", over images mapped to [0, 1], or "gaussian", over the data as they
    come, with the variance exp(`log_var`) throughout. `binarise` draws every pixel anew at each
    step, 1 with the probability of its brightness (Burda et al. 2016, arXiv:1509.00519): with
    grey pixels a Bernoulli bound is none on a likelihood. `lr` is Adam's, and falls to 0 along half
    a cosine over the first `decay` steps (0: it stays); `autocast` torch.bfloat16 for mixed
    precision, or None; `channels_last` lays images out as (B, H, W, C) in memory, which
    convolutions prefer. `random`, a torch.Generator on the model's device fixed by `seed`, draws
    the pixels and the latents. `regularise(z, mean, log_var)` is a scalar added to what is
    minimised, as beta - 1 times `losses.total_correlation` is (Chen et al. 2018, arXiv:1802.04942).
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        lr: float = 1e-3,
        decay: int = 0,
        beta: float = 1.0,
        warm_up: int = 0,
        free_bits: float = 0.0,
        likelihood: str = "bernoulli",
        log_var: float = 0.0,
        binarise: bool = False,
        seed: int = 0,
        autocast: torch.dtype | None = None,
        channels_last: bool = True,
        regularise: Callable | None = None,
    ):
        expect_number("lr", lr, 0, math.inf)
        expect_integer("decay", decay, 0)
        expect_number("beta", beta, 0, math.inf)
        expect_integer("warm_up", warm_up, 0)
        expect_number("free_bits", free_bits, 0, math.inf)
        expect_one_of("likelihood", likelihood, LIKELIHOODS)
        expect_number("log_var", log_var, -math.inf, math.inf)
        expect_one_of("binarise", binarise, (False, likelihood == "bernoulli"))
        expect_one_of("autocast", autocast, (None, torch.bfloat16))
        self.model = model.to(memory_format=torch.channels_last) if channels_last else model
        self.lr, self.decay = lr, decay
        self.beta, self.warm_up, self.free_bits = beta, warm_up, free_bits
        self.likelihood, self.log_var, self.binarise = likelihood, log_var, binarise
        self.autocast, self.regularise = autocast, regularise
        self.optimiser = Adam(model.parameters(), lr, fused=True)
        self.done = 0
        device = next(model.parameters()).device
        self.random = torch.Generator(device).manual_seed(seed)

    def __call__(self, real: Tensor) -> dict[str, Tensor]:
        """Train on real (B, C, H, W) in [-1, 1], or (B, features); return bound, nll and kl.

        All are scalar means in nats per sample, before the update: nll is -log p(x | z), kl the
        plain KL(q(z | x) || p(z)), and bound their negative sum, the ELBO whatever beta is.
        """
        x = self.target(real)
        seen = x * 2 - 1 if self.binarise else real
        with self.mixed(real):
            mean, log_var = self.model.encode(seen)
        mean, log_var = mean.to(real.dtype), log_var.to(real.dtype)
        z = reparametrise(mean, log_var, random=self.random)
        with self.mixed(real):
            output = self.model.decode(z)
        nll = self.nll(output.to(real.dtype), x).mean()
        each = losses.kl_per_latent(mean, log_var).mean(dim=0)  # (Z,)
        kl, cost = each.sum(), each.clamp(min=self.free_bits).sum()
        loss = nll + self.weight() * cost
        if self.regularise is not None:
            loss = loss + self.regularise(z, mean, log_var)
        self.update(loss)
        nll, kl = nll.detach(), kl.detach()
        return dict(bound=-(nll + kl), nll=nll, kl=kl)

    def target(self, real: Tensor) -> Tensor:
        """Return what is to be explained: real in [0, 1], or 0 and 1, or as it is (gaussian)."""
        if self.likelihood == "gaussian":
            return real
        return binarise(real, random=self.random) if self.binarise else (real + 1) / 2

    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        """Return -log p(x | z) in nats per sample (B,)."""
        if self.likelihood == "bernoulli":
            return losses.bernoulli_nll(output, x)
        return losses.gaussian_nll(output, x, self.log_var)

    def weight(self) -> float:
        """Return the weight of the KL at this step."""
        return self.beta * min(1.0, self.done / self.warm_up) if self.warm_up else self.beta

    def rate(self) -> float:
        """Return the learning rate at this step."""
        if not self.decay:
            return self.lr
        return self.lr * (1 + math.cos(math.pi * min(1.0, self.done / self.decay))) / 2

    def mixed(self, real: Tensor):
        return torch.autocast(real.device.type, self.autocast, enabled=self.autocast is not None)

    def update(self, loss: Tensor) -> None:
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.param_groups[0]["lr"] = self.rate()
        self.optimiser.step()
        self.done += 1

    @torch.no_grad()
    def sample(self, z: Tensor) -> Tensor:
        """Return the mean of p(x | z) for latents z (B, Z): images in [-1, 1].

        Of a Gaussian likelihood, images (B, C, H, W) are clipped to [-1, 1], and rows are not.
        """
        training = self.model.training
        output = self.model.eval().decode(z.to(next(self.model.parameters()).device))
        self.model.train(training)
        if self.likelihood == "bernoulli":
            return to_images(output)
        return output.clamp(-1, 1) if output.ndim == 4 else output

    def state_dict(self) -> dict:
        parts = ("model", "optimiser")
        state = {part: getattr(self, part).state_dict() for part in parts}
        return dict(state, done=self.done, random=self.random.get_state())

    def load_state_dict(self, state: dict) -> None:
        for part in ("model", "optimiser"):
            getattr(self, part).load_state_dict(state[part])
        self.done = state["done"]
        self.random.set_state(state["random"])
