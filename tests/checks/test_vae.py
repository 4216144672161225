"""The exercises of the VAE chapter: right answers, stubs, what is stated, and wild answers.

The answers are written as learners write them, independently of the checks' own references.
"""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn import functional as F
from verdicts import assert_stubs_and_hints, said

from ganbook.checks import vae
from ganbook.data import load, to_float

# --- right answers, written in several ways ---

BETAS = dict(A=1024, B=64, C=1 / 16, D=1 / 64, E=1, F=0.5, G=50)
SUSPECTS = dict(
    A="detached latents",
    B="raw targets",
    C="mean over pixels",
    D="no noise",
    E="minus KL",
    F="variance for deviation",
    G="samples of the encoder",
)


def kl_paper(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)


def kl_torch(mean, log_var):
    q = Normal(mean, (0.5 * log_var).exp())
    return kl_divergence(q, Normal(torch.zeros_like(mean), torch.ones_like(mean))).sum(-1)


def kl_independent(mean, log_var):
    q = Independent(Normal(mean, torch.exp(log_var / 2)), 1)
    p = Independent(Normal(torch.zeros_like(mean), 1), 1)
    return kl_divergence(q, p)


def kl_loop(mean, log_var):
    def one(m, v):
        return 0.5 * (torch.exp(v) + m * m - 1 - v)

    return [
        sum(one(m, v) for m, v in zip(*row, strict=True)) for row in zip(mean, log_var, strict=True)
    ]


def kl_einsum(mean, log_var):
    return (torch.einsum("bz,bz->b", mean, mean) + (torch.expm1(log_var) - log_var).sum(1)) / 2


def kl_double(mean, log_var):
    return kl_paper(mean.double(), log_var.double())


def draw_paper(mu, logvar):
    std = torch.exp(0.5 * logvar)
    return mu + torch.randn_like(std) * std


def draw_rsample(mean, log_var):
    return Normal(mean, (log_var / 2).exp()).rsample()


def draw_minus(mean, log_var):
    return mean - torch.sqrt(torch.exp(log_var)) * torch.empty_like(mean).normal_()


def draw_normal(mean, log_var):
    return torch.addcmul(mean, torch.normal(0.0, 1.0, mean.shape), log_var.exp().sqrt())


def draw_numpy(mean, log_var, random=np.random.default_rng(0)):  # noqa: B008
    noise = torch.from_numpy(random.standard_normal(tuple(mean.shape))).to(mean)
    return torch.exp(log_var * 0.5).mul(noise).add(mean)


def draw_loop(mean, log_var):
    return torch.stack(
        [m + (v / 2).exp() * torch.randn(len(m)) for m, v in zip(mean, log_var, strict=True)]
    )


def loss_entropy(logits, x, mean, log_var):
    target = x / 2 + 0.5
    nll = F.binary_cross_entropy_with_logits(logits, target, reduction="sum")
    return (nll + kl_paper(mean, log_var).sum()) / len(x)


def loss_softplus(logits, x, mean, log_var):
    t = (1 + x) / 2
    nll = t * F.softplus(-logits) + (1 - t) * F.softplus(logits)
    return nll.sum(dim=(1, 2, 3)).mean() + kl_paper(mean, log_var).mean()


def loss_distribution(logits, x, mean, log_var):
    bernoulli = torch.distributions.Bernoulli(logits=logits, validate_args=False)
    log_p = bernoulli.log_prob((x + 1) / 2).flatten(1).sum(1)
    return -(log_p - kl_torch(mean, log_var)).mean(dim=0, keepdim=True)


def loss_loop(logits, x, mean, log_var):
    total = 0.0
    for row, image, m, v in zip(logits, x, mean, log_var, strict=True):
        total = total + F.binary_cross_entropy_with_logits(
            row.flatten(), image.flatten().add(1).div(2), reduction="sum"
        )
        total = total + kl_paper(m[None], v[None])[0]
    return total / len(x)


def encoder_precision(x, w, b, noise, beta):
    variance = 1 / (1 + w**2 / (beta * noise))
    return [variance * w * (x - b) / (beta * noise), variance]


def encoder_numpy(x, w, b, noise, beta):
    """By solving for the zero of the derivatives, as a system of one equation each."""
    mean = np.linalg.solve([[w * w / noise + beta]], [w * (x - b) / noise])
    return torch.tensor([mean[0], beta / (w * w / noise + beta)])


