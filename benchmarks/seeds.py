"""What seeds can tell apart, and under which conditions a result was made."""

import datetime
import platform
from itertools import combinations
from math import inf
from statistics import mean, stdev

import torch
from scipy.stats import t as student

import ganbook as gb


def separated(scores: dict) -> dict:
    """Return {(a, b): sign} for the pairs of entries that `apart` separates.

    `scores` has a list for each entry, one number a seed.
    """
    return {
        (a, b): sign for a, b in combinations(scores, 2) if (sign := apart(scores[a], scores[b]))
    }


def apart(x, y) -> int:
    """Return the sign of mean(x) - mean(y) where Welch's 95 % interval of it leaves out zero."""
    u, v = stdev(x) ** 2 / len(x), stdev(y) ** 2 / len(y)
    difference = mean(x) - mean(y)
    if u + v == 0:
        return (difference > 0) - (difference < 0)
    freedom = (u + v) ** 2 / (u**2 / (len(x) - 1) + v**2 / (len(y) - 1))
    margin = student.ppf(0.975, freedom) * (u + v) ** 0.5
    return 0 if abs(difference) <= margin else (1 if difference > 0 else -1)


def agreement(first: dict, second: dict) -> str:
    """Say how many pairs two tables of scores separate, and how many the same way."""
    a, b = separated(first), separated(second)
    both = a.keys() & b.keys()
    same = sum(a[pair] == b[pair] for pair in both)
    return (
        f"first separates {len(a)}, second {len(b)}, both {len(both)}, of these {same} the same way"
    )


def interval(values) -> tuple[float, float]:
    """Return the mean of some runs, and half the width of its 95 % interval (Student's)."""
    if len(values) == 1:
        return values[0], inf
    half = student.ppf(0.975, len(values) - 1) * stdev(values) / len(values) ** 0.5
    return mean(values), half


def conditions(options) -> dict:
    """Return what a stored result says of its making: date, machine, versions, seeds and scale."""
    return dict(made(), seeds=options.seeds, scale=options.scale)


def made() -> dict:
    """Return date, machine and versions."""
    threads = torch.get_num_threads()
    return dict(
        date=datetime.date.today().isoformat(),
        machine=f"{platform.machine()}, {threads} thread{'s' * (threads > 1)}",
        versions=dict(
            python=platform.python_version(), torch=str(torch.__version__), ganbook=gb.__version__
        ),
    )
