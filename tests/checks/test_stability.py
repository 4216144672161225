"""The exercises of the chapter on stability: right answers, stubs, and answers from nowhere.

The answers are written as learners write them, independently of the checks' own references.
"""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid, normalize, softplus
from torch.optim.swa_utils import get_ema_multi_avg_fn
from verdicts import assert_stubs_and_hints, said

from ganbook import augment
from ganbook.checks import stability

# --- right answers, written in several ways ---


def growth_by_steps():
    found = []
    for rate, steps in ((0.1, 200), (0.5, 40), (1, 20)):
        x, y = 0.6, -0.8
        for _ in range(steps):
            x, y = x - rate * y, y + rate * x
        found.append(math.hypot(x, y))
    return found


def growth_by_eigenvalues():
    turns = {0.1: 200, 0.5: 40, 1: 20}
    return [
        np.abs(np.linalg.eigvals(np.array([[1, -r], [r, 1]]))).max() ** n for r, n in turns.items()
    ]


NAMES = dict(A="wrong sign", B="collapsed", C="saturated", D="healthy")
NAMES["E"] = "overpowered discriminator"


@torch.no_grad()
def ema_lerp(average, generator, decay):
    for a, w in zip(average.parameters(), generator.parameters(), strict=True):
        a.lerp_(w, 1 - decay)


def ema_data(average, generator, decay):
    theirs = dict(generator.named_parameters())
    for name, a in average.named_parameters():
        a.data = decay * a.data + (1 - decay) * theirs[name].data


def ema_state(average, generator, decay):
    """Through state_dict, buffers copied, and the network returned."""
    mine, theirs = average.state_dict(), generator.state_dict()
    for name, value in mine.items():
        if "running" in name or "num" in name:
            value.copy_(theirs[name])
        else:
            value.copy_(value * decay + theirs[name] * (1 - decay))
    return average


def ema_by_torch(average, generator, decay):
    lists = [list(network.parameters()) for network in (average, generator)]
    get_ema_multi_avg_fn(decay)(*lists, None)


def invariant_sum(x, y, h, k):
    return x**2 / h + y**2 / k - x * y


def invariant_root(x, y, h, k):
    return 3 * np.sqrt((x - h * y / 2) ** 2 + (h / k - h**2 / 4) * y**2)


def invariant_matrix(x, y, h, k):
    point = torch.tensor([x, y], dtype=torch.float64)
    shape = torch.tensor([[k, -h * k / 2], [-h * k / 2, h]], dtype=torch.float64)
    return -(point @ shape @ point)


def spectral_rounds(weight, u, steps):
    with torch.no_grad():
        for _ in range(steps):
            v = normalize(weight.T @ u, dim=0)
            u = normalize(weight @ v, dim=0)
    return u @ weight @ v


def spectral_attached(weight, u, steps):
    for _ in range(steps):
        v = weight.t().mv(u)
        v = v / v.norm()
        u = weight.mv(v)
        u = u / u.norm()
    return torch.dot(u, weight.mv(v))


def spectral_length(weight, u, steps):
    """The length of W v, with v found by W^T W."""
    v = normalize(weight.T @ u, dim=0)
    for _ in range(steps - 1):
        v = normalize(weight.T @ (weight @ v), dim=0)
    return (weight @ v).norm()


def step_detached(generator, discriminator, optimiser_g, optimiser_d, real, z):
    fake = generator(z)
    optimiser_d.zero_grad()
    d_loss = softplus(-discriminator(real)).mean() + softplus(discriminator(fake.detach())).mean()
    d_loss.backward()
    optimiser_d.step()
    optimiser_g.zero_grad()
    g_loss = softplus(-discriminator(fake)).mean()
    g_loss.backward()
    optimiser_g.step()
    return d_loss, g_loss