def encoder_descent(x, w, b, noise, beta):
    q = torch.zeros(2, dtype=torch.double, requires_grad=True)  # mean and log variance
    optimiser = torch.optim.LBFGS([q], max_iter=200, line_search_fn="strong_wolfe",
                                  tolerance_grad=1e-12, tolerance_change=1e-14)  # fmt: skip

    def closure():
        optimiser.zero_grad()
        m, v = q[0], q[1].exp()
        loss = ((x - w * m - b) ** 2 + w**2 * v) / (2 * noise) + beta * (v + m**2 - q[1]) / 2
        loss.backward()
        return loss

    optimiser.step(closure)
    return q[0], q[1].exp()


def bound_max(log_w):
    top = log_w.max(dim=0).values
    return top + (log_w - top).exp().mean(dim=0).log()


def bound_softmax(log_w):
    return -(log_w.log_softmax(0) - log_w)[0] - math.log(log_w.size(0))


def bound_loop(log_weights):
    out = []
    for column in log_weights.T:
        top = column.max()
        out.append(top + torch.log(sum(torch.exp(w - top) for w in column) / len(column)))
    return out


def bound_pairs(log_weights):
    total = log_weights[0]
    for row in log_weights[1:]:
        total = torch.logaddexp(total, row)
    return total - np.log(len(log_weights))


def turn(angle):
    return torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def turn_loop(z):
    return torch.stack([torch.stack([a - b, -a - b]) / 2**0.5 for a, b in z])


def swirl(z):
    """Turn each point by its distance from the centre, and by 45 degrees."""
    angle = z.norm(dim=1) + math.pi / 4
    x, y = z.T
    c, s = angle.cos(), angle.sin()
    return torch.stack([c * x - s * y, s * x + c * y], dim=1)


def fast_swirl(z):
    angle = 10 * z.square().sum(1)
    x, y = z.T
    c, s = angle.cos(), angle.sin()
    return torch.stack([c * x - s * y, s * x + c * y], dim=1)


