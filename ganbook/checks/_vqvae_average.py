"""The exercise of the VQ-VAE chapter that moves a codebook by moving averages."""

import torch

from ganbook.checks._evaluation_numbers import tensor
from ganbook.checks._verdict import NotQuite, exercise, recognise, same, show

NAMES = ("counts", "sums", "codebook")


def case(codes, dim, rows, decay, seed, spare):
    """Return counts (K,), sums (K, D), encoded (N, D), indices (N,) and decay; `spare` unused."""
    g = torch.Generator().manual_seed(seed)
    counts = 0.8 + 3 * torch.rand(codes, generator=g)
    sums = counts[:, None] * torch.randn(codes, dim, generator=g)
    indices = torch.randint(codes - spare, (rows,), generator=g)
    return counts, sums, torch.randn(rows, dim, generator=g) + 0.5, indices, decay


CASES = (case(5, 3, 12, 0.9, 0, 1), case(4, 2, 9, 0.6, 1, 0), case(7, 4, 20, 0.99, 2, 2))


def batch_sums(counts, sums, encoded, indices):
    chosen = torch.nn.functional.one_hot(indices, len(counts)).to(encoded)
    return chosen.sum(0), chosen.T @ encoded


def update(counts, sums, encoded, indices, decay):
    """Return the new counts, sums and codebook of van den Oord et al. (2017), appendix A.1."""
    n, total = batch_sums(counts, sums, encoded, indices)
    counts = decay * counts + (1 - decay) * n
    sums = decay * sums + (1 - decay) * total
    return counts, sums, sums / counts[:, None]


def with_batch(make):
    """Return an update where `make(counts, n, old, total, decay)` gives counts, sums, codebook."""

    def wrong(counts, sums, encoded, indices, decay):
        n, total = batch_sums(counts, sums, encoded, indices)
        return make(counts, n, sums, total, decay)

    return wrong


def averaged(c, n, s, t, d, *, move_c=None, move_s=None):
    c = d * c + (1 - d) * n if move_c is None else move_c
    s = d * s + (1 - d) * t if move_s is None else move_s
    return c, s, s / c[:, None]


def chosen_only(c, n, s, t, d):
    used = n > 0
    new = averaged(c, n, s, t, d)
    c = torch.where(used, new[0], c)
    s = torch.where(used[:, None], new[1], s)
    return c, s, s / c[:, None]


def last_row(counts, sums, encoded, indices, decay):
    new = torch.zeros_like(sums)
    for row, code in zip(encoded, indices.tolist(), strict=True):
        new[code] = row
    n = torch.bincount(indices, minlength=len(counts)).to(counts)
    return averaged(counts, n, sums, new, decay)


def last_row_and_one(counts, sums, encoded, indices, decay):
    new, n = torch.zeros_like(sums), torch.zeros_like(counts)
    for row, code in zip(encoded, indices.tolist(), strict=True):
        new[code], n[code] = row, 1
    return averaged(counts, n, sums, new, decay)


