"""The exercises of "The game": right answers, and classic mistakes.

The answers are written as learners write them, independently of the checks' own references.
"""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from verdicts import said

from ganbook import losses
from ganbook.checks import gan_theory
from ganbook.metrics import modes

# Right answers, written in several ways


def best_odds(p, q, share):
    odds = share / (1 - share) * p / q
    return odds / (1 + odds)


def best_sigmoid(p, q, share):
    return torch.sigmoid(torch.log(p) - torch.log(q) + math.log(share) - math.log(1 - share))


def best_loop(p, q, share):
    return [share * a / (share * a + (1 - share) * b) for a, b in zip(p.tolist(), q.tolist())]  # noqa: B905


def jsd_entropies(p, q, dx):
    def entropy(f):
        return -torch.special.xlogy(f, f).sum() * dx

    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


def jsd_numpy(p, q, dx):
    p, q = p.numpy(), q.numpy()
    total = 0.0
    for f in (p, q):
        inside = f > 0
        total += (f[inside] * np.log(2 * f[inside] / (p + q)[inside])).sum() * dx / 2
    return total


def jsd_epsilon(p, q, dx):
    m, tiny = 0.5 * (p + q), 1e-12
    both = p * ((p + tiny) / (m + tiny)).log() + q * ((q + tiny) / (m + tiny)).log()
    return torch.trapezoid(both, dx=dx) / 2


def jsd_library(p, q, dx):
    m = torch.log((p + q) / 2 + 1e-300)
    divergence = F.kl_div(m, p, reduction="sum") + F.kl_div(m, q, reduction="sum")
    return 0.5 * divergence * dx


def loss_logsigmoid(fake_logits):
    return -F.logsigmoid(fake_logits).mean()


def loss_bce(fake_logits):
    return F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))


def loss_logaddexp(fake_logits):
    return torch.logaddexp(torch.zeros_like(fake_logits), -fake_logits).sum() / len(fake_logits)


def loss_package(fake_logits):
    return losses.non_saturating.generator(fake_logits, fake_logits)


def detach_once(generator, discriminator, real, z):
    fake = generator(z)
    d_loss = (
        F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake.detach())).mean()
    )
    return d_loss, F.softplus(-discriminator(fake)).mean()


def detach_by_no_grad(generator, discriminator, real, z):
    with torch.no_grad():
        still = generator(z)
    real_logits, fake_logits = discriminator(real), discriminator(still)
    bce = F.binary_cross_entropy_with_logits
    d_loss = bce(real_logits, torch.ones(len(real))) + bce(fake_logits, torch.zeros(len(z)))
    return [d_loss, bce(discriminator(generator(z)), torch.ones(len(z)))]


def detach_frozen(generator, discriminator, real, z):
    d_loss = losses.minimax.discriminator(discriminator(real), discriminator(generator(z).detach()))
    frozen = [weight.detach() for weight in discriminator.parameters()]
    names = [name for name, _ in discriminator.named_parameters()]
    parts = dict(zip(names, frozen, strict=True))
    logits = torch.func.functional_call(discriminator, parts, (generator(z),))
    return d_loss, -F.logsigmoid(logits).mean()


def coverage_package(samples, centres, std):
    return modes.coverage(samples, centres, std=std)


def coverage_loop(samples, centres, std):
    seen, good = set(), 0
    for sample in samples.tolist():
        away = [math.dist(sample, centre) for centre in centres.tolist()]
        if min(away) < 3 * std:
            seen.add(away.index(min(away)))
            good += 1
    return len(seen), good / len(samples)


def coverage_squares(samples, centres, std):
    squares = ((samples[:, None] - centres[None]) ** 2).sum(-1)
    nearest = squares == squares.min(1, keepdim=True).values
    hit = nearest & (squares <= (3 * std) ** 2)
    return [hit.any(0).sum(), hit.any(1).float().mean()]