RIGHT = [
    (vae.silent_beta, BETAS),
    (vae.silent_beta, {k.lower(): Fraction(v).limit_denominator(2000) for k, v in BETAS.items()}),
    (vae.silent_beta, {k: torch.tensor(float(v)) for k, v in BETAS.items()}),
    (vae.silent_beta, BETAS | dict(C=0.0625, D=0.0156)),
    *((vae.gaussian_kl, f) for f in (
        kl_paper, kl_torch, kl_independent, kl_loop, kl_einsum, kl_double)),
    *((vae.reparametrise, f) for f in (
        draw_paper, draw_rsample, draw_minus, draw_normal, draw_numpy, draw_loop)),
    *((vae.loss_of_vae, f) for f in (loss_entropy, loss_softplus, loss_distribution, loss_loop)),
    *((vae.best_encoder, f) for f in (encoder_precision, encoder_numpy, encoder_descent)),
    *((vae.importance_bound, f) for f in (bound_max, bound_softmax, bound_loop, bound_pairs)),
    (vae.seven_slips, SUSPECTS),
    (vae.seven_slips, {k.lower(): v.upper().replace(" ", "_") for k, v in SUSPECTS.items()}),
    (vae.mix, lambda z: z @ turn(math.pi / 4)),
    (vae.mix, lambda z: z @ turn(-math.pi / 4 + 0.05).T),
    (vae.mix, lambda z: (z @ turn(math.pi / 4)).flip(1) * torch.tensor([1.0, -1.0])),
    (vae.mix, turn_loop),
    (vae.mix, swirl),
    (vae.mix, fast_swirl),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Correct. ")


@pytest.mark.parametrize("seed", range(8))
def test_what_is_drawn_at_random_is_accepted_with_any_seed(capsys, seed):
    random = np.random.default_rng(seed)
    answer = lambda mean, log_var: draw_numpy(mean, log_var, random)  # noqa: E731
    assert said(capsys, vae.reparametrise, answer).startswith("Correct. ")


def test_the_learners_own_random_numbers_are_left_alone(capsys):
    torch.manual_seed(3)
    expected = torch.rand(4)
    for check, answer in ((vae.reparametrise, draw_paper), (vae.mix, swirl)):
        torch.manual_seed(3)
        said(capsys, check, answer)
        assert torch.equal(torch.rand(4), expected)


# --- what the prompts and the checks state ---


def test_the_silent_betas_are_those_of_the_lines():
    """Slopes in a scale of each term, beside those of the two sums."""
    g = torch.Generator().manual_seed(0)
    x = torch.rand(64, 1, 32, 32, generator=g)
    logits = torch.randn(64, 1, 32, 32, generator=g)
    kl_each = torch.rand(64, 16, generator=g)
    kl, bce = kl_each.sum(1), F.binary_cross_entropy_with_logits
    nats = bce(logits, x, reduction="sum")
    square = F.mse_loss(logits, x, reduction="sum")
    constant = 0.5 * x.numel() * math.log(2 * math.pi)
    unit = -Normal(logits, 1.0).log_prob(x).sum() - constant
    tenth = -Normal(logits, 0.1).log_prob(x).sum() - constant - x.numel() * math.log(0.1)
    lines = dict(  # reconstruction, what it is of the nats, KL
        A=(bce(logits, x), nats, kl.mean()),
        B=(bce(logits, x), nats, kl_each.mean()),
        C=(bce(logits, x, reduction="sum") / 64, nats, kl_each.mean()),
        D=(bce(logits, x, reduction="sum"), nats, kl.mean()),
        E=(bce(logits, x, reduction="sum"), nats, kl.sum()),
        F=(square / 64, unit, kl.mean()),
        G=(square / 64, tenth, kl.mean()),
    )
    for name, (reconstruction, full, kl_term) in lines.items():
        beta = (kl_term / kl.sum()) / (reconstruction / full)
        assert beta.item() == pytest.approx(float(BETAS[name]), rel=1e-3)


def train(slip, steps=300, latents=8):
    """Train a small VAE on the digits with one slip; return what the table talks of."""
    x = to_float(load("digits", size=8, split="train").images).flatten(1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2 * latents))
        decoder = nn.Sequential(nn.Linear(latents, 64), nn.ReLU(), nn.Linear(64, 64))
        parameters = [*encoder.parameters(), *decoder.parameters()]
        optimiser = torch.optim.Adam(parameters, 3e-3)
        history, gradient = [], None
        for _ in range(steps):
            batch = x[torch.randint(len(x), (128,))]
            mean, log_var = encoder(batch).chunk(2, 1)
            width = log_var.exp() if slip == "variance for deviation" else (log_var / 2).exp()
            z = mean if slip == "no noise" else mean + width * torch.randn_like(mean)
            target = batch if slip == "raw targets" else (batch + 1) / 2
            out = decoder(z.detach() if slip == "detached latents" else z)
            nll = F.binary_cross_entropy_with_logits(out, target, reduction="none").sum(1).mean()
            kl = kl_paper(mean, log_var).mean()
            if gradient is None:
                (slope,) = torch.autograd.grad(nll, encoder[0].weight, retain_graph=True,
                                               allow_unused=True)  # fmt: skip
                gradient = 0.0 if slope is None else slope.norm().item()
            loss = nll / (64 if slip == "mean over pixels" else 1)
            loss = loss - kl if slip == "minus KL" else loss + kl
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            history.append((loss.item(), nll.item(), kl.item()))
        with torch.no_grad():
            mean, log_var = encoder(x).chunk(2, 1)
            spread = decoder(mean).sigmoid().std(0).mean().item()
    return history, gradient, spread, log_var


@pytest.fixture(scope="module")
def runs():
    slips = ("healthy", "detached latents", "raw targets", "mean over pixels", "no noise",
             "minus KL")  # fmt: skip
    return {slip: train(slip) for slip in slips}


