"""The exercises of "Judging generators": right answers, written in several ways.

The answers are written as learners write them, independently of the checks' own references.
"""

import math

import numpy as np
import pytest
import scipy.linalg
import scipy.special
import torch
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors
from torch.nn import functional as F
from verdicts import assert_stubs_and_hints, said

from ganbook.checks import evaluation
from ganbook.metrics.frechet import frechet_distance
from ganbook.metrics.inception import inception_score
from ganbook.metrics.intervals import difference
from ganbook.metrics.kernel import kernel_distance
from ganbook.metrics.manifold import precision_recall

# --- Exercise 2 ---


def price_expanded(s, n, m):
    return 3 * s * s / (2 * n) + 3 * s * s / (2 * m)


def price_degrees_of_freedom(s, n, m):
    return s**2 * (1 / n + 1 / m) + s**2 / 2 * (1 / (n - 1) + 1 / (m - 1))


def price_exact(s, n, m):
    """With the exact mean of a normal sample's standard deviation, c4(n) s."""
    logs = {k: math.lgamma(k / 2) - math.lgamma((k - 1) / 2) for k in (n, m)}
    c4 = {k: math.sqrt(2 / (k - 1)) * math.exp(log) for k, log in logs.items()}
    spreads = 1 - c4[n] ** 2 + 1 - c4[m] ** 2 + (c4[n] - c4[m]) ** 2
    return torch.tensor(s**2 * (1 / n + 1 / m + spreads), dtype=torch.float64)


# --- Exercise 3 ---


def score_loop(p):
    rows, total = p.tolist(), 0.0
    marginal = [sum(column) / len(rows) for column in zip(*rows)]  # noqa: B905
    for row in rows:
        total += sum(a * math.log(a / q) for a, q in zip(row, marginal, strict=True) if a > 0)
    return math.exp(total / len(rows))


def score_entropies(p):
    q = p.mean(0)
    return torch.exp(torch.special.entr(q).sum() - torch.special.entr(p).sum(1).mean())


def score_epsilon(p):
    q = p.mean(0, keepdim=True)
    kl = p * ((p + 1e-10).log() - (q + 1e-10).log())
    return torch.e ** (kl.sum() / len(p))


def score_library(p):
    q = p.mean(0).clamp(min=1e-30)
    return F.kl_div(q.log().expand_as(p), p, reduction="batchmean").exp()


def score_numpy(p):
    p = p.numpy()
    return np.exp(scipy.special.rel_entr(p, p.mean(0)).sum(1).mean())


def score_base_2(p):
    p = p.double().clamp(min=1e-15)
    return 2 ** (p * (p / p.mean(0)).log2()).sum(1).mean().item()


def score_package(p):
    return inception_score(p).mean


# --- Exercise 4 ---


def frechet_eigenvalues(x, y):
    cx, cy = torch.cov(x.T), torch.cov(y.T)
    eigenvalues = torch.linalg.eigvals(cx @ cy).real.clamp(min=0)
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + (cx + cy).trace() - 2 * eigenvalues.sqrt().sum()


def frechet_symmetric(x, y):
    cx, cy = torch.cov(x.double().T), torch.cov(y.double().T)
    values, vectors = torch.linalg.eigh(cx)
    root = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
    middle = torch.linalg.eigvalsh(root @ cy @ root).relu().sqrt().sum()
    gap = x.double().mean(0, keepdim=True) - y.double().mean(0, keepdim=True)
    return gap @ gap.T + cx.trace() + cy.trace() - 2 * middle  # (1, 1)


def frechet_singular(x, y):
    a, b = (z - z.mean(0) for z in (x, y))
    a, b = a / (len(a) - 1) ** 0.5, b / (len(b) - 1) ** 0.5
    gap = x.mean(0) - y.mean(0)
    squares = gap.square().sum() + a.square().sum() + b.square().sum()
    return float(squares - 2 * torch.linalg.matrix_norm(a @ b.T, "nuc"))


def frechet_numpy(x, y):
    x, y = x.numpy().astype(float), y.numpy().astype(float)
    cx, cy = np.cov(x, rowvar=False), np.cov(y.T)
    return (
        np.sum((x.mean(0) - y.mean(0)) ** 2)
        + np.trace(cx)
        + np.trace(cy)
        - 2 * np.sqrt(np.linalg.eigvals(cx @ cy).astype(complex)).sum()  # complex, like sqrtm's
    )


