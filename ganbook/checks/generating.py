"""Verdicts for the exercises of the chapter "What does it mean to generate an image?"."""

import math

import torch

from ganbook.checks._digits import digits, kernel_scores, log_gaussian
from ganbook.checks._generating_slips import (
    BRIGHT,
    ENCODE,
    EXPORT,
    LOG_DENSITY,
    REASONS,
    UNDERFLOW,
    change_of_units,
    far_images,
)
from ganbook.checks._verdict import NotQuite, compare, exercise, same, show, value


def number(answer) -> float:
    """Return an answer that is one number, as a float; say that one was expected otherwise."""
    if isinstance(answer, torch.Tensor) and answer.numel() == 1:
        return float(answer)
    if isinstance(answer, str) or not hasattr(answer, "__float__"):
        raise NotQuite(f"A number was expected, and {show(answer)} came.")
    return float(answer)


@exercise(
    why="A log-density has units: nats are comparable only on the same data in the same range.",
    hints=(
        "Bytes are y = 127.5 (x + 1). By GEN.2, what is the density of one pixel divided by?",
        "An image has 64 pixels: divide 64 times, and take the logarithm.",
    ),
)
def units(answer):
    """The change of an image's log-density, in nats, when [-1, 1] is rewritten as [0, 255]."""
    answer = number(answer)
    if math.isfinite(answer) and not (answer == 0 or 1e-9 < abs(answer) < 1e9):
        raise NotQuite(
            f"Your answer is {answer:.4g}: the logarithm is missing. It turns the product of 64 "
            "factors into a sum."
        )
    value(answer, right=-64 * math.log(127.5), mistakes=change_of_units(), tolerance=2e-4)


@exercise(
    why="Any density of one number becomes a sampler once F is inverted.",
    hints=(
        "F(a) is the integral of (1 + x) / 2 from -1 to a, which is (1 + a)^2 / 4.",
        "Solve u = (1 + x)^2 / 4 for x; of the two roots, take the one between -1 and 1.",
    ),
)
def bright(answer):
    """A function of uniform u that samples the density (1 + x) / 2 on [-1, 1]."""
    u = torch.tensor([0.01, 0.16, 0.36, 0.49, 0.9])
    if callable(answer) and not same(answer(u.clone()), answer(u.clone()), 1e-4):
        raise NotQuite(
            "Called twice with the same u, your function gave two answers: it draws noise of its "
            "own. Its numbers may be distributed rightly, but F⁻¹(u) itself is wanted."
        )
    try:  # 1 - u is as uniform as u
        compare(answer, right=lambda u: 2 * (1 - u).sqrt() - 1, inputs=[(u,)])
    except NotQuite:
        compare(answer, right=lambda u: 2 * u.sqrt() - 1, inputs=[(u,)], mistakes=BRIGHT)


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
    compare(answer, right=EXPORT[0][0], inputs=inputs, mistakes=EXPORT, tolerance=1e-6)
    result = answer(*inputs[0])
    if not hasattr(result, "dtype"):
        raise NotQuite(
            f"The values are right, but they come as a {type(result).__name__}: "
            "return a tensor (or an array) of type uint8."
        )
    kind = str(result.dtype).removeprefix("torch.")
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
    x = torch.tensor([[0.5, -1.0, 0.2], [-0.4, 0.3, 0.9]])
    mean, std = torch.tensor([0.1, -0.6, 0.3]), torch.tensor([0.5, 0.2, 1.5])
    inputs = [(x, mean, std), (-x, std, mean.abs())]
    compare(answer, right=log_gaussian, inputs=inputs, mistakes=LOG_DENSITY)
    try:
        compare(answer, right=log_gaussian, inputs=far_images(), mistakes=UNDERFLOW)
    except (ValueError, ArithmeticError) as error:  # math.log(0.0)
        raise NotQuite(
            f"On images of 64 pixels your code raised {type(error).__name__}: {error}. "
            "Far from the mean a density underflows to 0: work with logs from the start."
        ) from error


@exercise(
    why="A generator that can be run backwards turns images into noise: codes to compare and edit.",
    hints=(
        "Solve x = mean + V (sqrt(eigenvalues) z) for z; the columns of V are orthonormal.",
        "Rows are images: subtract the mean, multiply by V from the right, divide by the roots.",
    ),
)
def encode(answer):
    """A function (x (B, d), mean (d,), V (d, k), eigenvalues (k,)) -> noise z (B, k)."""
    x = torch.tensor([[0.5, -1.0, 0.2], [-0.4, 0.3, 0.9]])
    mean, values = torch.tensor([0.1, -0.6, 0.3]), torch.tensor([4.0, 1.5, 0.25])
    V = torch.linalg.qr(torch.tensor([[1.0, 2.0, 0.5], [-1.0, 1.0, 1.0], [0.3, -0.7, 2.0]]))[0]
    right = lambda x, m, V, e: (x - m) @ V / e.sqrt()  # noqa: E731
    for k in (3, 2):
        compare(answer, right=right, inputs=[(x, mean, V[:, :k], values[:k])], mistakes=ENCODE)


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
    floor, letter = answer
    if isinstance(floor, str) and not isinstance(letter, str):
        raise NotQuite(f"The other way round: first the floor, {letter}, then the letter.")
    floor, letter = number(floor), str(letter).strip(" ().'\"").lower()
    if floor != floor or floor == math.inf:
        raise NotQuite(f"A floor of {floor:g} is no standard deviation: a number above 0, please.")
    if not floor > 0:
        raise NotQuite(f"With a floor of {floor:g} a std is 0, and 0 / 0 is no number: above 0.")
    real, unseen = digits()
    score = log_gaussian(unseen, real.mean(0), real.std(0).clamp(min=floor)).mean()
    if not score.isfinite():
        raise NotQuite(
            f"With a floor of {floor:g} even double precision rounds the variance, {floor:g}², "
            "down to 0, and the score is no finite number: go less low."
        )
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
    if isinstance(answer, tuple | list):
        raise NotQuite(
            f"The width alone is wanted, and {show(answer)} came. If `max` gave you a pair "
            "(score, h), take its second part."
        )
    h, best = number(answer), 0.7
    if not 0 < h < math.inf:
        raise NotQuite(f"A width must be above 0 and finite, and {h:g} came.")
    if abs(h - best) <= 0.055:  # 0.05, and a little for what `spread` adds
        return
    (seen, unseen), most = kernel_scores(h), kernel_scores(best)[1]
    report = (
        f"With h = {h:g}, training digits score {seen:.1f} nats and unseen ones {unseen:.1f}, "
        f"{most - unseen:.1f} below the best"
    )
    if abs(h - 0.28) < 0.03:
        raise NotQuite(f"{report}: 0.28 was best in grey values; here the unit is a pixel's std.")
    if h < 0.3:
        raise NotQuite(f"{report}: so narrow that it copies. Choose by unseen digits alone.")
    if h < best:
        raise NotQuite(f"{report}: too narrow. Take smaller steps upwards.")
    if most - unseen > 5:
        raise NotQuite(f"{report}: so wide that the lumps blur into one another. Go narrower.")
    raise NotQuite(f"{report}: too wide. Take smaller steps downwards.")
