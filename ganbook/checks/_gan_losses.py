"""Exercises of the chapter "The game" over losses: their values, and where their gradients go."""

import math

import torch
from torch.nn.functional import softplus

from ganbook import losses
from ganbook.checks._verdict import NotQuite, compare, exercise, same, show
from ganbook.models import mlp

LOG2 = math.log(2)


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
