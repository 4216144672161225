"""The exercise of the style chapter that blends one picture into another."""

from functools import partial

import torch

from ganbook.checks._evaluation_numbers import slips, tensor
from ganbook.checks._style_pastes import PASTES
from ganbook.checks._verdict import NotQuite, exercise, recognise, same, show

MASKS = (
    ("........", "..###...", "..#####.", "..##.##.", ".###.#..", ".##.....", "........"),
    (".......", ".##..#.", ".##..#.", ".......", "..#....", "......."),
    ("........", ".######.", ".######.", ".######.", ".######.", ".######.", "........"),
)
NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1))


def drawn(rows, seed):
    """Return source, target (H, W) of different levels, and the mask."""
    mask = torch.tensor([[mark == "#" for mark in row] for row in rows])
    g = torch.Generator().manual_seed(seed)
    source, target = torch.rand(2, *mask.shape, generator=g)
    slope = torch.linspace(-0.9, 0.5, mask.shape[1])
    return 1.2 * source - 0.1, 0.4 * target + slope, mask


GUIDES = {  # what a pixel p and its neighbour q bring to the right-hand side
    "source": lambda s, t, p, q, within: s[p] - s[q],
    "turned": lambda s, t, p, q, within: s[q] - s[p],
    "none": lambda s, t, p, q, within: 0.0,
    "pixels": lambda s, t, p, q, within: s[p] / 4,
    "four pixels": lambda s, t, p, q, within: s[p],
    "target": lambda s, t, p, q, within: t[p] - t[q],
    "masked": lambda s, t, p, q, within: s[p] - s[q] * within,
    "inside": lambda s, t, p, q, within: (s[p] - s[q]) * within,
    "quarter": lambda s, t, p, q, within: (s[p] - s[q]) / 4,
    "mixed": lambda s, t, p, q, within: max(s[p] - s[q], t[p] - t[q], key=abs),
    "mean": lambda s, t, p, q, within: (s[p] - s[q] + t[p] - t[q]) / 2,
    "between": lambda s, t, p, q, within: s[p] - t[q],
}
EDGES = {  # what a neighbour outside brings: to the diagonal, and to the right-hand side
    "target": lambda s, t, q: (1, t[q]),
    "zero": lambda s, t, q: (1, 0.0),
    "source": lambda s, t, q: (1, s[q]),
    "free": lambda s, t, q: (0, 0.0),
    "uncounted": lambda s, t, q: (0, t[q]),
    "turned": lambda s, t, q: (1, -t[q]),
    "twice": lambda s, t, q: (1, 2 * t[q]),
    "difference": lambda s, t, q: (1, t[q] - s[q]),
}


def blend(source, target, mask, *, guide="source", edge="target", outside="target"):
    """Return the blend of Pérez et al. (2003), equation 7, for pictures (H, W), or with slips."""
    s, t = ({(i, j): v for i, row in enumerate(x.tolist()) for j, v in enumerate(row)}
            for x in (source, target))  # fmt: skip
    row_of = {tuple(p): n for n, p in enumerate(mask.nonzero().tolist())}
    matrix = [[0.0] * len(row_of) for _ in row_of]
    known = [0.0] * len(row_of)
    for (i, j), n in row_of.items():
        for q in ((i + di, j + dj) for di, dj in NEIGHBOURS):
            within = q in row_of
            known[n] += GUIDES[guide](s, t, (i, j), q, within)
            count, given = (1, 0.0) if within else EDGES[edge](s, t, q)
            matrix[n][n] += count
            known[n] += given
            if within:
                matrix[n][row_of[q]] -= 1
    matrix, known = (torch.tensor(part, dtype=torch.float64) for part in (matrix, known))
    result = {"target": target, "source": source, "zero": 0 * target}[outside].double().clone()
    result[mask] = torch.linalg.pinv(matrix) @ known
    return result


