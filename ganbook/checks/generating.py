"""Verdicts for the exercises of the chapter "What does it mean to generate an image?"."""

import math
from itertools import product

import torch

from ganbook.checks._digits import digits, kernel_scores, log_gaussian
from ganbook.checks._verdict import NotQuite, compare, exercise, value


@exercise(
    why="A log-density has units: nats are comparable only on the same data in the same range.",
    hints=(
        "Bytes are y = 127.5 (x + 1). By GEN.2, what is the density of one pixel divided by?",
        "An image has 64 pixels: divide 64 times, and take the logarithm.",
    ),
)
def units(answer):
    """The change of an image's log-density, in nats, when [-1, 1] is rewritten as [0, 255]."""
    right = -64 * math.log(127.5)
    mistakes = [
        (-right, "The sign is wrong: does stretching make a density thicker or thinner?"),
        (right / 64, "That is the change for one pixel; an image has 64."),
        (-64 * math.log(255), "[-1, 1] is 2 wide, not 1: by what factor is it stretched?"),
        (-64 * math.log2(127.5), "Those are bits (base 2); nats use the natural logarithm."),
        (-64 * 127.5, "The logarithm is missing: factors multiply, their logs add up."),
        (0, "The pictures are the same, but a density is probability per volume."),
    ]
    value(answer, right=right, mistakes=mistakes)


@exercise(
    why="Any density of one number becomes a sampler once F is inverted.",
    hints=(
        "F(a) is the integral of (1 + x) / 2 from -1 to a, which is (1 + a)^2 / 4.",
        "Solve u = (1 + x)^2 / 4 for x; of the two roots, take the one between -1 and 1.",
    ),
)
def bright(answer):
    """A function of uniform u that samples the density (1 + x) / 2 on [-1, 1]."""
    mistakes = [
        (lambda u: (1 + u) ** 2 / 4, "That is F(u), the distribution: its inverse is needed."),
        (lambda u: (1 + u) / 2, "That is the density at u: integrate it, then invert."),
        (lambda u: u.sqrt(), "That samples the density 2x on [0, 1]: stretch it onto [-1, 1]."),
        (lambda u: 2 * u - 1, "That is uniform on [-1, 1]: bright is no likelier than dark."),
        (lambda u: -1 - 2 * u.sqrt(), "The wrong root: these values lie below -1."),
    ]
    inputs = [(torch.tensor([0.01, 0.16, 0.36, 0.49, 0.9]),)]
    try:  # 1 - u is as uniform as u
        compare(answer, right=lambda u: 2 * (1 - u).sqrt() - 1, inputs=inputs)
    except NotQuite:
        compare(answer, right=lambda u: 2 * u.sqrt() - 1, inputs=inputs, mistakes=mistakes)


SCALES = (
    (lambda x: (x + 1) * 127.5, ""),
    (lambda x: x * 255, "That is for [0, 1]: here everything below 0 is lost."),
    (lambda x: (x - x.min()) / (x.max() - x.min()) * 255, "Scaled by the batch's own extremes."),
)
CASTS = (  # from floats to whole numbers; a cast to bytes wraps what lies outside 0..255
    (lambda x: x.round().clamp(0, 255), ""),
    (lambda x: x.clamp(0, 255).trunc(), "A cast cuts decimals off: `round` first."),
    (lambda x: x.round() % 256, "Beyond 0 to 255 bytes wrap round: `clamp` first."),
    (lambda x: x.trunc() % 256, "Both `round` and `clamp` are missing before the cast."),
)
LAYOUTS = (
    (lambda x: x.permute(0, 2, 3, 1), ""),
    (lambda x: x.reshape(len(x), *x.shape[2:], -1), "`reshape` keeps the order: use `permute`."),
    (lambda x: x.permute(0, 3, 2, 1), "Height and width have changed places."),
    (lambda x: x, "The channels are still in front: an image file wants them last."),
)


@exercise(
    why="Range, rounding, clipping and layout: four silent ways to spoil a picture, all avoided.",
    hints=(
        "Two steps: first GEN.6, with `round` and `clamp`, and a cast to uint8; then the axes.",
        "(B, C, H, W) becomes (B, H, W, C) by x.permute(0, 2, 3, 1).",
    ),
)
def export(answer):
    """A function from floats (B, C, H, W), about -1 to 1, to bytes (B, H, W, C)."""
    g = torch.Generator().manual_seed(0)
    inputs = [(2.4 * torch.rand(2, 3, 4, 5, generator=g) - 1.2,) for _ in range(2)]
    mistakes = [
        (lambda x, steps=steps: steps[2][0](steps[1][0](steps[0][0](x))),
         " ".join(message for _, message in steps if message))
        for steps in product(SCALES, CASTS, LAYOUTS)
    ]  # fmt: skip
    compare(answer, right=mistakes[0][0], inputs=inputs, mistakes=mistakes, tolerance=1e-6)
    kind = str(getattr(answer(*inputs[0]), "dtype", "no tensor")).removeprefix("torch.")
    if kind != "uint8":
        raise NotQuite(f"The values are right, but of type {kind}: a file wants uint8.")


