"""Which game, and with which penalty? All on equal terms: networks, data, seeds, updates, time.

    python benchmarks/games.py                                    in full: five seeds
    python benchmarks/games.py --seeds 10 11 12 13 14 --scale 0.75 \
        --rates benchmarks/results/games.json --out again.json
    python benchmarks/games.py --compare benchmarks/results/games.json again.json

Each of the games of `ganbook.losses` is played bare and with R1, the Wasserstein game also with its
gradient penalty, on three data sets: eight Gaussians on a ring, shapes, and Fashion-MNIST. Of two
learning rates each takes the one that serves it better on a seed that is not counted (in a whole
run on the ring, in half a run on pictures); a repetition keeps the rates of the run it repeats. It
is judged twice: after the same number of generator updates, and after the time in which the bare
non-saturating game makes them (from the cost of an update, in seconds of one core, measured by
turns). The discriminator has no batch norm, for penalties are per sample. The averaged weights are
judged. The result goes to --out as JSON; the chapter `book/gans/losses.ipynb` shows the stored one.
"""

import argparse
import json
import time
from pathlib import Path
from statistics import median
from typing import ClassVar

import torch
from seeds import agreement, conditions
from torch import nn

import ganbook as gb
from ganbook import losses, metrics, training
from ganbook.metrics.modes import coverage
from ganbook.models import dcgan, mlp
from ganbook.models.classifier import Classifier
from ganbook.procedural import KINDS, ring, ring_centres, shapes
from ganbook.regularisers import gradient_penalty, r1_penalty

HERE = Path(__file__).parent
GAMES = ("minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic")
TUNING_SEED = 1000


def r1(weight):
    return lambda judge, real, fake, random: weight * r1_penalty(judge, real)


def penalty(weight):
    return lambda judge, real, fake, random: (
        weight * gradient_penalty(judge, real, fake, generator=random)
    )


class Ring:
    """Eight Gaussians in the plane: modes and high-quality share are exact."""

    steps, trial = 1500, 1.0
    rates = (5e-4, 1e-3), (2e-3, 4e-3)  # of the generator, of the discriminator
    better: ClassVar = {"high-quality share": max, "modes of 8": max}
    penalties: ClassVar = {"bare": None, "R1": r1(0.1), "penalty": penalty(1.0)}

    def __init__(self):
        self.centres = ring_centres(8)

    def networks(self):
        return mlp.Generator(width=64), mlp.Discriminator(width=64)

    def batches(self, seed):
        random = torch.Generator().manual_seed(seed)
        while True:
            yield ring(128, generator=random)

    def score(self, step):
        points = step.sample(latents(step, 10_000))
        modes, share = coverage(points, self.centres, std=0.05)
        return {"high-quality share": share, "modes of 8": modes}


class EqualRates(Ring):
    """The ring as first tried: one learning rate for both players, chosen in half a run."""

    trial = 0.5
    rates = 3e-4, 2e-3


class Pictures:
    """What the two sets of pictures have in common: DCGAN's networks, without batch norm in D."""

    steps, trial, count = 500, 0.5, 2000
    rates = 3e-4, 2e-3
    penalties: ClassVar = {"bare": None, "R1": r1(1.0), "penalty": penalty(10.0)}

    def networks(self):
        discriminator = dcgan.Discriminator(width=16)
        plain(discriminator)
        return dcgan.Generator(width=16), discriminator

    def batches(self, seed):
        return gb.batches(self.images, batch_size=32, seed=seed)


