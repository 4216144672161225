"""The exercise of the chapter "Judging generators" that writes the kernel distance."""

import math

import torch

from ganbook.checks._evaluation_numbers import compare_numbers, slips
from ganbook.checks._verdict import exercise


def kernel_mmd(x, y, *, kernel="cubic", within="unbiased", cross="all", whole="plain"):
    """Return MMD² of x (N, D) and y (M, D), unbiased, or with the slips asked for."""
    x, y, k = x.double(), y.double(), KERNELS[kernel]
    inside = WITHIN[within](k(x, x)) + WITHIN[within](k(y, y))
    return WHOLES[whole](inside - CROSS[cross](k(x, y))).item()


KERNELS = {
    "cubic": lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3,
    "no D": lambda a, b: (a @ b.T + 1) ** 3,
    "no one": lambda a, b: (a @ b.T / a.shape[1]) ** 3,
    "square": lambda a, b: (a @ b.T / a.shape[1] + 1) ** 2,
    "linear": lambda a, b: a @ b.T / a.shape[1] + 1,
    "root": lambda a, b: (a @ b.T / a.shape[1] ** 0.5 + 1) ** 3,
    "outside": lambda a, b: (a @ b.T + 1) ** 3 / a.shape[1],
    "sum": lambda a, b: ((a @ b.T + 1) / a.shape[1]) ** 3,
    "rows": lambda a, b: (a @ b.T / len(a) + 1) ** 3,
    "transposed": lambda a, b: (a.T @ b / a.shape[1] + 1) ** 3,
}
WITHIN = {
    "unbiased": lambda k: (k.sum() - k.trace()) / (len(k) * (len(k) - 1)),
    "biased": lambda k: k.mean(),
    "N²": lambda k: (k.sum() - k.trace()) / len(k) ** 2,
    "with diagonal": lambda k: k.sum() / (len(k) * (len(k) - 1)),
    "half": lambda k: k.triu(1).sum() / (len(k) * (len(k) - 1)),
    "sum": lambda k: k.sum() - k.trace(),
    "all summed": lambda k: k.sum(),
}
CROSS = {
    "all": lambda k: 2 * k.mean(),
    "partners": lambda k: 2 * WITHIN["unbiased"](k),
    "once": lambda k: k.mean(),
    "plus": lambda k: -2 * k.mean(),
    "none": lambda k: 0 * k.sum(),
    "sum": lambda k: 2 * k.sum(),
    "N - 1": lambda k: 2 * k.sum() / (len(k) * (len(k) - 1)),
}
WHOLES = {
    "plain": lambda mmd: mmd,
    "root": lambda mmd: mmd.clamp(min=0).sqrt(),
    "turned": lambda mmd: -mmd,
    "thousand": lambda mmd: 1000 * mmd,
}
MISTAKES = slips(
    kernel_mmd,
    kernel={
        "cubic": "",
        "no D": "In the kernel the product a·b is divided by D, the number of features.",
        "no one": "The kernel adds 1 before it takes the third power.",
        "square": "The kernel takes the third power, not the second.",
        "linear": "The kernel takes the third power: a linear one sees the means only.",
        "root": "The kernel divides by D, not by its root.",
        "outside": "Divide a·b by D inside the third power.",
        "sum": "Divide only a·b by D; the 1 stays 1.",
        "rows": "The kernel divides by D, the number of features, not by the number of rows.",
        "transposed": "x.T @ y pairs features with features; x @ y.T pairs rows with rows.",
    },
    within={
        "unbiased": "",
        "biased": "That is biased: k(x_i, x_i) on the diagonal pairs a row with itself. Leave the "
        "diagonal out, and divide by N (N - 1).",
        "N²": "Without the diagonal there are N (N - 1) pairs, not N².",
        "with diagonal": "You divide by N (N - 1), but the sum still has the diagonal.",
        "half": "Above the diagonal lie N (N - 1) / 2 pairs: the sum counts each pair once.",
        "sum": "The first two parts are means: divide by N (N - 1).",
        "all summed": "The first two parts are means over the pairs off the diagonal.",
    },
    cross={
        "all": "",
        "partners": "Between x and y the diagonal belongs in: row i of x and row i of y are two "
        "different samples.",
        "once": "The mean over pairs of x and y counts twice.",
        "plus": "The mean over pairs of x and y is subtracted.",
        "none": "The mean over pairs of x and y is missing: - 2 mean k(x, y).",
        "sum": "The third part is a mean over the pairs of x and y, not a sum.",
        "N - 1": "Between x and y there are N M pairs, and all are different samples.",
    },
    whole={
        "plain": "",
        "root": "That is MMD; MMD² was asked for, and below 0 it has no root.",
        "turned": "The sign is turned: large values are for clouds that differ.",
        "thousand": "Papers print it times 1000; MMD² itself was asked for.",
    },
)


def clouds(seed, n, m, dimension, shift=0.5):
    g = torch.Generator().manual_seed(seed)
    x, y = (1.5 * torch.randn(rows, dimension, generator=g) for rows in (n, m))
    return x, (1 + shift) * y + shift


def of_unequal(result) -> str:
    return (
        "With as many rows in x as in y it was right: N (N - 1), M (M - 1) and N M pairs, each "
        "kind with its own mean."
    )


def of_negative(result) -> str:
    if math.isnan(result):
        return "It is a root of a negative number; MMD² was asked for."
    if result == 0:
        return "Do not cut off at 0: on average only what may fall below 0 is unbiased."
    if result > 0:
        return "No absolute value: on average only what may fall below 0 is unbiased."
    return ""


@exercise(
    why="Without the diagonal its mean is the true value at every size: sizes may differ.",
    hints=(
        "k = (x @ y.T / D + 1) ** 3 holds all pairs of x and y; k.trace() is its diagonal's sum.",
        "Within x: (k.sum() - k.trace()) / (N * (N - 1)). Between x and y: 2 * k.mean().",
    ),
)
def kernel_distance(answer):
    """A function of features x (N, D) and y (M, D) that returns their unbiased MMD²."""
    same_rows = [clouds(1, 8, 8, 4), clouds(2, 6, 6, 3), clouds(3, 10, 10, 5)]
    compare_numbers(
        answer,
        right=kernel_mmd,
        cases=[(f"x and y of shape {tuple(x.shape)}", (x, y)) for x, y in same_rows],
        mistakes=MISTAKES,
        special=(
            ("x of shape (7, 4) and y of shape (11, 4)", clouds(4, 7, 11, 4), of_unequal),
            ("x and y of one distribution", clouds(1, 12, 12, 4, shift=0.0), of_negative),
        ),
    )
