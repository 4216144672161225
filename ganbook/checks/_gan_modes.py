"""The exercise of the chapter "The game" that counts modes."""

import math

import torch

from ganbook.checks._gan_cases import compare_cases
from ganbook.checks._verdict import exercise


def coverage(samples, centres, std, *, radius=3.0, distance=torch.cdist, least=1):
    away, nearest = distance(samples, centres).min(1)  # (N,), (N,)
    good = away <= radius * std
    hits = nearest[good].bincount(minlength=len(centres))  # (K,)
    return int((hits >= least).sum()), good.double().mean().item()


def within(samples, centres, std):
    return torch.cdist(samples, centres) <= 3 * std  # (N, K)


def square(s, c):
    return torch.cdist(s, c) ** 2


def box(s, c):
    return torch.cdist(s, c, p=torch.inf)


def city(s, c):
    return torch.cdist(s, c, p=1)


COVERAGE_MISTAKES = (
    (lambda s, c, std: coverage(s, c, std, radius=1.0),
     "The radius is 3 std; 1 std leaves out most of a Gaussian."),
    (lambda s, c, std: coverage(s, c, std, radius=2.0), "The radius is 3 std, not 2 std."),
    (lambda s, c, std: coverage(s, c, 1.0), "The radius is 3·std, not the number 3."),
    (lambda s, c, std: coverage(s, c, std, distance=square),
     "A squared distance is compared with a radius: take the root, or square 3 std."),
    (lambda s, c, std: coverage(s, c, std, radius=3**0.5),
     "The 3 must be squared with the std: d² <= 9 std², not 3 std²."),
    (lambda s, c, std: coverage(s, c, std, distance=box),
     "That is the larger of |dx| and |dy|, a square about the centre; the distance is "
     "sqrt(dx² + dy²)."),
    (lambda s, c, std: coverage(s, c, std, distance=city),
     "That is |dx| + |dy|, a diamond about the centre; the distance is sqrt(dx² + dy²)."),
    (lambda s, c, std: coverage(s, c, std, least=2),
     "One good sample is enough to cover a mode; you ask for more than one."),
    (lambda s, c, std: coverage(s, c, std, least=max(1, 0.01 * len(s))),
     "One good sample is enough to cover a mode, however many others there are."),
    (lambda s, c, std: (int(within(s, c, std).any(0).sum()), coverage(s, c, std)[1]),
     "Where modes overlap, a sample counts for its nearest centre only, not for every one "
     "within the radius."),
    (lambda s, c, std: (len(torch.cdist(s, c).argmin(1).unique()), coverage(s, c, std)[1]),
     "A mode is covered only by a sample within the radius; every sample has a nearest mode."),
    (lambda s, c, std: (int(within(s, c, std).any(1).sum()), coverage(s, c, std)[1]),
     "You counted good samples; count the modes that have at least one."),
    (lambda s, c, std: (coverage(s, c, std)[0], coverage(s, c, std)[0] / len(c)),
     "The second number is the share of samples that are good, not of modes that are covered."),
    (lambda s, c, std: (coverage(s, c, std)[0], float(within(s, c, std).any(1).sum())),
     "You counted the good samples; divide by how many samples there are."),
    (lambda s, c, std: (coverage(s, c, std)[0], 1 - coverage(s, c, std)[1]),
     "That is the share of samples that are not good."),
    (lambda s, c, std: (coverage(s, c, std)[0], within(s, c, std).double().mean()),
     "That is a mean over all N·K pairs; a sample is good if its nearest centre is near, so "
     "divide by N."),
    (lambda s, c, std: (coverage(s, c, std)[0] / len(c), coverage(s, c, std)[1]),
     "The first number is a count of modes, not a share."),
    (lambda s, c, std: coverage(s, c, std)[::-1],
     "The two numbers have changed places: modes first."),
    (lambda s, c, std: (coverage(s, c, std)[0], 100 * coverage(s, c, std)[1]),
     "A share runs from 0 to 1."),
)  # fmt: skip


def by_looks(result, args):
    """Name a first number that is no number, and a share among the good samples."""
    if not isinstance(result, tuple | list) or len(result) != 2:
        return "Two numbers are asked for: modes covered, share of good samples."
    covered, share = result
    if isinstance(covered, list | tuple | set) or getattr(covered, "ndim", 0):
        return "Those are the modes themselves; how many they are was asked for."
    try:
        if math.isnan(float(share)) or float(share) == 1:
            return "Is that the share among the good samples? Take it among all of them."
    except (TypeError, ValueError):
        pass
    return ""


def cases():
    """Return the pairs (description, (samples, centres, std))."""
    centres = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [3.0, 3.0]])
    who = torch.tensor([0, 0, 0, 1, 2, 3, 3, 3])
    how_far = torch.tensor([0.5, 1.4, 2.5, 1.8, 2.8, 3.5, 6.0, 30.0])  # in std
    diagonal = 1.25 * math.pi  # a sample at 3.5 std is outside the circle, inside the square
    angles = torch.tensor([0.3, 2.0, 4.7, 1.0, 5.0, diagonal, 2.5, -math.pi / 2])
    away = torch.stack([angles.cos(), angles.sin()], 1) * how_far[:, None]
    told = (
        "8 samples and 5 centres (in std: 0.5, 1.4 and 2.5 from centre 0, 1.8 from centre 1, "
        "2.8 from centre 2, 3.5, 6 and 30 from centre 3, none near centre 4)"
    )
    crowd = torch.cat([centres[:1].expand(400, 2), centres[1:2]])
    close = torch.tensor([[0.0, 0.0], [0.1, 0.0]])
    return [
        (f"{told}, std 0.05,", (centres[who] + 0.05 * away, centres, 0.05)),
        (f"{told}, std 0.02,", (centres[who] + 0.02 * away, centres, 0.02)),
        ("8 samples far from all 5 centres", (centres[who] + 0.05 * away + 9, centres, 0.05)),
        ("400 samples on centre 0 and one on centre 1", (crowd, centres, 0.05)),
        ("one sample at (0.03, 0), centres (0, 0) and (0.1, 0), std 0.05,",
         (torch.tensor([[0.03, 0.0]]), close, 0.05)),
    ]  # fmt: skip


@exercise(
    why="Losses cannot show a collapse; on a toy with known modes, counting does.",
    hints=(
        "torch.cdist(samples, centres) is every distance, (N, K); its .min(1) the nearest of each.",
        "good = distance <= 3 * std; modes = nearest[good].unique(); share = good.float().mean().",
    ),
)
def mode_coverage(answer):
    """A function of samples (N, 2), centres (K, 2) and std: (modes covered, good share)."""
    compare_cases(
        answer, right=coverage, cases=cases(), mistakes=COVERAGE_MISTAKES, notice=by_looks
    )