def frechet_sqrtm(x, y):
    cx, cy = np.cov(x.double().T), np.cov(y.double().T)
    tiny = 1e-7 * np.eye(len(cx))
    root = scipy.linalg.sqrtm((cx + tiny) @ (cy + tiny))
    gap = (x.mean(0) - y.mean(0)).double().numpy()
    return gap @ gap + np.trace(cx + cy - 2 * root.real)


def frechet_loop(x, y):
    means, spreads = [], []
    for z in (x, y):
        z = z.double()
        mean = sum(z) / len(z)
        means.append(mean)
        spreads.append(sum(torch.outer(row - mean, row - mean) for row in z) / (len(z) - 1))
    total = sum((a - b) ** 2 for a, b in zip(*means, strict=True))
    total += sum(spread[i, i] for spread in spreads for i in range(len(spread)))
    for value in torch.linalg.eigvals(spreads[0] @ spreads[1]).tolist():
        total -= 2 * math.sqrt(max(value.real, 0))
    return total


# --- Exercise 5 ---


def mmd_loop(x, y):
    def mean(first, second, skip):
        values = [
            (sum(a * b for a, b in zip(row, other, strict=True)) / len(row) + 1) ** 3
            for i, row in enumerate(first.tolist())
            for j, other in enumerate(second.tolist())
            if not (skip and i == j)
        ]
        return sum(values) / len(values)

    return mean(x, x, True) + mean(y, y, True) - 2 * mean(x, y, False)


def mmd_mask(x, y):
    def k(a, b):
        return (a @ b.T / a.shape[1] + 1).pow(3)

    off = [~torch.eye(len(z), dtype=torch.bool) for z in (x, y)]
    return k(x, x)[off[0]].mean() + k(y, y)[off[1]].mean() - 2 * k(x, y).mean()


def mmd_library(x, y):
    kxx, kyy, kxy = (polynomial_kernel(a, b) for a, b in ((x, x), (y, y), (x, y)))
    n, m = len(x), len(y)
    np.fill_diagonal(kxx, 0)
    np.fill_diagonal(kyy, 0)
    return kxx.sum() / (n * n - n) + kyy.sum() / (m * m - m) - 2 * kxy.mean()


def mmd_triangle(x, y):
    def k(a, b):
        return (torch.einsum("id,jd->ij", a, b) / a.size(1) + 1) ** 3

    n, m = len(x), len(y)
    upper = k(x, x).triu(1).sum() * 2 / n / (n - 1) + k(y, y).triu(1).sum() * 2 / m / (m - 1)
    return upper - 2 * k(y, x).mean()


def mmd_package(x, y):
    return kernel_distance(x, y).distance


# --- Exercise 6 ---


def balls_kth(real, fake, k):
    r_real = torch.cdist(real, real).kthvalue(k + 1, dim=1).values
    r_fake = torch.cdist(fake, fake).kthvalue(k + 1, dim=1).values
    between = torch.cdist(real, fake)
    precision = (between <= r_real[:, None]).any(0).float().mean()
    return precision, (between <= r_fake[None, :]).any(1).float().mean()


def balls_no_diagonal(real, fake, k):
    def radii(x):
        away = torch.cdist(x, x).fill_diagonal_(torch.inf)
        return away.topk(k, dim=1, largest=False).values[:, -1]

    precision = (torch.cdist(fake, real) <= radii(real)).any(1).double().mean()
    return torch.stack([precision, (torch.cdist(real, fake) <= radii(fake)).any(1).double().mean()])


def balls_loop(real, fake, k):
    def share(centres, points):
        radius = [sorted(math.dist(a, b) for b in centres)[k] for a in centres]
        held = [any(math.dist(p, c) <= r for c, r in zip(centres, radius, strict=True))
                for p in points]  # fmt: skip
        return sum(held) / len(held)

    real, fake = real.tolist(), fake.tolist()
    return [share(real, fake), share(fake, real)]


