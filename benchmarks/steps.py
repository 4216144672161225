"""Our DCGAN step against the textbook one, and our batches against Dataset + DataLoader.

    python benchmarks/steps.py [--width 64] [--batch 64] [--rounds 30] [--threads 2]

Both sides of a comparison run in one process, in turn, on the same networks, batch and data; the
medians and the ratio of medians are printed. The textbook step follows algorithm 1 of Goodfellow et
al. 2014, which makes its fakes anew for the generator's turn, as d2l.ai's code does; a second
row is the step of the PyTorch DCGAN tutorial, which makes them once, as ganbook does. The textbook
loader is a torchvision-style Dataset with ToTensor and Normalize in a DataLoader.
"""

import argparse
import copy
import statistics
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

import ganbook as gb
from ganbook import training
from ganbook.models import dcgan


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
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    steps(arguments.width, arguments.batch, arguments.rounds)
    epochs(arguments.batch, max(3, arguments.rounds // 10))
