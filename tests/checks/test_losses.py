"""The exercises of "Six games": right answers, stubs, and wild answers.

The answers are written as learners write them, independently of the checks' own references.
"""

import math
import random
import warnings
from functools import partial

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from torch import nn
from torch.nn import functional as F
from verdicts import assert_stubs_and_hints, said

from ganbook import losses as games
from ganbook import regularisers
from ganbook.checks import losses
from ganbook.checks._losses_earth import PAIRS
from ganbook.checks._losses_runs import RIGHT as RUNS

# --- right answers, written in several ways ---

GOOD = dict(
    A="least_squares", B="minimax", C="non_saturating", D="relativistic", E="hinge", F="hinge"
)
CAUSES = dict(
    A="sigmoid first",
    B="all pairs",
    C="swapped sign",
    D="log of sigmoid",
    E="mean first",
    F="minimax",
    G="sum for mean",
)


def by_package(real_logits, fake_logits):
    game = games.non_saturating
    return game.discriminator(real_logits, fake_logits), game.generator(real_logits, fake_logits)


def by_logsigmoid(real, fake):
    d_loss = -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean()
    return [d_loss, -F.logsigmoid(fake).mean()]


def by_entropy(real, fake):
    bce = F.binary_cross_entropy_with_logits
    d_loss = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    return d_loss, bce(fake, torch.ones_like(fake))


def by_one_entropy(real, fake):
    labels = torch.cat([torch.ones_like(real), torch.zeros_like(fake)])
    both = F.binary_cross_entropy_with_logits(torch.cat([real, fake]), labels)
    return 2 * both, F.softplus(-fake).sum() / len(fake)


def by_logaddexp(real, fake):
    zero = torch.zeros_like(real)
    d_loss = torch.logaddexp(zero, -real).mean() + torch.logaddexp(zero, fake).mean()
    return d_loss, torch.logaddexp(zero, -fake).mean()


def by_loop(real, fake):
    d_loss = sum(F.softplus(-r) + F.softplus(f) for r, f in zip(real, fake, strict=True))
    return d_loss / len(real), sum(F.softplus(-f) for f in fake) / len(fake)


def by_absolute_values(real, fake):
    def cost(x):
        return torch.relu(x) + torch.log1p(torch.exp(-x.abs()))

    return (cost(-real) + cost(fake)).mean(), cost(-fake).mean(dim=0, keepdim=True)


def smooth_package(real_logits, fake_logits, target):
    return games.smoothed_discriminator_loss(real_logits, fake_logits, target=target)


def smooth_entropy(real, fake, target):
    bce = nn.BCEWithLogitsLoss()
    return bce(real, torch.full_like(real, target)) + bce(fake, 0 * fake)


def smooth_terms(real, fake, target):
    as_real, as_fake = F.logsigmoid(real), F.logsigmoid(-real)
    return -(target * as_real + (1 - target) * as_fake + F.logsigmoid(-fake)).mean()


def penalty_package(critic, real, fake):
    return regularisers.gradient_penalty(critic, real, fake)


def penalty_paper(critic, real, fake):
    eps = torch.rand(real.size(0), 1, 1, 1)
    x = (eps * real.data + (1 - eps) * fake.data).requires_grad_(True)
    scores = critic(x)
    gradients = torch.autograd.grad(
        outputs=scores,
        inputs=x,
        grad_outputs=torch.ones_like(scores),
        create_graph=True,
        retain_graph=True,
    )[0]
    gradients = gradients.view(gradients.size(0), -1)
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean()


def penalty_root(critic, real, fake, draw=np.random.default_rng(0).random):  # noqa: B008
    """With a root by hand, and epsilon at the fakes, from numpy."""
    eps = torch.as_tensor(draw((len(real), 1, 1, 1)), dtype=real.dtype)
    x = torch.lerp(real, fake, eps.expand_as(real)).requires_grad_()
    (g,) = torch.autograd.grad(critic(x).sum(), [x], create_graph=True)
    norms = (g.pow(2).sum(dim=(1, 2, 3)) + 1e-12) ** 0.5
    return F.mse_loss(norms, torch.ones_like(norms))


def penalty_loop(critic, real, fake):
    total = 0.0
    for r, f in zip(real, fake, strict=True):
        eps = random.random()
        x = (eps * r + (1 - eps) * f)[None].requires_grad_()
        (g,) = torch.autograd.grad(critic(x)[0], x, create_graph=True)
        total = total + (g.norm() - 1) ** 2
    return total / len(real)


