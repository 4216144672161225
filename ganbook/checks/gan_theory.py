"""Verdicts for the exercises of the chapter "The game"."""

import math

import torch
from torch.nn.functional import softplus

from ganbook import losses
from ganbook.checks._verdict import NotQuite, compare, exercise, same, show
from ganbook.models import mlp

LOG2, LOG4 = math.log(2), math.log(4)


# Exercise 1

EQUILIBRIUM = (
    ("the discriminator's loss", LOG4, (
        (LOG2, "It is a sum of two terms, one for the real and one for the fake, each log 2."),
        (-LOG4, "That is the value V; the discriminator's loss is -V."),
        (0, "It is 0 when the discriminator is always right. Here it cannot tell anything apart."),
        (2, "That is in bits: the logarithm here is the natural one."),
    )),
    ("the non-saturating loss", LOG2, (
        (-LOG2, "-log D is positive: a probability below 1 has a negative log."),
        (0, "It is 0 when D(G(z)) = 1: a fooled judge, not a perfect generator."),
        (1, "That is in bits: the logarithm here is the natural one."),
        (LOG4, "The generator's loss has one term only: nothing is said of real samples."),
    )),
    ("the minimax loss", -LOG2, (
        (LOG2, "It is log(1 - D(G(z))), with no minus sign in front."),
        (0, "It is 0 when D(G(z)) = 0: when the generator has failed, not when it is perfect."),
        (-1, "That is in bits: the logarithm here is the natural one."),
        (-LOG4, "The generator's loss has one term only: nothing is said of real samples."),
    )),
)  # fmt: skip


@exercise(
    why="These three numbers are what the curves of a healthy run wander around.",
    hints=(
        "When p = q the best discriminator says D = p / (p + q) everywhere: which number is that?",
        "D = 1/2: put it into -log D(x) - log(1 - D(G(z))), -log D(G(z)) and log(1 - D(G(z))).",
    ),
)
def equilibrium(answer):
    """The discriminator's, the non-saturating and the minimax loss where p = q, in that order."""
    answer = as_numbers(answer)
    if len(answer) != len(EQUILIBRIUM):
        raise NotQuite(f"Three numbers are asked for, and {len(answer)} came.")
    for number, (name, right, mistakes) in zip(answer, EQUILIBRIUM, strict=True):
        if not same(number, right, 0.005):
            found = (message for wrong, message in mistakes if same(number, wrong, 0.005))
            raise NotQuite(f"For {name} you predict {show(number)}. {next(found, '')}".rstrip())


def as_numbers(answer) -> list[float]:
    try:
        return [float(number) for number in answer]
    except TypeError:
        raise NotQuite(f"A tuple of numbers was expected, and {show(answer)} came.") from None


# Exercise 2


def best(p, q, share):
    return share * p / (share * p + (1 - share) * q)


BEST_MISTAKES = (
    (lambda p, q, share: p / (p + q), "That is right for equal shares only: where is `share`?"),
    (lambda p, q, share: 1 - best(p, q, share), "That is the probability of being fake."),
    (lambda p, q, share: q / (p + q), "That is the probability of being fake, at equal shares."),
    (lambda p, q, share: best(p, q, 1 - share), "The two shares have changed places."),
    (lambda p, q, share: share * p / ((1 - share) * q),
     "That is the odds, real to fake; D = odds / (1 + odds)."),
    (lambda p, q, share: p / q,
     "That is the ratio of densities; a probability was asked for, and `share` is missing."),
    (lambda p, q, share: torch.log(share * p / ((1 - share) * q)),
     "That is the logit; D is its sigmoid."),
    (lambda p, q, share: torch.log(p / q),
     "That is the logit at equal shares; D is a sigmoid, and `share` is missing."),
    (lambda p, q, share: share * p / (p + q),
     "The shares must weigh both densities in the denominator, too."),
    (lambda p, q, share: share * p,
     "Set the derivative of share p log D + (1 - share) q log(1 - D) to zero."),
)  # fmt: skip


