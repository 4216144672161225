"""The exercise of the style chapter that lets Adam race against L-BFGS."""

import math
from functools import cache

import torch
from torch.nn import functional as F

from ganbook.checks._evaluation_numbers import one_number
from ganbook.checks._gan_patients import plain
from ganbook.checks._verdict import NotQuite, exercise, show

SIZE, EVALUATIONS, GOAL = 16, 60, 0.004
NAMES = {"adam": "Adam", "l bfgs": "L-BFGS", "lbfgs": "L-BFGS"}


@cache
def problem(seed=0):
    """Return the loss of a texture at two layers of random filters, and the noise to start from."""
    g = torch.Generator().manual_seed(seed)
    draw = torch.float64
    first = torch.randn(8, 1, 3, 3, generator=g, dtype=draw) / 3
    second = torch.randn(12, 8, 3, 3, generator=g, dtype=draw) / math.sqrt(72)
    i = torch.arange(SIZE)
    stripes = torch.sin((i[:, None] + 2 * i) * 2 * math.pi / 8)[None, None].to(draw)
    style = stripes + 0.3 * torch.randn(stripes.shape, generator=g, dtype=draw)
    start = 0.5 * torch.randn(1, 1, SIZE, SIZE, generator=g, dtype=draw)

    def grams(x):
        a = F.relu(F.conv2d(around(x), first))
        b = F.relu(F.conv2d(around(F.avg_pool2d(a, 2)), second))
        return [f.flatten(2) @ f.flatten(2).mT / f[0].numel() for f in (a, b)]

    wanted = grams(style.clamp(-1, 1))

    def loss(x):
        return sum((a - b).square().sum() for a, b in zip(grams(x), wanted, strict=True))

    return loss, start


def around(x):
    return F.pad(x, (1, 1, 1, 1), mode="circular")


def left(rate=None, *, evaluations=EVALUATIONS, seed=0) -> float:
    """Return the share of the loss that Adam with a rate, or L-BFGS for None, leaves."""
    loss, start = problem(seed)
    x = start.clone().requires_grad_()

    def closure():
        x.grad = None
        found = loss(x)
        found.backward()
        return found

    with torch.enable_grad():
        if rate is None:
            line = dict(line_search_fn="strong_wolfe", tolerance_grad=0, tolerance_change=0)
            torch.optim.LBFGS(
                [x], lr=1, max_iter=evaluations, max_eval=evaluations, **line
            ).step(closure)  # fmt: skip
        else:
            adam = torch.optim.Adam([x], lr=rate)
            for _ in range(evaluations):
                adam.step(closure)
    with torch.no_grad():
        return (loss(x) / loss(start)).item()


@exercise(
    why="Curvature, learnt on the way, and a line search in place of a rate: with one picture, and "
    "a loss without noise, that pays.",
    hints=(
        "A step of Adam moves each pixel by about its rate, whatever the slope. How far must a "
        "pixel go in 60 steps?",
        "Try 0.01, 0.1 and 1. For L-BFGS: torch.optim.LBFGS with line_search_fn='strong_wolfe'.",
    ),
)
def adam_or_lbfgs(answer):
    """A dict(rate=, lower=): a good learning rate for Adam, and whose loss is lower at the end."""
    if isinstance(answer, tuple | list) and len(answer) == 2:
        answer = dict(rate=answer[0], lower=answer[1])
    if not isinstance(answer, dict) or set(answer) != {"rate", "lower"}:
        raise NotQuite(f"dict(rate=..., lower=...) was expected, and {show(answer)} came.")
    missing = [key for key, given in answer.items() if given is ...]
    if missing:
        raise NotQuite(f"Still missing: {', '.join(missing)}.")
    lower = NAMES.get(plain(answer["lower"]))
    if lower is None:
        raise NotQuite(f'"Adam" or "L-BFGS" was expected, and {show(answer["lower"])} came.')
    rate = one_number(answer["rate"])
    if not (0 < rate < math.inf):
        raise NotQuite(f"A learning rate is above 0; {rate:g} came.")
    adam = left(rate)
    said = f"After {EVALUATIONS} evaluations Adam with the rate {rate:g} has {adam:.2g} of the loss"
    if not adam < GOAL:
        way = (
            "The loss is no number any more: far too large a rate." if not math.isfinite(adam) else
            "It has grown: the rate is too large." if adam >= 1 else
            "Try another one; from one to the next a factor of 3 or 10."
        )  # fmt: skip
        raise NotQuite(f"{said} left; below {GOAL} was asked for. {way}")
    rival = left()
    if (lower == "Adam") != (adam < rival):
        raise NotQuite(f"{said} left, and L-BFGS {rival:.2g}: the lower one is not {lower}.")
