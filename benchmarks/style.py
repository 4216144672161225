"""Style transfer and compositing, measured: time, and quality for time.

    python benchmarks/style.py [PART ...] [--threads 2] [--out benchmarks/results/style.json]

Parts, all by default:
feedforward: milliseconds of the shipped stylist on a photo of 256x256 pixels (median);
poisson: milliseconds of `poisson_blend` at 512x512 in colour, for masks of several shapes (median),
    and the largest difference to a dense solution on small images;
optimiser: for each photo, the stylist's loss, and how many seconds and evaluations `stylise` needs
    to reach it, with the same objective, and what it has reached after --evaluations of them;
harmoniser: the mean squared error inside the mask, on photos that it was not trained on: of
    composites as they are, with the mask's moments matched to those of the rest of the image, with
    the piece blended by Poisson's equation, and by the shipped harmoniser; intervals over photos.

The last two use the test photos of horse2zebra where they are to be had (GANBOOK_DATA), and the
two photographs of scikit-learn. Results are written to --out, part by part.
"""

import argparse
import json
import time
from pathlib import Path
from statistics import median

import torch
from seeds import conditions

import ganbook as gb
from ganbook import backbones, brushwork, checkpoints, compositing, metrics, training

STYLIST, STYLE_SIZE = "stylist-swirls", 256
BACKBONE = "squeezenet1_1"  # what the stylist was trained with
OBJECTIVE = dict(
    content_weight=1.0, style_weight=4.0, tv_weight=0.1, content_layers=(1,), recolour=True
)


def milliseconds(call, rounds):
    """Return the median time of a call, after one to warm up."""
    times = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return median(times[1:])


@torch.no_grad()
def feedforward(options):
    model = checkpoints.load(STYLIST)
    photo = gb.to_float(gb.load("photos", size=256).images[:1])
    found = milliseconds(lambda: model(photo), 20)
    print(f"{STYLIST}, 256x256, {torch.get_num_threads()} threads: {found:.0f} ms")
    return dict(stylist_256_ms=found)


def masks(size):
    """Return masks of several shapes, none of which touches the border."""
    line = torch.linspace(-1, 1, size)
    y, x = torch.meshgrid(line, line, indexing="ij")
    radius, angle = torch.hypot(x, y), torch.atan2(y, x)
    shapes = dict(
        square=torch.ones(size, size, dtype=torch.bool),
        disc=radius < 0.95,
        ring=(radius < 0.95) & (radius > 0.3),
        star=radius < 0.5 + 0.4 * torch.sin(9 * angle),
    )
    for mask in shapes.values():
        mask[0] = mask[-1] = False
        mask[:, 0] = mask[:, -1] = False
    return shapes


def dense(source, target, inside):
    """Solve equation 7 of Pérez et al. 2003 with an explicit matrix; images (C, H, W)."""
    index = {tuple(place): i for i, place in enumerate(inside.nonzero().tolist())}
    matrix = torch.zeros(len(index), len(index), dtype=torch.float64)
    right = torch.zeros(len(index), len(source), dtype=torch.float64)
    for (y, x), i in index.items():
        for q in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            matrix[i, i] += 1
            right[i] += source[:, y, x] - source[:, q[0], q[1]]
            if q in index:
                matrix[i, index[q]] = -1
            else:
                right[i] += target[:, q[0], q[1]]
    blended = target.clone()
    blended[:, inside] = torch.linalg.solve(matrix, right).T
    return blended


def poisson(options):
    random = torch.Generator().manual_seed(0)
    worst = 0.0
    for size in (9, 20, 31):
        source, target = torch.rand(2, 1, 3, size, size, generator=random, dtype=torch.float64)
        for inside in masks(size).values():
            found = compositing.poisson_blend(source, target, inside[None, None])[0]
            worst = max(worst, (found - dense(source[0], target[0], inside)).abs().max().item())
    print(f"Poisson, largest difference to a dense solution: {worst:.1e}")
    source, target = gb.to_float(gb.load("photos", size=512).images).split(1)
    times = {}
    for name, inside in masks(512).items():
        mask = inside[None, None]
        times[name] = milliseconds(lambda m=mask: compositing.poisson_blend(source, target, m), 5)
        print(f"  512x512, {name:6}: {times[name]:5.0f} ms, {int(inside.sum()):,} pixels inside")
    return dict(poisson_512_ms=times, poisson_largest_difference=worst)