RIGHT = [
    (gan_theory.equilibrium, (1.386, 0.693, -0.693)),
    (gan_theory.equilibrium, [math.log(4), math.log(2), math.log(0.5)]),
    (gan_theory.equilibrium, torch.tensor([1.39, 0.69, -0.69])),
    (gan_theory.best_discriminator, best_odds),
    (gan_theory.best_discriminator, best_sigmoid),
    (gan_theory.best_discriminator, best_loop),
    (gan_theory.jensen_shannon, jsd_entropies),
    (gan_theory.jensen_shannon, jsd_numpy),
    (gan_theory.jensen_shannon, jsd_epsilon),
    (gan_theory.jensen_shannon, jsd_library),
    (gan_theory.generator_loss, loss_logsigmoid),
    (gan_theory.generator_loss, loss_bce),
    (gan_theory.generator_loss, loss_logaddexp),
    (gan_theory.generator_loss, loss_package),
    (gan_theory.where_to_detach, detach_once),
    (gan_theory.where_to_detach, detach_by_no_grad),
    (gan_theory.where_to_detach, detach_frozen),
    (gan_theory.mode_coverage, coverage_package),
    (gan_theory.mode_coverage, coverage_loop),
    (gan_theory.mode_coverage, coverage_squares),
    (gan_theory.diagnosis, {"A": "stalled generator", "B": "healthy", "C": "collapse",
                            "D": "dead discriminator", "E": "overflow"}),
    (gan_theory.diagnosis, dict(E="overflow", D="dead discriminator", C="collapse", B="healthy",
                                A="stalled generator")),
    (gan_theory.learning_rate, 2.1),
    (gan_theory.learning_rate, 2),
    (gan_theory.learning_rate, torch.tensor(2.4)),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Correct. ")


# Classic mistakes


def real_and_fake_swapped(generator, discriminator, real, z):
    fake = generator(z)
    d_loss = losses.discriminator_loss(discriminator(fake.detach()), discriminator(real))
    return d_loss, F.softplus(-discriminator(fake)).mean()


def no_detach(generator, discriminator, real, z):
    fake = generator(z)
    d_loss = losses.discriminator_loss(discriminator(real), discriminator(fake))
    return d_loss, F.softplus(-discriminator(fake)).mean()


def reused_detached(generator, discriminator, real, z):
    fake = generator(z).detach()
    d_loss = losses.discriminator_loss(discriminator(real), discriminator(fake))
    return d_loss, F.softplus(-discriminator(fake)).mean()


def detached_logits(generator, discriminator, real, z):
    logits = discriminator(generator(z))
    d_loss = losses.discriminator_loss(discriminator(real), logits.detach())
    return d_loss, F.softplus(-logits).mean()


def detached_real(generator, discriminator, real, z):
    fake = generator(z)
    d_loss = losses.discriminator_loss(discriminator(real).detach(), discriminator(fake.detach()))
    return d_loss, F.softplus(-discriminator(fake)).mean()


def everything_detached(generator, discriminator, real, z):
    d_loss, g_loss = detach_once(generator, discriminator, real, z)
    return d_loss.detach(), g_loss


def minimax_generator(generator, discriminator, real, z):
    return detach_once(generator, discriminator, real, z)[0], torch.log(
        1 - torch.sigmoid(discriminator(generator(z)))
    ).mean()


def swapped_losses(generator, discriminator, real, z):
    return detach_once(generator, discriminator, real, z)[::-1]


def value_not_loss(generator, discriminator, real, z):
    d_loss, g_loss = detach_once(generator, discriminator, real, z)
    return -d_loss, g_loss


def fakes_only(generator, discriminator, real, z):
    fake = generator(z)
    return F.softplus(discriminator(fake.detach())).mean(), F.softplus(-discriminator(fake)).mean()


def one_loss(generator, discriminator, real, z):
    return sum(detach_once(generator, discriminator, real, z))


def cdist_min(samples, centres):
    return torch.cdist(samples, centres).min(1)


def coverage_squared_distance(samples, centres, std):
    squares = ((samples[:, None] - centres[None]) ** 2).sum(-1)
    distance, nearest = squares.min(1)
    good = distance < 3 * std
    return len(set(nearest[good].tolist())), good.float().mean()


def naive_jsd(p, q, dx):
    m = (p + q) / 2
    return 0.5 * (p * (p / m).log() + q * (q / m).log()).sum() * dx


GOOD = dict(A="stalled generator", B="healthy", C="collapse", D="dead discriminator", E="overflow")
sig = torch.sigmoid

MISTAKES = [
    # sum of two terms; the sign of V; base 2; a perfect generator taken for a perfect discriminator
    (gan_theory.equilibrium, (0.693, 0.693, -0.693), "sum of two terms"),
    (gan_theory.equilibrium, (-1.386, 0.693, -0.693), "the value V"),
    (gan_theory.equilibrium, (2, 1, -1), "in bits"),
    (gan_theory.equilibrium, (0, 0, 0), "always right"),
    (gan_theory.equilibrium, (1.386, 0, -0.693), "fooled"),
    (gan_theory.equilibrium, (1.386, -0.693, -0.693), "-log D is positive"),
    (gan_theory.equilibrium, (1.386, 1.386, -0.693), "one term only"),
    (gan_theory.equilibrium, (1.386, 0.693, 0.693), "no minus sign"),
    (gan_theory.equilibrium, (1.386, 0.693, 0), "the generator has failed"),
    (gan_theory.equilibrium, (1.386, 0.693), "Three numbers"),
    (gan_theory.equilibrium, 1.386, "tuple of numbers"),
    (gan_theory.equilibrium, (3.5, 0.693, -0.693), "you predict 3.5"),
    (gan_theory.best_discriminator, lambda p, q, share: p / (p + q), "where is `share`"),
    (gan_theory.best_discriminator, lambda p, q, share: q / (p + q), "probability of being fake"),
    (gan_theory.best_discriminator,
     lambda p, q, share: (1 - share) * q / ((1 - share) * q + share * p), "being fake"),
    (gan_theory.best_discriminator,
     lambda p, q, share: (1 - share) * p / ((1 - share) * p + share * q), "changed places"),
    (gan_theory.best_discriminator, lambda p, q, share: share * p / ((1 - share) * q), "the odds"),
    (gan_theory.best_discriminator, lambda p, q, share: p / q, "ratio of densities"),
    (gan_theory.best_discriminator, lambda p, q, share: p.log() - q.log(), "logit at equal shares"),
    (gan_theory.best_discriminator, lambda p, q, share: share * p / (p + q), "denominator"),
    (gan_theory.best_discriminator, lambda p, q, share: 0.5 + 0 * p, "was expected"),
    (gan_theory.jensen_shannon, lambda p, q, dx: 2 * jsd_entropies(p, q, dx), "Twice too much"),
    (gan_theory.jensen_shannon, lambda p, q, dx: jsd_entropies(p, q, dx) / math.log(2), "in bits"),
    (gan_theory.jensen_shannon,
     lambda p, q, dx: 0.5 * (p * (p / (p + q)).log2() + q * (q / (p + q)).log2()).sum() * dx,
     "In bits, and the middle"),
    (gan_theory.jensen_shannon,
     lambda p, q, dx: 0.5 * (p * (p / (p + q)).log() + q * (q / (p + q)).log()).sum() * dx,
     "without the half"),
    (gan_theory.jensen_shannon,
     lambda p, q, dx: (p * (p / (p + q)).log() + q * (q / (p + q)).log()).sum() * dx,
     "2 JSD - log 4"),
    (gan_theory.jensen_shannon, lambda p, q, dx: (p * (p / q).log()).sum() * dx, "KL(p, q)"),
    (gan_theory.jensen_shannon,
     lambda p, q, dx: 0.5 * ((p - q) * (p / q).log()).sum() * dx, "mean of KL(p, q)"),
    (gan_theory.jensen_shannon,
     lambda p, q, dx: (p * (2 * p / (p + q)).log()).sum() * dx, "KL(p, m) alone"),
    (gan_theory.jensen_shannon, lambda p, q, dx: naive_jsd(p, q, 1), "times the width"),
    (gan_theory.jensen_shannon, lambda p, q, dx: naive_jsd(p, q, 1) / len(p), "not an integral"),
    (gan_theory.jensen_shannon, naive_jsd, "0 log 0"),
    (gan_theory.jensen_shannon, lambda p, q, dx: jsd_entropies(p, q, dx).sqrt(), "square root"),
    (gan_theory.generator_loss, lambda x: torch.log(1 - sig(x)).mean(), "minimax"),
    (gan_theory.generator_loss, lambda x: -torch.log(1 - sig(x)).mean(), "discriminator's loss"),
    (gan_theory.generator_loss, lambda x: F.logsigmoid(x).mean(), "sign is turned"),
    (gan_theory.generator_loss, lambda x: -F.logsigmoid(x).sum(), "the sum"),
    (gan_theory.generator_loss, lambda x: -F.logsigmoid(sig(x)).mean(), "applied twice"),
    (gan_theory.generator_loss,
     lambda x: F.binary_cross_entropy_with_logits(sig(x), torch.ones_like(x)), "applied twice"),
    (gan_theory.generator_loss, lambda x: -F.logsigmoid(x), "take the mean"),
    (gan_theory.generator_loss, lambda x: -x.mean(), "critic"),
    (gan_theory.generator_loss, lambda x: -torch.log(sig(x).mean()), "logarithm of the mean"),
    (gan_theory.generator_loss, lambda x: -torch.log(sig(x)).mean(), "rounded to 0"),
    (gan_theory.generator_loss, lambda x: -torch.log(sig(x) + 1e-8).mean(), "an epsilon"),
    (gan_theory.generator_loss,
     lambda x: F.binary_cross_entropy(sig(x), torch.ones_like(x)), "an epsilon or a clamp"),
    (gan_theory.generator_loss, lambda x: F.softplus(-x).mean().item(), "no gradient flows"),
    (gan_theory.generator_loss, lambda x: F.softplus(-x.detach()).mean(), "no gradient flows"),
    (gan_theory.generator_loss,
     lambda x: F.softplus(-x).mean().detach() - sig(x).mean() + sig(x).mean().detach(),
     "the gradient at"),
    (gan_theory.where_to_detach, no_detach, "still reaches the generator"),
    (gan_theory.where_to_detach, reused_detached, "None at every weight"),
    (gan_theory.where_to_detach, detached_logits, "not what comes out"),
    (gan_theory.where_to_detach, detached_real, "nothing from real samples"),
    (gan_theory.where_to_detach, everything_detached, "reaches no weight"),
    (gan_theory.where_to_detach, real_and_fake_swapped, "Real and fake have changed places"),
    (gan_theory.where_to_detach, minimax_generator, "the minimax loss"),
    (gan_theory.where_to_detach, swapped_losses, "two losses have changed places"),
    (gan_theory.where_to_detach, value_not_loss, "That is V"),
    (gan_theory.where_to_detach, fakes_only, "for the real samples, is missing"),
    (gan_theory.where_to_detach, one_loss, "Two losses"),
    (gan_theory.mode_coverage, lambda s, c, std: (
        len(cdist_min(s, c).indices[cdist_min(s, c).values < std].unique()),
        (cdist_min(s, c).values < std).float().mean()), "1 std"),
    (gan_theory.mode_coverage, lambda s, c, std: (
        len(cdist_min(s, c).indices.unique()),
        (cdist_min(s, c).values < 3 * std).float().mean()), "every sample has a nearest mode"),
    (gan_theory.mode_coverage, lambda s, c, std: (
        (cdist_min(s, c).values < 3 * std).sum(),
        (cdist_min(s, c).values < 3 * std).float().mean()), "counted good samples"),
    (gan_theory.mode_coverage, lambda s, c, std: (
        coverage_loop(s, c, std)[0], coverage_loop(s, c, std)[0] / len(c)), "not of modes"),
    (gan_theory.mode_coverage, lambda s, c, std: (
        coverage_loop(s, c, std)[0], (cdist_min(s, c).values < 3 * std).sum()), "divide by"),
    (gan_theory.mode_coverage, lambda s, c, std: coverage_loop(s, c, std)[::-1], "modes first"),
    (gan_theory.mode_coverage, coverage_squared_distance, "squared distance"),
    (gan_theory.diagnosis, GOOD | dict(A="healthy"), "the generator's defeat"),
    (gan_theory.diagnosis, GOOD | dict(A="collapse"), "g_loss 9 means never"),
    (gan_theory.diagnosis, GOOD | dict(C="healthy"), "always look at samples"),
    (gan_theory.diagnosis, GOOD | dict(D="healthy"), "at the first step"),
    (gan_theory.diagnosis, GOOD | dict(D="collapse"), "it is the judge"),
    (gan_theory.diagnosis, GOOD | dict(E="stalled generator"), "nan comes from log(0)"),
    (gan_theory.diagnosis, GOOD | dict(E="healthy"), "Run E is no case of 'healthy'."),
    (gan_theory.diagnosis, GOOD | dict(B="fine"), "none of the causes"),
    (gan_theory.diagnosis, dict(A="healthy"), "keys A to E"),
    (gan_theory.diagnosis, GOOD | dict(B=...), "Still without a cause"),
    (gan_theory.learning_rate, 0.5, "both settle"),
    (gan_theory.learning_rate, 3.0, "neither settles"),
    (gan_theory.learning_rate, 50.0, "neither settles"),
    (gan_theory.learning_rate, 0, "positive"),
    (gan_theory.learning_rate, -2.2, "positive"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer", "message"), MISTAKES)
def test_mistakes_are_named(capsys, check, answer, message):
    out = said(capsys, check, answer)
    assert out.startswith("Not quite. ")
    assert message in out


CHECKS = [
    gan_theory.equilibrium,
    gan_theory.best_discriminator,
    gan_theory.jensen_shannon,
    gan_theory.generator_loss,
    gan_theory.where_to_detach,
    gan_theory.mode_coverage,
    gan_theory.diagnosis,
    gan_theory.learning_rate,
]


def test_every_exercise_has_at_least_three_mistakes_with_messages_of_their_own():
    for check in CHECKS:
        assert len({message for other, _, message in MISTAKES if other is check}) >= 3


@pytest.mark.parametrize("check", CHECKS)
def test_stubs_failures_and_nonsense_are_survived(capsys, check):
    def stub(a=None, b=None, c=None, d=None): ...

    def broken(*args):
        raise RuntimeError("oops")

    assert said(capsys, check).startswith("Not attempted yet. ")
    assert said(capsys, check, stub).startswith("Not attempted yet. ")
    for nonsense in (broken, None, "text", lambda *args: "text", [1, 2], {}):
        assert said(capsys, check, nonsense).startswith("Not quite. ")


def test_an_error_in_the_answer_is_quoted(capsys):
    def broken(fake_logits):
        raise RuntimeError("oops")

    assert "oops" in said(capsys, gan_theory.generator_loss, broken)


@pytest.mark.parametrize("check", CHECKS)
def test_hints_are_given_in_order(capsys, check):
    assert said(capsys, check, hint=1).startswith("Hint 1 of 2: ")
    assert said(capsys, check, hint=2).startswith("Hint 2 of 2: ")


def test_the_checks_leave_the_random_state_alone():
    before = torch.get_rng_state()
    gan_theory.where_to_detach(detach_once)
    gan_theory.mode_coverage(coverage_loop)
    assert torch.equal(before, torch.get_rng_state())
