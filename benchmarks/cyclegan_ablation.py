"""What does each term of CycleGAN do? Each is left out in turn, where every counterpart is known.

    python benchmarks/cyclegan_ablation.py                             in full: three seeds
    python benchmarks/cyclegan_ablation.py --only full "no cycle" --seeds 0       these runs, if new
    python benchmarks/cyclegan_ablation.py --show                      the table of what is stored
    python benchmarks/cyclegan_ablation.py --seeds 10 11 12 --out again.json
    python benchmarks/cyclegan_ablation.py --compare FIRST.json again.json

The cpu budget of the chapter, on `stripes` at 32 pixels: narrow networks, the same number of steps
for all; a seed fixes weights, batches and pools. Measured on the 500 pairs of the test split, which
no run has seen, in both directions: what benchmarks/translations.py says. The result goes to --out
as JSON after each run, and runs that it already holds are left out.
"""

import argparse
import json
from pathlib import Path

import torch
from seeds import agreement, conditions
from torch.nn.functional import mse_loss
from translations import interval, pairs, scores, translations

import ganbook as gb
from ganbook import training
from ganbook.models.cyclegan import CycleGAN, PatchDiscriminator

HERE = Path(__file__).parent
STEPS, BATCH, RATE = 400, 4, 1e-3
NETWORKS = dict(width=16, blocks=1)
JUDGES = dict(width=16, layers=1)
WAYS = {
    "full": {},
    "no cycle": dict(cycle=0),
    "no identity": dict(identity=0),
    "no cycle, no identity": dict(cycle=0, identity=0),
    "no adversarial": dict(adversarial=0),
    "no pool": dict(pool=0),
    "squares for L1": dict(distance=mse_loss),
}


def train(x, y, *, seed, steps, **way):
    """Return a CycleGAN trained between images x and y."""
    gb.seed(seed)
    model = CycleGAN(**NETWORKS)
    step = training.CycleGANStep(
        model,
        [PatchDiscriminator(**JUDGES) for _ in range(2)],
        steps=steps,
        seed=seed,
        lr=RATE,
        **way,
    )
    streams = (
        gb.batches(images, batch_size=BATCH, seed=2 * seed + k) for k, images in enumerate((x, y))
    )
    for _, batch in zip(range(steps), zip(*streams, strict=True), strict=False):
        step(batch)
    return model


def controls() -> dict:
    """Return the scores of the identity map, of the true counterparts, and of their shuffles."""
    x, y, masks = pairs()
    shuffled = [images.roll(1, dims=0) for images in (y, x)]
    maps = {"identity map": (x, y), "true counterparts": (y, x), "others' counterparts": shuffled}
    return {name: rounded(scores(*images, x, y, masks)) for name, images in maps.items()}


def rounded(found: dict) -> dict:
    return {key: round(value, 4) for key, value in found.items()}


def start(options, steps) -> dict:
    """Return the stored result where it is one of the same settings, else a new one."""
    if options.out.exists():
        result = json.loads(options.out.read_text(encoding="utf-8"))
        if (result["steps"], result["scale"]) != (steps, options.scale):
            raise ValueError(f"{options.out} holds runs of {result['steps']} steps, not {steps}")
        return result
    same = dict(
        conditions(options), steps=steps, batch=BATCH, lr=RATE, networks=NETWORKS, judges=JUDGES
    )
    return dict(same, controls=controls(), entries={name: {} for name in WAYS})


def measure(options) -> dict:
    steps = max(2, round(STEPS * options.scale))
    result = start(options, steps)
    real = gb.load("stripes")
    x, y = (real.images[real.labels == kind] for kind in range(2))
    x_test, y_test, masks = pairs()
    for seed in options.seeds:
        for name in options.only or WAYS:
            if str(seed) in result["entries"][name]:
                continue
            model = train(x, y, seed=seed, steps=steps, **WAYS[name])
            found = scores(*translations(model, x_test, y_test), x_test, y_test, masks)
            result["entries"][name][str(seed)] = rounded(found)
            result["seeds"] = sorted({int(s) for runs in result["entries"].values() for s in runs})
            print(f"{name}, seed {seed}: {rounded(found)}", flush=True)
            write(options.out, result)
    return result


def write(path: Path, result: dict) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.replace(path)


def tables(result: dict) -> dict:
    """Return {measure: {entry: [a number a seed]}}."""
    names = next(iter(result["controls"].values()))
    return {
        measure: {
            name: [runs[seed][measure] for seed in sorted(runs, key=int)]
            for name, runs in result["entries"].items()
        }
        for measure in names
    }


def show(result: dict) -> None:
    """Print a table a measure: mean and 95 % interval over the seeds."""
    for name, table in tables(result).items():
        print(name)
        for entry, values in table.items():
            if len(values) > 1:
                print(f"  {entry:22} {interval(values)}   ({len(values)} seeds)")
        for entry, found in result["controls"].items():
            print(f"  {entry:22} {found[name]:.3f}")


def compare(first: dict, second: dict) -> None:
    """Print, a measure a line, how many pairs both results separate, and how many the same way."""
    for name, table in tables(first).items():
        print(f"{name}: {agreement(table, tables(second)[name])}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=WAYS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of steps")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--compare", nargs=2, type=Path, metavar="JSON")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "cyclegan_ablation.json")
    arguments = parser.parse_args()
    if arguments.compare:
        compare(*(json.loads(path.read_text(encoding="utf-8")) for path in arguments.compare))
    elif arguments.show:
        show(json.loads(arguments.out.read_text(encoding="utf-8")))
    else:
        torch.set_num_threads(1)
        show(measure(arguments))
