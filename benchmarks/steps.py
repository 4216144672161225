"""Our steps against the textbook's, and our batches against Dataset + DataLoader.

    python benchmarks/steps.py [--only steps] [--width 64] [--batch 64] [--rounds 30] [--threads 2]

Both sides of a comparison run in one process, in turn, on the same networks, batch and data; the
medians and the ratio of medians are printed. The textbook step follows algorithm 1 of Goodfellow et
al. 2014, which makes its fakes anew for the generator's turn, as d2l.ai's code does; a second
row is the step of the PyTorch DCGAN tutorial, which makes them once, as ganbook does. The penalised
steps are updates of a residual critic, with the gradient penalty and with R1 and R2; the
hand-written ones do the same arithmetic with the same optimiser and memory layout, and end with the
same weights, which is checked. The textbook loader is a torchvision-style Dataset with ToTensor and
Normalize in a DataLoader.
"""

import argparse
import copy
import statistics
import time

import torch
from torch import nn
from torch.nn.functional import softplus
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

import ganbook as gb
from ganbook import losses, training
from ganbook.models import dcgan, resnet
from ganbook.regularisers import gradient_penalty, r1_penalty, r2_penalty


class TextbookStep:
    """The step as it is usually written: BCE, three backward passes, default Adam, .item()."""

    def __init__(self, generator, discriminator, *, reuse_fakes=False):
        self.reuse_fakes = reuse_fakes
        self.generator, self.discriminator = generator, discriminator
        self.criterion = nn.BCEWithLogitsLoss()
        self.optimizer_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def __call__(self, real):
        ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
        self.discriminator.zero_grad()
        loss_real = self.criterion(self.discriminator(real), ones)
        loss_real.backward()
        fake = self.generator(torch.randn(len(real), self.generator.latent))
        loss_fake = self.criterion(self.discriminator(fake.detach()), zeros)
        loss_fake.backward()
        self.optimizer_d.step()
        self.generator.zero_grad()
        if not self.reuse_fakes:
            fake = self.generator(torch.randn(len(real), self.generator.latent))
        loss = self.criterion(self.discriminator(fake), ones)
        loss.backward()
        self.optimizer_g.step()
        return loss_real.item() + loss_fake.item(), loss.item()


def gradient_penalty_loss(critic, real, fake, random):
    """The critic's loss of WGAN-GP, written out."""
    share = torch.rand(len(real), 1, 1, 1, generator=random)
    mixed = (share * real + (1 - share) * fake).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
    penalty = (gradient.flatten(1).norm(dim=1) - 1).square().mean()
    return critic(fake).mean() - critic(real).mean() + 10 * penalty


def zero_centred_loss(critic, real, fake, random):
    """The discriminator's loss of R3GAN with gamma = 1, written out: each image is judged once."""
    real, fake = real.detach().requires_grad_(), fake.detach().requires_grad_()
    real_logits, fake_logits = critic(real), critic(fake)
    (by_real,) = torch.autograd.grad(real_logits.sum(), real, create_graph=True)
    (by_fake,) = torch.autograd.grad(fake_logits.sum(), fake, create_graph=True)
    r1, r2 = (g.square().sum(dim=(1, 2, 3)).mean() for g in (by_real, by_fake))
    return softplus(fake_logits - real_logits).mean() + (r1 + r2) / 2


class Images(Dataset):
    """A map-style data set with per-image transforms, as torchvision's are."""

    def __init__(self, images):
        self.images = images
        self.transform = transforms.Compose(
            [transforms.ToPILImage(), transforms.ToTensor(), transforms.Normalize([0.5], [0.5])]
        )

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.transform(self.images[index])


def alternate(contestants: dict, rounds: int, warm_up: int = 3) -> dict[str, list[float]]:
    """Time each callable `rounds` times, in turn; return seconds by name."""
    seconds = {name: [] for name in contestants}
    for number in range(warm_up + rounds):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            if number >= warm_up:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def report(title: str, seconds: dict[str, list[float]]) -> None:
    """Print medians in milliseconds, and each against the first."""
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    baseline = next(iter(medians.values()))
    print(title)
    for name, median in medians.items():
        low, high = 1e3 * min(seconds[name]), 1e3 * max(seconds[name])
        print(
            f"  {name:28} {1e3 * median:9.2f} ms  ({low:.2f} to {high:.2f})"
            f"  {baseline / median:6.2f} times the speed of the first"
        )


