"""The exercises of the style chapter: right answers, stubs, what is stated, and wild answers.

The answers are written as learners write them, independently of the checks' own references.
"""

import math

import numpy as np
import pytest
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve
from torch import nn
from torch.nn import functional as F
from verdicts import assert_stubs_and_hints, said

from ganbook import compositing, losses
from ganbook.checks import _style_bent, _style_poisson, _style_race, style

# --- right answers, written in several ways ---

FATES = dict(A="kept", B="changed", C="kept", D="changed", E="kept", F="changed", G="kept",
             H="changed")  # fmt: skip


def gram_einsum(features):
    return torch.einsum("bihw,bjhw->bij", features, features) / features[0].numel()


def gram_bmm(features):
    b, c, h, w = features.size()
    rows = features.view(b, c, h * w)
    return torch.bmm(rows, rows.transpose(1, 2)).div(c * h * w)


def gram_loop(features):
    b, c, h, w = features.shape
    out = torch.zeros(b, c, c)
    for n in range(b):
        for i in range(c):
            for j in range(c):
                for y in range(h):
                    for x in range(w):
                        out[n, i, j] += features[n, i, y, x] * features[n, j, y, x]
    return out / (c * h * w)


def gram_numpy(features):
    f = features.numpy()
    return np.tensordot(f, f, axes=[(2, 3), (2, 3)])[range(len(f)), :, range(len(f))] / f[0].size


def gram_of_each(features):
    return [(m.flatten(1) @ m.flatten(1).T) / m.numel() for m in features]


def gram_last(features):
    """Channels last, and then the right transposition."""
    b, c, h, w = features.shape
    rows = features.permute(0, 2, 3, 1).reshape(b, h * w, c)
    return rows.transpose(1, 2) @ rows / (c * h * w)


def slope_by_autograd(features, target):
    f = features.clone().requires_grad_()
    (((f @ f.T / f.numel()) - target) ** 2).sum().backward()
    return f.grad


def slope_by_differences(features, target):
    def loss(f):
        return ((f @ f.T / f.numel() - target) ** 2).sum()

    out = torch.zeros_like(features)
    for place in np.ndindex(*features.shape):
        step = torch.zeros_like(features)
        step[place] = 1e-5
        out[place] = (loss(features + step) - loss(features - step)) / 2e-5
    return out


def slope_numpy(features, target):
    f, a = features.numpy(), target.numpy()
    d = f @ f.T / f.size - a
    return 2 * (d + d.T) @ f / f.size


def style_loss_loop(image, style, maps, weights):
    total = 0
    ours = maps(image)
    with torch.no_grad():
        theirs = maps(style)
    for n in range(len(weights)):
        a, b = gram_einsum(ours[n])[0], gram_bmm(theirs[n])[0]
        total = total + weights[n] * torch.norm(a - b) ** 2
    return total


def style_loss_mse(image, style, maps, weights):
    parts = []
    for a, b, w in zip(maps(image), maps(style), weights, strict=True):
        c = a.shape[1]
        parts.append(w * c * c * F.mse_loss(gram_bmm(a), gram_bmm(b)))
    return torch.stack(parts).sum().reshape(1)


def adain_var(content, style):
    """As in the authors' code: N - 1, and a small number added to the variance."""

    def moments(x):
        flat = x.view(*x.shape[:2], -1)
        return flat.mean(2)[..., None, None], (flat.var(2) + 1e-5).sqrt()[..., None, None]

    (mean, std), (new_mean, new_std) = moments(content), moments(style)
    return (content - mean) / std * new_std + new_mean


def adain_norm(content, style):
    """Instance normalisation of the one, N; the deviation of the other with N - 1."""
    new = style.std((2, 3), keepdim=True)
    return F.instance_norm(content) * new + style.mean((2, 3), keepdim=True)


