"""Verdicts for the exercises on latents of the chapter "DCGAN"."""

import math
from functools import cache

import torch

from ganbook import checkpoints
from ganbook.checks._verdict import NotQuite, exercise, recognise, same, show
from ganbook.latents import slerp as arc


def angle(a, b):
    return torch.arccos((a @ b / (a.norm() * b.norm())).clamp(-1, 1))


def stretched_chord(a, b, t):
    line = torch.lerp(a, b, t)
    return line * a.norm() / line.norm()


def weighted(a, b, t, omega):
    return (((1 - t) * omega).sin() * a + (t * omega).sin() * b) / omega.sin()


SLERP_MISTAKES = (
    (torch.lerp, "That is the straight line, which cuts the corner."),
    (lambda a, b, t: arc(b, a, t), "It runs backwards: t = 0 is a, and t = 1 is b."),
    (lambda a, b, t: arc(a, b, t) / a.norm(), "Its length is 1: keep that of the latents."),
    (lambda a, b, t: arc(a, b, t) * angle(a, b).sin(), "The division by sin(angle) is missing."),
    (lambda a, b, t: (1 - t) ** 0.5 * a + t**0.5 * b,
     "Square roots as weights keep the length only where a and b are at right angles."),
    (stretched_chord,
     "The right arc, but not at an even pace: a stretched chord hurries in the middle."),
    (lambda a, b, t: (((1 - t) * angle(a, b)).cos() * a + (t * angle(a, b)).cos() * b)
     / angle(a, b).sin(), "Sines, not cosines: at t = 0 the weight of b must be 0."),
    (lambda a, b, t: arc(a, b, t) * a.norm(),
     "The hats are missing: DCG.9 adds a and b of length 1, and gives the length afterwards."),
    (lambda a, b, t: weighted(a, b, t, a @ b / (a.norm() * b.norm())),
     "That is the cosine; the angle is its arccos."),
    (lambda a, b, t: math.cos(t * math.pi / 2) * a + math.sin(t * math.pi / 2) * b,
     "A quarter turn is right only where a and b are at right angles: use their angle."),
)  # fmt: skip


@exercise(
    why="Every latent on the way is as long as those the generator was trained on.",
    hints=(
        "The angle is arccos(a @ b / (a.norm() * b.norm())). DCG.9 has the rest.",
        "Where the angle is 0 its sine is, too: then a itself is the answer.",
    ),
)
def slerp(answer):
    """A function of latents a, b (Z,) of one length, and t in [0, 1]: the point on the arc."""
    a, b, c = torch.randn(3, 100, generator=torch.Generator().manual_seed(0))
    b, c = (v * a.norm() / v.norm() for v in (b, a + 0.5 * c))
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    inputs = [(a, b, 0.5), (a, b, 0.2), (a, c, 0.3), (a, c, 0.0), (b, c, 1.0)]
    results = [answer(start.clone(), end.clone(), t) for start, end, t in inputs]
    for (start, end, t), result in zip(inputs, results, strict=True):
        if not same(result, arc(start, end, t), 1e-3):
            degrees = math.degrees(angle(start, end))
            raise NotQuite(
                f"With t = {t:g}, between latents of length {a.norm():.2f} at {degrees:.0f} "
                f"degrees, {described(result)} came; {described(arc(start, end, t))} was expected. "
                + recognise(results, inputs, SLERP_MISTAKES, 1e-3)
            )
    stay = torch.as_tensor(answer(a.clone(), a.clone(), 0.5))
    if not same(stay, a, 1e-2):
        reason = (
            "at angle 0 it divides 0 by 0."
            if stay.isnan().any()
            else "at angle 0 both weights must add up to 1, and sines are no help: return a itself."
        )
        raise NotQuite(f"From a to a itself {described(stay)} came, not {described(a)}: {reason}")


def described(point) -> str:
    if getattr(point, "shape", None) != (100,):
        return show(point)
    point = torch.as_tensor(point)
    first = ", ".join(f"{x:.2f}" for x in point[:3].tolist())
    return f"a point of length {point.norm():.2f} that begins {first}"


@cache
def walkers():
    """The shipped generator and classifier, mean latents by class, and latents to be moved."""
    generator = checkpoints.load("dcgan-fashion-mnist")
    judge = checkpoints.load("fashion-mnist-classifier")
    z = torch.randn(1200, generator.latent, generator=torch.Generator().manual_seed(7))
    label = classify(generator, judge, z)
    means = torch.stack([z[:1000][label[:1000] == c].mean(0) for c in range(10)])
    return generator, judge, means, z[1000:], label[1000:]


@torch.no_grad()
def classify(generator, judge, z):
    return torch.cat([judge(generator(part)).argmax(1) for part in z.split(250)])


def walk(factor: float) -> tuple[float, float]:
    """Move 200 latents to the next class but two: the share that arrives, and the mean cosine."""
    generator, judge, means, z, label = walkers()
    target = (label + 3) % 10
    moved = z + factor * (means[target] - means[label])
    moved = moved * z.norm(dim=1, keepdim=True) / moved.norm(dim=1, keepdim=True)
    arrived = classify(generator, judge, moved) == target
    return arrived.float().mean().item(), torch.cosine_similarity(z, moved).mean().item()


@exercise(
    why="So small a turn changes the garment: class is written large in the latents.",
    hints=(
        "Print the two numbers of `walk` for factors 0.5, 1, 1.5, ... 5.",
        "Too short, and the class does not change; too long, and everything ends in one place.",
    ),
)
def reach(answer):
    """A factor for the arrows: 60 % arrive, and latents keep a mean cosine of 0.85."""
    if isinstance(answer, str) or not math.isfinite(factor := float(answer)):
        raise NotQuite(f"A number was expected, and {show(answer)} came.")
    if factor <= 0:
        raise NotQuite(f"A factor of {factor:g} does not walk towards the other class.")
    arrived, cosine = walk(factor)
    report = (
        f"With {factor:g}, of this check's own 200 latents {arrived:.1%} arrive, "
        f"at a mean cosine of {cosine:.3f}"
    )
    if arrived < 0.6:
        short = (
            "go further" if cosine > 0.85 else "it is too far: the arrow has replaced the latent"
        )
        raise NotQuite(f"{report}: {short}.")
    if cosine < 0.85:
        raise NotQuite(f"{report}: they arrive, but as other latents. Do not go so far.")
