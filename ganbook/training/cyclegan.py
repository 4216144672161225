"""The step of CycleGAN: both generators together, then both discriminators."""

import itertools
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.optim import Adam
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ganbook import losses
from ganbook.expect import expect_number, expect_one_of, expect_positive, expect_shape
from ganbook.models.cyclegan import CycleGAN
from ganbook.training.pool import ImagePool


class CycleGANStep:
    """One update of the generators G: X -> Y and F: Y -> X, then one of D_X and D_Y.

    What the generators minimise is equation 3 of Zhu et al. 2017, arXiv:1703.10593, with the least
    squares of its section 4, and the identity term of its section 5.2; `adversarial`, `cycle` and
    `identity` are the weights of the three (a term of weight 0 is not computed), and `distance` is
    what the last two measure with, L1 in the paper. `discriminators` are (D_X, D_Y), which see
    fakes through a pool of `pool` earlier ones for each domain. `lr` and
    `betas` are Adam's; with `steps`, the rate is constant for the first half of so many steps and
    falls to zero over the second. `ema` is the decay a step of an average of the generators'
    weights, or None; `autocast` torch.bfloat16 for mixed precision, or None; `seed` fixes what the
    pools draw.
    """

    def __init__(
        self,
        model: CycleGAN,
        discriminators: tuple[nn.Module, nn.Module],
        *,
        adversarial: float = 1.0,
        cycle: float = 10.0,
        identity: float = 5.0,
        distance: Callable = l1_loss,
        pool: int = 50,
        lr: float = 2e-4,
        betas: tuple[float, float] = (0.5, 0.999),
        steps: int | None = None,
        seed: int = 0,
        autocast: torch.dtype | None = None,
        ema: float | None = None,
    ):
        weights = dict(adversarial=adversarial, cycle=cycle, identity=identity)
        for name, value in dict(weights, lr=lr).items():
            expect_number(name, value, 0, math.inf)
        if not any(weights.values()):
            raise ValueError(f"expected one weight above 0, got {weights}")
        expect_one_of("autocast", autocast, (None, torch.bfloat16))
        self.model, self.weights, self.autocast = model, weights, autocast
        self.distance = distance
        self.d_x, self.d_y = discriminators
        both = itertools.chain(self.d_x.parameters(), self.d_y.parameters())
        self.optimiser_g = Adam(model.parameters(), lr, betas, fused=True)
        self.optimiser_d = Adam(both, lr, betas, fused=True)
        self.pool_x, self.pool_y = ImagePool(pool, seed=seed), ImagePool(pool, seed=seed + 1)
        self.schedule_g = self.schedule_d = self.ema = None
        if steps is not None:
            expect_positive(steps=steps)
            self.schedule_g, self.schedule_d = (
                LambdaLR(optimiser, lambda done: min(1, 2 - 2 * done / steps))
                for optimiser in (self.optimiser_g, self.optimiser_d)
            )
        if ema is not None:
            expect_number("ema", ema, 0, 1)
            self.ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(ema))

    def __call__(self, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """Train on x, y, each (B, C, H, W) in [-1, 1]; return scalars from before the updates.

        g_loss: the adversarial loss of both generators; cycle, identity: their distances, summed
        over both directions, without weights; d_x, d_y: the discriminators' losses.
        """
        x, y = batch
        expect_shape("y", y, ("B", *x.shape[1:]))
        fake_x, fake_y, terms = self.train_generators(x, y)
        d_x, d_y = self.train_discriminators(x, self.pool_x(fake_x), y, self.pool_y(fake_y))
        if self.ema is not None:
            self.ema.update_parameters(self.model)
        for schedule in filter(None, (self.schedule_g, self.schedule_d)):
            schedule.step()
        return dict(terms, d_x=d_x, d_y=d_y)

    def train_generators(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, dict]:
        """Update G and F; return the fakes of X and Y, and the terms of the loss."""
        G, F = self.model.G, self.model.F
        self.freeze(True)  # gradients pass through the discriminators, none stay in them
        self.optimiser_g.zero_grad(set_to_none=True)
        fake_y, there = self.translate(G, F, self.d_y, x, y)
        fake_x, back = self.translate(F, G, self.d_x, y, x)
        self.optimiser_g.step()
        self.freeze(False)
        return fake_x, fake_y, {name: there[name] + back[name] for name in there}

    def translate(self, forth, back, judge, source, target) -> tuple[Tensor, dict]:
        """Add the gradient of one direction's terms; return its fakes and the terms' values.

        A direction at a time, since the graph of both would take twice the memory.
        """
        zero = torch.zeros((), device=source.device)
        adversarial, cycle, identity = zero, zero, zero
        with self.mixed(source):
            if self.weights["identity"]:  # instance norm knows no batch: one pass serves both
                fake, same = halves(forth, source, target)
                identity = self.distance(same, target)
            else:
                fake = forth(source).float()
            if self.weights["cycle"]:
                cycle = self.distance(back(fake).float(), source)
            if self.weights["adversarial"]:
                adversarial = fooling(judge, fake)
        terms = dict(adversarial=adversarial, cycle=cycle, identity=identity)
        sum(self.weights[name] * term for name, term in terms.items()).backward()
        values = dict(g_loss=adversarial, cycle=cycle, identity=identity)
        return fake.detach(), {name: value.detach() for name, value in values.items()}

    def train_discriminators(self, x, fake_x, y, fake_y) -> tuple[Tensor, Tensor]:
        """Update D_X and D_Y on real images and fakes without a graph; return their losses."""
        with self.mixed(x):
            d_x, d_y = judging(self.d_x, x, fake_x), judging(self.d_y, y, fake_y)
        self.optimiser_d.zero_grad(set_to_none=True)
        (d_x + d_y).backward()
        self.optimiser_d.step()
        return d_x.detach(), d_y.detach()

    def mixed(self, x: Tensor) -> torch.autocast:
        return torch.autocast(x.device.type, self.autocast, enabled=self.autocast is not None)

    def freeze(self, frozen: bool) -> None:
        for discriminator in (self.d_x, self.d_y):
            discriminator.requires_grad_(not frozen)

    @torch.no_grad()
    def sample(self, x: Tensor) -> Tensor:
        """Return translations of x (B, C, H, W), by the averaged generators where there are."""
        return (self.model if self.ema is None else self.ema.module).translate(x)

    def parts(self) -> dict:
        names = "model d_x d_y optimiser_g optimiser_d pool_x pool_y schedule_g schedule_d ema"
        return {name: part for name in names.split() if (part := getattr(self, name)) is not None}

    def state_dict(self) -> dict:
        return {name: part.state_dict() for name, part in self.parts().items()}

    def load_state_dict(self, state: dict) -> None:
        for name, part in self.parts().items():
            part.load_state_dict(state[name])


def halves(network, first, second) -> tuple[Tensor, Tensor]:
    """Return network(first) and network(second), from one pass over both."""
    return network(torch.cat([first, second])).float().split([len(first), len(second)])


def fooling(discriminator, fake) -> Tensor:
    """Return mean (D(fake) - 1)^2 over all patches; `losses.least_squares` has half of it."""
    return (discriminator(fake).float() - 1).square().mean()


def judging(discriminator, real, fake) -> Tensor:
    """Return the discriminator's least-squares loss over all patches."""
    real_logits, fake_logits = halves(discriminator, real, fake)
    return losses.least_squares.discriminator(real_logits.flatten(), fake_logits.flatten())
