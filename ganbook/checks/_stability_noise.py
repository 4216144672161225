"""The exercise of the chapter "Stability" on noise before the discriminator."""

import torch
from torch import nn

from ganbook.checks._verdict import NotQuite, exercise, same, show

STD = 0.3
SHAPE = (400, 1, 8, 8)
BOTH = "D would learn to tell noise from no noise. Both get it."


class Spy(nn.Module):
    """A linear discriminator that keeps what it sees."""

    def __init__(self):
        super().__init__()
        g = torch.Generator().manual_seed(3)
        self.weight = torch.randn(SHAPE[1:], generator=g)
        self.seen = []

    def forward(self, images):
        self.seen.append(images)
        return (images * self.weight).flatten(1).sum(1)


@exercise(
    why="Blurred by the same noise, the two distributions overlap, and D cannot be sure anywhere.",
    hints=(
        "std * torch.randn(images.shape, generator=random), drawn for real, and again for fake.",
        "discriminator(real + noise), and with fresh noise discriminator(fake + noise).",
    ),
)
def noisy_logits(answer):
    """A function of discriminator, real, fake, std and random: the logits of both, (B,) each."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    spy, g = Spy(), torch.Generator().manual_seed(4)
    real = torch.randn(SHAPE, generator=g)
    fake = (torch.rand(SHAPE, generator=g) * 2 - 1).requires_grad_()
    kept = real.clone(), fake.detach().clone()
    random = torch.Generator().manual_seed(5)
    with torch.random.fork_rng(devices=[]):
        before = torch.get_rng_state()
        result = answer(spy, real, fake, STD, random)
        own = not torch.equal(before, torch.get_rng_state())
    if not same(real, kept[0], 1e-6) or not same(fake, kept[1], 1e-6):
        raise NotQuite("The images themselves were changed: `+`, not `+=` or `add_`.")
    noises = added(spy, kept, result)
    for name, other, noise in zip(("real", "fake"), ("fake", "real"), noises, strict=True):
        expect_noise(name, other, noise, noises)
    if same(*noises, 1e-4):
        raise NotQuite(
            "Real and fake get the same noise: draw it for each. What both share does not blur "
            "one against the other."
        )
    expect_logits(spy, kept, noises, result)
    if own:
        raise NotQuite("Right, but the noise does not come from `random`: generator=random.")
    expect_slope(spy, fake, result[1])


def added(spy, kept, result):
    """Return what was added to real and to fake, from what the discriminator saw."""
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotQuite(f"Two tensors of logits were expected, and {show(result)} came.")
    if not spy.seen:
        raise NotQuite("The discriminator was never called.")
    seen = torch.cat([images.detach() for images in spy.seen])
    if seen.shape != (2 * SHAPE[0], *SHAPE[1:]):
        raise NotQuite(
            f"The discriminator saw {len(seen)} images; {SHAPE[0]} real and {SHAPE[0]} fake were "
            "expected, each once."
        )
    parts = seen.chunk(2)
    distance = [(part - image).square().mean() for part, image in zip(parts, kept, strict=True)]
    turned = [(part - image).square().mean() for part, image in zip(parts, kept[::-1], strict=True)]
    if sum(turned) < sum(distance):
        parts = parts[::-1]
    return [part - image for part, image in zip(parts, kept, strict=True)]


def expect_noise(name, other, noise, noises):
    """Raise NotQuite unless a noise (B, C, H, W) is Gaussian, of standard deviation STD."""
    if noise.abs().max() < 1e-6:
        if noises[0].abs().max() < 1e-6 and noises[1].abs().max() < 1e-6:
            raise NotQuite("The discriminator saw the images as they are: no noise was added.")
        raise NotQuite(f"Only the {other} images get noise: {BOTH}")
    std, mean = noise.std().item(), noise.mean().item()
    within = noise.flatten(1).std(dim=1).mean().item()
    across = noise.std(dim=0).mean().item()
    told = f"The noise of the {name} images"
    if within < 0.2 * std:
        raise NotQuite(f"{told} is one number an image: each pixel gets its own.")
    if across < 0.2 * std:
        raise NotQuite(f"{told} is the same for every image of the batch: draw it for each.")
    if abs(mean) > 0.05 * STD:
        extra = " torch.rand is uniform from 0 to 1; torch.randn is normal." if mean > 0 else ""
        raise NotQuite(f"{told} has the mean {mean:.3g}, not 0.{extra}")
    if abs(std - STD**2) < 0.01:
        raise NotQuite(f"{told} has the standard deviation {std:.3g}: that is std², the variance.")
    if abs(std - STD**0.5) < 0.01:
        raise NotQuite(f"{told} has the standard deviation {std:.3g}: that is the root of std.")
    if abs(std - 1) < 0.02:
        raise NotQuite(f"{told} has the standard deviation 1: multiply it by `std`.")
    if abs(std / STD - 1) > 0.03:
        raise NotQuite(f"{told} has the standard deviation {std:.3g}; {STD} was asked for.")
    if (noise / std).abs().max() < 3:
        raise NotQuite(f"{told} is bounded, as a uniform one is; a normal one was asked for.")


def expect_logits(spy, kept, noises, result):
    with torch.no_grad():
        right = [spy(i + n) for i, n in zip(kept, noises, strict=True)]
    if same(result[0], right[1], 1e-3) and same(result[1], right[0], 1e-3):
        raise NotQuite("The logits of fake came first: real, then fake.")
    for name, got, want in zip(("real", "fake"), result, right, strict=True):
        if not same(got, want, 1e-3):
            more = " Is there a sigmoid?" if same(got, want.sigmoid(), 1e-3) else ""
            raise NotQuite(f"The logits of {name} are not what the discriminator returned.{more}")


def expect_slope(spy, fake, logits):
    lost = (
        "Right, but no gradient reaches the fakes through the noise: no `.detach()`, `.data` or "
        "no_grad on the way, or the generator learns nothing."
    )
    if not isinstance(logits, torch.Tensor) or not logits.requires_grad:
        raise NotQuite(lost)
    (slope,) = torch.autograd.grad(logits.sum(), fake, allow_unused=True)
    if slope is None:
        raise NotQuite(lost)
    if slope.abs().max() == 0:
        raise NotQuite(
            "Right, but the gradient that reaches the fakes is zero everywhere: torch.normal(fake, "
            "std) is drawn, and passes none on. Add noise to the fakes: fake + noise."
        )
    if not same(slope, spy.weight.expand_as(slope), 1e-3):
        raise NotQuite("The logits are right, but their gradient by the fakes is not D's own.")
