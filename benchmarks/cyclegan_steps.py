"""Our CycleGAN step against plain ones, on the same networks, batches and losses.

    python benchmarks/cyclegan_steps.py [--size 32] [--width 16] [--blocks 1] [--batch 4]
    python benchmarks/cyclegan_steps.py --size 128 --width 24 --blocks 6 --layers 3 --batch 1

The plain step is as most code for CycleGAN has it: a pass of its own for each term, two optimisers
for the discriminators, default Adam, a list for the pool, `.item()` for the log. One of the two
plain rows lets gradients of the generators' losses pile up in the discriminators, the other freezes
them, as the authors' code does. All rows run in one process, in turn; their losses are compared at
the first step. Medians and the ratio of medians are printed. Peak memory is that of a process of
its own for each row (VmHWM, which Linux has), less that of one that has only built the networks.
"""

import argparse
import itertools
import random
import re
import statistics
import subprocess
import sys
from pathlib import Path

import torch
from steps import alternate, report
from torch import nn

import ganbook as gb
from ganbook import training
from ganbook.models.cyclegan import CycleGAN, PatchDiscriminator
from ganbook.procedural import stripes


class PlainPool:
    """A list of single images, as it is usually written."""

    def __init__(self, size=50):
        self.size, self.images = size, []

    def __call__(self, images):
        returned = []
        for image in images.detach():
            image = torch.unsqueeze(image, 0)
            if len(self.images) < self.size:
                self.images.append(image.clone())
                returned.append(image)
            elif random.random() < 0.5:
                returned.append(image)
            else:
                place = random.randrange(self.size)
                returned.append(self.images[place].clone())
                self.images[place] = image.clone()
        return torch.cat(returned)


class PlainStep:
    """The step as it is usually written."""

    def __init__(self, model, discriminators, *, freeze):
        self.G, self.F, (self.d_x, self.d_y) = model.G, model.F, discriminators
        self.freeze = freeze
        rates = dict(lr=2e-4, betas=(0.5, 0.999))
        self.optimizer_g = torch.optim.Adam(
            itertools.chain(self.G.parameters(), self.F.parameters()), **rates
        )
        self.optimizer_d_x = torch.optim.Adam(self.d_x.parameters(), **rates)
        self.optimizer_d_y = torch.optim.Adam(self.d_y.parameters(), **rates)
        self.pool_x, self.pool_y = PlainPool(), PlainPool()
        self.mse, self.l1 = nn.MSELoss(), nn.L1Loss()

    def __call__(self, batch):
        x, y = batch
        if self.freeze:
            self.set_requires_grad(False)
        self.optimizer_g.zero_grad()
        identity = self.l1(self.F(x), x) + self.l1(self.G(y), y)
        fake_y = self.G(x)
        judged_y = self.d_y(fake_y)
        fake_x = self.F(y)
        judged_x = self.d_x(fake_x)
        fooled = self.mse(judged_y, torch.ones_like(judged_y)) + self.mse(
            judged_x, torch.ones_like(judged_x)
        )
        cycle = self.l1(self.F(fake_y), x) + self.l1(self.G(fake_x), y)
        loss = fooled + 10.0 * cycle + 5.0 * identity
        loss.backward()
        self.optimizer_g.step()
        if self.freeze:
            self.set_requires_grad(True)
        d_x = self.judge(self.d_x, self.optimizer_d_x, x, self.pool_x(fake_x))
        d_y = self.judge(self.d_y, self.optimizer_d_y, y, self.pool_y(fake_y))
        return dict(
            g_loss=fooled.item(), cycle=cycle.item(), identity=identity.item(), d_x=d_x, d_y=d_y
        )

    def judge(self, discriminator, optimizer, real, fake):
        optimizer.zero_grad()
        judged_real, judged_fake = discriminator(real), discriminator(fake.detach())
        loss_real = self.mse(judged_real, torch.ones_like(judged_real))
        loss_fake = self.mse(judged_fake, torch.zeros_like(judged_fake))
        loss = (loss_real + loss_fake) / 2
        loss.backward()
        optimizer.step()
        return loss.item()

    def set_requires_grad(self, value):
        for discriminator in (self.d_x, self.d_y):
            for parameter in discriminator.parameters():
                parameter.requires_grad = value


ROWS = {
    "plain": lambda *networks: PlainStep(*networks, freeze=False),
    "plain, discriminators frozen": lambda *networks: PlainStep(*networks, freeze=True),
    "ganbook, float32": lambda *networks: training.CycleGANStep(*networks),
    "ganbook, bfloat16 autocast": lambda *networks: training.CycleGANStep(
        *networks, autocast=torch.bfloat16
    ),
}


def networks(options):
    gb.seed(0)
    model = CycleGAN(width=options.width, blocks=options.blocks)
    judge = dict(width=options.judge_width or options.width, layers=options.layers)
    return model, [PatchDiscriminator(**judge) for _ in range(2)]


def batch(options):
    return tuple(
        gb.to_float(stripes(options.batch, options.size, kind, striped=bool(kind))[0])
        for kind in range(2)
    )


def times(options) -> None:
    """Print the milliseconds of each row, in turn."""
    both = batch(options)
    steps = {name: make(*networks(options)) for name, make in ROWS.items()}
    first = {name: step(both) for name, step in steps.items()}
    for name, value in first["plain"].items():
        torch.testing.assert_close(
            first["ganbook, float32"][name].item(), value, rtol=1e-3, atol=1e-4
        )
    contestants = {name: lambda step=step: step(both) for name, step in steps.items()}
    report(f"One step of CycleGAN, {title(options)}", alternate(contestants, options.rounds))


def memory(options) -> None:
    """Print the peak memory that each row takes beyond its networks, in a process of its own."""
    print(f"Peak memory of CycleGAN's step, {title(options)}")
    nothing = child(options, "nothing")
    first = None
    for name in ROWS:
        taken = child(options, name) - nothing
        first = first or taken
        print(f"  {name:30} {taken / 1024:8.1f} MiB   {taken / first:5.2f} of plain")


def child(options, name) -> int:
    """Return the median peak, in KiB, of some processes."""
    command = [sys.executable, *sys.argv, "--row", name]
    return statistics.median(
        int(subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()[-1])
        for _ in range(options.processes)
    )


def one(options) -> None:
    """Take some steps of one row, and print this process's peak of resident memory, in KiB."""
    both, made = batch(options), networks(options)
    if options.row != "nothing":
        step = ROWS[options.row](*made)
        for _ in range(4):
            step(both)
    print(re.search(r"VmHWM:[ \t]+(\d+) kB", Path("/proc/self/status").read_text())[1])


def title(options) -> str:
    threads = torch.get_num_threads()
    return (
        f"{options.size} pixels, width {options.width}, {options.blocks} blocks, "
        f"batch {options.batch}, {threads} threads"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--judge-width", type=int)
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--blocks", type=int, default=1)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--processes", type=int, default=3, help="for the median of peak memory")
    parser.add_argument("--only", choices=("times", "memory"))
    parser.add_argument("--row", choices=("nothing", *ROWS), help="only its peak memory")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.row:
        one(arguments)
    else:
        for part in (times, memory):
            if arguments.only in (None, part.__name__):
                part(arguments)
