"""The exercise of the chapter "The game" on where the gradient must stop."""

import torch
from torch.nn.functional import softplus

from ganbook import losses
from ganbook.checks._gan_losses import gradients, wanted
from ganbook.checks._verdict import NotQuite, exercise, same, show
from ganbook.models import mlp


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
    with torch.random.fork_rng(devices=[]):
        before = torch.get_rng_state()
        result = answer(generator, discriminator, real, z)
        drew = not torch.equal(before, torch.get_rng_state())
    players_untouched(generator, discriminator)
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotQuite(f"Two losses, (d_loss, g_loss), were expected, and {show(result)} came.")
    d_loss, g_loss = result
    l_real, l_fake = discriminator(real), discriminator(generator(z).detach())
    right = losses.discriminator_loss(l_real, l_fake)
    if drew:
        raise NotQuite("Noise of your own was drawn: make the fakes from the `z` that is given.")
    expect("d_loss", d_loss, right, [
        (losses.discriminator_loss(l_fake, l_real), "Real and fake have changed places."),
        (wanted(l_fake), "The two losses have changed places: d_loss comes first."),
        (-right, "That is V; the discriminator minimises -V."),
        (right / 2, "That is half of it, the mean of the two terms; -V is their sum."),
        (softplus(l_fake).mean(), "A second term, for the real samples, is missing."),
        (softplus(-l_real).mean(), "A second term, for the fakes, is missing."),
    ])  # fmt: skip
    expect("g_loss", g_loss, wanted(l_fake), [
        (-softplus(l_fake).mean(), "That is the minimax loss; the other one was asked for."),
        (softplus(l_fake).mean(), "That is -log(1 - D): it rewards fakes for being found out."),
        (wanted(l_real), "That is for the real samples; the generator answers for fakes."),
        (-right, "That is minus the discriminator's loss, V; -log D(G(z)) was asked for."),
    ])  # fmt: skip
    if not isinstance(d_loss, torch.Tensor) and not isinstance(g_loss, torch.Tensor):
        raise NotQuite(
            "The values are right, but they are plain numbers without a graph: no `.item()` or "
            "`float()`, or nobody can learn from them."
        )
    check_paths(d_loss, g_loss, generator, discriminator, l_real, l_fake)


def players_untouched(generator, discriminator):
    weights = [*generator.parameters(), *discriminator.parameters()]
    if any(weight.grad is not None for weight in weights):
        raise NotQuite(
            "The weights have gradients already: return the losses, and do not call backward "
            "on them."
        )
    for name, player in (("generator", generator), ("discriminator", discriminator)):
        if not all(weight.requires_grad for weight in player.parameters()):
            raise NotQuite(
                f"The {name} is left frozen, and could not learn in its next step: after "
                "`requires_grad_(False)`, switch it on again before you return."
            )


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