@exercise(
    why="A discriminator fed three fakes for each real sample learns this, not p / (p + q).",
    hints=(
        "At one x, maximise share p log D + (1 - share) q log(1 - D) over D alone.",
        "share p / D = (1 - share) q / (1 - D): solve for D. At share = 1/2 it must be GAN.3.",
    ),
)
def best_discriminator(answer):
    """A function of p(x), q(x) and the share of real samples that returns the best D(x)."""
    p, q = torch.tensor([0.4, 0.1, 0.3]), torch.tensor([0.4, 0.3, 0.0001])
    inputs = [(p, q, 0.25), (p, q, 0.9), (p, q, 0.5)]
    compare(answer, right=best, inputs=inputs, mistakes=BEST_MISTAKES)


# Exercise 3


def kl(p, q, dx):
    return torch.xlogy(p, p / q).nan_to_num().sum() * dx


def jsd(p, q, dx):
    m = (p + q) / 2
    return (kl(p, m, dx) + kl(q, m, dx)) / 2


JSD_MISTAKES = (
    (lambda p, q, dx: 2 * jsd(p, q, dx),
     "Twice too much: the Jensen-Shannon divergence is the mean of the two KLs, not the sum."),
    (lambda p, q, dx: jsd(p, q, dx) / LOG2,
     "That is in bits (log to the base 2); nats use the natural log."),
    (lambda p, q, dx: 2 * jsd(p, q, dx) / LOG2,
     "In bits, and twice too much: natural logs, and the mean of the two KLs."),
    (lambda p, q, dx: jsd(p, q, dx) - LOG2,
     "The middle is m = (p + q) / 2: without the half, every ratio is halved and log 2 is lost."),
    (lambda p, q, dx: 2 * jsd(p, q, dx) - LOG4,
     "That is V(D*, G) = 2 JSD - log 4: solve it for the JSD."),
    (lambda p, q, dx: kl(p, (p + q) / 2, dx),
     "That is KL(p, m) alone: the mean with KL(q, m) is what makes it symmetric."),
    (lambda p, q, dx: kl(q, (p + q) / 2, dx),
     "That is KL(q, m) alone: the mean with KL(p, m) is what makes it symmetric."),
    (lambda p, q, dx: kl(p, q, dx),
     "That is KL(p, q): each density is to be compared with the middle, m = (p + q) / 2."),
    (lambda p, q, dx: (kl(p, q, dx) + kl(q, p, dx)) / 2,
     "A mean of KL(p, q) and KL(q, p): each density is to be compared with the middle, m."),
    (lambda p, q, dx: kl(p, q, dx) + kl(q, p, dx),
     "A sum of KL(p, q) and KL(q, p): each density is to be compared with the middle, m."),
    (lambda p, q, dx: jsd(p, q, 1), "The integral is a sum times the width of a cell, `dx`."),
    (lambda p, q, dx: jsd(p, q, 1 / len(p)),
     "A mean over the grid is not an integral: sum, and multiply by `dx`."),
    (lambda p, q, dx: -jsd(p, q, dx),
     "A divergence is never negative: m belongs in the denominator."),
    (lambda p, q, dx: jsd(p, q, dx) ** 0.5,
     "That is its square root, the Jensen-Shannon distance."),
)  # fmt: skip


@exercise(
    why="This is what a game with a perfect discriminator measures: symmetric, and at most log 2.",
    hints=(
        "m = (p + q) / 2; KL(p, m) is the integral of p log(p / m), here a sum times dx.",
        "Where p = 0, p log(p / m) counts as 0, but 0 * log(0) is nan: torch.xlogy knows.",
    ),
)
def jensen_shannon(answer):
    """A function of two densities on a grid of step dx that returns their JSD in nats."""
    x = torch.linspace(-12, 12, 961, dtype=torch.float64)
    bell = torch.distributions.Normal(torch.tensor(0.0, dtype=torch.float64), 1.0)
    p, q = bell.log_prob(x).exp(), bell.log_prob((x - 1) / 1.5).exp() / 1.5
    dx = (x[1] - x[0]).item()
    compare(answer, right=jsd, inputs=[(p, q, dx)], mistakes=JSD_MISTAKES)
    box = 0.5 * ((x > -1) & (x < 1)).double() * 81 / 79  # 79 cells of 1/40: an area of one
    far = torch.roll(box, 160)
    result = answer(box.clone(), far.clone(), dx)
    if not math.isfinite(float(result)):
        raise NotQuite(
            f"Right where both densities are positive, but {show(result)} where one of them is 0: "
            "0 log 0 counts as 0, and torch computes nan. torch.xlogy knows."
        )
    compare(answer, right=jsd, inputs=[(box, far, dx), (p, p, dx)], mistakes=JSD_MISTAKES)


