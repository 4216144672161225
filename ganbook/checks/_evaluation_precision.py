"""The exercise of the chapter "Judging generators" on precision and recall."""

from functools import partial

import torch

from ganbook.checks._evaluation_balls import (
    SLIPS,
    balls_hit_of_others,
    copies_skipped,
    edge_outside,
    share,
)
from ganbook.checks._evaluation_numbers import compare_numbers, numbers
from ganbook.checks._verdict import exercise, recognise

EXCHANGED = "Precision and recall are exchanged: precision asks for fakes in balls about the real."


def pair(real, fake, k, *, precision=share, recall=share, swapped=False):
    found = precision(real, fake, k), recall(fake, real, k)
    return found[::-1] if swapped else found


def mistakes():
    """Return pairs (wrong function, message): both numbers wrong alike, or exchanged, or one."""
    found = [(partial(pair, swapped=True), EXCHANGED)]
    both = {partial(pair, precision=slip, recall=slip): said for slip, said in SLIPS.items()}
    found += [(wrong, said[0].upper() + said[1:]) for wrong, said in both.items()]
    found += [(partial(wrong, swapped=True), f"{EXCHANGED} And: {said}")
              for wrong, said in both.items()]  # fmt: skip
    both_hit = partial(pair, recall=balls_hit_of_others)
    found.append((both_hit, "The second number is the share of real balls that hold a fake, which "
                  "is coverage. Recall has balls about the fakes."))  # fmt: skip
    found.append((partial(pair, recall=lambda fake, real, k: share(real, fake, k)),
                  "Both numbers are precision: for recall the sets change places."))  # fmt: skip
    found.append((partial(pair, precision=lambda real, fake, k: share(fake, real, k)),
                  "Both numbers are recall: for precision the sets change places."))  # fmt: skip
    for slip, said in SLIPS.items():
        found.append((partial(pair, precision=slip), f"Recall is right. For precision: {said}"))
        found.append((partial(pair, recall=slip), f"Precision is right. For recall: {said}"))
    return found


def clouds(seed, n, m, dimension=2):
    g = torch.Generator().manual_seed(seed)
    real, fake = (torch.randn(rows, dimension, generator=g) for rows in (n, m))
    return real, 0.8 * fake + 0.7


def of_unequal(result) -> str:
    return (
        "With as many real samples as fakes it was right: precision is a share of the fakes, "
        "recall one of the real samples."
    )


def of_copies(result) -> str:
    return "These fakes are copies of four real samples, and lie in the balls of those, too."


def on_a_line(*places):
    return torch.tensor([(float(place), 0.0) for place in places])


def on_an_edge():
    """Two fakes and a real sample lie on an edge, at distances that are whole numbers."""
    return on_a_line(0, 1, 3, 6, 10), on_a_line(-2, -1, 14, 16, 30), 1


def with_copies():
    """Four fakes are copies of a real sample: their balls have radius 0, and hold it."""
    return on_a_line(0, 1, 2, 4, 40), on_a_line(2, 2, 2, 2, 20, 22, 25), 2


def slips_on(slip, message):
    """Return pairs (wrong function, message) for a slip in both numbers, or in one."""
    sides = (dict(precision=slip, recall=slip), dict(precision=slip), dict(recall=slip))
    return [(partial(pair, **side), message) for side in sides]


EDGE = slips_on(edge_outside, "A point on the edge lies inside: `<=`, not `<`.")
COPIES = slips_on(
    copies_skipped,
    "Copies are other samples, too: leave out a sample itself, by its place, not what is at "
    "distance 0. With more than k copies a ball has radius 0.",
)


def of_special(args, result) -> str:
    return recognise([result], [args], EDGE + COPIES, 1e-3)


@exercise(
    why="One number for what is shown, one for what is missing: a single score mixes the two.",
    hints=(
        "torch.cdist(real, real).sort(dim=1).values[:, k] are the radii: place 0 is the sample "
        "itself.",
        "(torch.cdist(fake, real) <= radii).any(1).float().mean() is precision; then exchange the "
        "sets.",
    ),
)
def precision_recall(answer):
    """A function of real (N, D), fake (M, D) and k that returns (precision, recall)."""
    cases = [(*clouds(321, 14, 14), 3), (*clouds(221, 22, 22), 2), (*clouds(72, 18, 18), 1)]
    real = clouds(4, 12, 1)[0]
    compare_numbers(
        answer,
        right=pair,
        cases=[(f"{len(x)} real samples, {len(y)} fakes and k = {k}", (x, y, k))
               for x, y, k in cases],
        mistakes=mistakes(),
        special=[
            ("16 real samples, 13 fakes and k = 3", (*clouds(197, 16, 13), 3), of_unequal),
            ("12 real samples, 4 fakes that are copies of some, and k = 2",
             (real, real[:4], 2), of_copies),
            ("5 real samples, 5 fakes and k = 1, some just on an edge",
             on_an_edge(), partial(of_special, on_an_edge())),
            ("5 real samples, 7 fakes, of which 4 are copies of one real sample, and k = 2",
             with_copies(), partial(of_special, with_copies())),
        ],
        read=partial(numbers, count=2),
    )  # fmt: skip