LOST = "Where a code was chosen more than once only its last row counts: `x[indices] += rows` adds "
LOST += "once for each code. Take `index_add_`, or one_hot(indices).T @ encoded."
OWN = "The codebook holds the means of this batch alone: counts and sums are averaged, and the "
OWN += "codes are made of them, sums / counts."
MISTAKES = [
    (with_batch(lambda c, n, s, t, d: (*averaged(c, n, s, t, d)[:2], d * s + (1 - d) * t)),
     "The codebook is the sums themselves: each is to be divided by its count, or codes that are "
     "chosen often run away from their rows."),
    (with_batch(lambda c, n, s, t, d: averaged(c, n, s, t / n.clamp(min=1)[:, None], d)),
     "The batch's *means* go into the sums: they are sums, and the division comes at the end."),
    (with_batch(lambda c, n, s, t, d: averaged(c, n, s, t, 1 - d)),
     "The decay is turned round: `decay` is the share of the old."),
    (with_batch(chosen_only), "Codes that were not chosen stay as they were: theirs decay as well, "
     "sum and count alike, and so the code itself does not move."),
    (with_batch(lambda c, n, s, t, d: (*averaged(c, n, s, t, d)[:2],
                                       d * s / c[:, None] + (1 - d) * t / n[:, None])),
     "The codebook is an average of averages, each batch's mean with the same weight: a batch with "
     "one row of a code must weigh less than one with twenty, and one with none makes nan."),
    (with_batch(lambda c, n, s, t, d: (*averaged(c, n, s, t, d)[:2],
                                       d * s / c[:, None] + (1 - d) * t / n.clamp(min=1)[:, None])),
     "The codebook is an average of averages, each batch's mean with the same weight: a code that "
     "no row chose is drawn towards 0."),
    (with_batch(lambda c, n, s, t, d: (*averaged(c, n, s, t, d)[:2],
                                       (d * s + (1 - d) * t) / n[:, None])),
     "The codebook is divided by this batch's counts alone: by 0, for a code that no row chose. "
     "Divide by the averaged counts."),
    (with_batch(lambda c, n, s, t, d: (*averaged(c, n, s, t, d)[:2],
                                       (d * s + (1 - d) * t) / n.clamp(min=1)[:, None])),
     "The codebook is divided by this batch's counts alone: divide by the averaged ones."),
    (with_batch(lambda c, n, s, t, d: (*averaged(c, n, s, t, d)[:2],
                                       (d * s + (1 - d) * t) / c[:, None])),
     "The codebook is divided by the old counts: the sums are new, and so should they be."),
    *((with_batch(lambda c, n, s, t, d, own=own: (*averaged(c, n, s, t, d)[:2], own(c, n, s, t))),
       OWN) for own in (
        lambda c, n, s, t: t / n[:, None],
        lambda c, n, s, t: t / n.clamp(min=1)[:, None],
        lambda c, n, s, t: torch.where(n[:, None] > 0, t / n[:, None], s / c[:, None]),
    )),
    (with_batch(lambda c, n, s, t, d: (*averaged(c, n, s, t, d)[:2], s / c[:, None])),
     "The codebook is made of the old sums and counts."),
    (with_batch(lambda c, n, s, t, d: averaged(c, n / n.sum(), s, t, d)),
     "The counts hold shares of the batch: with the sums as they are, codes become N times too "
     "long."),
    (with_batch(lambda c, n, s, t, d: averaged(c, n, s, t / n.sum(), d)),
     "The sums are divided by N, and the counts are not."),
    (with_batch(lambda c, n, s, t, d: averaged(c, n, s, t, d, move_c=d * c + n,
                                               move_s=d * s + t)),
     "(1 - decay) is missing before what is new. The codebook is the same after long, but counts "
     "and sums were asked for as averages."),
    (with_batch(lambda c, n, s, t, d: averaged(c, n, s, t, d, move_c=c + n, move_s=s + t)),
     "Where is `decay`? Those are sums over all time, which never forget."),
    (with_batch(lambda c, n, s, t, d: averaged(c, n, s, t, d, move_c=n, move_s=t)),
     "Those are this batch's alone: the old ones are forgotten."),
    (with_batch(lambda c, n, s, t, d: averaged(c, (n > 0).to(c), s, t, d)),
     "A code that was chosen counts as 1, however many rows chose it."),
    (last_row, LOST),
    (last_row_and_one, LOST),
]  # fmt: skip


@exercise(
    why="Every code is the mean of the rows that chose it lately: k-means, a batch at a time.",
    hints=(
        "n and Σz of the batch: one_hot(indices, K), its sum over rows, and its transpose times "
        "encoded.",
        "counts = decay counts + (1 - decay) n, sums likewise, and codebook = sums / counts[:, "
        "None].",
    ),
)
def moving_average(answer):
    """A function of counts, sums, encoded, indices, decay: the new (counts, sums, codebook)."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    with torch.no_grad():
        results = [three(answer(*(a.clone() for a in args[:-1]), args[-1]), args) for args in CASES]
    for args, got in zip(CASES, results, strict=True):
        for name, found, want in zip(NAMES, got, update(*args), strict=True):
            if not same(found, want, 1e-3):
                code = (~found.double().isclose(want.double(), 1e-3, 1e-3)).nonzero()[0, 0].item()
                rows = int((args[3] == code).sum())
                raise NotQuite(
                    f"With decay {args[-1]:g}, {name} of code {code}, which {rows} rows chose, is "
                    f"{show(found[code])}; {show(want[code])} was expected. "
                    f"{recognise(results, CASES, MISTAKES, 1e-3)}".rstrip()
                )


def three(result, args):
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    if not isinstance(result, tuple | list) or len(result) != 3:
        raise NotQuite(f"(counts, sums, codebook) were expected, and {show(result)} came.")
    counts, sums = args[:2]
    held = tuple(tensor(part) for part in result)
    for name, part, like in zip(NAMES, held, (counts, sums, sums), strict=True):
        if part is None or part.shape != like.shape:
            raise NotQuite(f"{name} of shape {tuple(like.shape)} were expected, and "
                           f"{show(part)} came.")  # fmt: skip
    return held
