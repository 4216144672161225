"""The exercise of the chapter "Judging generators" that writes the Fréchet distance."""

import math

import numpy as np
import torch

from ganbook.checks._evaluation_numbers import compare_numbers, slips
from ganbook.checks._verdict import NotQuite, exercise


def frechet(x, y, *, means="squared", spread="covariance", root="matrix", whole="distance"):
    """Return the Fréchet distance of x (N, D) and y (M, D), right or with the slips asked for."""
    x, y = x.double(), y.double()
    gap = x.mean(0) - y.mean(0)
    a, b = SPREADS[spread](x), SPREADS[spread](y)
    return WHOLES[whole](MEANS[means](gap), a.trace() + b.trace(), ROOTS[root](a, b)).item()


MEANS = {
    "squared": lambda gap: gap @ gap,
    "none": lambda gap: 0 * gap[0],
    "norm": lambda gap: gap.norm(),
    "mean": lambda gap: gap.square().mean(),
    "sum": lambda gap: gap.sum() ** 2,
    "overall": lambda gap: gap.mean() ** 2,
    "cityblock": lambda gap: gap.abs().sum(),
}
SPREADS = {
    "covariance": lambda x: torch.cov(x.T),
    "N": lambda x: torch.cov(x.T, correction=0),
    "rows": torch.cov,
    "uncentred": lambda x: x.T @ x / len(x),
    "uncentred, N - 1": lambda x: x.T @ x / (len(x) - 1),
    "sum": lambda x: torch.cov(x.T) * (len(x) - 1),
    "correlation": lambda x: torch.corrcoef(x.T),
}
ROOTS = {
    "matrix": lambda a, b: torch.linalg.eigvals(a @ b).real.clamp(min=0).sqrt().sum(),
    "entries": lambda a, b: (a @ b).diagonal().sqrt().sum(),
    "diagonals": lambda a, b: (a * b).diagonal().sqrt().sum(),
    "apart": lambda a, b: (matrix_root(a) @ matrix_root(b)).trace(),
    "triangle": lambda a, b: torch.linalg.eigvalsh(a @ b).clamp(min=0).sqrt().sum(),
    "other triangle": lambda a, b: torch.linalg.eigvalsh(b @ a).clamp(min=0).sqrt().sum(),
    "triangle, nan": lambda a, b: torch.linalg.eigvalsh(a @ b).sqrt().sum(),
    "symmetrised": lambda a, b: matrix_root((a @ b + b @ a) / 2).trace(),
    "singular": lambda a, b: torch.linalg.svdvals(a @ b).sqrt().sum(),
    "none": lambda a, b: (a @ b).trace(),
    "of trace": lambda a, b: (a @ b).trace().sqrt(),
    "of both traces": lambda a, b: (a.trace() * b.trace()).sqrt(),
}
WHOLES = {
    "distance": lambda means, traces, root: means + traces - 2 * root,
    "root": lambda means, traces, root: (means + traces - 2 * root).clamp(min=0).sqrt(),
    "once": lambda means, traces, root: means + traces - root,
    "plus": lambda means, traces, root: means + traces + 2 * root,
    "spread": lambda means, traces, root: means + traces,
    "minus": lambda means, traces, root: means - traces - 2 * root,
}
ONE_TRIANGLE = (
    "`eigvalsh` reads one triangle only, and C_x C_y is not symmetric: `eigvals` reads all of it."
)
MISTAKES = slips(
    frechet,
    means={
        "squared": "",
        "none": "The mean term is missing: clouds of one shape in two places are not alike.",
        "norm": "The mean term is |m_x - m_y| squared, without a root.",
        "mean": "The mean term is a sum over the D squares, not their mean.",
        "sum": "Square each difference of means first, then add: differences must not cancel.",
        "overall": "Each feature has a mean of its own: mean(dim=0), not mean().",
        "cityblock": "The mean term adds squares, not absolute values.",
    },
    spread={
        "covariance": "",
        "N": "The covariances divide by N, and should by N - 1: with a dozen rows it matters.",
        "rows": "Those are covariances of rows, (N, N): `cov` wants the features in rows: x.T.",
        "uncentred": "A covariance is about the mean: subtract it from x first.",
        "uncentred, N - 1": "A covariance is about the mean: subtract it from x first.",
        "sum": "A covariance is a mean: divide by N - 1.",
        "correlation": "Those are correlations; a covariance keeps the scale.",
    },
    root={
        "matrix": "",
        "entries": "The square root was taken element by element. A matrix root S has S @ S = A: "
        "its trace is the sum of the roots of the eigenvalues.",
        "diagonals": "That ignores the covariances between features, as EVA.2 for each feature "
        "does, and C_x * C_y, element by element. The product of matrices is `@`, and its root a "
        "matrix root.",
        "apart": "The product of two roots is not the root of the product, unless C_x and C_y "
        "commute.",
        "triangle": ONE_TRIANGLE,
        "other triangle": ONE_TRIANGLE,
        "triangle, nan": f"A root of a negative number? {ONE_TRIANGLE}",
        "symmetrised": "The mean of C_x C_y and its transpose has other eigenvalues than C_x C_y.",
        "singular": "Singular values of C_x C_y are not its eigenvalues: it is not symmetric.",
        "none": "The square root of C_x C_y is missing.",
        "of trace": "That is the root of the trace; the trace of the root was asked for.",
        "of both traces": "The root is that of the matrix C_x C_y, not of the product of traces.",
    },
    whole={
        "distance": "",
        "root": "That is its square root: the Fréchet distance of the chapter, and FID, are not "
        "rooted.",
        "once": "The trace of the root counts twice: - 2 tr(...).",
        "plus": "The trace of the root is subtracted, like the 2ab in (a - b)².",
        "spread": "The third part, - 2 tr((C_x C_y)^(1/2)), is missing.",
        "minus": "Both covariances are added: tr(C_x) + tr(C_y).",
    },
)