def test_photos(size, count):
    """Return photos that no network here was trained on, in [-1, 1], and where they are from."""
    photos = gb.load("photos", size=size).images
    names = ["photos"] * len(photos)
    try:
        others = gb.load("horse2zebra", size=size, split="test").images
    except FileNotFoundError:
        print("horse2zebra is not here: the two photographs of scikit-learn alone")
    else:
        order = torch.randperm(len(others), generator=torch.Generator().manual_seed(0))
        photos = torch.cat([photos, others[order]])
        names += ["horse2zebra test"] * len(others)
    return gb.to_float(photos[:count]), names[:count]


def optimiser(options):
    model, maps = checkpoints.load(STYLIST), backbones.feature_maps(BACKBONE)
    style = gb.to_float(brushwork.swirls(STYLE_SIZE, 0))[None]
    goal = training.Objective(maps, style, **OBJECTIVE)
    rows = []
    for photo, name in zip(*test_photos(256, options.photos), strict=True):
        photo = photo[None]
        with torch.no_grad():
            parts = goal(model(photo), goal.content_of(photo))
            stylist = {key: value.item() for key, value in parts.items()}
            spent = milliseconds(lambda x=photo: model(x), 5)
        start = compositing.match_moments(photo, style).clamp(-1, 1)
        wanted = dict(steps=options.evaluations, start=start, **OBJECTIVE)
        _, history = training.stylise(photo, style, maps, **wanted)
        reached = [i for i, loss in enumerate(history["loss"]) if loss <= stylist["loss"]]
        rows.append(
            dict(
                photo=name,
                stylist=dict(stylist, ms=spent),
                optimiser=dict(
                    start=history["loss"][0],
                    evaluations_to_equal=reached[0] + 1 if reached else None,
                    seconds_to_equal=history["seconds"][reached[0]] if reached else None,
                    evaluations=len(history["loss"]),
                    seconds=history["seconds"][-1],
                    **{key: history[key][-1] for key in stylist},
                ),
            )
        )
        one, two = rows[-1]["stylist"], rows[-1]["optimiser"]
        equal = "never" if not reached else f"{two['seconds_to_equal']:.1f} s"
        print(
            f"{name:16} stylist {one['loss']:.3f} in {one['ms']:.0f} ms; optimiser from "
            f"{two['start']:.3f}, as good after {equal}, {two['loss']:.3f} after "
            f"{two['seconds']:.1f} s",
            flush=True,
        )
    return dict(photos=rows)


@torch.no_grad()
def harmoniser(options):
    model = checkpoints.load("harmoniser-photos")
    photos, _ = test_photos(64, 262)
    random = torch.Generator().manual_seed(0)
    light, mask = training.other_light(photos, random), training.regions(photos, random)
    mask[..., 0, :] = mask[..., -1, :] = mask[..., 0] = mask[..., -1] = 0  # Poisson's boundary
    images = compositing.alpha_blend(light, photos, mask)
    moments = dict(mask=mask, reference_mask=1 - mask)
    answers = {
        "as it is": images,
        "moments": compositing.alpha_blend(
            compositing.match_moments(images, images, **moments).clamp(-1, 1), images, mask
        ),
        "Poisson": compositing.poisson_blend(light, photos, mask).clamp(-1, 1),
        "harmoniser": model(images, mask).clamp(-1, 1),
    }
    errors = {name: training.region_error(x, photos, mask) for name, x in answers.items()}
    found = {}
    for name, values in errors.items():
        interval = metrics.bootstrap(lambda x: x.mean().item(), values[:, None])
        found[name] = dict(interval._asdict())
        better = (values < errors["moments"]).float().mean().item()
        found[name]["better_than_moments"] = better
        print(
            f"{name:11} squared error {interval.value:.4f} [{interval.low:.4f}, "
            f"{interval.high:.4f}], below that of moments for {better:.2f} of the photos"
        )
    return dict(count=len(photos), errors=found)


PARTS = dict(feedforward=feedforward, poisson=poisson, optimiser=optimiser, harmoniser=harmoniser)


def main(options):
    torch.set_num_threads(options.threads)
    options.scale, options.seeds = "full", 1
    for part in options.parts or PARTS:
        found = PARTS[part](options)
        results = json.loads(options.out.read_text("utf-8")) if options.out.exists() else {}
        results[part] = dict(found, conditions=dict(conditions(options), note=options.note))
        options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--photos", type=int, default=6)
    parser.add_argument("--evaluations", type=int, default=30, help="steps of the optimiser")
    parser.add_argument("--note", default="", help="on the machine, kept with the results")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results/style.json")
    main(parser.parse_args())
