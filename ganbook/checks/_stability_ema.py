"""The exercise of the chapter "Stability" that averages weights."""

import copy

import torch
from torch import nn

from ganbook.checks._verdict import NotQuite, exercise, same, show

DECAYS = (0.9, 0.75)
MISTAKES = (
    (lambda a, w, d: (1 - d) * a + d * w, "The weights are exchanged: `decay`, near 1, belongs to "
     "the average, and 1 - decay to the newcomer."),
    (lambda a, w, d: w, "That is a copy of the generator: nothing of the past is left."),
    (lambda a, w, d: (a + w) / 2, "That is the plain mean of the two: where is `decay`?"),
    (lambda a, w, d: d * a + w, "The newcomer counts in full: the average grows without bound. "
     "Its weight is 1 - decay."),
    (lambda a, w, d: a + (1 - d) * w, "The old average keeps its full weight, and grows without "
     "bound: multiply it by `decay`."),
    (lambda a, w, d: d * w, "The average itself has no part in it."),
    (lambda a, w, d: d * a, "The average only shrinks: (1 - decay) times the generator is "
     "missing."),
    (lambda a, w, d: (1 - d) * w, "The average itself has no part in it."),
    (lambda a, w, d: a - (1 - d) * (w - a), "It moves away from the generator: the sign of the "
     "difference is turned."),
    (lambda a, w, d: a + d * (a - w), "It moves away from the generator: the sign of the "
     "difference is turned."),
    (lambda a, w, d: d * a - (1 - d) * w, "The two terms are added, not subtracted."),
    (lambda a, w, d: 0.999 * a + 0.001 * w, "It is always 0.999: where is `decay`?"),
)  # fmt: skip


def pair(seed):
    """Return two networks of one shape, with gradients in the generator's weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        average, generator = (
            nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
            for _ in range(2)
        )
        for network in (average, generator):
            for weights in network.parameters():
                nn.init.normal_(weights)
        generator(torch.randn(5, 3)).sum().backward()
    return average.requires_grad_(False), generator


def values(network):
    return {name: weights.detach().clone() for name, weights in network.named_parameters()}


@exercise(
    why="One more copy of the weights, and the swings of the last few hundred steps cancel out.",
    hints=(
        "zip(average.parameters(), generator.parameters()) gives the pairs, under torch.no_grad().",
        "a.lerp_(w, 1 - decay), or a.mul_(decay).add_((1 - decay) * w), both in place.",
    ),
)
def ema(answer):
    """A function of average, generator and decay that moves the network `average`, in place."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    for seed, decay in enumerate(DECAYS):
        average, generator = pair(seed)
        objects = list(average.parameters())
        old, new = values(average), values(generator)
        slopes = [weights.grad.clone() for weights in generator.parameters()]
        moved(answer, average, generator, decay)
        told = f"With decay = {decay:g}"
        expect_players(told, average, generator, objects, new, slopes)
        got = values(average)
        right = {name: decay * old[name] + (1 - decay) * new[name] for name in old}
        if not alike(got, right):
            raise NotQuite(f"{told}, {explanation(old, new, got, right, decay)}")
    expect_twice(answer)


def moved(answer, average, generator, decay):
    try:
        answer(average, generator, decay)
    except RuntimeError as error:
        said = f"Your code raised RuntimeError: {error}"
        if "in-place operation" in str(error):
            said += " Averaging is no part of what is learned: do it under torch.no_grad()."
        if "Long" in str(error):
            said += " A state_dict also holds BatchNorm's counter, a whole number that no factor "
            said += "suits: average the parameters."
        raise NotQuite(said) from None


def alike(found, wanted) -> bool:
    return all(same(found[name], wanted[name], 1e-5) for name in wanted)


def expect_players(told, average, generator, objects, new, slopes):
    """Raise NotQuite if the generator was touched, or the average's parameters are new objects."""
    if not alike(values(generator), new):
        raise NotQuite(
            f"{told}, the generator's own weights have changed: only the average moves; the "
            "generator goes on learning as if it were not there."
        )
    if any(a is b for a in average.parameters() for b in generator.parameters()):
        raise NotQuite(
            f"{told}, both networks now hold the same tensors: every step of the generator would "
            "move the average as well."
        )
    if any(a is not b for a, b in zip(average.parameters(), objects, strict=True)):
        raise NotQuite(f"{told}, the average's parameters are new objects: change them in place.")
    for weights, slope in zip(generator.parameters(), slopes, strict=True):
        if weights.grad is None or not same(weights.grad, slope, 1e-6):
            raise NotQuite(f"{told}, the generator's gradients were changed, too.")
    if any(weights.grad_fn is not None for weights in average.parameters()):
        raise NotQuite(f"{told}, the average now carries a graph: do it under torch.no_grad().")


def explanation(old, new, got, right, decay) -> str:
    """Say what was done to the weights in place of averaging."""
    if alike(got, old):
        return (
            "no weight of the average has changed. `a = decay * a + ...` is only a new name: "
            "`a.copy_(...)`, `a.lerp_(...)` or `a.mul_(...).add_(...)` work in place."
        )
    left = [name for name in old if same(got[name], old[name], 1e-5)]
    done = [name for name in old if same(got[name], right[name], 1e-5)]
    if done and set(left) | set(done) == set(old):
        return f"{', '.join(f'`{name}`' for name in left)} stay as they were: average all of them."
    for wrong, message in MISTAKES:
        if alike(got, {name: wrong(old[name], new[name], decay) for name in old}):
            return message[0].lower() + message[1:]
    name = next(name for name in old if name not in done)
    a, b = got[name].flatten()[0], right[name].flatten()[0]
    return f"the first number of `{name}` is {a:.4g}, not {b:.4g}."


def expect_twice(answer):
    """Raise NotQuite unless the average keeps following, and does not share the memory."""
    average, generator = pair(5)
    twin = copy.deepcopy(average)
    for _ in range(3):
        answer(average, generator, 0.5)
        with torch.no_grad():
            for a, w in zip(twin.parameters(), generator.parameters(), strict=True):
                a.lerp_(w, 0.5)
                w.add_(1)
    if not alike(values(average), values(twin)):
        raise NotQuite(
            "One step is right; after three, between which the generator moved, the average is "
            "not. Does it share memory with the generator, or count its calls?"
        )