# Exercise 4


def wanted(logits):
    return softplus(-logits).mean()


GENERATOR_MISTAKES = (
    (lambda logits: -softplus(logits).mean(),
     "That is the minimax loss, log(1 - D): it saturates. The non-saturating one is -log D."),
    (lambda logits: softplus(logits).mean(),
     "That is -log(1 - D), the discriminator's loss: its descent lowers the fakes' logits."),
    (lambda logits: -softplus(-logits).mean(),
     "That is +log D: the sign is turned, and its descent makes fakes worse."),
    (lambda logits: softplus(-logits).sum(),
     "That is the sum: with the mean, the step does not depend on the batch size."),
    (lambda logits: softplus(-torch.sigmoid(logits)).mean(),
     "The sigmoid is applied twice: softplus and `..._with_logits` take raw logits."),
    (lambda logits: -logits.mean(),
     "That is a critic's loss, without the sigmoid and the logarithm."),
    (lambda logits: softplus(-logits), "One number for each sample: take the mean of them."),
    (lambda logits: -torch.sigmoid(logits).mean(), "That is -D: the logarithm is missing."),
    (lambda logits: (1 - torch.sigmoid(logits)).mean(),
     "That is 1 - D: it is linear in D where -log D is wanted."),
    (lambda logits: -torch.sigmoid(logits).mean().log(),
     "The logarithm of the mean is not the mean of the logarithms."),
    (lambda logits: softplus(-logits).mean() / LOG2,
     "That is in bits: the logarithm is the natural one."),
)  # fmt: skip


@exercise(
    why="It is finite, and its gradient alive, for every logit that float32 can hold.",
    hints=(
        "The loss is the mean of -log D, and D = sigmoid(logit): use GAN.2 for the logarithm.",
        "-log sigmoid(l) = softplus(-l). There is `torch.nn.functional.softplus`.",
    ),
)
def generator_loss(answer):
    """A function of the logits of fakes (B,) that returns the non-saturating loss, a scalar."""
    moderate, extreme = torch.tensor([-2.0, 0.5, 3.0]), torch.tensor([-200.0, -30.0, 30.0, 200.0])
    compare(answer, right=wanted, inputs=[(moderate,)], mistakes=GENERATOR_MISTAKES)
    result = answer(extreme.clone())
    if not math.isfinite(float(result)):
        raise NotQuite(
            f"Right for small logits, but {show(result)} for {show(extreme)}: sigmoid "
            "has rounded to 0, and log(0) is -inf. Stay with the logits: softplus, or logsigmoid."
        )
    if not same(result, wanted(extreme), 1e-3):
        raise NotQuite(
            f"For {show(extreme)} it returned {show(result)}; {show(wanted(extreme))} was "
            "expected. Is there an epsilon or a clamp? It hides the overflow and cuts off the loss."
        )
    logits = extreme.clone().requires_grad_()
    slopes = gradients(answer(logits), [logits])[0]
    if slopes is None:
        raise NotQuite(
            "The value is right, but no gradient flows: no `.item()`, `.detach()` or no_grad."
        )
    if not same(slopes, -torch.sigmoid(-extreme) / len(extreme), 1e-3):
        raise NotQuite(
            f"The value is right, but the gradient at {show(extreme)} is {show(slopes)}; "
            f"{show(-torch.sigmoid(-extreme) / len(extreme))} was expected. "
            "A clamp stops gradients."
        )