class Shapes(Pictures):
    """Factors by a trained classifier: what share of the histogram of 40 combinations overlaps."""

    better: ClassVar = {"overlap of factors": max}

    def __init__(self):
        drawn, factors = shapes(10_000, 32, 1, seed=1)
        self.images, labels = drawn[:8000], combination(factors)
        self.judge = train_judge(self.images, labels[:8000])
        held_out = gb.to_float(drawn[8000:])
        self.accuracy = accuracy(self.judge, held_out, labels[8000:])
        self.real = self.histogram(held_out)
        fresh = gb.to_float(shapes(self.count, 32, 1, seed=2)[0])
        self.floor = {"overlap of factors": overlap(self.histogram(fresh), self.real)}

    def histogram(self, images):
        counts = training.predict(self.judge, images).bincount(minlength=40)
        return counts / counts.sum()

    def score(self, step):
        fakes = draw(step, self.count)
        return {"overlap of factors": overlap(self.histogram(fakes), self.real)}


class FashionMNIST(Pictures):
    """Fréchet distance in the features of the shipped classifier."""

    better: ClassVar = {"Fréchet distance": min}

    def __init__(self):
        self.images = gb.load("fashion_mnist", size=32).images
        test = gb.to_float(gb.load("fashion_mnist", size=32, split="test").images)
        self.real = metrics.features(test[: self.count], "fashion_mnist")
        other = metrics.features(test[self.count : 2 * self.count], "fashion_mnist")
        self.floor = {"Fréchet distance": metrics.frechet_distance(other, self.real)}

    def score(self, step):
        fakes = metrics.features(draw(step, self.count), "fashion_mnist")
        return {"Fréchet distance": metrics.frechet_distance(fakes, self.real)}


SETTINGS = {
    "ring": Ring,
    "ring, equal rates": EqualRates,
    "shapes": Shapes,
    "Fashion-MNIST": FashionMNIST,
}


def plain(network):
    """Take batch norm out; give convolutions the bias it made useless, and PyTorch's weights."""
    for name, layer in network.named_children():
        if isinstance(layer, nn.BatchNorm2d):
            setattr(network, name, nn.Identity())
        elif isinstance(layer, nn.Conv2d):
            layer.bias = nn.Parameter(torch.zeros(layer.out_channels))
            layer.reset_parameters()
        else:
            plain(layer)


def combination(factors):
    """Return one of 40 labels: kind (5), then large or small, left or right, upper or lower."""
    halves = [factors["size"] > 0.525, factors["x"] > 0, factors["y"] > 0]
    label = factors["kind"]
    for half in halves:
        label = 2 * label + half
    return label


def train_judge(images, labels, steps=600):
    gb.seed(0)
    step = training.ClassifierStep(
        Classifier(classes=8 * len(KINDS), width=16), steps=steps, shift=0
    )
    stream = gb.batches(images, labels, batch_size=64, seed=0)
    training.fit(step, stream, steps=steps, progress=False)
    return step.model.eval()


def accuracy(judge, images, labels):
    return (training.predict(judge, images) == labels).double().mean().item()


def overlap(p, q):
    """Return the common part of two histograms, 1 - total variation."""
    return torch.minimum(p, q).sum().item()


def latents(step, count):
    return torch.randn(count, step.generator.latent, generator=torch.Generator().manual_seed(7))


def draw(step, count):
    return torch.cat([step.sample(z) for z in latents(step, count).split(100)])


def player(setting, game, way, *, seed, rate):
    gb.seed(seed)
    generator, discriminator = setting.networks()
    return training.GANStep(
        generator,
        discriminator,
        game=getattr(losses, game),
        lr=rate,
        ema=0.99,
        seed=seed,
        regularise=setting.penalties[way],
    )


def costs(setting, *, rounds=7, steps=5) -> dict:
    """Return seconds an update for every (game, way): medians of runs by turns."""
    players = {(g, w): player(setting, g, w, seed=0, rate=1e-4) for g, w in pairs()}
    taken = {key: [] for key in players}
    stream = setting.batches(seed=0)
    for _ in range(rounds + 1):
        for key, step in players.items():
            start = time.process_time()
            for _ in range(steps):
                step(next(stream))
            taken[key].append((time.process_time() - start) / steps)
    return {key: median(values[1:]) for key, values in taken.items()}


