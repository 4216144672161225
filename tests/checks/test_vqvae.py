"""The exercises of the VQ-VAE chapter: right answers, stubs, what is stated, and wild answers.

The answers are written as learners write them, independently of the checks' own references.
"""

import math
from collections import namedtuple

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Categorical
from torch.nn import functional as F
from verdicts import assert_stubs_and_hints, said

from ganbook.checks import vqvae

# --- right answers, written in several ways ---

NUMBERS = dict(A=448, B=0.4375, C=18.286, D=3.364, E=184.66, F=4.852)


def codes_expanded(z, e):
    distances = z.pow(2).sum(1, keepdim=True) + e.pow(2).sum(1) - 2 * z @ e.t()
    return distances.argmin(1)


def codes_short(z, e):
    return torch.argmax(z @ e.T - 0.5 * e.square().sum(1), dim=-1)


def codes_loop(z, e):
    return [min(range(len(e)), key=lambda i: ((row - e[i]) ** 2).sum().item()) for row in z]


def codes_numpy(z, e):
    return ((z.numpy()[:, None] - e.numpy()[None]) ** 2).sum(-1).argmin(-1)


def codes_topk(z, e):
    return torch.cdist(z, e).topk(1, largest=False).indices[:, 0].int()


def codes_list_of_tensors(z, e):
    return [torch.norm(row - e, dim=1).argmin() for row in z]


class Bridge(torch.autograd.Function):
    @staticmethod
    def forward(ctx, encoded, quantised):
        return quantised.clone()

    @staticmethod
    def backward(ctx, slope):
        return slope, None


def bridge_quantised(z, e):
    return e.detach() + (z - z.detach())


def losses_mse(z, e):
    dim = z.shape[1]
    return dim * F.mse_loss(e, z.detach()), dim * F.mse_loss(z, e.detach())


def losses_loop(z, e):
    def mean(a, b):
        return sum(((x - y) ** 2).sum() for x, y in zip(a, b, strict=True)) / len(a)

    return [mean(z.detach(), e), mean(z, e.data)]


def losses_named(z, e):
    return namedtuple("Losses", ["codebook", "commitment"])(*losses_mse(z, e))


def losses_dict(z, e):
    commitment, codebook = losses_mse(z, e)[::-1]
    return dict(commitment=commitment, codebook=codebook)


def update_index_add(counts, sums, encoded, indices, decay):
    n = torch.bincount(indices, minlength=len(counts))
    total = torch.zeros_like(sums).index_add_(0, indices, encoded)
    counts = torch.lerp(n.to(counts), counts, decay)
    sums = torch.lerp(total, sums, decay)
    return counts, sums, sums / counts.unsqueeze(1)


def update_in_place(counts, sums, encoded, indices, decay):
    counts *= decay
    sums *= decay
    for row, code in zip(encoded, indices, strict=True):
        counts[code] += 1 - decay
        sums[code] += (1 - decay) * row
    return [counts, sums, sums / counts[:, None]]


def update_numpy(counts, sums, encoded, indices, decay):
    n, total = np.zeros(len(counts)), np.zeros(tuple(sums.shape))
    np.add.at(n, indices.numpy(), 1)
    np.add.at(total, indices.numpy(), encoded.numpy())
    counts = decay * counts.numpy() + (1 - decay) * n
    sums = decay * sums.numpy() + (1 - decay) * total
    return counts, sums, sums / counts[:, None]


def update_laplace(counts, sums, encoded, indices, decay):
    """With the smoothing of many implementations, small enough not to matter."""
    counts, sums, _ = update_index_add(counts, sums, encoded, indices, decay)
    n, eps = counts.sum(), 1e-5
    smooth = (counts + eps) / (n + len(counts) * eps) * n
    return counts, sums, sums / smooth[:, None]


def samples_categorical(prior, count, grid, temperature):
    out = torch.randint(5, (count, *grid))  # what stands there does not matter
    for place in range(grid[0] * grid[1]):
        logits = prior(out).flatten(2)[..., place]
        out.view(count, -1)[:, place] = Categorical(logits=logits / temperature).sample()
    return out


def samples_gumbel(prior, count, grid, temperature):
    out = torch.zeros((count, *grid), dtype=torch.uint8)
    for i, j in np.ndindex(*grid):
        logits = prior(out)[:, :, i, j] / temperature
        noise = -torch.log(-torch.log(torch.rand_like(logits).clamp(1e-9, 1 - 1e-7)))
        out[:, i, j] = (logits + noise).argmax(1).to(torch.uint8)
    return out


def samples_inverse(prior, count, grid, temperature):
    out = torch.zeros((count, *grid), dtype=torch.long)
    for i, j in np.ndindex(*grid):
        share = F.softmax(prior(out)[:, :, i, j] / temperature, dim=1).cumsum(1)
        draw = torch.rand(count, 1)
        out[:, i, j] = (draw > share).sum(1).clamp(max=share.shape[1] - 1)
    return out.numpy()


