"""What does beta buy? Rate, distortion and disentanglement on shapes, whose factors are known.

    python benchmarks/beta_vae.py                                    in full: five seeds
    python benchmarks/beta_vae.py --seeds 10 11 12 13 14 --out again.json
    python benchmarks/beta_vae.py --compare benchmarks/results/beta_vae.json again.json

One small convolutional VAE with ten latents is trained on grey shapes with several weights beta of
the KL, and with the total correlation weighted instead (beta-TCVAE: Chen et al. 2018,
arXiv:1802.04942). All runs have the same number of steps; a seed fixes weights, batches and noise.
Over held-out shapes: the rate (KL) and the distortion (cross-entropy of the pixels, less that of a
perfect guess of their brightness) in nats an image; the mutual information gap of the posterior
means with kind, size, x, y and colour; and the active units. Two controls share the gap's table:
the means of untrained encoders, and ten principal components of the images.
The angle is no factor here: a disc has none, and a square the same four times. The result goes to
--out as JSON.
"""

import argparse
import json
from pathlib import Path

import torch
from seeds import agreement, conditions, interval
from torch.nn.functional import binary_cross_entropy

import ganbook as gb
from ganbook import losses, metrics, training
from ganbook.metrics.disentanglement import informations
from ganbook.models.vae import VAE
from ganbook.procedural import shapes

HERE = Path(__file__).parent
FACTORS = ("kind", "size", "x", "y", "colour")
STEPS, BATCH, TRAIN, TEST, LATENT, LEVELS = 2000, 64, 10_000, 5000, 10, 10
WAYS = {
    **{f"beta {beta}": dict(beta=beta) for beta in (0.5, 1, 2, 4, 8, 16)},
    **{f"total correlation {beta}": dict(correlation=beta) for beta in (4, 8)},
}


def known(factors):
    """Return the factors (N, 5) as integers: the kind, and tenths of the others' ranges."""
    columns = [factors["kind"]]
    for name in FACTORS[1:]:
        values = factors[name]
        low, high = values.aminmax()
        columns.append(((values - low) / (high - low) * LEVELS).long().clamp(max=LEVELS - 1))
    return torch.stack(columns, dim=1)


def train(images, *, seed, steps, beta=1.0, correlation=None):
    """Return a VAE trained with a weight of the KL, or one of the total correlation in it."""
    gb.seed(seed)

    def penalty(z, mean, log_var):
        return (correlation - 1) * losses.total_correlation(z, mean, log_var)

    model = VAE(width=8, latent=LATENT)
    step = training.VAEStep(
        model,
        lr=2e-3,
        beta=float(beta),
        seed=seed,
        regularise=None if correlation is None else penalty,
    )
    stream = gb.batches(images, batch_size=BATCH, seed=seed)
    for _ in range(steps):
        step(next(stream))
    return model


@torch.no_grad()
def means_of(model, images):
    return torch.cat([model.encode(part)[0] for part in images.split(500)])


@torch.no_grad()
def score(model, images, factors, floor) -> dict:
    """Return what held-out images cost, and what the latents know, of one model."""
    moments = [model.encode(part) for part in images.split(500)]
    means = torch.cat([part[0] for part in moments])
    rate = torch.cat([losses.gaussian_kl(*part) for part in moments]).mean().item()
    distortion = -metrics.elbo(model, images) - rate - floor
    return {
        "rate": rate,
        "distortion": distortion,
        "mutual information gap": metrics.mutual_information_gap(means, factors),
        "active units": metrics.active_units(means),
        **{f"gap of {name}": gap for name, gap in gaps(means, factors).items()},
    }


def gaps(means, factors) -> dict:
    """Return the gap of each factor by itself."""
    information, entropies = informations(means, factors)
    best = information.topk(2, dim=0).values
    return dict(zip(FACTORS, ((best[0] - best[1]) / entropies).tolist(), strict=True))


def principal(images):
    """Return the first principal components of images, (N, LATENT)."""
    rows = images.flatten(1) - images.flatten(1).mean(dim=0)
    return rows @ torch.linalg.eigh(rows.T @ rows).eigenvectors[:, -LATENT:]


def compare(first: dict, second: dict) -> None:
    """Print, a measure a line, how many pairs both results separate, and how many the same way."""
    for name in next(iter(first["entries"].values())):
        tables = [
            {entry: found[name] for entry, found in result["entries"].items()}
            for result in (first, second)
        ]
        print(f"{name}: {agreement(*tables)}")


def measure(options) -> dict:
    images = shapes(TRAIN, 32, 1, seed=0)[0]
    held_out, factors = shapes(TEST, 32, 1, seed=1)
    held_out, factors = gb.to_float(held_out), known(factors)
    brightness = (held_out + 1) / 2
    floor = binary_cross_entropy(brightness, brightness, reduction="sum").item() / TEST
    steps = max(1, round(STEPS * options.scale))
    entries = {}
    for name, way in WAYS.items():
        runs = [
            score(train(images, seed=seed, steps=steps, **way), held_out, factors, floor)
            for seed in options.seeds
        ]
        entries[name] = {key: [round(run[key], 4) for run in runs] for key in runs[0]}
        first = {key: interval(values) for key, values in list(entries[name].items())[:4]}
        shown = [f"{key} {centre:8.3f} ± {half:.3f}" for key, (centre, half) in first.items()]
        print(f"{name:20}", "  ".join(shown), flush=True)
    untrained = [means_of(train(images, seed=seed, steps=0), held_out) for seed in options.seeds]
    controls = {
        "untrained": [metrics.mutual_information_gap(means, factors) for means in untrained],
        "principal components": metrics.mutual_information_gap(principal(held_out), factors),
    }
    print("mutual information gap of controls:", controls)
    return dict(
        conditions(options),
        steps=steps,
        batch=BATCH,
        floor=round(floor, 4),
        entries=entries,
        controls=controls,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of steps")
    parser.add_argument("--compare", nargs=2, type=Path, metavar="JSON")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "beta_vae.json")
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
