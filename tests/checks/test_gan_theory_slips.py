"""Slips that readers of "The game" made, and what the checks now say to them."""

import math

import pytest
import torch
from torch.nn import functional as F
from verdicts import said

from ganbook import losses
from ganbook.checks import _gan_jsd, gan_theory
from ganbook.checks._gan_patients import CAUSES, SYMPTOMS

GOOD = dict(A="stalled generator", B="healthy", C="collapse", D="dead discriminator", E="overflow")


def best_scalar(p, q, share):
    if q == 0:
        return 1.0
    return 1 / (1 + math.exp(math.log((1 - share) * q) - math.log(share * p)))


def jsd_separate(p, q, dx):
    m = (p + q) / 2
    terms = torch.xlogy(p, p) - torch.xlogy(p, m) + torch.xlogy(q, q) - torch.xlogy(q, m)
    return terms.sum() * dx / 2


RIGHT = [
    (gan_theory.best_discriminator, best_scalar),
    (gan_theory.jensen_shannon, jsd_separate),
    (gan_theory.diagnosis, {run.lower(): c.upper().replace(" ", "_") for run, c in GOOD.items()}),
    (gan_theory.learning_rate, 2.45),
]


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Correct. ")


def jsd_from_kl(kl):
    def jsd(p, q, dx):
        m = (p + q) / 2
        return (kl(p, m).sum() + kl(q, m).sum()) * dx / 2

    return jsd


def jsd_overlap(p, q, dx):
    both = (p > 0) & (q > 0)
    return jsd_separate(p[both], q[both], dx)


def middle_first(p, q, dx):
    m = (p + q) / 2
    return 0.5 * ((m * (m / p).log()).sum() + (m * (m / q).log()).sum()) * dx


def softplus_where(logits):
    return torch.where(logits > -20, torch.log1p(torch.exp(-logits)), -logits).mean()


def detach_once(generator, discriminator, real, z):
    fake = generator(z)
    d_loss = losses.discriminator_loss(discriminator(real), discriminator(fake.detach()))
    return d_loss, F.softplus(-discriminator(fake)).mean()


def with_items(*args):
    return tuple(loss.item() for loss in detach_once(*args))


def with_backward(*args):
    d_loss, g_loss = detach_once(*args)
    d_loss.backward(retain_graph=True)
    return d_loss, g_loss


def with_frozen(generator, discriminator, real, z):
    d_loss, _ = detach_once(generator, discriminator, real, z)
    discriminator.requires_grad_(False)
    return d_loss, F.softplus(-discriminator(generator(z))).mean()


def with_own_noise(generator, discriminator, real, z):
    return detach_once(generator, discriminator, real, torch.randn_like(z))


def with_half(*args):
    d_loss, g_loss = detach_once(*args)
    return d_loss / 2, g_loss


def with_minus(generator, discriminator, real, z):
    d_loss, _ = detach_once(generator, discriminator, real, z)
    return d_loss, -losses.discriminator_loss(discriminator(real), discriminator(generator(z)))


SLIPS = [
    (gan_theory.equilibrium, (1.4, 0.7, -0.7), "two decimals"),
    (gan_theory.equilibrium, (0.5, 0.5, 0.5), "is D, not its logarithm"),
    (gan_theory.equilibrium, "log 4", "tuple of numbers"),
    (gan_theory.best_discriminator, lambda p, q, s: s * p / (s * p + q), "q has a share as well"),
    (gan_theory.best_discriminator, lambda p, q, s: s * p / (s * p - (1 - s) * q), "sign in the"),
    (gan_theory.jensen_shannon, jsd_from_kl(lambda a, b: torch.xlogy(a, a / b)), "0 / 0"),
    (gan_theory.jensen_shannon, jsd_from_kl(lambda a, b: a * (a / b).log()), "0 log 0 counts as 0"),
    (gan_theory.jensen_shannon, jsd_overlap, "only one of them is 0 still counts"),
    (gan_theory.jensen_shannon, jsd_overlap, "two boxes of width 2"),
    (gan_theory.jensen_shannon, middle_first, "the middle comes second"),
    (gan_theory.jensen_shannon,
     lambda p, q, dx: torch.xlogy(p, 2 * p / (p + q)), "that is the integrand"),
    (gan_theory.jensen_shannon, lambda p, q, dx: 0.3, "p = N(0, 1) and q = N(1, 1.5²)"),
    (gan_theory.generator_loss, lambda x: (1 + torch.exp(-x)).log().mean(), "exp has"),
    (gan_theory.generator_loss, lambda x: torch.exp(-x).log1p().mean(), "exp has overflowed"),
    (gan_theory.generator_loss, lambda x: -x.double().sigmoid().log().mean(), "rounded to 0"),
    (gan_theory.generator_loss, lambda x: F.softplus(-x.mean()), "loss of the mean logit"),
    (gan_theory.generator_loss, softplus_where, "torch.where"),
    (gan_theory.where_to_detach, with_items, "plain numbers"),
    (gan_theory.where_to_detach, with_backward, "do not call backward"),
    (gan_theory.where_to_detach, with_frozen, "left frozen"),
    (gan_theory.where_to_detach, with_own_noise, "Noise of your own"),
    (gan_theory.where_to_detach, with_half, "half of it"),
    (gan_theory.where_to_detach, with_minus, "minus the discriminator's loss"),
    (gan_theory.learning_rate, 0.03, "needs more rounds"),
    (gan_theory.learning_rate, 3.0, "too high"),
    (gan_theory.learning_rate, 0.5, "in turns and at once"),
    (gan_theory.learning_rate, (2.2,), "One number was expected"),
    (gan_theory.learning_rate, None, "One number was expected"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer", "message"), SLIPS)
def test_slips_are_named(capsys, check, answer, message):
    out = said(capsys, check, answer)
    assert out.startswith("Not quite. ")
    assert message in out


def test_no_jensen_shannon_divergence_is_expected_above_log_2(capsys, monkeypatch):
    seen = []
    monkeypatch.setattr(_gan_jsd, "jsd", lambda *args: seen.append(jsd_separate(*args)) or seen[-1])
    gan_theory.jensen_shannon(jsd_separate)
    assert capsys.readouterr().out.startswith("Correct. ")
    assert max(seen) <= math.log(2) + 1e-9


@pytest.mark.parametrize("run", SYMPTOMS)
@pytest.mark.parametrize("cause", CAUSES)
def test_every_wrong_cause_has_an_explanation(capsys, run, cause):
    out = said(capsys, gan_theory.diagnosis, GOOD | {run: cause})
    if cause == GOOD[run]:
        assert out.startswith("Correct. ")
    else:
        assert len(out.split(f"no case of {cause!r}. ")[1]) > 20
