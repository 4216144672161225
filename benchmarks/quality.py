"""Time to quality: Fréchet distance against seconds of training, the textbook against our default.

    python benchmarks/quality.py                          everything: two sets, three seeds
    python benchmarks/quality.py --data mnist --seeds 1   one pair of runs, and its scores
    python benchmarks/quality.py --only time              on an idle machine, and then
    python benchmarks/quality.py --only score             on a busy one, if need be
    python benchmarks/quality.py --only table             what --out holds

The textbook recipe: the networks of DCGAN (Radford et al. 2015, arXiv:1511.06434) at width 64,
batches of 64, Adam at 2e-4 with a first beta of 0.5, the non-saturating game, float32. The default
(sketches.py): a mixture of Gaussians, fitted within the time, draws a sketch that a small network
finishes; the discriminator is small, plain, penalised by R1 in every eighth step, and knows the
labels; batches of 32, bfloat16, Adam at 3e-3, which falls linearly to zero by the clock, with a
first beta of 0. Both keep an average of the generator's weights beside the last ones, its decay
growing with the steps, towards 0.999.

A timed run does nothing but train: at each mark it copies the generator's weights, with the clock
stopped, and at its end it writes them to --runs. From there they are scored: 10,000 samples against
the 10,000 test images, in the features of the set's own classifier; there it is also asked whether
they lie nearer to training images than test images do. The result goes to --out as JSON, entry by
entry, so that pairs can be run one at a time.
"""

import argparse
import json
import tempfile
import time
from copy import deepcopy
from functools import cache
from itertools import product
from pathlib import Path

import sketches
import torch
from seeds import interval, made
from torch.optim.swa_utils import get_ema_multi_avg_fn

import ganbook as gb
from ganbook import metrics, regularisers, training
from ganbook.models import dcgan

HERE = Path(__file__).parent
SETS = ("fashion_mnist", "mnist")
WEIGHTS = ("last", "averaged")
SHARES = (0.05, 0.1, 0.2, 0.5, 1.0)  # of the run: 6, 12, 24, 60 and 120 seconds
SAMPLES = 10_000
DECAY = 0.999  # of the average, at most


def textbook(data, seed):
    networks = dcgan.Generator(width=64), dcgan.Discriminator(width=64)
    step = training.GANStep(*networks, lr=2e-4, ema=DECAY, seed=seed)
    return step, gb.batches(data.images, batch_size=64, seed=seed)


def default(data, seed):
    sketch = sketches.fit(data.images, data.labels)
    step = LazyStep(
        sketches.Finisher(sketch),
        sketches.Judge(),
        every=8,
        lr=3e-3,
        betas=(0.0, 0.99),
        ema=DECAY,
        seed=seed,
        autocast=torch.bfloat16,
        regularise=r1,
    )
    pairs = sketches.with_labels(data.images, data.labels)
    return step, gb.batches(pairs, batch_size=32, seed=seed)


def r1(judge, real, fake, random):
    return 0.25 * regularisers.r1_penalty(judge, real)


class LazyStep(training.GANStep):
    """Regularises in every n-th step alone, n times as much (Karras et al. 2020, arXiv:1912.04958).

    In the other steps it costs nothing.
    """

    def __init__(self, *networks, every, regularise, **options):
        super().__init__(*networks, **options)
        self.every, self.penalty, self.steps = every, regularise, 0

    def train_discriminator(self, real, fake):
        self.steps += 1
        self.regularise = None if self.steps % self.every else self.heavier
        return super().train_discriminator(real, fake)

    def heavier(self, *arguments):
        return self.every * self.penalty(*arguments)


RECIPES = dict(textbook=textbook, default=default)
FALLING = {"default"}  # whose learning rate falls


def train(recipe, data, *, seed, seconds):
    """Train for some seconds; return the generator's weights, seconds and steps at each mark.

    They stand in a list under "kept"; under "sketch" stands what the generator draws upon, or None.
    """
    marks, kept = [share * seconds for share in SHARES], []
    began = time.perf_counter()
    gb.seed(seed)
    step, stream = RECIPES[recipe](data, seed)
    (rate,) = {group["lr"] for group in step.optimiser_g.param_groups}
    number = 0
    while len(kept) < len(marks):
        spent = time.perf_counter() - began
        if spent >= marks[len(kept)]:
            kept.append(dict(weights=weights(step), seconds=spent, steps=number))
            began = time.perf_counter() - spent
            continue
        if recipe in FALLING:
            set_rate(step, rate * (1 - spent / seconds))
        step.ema.multi_avg_fn = get_ema_multi_avg_fn(min(DECAY, (1 + number) / (20 + number)))
        step(next(stream))
        number += 1
    sketch = getattr(step.generator, "sketch", None)
    return dict(kept=kept, sketch=sketch and vars(sketch))


def set_rate(step, rate) -> None:
    for optimiser in (step.optimiser_g, step.optimiser_d):
        for group in optimiser.param_groups:
            group["lr"] = rate


def weights(step) -> dict:
    networks = step.generator, step.ema.module
    return {name: deepcopy(net.state_dict()) for name, net in zip(WEIGHTS, networks, strict=True)}