def gradients(loss, inputs) -> list:
    """Return the gradients of a loss, None where it does not depend on an input."""
    if not isinstance(loss, torch.Tensor) or not loss.requires_grad:
        return [None for _ in inputs]
    return list(torch.autograd.grad(loss, inputs, retain_graph=True, allow_unused=True))


# Exercise 5


@exercise(
    why="One detach, and each loss reaches its own player.",
    hints=(
        "`fake.detach()` is the same numbers, cut off from the generator that made them.",
        "The discriminator's loss needs no way back into the generator; the generator's loss does.",
    ),
)
def where_to_detach(answer):
    """A function of generator, discriminator, real (B, 2) and z (B, 2): (d_loss, g_loss)."""
    generator, discriminator, real, z = two_players()
    result = answer(generator, discriminator, real, z)
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotQuite(f"Two losses, (d_loss, g_loss), were expected, and {show(result)} came.")
    d_loss, g_loss = result
    l_real, l_fake = discriminator(real), discriminator(generator(z).detach())
    right = losses.discriminator_loss(l_real, l_fake)
    expect("d_loss", d_loss, right, [
        (losses.discriminator_loss(l_fake, l_real), "Real and fake have changed places."),
        (wanted(l_fake), "The two losses have changed places: d_loss comes first."),
        (-right, "That is V; the discriminator minimises -V."),
        (softplus(l_fake).mean(), "A second term, for the real samples, is missing."),
        (softplus(-l_real).mean(), "A second term, for the fakes, is missing."),
    ])  # fmt: skip
    expect("g_loss", g_loss, wanted(l_fake), [
        (-softplus(l_fake).mean(), "That is the minimax loss; the other one was asked for."),
        (softplus(l_fake).mean(), "That is -log(1 - D): it rewards fakes for being found out."),
        (wanted(l_real), "That is for the real samples; the generator answers for fakes."),
    ])  # fmt: skip
    check_paths(d_loss, g_loss, generator, discriminator, l_real, l_fake)


def expect(name, got, right, mistakes):
    if not same(got, right, 1e-4):
        found = (message for wrong, message in mistakes if same(got, wrong, 1e-4))
        said = f"{name} is {show(got)}; {show(right)} was expected. {next(found, '')}"
        raise NotQuite(said.rstrip())


def two_players():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        generator, discriminator = mlp.Generator(width=8), mlp.Discriminator(width=8)
        return generator, discriminator, torch.randn(5, 2) + 1, torch.randn(5, 2)


def check_paths(d_loss, g_loss, generator, discriminator, l_real, l_fake):
    of_generator, of_discriminator = list(generator.parameters()), list(discriminator.parameters())
    if any(g is not None for g in gradients(d_loss, of_generator)):
        raise NotQuite(
            "The gradient of d_loss still reaches the generator's weights: the discriminator "
            "should judge `fake.detach()`."
        )
    if all(g is None for g in gradients(g_loss, of_generator)):
        raise NotQuite(
            "The gradient of g_loss is None at every weight of the generator: it was given the "
            "detached fake, and will never learn."
        )
    got = gradients(d_loss, of_discriminator)
    if all(g is None for g in got):
        raise NotQuite("The gradient of d_loss reaches no weight of the discriminator.")
    # the last bias stands in for all: its gradient is the sum of the logits' gradients
    sums = (-torch.sigmoid(-l_real)).mean().item(), torch.sigmoid(l_fake).mean().item()
    bias = 0.0 if got[-1] is None else got[-1].item()
    if same(bias, sum(sums), 1e-4):
        return
    if same(bias, sums[0], 1e-4):
        raise NotQuite(
            "The discriminator learns nothing from fakes: its logits were detached. "
            "Detach what goes in, the fake, not what comes out."
        )
    if same(bias, sums[1], 1e-4):
        raise NotQuite(
            "The discriminator learns nothing from real samples: their logits were detached."
        )
    raise NotQuite("The values are right, but the discriminator's gradient is not that of d_loss.")