def pairs():
    return [(game, way) for way in ("bare", "R1") for game in GAMES] + [("wasserstein", "penalty")]


def play(setting, game, way, *, seed, rate, marks):
    """Train for max(marks) updates; return the scores at each mark."""
    step, stream = player(setting, game, way, seed=seed, rate=rate), setting.batches(seed)
    scores = {}
    for number in range(1, max(marks) + 1):
        step(next(stream))
        if number in marks:
            scores[number] = setting.score(step)
    return scores


def contest(setting, options, rates: dict) -> dict:
    """Return the scores of every (game, way); a rate that `rates` does not name is chosen."""
    steps = round(setting.steps * options.scale)
    cost = costs(setting)
    base = cost["non_saturating", "bare"]
    found = {}
    for game, way in pairs():
        name = f"{game}, {way}"
        affordable = min(steps, round(steps * base / cost[game, way]))
        marks = dict(updates=steps, time=affordable)
        rate = rates.get(name) or choose(setting, game, way, steps=steps)
        runs = [
            play(setting, game, way, seed=seed, rate=rate, marks=set(marks.values()))
            for seed in options.seeds
        ]
        entry = dict(rate=rate, milliseconds=round(1e3 * cost[game, way], 2), at=marks)
        for mark, number in marks.items():
            entry[mark] = {
                score: [round(run[number][score], 4) for run in runs] for score in setting.better
            }
        found[name] = entry
        print(f"{name:28} lr {rate}  {entry['updates']}", flush=True)
    return found


def choose(setting, game, way, *, steps):
    """Return the learning rate that serves better, in a run of a seed that is not counted."""
    short = round(steps * setting.trial)
    (score, best), *_ = setting.better.items()
    trial = {
        rate: play(setting, game, way, seed=TUNING_SEED, rate=rate, marks=[short])[short][score]
        for rate in setting.rates
    }
    return best(trial, key=trial.get)


def stored_rates(path, setting) -> dict:
    """Return the rates that a stored result chose for a setting, or none without a path."""
    if path is None:
        return {}
    entries = json.loads(path.read_text("utf-8"))["settings"][setting]["entries"]
    rates = {name: entry["rate"] for name, entry in entries.items()}
    return {name: tuple(r) if isinstance(r, list) else r for name, r in rates.items()}


def compare(first: dict, second: dict) -> None:
    """Print, a setting a line, how many pairs both results separate, and how many the same way."""
    for setting, one in first["settings"].items():
        if setting not in second["settings"]:
            continue
        other = second["settings"][setting]["entries"]
        for mark in ("updates", "time"):
            for name in one["better"]:
                tables = [
                    {entry: found[mark][name] for entry, found in entries.items()}
                    for entries in (one["entries"], other)
                ]
                print(f"{setting}, {name}, equal {mark}: {agreement(*tables)}")


def measure(options) -> dict:
    settings = {}
    for name in options.settings:
        print(name, flush=True)
        setting = SETTINGS[name]()
        entries = contest(setting, options, stored_rates(options.rates, name))
        better = {key: best.__name__ for key, best in setting.better.items()}
        settings[name] = dict(better=better, entries=entries)
        for extra in ("floor", "accuracy"):
            if hasattr(setting, extra):
                settings[name][extra] = getattr(setting, extra)
    return dict(conditions(options), settings=settings)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of updates")
    parser.add_argument("--rates", type=Path, metavar="JSON", help="rates chosen by another run")
    parser.add_argument("--compare", nargs=2, type=Path, metavar="JSON")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "games.json")
    arguments = parser.parse_args()
    if arguments.compare:
        compare(*(json.loads(path.read_text(encoding="utf-8")) for path in arguments.compare))
    else:
        torch.set_num_threads(1)
        result = measure(arguments)
        arguments.out.write_text(
            json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        print(f"wrote {arguments.out}")