def step_cleared(generator, discriminator, optimiser_g, optimiser_d, real, z):
    """No detach, but the generator's gradients are cleared just before its own turn."""
    optimiser_d.zero_grad()
    l_real, l_fake = discriminator(real), discriminator(generator(z))
    ones, zeros = torch.ones_like(l_real), torch.zeros_like(l_fake)
    bce = binary_cross_entropy_with_logits
    (bce(l_real, ones) + bce(l_fake, zeros)).backward()
    optimiser_d.step()
    optimiser_g.zero_grad()
    bce(discriminator(generator(z)), ones).backward()
    optimiser_g.step()


def step_frozen(generator, discriminator, optimiser_g, optimiser_d, real, z):
    with torch.no_grad():
        fake = generator(z)
    loss = -(logsigmoid(discriminator(real)) + logsigmoid(-discriminator(fake))).mean()
    weights = list(discriminator.parameters())
    for w, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        w.grad = slope
    optimiser_d.step()
    discriminator.requires_grad_(False)
    optimiser_g.zero_grad()
    (-logsigmoid(discriminator(generator(z)))).mean().backward()
    optimiser_g.step()
    discriminator.requires_grad_(True)


def noisy_plain(discriminator, real, fake, std, random):
    first = std * torch.randn(real.shape, generator=random)
    second = std * torch.randn(fake.shape, generator=random)
    return discriminator(real + first), discriminator(fake + second)


def noisy_fake_first(discriminator, real, fake, std, random):
    logits = [
        discriminator(augment.instance_noise(images, random, std=std)) for images in (fake, real)
    ]
    return logits[::-1]


def noisy_by_normal(discriminator, real, fake, std, random):
    drawn = [torch.normal(0.0, std, x.shape, generator=random) for x in (real, fake)]
    return [discriminator(x + noise) for x, noise in zip((real, fake), drawn, strict=True)]


def noisy_together(discriminator, real, fake, std, random):
    both = torch.cat([real, fake])
    both = both + std * torch.empty_like(both).normal_(generator=random)
    return discriminator(both).chunk(2)


RIGHT = [
    (stability.growth, (2.70, 86.7, 1020)),
    (stability.growth, growth_by_steps()),
    (stability.growth, torch.tensor(growth_by_steps())),
    (stability.growth, growth_by_eigenvalues()),
    (stability.patients, NAMES),
    (stability.patients, {k.lower(): v.upper().replace(" ", "_") for k, v in NAMES.items()}),
    *((stability.ema, f) for f in (ema_lerp, ema_data, ema_state, ema_by_torch)),
    *((stability.invariant, f) for f in (invariant_sum, invariant_root, invariant_matrix)),
    *((stability.spectral_norm, f) for f in (spectral_rounds, spectral_attached, spectral_length)),
    *((stability.repair, f) for f in (step_detached, step_cleared, step_frozen)),
    *((stability.noisy_logits, f) for f in (noisy_plain, noisy_by_normal)),
    *((stability.noisy_logits, f) for f in (noisy_fake_first, noisy_together)),
    (stability.settle, (1.0, 0.3)),
    (stability.settle, [2, 0.2]),
    (stability.settle, torch.tensor([0.5, 0.5])),
]


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Correct. ")


EXERCISES = [getattr(stability, name) for name in stability.__all__]


def test_every_exercise_has_a_right_answer_above():
    assert {check.__name__ for check, _ in RIGHT} == set(stability.__all__)


@pytest.mark.parametrize("check", EXERCISES)
def test_stubs_and_hints(capsys, check):
    assert_stubs_and_hints(capsys, check)


WILD = [
    "nonsense",
    None,
    math.nan,
    (),
    {},
    torch.zeros(0),
    (math.inf, math.nan),
    lambda *args: 1 / 0,
    lambda *args: math.nan,
    lambda *args: "text",
    lambda *args: args,
    lambda *args: torch.zeros(2, 2),
    lambda: 1,
]


@pytest.mark.parametrize("check", EXERCISES)
@pytest.mark.parametrize("answer", WILD)
def test_nonsense_raises_nothing(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Not quite. ")


@pytest.mark.parametrize("check", EXERCISES)
def test_checks_leave_the_random_state_alone(check, capsys):
    torch.manual_seed(3)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    for other, answer in RIGHT:
        if other is check:
            check(answer)
    assert torch.equal(torch.rand(2), wanted)