def balls_library(real, fake, k):
    def share(centres, points):
        radius = NearestNeighbors(n_neighbors=k).fit(centres).kneighbors()[0][:, -1]
        gaps = np.linalg.norm(points[:, None] - centres[None], axis=-1)
        return (gaps <= radius).any(axis=1).mean()

    real, fake = real.double().numpy(), fake.double().numpy()
    return np.array([share(real, fake), share(fake, real)])


def balls_package(real, fake, k):
    return precision_recall(real, fake, k=k)[:2]


# --- Exercise 7 ---


def collapse_one(real):
    fakes = real[real[:, 0].argmin()].repeat(500, 1)
    fakes[0, 0] += 1000 * real.std()
    return fakes


def collapse_four(real):
    centre = real[0]
    ends = 1e4 * real.std() * torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    return torch.cat([centre + 1e-4 * torch.randn(496, 2), centre + ends])


def collapse_numpy(real):
    real = real.numpy()
    fakes = np.repeat(real[real[:, 1].argmax()][None], 500, axis=0)
    fakes[-1, 1] -= 1e5
    return fakes[::-1]


def collapse_list(real):
    points = real.tolist()
    return [min(points)] * 499 + [[max(points)[0] + 3e4, min(points)[1]]]


# --- Exercise 8 ---


def by_halves(real, a, b):
    rows, gaps = min(len(a), len(b)) // 2, []
    for _ in range(20):
        part_a, part_b = (x[torch.randperm(len(x))[:rows]] for x in (a, b))
        gaps.append(frechet_distance(real, part_a) - frechet_distance(real, part_b))
    gaps = torch.tensor(gaps)
    if gaps.mean().abs() < 2 * gaps.std():
        return "neither"
    return "a" if gaps.mean() < 0 else "b"


def by_permutation(real, a, b, rounds=25):
    def gap(first, second):
        return frechet_distance(real, first) - frechet_distance(real, second)

    both = torch.cat([a, b])
    shuffled = [both[torch.randperm(len(both))] for _ in range(rounds)]
    null = [gap(rows[: len(a)], rows[len(a) :]) for rows in shuffled]
    below = np.mean([gap(a, b) < value for value in null])
    return "A" if below == 1 else "B" if below == 0 else "neither"


def by_kernel(real, a, b):
    """An unbiased distance may compare different sizes."""
    real = real[:400]
    blocks = [[mmd_mask(real, rows) for rows in x.split(50)] for x in (a, b)]
    a, b = (torch.stack(values) for values in blocks)
    z = (a.mean() - b.mean()) / (a.var() / len(a) + b.var() / len(b)).sqrt()
    return "neither" if z.abs() < 3 else "a" if z < 0 else "b"


def by_errors(real, a, b):
    """The package's own standard errors."""
    (to_a, error_a), (to_b, error_b) = kernel_distance(real, a), kernel_distance(real, b)
    z = (to_a - to_b) / math.hypot(error_a, error_b)
    return "neither" if abs(z) < 2 else "a" if z < 0 else "b"


def by_interval(real, a, b):
    """The interval of the difference, of as many rows of each."""
    rows = min(len(a), len(b))
    gap = difference(frechet_distance, real, a[:rows], b[:rows], samples=100)
    return "neither" if gap.low < 0 < gap.high else "a" if gap.high < 0 else "b"


def by_interval_of_all(real, a, b):
    """The interval has its bias removed: all rows may be used."""
    gap = difference(frechet_distance, real, a, b, samples=60)
    return "neither" if gap.low < 0 < gap.high else "a" if gap.high < 0 else "b"