def samples_one_by_one(prior, count, grid, temperature):
    parts = [samples_categorical(prior, n, grid, temperature) for n in (count // 2, count // 3)]
    rest = count - sum(map(len, parts))
    return torch.cat([*parts, samples_categorical(prior, rest, grid, temperature)])


def leak_by_gradient_free_pairs(prior, codes, grid):
    """Two grids that agree up to a place have the same logits up to it, its own included."""
    h, w = grid
    for place in range(h * w):
        for _ in range(codes * 4):
            a, b = torch.randint(codes, (2, 1, h * w))
            b[:, :place] = a[:, :place]
            one, two = (prior(x.view(1, h, w)).flatten(2)[..., place] for x in (a, b))
            if (one - two).abs().max() > 1e-6:
                return torch.tensor(True)
    return torch.tensor(False)


def leak_from_any_start(prior, codes, grid):
    """Every code in turn at every place, from a start that no seed has chosen."""
    start = torch.randint(codes, grid, generator=torch.Generator().manual_seed(11))
    for i, j in np.ndindex(*grid):
        others = start.repeat(codes, 1, 1)
        others[:, i, j] = torch.arange(codes)
        logits = prior(others).flatten(2)[..., : i * grid[1] + j + 1]
        if (logits - logits[:1]).abs().max() > 0:
            return True
    return False


def leak_loop(prior, codes, grid):
    base = torch.zeros(1, *grid, dtype=torch.long)
    for i, j in np.ndindex(*grid):
        for code in range(1, codes):
            other = base.clone()
            other[0, i, j] = code
            change = (prior(other) - prior(base)).abs().amax(1)[0]
            if change[:i].any() or change[i, : j + 1].any():
                return True
    return False


STARTS = ([(-1, 0), (1, 0), (0, 0.5)], [(0, 1), (0, -0.6), (1.5, 1.5)])

RIGHT = [
    (vqvae.bits, NUMBERS),
    (vqvae.bits, {k.lower(): torch.tensor(v) for k, v in NUMBERS.items()}),
    (vqvae.bits, NUMBERS | dict(B=0.438, C=18.3, D=3.36, E=185, F=4.85)),
    (vqvae.four_slopes, (0, 22.5, 0.3125, -0.5)),
    (vqvae.four_slopes, (0, 22.5, 0.313, -0.5)),
    (vqvae.four_slopes, np.array([0, 22.5, 0.3125, -0.5])),
    (vqvae.four_slopes, torch.tensor([0, 22.5, 0.3125, -0.5])),
    *((vqvae.nearest_codes, f) for f in (
        codes_expanded, codes_short, codes_loop, codes_numpy, codes_topk, codes_list_of_tensors)),
    (vqvae.straight_through, Bridge.apply),
    (vqvae.straight_through, bridge_quantised),
    (vqvae.straight_through, lambda z, e: z - (z - e).detach()),
    *((vqvae.two_losses, f) for f in (losses_mse, losses_loop, losses_named, losses_dict)),
    *((vqvae.moving_average, f) for f in (
        update_index_add, update_in_place, update_numpy, update_laplace)),
    *((vqvae.sample_codes, f) for f in (
        samples_categorical, samples_gumbel, samples_inverse, samples_one_by_one)),
    *((vqvae.leak, f) for f in (leak_by_gradient_free_pairs, leak_from_any_start, leak_loop)),
    (vqvae.starts, STARTS),
    (vqvae.starts, torch.tensor(STARTS)),
    (vqvae.starts, dict(bad=np.array(STARTS[1]), good=[torch.tensor(c) for c in STARTS[0]])),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Correct. ")


@pytest.mark.parametrize("seed", range(20))
def test_what_is_drawn_at_random_is_accepted_with_any_seed(capsys, seed):
    g = torch.Generator().manual_seed(seed)

    def samples(prior, count, grid, temperature):
        out = torch.zeros(count, *grid, dtype=torch.long)
        for i, j in np.ndindex(*grid):
            shares = (prior(out)[:, :, i, j] / temperature).softmax(1)
            out[:, i, j] = shares.multinomial(1, generator=g)[:, 0]
        return out

    assert said(capsys, vqvae.sample_codes, samples).startswith("Correct. ")


def test_the_learners_own_random_numbers_are_left_alone(capsys):
    torch.manual_seed(3)
    expected = torch.rand(4)
    for check, answer in (
        (vqvae.sample_codes, samples_categorical), (vqvae.leak, leak_by_gradient_free_pairs)
    ):  # fmt: skip
        torch.manual_seed(3)
        said(capsys, check, answer)
        assert torch.equal(torch.rand(4), expected)


# --- what the prompts and the checks state ---


def test_the_numbers_are_those_of_their_definitions():
    shares = torch.tensor([1 / 2, 1 / 4, 1 / 8, 1 / 8])
    assert math.log2(128) * 64 == NUMBERS["A"]
    assert NUMBERS["B"] * 32 * 32 == NUMBERS["A"]
    assert 32 * 32 * 8 / NUMBERS["A"] == pytest.approx(NUMBERS["C"], rel=1e-4)
    assert Categorical(shares).entropy().exp().item() == pytest.approx(NUMBERS["D"], rel=1e-3)
    assert 64 * 2 * math.log2(math.e) == pytest.approx(NUMBERS["E"], rel=1e-4)
    uniform = F.cross_entropy(torch.zeros(1, 128), torch.tensor([5])).item()
    assert uniform == pytest.approx(NUMBERS["F"], rel=1e-4)


def test_the_four_slopes_are_those_of_autograd_and_of_differences():
    codes = torch.tensor([-1.0, 1.0, 2.0], dtype=torch.double)

    def parts(w, table):
        z = w * 2.5
        e = table[(z.detach() - table.detach()).abs().argmin()]
        picture = 3 * (z + (e - z).detach()) + 1
        return (picture - 2.5) ** 2, (z.detach() - e) ** 2, (z - e.detach()) ** 2 / 4

    w = torch.tensor(0.5, dtype=torch.double, requires_grad=True)
    table = codes.clone().requires_grad_()
    reconstruction, codebook, commitment = parts(w, table)
    true = [parts(torch.tensor(0.5 + d, dtype=torch.double), codes)[0] for d in (1e-4, -1e-4)]
    slopes = (
        (true[0] - true[1]).item() / 2e-4,
        torch.autograd.grad(reconstruction, w, retain_graph=True)[0].item(),
        torch.autograd.grad(commitment, w, retain_graph=True)[0].item(),
        torch.autograd.grad(reconstruction + codebook + commitment, table)[0][1].item(),
    )
    assert slopes == pytest.approx((0, 22.5, 0.3125, -0.5))


# --- stubs, hints and wild answers ---

EXERCISES = [getattr(vqvae, name) for name in vqvae.__all__]


@pytest.mark.parametrize("check", EXERCISES)
def test_stubs_and_hints(capsys, check):
    assert_stubs_and_hints(capsys, check)


WILD = [
    "nonsense", None, 0, float("nan"), (), [1, 2, 3, 4, 5, 6, 7], dict(A=1), 1 + 1j, (1, 2, 3, 4),
    dict.fromkeys("ABCDEF"), {letter: ["x"] for letter in "ABCDEF"}, np.zeros(4), ("a", "b"),
    dict.fromkeys("ABCDEF", math.nan), dict.fromkeys("ABCDEF", 1j),
    torch.zeros(2, 2), torch.zeros(4, requires_grad=True) / 0, object(), {1: 2, None: ...},
    torch.zeros(2, 3, 2), torch.full((2, 3, 2), math.nan), [[(0, 0)] * 3, [("x", 0)] * 3],
    lambda *args: 1 / 0, lambda *args: float("nan"), lambda *args: -math.inf,
    lambda *args: "text", lambda *args: (None, None), lambda *args: ("a", "b"), lambda *args: args,
    lambda *args: torch.zeros(0), lambda *args: torch.ones(3, 3), lambda: 1, lambda *args: 1 + 1j,
    lambda *args: np.float64(2.0), lambda *args: torch.tensor(2), lambda *args: math.inf,
    lambda *args: (math.nan, math.inf), lambda *args: [[1, 2], [3]], lambda *args: {1, 2}, int,
    lambda *args: torch.rand(5), lambda *args: args[0].sum(), nn.Linear(2, 1), print,
    lambda *args: torch.rand(()), lambda x, *rest: x.requires_grad_(), lambda *args: True, type,
    lambda *args: args[0] * math.nan, lambda *args: args[0].to(torch.complex64),
    lambda *args: args[0].int(), lambda *args: [args[0], "x"], lambda *args: args[0][0],
    lambda *args: torch.zeros(3000, 2, 3), lambda *args: torch.full((3000, 2, 3), math.nan),
    lambda *args: torch.full((3000, 2, 3), 1j), lambda *args: np.array(["a"] * 40),
    lambda *args: (None, None, None), lambda *args: args[:3], lambda z, e: torch.stack([z, e]),
    lambda z, e: [torch.zeros(()), torch.zeros(2)], lambda z, e: torch.arange(len(z)) - 1,
]  # fmt: skip


@pytest.mark.parametrize("check", EXERCISES)
@pytest.mark.parametrize("answer", WILD)
def test_wild_answers_raise_nothing(capsys, check, answer):
    assert said(capsys, check, answer).splitlines()[-1].startswith(("Not quite. ", "Your", "Not"))
