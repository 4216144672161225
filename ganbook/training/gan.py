"""The adversarial step: one update of the discriminator, then one of the generator."""

import math

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ganbook import losses
from ganbook.expect import expect_number, expect_one_of


class GANStep:
    """One update of the discriminator, then one of the generator, on a batch of real images.

    `game` is a pair of losses from `ganbook.losses`; `lr` one learning rate, or (generator's,
    discriminator's); `betas` Adam's (the DCGAN paper's by default); `ema` the decay a step of an
    average of the generator's weights, or None; `autocast` torch.bfloat16 or torch.float16 (with
    loss scaling) for mixed precision, or None; `channels_last` lays images out as (B, H, W, C) in
    memory, which convolutions prefer; `compile` runs the networks through torch.compile. Latents
    are standard normal, from a stream of their own fixed by `seed`.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        *,
        game: losses.Game = losses.non_saturating,
        lr: float | tuple[float, float] = 2e-4,
        betas: tuple[float, float] = (0.5, 0.999),
        ema: float | None = None,
        seed: int = 0,
        autocast: torch.dtype | None = None,
        channels_last: bool = True,
        compile: bool = False,
    ):
        rates = lr if isinstance(lr, tuple) else (lr, lr)
        for name, rate in zip(
            ("lr of the generator", "lr of the discriminator"), rates, strict=True
        ):
            expect_number(name, rate, 0, math.inf)
        if ema is not None:
            expect_number("ema", ema, 0, 1)
        self.generator, self.discriminator, self.game = generator, discriminator, game
        if channels_last:
            for network in (generator, discriminator):
                network.to(memory_format=torch.channels_last)
        self.optimiser_g = Adam(generator.parameters(), rates[0], betas, fused=True)
        self.optimiser_d = Adam(discriminator.parameters(), rates[1], betas, fused=True)
        self.ema = None
        if ema is not None:
            self.ema = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(ema))
        expect_one_of("autocast", autocast, (None, torch.bfloat16, torch.float16))
        self.autocast = autocast
        kind = next(generator.parameters()).device.type
        self.scaler = torch.amp.GradScaler(kind, enabled=autocast is torch.float16)
        self.generate, self.judge = generator, discriminator
        if compile:
            self.generate, self.judge = torch.compile(generator), torch.compile(discriminator)
        self.random = torch.Generator().manual_seed(seed)

    def __call__(self, real: Tensor) -> dict[str, Tensor]:
        """Train on real (B, C, H, W) in [-1, 1]; return scalars d_loss, g_loss, d_real, d_fake."""
        z = torch.randn(len(real), self.generator.latent, generator=self.random).to(real.device)
        with torch.autocast(real.device.type, self.autocast, enabled=self.autocast is not None):
            fake = self.generate(z)
            real_logits = self.judge(real).float()
            fake_logits = self.judge(fake.detach()).float()
        d_loss = self.game.discriminator(real_logits, fake_logits)
        self.update(self.optimiser_d, d_loss)

        self.discriminator.requires_grad_(False)  # gradients pass through it, none stay in it
        with torch.autocast(real.device.type, self.autocast, enabled=self.autocast is not None):
            logits = self.judge(fake).float()
        g_loss = self.game.generator(real_logits.detach(), logits)
        self.update(self.optimiser_g, g_loss)
        self.discriminator.requires_grad_(True)

        if self.ema is not None:
            self.ema.update_parameters(self.generator)
        return dict(
            d_loss=d_loss.detach(),
            g_loss=g_loss.detach(),
            d_real=real_logits.detach().sigmoid().mean(),  # mean D(real), and mean D(fake),
            d_fake=fake_logits.detach().sigmoid().mean(),  # before this step's updates
        )

    def update(self, optimiser, loss: Tensor) -> None:
        """Step down the gradient of `loss`, scaled against underflow where autocast is float16."""
        optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(optimiser)
        self.scaler.update()

    @torch.no_grad()
    def sample(self, z: Tensor) -> Tensor:
        """Return images for latents z (B, Z), from the averaged generator where there is one."""
        generator = self.generator if self.ema is None else self.ema.module
        training = generator.training
        images = generator.eval()(z.to(next(generator.parameters()).device))
        generator.train(training)
        return images

    def parts(self) -> dict:
        names = ("generator", "discriminator", "optimiser_g", "optimiser_d", "ema", "scaler")
        return {name: part for name in names if (part := getattr(self, name)) is not None}

    def state_dict(self) -> dict:
        states = {name: part.state_dict() for name, part in self.parts().items()}
        return dict(states, random=self.random.get_state())

    def load_state_dict(self, state: dict) -> None:
        for name, part in self.parts().items():
            part.load_state_dict(state[name])
        self.random.set_state(state["random"])
