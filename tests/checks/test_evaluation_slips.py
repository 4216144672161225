"""The exercises of "Judging generators": classic mistakes, and what the verdict says of each.

The mistakes are written as learners make them, independently of the checks' own lists.
"""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from verdicts import said

from ganbook.checks import evaluation
from ganbook.metrics.extrapolation import extrapolate
from ganbook.metrics.kernel import kernel_distance


def cov(x, **options):
    return torch.cov(x.double().T, **options)


def gap_of(x, y):
    return x.double().mean(0) - y.double().mean(0)


def eigen(matrix):
    return torch.linalg.eigvals(matrix).real.clamp(min=0).sqrt().sum()


def sqrtm(a):
    values, vectors = torch.linalg.eigh(a)
    return vectors @ values.clamp(min=0).sqrt().diag() @ vectors.T


def frechet(
    means=lambda gap: gap @ gap, cov=cov, root=lambda a, b: eigen(a @ b), end=lambda value: value
):
    def distance(x, y):
        a, b = cov(x), cov(y)
        return end(means(gap_of(x, y)) + a.trace() + b.trace() - 2 * root(a, b))

    return distance


def frechet_elementwise(x, y):
    a, b = cov(x), cov(y)
    return ((gap_of(x, y) ** 2).sum() + torch.trace(a + b - 2 * torch.sqrt(a @ b))).item()


def frechet_product_elementwise(x, y):
    a, b = cov(x).numpy(), cov(y).numpy()
    return float((gap_of(x, y) ** 2).sum()) + np.trace(a + b - 2 * np.sqrt(a * b))


def frechet_unclamped(x, y):
    a, b = cov(x), cov(y)
    roots = torch.linalg.eigvals(a @ b).real.sub(1e-12).sqrt()  # as rounding does, now and then
    return gap_of(x, y).square().sum() + (a + b).trace() - 2 * roots.sum()


def frechet_same_sizes_only(x, y):
    n = len(x)
    a, b = ((z - z.mean(0)).double() for z in (x, y))
    return (gap_of(x, y).square().sum() + (a.square().sum() + b.square().sum()) / (n - 1)
            - 2 * torch.linalg.matrix_norm(a @ b.T, "nuc") / (n - 1))  # fmt: skip


def poly(a, b):
    return (a @ b.T / a.shape[1] + 1) ** 3


def off_diagonal(k):
    return (k.sum() - k.diag().sum()) / len(k) / (len(k) - 1)


def mmd(k=poly, within=off_diagonal, cross=lambda k: 2 * k.mean(), end=lambda value: value):
    return lambda x, y: end(within(k(x, x)) + within(k(y, y)) - cross(k(x, y)))


def mmd_same_sizes_only(x, y):
    n = len(x)
    sums = [(k.sum() - k.trace()) / n / (n - 1) for k in (poly(x, x), poly(y, y))]
    return sum(sums) - 2 * poly(x, y).sum() / n**2


