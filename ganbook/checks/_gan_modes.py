"""The exercise of the chapter "The game" that counts modes."""

import math

import torch

from ganbook.checks._verdict import compare, exercise


def near(samples, centres, radius):
    distances = torch.cdist(samples, centres)  # (N, K)
    nearest = distances.argmin(1)
    return nearest, distances.gather(1, nearest[:, None])[:, 0] <= radius


def coverage(samples, centres, std, radius=3.0):
    nearest, good = near(samples, centres, radius * std)
    return len(nearest[good].unique()), good.double().mean().item()


def squared(samples, centres, std):
    nearest, _ = near(samples, centres, 0)
    good = torch.cdist(samples, centres).min(1).values ** 2 <= 3 * std
    return len(nearest[good].unique()), good.double().mean().item()


COVERAGE_MISTAKES = (
    (lambda s, c, std: coverage(s, c, std, 1.0),
     "The radius is 3 std; 1 std leaves out most of a Gaussian."),
    (lambda s, c, std: coverage(s, c, std, 2.0), "The radius is 3 std, not 2."),
    (lambda s, c, std: coverage(s, c, 1.0), "The radius is 3 std, not 3."),
    (squared, "A squared distance is compared with a radius: take the root, or square 3 std."),
    (lambda s, c, std: (len(near(s, c, 0)[0].unique()), coverage(s, c, std)[1]),
     "A mode is covered only by a sample within the radius; every sample has a nearest mode."),
    (lambda s, c, std: (int(near(s, c, 3 * std)[1].sum()), coverage(s, c, std)[1]),
     "You counted good samples; count the modes that have at least one."),
    (lambda s, c, std: (coverage(s, c, std)[0], coverage(s, c, std)[0] / len(c)),
     "The second number is the share of samples that are good, not of modes that are covered."),
    (lambda s, c, std: (coverage(s, c, std)[0], float(near(s, c, 3 * std)[1].sum())),
     "You counted the good samples; divide by how many samples there are."),
    (lambda s, c, std: (coverage(s, c, std)[0] / len(c), coverage(s, c, std)[1]),
     "The first number is a count of modes, not a share."),
    (lambda s, c, std: coverage(s, c, std)[::-1],
     "The two numbers have changed places: modes first."),
    (lambda s, c, std: (coverage(s, c, std)[0], 100 * coverage(s, c, std)[1]),
     "A share runs from 0 to 1."),
)  # fmt: skip


@exercise(
    why="Losses cannot show a collapse; on a toy with known modes, counting does.",
    hints=(
        "torch.cdist(samples, centres) is every distance, (N, K); its .min(1) the nearest of each.",
        "good = distance <= 3 * std; modes = nearest[good].unique(); share = good.float().mean().",
    ),
)
def mode_coverage(answer):
    """A function of samples (N, 2), centres (K, 2) and std: (modes covered, good share)."""
    centres = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [3.0, 3.0]])
    # in std: mode 0 has samples at 0.5, 0.7 and 2.5, mode 1 at 1.5, mode 2 at 2.8, mode 3 at
    # 3.5, 6 and 30, the last none
    who = torch.tensor([0, 0, 0, 1, 2, 3, 3, 3])
    how_far = torch.tensor([0.5, 0.7, 2.5, 1.5, 2.8, 3.5, 6.0, 30.0])
    angles = torch.tensor([0.3, 2.0, 4.0, 1.0, 5.0, 0.5, 2.5, -math.pi / 2])
    away = torch.stack([angles.cos(), angles.sin()], 1) * how_far[:, None]
    samples = [centres[who] + std * away for std in (0.05, 0.02)]
    inputs = [
        (samples[0], centres, 0.05),
        (samples[1], centres, 0.02),
        (samples[0] + 9, centres, 0.05),
    ]
    compare(answer, right=coverage, inputs=inputs, mistakes=COVERAGE_MISTAKES)
