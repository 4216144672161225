"""How often `ganbook.diagnosis.diagnose` names the right condition of a run that it never saw.

    python benchmarks/diagnosis.py                          every kind, seeds 400 to 409
    python benchmarks/diagnosis.py --first 0 --seeds 5      where thresholds were first chosen
    python benchmarks/diagnosis.py --histories runs/lab     keep the histories, or read them again

The kinds are common failures and their cures, on eight Gaussians on a ring, each under every seed:
it draws the weights, the batches and the latents. A row of the table is a kind, a column what was
named. The result goes to --out as JSON, with what is needed to read it later: date, versions,
machine.
"""

import argparse
import collections
import datetime
import json
import platform
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import softplus

import ganbook as gb
from ganbook import losses, plots, regularisers, training
from ganbook.diagnosis import CONDITIONS
from ganbook.models import mlp
from ganbook.procedural import ring

HERE = Path(__file__).parent
BALANCED = (2e-3, 4e-3)  # learning rates of the generator and the discriminator


def r1(gamma):
    return lambda d, real, fake, random: gamma / 2 * regularisers.r1_penalty(d, real)


def both(gamma):
    def penalty(d, real, fake, random):
        return gamma / 2 * (regularisers.r1_penalty(d, real) + regularisers.r2_penalty(d, fake))

    return penalty


def gp(weight):
    def penalty(d, real, fake, random):
        return weight * regularisers.gradient_penalty(d, real, fake, generator=random)

    return penalty


def far():
    """Return a generator whose fakes begin around (3, 3), far from the data."""
    generator = mlp.Generator()
    nn.init.constant_(generator.layers[-1].bias, 3.0)
    return generator


found_out = losses.Game(losses.discriminator_loss, lambda real, fake: softplus(fake).mean())
exchanged = losses.Game(
    lambda real, fake: losses.discriminator_loss(fake, real), losses.non_saturating.generator
)

KINDS = {  # name: (condition, options of `train`)
    "balanced": ("healthy", dict(lr=BALANCED)),
    "balanced, R1": ("healthy", dict(lr=BALANCED, regularise=r1(0.1))),
    "no momentum": ("healthy", dict(lr=2e-3, betas=(0.0, 0.999))),
    "strong discriminator, R1": (
        "healthy",
        dict(lr=(3e-4, 3e-2), regularise=r1(0.02), steps=1000),
    ),
    "Wasserstein, gradient penalty": (
        "healthy",
        dict(game=losses.wasserstein, lr=(1e-3, 1e-2), regularise=gp(1.0)),
    ),
    "least squares, R1": (
        "healthy",
        dict(game=losses.least_squares, lr=BALANCED, regularise=r1(0.1)),
    ),
    "hinge, R1": ("healthy", dict(game=losses.hinge, lr=BALANCED, regularise=r1(0.1))),
    "relativistic, R1 and R2": (
        "healthy",
        dict(game=losses.relativistic, lr=BALANCED, regularise=both(0.1)),
    ),
    "minimax, far away": (
        "saturated",
        dict(G=far, game=losses.minimax, lr=(2e-4, 2e-2), steps=600),
    ),
    "discriminator 200 times faster": (
        "overpowered discriminator",
        dict(lr=(1e-4, 2e-2), steps=1000),
    ),
    "far too strong R1": ("weak discriminator", dict(lr=BALANCED, regularise=r1(1000.0))),
    "discriminator as good as frozen": ("weak discriminator", dict(lr=(1e-3, 1e-6))),
    "discriminator 100 times slower": ("collapsed", dict(lr=(5e-3, 5e-5), steps=1000)),
    "too much momentum": ("oscillating", dict(lr=2e-3, betas=(0.9, 0.999))),
    "critic without bounds": ("diverged", dict(game=losses.wasserstein, lr=(3e-3, 1e-2))),
    "sign turned in the generator": ("wrong sign", dict(game=found_out, lr=BALANCED, steps=400)),
    "labels exchanged in the discriminator": (
        "wrong sign",
        dict(game=exchanged, lr=BALANCED, steps=400),
    ),
}


def train(points, seed, *, steps=800, G=mlp.Generator, D=mlp.Discriminator, **options):
    """Return the history of a run on points (N, 2), a record every ten steps."""
    gb.seed(seed)
    step = training.GANStep(G(), D(), seed=seed, **options)
    batches = gb.batches(points, batch_size=128, seed=seed)
    return training.fit(step, batches, steps=steps, progress=False).history


def history(points, kind, seed, folder):
    """Return the history of a run: trained, or read from the folder where it was kept before."""
    if folder is None:
        return train(points, seed, **KINDS[kind][1])
    path = folder / f"{kind}, seed {seed}.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(train(points, seed, **KINDS[kind][1])), encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


def measure(options) -> dict:
    gb.seed(0)
    points = ring(20_000)
    named, seeds = {}, range(options.first, options.first + options.seeds)
    for kind in options.kinds:
        condition, _ = KINDS[kind]
        runs = [history(points, kind, seed, options.histories) for seed in seeds]
        found = [plots.diagnose(run).condition for run in runs]
        named[kind] = dict(condition=condition, named=found)
        right = found.count(condition)
        print(f"{kind:38} {right}/{len(found)} {dict(collections.Counter(found))}", flush=True)
    return dict(
        measured="conditions that plots.diagnose named, in the order of the seeds",
        date=datetime.date.today().isoformat(),
        machine=f"cpu, {platform.machine()}, {torch.get_num_threads()} threads",
        versions=dict(
            python=platform.python_version(), torch=torch.__version__, ganbook=gb.__version__
        ),
        seeds=[seeds.start, seeds.stop - 1],
        kinds=named,
    )


def table(result) -> str:
    """Return the confusion table: a row for each condition, a column for each that was named."""
    rows = collections.defaultdict(collections.Counter)
    for kind in result["kinds"].values():
        rows[kind["condition"]].update(kind["named"])
    columns = [name for name in CONDITIONS if any(name in row for row in rows.values())]
    lines = [" " * 26 + "  ".join(f"{name.split()[0]:>11}" for name in columns)]
    for name, row in rows.items():
        lines.append(f"{name:26}" + "  ".join(f"{row[column]:11}" for column in columns))
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=400, help="the first seed")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--histories", type=Path, help="a folder for the histories")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--out", type=Path, default=HERE / "results" / "diagnosis.json")
    arguments = parser.parse_args()
    result = measure(arguments)
    print(table(result))
    arguments.out.parent.mkdir(exist_ok=True)
    text = json.dumps(result, indent=1, ensure_ascii=False)
    arguments.out.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {arguments.out}")