# Exercise 6


def near(samples, centres, radius):
    distances = torch.cdist(samples, centres)  # (N, K)
    nearest = distances.argmin(1)
    return nearest, distances.gather(1, nearest[:, None])[:, 0] <= radius


def coverage(samples, centres, std, radius=3.0):
    nearest, good = near(samples, centres, radius * std)
    return len(nearest[good].unique()), good.double().mean().item()


def squared(samples, centres, std):
    nearest, _ = near(samples, centres, 0)
    good = torch.cdist(samples, centres).min(1).values ** 2 <= 3 * std
    return len(nearest[good].unique()), good.double().mean().item()


COVERAGE_MISTAKES = (
    (lambda s, c, std: coverage(s, c, std, 1.0),
     "The radius is 3 std; 1 std leaves out most of a Gaussian."),
    (lambda s, c, std: coverage(s, c, std, 2.0), "The radius is 3 std, not 2."),
    (lambda s, c, std: coverage(s, c, 1.0), "The radius is 3 std, not 3."),
    (squared, "A squared distance is compared with a radius: take the root, or square 3 std."),
    (lambda s, c, std: (len(near(s, c, 0)[0].unique()), coverage(s, c, std)[1]),
     "A mode is covered only by a sample within the radius; every sample has a nearest mode."),
    (lambda s, c, std: (int(near(s, c, 3 * std)[1].sum()), coverage(s, c, std)[1]),
     "You counted good samples; count the modes that have at least one."),
    (lambda s, c, std: (coverage(s, c, std)[0], coverage(s, c, std)[0] / len(c)),
     "The second number is the share of samples that are good, not of modes that are covered."),
    (lambda s, c, std: (coverage(s, c, std)[0], float(near(s, c, 3 * std)[1].sum())),
     "You counted the good samples; divide by how many samples there are."),
    (lambda s, c, std: (coverage(s, c, std)[0] / len(c), coverage(s, c, std)[1]),
     "The first number is a count of modes, not a share."),
    (lambda s, c, std: coverage(s, c, std)[::-1],
     "The two numbers have changed places: modes first."),
    (lambda s, c, std: (coverage(s, c, std)[0], 100 * coverage(s, c, std)[1]),
     "A share runs from 0 to 1."),
)  # fmt: skip


@exercise(
    why="Losses cannot show a collapse; on a toy with known modes, counting does.",
    hints=(
        "torch.cdist(samples, centres) is every distance, (N, K); its .min(1) the nearest of each.",
        "good = distance <= 3 * std; modes = nearest[good].unique(); share = good.float().mean().",
    ),
)
def mode_coverage(answer):
    """A function of samples (N, 2), centres (K, 2) and std: (modes covered, good share)."""
    centres = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [3.0, 3.0]])
    # in std: mode 0 has samples at 0.5, 0.7 and 2.5, mode 1 at 1.5, mode 2 at 2.8, mode 3 at
    # 3.5 and 6, the last none
    who = torch.tensor([0, 0, 0, 1, 2, 3, 3])
    how_far = torch.tensor([0.5, 0.7, 2.5, 1.5, 2.8, 3.5, 6.0])
    angles = torch.tensor([0.3, 2.0, 4.0, 1.0, 5.0, 0.5, 2.5])
    away = torch.stack([angles.cos(), angles.sin()], 1) * how_far[:, None]
    samples = [centres[who] + std * away for std in (0.05, 0.02)]
    inputs = [
        (samples[0], centres, 0.05),
        (samples[1], centres, 0.02),
        (samples[0] + 9, centres, 0.05),
    ]
    compare(answer, right=coverage, inputs=inputs, mistakes=COVERAGE_MISTAKES)


# Exercise 7

