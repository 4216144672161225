"""The exercise of the chapter "Judging generators" that says which of two models is better."""

import torch

from ganbook.checks._evaluation_frechet import frechet
from ganbook.checks._verdict import NotQuite, exercise, show

ROWS = 2000
FEW = 4  # dimensions: between equals one distance is often twice the other, by chance
PERFECT = (0.0, 0.0)  # shift of every feature, link between the features
SHIFTED = (0.23, 0.0)
LINKED = (0.0, 0.5)
CONTESTS = (  # right answer, flaws of a and b, rows of a and b, dimension, scale, seed
    ("b", SHIFTED, PERFECT, 2000, 200, 64, 1.0, 1),
    ("a", PERFECT, SHIFTED, 600, 600, 64, 1.0, 2),
    ("neither", PERFECT, PERFECT, 200, 1200, FEW, 1.0, 65),
    ("a", PERFECT, SHIFTED, 200, 1500, 64, 0.3, 4),
    ("neither", PERFECT, PERFECT, 500, 500, 64, 3.0, 11),
    ("b", LINKED, PERFECT, 400, 1200, 64, 1.0, 8),
    ("neither", SHIFTED, SHIFTED, 1600, 200, 64, 3.0, 53),
)


def contest(flaw_a, flaw_b, n_a, n_b, dimension, scale, seed):
    """Return features of real samples (2000, D), of a and of b."""
    g = torch.Generator().manual_seed(seed)
    flaws = ((ROWS, PERFECT), (n_a, flaw_a), (n_b, flaw_b))
    return tuple(scale * flawed(rows, dimension, *flaw, g) for rows, flaw in flaws)


def flawed(rows, dimension, shift, link, g):
    """Return (rows, D) of variance 1: the shift moves the means, the link the covariances alone."""
    x = torch.randn(rows, dimension, generator=g)
    if link:
        x = (x + link * torch.randn(rows, 1, generator=g)) / (1 + link**2) ** 0.5
    return x + shift


@exercise(
    why="A fair comparison: as many rows of each, and a difference larger than its scatter.",
    hints=(
        "The distance falls as rows are added: give both models min(len(a), len(b)) rows.",
        "Draw such rows again and again, half of that number, say: if the difference of distances "
        "is below twice its standard deviation, it is 'neither'.",
    ),
)
def fair_verdict(answer):
    """A function of features real, a and b that returns "a", "b" or "neither"."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    drawn = [contest(*settings) for _, *settings in CONTESTS]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        said = [verdict(answer(*(features.clone() for features in sets))) for sets in drawn]
    truth = [right for right, *_ in CONTESTS]
    for (right, _, _, n_a, n_b, *_), given in zip(CONTESTS, said, strict=True):
        if given != right:
            by_design = "the two are equally good" if right == "neither" else f"{right} is better"
            raise NotQuite(
                f"Where a has {n_a} rows and b has {n_b} you say {given!r}, and by design "
                f"{by_design}. {explanation(said, truth, drawn)}".rstrip()
            )


def verdict(result) -> str:
    given = result.strip().lower() if isinstance(result, str) else None
    if given not in ("a", "b", "neither"):
        missing = " Is a `return` missing?" if result is None else ""
        raise NotQuite(f"'a', 'b' or 'neither' was expected, and {show(result)} came.{missing}")
    return given


def explanation(said, truth, drawn) -> str:
    """Say what slip the verdicts look like."""
    at_full_size = ["a" if frechet(real, a) < frechet(real, b) else "b" for real, a, b in drawn]
    larger = ["a" if len(a) > len(b) else "b" for _, a, b in drawn]
    turned = [dict(a="b", b="a").get(given, given) for given in said]
    wrong = [n for n, (given, right) in enumerate(zip(said, truth, strict=True)) if given != right]
    decided = [n for n, right in enumerate(truth) if right != "neither"]
    if len(set(said)) == 1:
        return "You say the same of every pair."
    if at_full_size in (said, turned):
        sizes = (
            "Those are the distances at different sample sizes: with fewer rows the distance of "
            "one and the same model is larger."
        )
        return sizes if said == at_full_size else f"{sizes} And the smaller distance is better."
    if all(turned[n] == truth[n] for n in decided):
        return "Where one is better you name the other: better is what is nearer to the real."
    if all(CONTESTS[n][1] == LINKED and said[n] == "neither" for n in wrong):
        return (
            "Here each feature by itself is as it should be, and the covariances between them are "
            "not: compare more than means."
        )
    if all(CONTESTS[n][5] == FEW for n in wrong):
        return (
            "Both are near, and between small numbers chance alone makes a large gap in per cent: "
            "no fixed tolerance will do. By how much does the gap itself scatter?"
        )
    if all(said[n] == truth[n] for n in decided):
        return (
            "You are right wherever one is better. Where they are equal, what you measure differs "
            "too, by chance: by how much does the difference scatter?"
        )
    scales = [scale for *_, scale, _ in CONTESTS]
    if all(scales[n] < 1 if said[n] == "neither" else scales[n] > 1 for n in wrong):
        return (
            "Is that a fixed threshold? Features come at any scale, and what you measure changes "
            "with it: compare the difference with its own scatter."
        )
    if all(said[n] == "neither" for n in wrong):
        return (
            "The data can tell here, by many times the scatter of the difference. Ranges need not "
            "be disjoint: look at the difference itself."
        )
    unequal = [n for n in wrong if len(drawn[n][1]) != len(drawn[n][2])]
    if unequal == wrong and all(said[n] == larger[n] for n in wrong):
        return (
            "You are wrong for different sample sizes only, and then for the larger: is what you "
            "measure smaller just because of its rows?"
        )
    return ""