def test_the_symptoms_of_the_seven_are_those_of_a_trained_vae(runs):
    """Rows A to E of the table; F and G need no training."""
    found = {
        row
        for slip, (history, gradient, spread, log_var) in runs.items()
        for row, seen in dict(
            A=spread < 1e-3 and history[-1][2] < 0.01 and gradient == 0,
            B=history[-1][1] < history[150][1] < 0,
            C=spread < 1e-3 and 0 < history[-1][2] < 0.01 and gradient > 0.1,
            D=spread > 0.1 and log_var.abs().max() < 0.3,
            E=history[-1][0] < history[50][0] < 0 and history[-1][1] > history[50][1] > 100,
        ).items()
        if seen and SUSPECTS[row] == slip
    }
    others = [
        row
        for slip, (history, gradient, spread, log_var) in runs.items()
        for row, seen in dict(
            A=spread < 1e-3 and gradient == 0,
            B=history[-1][1] < 0,
            C=spread < 1e-3 and history[-1][2] < 0.01 and gradient > 0.1,
            D=spread > 0.1 and log_var.abs().max() < 0.3,
            E=history[-1][0] < 0 and history[-1][1] > 100,
        ).items()
        if seen and SUSPECTS[row] != slip
    ]
    assert found == set("ABCDE")
    assert others == []
    assert math.exp(-2) == pytest.approx(0.135, abs=5e-4)


def test_the_best_encoder_is_the_least_of_the_objective():
    """Against a grid of means and variances, by numerical integration of the expectation."""
    x, w, b, noise, beta = 2.0, -1.5, 0.5, 0.7, 4.0
    z = torch.linspace(-8, 8, 4001, dtype=torch.double)
    log_p = Normal(w * z + b, noise**0.5).log_prob(torch.tensor(x, dtype=torch.double))

    def objective(mean, variance):
        q = Normal(torch.tensor(mean, dtype=torch.double), variance**0.5)
        weights = q.log_prob(z).exp() * (z[1] - z[0])
        kl = (weights * (q.log_prob(z) - Normal(0.0, 1.0).log_prob(z))).sum()
        return (-(weights * log_p).sum() + beta * kl).item()

    mean, variance = encoder_precision(x, w, b, noise, beta)
    best = objective(mean, variance)
    for dm, dv in ((0.02, 1), (-0.02, 1), (0, 1.05), (0, 0.95), (0.02, 1.05)):
        assert objective(mean + dm, variance * dv) > best


# --- stubs, hints and wild answers ---

EXERCISES = [getattr(vae, name) for name in vae.__all__]


@pytest.mark.parametrize("check", EXERCISES)
def test_stubs_and_hints(capsys, check):
    assert_stubs_and_hints(capsys, check)


WILD = [
    "nonsense", None, 0, float("nan"), (), [1, 2, 3, 4, 5, 6, 7], dict(A=1), 1 + 1j,
    dict.fromkeys("ABCDEFG"), {letter: ["x"] for letter in "ABCDEFG"}, np.zeros(4),
    dict.fromkeys("ABCDEFG", math.nan), dict.fromkeys("ABCDEFG", 1j),
    torch.zeros(2, 2), torch.zeros(4, requires_grad=True) / 0, object(), {1: 2, None: ...},
    lambda *args: 1 / 0, lambda *args: float("nan"), lambda *args: -math.inf,
    lambda *args: "text", lambda *args: (None, None), lambda *args: ("a", "b"), lambda *args: args,
    lambda *args: torch.zeros(0), lambda *args: torch.ones(3, 3), lambda: 1, lambda *args: 1 + 1j,
    lambda *args: np.float64(2.0), lambda *args: torch.tensor(2), lambda *args: math.inf,
    lambda *args: (math.nan, math.inf), lambda *args: [[1, 2], [3]], lambda *args: {1, 2}, int,
    lambda *args: torch.rand(len(args[0])), lambda *args: args[0].sum(), nn.Linear(2, 1), print,
    lambda *args: torch.rand(()), lambda x, *rest: x.requires_grad_(), lambda *args: True, type,
    lambda *args: args[0] * math.nan, lambda *args: args[0].to(torch.complex64), lambda x: x.numpy,
    lambda *args: args[0].int(), lambda *args: [args[0], "x"], lambda *args: args[0][0],
    lambda *args: np.asarray(args[0])[::-1], lambda *args: (0, 0), lambda *args: (1.0, -1.0),
]  # fmt: skip


@pytest.mark.parametrize("check", EXERCISES)
@pytest.mark.parametrize("answer", WILD)
def test_wild_answers_raise_nothing(capsys, check, answer):
    assert said(capsys, check, answer).splitlines()[-1].startswith(("Not quite. ", "Your", "Not"))