CAUSES = ("healthy", "collapse", "stalled generator", "dead discriminator", "overflow")
SYMPTOMS = dict(
    A=("stalled generator", dict(
        healthy="d_loss at 0 is the discriminator's victory, and the generator's defeat.",
        collapse="A collapsed generator still fools the judge at times; g_loss 9 means never.",
    )),
    B=("healthy", dict(
        collapse="The fakes vary, and both losses stay near their values at D = 1/2.",
        **{"dead discriminator": "The losses are near those of D = 1/2, but they move: it learns."},
    )),
    C=("collapse", dict(
        healthy="The losses say D = 1/2, and yet all the fakes are alike: always look at samples.",
        **{"dead discriminator": "A dead one never moves; these losses swing a little."},
    )),
    D=("dead discriminator", dict(
        healthy="Equilibrium at the first step, before anything was learnt, and to four decimals?",
        collapse="Nothing has moved since the first step: it is not the samples, it is the judge.",
    )),
    E=("overflow", dict(
        collapse="A collapse leaves finite numbers; nan comes from log(0) or 0 times infinity.",
        **{"stalled generator": "A stall leaves finite numbers; nan comes from log(0)."},
    )),
)  # fmt: skip


@exercise(
    why="The same number can mean health or death: curves are read together, and with samples.",
    hints=(
        "1.3863 is log 4, 0.6931 log 2: who says D = 1/2 after learning, and who from the start?",
        "g_loss = -log D(G(z)): at 9, D(G(z)) is about e^-9. d_loss near 0 says the same.",
    ),
)
def diagnosis(answer):
    """A dict that gives each of the runs A to E one of the causes."""
    if not isinstance(answer, dict) or set(answer) != set(SYMPTOMS):
        raise NotQuite(f"A dict with the keys A to E was expected, and {show(answer)} came.")
    if ... in answer.values():
        raise NotQuite(f"Still without a cause: {[k for k, v in answer.items() if v is ...]}.")
    for run, (cause, messages) in SYMPTOMS.items():
        if answer[run] not in CAUSES:
            raise NotQuite(f"{answer[run]!r} is none of the causes: {', '.join(CAUSES)}.")
        if answer[run] != cause:
            said = f"Run {run} is no case of {answer[run]!r}. {messages.get(answer[run], '')}"
            raise NotQuite(said.rstrip())


# Exercise 8

ROUNDS, SETTLED = 500, 0.01


@exercise(
    why="Taking turns is no mere habit: it settles at rates where moving together does not.",
    hints=(
        "Call `play` with both settings at rates 1, 2 and 3, and look at the last points.",
        "Near (0, 0) the slopes are linear: together settles below 2, turns below sqrt(20) - 2.",
    ),
)
def learning_rate(answer):
    """A rate at which alternating updates settle at (0, 0), and simultaneous ones do not."""
    rate = as_numbers([answer])[0]
    if not rate > 0:
        raise NotQuite(f"A learning rate is positive, and {rate:g} came.")
    turns, together = settles(rate, simultaneous=False), settles(rate, simultaneous=True)
    if turns and together:
        raise NotQuite(f"At {rate:g} both settle within {ROUNDS} rounds: the rate is too low.")
    if not turns and not together:
        raise NotQuite(f"At {rate:g} neither settles within {ROUNDS} rounds: the rate is too high.")


def settles(rate: float, *, simultaneous: bool) -> bool:
    """Play GAN.10 from (1, 0): are the last 50 points all within SETTLED of (0, 0)?"""
    levels = (torch.arange(200, dtype=torch.float64) + 0.5) / 200
    z = math.sqrt(2) * torch.erfinv(2 * levels - 1)
    theta, psi, furthest = 1.0, 0.0, 0.0
    for number in range(ROUNDS):
        pull = torch.sigmoid(psi * z), torch.sigmoid(psi * (theta + z))
        new = psi + rate * (((1 - pull[0]) * z).mean() - (pull[1] * (theta + z)).mean()).item()
        seen = psi if simultaneous else new
        theta += rate * seen * torch.sigmoid(seen * (theta + z)).mean().item()
        psi = new
        if not math.isfinite(theta) or not math.isfinite(psi):
            return False
        if number >= ROUNDS - 50:
            furthest = max(furthest, math.hypot(theta, psi))
    return furthest < SETTLED