RIGHT = [
    (evaluation.four_scores, (10, 4, 10, 3.16)),
    (evaluation.four_scores, [10.0, 4.0, 10.0, 10**0.5]),
    (evaluation.four_scores, torch.tensor([10, 4, 10, 3.1623])),
    (evaluation.four_scores, np.array([10, 4, 10, 3.1623])),
    *((evaluation.sampling_price, f)
      for f in (price_expanded, price_degrees_of_freedom, price_exact)),
    *((evaluation.inception_score, f)
      for f in (score_loop, score_entropies, score_epsilon, score_library, score_numpy,
                score_base_2, score_package)),
    *((evaluation.frechet_distance, f)
      for f in (frechet_eigenvalues, frechet_symmetric, frechet_singular, frechet_numpy,
                frechet_sqrtm, frechet_loop, frechet_distance)),
    *((evaluation.kernel_distance, f)
      for f in (mmd_loop, mmd_mask, mmd_library, mmd_triangle,
                mmd_package)),
    *((evaluation.precision_recall, f)
      for f in (balls_kth, balls_no_diagonal, balls_loop, balls_library, balls_package)),
    *((evaluation.unseen_collapse, f)
      for f in (collapse_one, collapse_four, collapse_numpy, collapse_list)),
    *((evaluation.fair_verdict, f)
      for f in (by_halves, by_permutation, by_kernel, by_errors, by_interval,
                by_interval_of_all)),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Correct. ")


EXERCISES = [getattr(evaluation, name) for name in evaluation.__all__]
WILD = {
    "text": "nonsense", "none": None, "nan": math.nan, "empty": (), "dict": {}, "class": dict,
    "tensor": torch.zeros(3), "complex": 1j, "four": (1, 2, 3, 4), "dots": (..., ..., ..., ...),
    "module": torch.nn.Linear(2, 2), "module's name": "torch",
    "fails": lambda *args: 1 / 0, "recurs": lambda *args: WILD["recurs"](*args),
    "exits": lambda *args: next(iter(())), "no arguments": lambda: 1.0,
    "returns text": lambda *args: "1", "returns nothing": lambda *args: print(end=""),
    "returns nan": lambda *args: torch.tensor(math.nan), "returns inf": lambda *args: math.inf,
    "returns complex": lambda *args: 3 + 4j, "returns a set": lambda *args: {1, 2},
    "returns big": lambda *args: 10**400, "returns objects": lambda *args: np.array([None, "a"]),
    "returns itself": lambda *args: args, "returns a function": lambda *args: print,
    "returns ragged": lambda *args: [[1.0], [2.0, 3.0]], "returns half": lambda *args: (0.5, None),
    "returns pairs": lambda *args: (math.nan, torch.zeros(2)), "returns 0": lambda *args: 0,
    "returns true": lambda *args: True, "returns bools": lambda *args: torch.ones(500, 2) > 0,
    "returns a graph": lambda *args: torch.ones((), requires_grad=True),
    "returns complex fakes": lambda *args: torch.ones(500, 2) * 1j,
}  # fmt: skip


@pytest.mark.parametrize("check", EXERCISES)
@pytest.mark.parametrize("answer", WILD.values(), ids=WILD)
def test_wild_answers_raise_nothing(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Not quite. ")


@pytest.mark.parametrize("check", EXERCISES)
def test_stubs_and_hints(capsys, check):
    assert_stubs_and_hints(capsys, check)


def test_the_checks_leave_the_random_state_alone():
    before = torch.get_rng_state()
    evaluation.unseen_collapse(collapse_four)
    evaluation.fair_verdict(by_halves)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("seed", range(20))
def test_the_shown_verdict_does_not_depend_on_its_draws(capsys, seed):
    def seeded(real, a, b):
        torch.manual_seed(seed)
        return by_halves(real, a, b)

    assert said(capsys, evaluation.fair_verdict, seeded).startswith("Correct. ")


def test_an_answer_may_work_in_place(capsys):
    def in_place(x, y):
        value = frechet_singular(x, y)
        x.zero_(), y.zero_()
        return value

    assert said(capsys, evaluation.frechet_distance, in_place).startswith("Correct. ")


def test_the_price_of_a_sample_is_what_is_measured():
    g = torch.Generator().manual_seed(0)
    x, y = (2 * torch.randn(20_000, n, generator=g, dtype=torch.float64) for n in (60, 25))
    paid = (x.mean(1) - y.mean(1)) ** 2 + (x.std(1) - y.std(1)) ** 2
    error = paid.std().item() / len(paid) ** 0.5
    assert paid.mean().item() == pytest.approx(price_expanded(2, 60, 25), rel=0.02, abs=3 * error)


def test_the_four_scores_are_those_of_pictures_by_the_hundred():
    sure, unsure = torch.eye(10).repeat(100, 1), torch.full((1000, 10), 0.1)
    pictures = [sure, torch.eye(10)[:4].repeat(100, 1), torch.eye(10).repeat(7, 1),
                torch.cat([sure, unsure])]  # fmt: skip
    assert [score_loop(p) for p in pictures] == pytest.approx([10, 4, 10, 10**0.5], abs=1e-5)
