"""The exercise of the chapter "Stability" that repairs a training step."""

from itertools import product

import torch
from torch import nn
from torch.nn.functional import softplus

from ganbook.checks._verdict import NotQuite, exercise, same, show

RATE_G, RATE_D = 0.3, 0.2
FAULTS = dict(  # in the order in which they are told
    attached="The discriminator's loss still pushes the generator: judge `fake.detach()` there, "
    "or clear the generator's gradients just before its own turn.",
    turned="The generator climbs: its loss is -log D(fake), softplus(-logits), and is minimised.",
    wrong_player="The second turn moves the discriminator with the generator's loss: there, "
    "`optimiser_g` steps.",
)
OTHERS = (  # (the generator's loss, when it is judged, message)
    (lambda x: -softplus(x).mean(), True, "The generator minimises log(1 - D), which saturates: "
     "-log D was asked for."),
    (lambda x: softplus(x).mean(), True, "The generator minimises -log(1 - D): that is to be found "
     "out. Take softplus(-logits)."),
    (lambda x: softplus(-x).sum(), True, "The generator's loss is a sum: take the mean."),
    (lambda x: softplus(-x).mean(), False, "The generator learns from the discriminator of before "
     "its step: judge the fakes anew, after `optimiser_d.step()`."),
)  # fmt: skip


def players(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        make = lambda i, o: nn.Sequential(nn.Linear(i, 6), nn.Tanh(), nn.Linear(6, o))  # noqa: E731
        generator, discriminator = make(2, 2), nn.Sequential(make(2, 1), nn.Flatten(0))
        return generator, discriminator, torch.randn(8, 2) + 1, torch.randn(8, 2)


def optimisers(generator, discriminator):
    return (
        torch.optim.SGD(generator.parameters(), RATE_G),
        torch.optim.SGD(discriminator.parameters(), RATE_D),
    )


def wanted(logits):
    return softplus(-logits).mean()


def reference(rounds, *, attached=False, turned=False, wrong_player=False, loss=wanted, anew=True):
    """Return the players' weights after so many steps with the faults asked for."""
    generator, discriminator, real, z = players()
    optimiser_g, optimiser_d = optimisers(generator, discriminator)
    for _ in range(rounds):
        optimiser_g.zero_grad()
        optimiser_d.zero_grad()
        fake = generator(z)
        old = [w.detach().clone() for w in discriminator.parameters()]
        logits = discriminator(real), discriminator(fake if attached else fake.detach())
        (softplus(-logits[0]).mean() + softplus(logits[1]).mean()).backward(retain_graph=True)
        optimiser_d.step()
        new = [w.detach().clone() for w in discriminator.parameters()]
        if not anew:
            put(discriminator, old)
        g_loss = loss(discriminator(fake))
        (-g_loss if turned else g_loss).backward()
        put(discriminator, new)
        (optimiser_d if wrong_player else optimiser_g).step()
    return state(generator), state(discriminator)


@torch.no_grad()
def put(network, weights):
    for w, value in zip(network.parameters(), weights, strict=True):
        w.copy_(value)


def state(network):
    return torch.cat([w.detach().flatten() for w in network.parameters()])


@exercise(
    why="Each player's gradient comes from its own loss, and each optimiser moves its own player.",
    hints=(
        "There are three faults: one in each of `d_loss`, `g_loss` and the last line that steps.",
        "fake.detach() in d_loss; softplus(-discriminator(fake)).mean(); optimiser_g.step().",
    ),
)
def repair(answer):
    """A function of generator, discriminator, optimiser_g, optimiser_d, real, z: one step."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    for rounds in (1, 3):
        before, got = played(answer, rounds)
        if not both(got, reference(rounds)):
            told = explanation(before, got, rounds)
            raise NotQuite(f"After {rounds} step{'s' * (rounds > 1)}: {told}")


def played(answer, rounds):
    """Return the players' weights before and after so many steps."""
    generator, discriminator, real, z = players()
    optimiser_g, optimiser_d = optimisers(generator, discriminator)
    before = state(generator), state(discriminator)
    for _ in range(rounds):
        with torch.random.fork_rng(devices=[]):
            noise = torch.get_rng_state()
            run(answer, generator, discriminator, optimiser_g, optimiser_d, real, z)
            if not torch.equal(noise, torch.get_rng_state()):
                raise NotQuite("Noise of your own was drawn: make the fakes from the `z` given.")
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        if not all(w.requires_grad for w in network.parameters()):
            raise NotQuite(f"The {name} is left frozen, and cannot learn in its next step.")
    return before, (state(generator), state(discriminator))


def run(answer, *arguments):
    try:
        answer(*arguments)
    except RuntimeError as error:
        said = f"Your code raised RuntimeError: {error}"
        if "second time" in str(error):
            said += " d_loss.backward() went through the fakes and freed their graph: detach them."
        if "modified by an inplace operation" in str(error):
            said += " Judge the fakes anew after `optimiser_d.step()`: it changed the weights."
        raise NotQuite(said) from None


def both(got, right) -> bool:
    return all(same(a, b, 1e-4) for a, b in zip(got, right, strict=True))


def explanation(before, got, rounds) -> str:
    """Name the faults that are left; one is unseen where the generator is never moved."""
    options = [dict(zip(FAULTS, left, strict=True)) for left in product((False, True), repeat=3)]
    for left in sorted(options, key=lambda o: sum(o.values())):
        if both(got, reference(rounds, **left)):
            found = [FAULTS[name] for name, there in left.items() if there]
            count = ("", "one fault is left.", "two faults are left.", "all three are left.")
            said = ("at least " if left["wrong_player"] else "") + count[len(found)]
            return " ".join([said, *found])
    for loss, anew, message in OTHERS:
        if both(got, reference(rounds, loss=loss, anew=anew)):
            return message[0].lower() + message[1:]
    for name, old, new in zip(("generator", "discriminator"), before, got, strict=True):
        if torch.equal(old, new):
            return (
                f"the {name} has not moved at all: does its own optimiser step, and does its loss "
                "reach it, with no detach or no_grad on the way?"
            )
    right = reference(rounds)
    moved = [not same(a, b, 1e-4) for a, b in zip(got, right, strict=True)]
    if rounds > 1:
        return "one step is right, and several are not: are gradients of the step before added?"
    who = {(True, True): "both players", (True, False): "the generator"}.get(
        tuple(moved), "the discriminator"
    )
    return f"{who} did not move as the two losses ask."
