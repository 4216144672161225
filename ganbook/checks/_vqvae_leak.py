"""The exercise of the VQ-VAE chapter that catches priors which see what they predict."""

import torch
from torch import nn

from ganbook.checks._verdict import NotQuite, exercise, show

CODES, GRID = 6, (3, 4)
PLACES = GRID[0] * GRID[1]


class Seeing(nn.Module):
    """A prior whose logits at a place depend on the places that `mask` (P, P) marks in its row."""

    def __init__(self, mask, *, seed=0, strength=1.0, only=None, codes=CODES):
        super().__init__()
        g = torch.Generator().manual_seed(seed)
        weight = torch.randn(PLACES, PLACES, generator=g) * mask * strength
        self.register_buffer("weight", weight)
        self.register_buffer("table", torch.randn(codes, codes, generator=g))
        self.register_buffer("bias", torch.randn(PLACES, codes, generator=g))
        self.codes, self.grid, self.only = codes, GRID, only
        self.tried = torch.zeros(PLACES, codes, dtype=torch.bool)  # what the answer looked at

    def forward(self, indices):
        """Indices (B, h, w) to logits (B, codes, h, w)."""
        flat = indices.flatten(1).long()
        self.tried[torch.arange(PLACES), flat] = True
        seen = self.table[flat]  # (B, P, codes)
        if self.only is not None:
            seen = torch.where((flat == self.only)[..., None], seen, 0.0)
        logits = self.bias + self.weight @ seen
        return logits.transpose(1, 2).unflatten(2, GRID)


def masks() -> dict:
    """Return masks (P, P) by name: row p marks the places on which the logits at p depend."""
    places = torch.arange(PLACES)
    row, column = places // GRID[1], places % GRID[1]
    gap = places[:, None] - places  # above 0 where the other place comes first
    below = (row == row[:, None] + 1) & (column == column[:, None])
    above = (row == row[:, None] - 1) & (column == column[:, None])
    above_right = (row == row[:, None] - 1) & (column > column[:, None])
    left = (row == row[:, None]) & (gap == 1)
    last_sees_itself = (gap > 0) | ((gap == 0) & (places == PLACES - 1))
    by_columns = column * GRID[0] + row
    return {
        "before": gap > 0,
        "above right": left | above_right,
        "none": gap > PLACES,
        "itself": gap >= 0,
        "itself alone": gap == 0,
        "next": (gap > 0) | (gap == -1),
        "left and above": left | above,
        "below": left | below,
        "all": gap > -PLACES,
        "last": last_sees_itself,
        "seventh": (gap == 0) & (places == 6),
        "tenth": (gap == 0) & (places == 9),
        "columns": by_columns[:, None] > by_columns,
    }


CASES = (  # what it is told as, mask, options, whether it leaks
    ("a prior that sees all places before its own", "before", {}, False),
    ("a prior that sees its own place", "itself", {}, True),
    ("a prior that sees the places to its left and above it", "left and above", {}, False),
    ("a prior that sees the row above, to the right as well, and the place to its left",
     "above right", {}, False),
    ("a prior that sees the place to its right", "next", {}, True),
    ("a prior that sees nothing at all, only where it is", "none", {}, False),
    ("a prior that sees its own place and no other", "itself alone", {}, True),
    ("a prior that sees the place below", "below", {}, True),
    ("a prior that sees everything", "all", {}, True),
    ("a prior that sees what comes before, but column by column", "columns", {}, True),
    ("a prior that sees itself at the last place of the grid alone", "last", {}, True),
    ("a prior that sees its own place faintly, a thousandth of the rest", "itself alone",
     dict(strength=1e-3), True),
    ("a prior that sees its own place where code 4 is, and no other code", "itself alone",
     dict(only=4), True),
    ("a prior of 60 codes that sees itself, at one place and one code alone", "seventh",
     dict(only=44, codes=60), True),
    ("a prior of 60 codes that sees itself, at another place and code alone", "tenth",
     dict(only=17, codes=60), True),
    ("a prior that sees all places before its own, faintly", "before", dict(strength=1e-3), False),
)  # fmt: skip


@exercise(
    why="A prior that sees what it is to predict reports few nats, and has nothing to sample with.",
    hints=(
        "Change one place, to a code that is not the old one, and compare the logits (codes are "
        "integers, and have no gradient): at which places may they differ?",
        "In raster order a change at place p may move the logits at p + 1 and later only. Try "
        "every place, and every code.",
    ),
)
def leak(answer):
    """A function of prior, codes and grid: whether logits depend on their own or later places."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    found = masks()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        priors = [Seeing(found[mask], **options).eval() for _, mask, options, _ in CASES]
        given = [yes_or_no(answer(prior, prior.codes, GRID)) for prior in priors]
    truth = [leaks for *_, leaks in CASES]
    for (told, *_, leaks), said, prior in zip(CASES, given, priors, strict=True):
        if said != leaks:
            raise NotQuite(f"Of {told} you say {said}, and {leaks} was expected. "
                           f"{slip(given, truth, prior.tried)}".rstrip())  # fmt: skip


def yes_or_no(result) -> bool:
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    if getattr(result, "ndim", 0) or not hasattr(result, "__bool__"):
        raise NotQuite(f"True or False was expected, and {show(result)} came.")
    if result not in (True, False):
        raise NotQuite(f"True or False was expected, and {show(result)} came.")
    return bool(result)


def slip(given, truth, tried) -> str:
    """Say what a row of wrong verdicts looks like.

    `tried` (P, codes) tells which codes stood at which places, of the first prior judged wrongly.
    """
    names = [mask for _, mask, *_ in CASES]
    plain = [n for n, (*_, options, _) in enumerate(CASES) if not options]
    said = {names[n]: given[n] for n in plain}  # of each mask, at full strength
    faint = given[len(plain)]
    if all(a != b for a, b in zip(given, truth, strict=True)):
        return "All are the wrong way round: True is for a prior that leaks."
    if len(set(given)) == 1:
        return "You say the same of every prior."
    changed = int((tried.sum(1) > 1).sum())
    first = next(n for n, (a, b) in enumerate(zip(given, truth, strict=True)) if a != b)
    if truth[first] and changed < PLACES:
        return (
            f"Of {PLACES} places {changed} held more than one code: change every place, to a code "
            "that is not the old one."
        )
    if said["left and above"]:
        return (
            "Seeing what came before is what a prior is for: compare the logits at the changed "
            "place and before it, and not those after."
        )
    if said["above right"] or said["before"]:
        return "In raster order the whole row above comes first, what is to the right as well."
    if not said["itself alone"] and said["next"]:
        return (
            "Its own place is missing: a change at p may not move the logits at p itself. That is "
            "how a forgotten shift by one place looks."
        )
    if said["itself alone"] and not said["next"]:
        return "Later places are missing: a change at p may not move the logits before p."
    if not said["last"] and said["itself"]:
        return (
            "Is every place changed by itself, the last as well? And are all logits compared, not "
            "the likeliest code alone?"
        )
    if not said["columns"]:
        return "The order is row by row."
    if not faint and all(given[n] == truth[n] for n in plain):
        return "It is small, but there: a sound prior's logits do not change at all."
    if not tried.all():
        return "Try every code at a place, and not only one or two."
    return ""