def adain_loop(content, style):
    out = torch.empty_like(content)
    for n in range(content.shape[0]):
        for c in range(content.shape[1]):
            x, y = content[n, c], style[n, c]
            out[n, c] = (x - x.mean()) / x.std(correction=0).clamp(min=1e-6)
            out[n, c] = out[n, c] * y.std(correction=0) + y.mean()
    return out


def adain_numpy(content, style):
    x, y = content.numpy(), style.numpy()
    own = dict(axis=(2, 3), keepdims=True)
    scale = y.std(**own) / np.maximum(x.std(**own), 1e-8)
    return scale * (x - x.mean(**own)) + y.mean(**own)


def blend_jacobi(source, target, mask):
    x = target.clone()
    x[mask] = source[mask]
    for _ in range(200):
        new = x.clone()
        for i, j in mask.nonzero().tolist():
            total = 0
            for q in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
                total = total + x[q] + source[i, j] - source[q]
            new[i, j] = total / 4
        x = new
    return x


def blend_sparse(source, target, mask):
    """With the signs turned on both sides, by scipy."""
    s, t, m = (x.numpy() for x in (source, target, mask))
    number = -np.ones(m.shape, dtype=int)
    number[m] = np.arange(m.sum())
    rows, columns, values, b = [], [], [], np.zeros(m.sum())
    for i, j in np.argwhere(m):
        p = number[i, j]
        rows.append(p), columns.append(p), values.append(-4.0)
        b[p] = s[i - 1, j] + s[i + 1, j] + s[i, j - 1] + s[i, j + 1] - 4 * s[i, j]
        for q in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
            if m[q]:
                rows.append(p), columns.append(number[q]), values.append(1.0)
            else:
                b[p] -= t[q]
    out = t.copy()
    out[m] = spsolve(coo_matrix((values, (rows, columns))).tocsc(), b)
    return out


def blend_membrane(source, target, mask):
    """The source, and a smooth filling of the difference around it."""
    d = torch.where(mask, torch.zeros(()), target - source)
    for _ in range(500):
        mean = sum(d.roll(s, (0, 1)) for s in ((1, 0), (-1, 0), (0, 1), (0, -1))) / 4
        d = torch.where(mask, mean, d)
    return source + d


def blend_descended(source, target, mask):
    """The least squares of all differences that touch the mask, by L-BFGS."""
    x = target.double().clone().requires_grad_()
    s = source.double()
    tight = dict(tolerance_grad=1e-10, tolerance_change=1e-14)
    optimiser = torch.optim.LBFGS([x], max_iter=300, line_search_fn="strong_wolfe", **tight)

    def closure():
        x.grad = None
        loss = sum((x - s).diff(dim=d).square().sum() for d in (0, 1))
        loss.backward()
        x.grad[~mask] = 0
        return loss

    optimiser.step(closure)
    return x.detach().float()


def blend_package(source, target, mask):
    return compositing.poisson_blend(source[None, None], target[None, None], mask[None, None])[0, 0]


def style_loss_package(image, style, maps, weights):
    return losses.style_loss(maps(image), [losses.gram(m) for m in maps(style)], weights)


ROW = dict(
    target=[-1.0] * 6 + [1.0] * 6,
    added=[-0.5 + 2.0 * k / 7 for k in range(1, 7)],
    mended=(-1.0, 1.0),
)
STEEP = [0.0, 0.3, 0.9, 0.1, -0.4, 0.2, 0.2, 0.0, 1.0, -0.5, 0.0, 0.0]
OTHER = dict(
    target=torch.tensor(STEEP),
    added=np.linspace(1.4, 0.0, 8)[1:-1],
    mended=[torch.tensor(0.9), -0.5],
)