def penalty_functional(critic, real, fake):
    eps = torch.empty(len(real)).uniform_().view(-1, 1, 1, 1)
    one = torch.func.grad(lambda image: critic(image[None])[0])
    g = torch.func.vmap(one)(fake + eps * (real - fake))
    return (g.flatten(start_dim=1).norm(dim=1) - 1).square().mean()


def penalty_jacobian(critic, real, fake):
    x = fake + torch.rand((len(real), 1, 1, 1)) * (real - fake)
    g = torch.autograd.functional.jacobian(lambda x: critic(x).sum(), x, create_graph=True)
    return torch.stack([(torch.linalg.vector_norm(one) - 1).pow(2) for one in g]).mean()


STATE = torch.Generator().manual_seed(5)


def penalty_generator(critic, real, fake):
    return regularisers.gradient_penalty(critic, real, fake, generator=STATE)


def r1_package(discriminator, real, fake, gamma):
    loss = games.non_saturating.discriminator(discriminator(real), discriminator(fake))
    return loss + gamma / 2 * regularisers.r1_penalty(discriminator, real)


def r1_in_place(discriminator, real, fake, gamma):
    real.requires_grad = True
    l_real = discriminator(real)
    (g,) = torch.autograd.grad(l_real, real, torch.ones_like(l_real), create_graph=True)
    penalty = 0.5 * gamma * (g.view(len(g), -1).norm(dim=1) ** 2).mean()
    return penalty - F.logsigmoid(l_real).mean() - F.logsigmoid(-discriminator(fake)).mean()


