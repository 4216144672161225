"""The exercise of the VQ-VAE chapter that finds a start from which a codebook collapses."""

import torch

from ganbook.checks._evaluation_numbers import tensor
from ganbook.checks._verdict import NotQuite, exercise, show

CENTRES = ((-1.0, -0.6), (1.0, -0.6), (0.0, 1.0))
SIDE, APART, ROUNDS = 1.5, 0.2, 60


def points():
    """Return three clouds of 60 points each, (180, 2)."""
    g = torch.Generator().manual_seed(0)
    return torch.tensor(CENTRES).repeat(60, 1) + 0.12 * torch.randn(180, 2, generator=g)


def train(codebook, x):
    """Move each code to the mean of its points, 60 times; return error and uses of each code."""
    codebook = codebook.clone()
    for _ in range(ROUNDS):
        nearest = torch.cdist(x, codebook).argmin(1)
        for code in nearest.unique():
            codebook[code] = x[nearest == code].mean(0)
    distances = torch.cdist(x, codebook).square()
    error, nearest = distances.min(1)
    return error.mean().item(), torch.bincount(nearest, minlength=len(codebook)).tolist()


@exercise(
    why="A code that no row chooses gets no gradient and no mean: where it starts, it stays.",
    hints=(
        "A code moves to the mean of the points that chose it; one that is nearest to none stays.",
        "Good: one code near each cloud. Bad: one code in a cloud, one half-way between the other "
        "two, and the third in a corner, farther from every point.",
    ),
)
def starts(answer):
    """Two codebooks (3, 2) to start from, good and bad: one that thrives, one that collapses."""
    if isinstance(answer, dict) and set(answer) == {"good", "bad"}:
        answer = (answer["good"], answer["bad"])
    if isinstance(answer, torch.Tensor) and answer.shape == (2, 3, 2):
        answer = tuple(answer)
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise NotQuite(f"Two codebooks, (good, bad), were expected, and {show(answer)} came.")
    good, bad = (codebook(given, name) for given, name in zip(answer, ("good", "bad"), strict=True))
    x = points()
    error, uses = train(good, x)
    worse, bad_uses = train(bad, x)
    if 0 in uses and 0 not in bad_uses:
        raise NotQuite("From the good start a code is never used, and from the bad one all are: "
                       "have they changed places?")  # fmt: skip
    if 0 in uses:
        raise NotQuite(f"From the good start the three codes end with {uses} points: a code with "
                       "none is lost.")  # fmt: skip
    if error > 0.1:
        raise NotQuite(
            f"From the good start all codes are used, {uses}, but the squared error stays at "
            f"{error:.2f}: two share a cloud, and one serves two. Can you get below 0.1?"
        )
    if 0 not in bad_uses:
        found = f"The bad start ends with {bad_uses} points and a squared error of {worse:.2f}"
        more = (
            ": it recovers." if worse < 0.1 else
            ": a poor place to end, but no code is dead. One that no point is nearest to stays so."
        )  # fmt: skip
        raise NotQuite(found + more)


def codebook(given, name) -> torch.Tensor:
    if isinstance(given, tuple | list) and any(isinstance(row, torch.Tensor) for row in given):
        given = torch.stack([torch.as_tensor(row) for row in given])
    held = tensor(given)
    if held is None or tuple(held.shape) != (3, 2) or held.is_complex():
        raise NotQuite(f"The {name} start should be three codes of two numbers, and {show(given)} "
                       "came.")  # fmt: skip
    held = held.float()
    if not (held.abs() <= SIDE + 1e-6).all():
        raise NotQuite(f"The {name} start leaves the square from -{SIDE} to {SIDE}: codes start "
                       "among the data, or any would do.")  # fmt: skip
    if torch.pdist(held).min() < APART - 1e-6:
        raise NotQuite(f"Two codes of the {name} start are {torch.pdist(held).min():.2g} apart: at "
                       f"least {APART} was asked for, or a tie decides.")  # fmt: skip
    return held
