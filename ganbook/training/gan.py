"""The adversarial step: one update of the discriminator, then one of the generator."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ganbook import losses
from ganbook.expect import expect_number, expect_one_of, expect_positive


class GANStep:
    """One update of the discriminator, then one of the generator, on a batch of real images.

    `game` is a pair of losses from `ganbook.losses`; `lr` one learning rate, or (generator's,
    discriminator's); `betas` Adam's (the DCGAN paper's by default); `ema` the decay a step of an
    average of the generator's weights, or None; `autocast` torch.bfloat16 or torch.float16 (with
    loss scaling) for mixed precision, or None; `channels_last` lays images out as (B, H, W, C) in
    memory, which convolutions prefer; `compile` runs the networks through torch.compile (but not
    a discriminator that is regularised: what is compiled cannot be differentiated twice).

    `critic_steps` splits the real batch into so many equal parts, with an update of the
    discriminator for each, before the generator's one. `clip` bounds the norm of each player's
    gradient, or is None. `augment(images, random)` changes all images, real and fake, before the
    discriminator sees them (see `ganbook.augment`). `regularise(discriminator, real, fake, random)`
    is a scalar added to the discriminator's loss, taken at the images that it sees, and
    `constrain(discriminator)` is called after each of its updates (see `ganbook.regularisers`).
    `random`, a torch.Generator fixed by `seed`, also draws the latents, which are standard normal.
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
        critic_steps: int = 1,
        clip: float | None = None,
        regularise: Callable | None = None,
        constrain: Callable | None = None,
        augment: Callable | None = None,
    ):
        rates = lr if isinstance(lr, tuple) else (lr, lr)
        for name, rate in zip(
            ("lr of the generator", "lr of the discriminator"), rates, strict=True
        ):
            expect_number(name, rate, 0, math.inf)
        if ema is not None:
            expect_number("ema", ema, 0, 1)
        expect_positive(critic_steps=critic_steps)
        if clip is not None:
            expect_number("clip", clip, 0, math.inf)
        self.generator, self.discriminator, self.game = generator, discriminator, game
        self.critic_steps, self.clip = critic_steps, clip
        self.regularise, self.constrain, self.augment = regularise, constrain, augment
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
        self.kind = next(generator.parameters()).device.type
        self.scaler = torch.amp.GradScaler(self.kind, enabled=autocast is torch.float16)
        self.generate, self.judge = generator, discriminator
        if compile:
            self.generate = torch.compile(generator)
        if compile and regularise is None:
            self.judge = torch.compile(discriminator)
        self.random = torch.Generator().manual_seed(seed)

    def __call__(self, real: Tensor) -> dict[str, Tensor]:
        """Train on real (B, C, H, W) in [-1, 1]; return d_loss, g_loss, d_real, d_fake, spread.

        All are scalars. d_loss leaves out what `regularise` adds; d_real and d_fake are the means
        of D(real) and D(fake) before the updates; spread is the standard deviation of the fakes
        over that of the real images, each over the batch and then averaged over the elements (not
        finite where the real ones do not vary). Of several critic steps, the last is reported.
        """
        if len(real) % self.critic_steps:
            raise ValueError(
                f"expected a batch of a multiple of {self.critic_steps} images, got {len(real)}"
            )
        *earlier, last = real.chunk(self.critic_steps)
        for part in earlier:
            with torch.no_grad():
                fake = self.fakes(part)
            self.train_discriminator(part, fake)
        fake = self.fakes(last)  # serve both players
        d_loss, real_logits, fake_logits = self.train_discriminator(last, fake.detach())
        g_loss = self.train_generator(last, fake, real_logits)
        if self.ema is not None:
            self.ema.update_parameters(self.generator)
        return dict(
            d_loss=d_loss,
            g_loss=g_loss,
            d_real=real_logits.sigmoid().mean(),
            d_fake=fake_logits.sigmoid().mean(),
            spread=deviation(fake.detach()) / deviation(last),
        )

    def train_discriminator(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Update the discriminator; return its loss, and its logits of real and fake before."""
        real, fake = self.seen(real), self.seen(fake)
        if self.regularise is not None:
            real, fake = real.detach().requires_grad_(), fake.detach().requires_grad_()
        real_logits, fake_logits = self.logits(real), self.logits(fake)
        loss = total = self.game.discriminator(real_logits, fake_logits)
        if self.regularise is not None:

            def judge(images):  # none twice
                if images is real:
                    return real_logits
                return fake_logits if images is fake else self.logits(images)

            total = loss + self.regularise(judge, real, fake, self.random)
        self.update(self.optimiser_d, total)
        if self.constrain is not None:
            self.constrain(self.discriminator)
        return loss.detach(), real_logits.detach(), fake_logits.detach()

    def train_generator(self, real: Tensor, fake: Tensor, real_logits: Tensor) -> Tensor:
        """Update the generator; return its loss."""
        self.discriminator.requires_grad_(False)  # gradients pass through it, none stay in it
        fake_logits = self.logits(self.seen(fake))
        if self.game.paired:
            real_logits = self.logits(self.seen(real))
        loss = self.game.generator(real_logits, fake_logits)
        self.update(self.optimiser_g, loss)
        self.discriminator.requires_grad_(True)
        return loss.detach()

    def fakes(self, real: Tensor) -> Tensor:
        """Return as many fakes as there are real images, in float32."""
        z = torch.randn(len(real), self.generator.latent, generator=self.random)
        with torch.autocast(self.kind, self.autocast, enabled=self.autocast is not None):
            return self.generate(z.to(real.device)).float()

    def seen(self, images: Tensor) -> Tensor:
        """Return images as the discriminator sees them."""
        return images if self.augment is None else self.augment(images, self.random)

    def logits(self, images: Tensor) -> Tensor:
        """Return the discriminator's raw logits (B,), in float32."""
        with torch.autocast(self.kind, self.autocast, enabled=self.autocast is not None):
            return self.judge(images).float()

    def update(self, optimiser, loss: Tensor) -> None:
        """Step down the gradient of `loss`, scaled against underflow where autocast is float16."""
        optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        if self.clip is not None:
            self.scaler.unscale_(optimiser)
            (group,) = optimiser.param_groups
            nn.utils.clip_grad_norm_(group["params"], self.clip)
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


def deviation(images: Tensor) -> Tensor:
    """Return the standard deviation over the batch, averaged over the elements."""
    return images.std(dim=0, correction=0).mean()