@exercise(
    why="Maximise this over the data and you have trained your first density model.",
    hints=(
        "Work out one pixel first: -((x - mean) / std)**2 / 2 - log(std) - log(2 pi) / 2.",
        "Independent pixels multiply their densities, so their logs add up: .sum(1), not .mean().",
    ),
)
def log_density(answer):
    """A function (x (B, d), mean (d,), std (d,)) -> log-density of each image (B,), in nats."""
    right = log_gaussian
    squares = lambda x, m, s: ((x - m) / s) ** 2  # noqa: E731
    mistakes = [
        (lambda x, m, s: -right(x, m, s), "That is the *negative* log-density."),
        (lambda x, m, s: -0.5 * (squares(x, m, s) + 2 * s.log()).sum(1), "log(2π) is missing."),
        (lambda x, m, s: right(x, m, s) / len(m), "A mean over pixels: their logs must add up."),
        (lambda x, m, s: right(x, m, s).sum(), "Summed over images too: keep one number for each."),
        (lambda x, m, s: right(x, m, s.sqrt()), "`std` was used as if it were the variance."),
        (lambda x, m, s: right(x, m, s) + 0.5 * (squares(x, m, s) * (1 - s)).sum(1),
         "The squared difference is divided by the std: it should be the std squared."),
        (lambda x, m, s: right(x, m, s) + 0.5 * s.log().sum(), "log(2π std): the square is lost."),
        (lambda x, m, s: 2 * right(x, m, s), "The factor 1/2 is missing."),
        (lambda x, m, s: -0.5 * squares(x, m, s).sum(1), "Only the squares, without log(2π std²)."),
    ]  # fmt: skip
    x = torch.tensor([[0.5, -1.0, 0.2], [-0.4, 0.3, 0.9]])
    mean, std = torch.tensor([0.1, -0.6, 0.3]), torch.tensor([0.5, 0.2, 1.5])
    compare(answer, right=right, inputs=[(x, mean, std), (-x, std, mean.abs())], mistakes=mistakes)


@exercise(
    why="A generator that can be run backwards turns images into noise: codes to compare and edit.",
    hints=(
        "Solve x = mean + V (sqrt(eigenvalues) z) for z; the columns of V are orthonormal.",
        "Rows are images: subtract the mean, multiply by V from the right, divide by the roots.",
    ),
)
def encode(answer):
    """A function (x (B, d), mean (d,), V (d, k), eigenvalues (k,)) -> noise z (B, k)."""
    mistakes = [
        (lambda x, m, V, e: x @ V / e.sqrt(), "The mean has not been subtracted."),
        (lambda x, m, V, e: (x - m) @ V / e, "Divided by variances: the noise was scaled by stds."),
        (lambda x, m, V, e: (x - m) @ V * e.sqrt(), "Scaled as forwards: going back, divide."),
        (lambda x, m, V, e: (x - m) @ V, "The noise is not scaled: each of it has variance 1."),
        (lambda x, m, V, e: (x - m) @ V.T / e.sqrt(), "V is transposed: directions are columns."),
    ]
    x = torch.tensor([[0.5, -1.0, 0.2], [-0.4, 0.3, 0.9]])
    mean, values = torch.tensor([0.1, -0.6, 0.3]), torch.tensor([4.0, 1.5, 0.25])
    V = torch.linalg.qr(torch.tensor([[1.0, 2.0, 0.5], [-1.0, 1.0, 1.0], [0.3, -0.7, 2.0]]))[0]
    right = lambda x, m, V, e: (x - m) @ V / e.sqrt()  # noqa: E731
    for k in (3, 2):
        compare(answer, right=right, inputs=[(x, mean, V[:, :k], values[:k])], mistakes=mistakes)


REASONS = dict(
    a="The pixels that vary had larger stds all along: what has the floor changed for them?",
    c="A density is not a probability: its logarithm may well be above 0.",
    d="The digits were unseen, and a mean and a std cannot hold 1,500 pictures.",
)


@exercise(
    why="On values that repeat exactly, a density has no ceiling: spread them, or distrust it.",
    hints=(
        "Three pixels are black in every digit. What is a Gaussian's log-density at its own mean?",
        "-log(std) - log(2π)/2: each tenfold smaller floor gains 2.3 nats for each such pixel.",
    ),
)
def cheat(answer):
    """A pair (floor, letter): a floor under the pixels' stds that scores above 100 nats; why."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise NotQuite(f'A pair such as (0.01, "a") was expected, and {answer!r} came.')
    floor, letter = float(answer[0]), str(answer[1]).strip().lower()
    if not floor > 0:
        raise NotQuite(f"With a floor of {floor:g} a std is 0, and 0 / 0 is no number: above 0.")
    real, unseen = digits()
    score = log_gaussian(unseen, real.mean(0), real.std(0).clamp(min=floor)).mean()
    if not score > 100:
        raise NotQuite(f"A floor of {floor:g} scores {score:.1f} nats, not above 100: go lower.")
    if letter != "b":
        reason = REASONS.get(letter, "The reasons are a, b, c, d.")
        raise NotQuite(f"The floor is fine ({score:.0f} nats), but the reason is not. {reason}")


@exercise(
    why="But these digits have now been used to choose: an honest report needs a third set.",
    hints=(
        "Print the mean of stretched_kernels(judge_by, h) for h from 0.2 to 2.",
        "The maximum lies between 0.6 and 0.8.",
    ),
)
def kernel_width(answer):
    """The width h, in units of each pixel's std, that makes unseen digits most probable."""
    h = float(answer)
    if not 0 < h < math.inf:
        raise NotQuite(f"A width must be above 0, and {h:g} came.")
    (seen, unseen), best = kernel_scores(h), kernel_scores(0.7)[1]
    report = f"With h = {h:g}, training digits score {seen:.1f} nats and unseen ones {unseen:.1f}"
    if best - unseen > 5 and abs(h - 0.28) < 0.03:
        raise NotQuite(f"{report}: 0.28 was best in grey values; here the unit is a pixel's std.")
    if best - unseen > 5 and h < 0.7:
        raise NotQuite(f"{report}: so narrow that it copies. Choose by unseen digits alone.")
    if best - unseen > 5:
        raise NotQuite(f"{report}: so wide that the lumps blur into one another. Go narrower.")
    if best - unseen > 1:
        raise NotQuite(f"{report}: {best - unseen:.1f} nats below the best. Take smaller steps.")
