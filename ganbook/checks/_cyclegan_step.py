"""The exercise of the CycleGAN chapter that repairs a training step."""

from itertools import combinations

import torch

from ganbook.checks._cyclegan_turns import RATE_D, RATE_G, reference, setting, state, weights
from ganbook.checks._verdict import NotQuite, exercise, same, show

SHARED = "One pool serves both domains: a discriminator is shown fakes of the other one."
FAULTS = {  # in the order in which they are told
    "turned": "F learns to be found out: the target of D_X(fake_x) is 1 in the generators' loss.",
    "shared": SHARED,
    "shared, y first": SHARED,
    "attached": "The generators help the discriminators, whose loss reaches them through the "
    "fakes: detach what a discriminator is to judge.",
    "leftover": "The discriminators help the generators: what the generators' backward left in "
    "their gradients is still there. Clear it before their own, or freeze them before.",
}
BOTH = {"shared", "shared, y first"}  # one fault, which has two forms
COUNTS = (
    "",
    "one fault is left.",
    "two faults are left.",
    "three faults are left.",
    "all four are left.",
)
OTHERS = {
    ("swapped",): "the discriminators' targets are turned: 1 for real, 0 for fake.",
    ("turned", "turned y"): "both generators learn to be found out: their targets are 1.",
    ("turned y",): "the target of D_Y(fake_y) is 1: G learns to be found out.",
    ("fooling cut",): "the generators never hear the discriminators: in their own loss the fakes "
    "are not detached.",
    ("cycle cut",): "the cycle sees detached fakes: the first map of each round trip learns "
    "nothing of it.",
    ("fooling cut", "cycle cut"): "in the generators' loss the fakes are not detached: only what "
    "the discriminators learn from is.",
    ("wrong judge",): "the discriminators have changed places: D_X judges what F makes, and D_Y "
    "what G makes.",
    ("wrong fakes",): "the fakes have changed places: D_X is to tell x from what F makes.",
    ("no cycle",): "the cycle loss is missing.",
    ("light cycle",): "the cycle loss has lost its weight of 10.",
    ("squared",): "the cycle loss is squared: L1 was there, and is right.",
    ("half",): "the discriminators' losses are halved. The authors do that, but here it was no "
    "fault: leave them as they are.",
    ("discriminators first",): "the generators are judged by discriminators that have stepped "
    "already: compute both losses before anybody steps, or let the generators begin.",
    ("made anew",): "the discriminators see fakes made anew, after the generators' step: all four "
    "networks learn from the same ones.",
    ("no pools",): "the fakes go past the pools: show the discriminators what these hand on.",
}


@exercise(
    why="Two games at once: each of the four networks learns from its own loss, and no other.",
    hints=(
        "One fault is in `fooling`, one in `d_y`, one in both `d_x` and `d_y`, and one between the "
        "two backwards.",
        "(D_X(fake_x) - 1); pool_y for fake_y; .detach() for what discriminators are shown; and "
        "optimiser_d.zero_grad() after the generators' backward.",
    ),
)
def repair(answer):
    """A function of G, F, D_X, D_Y, two optimisers, two pools, x and y: one step."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    for rounds in (1, 3):
        got = played(answer, rounds)
        if not both(got, reference(rounds)):
            told = explanation(got, rounds)
            raise NotQuite(f"After {rounds} step{'s' * (rounds > 1)}: {told}")


def played(answer, rounds):
    """Return the weights of generators and of discriminators after so many steps."""
    networks, pool_x, pool_y, x, y = setting()
    optimisers = (
        torch.optim.SGD(weights(networks[:2]), RATE_G),
        torch.optim.SGD(weights(networks[2:]), RATE_D),
    )
    for _ in range(rounds):
        run(answer, *networks, *optimisers, pool_x, pool_y, x.clone(), y.clone())
        if not all(w.requires_grad for w in weights(networks)):
            raise NotQuite("Some weights are left frozen, and cannot learn in the next step.")
    expect_asked(pool_x.seen, pool_y.seen, rounds)
    return state(networks)


def expect_asked(seen_x, seen_y, rounds):
    """Raise NotQuite where a pool is asked too often: each call puts images into it."""
    if len(seen_x) + len(seen_y) > 2 * rounds:
        raise NotQuite(f"In {rounds} step{'s' * (rounds > 1)} the pools were asked "
                       f"{len(seen_x) + len(seen_y)} times: each domain once a step.")  # fmt: skip


def run(answer, *arguments):
    try:
        answer(*arguments)
    except RuntimeError as error:
        said = f"Your code raised RuntimeError: {error}"
        if "second time" in str(error):
            said += " A backward went on into fakes whose graph another had freed: detach what the "
            said += "discriminators are shown."
        if "modified by an inplace operation" in str(error):
            said += " A backward went through weights that have stepped since: detach what the "
            said += "discriminators are shown, or go backward before that step."
        raise NotQuite(said) from None


def both(got, right) -> bool:
    return all(same(a, b, 1e-5) for a, b in zip(got, right, strict=True))


def explanation(got, rounds) -> str:
    """Name the faults that are left, or what else happened."""
    if rounds > 1 and both(got, reference(rounds, "no pools")):
        return OTHERS["no pools",]
    if rounds > 1:
        return "one step is right, and several are not: are gradients of the step before added?"
    for count in range(1, 5):
        for left in combinations(FAULTS, count):
            if not set(left) >= BOTH and both(got, reference(1, *left)):
                return " ".join([COUNTS[count], *(FAULTS[name] for name in left)])
    for slips, message in OTHERS.items():
        if both(got, reference(1, *slips)):
            return message
    moved = []
    for name, new, old, right in zip(
        ("generators", "discriminators"), got, state(setting()[0]), reference(1), strict=True
    ):
        if torch.equal(new, old):
            return f"the {name} have not moved: do their loss and their own optimiser reach them?"
        if not same(new, right, 1e-5):
            moved.append(name)
    return f"the {' and the '.join(moved)} did not move as their losses ask."
