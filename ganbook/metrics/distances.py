"""Squared distances between rows: screened in float32 within a known error, settled in float64.

A matrix product in float32 takes half the time of one in float64, and few comparisons are so close
that its rounding matters. Those few are decided by sums of squared differences in float64: equal
rows are then at no distance, and equal distances compare as equal.
"""

import math

import torch
from torch import Tensor

SPARE = 3  # candidates beyond k, to show that no nearer row was missed
BLOCK = 1024  # rows converted at once
Screen = tuple[Tensor, Tensor]  # rows (N, D) about a centre, and their squared norms (N,)


def float32_is_whole(device: torch.device) -> bool:
    """Return whether products of float32 are made in float32, and not in something shorter."""
    try:
        full = torch.get_float32_matmul_precision() == "highest"
    except RuntimeError:  # set by torch's older and newer switches both
        full = False
    return full and not torch.is_autocast_enabled(device.type)


def unit_of(*sets: Tensor) -> float:
    """Return a power of two that brings sets (N, D) near to 1: dividing by it rounds nothing."""
    ends = torch.stack([end.double() for rows in sets for end in rows.aminmax(dim=0)])  # (2 S, D)
    return 2.0 ** math.frexp((ends.amax(dim=0) - ends.amin(dim=0)).max().item())[1]


def centre_of(*sets: Tensor) -> Tensor:
    """Return the mean (D,) of all rows."""
    parts = [part for rows in sets for part in rows.split(BLOCK)]
    return sum(part.double().sum(dim=0) for part in parts) / sum(map(len, sets))


def screen(rows: Tensor, centre: Tensor, unit: float, dtype: torch.dtype) -> Screen:
    """Return rows about `centre` in units of `unit`, and their squared norms."""
    near = torch.empty(rows.shape, dtype=dtype, device=rows.device)
    norms = torch.empty(len(rows), dtype=dtype, device=rows.device)
    parts = zip(rows.split(BLOCK), near.split(BLOCK), norms.split(BLOCK), strict=True)
    for part, place, norm in parts:
        place.copy_((part.double() - centre).div_(unit))
        norm.copy_(place.square().sum(dim=1, dtype=torch.float64))
    return near, norms


def part_of(x: Screen, rows: slice) -> Screen:
    """Return some rows of a screen."""
    return x[0][rows], x[1][rows]


def screened(x: Screen, y: Screen) -> Tensor:
    """Return the squared distances (N, M) of two screens."""
    return torch.addmm(y[1], x[0], y[0].T, alpha=-2).add_(x[1][:, None])


def error(x: Screen, y: Screen) -> Tensor:
    """Return (N,): how far at most each row of `screened` is from the truth.

    With u the unit of rounding and n roundings in a row that is n u / (1 - n u) times
    (|x| + |y|)^2, whatever the order of sums (Higham 2002, chapter 3). There are D for a product
    with a norm added, and at most 8 for rows, norms, the last sum, and what it is compared with.
    """
    limits, width = torch.finfo(x[0].dtype), x[0].shape[1]
    off = (width + 8) * limits.eps / 2
    reach = (x[1].double().sqrt() + y[1].double().max().sqrt()).square()
    return off / (1 - off) * reach + width * limits.tiny


def screened_in_float64(x: Tensor, y: Tensor, centre: Tensor, unit: float) -> tuple:
    """Return the squared distances (N, M) of few rows x to many y, and their error (N,)."""
    near = screen(x, centre, unit, torch.float64)
    squares = torch.empty(len(x), len(y), dtype=torch.float64, device=x.device)
    off = torch.zeros(len(x), dtype=torch.float64, device=x.device)
    for part, place in zip(y.split(BLOCK), squares.split(BLOCK, dim=1), strict=True):
        other = screen(part, centre, unit, torch.float64)
        place.copy_(screened(near, other))
        off = off.maximum(error(near, other))
    return squares, off


def settled(x: Tensor, y: Tensor, i: Tensor, j: Tensor, *, unit: float) -> Tensor:
    """Return the squared distances (P,) of x[i] and y[j] in float64, in squares of `unit`."""
    step = max(2**17 // x.shape[1], 2)
    squares = torch.empty(len(i), dtype=torch.float64, device=x.device)
    for some, a, b in zip(squares.split(step), i.split(step), j.split(step), strict=True):
        some.copy_(x[a].double().sub_(y[b]).div_(unit).square_().sum(dim=1))
    return squares


def k_nearest(
    x: Tensor, y: Tensor, k: int, *, unit: float, same: bool = False, block: int
) -> tuple[Tensor, Tensor]:
    """Return squared distances (N, k) from rows of x to their nearest of y, and their indices.

    Nearest first; with `same`, y is x, and no row counts as its own neighbour. Candidates found in
    float32 are right if the last of them, less the error, is no nearer than neighbour k; rows for
    which it is nearer are searched in float64.
    """
    count = min(k + SPARE, len(y) - same)
    centre = centre_of(x, y)
    todo = torch.arange(len(x), device=x.device)
    squares = torch.empty(len(x), k, dtype=torch.float64, device=x.device)
    indices = torch.empty(len(x), k, dtype=torch.long, device=x.device)

    def keep(rows: Tensor, found: Tensor) -> Tensor:
        pairs = rows[:, None].expand_as(found).flatten(), found.flatten()
        true, order = settled(x, y, *pairs, unit=unit).view_as(found).sort(dim=1)
        squares[rows], indices[rows] = true[:, :k], found.gather(1, order)[:, :k]
        return true[:, k - 1]

    if float32_is_whole(x.device):
        a = screen(x, centre, unit, torch.float32)
        b = a if same else screen(y, centre, unit, torch.float32)
        values, found = (
            candidates_within(a, count, block) if same else candidates(a, b, count, block)
        )
        last = keep(todo, found)
        unsure = (last > values[:, -1] - error(a, b)) & (last > 0)
        todo = todo[unsure] if count < len(y) - same else todo[:0]
        del a, b  # their memory is needed below
    for rows in todo.split(block):
        near, _ = screened_in_float64(x[rows], y, centre, unit)
        if same:
            near.scatter_(1, rows[:, None], math.inf)
        keep(rows, near.topk(count, largest=False).indices)
    return squares, indices


def candidates(x: Screen, y: Screen, count: int, block: int) -> tuple[Tensor, Tensor]:
    """Return screened squares and indices (N, count) of the rows of y nearest to each row of x."""
    starts = range(0, len(x[0]), block)
    found = [
        screened(part_of(x, slice(start, start + block)), y).topk(count, largest=False)
        for start in starts
    ]
    values, indices = zip(*found, strict=True)
    return torch.cat(values), torch.cat(indices)


def candidates_within(x: Screen, count: int, block: int) -> tuple[Tensor, Tensor]:
    """Return the same for the other rows of one set, taking each pair once."""
    values = x[1].new_full((len(x[0]), count), math.inf)
    indices = torch.zeros_like(values, dtype=torch.long)
    for start in range(0, len(x[0]), block):
        squares = screened(part_of(x, slice(start, start + block)), part_of(x, slice(start, None)))
        squares.fill_diagonal_(math.inf)
        for first, new in ((start, squares), (start + block, squares[:, block:].T)):
            best = new.topk(min(count, new.shape[1]), largest=False)
            own = slice(first, first + len(new))
            both = torch.cat([values[own], best.values], dim=1)
            values[own], order = both.topk(count, largest=False)
            indices[own] = torch.cat([indices[own], best.indices + start], dim=1).gather(1, order)
    return values, indices