def r1_sum_over_batch(discriminator, real, fake, gamma):
    x = real.detach().requires_grad_()
    (g,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    plain = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    return plain + gamma * (g * g).sum() / (2 * len(real))


def r1_functional(discriminator, real, fake, gamma):
    one = torch.func.grad(lambda image: discriminator(image[None])[0])
    squares = torch.stack([one(image).square().sum() for image in real])
    return by_package(discriminator(real), discriminator(fake))[0] + gamma * squares.mean() / 2


def clip_package(critic, limit):
    regularisers.clip_weights(critic, limit)


def clip_data(critic, limit):
    for p in critic.parameters():
        p.data.clamp_(-limit, limit)


def clip_new_data(critic, limit):
    for p in critic.parameters():
        p.data = p.data.clip(min=-limit, max=limit)
    return critic


def clip_copy(critic, limit):
    with torch.no_grad():
        for p in critic.parameters():
            p.copy_(torch.maximum(torch.minimum(p, torch.tensor(limit)), torch.tensor(-limit)))


def clip_where(critic, limit):
    with torch.no_grad():
        for p in critic.parameters():
            p[p > limit] = limit
            p[p < -limit] = -limit


def clip_layers(critic, limit):
    @torch.no_grad()
    def one(layer):
        for p in layer.parameters(recurse=False):
            p.clamp_(-limit, limit)

    critic.apply(one)


def clip_and_forget(critic, limit):
    clip_data(critic, limit)
    critic.zero_grad()


def steep_above(x):
    return x[:, 0] + 50 * torch.relu(x[:, 1] - 1)


def steep_beside(points):
    x, y = points.T
    return torch.where(y.abs() < 1, -x, -x + 20 * (y.abs() - 1))


def step(x):
    return x[:, 0] + 5.0 * (x[:, 1] > 2)


def steep_behind(x):
    return -x[:, 0] + 30 * torch.relu(-3 - x[:, 0])


def slices(x):
    return torch.stack([a + (100 * (b - 2) if b > 2 else 0 * b) for a, b in x])


RIGHT = [
    (losses.who_learns, GOOD),
    (losses.who_learns, GOOD | dict(E="wasserstein")),
    (losses.who_learns, {k.lower(): v.upper().replace("_", "-") for k, v in GOOD.items()}),
    (losses.who_learns, [getattr(games, name) for name in GOOD.values()]),
    (losses.who_learns, ("LSGAN", "minimax", "non saturating", "RSGAN", "WGAN", "hinge")),
    *((losses.from_logits, f) for f in (
        by_package, by_logsigmoid, by_entropy, by_one_entropy, by_logaddexp, by_loop,
        by_absolute_values)),
    *((losses.smoothing, f) for f in (smooth_package, smooth_entropy, smooth_terms)),
    (losses.earth, (2.5, 3, 2, 5)),
    (losses.earth, dict(D=5, C=2, B=3, A=2.5)),
    (losses.earth, dict(a=2.5, b=3, c=2, d=5)),
    (losses.earth, torch.tensor([2.5, 3.0, 2.0, 5.0])),
    (losses.earth, np.array([2.5, 3.0, 2.0, 5.0])),
    *((losses.gradient_penalty, f) for f in (
        penalty_package, penalty_paper, penalty_root, penalty_loop, penalty_functional,
        penalty_jacobian, penalty_generator)),
    *((losses.blind_spot, f) for f in (steep_above, steep_beside, step, steep_behind, slices)),
    *((losses.r1, f) for f in (r1_package, r1_in_place, r1_sum_over_batch, r1_functional)),
    *((losses.clip, f) for f in (
        clip_package, clip_data, clip_new_data, clip_copy, clip_where, clip_layers,
        clip_and_forget)),
    (losses.relativistic_slips, CAUSES),
    (losses.relativistic_slips,
     {run.lower(): cause.replace(" ", "_").upper() for run, cause in CAUSES.items()}),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Correct. ")


@pytest.mark.parametrize("seed", range(6))
def test_what_is_drawn_at_random_is_accepted_with_any_seed(capsys, seed):
    draw = np.random.default_rng(seed).random
    answer = partial(penalty_root, draw=draw)
    assert said(capsys, losses.gradient_penalty, answer).startswith("Correct. ")


def test_the_learners_own_random_numbers_are_left_alone(capsys):
    torch.manual_seed(3)
    expected = torch.rand(4)
    for check, answer in ((losses.gradient_penalty, penalty_paper), (losses.r1, r1_package)):
        torch.manual_seed(3)
        said(capsys, check, answer)
        assert torch.equal(torch.rand(4), expected)


# --- what the prompts and the checks state ---


def transport(p, q) -> float:
    """The cheapest plan between two weighted sets of points, by linear programming."""
    cost = [[math.dist(np.atleast_1d(x), np.atleast_1d(y)) for _, y in q] for _, x in p]
    rows = [np.kron(np.eye(len(p))[i], np.ones(len(q))) for i in range(len(p))]
    columns = [np.kron(np.ones(len(p)), np.eye(len(q))[j]) for j in range(len(q))]
    masses = [mass for mass, _ in p] + [mass for mass, _ in q]
    return linprog(np.ravel(cost), A_eq=np.array(rows + columns), b_eq=masses).fun


@pytest.mark.parametrize("name", PAIRS)
def test_the_earth_is_moved_as_cheaply_as_can_be(name):
    p, q, distance, _ = PAIRS[name]
    assert transport(p, q) == pytest.approx(distance)


def test_the_symptoms_are_those_of_the_suspects():
    """The table of the exercise, row by row, with the code that it shows."""
    g = torch.Generator().manual_seed(0)
    real, fake = 4 * torch.randn(2, 64, generator=g)
    zero = torch.zeros(64)

    def slopes(loss, real, fake):
        real = real.clone().requires_grad_()
        return torch.autograd.grad(loss(real, fake), real)[0]

    def all_pairs(real, fake):
        return F.softplus(fake - real[:, None]).mean()

    def mean_first(real, fake):
        return F.softplus(fake.mean() - real.mean())

    def log_of_sigmoid(real, fake):
        return -torch.log(torch.sigmoid(real - fake)).mean()

    assert RUNS == CAUSES
    far = torch.full((64,), 1e4)
    assert F.softplus((-far).sigmoid() - far.sigmoid()).mean() == pytest.approx(0.3133, abs=5e-5)
    moved = fake.clone()
    moved[0] += 5
    changed = slopes(all_pairs, real, fake) != slopes(all_pairs, real, moved)
    assert changed.all()
    assert len(slopes(all_pairs, real, fake).unique()) > 32
    one_pair = slopes(games.relativistic.discriminator, real, fake) != slopes(
        games.relativistic.discriminator, real, moved
    )
    assert one_pair.sum() == 1
    assert len(slopes(mean_first, real, fake).unique()) == 1
    assert (slopes(mean_first, real, fake) != slopes(mean_first, real, moved)).all()
    assert log_of_sigmoid(zero, zero + 80).isfinite()
    assert log_of_sigmoid(zero, zero + 120).isinf()
    assert games.relativistic.discriminator(zero, zero + 120).isfinite()
    assert 64 * F.softplus(zero).mean() == pytest.approx(44.36, abs=5e-3)
    assert F.softplus(zero).mean() == pytest.approx(0.6931, abs=5e-5)


DISCRIMINATORS = {  # of the nine suspects; two of them leave it alone
    "swapped sign": lambda real, fake: F.softplus(real - fake).mean(),
    "sigmoid first": lambda real, fake: F.softplus(fake.sigmoid() - real.sigmoid()).mean(),
    "sum for mean": lambda real, fake: F.softplus(fake - real).sum(),
    "no softplus": lambda real, fake: (fake - real).mean(),
    "log of sigmoid": lambda real, fake: -torch.log(torch.sigmoid(real - fake)).mean(),
    "minimax": games.relativistic.discriminator,
    "all pairs": lambda real, fake: F.softplus(fake - real[:, None]).mean(),
    "mean first": lambda real, fake: F.softplus(fake.mean() - real.mean()),
    "detached fake": games.relativistic.discriminator,
}


def slopes_of(loss, real, fake):
    real = real.clone().requires_grad_()
    return torch.autograd.grad(loss(real, fake), real)[0]


def symptoms(loss) -> set:
    """Which of the rows A, B, D, E and G of the table a discriminator's loss shows."""
    g = torch.Generator().manual_seed(0)
    real, fake = torch.randn(2, 64, generator=g, dtype=torch.float64)
    moved = fake.clone()
    moved[0] += 2
    zero, before = torch.zeros(64), slopes_of(loss, real, fake)
    change = slopes_of(loss, real, moved) - before
    ahead, far = slopes_of(loss, real + 10, fake), torch.full((64,), 1e4)
    equal = (before - before[0]).abs().max() < 1e-12
    return {
        row
        for row, seen in dict(
            A=abs(loss(far, -far) - 0.3133) < 1e-4,
            B=(change.abs() > 1e-12).all() and len(change.unique()) == 64,
            D=loss(zero, zero + 120).isinf(),
            E=equal and ahead.abs().max() < 0.1 * before.abs().max(),
            G=abs(loss(zero, zero) - 44.36) < 5e-3,
        ).items()
        if seen
    }


@pytest.mark.parametrize("suspect", DISCRIMINATORS)
def test_each_symptom_of_the_discriminator_fits_one_suspect_only(suspect):
    expected = {run for run, cause in RUNS.items() if cause == suspect} - {"C", "F"}
    assert symptoms(DISCRIMINATORS[suspect]) == expected


# --- stubs, hints and wild answers ---

EXERCISES = [getattr(losses, name) for name in losses.__all__]


@pytest.mark.parametrize("check", EXERCISES)
def test_stubs_and_hints(capsys, check):
    assert_stubs_and_hints(capsys, check)


WILD = [
    "nonsense", None, 0, float("nan"), (), [1, 2, 3, 4, 5, 6], (math.inf,) * 4, dict(A=1), 1 + 1j,
    dict.fromkeys("ABCDEF"), {letter: ["x"] for letter in "ABCDEFG"}, np.zeros(4),
    np.array(["a"] * 4), torch.zeros(2, 2), torch.zeros(4, requires_grad=True) / 0, object(),
    lambda *args: 1 / 0, lambda *args: float("nan"),
    lambda *args: "text", lambda *args: (None, None), lambda *args: ("a", "b"), lambda *args: args,
    lambda *args: torch.zeros(0), lambda *args: torch.ones(3, 3), lambda: 1, lambda *args: 1 + 1j,
    lambda *args: np.float64(2.0), lambda *args: torch.tensor(2), lambda *args: math.inf,
    lambda *args: (math.nan, math.inf), lambda *args: [[1, 2], [3]], lambda *args: {1, 2}, int,
    lambda *args: torch.rand(len(args[0])), lambda *args: args[0].sum(), nn.Linear(2, 1), print,
    lambda *args: torch.rand(()), lambda x, *rest: x.requires_grad_(), lambda *args: True, type,
]  # fmt: skip


@pytest.mark.parametrize("check", EXERCISES)
@pytest.mark.parametrize("answer", WILD)
def test_wild_answers_raise_nothing(capsys, check, answer):
    assert said(capsys, check, answer).splitlines()[-1].startswith(("Not quite. ", "Your", "Not"))


def test_an_answer_may_warn(capsys):
    def noisy(critic, real, fake):
        warnings.warn("a word from the learner's own code", stacklevel=1)
        return penalty_paper(critic, real, fake)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert said(capsys, losses.gradient_penalty, noisy).startswith("Correct. ")