LOST = "The boundary is missing: "
FREE = LOST + "with neighbours inside alone, any constant may be added, and the matrix is "
FREE += "singular. The target's pixels around the mask tie it down."
SINGULAR = (
    "Your matrix is singular, or nearly. Is the boundary missing, or are the neighbours wrongly "
)
SINGULAR += "counted at the mask's edge? Each pixel has four, so 4 on the diagonal everywhere; of "
SINGULAR += "those outside the mask the target's pixels go to the right-hand side."
POISSON_MISTAKES = [
    *PASTES,
    (partial(blend, guide="inside", edge="free"), FREE),
    *slips(
        blend,
        guide={
            "source": "",
            "turned": "The sign of the Laplacian is turned: the object comes out as its negative. "
            "The sum of s_p - s_q stands on the right, with a plus.",
            "none": "Nothing of the source is left but its place: that is a smooth filling, with 0 "
            "on the right in place of the sum of s_p - s_q.",
            "pixels": "The source's pixels stand on the right in place of its gradients: the sum "
            "of s_p - s_q.",
            "four pixels": "The source's pixels, four times, stand on the right in place of its "
            "gradients: from each, its neighbour is taken off.",
            "target": "Those are the target's gradients: nothing is pasted.",
            "masked": "The source is set to 0 outside the mask before its differences are taken: "
            "at the mask's edge they become whole pixels.",
            "inside": "At the mask's edge the source's differences to neighbours outside are left "
            "out: all four count.",
            "quarter": "The source's Laplacian is divided by 4, and the other side is not.",
            "mixed": "Those are mixed gradients, the larger of the two: here the source's alone.",
            "mean": "Those are the means of both pictures' gradients: the source's alone.",
            "between": "From the source's pixel the target's neighbours are taken off: the "
            "differences are the source's own.",
        },
        edge={
            "target": "",
            "zero": LOST + "neighbours outside the mask count as 0, and the rim is drawn there. "
            "Their target's pixels go to the right-hand side.",
            "source": LOST + "the source's own pixels stand around the mask, so nothing is moved: "
            "the target's belong there.",
            "free": FREE,
            "uncounted": "Wrong count of neighbours at the mask's edge: each pixel has four, those "
            "outside as well, so 4 stands on the diagonal everywhere.",
            "turned": "The target's pixels around the mask have the wrong sign on the right.",
            "twice": "The target's pixels around the mask count twice.",
            "difference": "Around the mask target - source stands: that solves for what is added "
            "to the source, and then its gradients are 0.",
        },
        outside={
            "target": "",
            "source": "Outside the mask stands the source: the target's pixels belong there.",
            "zero": "Outside the mask stands 0: the target's pixels belong there.",
        },
    ),
]


@exercise(
    why="Differences from the source, the level from the target: an equation for each pixel.",
    hints=(
        "4 x_p less the neighbours inside is known: the four s_p - s_q, and the target's pixels "
        "where neighbours are outside.",
        "Number the pixels inside, fill A (n, n) and b (n,), torch.linalg.solve(A, b); or begin "
        "with the target and set x_p = (Σ x_q + Σ (s_p - s_q)) / 4 some hundred times.",
    ),
)
def poisson(answer):
    """A function of source, target and mask (H, W): the Poisson blend, (H, W)."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    inputs = [drawn(rows, seed) for seed, rows in enumerate(MASKS)]
    results = [solved(answer, args) for args in inputs]
    for (source, target, mask), got in zip(inputs, results, strict=True):
        want = blend(source, target, mask)
        if same(got, want, 2e-3):
            continue
        known = recognise(results, inputs, POISSON_MISTAKES, 2e-3)
        off = (got - want).abs().nan_to_num(float("inf")) > 2e-3
        place = tuple((off & ~mask if (off & ~mask).any() else off).nonzero()[0].tolist())
        where = "inside" if mask[place] else "outside"
        level = (got - source)[mask]
        if not known and level.numel() > 9 and same(level, level.mean().expand_as(level), 2e-3):
            known = LOST + "inside, that is the source and a constant."
        raise NotQuite(f"The pixel {place}, {where} the mask, is {got[place] + 0:.4g}; "
                       f"{want[place]:.4g} was expected. {known}".rstrip())  # fmt: skip


def solved(answer, args):
    """Call the answer; a matrix that cannot be solved has lost its boundary."""
    try:
        result = answer(*(x.clone() for x in args))
    except Exception as error:  # torch and numpy each have an error of their own
        if "singular" not in str(error).lower():
            raise
        raise NotQuite(SINGULAR) from None
    held = picture(result, args[1])
    if held.isfinite().all() and held.abs().max() > 1e3:
        raise NotQuite(f"Pixels of the size of {held.abs().max():.1g} come out. {SINGULAR}")
    return held


def picture(result, target) -> torch.Tensor:
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    held = tensor(result)
    told = f"For pictures of shape {tuple(target.shape)} one of that shape was expected, and "
    if held is None or held.is_complex():
        raise NotQuite(told + f"{show(result)} came.")
    if held.shape != target.shape:
        inside = " Are those the pixels inside alone? They go into a copy of the target."
        raise NotQuite(told + f"{tuple(held.shape)} came.{inside * (held.ndim == 1)}")
    return held.double()