def matrix_root(a):
    values, vectors = torch.linalg.eigh(a)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T


def clouds(seed, n, m, dimension):
    """Return two float32 clouds, (n, D) and (m, D), that lean, differ, and lie apart."""
    g = torch.Generator().manual_seed(seed)
    drawn = [torch.randn(rows, dimension, generator=g) for rows in (n, m)]
    x, y = (cloud + torch.randn(len(cloud), 1, generator=g) for cloud in drawn)
    step = torch.linspace(0.5, 1.5, dimension)
    return x * step, 1.5 * y * step.flip(0) + torch.linspace(2, -1, dimension)


def of_unequal(result) -> str:
    return "With as many rows in x as in y it was right: each has its own number of rows."


NO_INVERSE = "The same number needs none: tr(C_x) + tr(C_y) - 2 tr((C_x C_y)^(1/2))."


def of_few(result) -> str:
    if math.isnan(result):
        return (
            "With fewer rows than columns some eigenvalues are 0, and rounding makes them a little "
            "less; the root of that is nan: clamp(min=0) before it. Or was it an inverse? "
            + NO_INVERSE
        )
    return (
        "With fewer rows than columns the covariances have no inverse and no Cholesky root. "
        + NO_INVERSE
    )


def of_itself(result) -> str:
    return "A cloud is at no distance from itself."


@exercise(
    why="A few lines of linear algebra: that is all there is to the number in so many tables.",
    hints=(
        "torch.cov(x.T) is the covariance, (D, D). The trace of a matrix root is the sum of the "
        "roots of the eigenvalues.",
        "torch.linalg.eigvals(cx @ cy) are complex by type only: .real.clamp(min=0).sqrt().sum().",
    ),
)
def frechet_distance(answer):
    """A function of features x (N, D) and y (M, D) that returns their Fréchet distance."""
    same_rows = [clouds(323, 12, 12, 3), clouds(14, 8, 8, 4), clouds(316, 10, 10, 3)]
    x = same_rows[0][0]
    try:
        compare_numbers(
            answer,
            right=frechet,
            cases=[(f"x and y of shape {tuple(a.shape)}", (a, b)) for a, b in same_rows],
            mistakes=MISTAKES,
            special=(
                ("x of shape (9, 3) and y of shape (20, 3)", clouds(4, 9, 20, 3), of_unequal),
                ("x of shape (5, 8) and y of shape (6, 8)", clouds(5, 5, 6, 8), of_few),
                ("x and y the same", (x, x), of_itself),
            ),
        )
    except (torch.linalg.LinAlgError, np.linalg.LinAlgError) as error:
        raise NotQuite(f"Your code raised {type(error).__name__}. {of_few(math.inf)}") from None