def path_of(options, data, seed, recipe) -> Path:
    return options.runs / f"{data}-{seed}-{recipe}-{options.seconds:g}.pt"


def measure(options, data, seed) -> None:
    """Time a pair of runs, the textbook's and the default's, and write what they kept."""
    loaded = gb.load(data, size=32)
    options.runs.mkdir(parents=True, exist_ok=True)
    for recipe in RECIPES:
        run = train(recipe, loaded, seed=seed, seconds=options.seconds)
        torch.save(dict(run, made=made()), path_of(options, data, seed, recipe))
        print(f"{data}, seed {seed}, {recipe}: {run['kept'][-1]['steps']} steps", flush=True)


@cache
def real(data, split):
    """Return the features (N, 128) of a whole split, in the eyes of the set's own classifier."""
    return features(gb.to_float(gb.load(data, size=32, split=split).images).split(500), data)


def features(parts, data):
    return torch.cat([metrics.features(images, data) for images in parts])


def generator_of(run, state):
    """Return the generator of a run with these weights, ready to draw."""
    if run["sketch"] is None:
        generator = dcgan.Generator(width=state["layers.0.weight"].shape[1] // 4)
    else:
        generator = sketches.Finisher(sketches.Sketch(**run["sketch"]))
    generator.load_state_dict(state)
    return generator.eval()


@torch.no_grad()
def samples(generator, seed):
    random = torch.Generator().manual_seed(1000 + seed)  # not the latents of the training
    for z in torch.randn(SAMPLES, generator.latent, generator=random).split(500):
        yield generator(z)[:, :1]  # without the channel of labels


def score(options, data, seed) -> None:
    """Score what a pair of runs kept, and put it into the result."""
    train, test = (real(data, split) for split in ("train", "test"))
    floor = metrics.frechet_distance(train[:SAMPLES], test)
    for recipe in RECIPES:
        run = torch.load(path_of(options, data, seed, recipe), weights_only=True)
        entry = dict(data=data, recipe=recipe, seed=seed, **run["made"])
        entry |= {name: [round(at[name], 2) for at in run["kept"]] for name in ("seconds", "steps")}
        fakes = {}
        for name in WEIGHTS:
            generators = [generator_of(run, at["weights"][name]) for at in run["kept"]]
            fakes[name] = [features(samples(generator, seed), data) for generator in generators]
            entry[name] = [round(metrics.frechet_distance(fake, test), 3) for fake in fakes[name]]
        copied = metrics.memorisation_test(train, test, fakes["averaged"][-1])
        entry |= dict(closer=round(copied.closer, 3), copies=round(copied.copies, 4))
        store(options.out, data, entry, floor)
        print(f"{data}, seed {seed}, {recipe}: {entry['averaged']}, {copied}", flush=True)


def store(path, data, entry, floor) -> None:
    found = json.loads(path.read_text("utf-8")) if path.exists() else dict(floor={}, entries=[])
    keys = "data", "recipe", "seed"
    others = [e for e in found["entries"] if any(e[key] != entry[key] for key in keys)]
    found["floor"][data] = round(floor, 3)
    found["entries"] = sorted([*others, entry], key=lambda e: [str(e[key]) for key in keys])
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def table(result) -> dict:
    """Return the distances of a result by (data, recipe, weights): for each mark, one a seed."""
    found = {}
    for entry, name in product(result["entries"], WEIGHTS):
        rows = found.setdefault((entry["data"], entry["recipe"], name), [])
        rows.append(entry[name])
    return {key: [*zip(*rows, strict=True)] for key, rows in found.items()}


def report(result) -> None:
    """Print means with 95 % intervals over seeds, and how the two recipes compare."""
    distances = table(result)
    for (data, recipe, name), columns in distances.items():
        shown = "  ".join("{:6.2f} ± {:5.2f}".format(*interval(column)) for column in columns)
        print(f"{data:14}{recipe:9} {name:9} {shown}")
    for entry in result["entries"]:
        print(
            f"{entry['data']}, {entry['recipe']}, seed {entry['seed']}: a sample is nearer to the "
            f"training set than an unseen image in {entry['closer']:.0%} of pairs; "
            f"copies {entry['copies']:.1%}"
        )
    for data in result["floor"]:
        ours, theirs = (distances[data, recipe, "averaged"] for recipe in ("default", "textbook"))
        for at in (1, -1):
            ratio, half = interval([a / b for a, b in zip(ours[at], theirs[-1], strict=True)])
            print(
                f"{data}, {SHARES[at]:.0%} of the default's time over the textbook's whole: "
                f"{ratio:.2f} ± {half:.2f}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--seconds", type=float, default=120.0, help="of a run")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=("time", "score", "table"))
    kept_at = Path(tempfile.gettempdir()) / "ganbook-quality"
    parser.add_argument("--runs", type=Path, default=kept_at, help="what timed runs kept")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "quality.json")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for seed, data in product(arguments.seeds, arguments.data):
        if arguments.only in (None, "time"):
            measure(arguments, data, seed)
        if arguments.only in (None, "score"):
            score(arguments, data, seed)
    if arguments.only != "time":
        report(json.loads(arguments.out.read_text("utf-8")))