def steps(width: int, batch: int, rounds: int) -> None:
    images = gb.load("fashion_mnist", size=32, on_missing="stand-in").images
    real = next(gb.batches(images, batch_size=batch))
    gb.seed(0)
    networks = dcgan.Generator(width=width), dcgan.Discriminator(width=width)
    textbook = TextbookStep(*copy.deepcopy(networks))
    tutorial = TextbookStep(*copy.deepcopy(networks), reuse_fakes=True)
    ours = training.GANStep(*copy.deepcopy(networks))
    half = training.GANStep(*copy.deepcopy(networks), autocast=torch.bfloat16)
    contestants = {
        "textbook, float32": lambda: textbook(real),
        "tutorial, float32": lambda: tutorial(real),
        "ganbook, float32": lambda: ours(real),
        "ganbook, bfloat16 autocast": lambda: half(real),
    }
    threads = torch.get_num_threads()
    title = f"One step of DCGAN, 32 pixels, width {width}, batch {batch}, {threads} threads"
    report(title, alternate(contestants, rounds))


def penalties(batch: int, rounds: int, width: int = 16) -> None:
    images = gb.load("fashion_mnist", size=32, on_missing="stand-in").images
    real = next(gb.batches(images, batch_size=batch))
    gb.seed(0)
    networks = resnet.Generator(width=width), resnet.Discriminator(width=width)
    fake = networks[0](torch.randn(batch, networks[0].latent)).detach()
    ways = {
        "gradient penalty": (
            gradient_penalty_loss,
            losses.wasserstein,
            lambda d, real, fake, random: 10 * gradient_penalty(d, real, fake, generator=random),
        ),
        "R1 and R2": (
            zero_centred_loss,
            losses.relativistic,
            lambda d, real, fake, random: (r1_penalty(d, real) + r2_penalty(d, fake)) / 2,
        ),
    }
    for name, (written_out, game, regularise) in ways.items():
        step = training.GANStep(*copy.deepcopy(networks), game=game, regularise=regularise)
        critic = copy.deepcopy(step.discriminator)
        optimiser = torch.optim.Adam(critic.parameters(), 2e-4, (0.5, 0.999), fused=True)
        random = torch.Generator().manual_seed(0)

        def by_hand(critic=critic, optimiser=optimiser, random=random, loss=written_out):
            optimiser.zero_grad()
            loss(critic, real, fake, random).backward()
            optimiser.step()

        contestants = {
            "written by hand": by_hand,
            "ganbook": lambda step=step: step.train_discriminator(real, fake.detach()),
        }
        threads = torch.get_num_threads()
        title = f"One critic step with {name}, 32 pixels, ResNet of width {width}, batch {batch}"
        report(f"{title}, {threads} threads", alternate(contestants, rounds))
        for a, b in zip(critic.parameters(), step.discriminator.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)


def epochs(batch: int, rounds: int) -> None:
    images = gb.load("fashion_mnist", size=32, on_missing="stand-in").images
    loader = DataLoader(Images(images), batch_size=batch, shuffle=True)
    contestants = {
        "Dataset + DataLoader": lambda: [None for _ in loader],
        "ganbook.batches": lambda: [None for _ in gb.batches(images, batch_size=batch, epochs=1)],
    }
    title = f"One epoch of {len(images):,} images, batch {batch}"
    report(title, alternate(contestants, rounds, warm_up=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("steps", "penalties", "batches"), nargs="+")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    parts = {
        "steps": lambda: steps(arguments.width, arguments.batch, arguments.rounds),
        "penalties": lambda: penalties(arguments.batch, arguments.rounds),
        "batches": lambda: epochs(arguments.batch, max(3, arguments.rounds // 10)),
    }
    for name in arguments.only or parts:
        parts[name]()