RIGHT = [
    (style.gram_forgets, FATES),
    (style.gram_forgets, {k.lower(): v.upper() for k, v in FATES.items()}),
    (style.gram_forgets, {k: v == "kept" for k, v in FATES.items()}),
    *((style.gram_matrix, f) for f in (
        gram_einsum, gram_bmm, gram_loop, gram_numpy, gram_of_each, gram_last, losses.gram)),
    *((style.style_slope, f) for f in (slope_by_autograd, slope_by_differences, slope_numpy)),
    *((style.style_loss, f) for f in (style_loss_loop, style_loss_mse, style_loss_package)),
    (style.adam_or_lbfgs, dict(rate=0.5, lower="L-BFGS")),
    (style.adam_or_lbfgs, (0.3, "lbfgs")),
    (style.adam_or_lbfgs, dict(lower="LBFGS", rate=torch.tensor(1.0))),
    *((style.adain, f) for f in (adain_var, adain_norm, adain_loop, adain_numpy, losses.adain)),
    *((style.poisson, f) for f in (
        blend_jacobi, blend_sparse, blend_membrane, blend_descended, blend_package)),
    (style.bent_object, ROW),
    (style.bent_object, OTHER),
    (style.bent_object, tuple(ROW.values())),
    (style.bent_object, ROW | dict(added=[round(a, 2) for a in ROW["added"]])),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Correct. ")


# --- what the prompts and the checks state ---


def shuffled(features, g):
    return features.flatten(2)[..., torch.randperm(features[0, 0].numel(), generator=g)]


def test_the_fates_of_the_gram_matrix_are_what_happens():
    g = torch.Generator().manual_seed(0)
    image = torch.randn(1, 3, 8, 8, generator=g)
    weight = torch.randn(4, 3, 3, 3, generator=g)

    def network(x):
        return F.relu(F.conv2d(x, weight, padding=1))

    f = network(image)
    own = torch.stack([shuffled(f[:, [c]], g)[:, 0] for c in range(4)], 1).view_as(f)
    changed = dict(
        A=shuffled(f, g).view_as(f), B=own, C=f.flip(3), D=f[:, [1, 0, 2, 3]], E=-f, F=f + 1,
        G=f.repeat(1, 1, 2, 2), H=network(shuffled(image, g).view_as(image)),
    )  # fmt: skip
    before = gram_loop(f)
    kept = {
        key: torch.allclose(gram_loop(after), before, rtol=1e-3) for key, after in changed.items()
    }
    assert {key: "kept" if same else "changed" for key, same in kept.items()} == FATES


def test_lbfgs_is_ahead_of_adam_at_any_rate_and_seed():
    """What exercise 5 says; the goal is met over a range of rates, and missed by common ones."""
    for seed in range(3):
        best = min(_style_race.left(rate, seed=seed) for rate in (0.1, 0.2, 0.3, 0.5, 1.0))
        assert _style_race.left(seed=seed) < 0.8 * best
    for rate, reached in ((0.1, False), (0.3, True), (1.0, True), (2.0, False), (0.001, False)):
        assert (_style_race.left(rate) < _style_race.GOAL) == reached


def test_the_row_is_blended_as_the_system_says():
    """The line of exercise 8 against the same row solved as a system."""
    source, target = _style_bent.source_row(), STEEP
    matrix, known = np.zeros((6, 6)), np.zeros(6)
    for n, p in enumerate(range(3, 9)):
        matrix[n, n] = 2
        for q in (p - 1, p + 1):
            known[n] += source[p] - source[q]
            if 3 <= q <= 8:
                matrix[n, q - 3] = -1
            else:
                known[n] += target[q]
    row, added = _style_bent.blended(source, target)
    assert row[3:9] == pytest.approx(np.linalg.solve(matrix, known))
    assert row[3:9] == pytest.approx([s + a for s, a in zip(source[3:9], added, strict=True)])


def test_the_masks_of_the_blend_stay_off_the_border_and_small():
    for seed, rows in enumerate(_style_poisson.MASKS):
        source, target, mask = _style_poisson.drawn(rows, seed)
        assert mask[1:-1, 1:-1].sum() == mask.sum()
        assert mask.sum() <= 30
        assert source.shape == target.shape == mask.shape


# --- stubs, hints and wild answers ---

EXERCISES = [getattr(style, name) for name in style.__all__]


@pytest.mark.parametrize("check", EXERCISES)
def test_stubs_and_hints(capsys, check):
    assert_stubs_and_hints(capsys, check)


WILD = [
    "nonsense", None, 0, float("nan"), (), [1, 2, 3, 4, 5, 6, 7], dict(A=1), 1 + 1j, (1, 2, 3, 4),
    dict.fromkeys("ABCDEFGH"), {letter: ["x"] for letter in "ABCDEFGH"}, np.zeros(4), ("a", "b"),
    dict.fromkeys("ABCDEFGH", math.nan), dict.fromkeys("ABCDEFGH", 1j), {1: 2, None: ...},
    dict(rate=math.nan, lower="Adam"), dict(rate="x", lower="L-BFGS"), dict(rate=1e300, lower=3),
    dict(rate=1e300, lower="adam"), dict(rate=-1, lower="adam"), dict(rate=None, lower=None),
    dict(rate=0.1, lower="SGD"), dict(rate=..., lower="Adam"), (1e-300, "adam"), (0.5, object()),
    dict(target=0, added=0, mended=0), dict.fromkeys(("target", "added", "mended"), ...),
    dict(target=[math.nan] * 12, added=[0] * 6, mended=(0, 0)), ROW | dict(mended="ab"),
    ROW | dict(added=[math.nan] * 6), ROW | dict(mended=(math.inf, math.nan)), ([0] * 12, 1, 2),
    ROW | dict(target=[1j] * 12), ROW | dict(added=torch.zeros(6, 2)), ROW | dict(target=None),
    torch.zeros(2, 2), torch.zeros(4, requires_grad=True) / 0, object(),
    lambda *args: 1 / 0, lambda *args: float("nan"), lambda *args: -math.inf,
    lambda *args: "text", lambda *args: (None, None), lambda *args: ("a", "b"), lambda *args: args,
    lambda *args: torch.zeros(0), lambda *args: torch.ones(3, 3), lambda: 1, lambda *args: 1 + 1j,
    lambda *args: np.float64(2.0), lambda *args: torch.tensor(2), lambda *args: math.inf,
    lambda *args: (math.nan, math.inf), lambda *args: [[1, 2], [3]], lambda *args: {1, 2}, int,
    lambda *args: torch.rand(5), lambda *args: args[0].sum(), nn.Linear(2, 1), print,
    lambda *args: torch.rand(()), lambda x, *rest: x.requires_grad_(), lambda *args: True, type,
    lambda *args: args[0] * math.nan, lambda *args: args[0].to(torch.complex64),
    lambda *args: args[0].int(), lambda *args: [args[0], "x"], lambda *args: args[0][0],
    lambda *args: args[0] * 1e30, lambda *args: args[0] * 0, lambda *args: args[0] + math.inf,
    lambda f: torch.full((len(f), f.shape[1], f.shape[1]), math.nan), lambda f: list(f),
    lambda f: torch.full((len(f), f.shape[1], f.shape[1]), 1j), lambda *args: args[0].bool(),
    lambda *args: np.array(["a"] * 40), lambda *args: (None, None, None), lambda *args: args[:3],
    lambda x, *rest: x.mean() * math.nan, lambda x, *rest: x.numpy(), lambda x, *rest: x.tolist(),
    lambda image, style, maps, weights: maps(image), lambda i, s, maps, w: maps(s)[0].sum(),
    lambda image, style, maps, weights: maps(None), lambda i, s, maps, w: maps(i[0])[0].sum(),
]  # fmt: skip


@pytest.mark.parametrize("check", EXERCISES)
@pytest.mark.parametrize("answer", WILD)
def test_wild_answers_raise_nothing(capsys, check, answer):
    verdict = said(capsys, check, answer).splitlines()
    assert any(line.startswith(("Not quite. ", "Not attempted yet.")) for line in verdict)
