"""Balls about samples, and slips in drawing them, for exercises of "Judging generators"."""

from functools import partial

import torch


def distances(x, y):
    """Return the distances of rows of x (N, D) from rows of y (M, D): (N, M), 0 for equals."""
    return torch.cdist(x.double(), y.double(), compute_mode="donot_use_mm_for_euclid_dist")


def radii(x, k):
    """Return the distance of each row of x to its k-th nearest other row, (N,)."""
    return distances(x, x).sort(dim=1).values[:, min(k, len(x) - 1)]


def inside(balls, points, k):
    """Return which points (M, D) lie in which balls about `balls` (N, D): (M, N)."""
    return distances(points, balls) <= radii(balls, k)


def share(balls, points, k):
    """Return the share of points that lie in at least one ball."""
    return inside(balls, points, k).any(1).double().mean().item()


def itself_counted(balls, points, k):
    return share(balls, points, k - 1)


def one_further(balls, points, k):
    return share(balls, points, k + 1)


def balls_hit(balls, points, k):
    return inside(balls, points, k).any(0).double().mean().item()


def balls_hit_of_others(balls, points, k):
    """Return the share of the other set's balls that hold a point of this one."""
    return inside(points, balls, k).any(0).double().mean().item()


def pairs(balls, points, k):
    return inside(balls, points, k).double().mean().item()


def in_all(balls, points, k):
    return inside(balls, points, k).all(1).double().mean().item()


def density(balls, points, k):
    return inside(balls, points, k).sum(1).double().mean().item() / k


def how_many(balls, points, k):
    return inside(balls, points, k).any(1).double().sum().item()


def own_balls(balls, points, k):
    """The share of points in whose own ball there is one of the others."""
    return inside(points, balls, k).any(0).double().mean().item()


def radii_across(balls, points, k):
    """Radii that reach to the k-th nearest of the other set."""
    reach = distances(balls, points).sort(dim=1).values[:, min(k, len(points)) - 1]
    return (distances(points, balls) <= reach).any(1).double().mean().item()


def one_further_across(balls, points, k):
    return radii_across(balls, points, k + 1)


def edge_outside(balls, points, k):
    """Balls without their edges."""
    return (distances(points, balls) < radii(balls, k)).any(1).double().mean().item()


def copies_skipped(balls, points, k):
    """Radii that reach to the k-th nearest at another place."""
    away = distances(balls, balls)
    reach = away.where(away > 0, torch.inf).sort(dim=1).values[:, k - 1]
    return (distances(points, balls) <= reach).any(1).double().mean().item()


def radii_of_points(balls, points, k):
    return (distances(points, balls) <= radii(points, k)).any(1).double().mean().item()


def wrong_axis(balls, points, k):
    return (distances(points, balls) <= radii(balls, k)[:, None]).any(1).double().mean().item()


def nearest_only(balls, points, k):
    away, which = distances(points, balls).min(1)
    return (away <= radii(balls, k)[which]).double().mean().item()


def squared(balls, points, k):
    return (distances(points, balls) ** 2 <= radii(balls, k)).any(1).double().mean().item()


def one_radius(balls, points, k, *, of=torch.mean):
    return (distances(points, balls) <= of(radii(balls, k))).any(1).double().mean().item()


def outside(balls, points, k):
    return 1 - share(balls, points, k)


def percent(balls, points, k):
    return 100 * share(balls, points, k)


SLIPS = {
    itself_counted: "each sample is counted as a neighbour of its own, at distance 0: the k-th "
    "nearest *other* one is at place k of the sorted distances, after itself at place 0.",
    one_further: "the radius goes to the neighbour after the k-th: of the sorted distances, itself "
    "at place 0, take place k.",
    balls_hit: "that is the share of balls that hold a point; the share of points that lie in some "
    "ball was asked for. Mind the axis of `any`.",
    own_balls: "the balls are about the wrong set: each point was asked whether its *own* ball "
    "holds one of the others.",
    pairs: "that is a mean over all pairs; a point counts once, if it lies in at least one ball.",
    in_all: "one ball is enough: `any`, not `all`.",
    density: "that is a density: how many balls a point lies in, over k. A point counts once.",
    how_many: "that is a count: divide by the number of points.",
    radii_across: "the radii reach to neighbours in the other set; those of one set are measured "
    "within it.",
    one_further_across: "the radii reach to neighbours in the other set; those of one set are "
    "measured within it.",
    radii_of_points: "the radii are those of the other set: a ball has the radius of the sample it "
    "is drawn about.",
    wrong_axis: "the radii lie along the wrong axis: a ball's own radius, `radii[:, None]` where "
    "balls are rows.",
    nearest_only: "you look into the ball of the nearest sample only; a point may lie in the wider "
    "ball of one that is farther away.",
    squared: "squared distances are compared with radii: take the root.",
    one_radius: "every ball has a radius of its own, not the mean of all.",
    partial(one_radius, of=torch.max): "every ball has a radius of its own, not the largest.",
    partial(one_radius, of=torch.median): "every ball has a radius of its own, not the median.",
    outside: "that is the share outside of all balls.",
    percent: "a share runs from 0 to 1.",
}