def score(kl=lambda p, q: (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(1),
          q=lambda p: p.mean(0), end=lambda kl: kl.mean().exp()):  # fmt: skip
    return lambda p: end(kl(p, q(p)))


def score_naive(p):
    return (p * (p / p.mean(0)).log()).sum(1).mean().exp()


def score_transposed_sums(p):
    return (torch.xlogy(p, p) - torch.xlogy(p, p.mean(0))).sum(0).mean().exp()


def entropy(p):
    return -torch.xlogy(p, p).sum(-1)


def radius(x, k):
    return torch.cdist(x, x).sort(dim=1).values[:, k]


def held(balls, points, reach):
    return (torch.cdist(points, balls) <= reach).any(1).float().mean()


def both(share):
    return lambda real, fake, k: (share(real, fake, k), share(fake, real, k))


def right_share(balls, points, k):
    return held(balls, points, radius(balls, k))


def exchanged(real, fake, k):
    return both(right_share)(real, fake, k)[::-1]


def itself_counted(balls, points, k):
    return held(balls, points, torch.cdist(balls, balls).topk(k, largest=False).values[:, -1])


def coverage_for_recall(real, fake, k):
    inside = torch.cdist(fake, real) <= radius(real, k)
    return inside.any(1).float().mean(), inside.any(0).float().mean()


def copied(real):
    return torch.cat([real, real])[:500]


def one_point(real):
    return real[:1].expand(500, 2)


def spread(real):
    return real.mean(0) + real.std(0) * torch.randn(500, 2)


def crowd(real):
    return real[0] + 1e-6 * torch.randn(500, 2)


def far_away(real):
    return real.mean(0) + 1e4 * torch.randn(500, 2)


def with_far(*places):
    def fakes(real):
        found = real[len(real) // 2].repeat(500, 1)
        found[: len(places)] += 1e4 * real.std() * torch.tensor(places)
        return found

    return fakes


def too_many_strays(real):
    fakes = with_far([1.0, 0.0])(real)
    fakes[:10] += 1e4 * torch.randn(10, 2)
    return fakes


def not_far_enough(real):
    fakes = real[real[:, 0].argmin()].repeat(500, 1)
    fakes[0] = real.mean(0)
    return fakes


def half_and_half(real):
    fakes = with_far([1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0])(real)
    fakes[200:] = real[:300]
    return fakes


def distance(x, y):
    return frechet()(x, y).item()


def at_full_size(real, a, b):
    return "a" if distance(real, a) < distance(real, b) else "b"


def larger_is_better(real, a, b):
    return "a" if distance(real, a) > distance(real, b) else "b"


def fair_gap(real, a, b):
    n = min(len(a), len(b))
    return distance(real, a[:n]) - distance(real, b[:n])


def never_neither(real, a, b):
    return "a" if fair_gap(real, a, b) < 0 else "b"


def turned(real, a, b):
    if abs(gap := fair_gap(real, a, b)) < 1.5 * real.var():
        return "neither"
    return "b" if gap < 0 else "a"


def timid(real, a, b):
    return "neither" if len(a) != len(b) else "a" if fair_gap(real, a, b) < -1.5 else "neither"


def fixed_threshold(real, a, b):
    gap = fair_gap(real, a, b)
    return "neither" if abs(gap) < 1.5 else "a" if gap < 0 else "b"


def own_bootstraps(real, a, b):
    """Ranges of the distance at each model's own size: neither only where they overlap."""
    ends = []
    for x in (a, b):
        values = [distance(real, x[torch.randint(len(x), (len(x),))]) for _ in range(6)]
        ends.append((min(values), max(values)))
    (low_a, high_a), (low_b, high_b) = ends
    return "a" if high_a < low_b else "b" if high_b < low_a else "neither"


def radii_of_other_set(*, place=0, dim=1):
    """Radii to the k-th sample of the other set, with place k kept, or along the other axis."""

    def share(balls, points, k):
        away = torch.cdist(balls, points) if dim else torch.cdist(points, balls)
        reach = away.sort(dim=dim).values.select(dim, k - 1 + place)
        return held(balls, points, reach)

    return both(share)


def strictly(balls, points, k):
    return (torch.cdist(points, balls) < radius(balls, k)).any(1).float().mean()


def zeros_masked(balls, points, k):
    away = torch.cdist(balls, balls)
    away[away == 0] = math.inf
    return held(balls, points, away.sort(dim=1).values[:, k - 1])


def without_copies(balls, points, k):
    return held(balls.unique(dim=0), points, radius(balls.unique(dim=0), k))


def one_row_each_feature(x, y):
    return ((x.mean(0) - y.mean(0)) ** 2 + (x.std(0) - y.std(0)) ** 2).sum()


def frechet_by_transport(inverse):
    """EVA.3: the cost of the linear map."""

    def distance(x, y):
        a, b = cov(x), cov(y)
        half = sqrtm(a)
        back = inverse(half)
        step = back @ sqrtm(half @ b @ half) @ back - torch.eye(len(a))
        return gap_of(x, y).square().sum() + (step @ a @ step).trace()

    return distance


def frechet_cholesky(x, y):
    lower = torch.linalg.cholesky(cov(x))
    root = torch.linalg.eigvalsh(lower.T @ cov(y) @ lower).sqrt().sum()
    return gap_of(x, y).square().sum() + (cov(x) + cov(y)).trace() - 2 * root


def within_per_cent(tolerance, metric=distance):
    def first_rows(real, a, b):
        rows = min(len(a), len(b))
        to_a, to_b = metric(real, a[:rows]), metric(real, b[:rows])
        if abs(to_a - to_b) < tolerance * max(abs(to_a), abs(to_b)):
            return "neither"
        return "a" if to_a < to_b else "b"

    return first_rows


def extrapolated(real, a, b):
    to_a, to_b = (extrapolate(x, real).value for x in (a, b))
    if abs(to_a - to_b) < 0.5 * max(abs(to_a), abs(to_b)):
        return "neither"
    return "a" if to_a < to_b else "b"


def means_only(real, a, b):
    off_a, off_b = ((x.mean(0) - real.mean(0)).square().mean().sqrt() for x in (a, b))
    if (off_a - off_b).abs() < 0.3 * 0.5 * real.std():
        return "neither"
    return "a" if off_a < off_b else "b"


def means_tested(real, a, b):
    off = [(x.mean(0) - real.mean(0)).square() - x.var(0) / len(x) for x in (a, b)]
    z = (off[0] - off[1]).mean() / (off[0] - off[1]).std() * len(off[0]) ** 0.5
    return "neither" if z.abs() < 3 else "a" if z < 0 else "b"


def by_kernel_alone(real, a, b):
    to_a, to_b = (kernel_distance(real[:300], x[:300]).distance for x in (a, b))
    return "a" if to_a < to_b else "b"


SLIPS = [
    (evaluation.four_scores, (2.3026, 1.386, 2.3026, 1.151), "mean KLs"),
    (evaluation.four_scores, (1, 4, 10, 3.16), "For A you predict 1. The pictures show ten"),
    (evaluation.four_scores, (0, 4, 10, 3.16), "never looks at the training set"),
    (evaluation.four_scores, (10, 10, 10, 3.16), "has only four"),
    (evaluation.four_scores, (10, 2.5, 10, 3.16), "turns it over"),
    (evaluation.four_scores, (10, 0.4, 10, 3.16), "no share"),
    (evaluation.four_scores, (10, 6, 10, 3.16), "6 is the number of classes missing"),
    (evaluation.four_scores, (10, 1.386, 10, 3.16), "That is the mean KL;"),
    (evaluation.four_scores, (10, 4, 1, 3.16), "Variety within a class is not seen"),
    (evaluation.four_scores, (10, 4, 10, 5), "Half of 10?"),
    (evaluation.four_scores, (10, 4, 10, 5.5), "the mean of 10 and 1"),
    (evaluation.four_scores, (10, 4, 10, 10), "leaves the classifier unsure"),
    (evaluation.four_scores, (10, 4, 10, 1), "Only half of them"),
    (evaluation.four_scores, (10, 4, 10, 1.1513), "That is the mean KL;"),
    (evaluation.four_scores, (10, 4, 10, 1.661), "in bits"),
    (evaluation.four_scores, (10, 4, 10, 3.2), "but for the rounding"),
    (evaluation.four_scores, (10, 4, 10, 3.17), "but for the rounding"),
    (evaluation.four_scores, (12, 4, 10, 3.16), "at most the number of classes"),
    (evaluation.four_scores, (10, 0.7, 10, 3.16), "No score is below 1"),
    (evaluation.four_scores, (10, 4, 10), "4 numbers were expected"),
    (evaluation.sampling_price, lambda s, n, m: 0, "those of samples are not"),
    (evaluation.sampling_price, lambda s, n, m: s**2 * (1 / n + 1 / m), "what the means cost"),
    (evaluation.sampling_price, lambda s, n, m: s**2 / 2 * (1 / n + 1 / m), "The mean term"),
    (evaluation.sampling_price, lambda s, n, m: 2 * s**2 * (1 / n + 1 / m), "scatters less"),
    (evaluation.sampling_price,
     lambda s, n, m: (s**2 + 2 * s**4) * (1 / n + 1 / m), "how much s² scatters"),
    (evaluation.sampling_price, lambda s, n, m: 1.5 * s**2 / n, "Both samples scatter"),
    (evaluation.sampling_price, lambda s, n, m: 1.5 * s**2 / m, "Both samples scatter"),
    (evaluation.sampling_price, lambda s, n, m: 3 * s**2 / n, "The sizes differ"),
    (evaluation.sampling_price, lambda s, n, m: 1.5 * s**2 / (n + m), "not put together"),
    (evaluation.sampling_price, lambda s, n, m: 6 * s**2 / (n + m), "Sizes are not averaged"),
    (evaluation.sampling_price, lambda s, n, m: 1.5 * s**2 * abs(1 / n - 1 / m), "add up, too"),
    (evaluation.sampling_price,
     lambda s, n, m: 1.5 * s**2 * (n**-0.5 + m**-0.5), "standard errors"),
    (evaluation.sampling_price, lambda s, n, m: 1.5 * s * (1 / n + 1 / m), "not s: the distance"),
    (evaluation.sampling_price, lambda s, n, m: 1.5 * (1 / n + 1 / m), "Where is s?"),
    (evaluation.sampling_price,
     lambda s, n, m: (1.5 * s**2 * (1 / n + 1 / m)) ** 0.5, "No root"),
    (evaluation.sampling_price, lambda s, n, m: s**2 / n, "two slips"),
    (evaluation.sampling_price, lambda s, n, m: 1.25 * s**2 * (1 / n + 1 / m), "factor 2 is lost"),
    *((evaluation.sampling_price,
       lambda s, n, m, c=c: s**2 * (1 / n + 1 / m) + c * s**2 / (n + m), "no pooled s")
      for c in (0.5, 1, 2)),
    (evaluation.sampling_price,
     lambda s, n, m: s**2 * (1 / n + 1 / m) + s**2 / (2 * n), "Both standard deviations"),
    (evaluation.inception_score, score(end=lambda kl: kl.mean()), "That is the mean KL"),
    (evaluation.inception_score, score(end=lambda kl: kl.exp().mean()), "not mean exp(KL)"),
    (evaluation.inception_score,
     score(end=lambda kl: kl.exp().mean().log()), "the log of the mean of exp(KL)"),
    (evaluation.inception_score, score(end=lambda kl: kl.mean().log()), "the log of the mean KL"),
    (evaluation.inception_score,
     score(lambda p, q: (p * (p / q)).sum(1).log()), "The log stands outside"),
    (evaluation.inception_score, score(end=lambda kl: kl.sum().exp()), "averaged, not added up"),
    (evaluation.inception_score, score(end=lambda kl: (-kl.mean()).exp()), "1 / IS"),
    (evaluation.inception_score,
     score(lambda p, q: torch.xlogy(q, q / p).sum(1)), "own probabilities come first"),
    (evaluation.inception_score,
     lambda p: F.kl_div(p.log(), p.mean(0).expand_as(p), reduction="batchmean").exp(),
     "own probabilities come first"),
    (evaluation.inception_score,
     score(lambda p, q: (p * (p.log2() - q.log2())).sum(1)), "to the base 2"),
    (evaluation.inception_score, score(end=lambda kl: 2 ** kl.mean()), "2 to the power"),
    (evaluation.inception_score,
     lambda p: (p * (p / p.mean(0)).log()).mean().exp(), "divides by K too often"),
    (evaluation.inception_score, score(q=lambda p: p.mean(1)), "whatever the samples are"),
    (evaluation.inception_score, score(q=lambda p: p.mean(1, True)), "whatever the samples are"),
    (evaluation.inception_score, score(q=lambda p: 1 / torch.tensor(p.shape[1])), "1/K"),
    (evaluation.inception_score, score(q=lambda p: p.sum(0)), "not their sum"),
    (evaluation.inception_score, lambda p: entropy(p.mean(0)).exp(), "the entropy of p(y)"),
    (evaluation.inception_score, lambda p: entropy(p).mean().exp(), "entropy of p(y|x) alone"),
    (evaluation.inception_score, lambda p: (-entropy(p)).mean().exp(), "p(y) is missing"),
    (evaluation.inception_score,
     lambda p: (entropy(p.mean(0)) + entropy(p).mean()).exp(), "entropies are subtracted"),
    (evaluation.inception_score, score_naive, "0 log 0 counts as 0"),
    (evaluation.inception_score, score_transposed_sums, "With as many rows as classes"),
    (evaluation.inception_score, lambda p: entropy(p), "One number was expected"),
    (evaluation.frechet_distance,
     frechet(cov=lambda x: cov(x, correction=0)), "divide by N, and should by N - 1"),
    (evaluation.frechet_distance, frechet_elementwise, "taken element by element"),
    (evaluation.frechet_distance, frechet_product_elementwise, "C_x * C_y, element by element"),
    (evaluation.frechet_distance, frechet(means=lambda gap: 0), "The mean term is missing"),
    (evaluation.frechet_distance, frechet(means=lambda gap: gap.norm()), "without a root"),
    (evaluation.frechet_distance, frechet(means=lambda gap: (gap**2).mean()), "not their mean"),
    (evaluation.frechet_distance, frechet(means=lambda gap: gap.mean() ** 2), "mean(dim=0)"),
    (evaluation.frechet_distance, frechet(means=lambda gap: gap.sum() ** 2), "must not cancel"),
    (evaluation.frechet_distance, frechet(cov=lambda x: torch.cov(x)), "covariances of rows"),
    (evaluation.frechet_distance,
     frechet(cov=lambda x: x.double().T @ x.double() / len(x)), "about the mean"),
    (evaluation.frechet_distance,
     frechet(root=lambda a, b: (sqrtm(a) @ sqrtm(b)).trace()), "product of two roots"),
    (evaluation.frechet_distance,
     frechet(root=lambda a, b: torch.linalg.eigvalsh(a @ b).relu().sqrt().sum()), "one triangle"),
    (evaluation.frechet_distance,
     frechet(root=lambda a, b: torch.linalg.eigvalsh(b @ a).relu().sqrt().sum()), "one triangle"),
    (evaluation.frechet_distance,
     frechet(root=lambda a, b: torch.linalg.eigvalsh(a @ b).sqrt().sum()), "a negative number?"),
    (evaluation.frechet_distance,
     frechet(root=lambda a, b: torch.linalg.svdvals(a @ b).sqrt().sum()), "Singular values"),
    (evaluation.frechet_distance, frechet(root=lambda a, b: (a @ b).trace()), "is missing"),
    (evaluation.frechet_distance,
     frechet(root=lambda a, b: (a @ b).trace().sqrt()), "the root of the trace"),
    (evaluation.frechet_distance, frechet(end=lambda value: value**0.5), "are not rooted"),
    (evaluation.frechet_distance,
     frechet(root=lambda a, b: eigen(a @ b) / 2), "counts twice"),
    (evaluation.frechet_distance, frechet(root=lambda a, b: -eigen(a @ b)), "is subtracted"),
    (evaluation.frechet_distance, frechet(root=lambda a, b: 0), "is missing"),
    (evaluation.frechet_distance,
     frechet(means=lambda gap: 0, cov=lambda x: cov(x, correction=0)), "two slips"),
    (evaluation.frechet_distance, frechet_unclamped, "clamp(min=0)"),
    (evaluation.frechet_distance, frechet_same_sizes_only, "own number of rows"),
    (evaluation.frechet_distance, one_row_each_feature, "ignores the covariances between"),
    (evaluation.frechet_distance,
     frechet_by_transport(lambda a: torch.linalg.pinv(a, rtol=1e-6)), "The same number needs none"),
    (evaluation.frechet_distance,
     frechet_by_transport(torch.linalg.inv), "The same number needs none"),
    (evaluation.frechet_distance, frechet_cholesky, "LinAlgError. With fewer rows than columns"),
    (evaluation.frechet_distance, lambda x, y: cov(x) + cov(y), "One number was expected"),
    (evaluation.frechet_distance, lambda x, y: 1 + 1j, "the complex 1+1j"),
    (evaluation.kernel_distance, mmd(within=lambda k: k.mean()), "That is biased"),
    (evaluation.kernel_distance,
     mmd(within=lambda k: (k.sum() - k.trace()) / len(k) ** 2), "N (N - 1) pairs, not N²"),
    (evaluation.kernel_distance,
     mmd(within=lambda k: k.sum() / len(k) / (len(k) - 1)), "the sum still has the diagonal"),
    (evaluation.kernel_distance,
     mmd(within=lambda k: k.triu(1).sum() / len(k) / (len(k) - 1)), "counts each pair once"),
    (evaluation.kernel_distance, mmd(cross=lambda k: 2 * off_diagonal(k)), "diagonal belongs in"),
    (evaluation.kernel_distance, mmd(cross=lambda k: k.mean()), "counts twice"),
    (evaluation.kernel_distance, mmd(cross=lambda k: -2 * k.mean()), "is subtracted"),
    (evaluation.kernel_distance, mmd(cross=lambda k: 0), "is missing"),
    (evaluation.kernel_distance, mmd(lambda a, b: (a @ b.T + 1) ** 3), "divided by D"),
    (evaluation.kernel_distance, mmd(lambda a, b: (a @ b.T / a.shape[1]) ** 3), "adds 1"),
    (evaluation.kernel_distance,
     mmd(lambda a, b: (a @ b.T / a.shape[1] + 1) ** 2), "not the second"),
    (evaluation.kernel_distance, mmd(lambda a, b: (a @ b.T / len(a) + 1) ** 3), "number of rows"),
    (evaluation.kernel_distance,
     mmd(lambda a, b: (a.T @ b / a.shape[1] + 1) ** 3), "pairs features with features"),
    (evaluation.kernel_distance, mmd(end=lambda value: value.sqrt()), "That is MMD;"),
    (evaluation.kernel_distance, mmd(end=lambda value: value.clamp(min=0)), "Do not cut off"),
    (evaluation.kernel_distance, mmd(end=abs), "No absolute value"),
    (evaluation.kernel_distance, mmd(end=lambda value: 1000 * value), "times 1000"),
    (evaluation.kernel_distance, mmd_same_sizes_only, "with its own mean"),
    (evaluation.kernel_distance,
     mmd(within=lambda k: k.mean(), end=lambda value: value.sqrt()), "two slips"),
    (evaluation.precision_recall, exchanged, "are exchanged"),
    (evaluation.precision_recall, both(itself_counted), "neighbour of its own"),
    (evaluation.precision_recall,
     lambda *args: both(itself_counted)(*args)[::-1], "are exchanged: precision asks"),
    (evaluation.precision_recall,
     lambda *args: both(itself_counted)(*args)[::-1], "And: each sample is counted"),
    (evaluation.precision_recall,
     both(lambda b, p, k: held(b, p, radius(b, k + 1))), "neighbour after the k-th"),
    (evaluation.precision_recall, coverage_for_recall, "which is coverage"),
    (evaluation.precision_recall, both(lambda b, p, k: (
        torch.cdist(p, b) <= radius(b, k)).any(0).float().mean()), "Mind the axis of `any`"),
    (evaluation.precision_recall, both(lambda b, p, k: (
        torch.cdist(p, b) <= radius(p, k)[:, None]).any(1).float().mean()), "*own* ball"),
    (evaluation.precision_recall, both(lambda b, p, k: (
        torch.cdist(p, b) <= radius(b, k)[:, None]).any(1).float().mean()), "the wrong axis"),
    (evaluation.precision_recall, both(lambda b, p, k: held(b, p, radius(p, k))), "other set"),
    (evaluation.precision_recall, both(lambda b, p, k: (
        torch.cdist(p, b) <= radius(b, k)).float().mean()), "mean over all pairs"),
    (evaluation.precision_recall, both(lambda b, p, k: (
        torch.cdist(p, b) <= radius(b, k)).sum(1).float().mean() / k), "a density"),
    (evaluation.precision_recall, both(lambda b, p, k: (
        torch.cdist(p, b) <= radius(b, k)).any(1).sum()), "That is a count"),
    (evaluation.precision_recall, both(lambda b, p, k: (
        torch.cdist(p, b) <= radius(b, k)).all(1).float().mean()), "not `all`"),
    (evaluation.precision_recall, both(lambda b, p, k: held(
        b, p, torch.cdist(b, p).sort(dim=1).values[:, k - 1])), "measured within it"),
    (evaluation.precision_recall, both(lambda b, p, k: (
        torch.cdist(p, b) ** 2 <= radius(b, k)).any(1).float().mean()), "take the root"),
    (evaluation.precision_recall,
     both(lambda b, p, k: held(b, p, radius(b, k).mean())), "not the mean of all"),
    (evaluation.precision_recall,
     both(lambda b, p, k: 100 * right_share(b, p, k)), "from 0 to 1"),
    (evaluation.precision_recall,
     lambda real, fake, k: (right_share(real, fake, k),) * 2, "Both numbers are precision"),
    (evaluation.precision_recall,
     lambda real, fake, k: (right_share(fake, real, k),) * 2, "Both numbers are recall"),
    (evaluation.precision_recall, lambda real, fake, k: (
        right_share(real, fake, k), itself_counted(fake, real, k)), "Precision is right. For"),
    (evaluation.precision_recall, lambda real, fake, k: (
        itself_counted(real, fake, k), right_share(fake, real, k)), "Recall is right. For"),
    (evaluation.precision_recall, lambda real, fake, k: (
        right_share(real, fake, k), right_share(fake, real, k) * len(real) / len(fake)),
     "With as many real samples as fakes"),
    (evaluation.precision_recall, radii_of_other_set(place=1), "measured within it"),
    (evaluation.precision_recall, radii_of_other_set(dim=0), "measured within it"),
    (evaluation.precision_recall, radii_of_other_set(place=1, dim=0), "measured within it"),
    (evaluation.precision_recall, both(strictly), "A point on the edge lies inside"),
    (evaluation.precision_recall,
     lambda real, fake, k: (right_share(real, fake, k), strictly(fake, real, k)), "on the edge"),
    (evaluation.precision_recall, both(zeros_masked), "Copies are other samples, too"),
    (evaluation.precision_recall, both(without_copies), "Copies are other samples, too"),
    (evaluation.precision_recall, right_share, "2 numbers were expected"),
    (evaluation.unseen_collapse, copied, "Those are the real samples"),
    (evaluation.unseen_collapse, one_point, "balls of radius 0"),
    (evaluation.unseen_collapse, crowd, "so far, recall sees"),
    (evaluation.unseen_collapse, spread, "outside all balls"),
    (evaluation.unseen_collapse, far_away, "All fakes are far away"),
    (evaluation.unseen_collapse, with_far([1.0, 0.0]), "What lies behind them,"),
    (evaluation.unseen_collapse, not_far_enough, "nearly a straight line"),
    (evaluation.unseen_collapse, too_many_strays, "outside all balls"),
    (evaluation.unseen_collapse, half_and_half, "That is no collapse"),
    (evaluation.unseen_collapse, lambda real: real, "(400, 2) came"),
    (evaluation.unseen_collapse,
     with_far([1.0, 0.0], [math.inf, 0.0]), "far away is far enough"),
    (evaluation.unseen_collapse, with_far([1e9, 0.0], [-1e9, 0.0]), "lose digits"),
    (evaluation.fair_verdict, at_full_size, "at different sample sizes"),
    (evaluation.fair_verdict, larger_is_better, "the smaller distance is better"),
    (evaluation.fair_verdict, never_neither, "by chance"),
    (evaluation.fair_verdict, turned, "Where one is better you name the other"),
    (evaluation.fair_verdict, timid, "The data can tell here"),
    (evaluation.fair_verdict, fixed_threshold, "a fixed threshold?"),
    (evaluation.fair_verdict, own_bootstraps, "for the larger"),
    (evaluation.fair_verdict, within_per_cent(0.1), "no fixed tolerance"),
    (evaluation.fair_verdict, within_per_cent(0.2), "no fixed tolerance"),
    (evaluation.fair_verdict, extrapolated, "scatter"),
    (evaluation.fair_verdict, means_only, "compare more than means"),
    (evaluation.fair_verdict, means_tested, "compare more than means"),
    (evaluation.fair_verdict, by_kernel_alone, "what you measure differs too"),
    (evaluation.fair_verdict, lambda real, a, b: "a", "the same of every pair"),
    (evaluation.fair_verdict, lambda real, a, b: "neither", "the same of every pair"),
    (evaluation.fair_verdict, lambda real, a, b: "tie", "'neither' was expected, and 'tie' came"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer", "words"), SLIPS)
def test_slips_are_named(capsys, check, answer, words):
    verdict = said(capsys, check, answer)
    assert verdict.startswith("Not quite. ")
    assert words in verdict


def test_every_exercise_recognises_at_least_three_mistakes():
    for name in evaluation.__all__:
        check = getattr(evaluation, name)
        assert len({words for other, _, words in SLIPS if other is check}) >= 3
