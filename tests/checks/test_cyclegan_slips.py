"""The exercises of the CycleGAN chapter: classic mistakes, and what the verdict says of each.

The mistakes are written as learners make them, independently of the checks' own lists.
"""

import math
import random

import pytest
import torch
from torch.nn.functional import l1_loss, mse_loss, smooth_l1_loss
from verdicts import said

from ganbook.checks import cyclegan

COUNTS = (256, 24, 576, 24, 2, 6, 0)
VOICES = ["nobody", "nobody", "cycle", "adversarial", "cycle", "adversarial", "nobody", "both"]
PATCHES = (70, 8, 900, 34, 36, 4)


def but(right, place, wrong):
    """The right answers but for one, counted from 1."""
    return [*right[: place - 1], wrong, *right[place:]]


# --- two terms ---


def forward(G, F, D_X, D_Y, x, y):
    return l1_loss(F(G(x)), x)


def backward(G, F, D_X, D_Y, x, y):
    return l1_loss(G(F(y)), y)


def right_cycle(*arguments):
    return forward(*arguments) + backward(*arguments)


def right_identity(G, F, D_X, D_Y, x, y):
    return l1_loss(G(y), y) + l1_loss(F(x), x)


def cycle(wrong):
    return lambda *arguments: (wrong(*arguments), right_identity(*arguments))


def identity(wrong):
    return lambda *arguments: (right_cycle(*arguments), wrong(*arguments))


def cycle_by(cost):
    return cycle(lambda G, F, D_X, D_Y, x, y: cost(F(G(x)), x) + cost(G(F(y)), y))


def identity_by(cost):
    return identity(lambda G, F, D_X, D_Y, x, y: cost(G(y), y) + cost(F(x), x))


def cycle_judged(G, F, D_X, D_Y, x, y):
    return l1_loss(D_X(F(G(x))), D_X(x)) + l1_loss(D_Y(G(F(y))), D_Y(y))


def cycle_judged_real(G, F, D_X, D_Y, x, y):
    return ((D_X(F(G(x))) - 1) ** 2).mean() + ((D_Y(G(F(y))) - 1) ** 2).mean()


def cycle_judged_once(G, F, D_X, D_Y, x, y):
    return l1_loss(D_Y(G(x)), D_X(x)) + l1_loss(D_X(F(y)), D_Y(y))


def cycle_turned(G, F, D_X, D_Y, x, y):
    return l1_loss(G(F(x)), x) + l1_loss(F(G(y)), y)


def cycle_paired(G, F, D_X, D_Y, x, y):
    return l1_loss(G(x), y) + l1_loss(F(y), x)


def cycle_crossed(G, F, D_X, D_Y, x, y):
    return l1_loss(F(G(x)), y) + l1_loss(G(F(y)), x)


def cycle_same(G, F, D_X, D_Y, x, y):
    return l1_loss(G(x), x) + l1_loss(F(y), y)


def cycle_twice(G, F, D_X, D_Y, x, y):
    return l1_loss(G(G(x)), x) + l1_loss(F(F(y)), y)


def cycle_cut(G, F, D_X, D_Y, x, y):
    return l1_loss(F(G(x).detach()), x) + l1_loss(G(F(y).detach()), y)


def cycle_half_cut(G, F, D_X, D_Y, x, y):
    return l1_loss(F(G(x).detach()), x) + l1_loss(G(F(y)), y)


def swapped(G, F, D_X, D_Y, x, y):
    return right_identity(G, F, D_X, D_Y, x, y), right_cycle(G, F, D_X, D_Y, x, y)


def identity_wrong_generator(G, F, D_X, D_Y, x, y):
    return l1_loss(G(x), x) + l1_loss(F(y), y)


def identity_wrong_generator_l2(G, F, D_X, D_Y, x, y):
    return mse_loss(G(x), x) + mse_loss(F(y), y)


def identity_judged(G, F, D_X, D_Y, x, y):
    return l1_loss(D_Y(G(y)), D_Y(y)) + l1_loss(D_X(F(x)), D_X(x))


def terms_backward(*arguments):
    both = right_cycle(*arguments), right_identity(*arguments)
    sum(both).backward(retain_graph=True)
    return both


def terms_numbers(*arguments):
    return right_cycle(*arguments).item(), right_identity(*arguments).item()


# --- the pool ---


def cut(f):
    return f.detach()


def pool(*, share=0.5, draw=None, exchange=None, keep=cut, hand=cut, coin=None,
         room=lambda store, size: len(store) < size):  # fmt: skip
    """A pool that is right but for the parts given."""

    def answer(fakes, store, size):
        shown = []
        tossed = random.random() < share
        for fake in fakes:
            if room(store, size):
                store.append(keep(fake))
            elif size and (tossed if coin else random.random() < share):
                place = draw(size) if draw else random.randrange(size)
                if exchange:
                    fake = exchange(store, place, keep(fake))
                else:
                    old, store[place] = store[place], keep(fake)
                    fake = old
            shown.append(hand(fake))
        return torch.stack(shown)

    return answer


def global_pool():
    kept = []
    right = pool()
    return lambda fakes, store, size: right(fakes, kept, size)


def pool_rebinds(fakes, store, size):
    for fake in fakes.detach():
        if len(store) < size:
            store = [*store, fake]
    return fakes.detach()


def pool_overfull(fakes, store, size):
    if len(store) < size:
        store.extend(fakes.detach())
        return fakes.detach()
    return pool()(fakes, store, size)


def pool_whole_batches(fakes, store, size):
    if len(store) < size:
        store.append(fakes.detach())
    return fakes.detach()


def out_without_replacing(store, place, fake):
    return store[place]


def overwritten_first(store, place, fake):
    store[place] = fake
    return store[place]


def another_place(store, place, fake):
    old = store[place]
    store[random.choice([p for p in range(len(store)) if p != place])] = fake
    return old


def lost(store, place, fake):
    old = store[place]
    store[place] = store[place - 1]
    return old


def mixed(store, place, fake):
    old, store[place] = store[place], fake
    return (old + fake) / 2 + 0.25


def pool_keeps_nothing(fakes, store, size):
    return fakes.detach()


def pool_late(fakes, store, size):
    """Shows a stored one as soon as there is one."""
    shown = []
    for fake in fakes.detach():
        new = fake
        if store:
            place = random.randrange(len(store))
            new = store[place]
        if len(store) < size:
            store.append(fake)
        elif size:
            store[place] = fake
        shown.append(new)
    return torch.stack(shown)


def pool_of_none(fakes, store, size):
    right = pool()
    if size == 0:
        store.extend(fakes.detach())
        return fakes.detach()
    return right(fakes, store, size)


def pool_attached_at_zero(fakes, store, size):
    """As the authors do it."""
    return pool()(fakes, store, size) if size else fakes


def pool_without_zero(fakes, store, size):
    place = random.randrange(size)
    return pool(draw=lambda n: (place + random.randrange(n)) % n)(fakes, store, size)


# --- the step ---


def step(*, goal_x=1, goal_y=1, attach=False, keep=False, share=None, real=1, fake=0, weight=10,
         cost=l1_loss, cut_fooling=False, cut_cycle=False, half=False, anew=False, first=False,
         pools=True, mixed_fakes=False, mixed_judges=False, freeze=False, move=True, twice=False,
         clear=True):  # fmt: skip
    """The step as it should be, but for what is given."""

    def g_turn(G, F, D_X, D_Y, fake_x, fake_y, x, y):
        a, b = (f.detach() if cut_fooling else f for f in (fake_x, fake_y))
        if mixed_judges:
            a, b = b, a
        c, d = (f.detach() if cut_cycle else f for f in (fake_x, fake_y))
        fooling = ((D_X(a) - goal_x) ** 2).mean() + ((D_Y(b) - goal_y) ** 2).mean()
        (fooling + weight * (cost(F(d), x) + cost(G(c), y))).backward(retain_graph=True)

    def d_turn(D_X, D_Y, fake_x, fake_y, pool_x, pool_y, x, y):
        if share == "x":
            a, b = pool_x(fake_x), pool_x(fake_y)
        elif share == "y":
            b, a = pool_y(fake_y), pool_y(fake_x)
        elif share == "y, x first":
            a, b = pool_y(fake_x), pool_y(fake_y)
        elif pools:
            a, b = pool_x(fake_x), pool_y(fake_y)
        else:
            a, b = fake_x, fake_y
        if twice:
            a = pool_x(fake_x)
        if mixed_fakes:
            a, b = b, a
        if not attach:
            a, b = a.detach(), b.detach()
        loss = ((D_X(x) - real) ** 2).mean() + ((D_X(a) - fake) ** 2).mean()
        loss = loss + ((D_Y(y) - real) ** 2).mean() + ((D_Y(b) - fake) ** 2).mean()
        (loss / 2 if half else loss).backward(retain_graph=True)

    def answer(G, F, D_X, D_Y, optimiser_g, optimiser_d, pool_x, pool_y, x, y):
        fakes = F(y), G(x)
        if clear:
            optimiser_g.zero_grad()
        optimiser_d.zero_grad()
        if first:
            d_turn(D_X, D_Y, *fakes, pool_x, pool_y, x, y)
            optimiser_d.step()
            g_turn(G, F, D_X, D_Y, *fakes, x, y)
            optimiser_g.step()
            return
        g_turn(G, F, D_X, D_Y, *fakes, x, y)
        if anew:
            optimiser_g.step()
            fakes = F(y), G(x)
        if not keep:
            optimiser_d.zero_grad()
        d_turn(D_X, D_Y, *fakes, pool_x, pool_y, x, y)
        if not anew:
            optimiser_g.step()
        if move:
            optimiser_d.step()
        if freeze:
            D_X.requires_grad_(False)

    return answer


def step_second_backward(G, F, D_X, D_Y, optimiser_g, optimiser_d, pool_x, pool_y, x, y):
    fake_x = F(y)
    ((D_X(fake_x) - 1) ** 2).mean().backward()
    ((D_X(fake_x)) ** 2).mean().backward()


def step_in_place(G, F, D_X, D_Y, optimiser_g, optimiser_d, pool_x, pool_y, x, y):
    fake_x = F(y)
    loss = ((D_X(fake_x) - 1) ** 2).mean()
    loss.backward(retain_graph=True)
    optimiser_g.step()
    (D_X(fake_x) ** 2).mean().backward()


def step_other_discriminator_loss(G, F, D_X, D_Y, optimiser_g, optimiser_d, pool_x, pool_y, x, y):
    step()(G, F, D_X, D_Y, optimiser_g, optimiser_d, pool_x, pool_y, x, 2 * y)


# --- noise ---


def errors(trip, cost=l1_loss):
    return lambda G, F, x, sigmas: [cost(trip(G, F, x, s), x) for s in sigmas]


def noisy(y, s):
    return y + s * torch.randn_like(y)


def noisy_return(G, F, x, s):
    return F(noisy(G(x), s))


def adding_up(G, F, x, sigmas):
    y, found = G(x), []
    for s in sigmas:
        y += s * torch.randn_like(y)
        found.append(l1_loss(F(y), x))
    return found


def adding_up_before(G, F, x, sigmas):
    given, found = x.clone(), []
    for s in sigmas:
        x = noisy(x, s)
        found.append(l1_loss(F(G(x)), given))
    return found


def flat(x, *shape):
    return torch.randn(*shape).expand_as(x)


# --- a hiding place ---


def rows(form, colour):
    return torch.stack([form, colour], dim=1)


def hidden(G=lambda f, c: (f, 0.01 * c), F=lambda f, c: (f, 100 * c)):
    return (lambda x: rows(*G(x[:, 0], x[:, 1]))), (lambda y: rows(*F(y[:, 0], y[:, 1])))


def remembering(*, lookup):
    """F answers with what G was given last, or with whatever it was given near that form."""
    seen = {"x": torch.zeros(0, 2)}

    def G(x):
        seen["x"] = torch.cat([seen["x"], x]) if lookup else x
        return x * torch.tensor([1.0, 0.0])

    def F(y):
        if not lookup:
            return seen["x"][: len(y)].clone()
        return seen["x"][(y[:, :1] - seen["x"][:, 0]).abs().argmin(1)]

    return G, F


def counting():
    """F looks at how many rows come."""
    G, F = hidden()
    return G, lambda y: F(y) if len(y) > 60 else 0 * y


SLIPS = [
    (cyclegan.perfect_maps, but(COUNTS, 1, 24), "any map was asked for"),
    (cyclegan.perfect_maps, but(COUNTS, 1, 16), "four choices"),
    (cyclegan.perfect_maps, but(COUNTS, 2, 1), "sees the distribution alone"),
    (cyclegan.perfect_maps, but(COUNTS, 2, 256), "another never"),
    (cyclegan.perfect_maps, but(COUNTS, 3, 24), "do not know of each other"),
    (cyclegan.perfect_maps, but(COUNTS, 3, 48), "multiply"),
    (cyclegan.perfect_maps, but(COUNTS, 4, 1), "one F does that"),
    (cyclegan.perfect_maps, but(COUNTS, 4, 576), "leaves one F"),
    (cyclegan.perfect_maps, but(COUNTS, 4, 10), "need not be G"),
    (cyclegan.perfect_maps, but(COUNTS, 5, 24), "too frequent"),
    (cyclegan.perfect_maps, but(COUNTS, 5, 1), "change places"),
    (cyclegan.perfect_maps, but(COUNTS, 6, 16), "That is all of them"),
    (cyclegan.perfect_maps, but(COUNTS, 6, 3), "which goes where counts"),
    (cyclegan.perfect_maps, but(COUNTS, 7, 6), "cannot both come back"),
    (cyclegan.perfect_maps, but(COUNTS, 7, 36), "not those that undo each other"),
    (cyclegan.perfect_maps, COUNTS[:6], "7 numbers were expected"),
    (cyclegan.objections, but(VOICES, 1, "cycle"), "x + 2 - 2 = x"),
    (cyclegan.objections, but(VOICES, 2, "adversarial"), "turned round"),
    (cyclegan.objections, but(VOICES, 3, "nobody"), "= -x"),
    (cyclegan.objections, but(VOICES, 4, "both"), "each undoes the other"),
    (cyclegan.objections, but(VOICES, 4, "nobody"), "within [1.5, 2.5]"),
    (cyclegan.objections, but(VOICES, 5, "adversarial"), "Cycle: F(G(x)) = 2|x| - 1"),
    (cyclegan.objections, but(VOICES, 5, "both"), "2|x| is uniform"),
    (cyclegan.objections, but(VOICES, 6, "nobody"), "never leaves"),
    (cyclegan.objections, but(VOICES, 7, "cycle"), "back to where it was"),
    (cyclegan.objections, but(VOICES, 8, "adversarial"), "x/2"),
    (cyclegan.objections, but(VOICES, 8, "me"), "none of the words"),
    (cyclegan.objections, but(VOICES, 8, ...), "Still without a word: 8"),
    (cyclegan.objections, VOICES[:7], "8 words were expected"),
    (cyclegan.patches, but(PATCHES, 1, 46), "leaves one of the two"),
    (cyclegan.patches, but(PATCHES, 1, 16), "make later steps longer"),
    (cyclegan.patches, but(PATCHES, 1, 94), "fourth convolution"),
    (cyclegan.patches, but(PATCHES, 1, 93), "3 steps, and not 4"),
    (cyclegan.patches, but(PATCHES, 1, 69), "the pixel itself"),
    (cyclegan.patches, but(PATCHES, 1, 91), "from the next one on"),
    (cyclegan.patches, but(PATCHES, 1, 142), "n = 4"),
    (cyclegan.patches, but(PATCHES, 2, 70), "Patches overlap"),
    (cyclegan.patches, but(PATCHES, 2, 0), "the shift of one patch against the next, you have as"),
    (cyclegan.patches, but(PATCHES, 2, 0), "by how many pixels is one shifted"),
    (cyclegan.patches, but(PATCHES, 2, 6), "they do not add"),
    (cyclegan.patches, but(PATCHES, 3, 30), "a side"),
    (cyclegan.patches, but(PATCHES, 3, 1024), "32, 31, 30"),
    (cyclegan.patches, but(PATCHES, 3, 1), "One for each patch"),
    (cyclegan.patches, but(PATCHES, 4, 35), "Half of 70"),
    (cyclegan.patches, but(PATCHES, 4, 46), "third convolution"),
    (cyclegan.patches, but(PATCHES, 5, 64), "8, 7, 6"),
    (cyclegan.patches, but(PATCHES, 5, 1), "reach over the edge"),
    (cyclegan.patches, but(PATCHES, 6, 7), "grow faster"),
    (cyclegan.patches, but(PATCHES, 6, 5), "Is it the least?"),
    (cyclegan.two_terms, cycle(cycle_judged), "compare pixels"),
    (cyclegan.two_terms, cycle(cycle_judged_real), "compare pixels"),
    (cyclegan.two_terms, cycle(cycle_judged_once), "compare pixels"),
    (cyclegan.two_terms, cycle_by(mse_loss), "L2, and L1 was asked for"),
    (cyclegan.two_terms, identity_by(mse_loss), "L2, and L1 was asked for"),
    (cyclegan.two_terms, cycle_by(smooth_l1_loss), "smooth L1"),
    (cyclegan.two_terms, cycle_by(lambda a, b: (a - b).norm()), "an L2 norm"),
    (cyclegan.two_terms, cycle_by(lambda a, b: (a - b).abs().sum()), "sum over all numbers"),
    (cyclegan.two_terms, identity_by(lambda a, b: (a - b).abs().sum()), "sum over all numbers"),
    (cyclegan.two_terms, cycle_by(lambda a, b: (a - b).abs().flatten(1).sum(1).mean()),
     "sum over the pixels"),
    (cyclegan.two_terms, cycle_by(lambda a, b: (a - b).mean()), "abs is missing"),
    (cyclegan.two_terms, cycle_by(lambda a, b: (a - b).abs()), "take the mean"),
    (cyclegan.two_terms, cycle(forward), "begins with x: y is missing"),
    (cyclegan.two_terms, cycle(backward), "begins with y: x is missing"),
    (cyclegan.two_terms, identity(lambda G, F, D_X, D_Y, x, y: l1_loss(G(y), y)), "x is missing"),
    (cyclegan.two_terms, cycle(lambda *a: right_cycle(*a) / 2), "That is half"),
    (cyclegan.two_terms, cycle(lambda *a: 10 * right_cycle(*a)), "weights stand with the caller"),
    (cyclegan.two_terms, identity(lambda *a: 5 * right_identity(*a)), "weights stand with the"),
    (cyclegan.two_terms, cycle(cycle_turned), "x goes through G first"),
    (cyclegan.two_terms, cycle(cycle_paired), "x and y are no pairs"),
    (cyclegan.two_terms, cycle(cycle_crossed), "x and y are no pairs"),
    (cyclegan.two_terms, cycle(cycle_same), "then there is none"),
    (cyclegan.two_terms, cycle(cycle_twice), "One generator goes both ways"),
    (cyclegan.two_terms, swapped, "changed places"),
    (cyclegan.two_terms, cycle(cycle_cut), "the second map of each round trip alone"),
    (cyclegan.two_terms, cycle(cycle_half_cut), "a part of it detached"),
    (cyclegan.two_terms, identity(identity_wrong_generator), "to the wrong generator"),
    (cyclegan.two_terms, identity(identity_wrong_generator_l2), "two slips"),
    (cyclegan.two_terms, identity(identity_judged), "compare pixels"),
    (cyclegan.two_terms, identity(right_cycle), "That is the cycle loss"),
    (cyclegan.two_terms, terms_backward, "do not call backward"),
    (cyclegan.two_terms, terms_numbers, "teaches nothing"),
    (cyclegan.two_terms, lambda *a: sum(terms_numbers(*a)), "Two losses"),
    (cyclegan.two_terms, lambda *a: print(end=""), "`return` missing"),
    (cyclegan.image_pool, global_pool(), "both share one pool"),
    (cyclegan.image_pool, pool_rebinds, "filled in place"),
    (cyclegan.image_pool, pool_keeps_nothing, "still empty"),
    (cyclegan.image_pool, pool_overfull, "For size=5 the store holds 6 images"),
    (cyclegan.image_pool, pool(room=lambda store, size: len(store) < size - 1,
                               draw=lambda size: random.randrange(size - 1)), "every image is"),
    (cyclegan.image_pool, pool_late, "While the store has room"),
    (cyclegan.image_pool, pool_whole_batches, "should be one image"),
    (cyclegan.image_pool, pool(keep=lambda f: f), "What is stored still carries its graph"),
    (cyclegan.image_pool, pool(hand=lambda f: f), "What is handed on still carries its graph"),
    (cyclegan.image_pool, pool(exchange=out_without_replacing), "still in there"),
    (cyclegan.image_pool, pool(exchange=another_place), "still in there"),
    (cyclegan.image_pool, pool(exchange=overwritten_first), "Take that out, then overwrite"),
    (cyclegan.image_pool, pool(exchange=lost), "an image was lost"),
    (cyclegan.image_pool, pool(exchange=mixed), "are images mixed"),
    (cyclegan.image_pool, pool(share=0.0), "older fakes are never shown"),
    (cyclegan.image_pool, pool(share=1.1), "newest fake is never shown"),
    (cyclegan.image_pool, pool(share=0.2), "one half was asked for"),
    (cyclegan.image_pool, pool(share=0.8), "one half was asked for"),
    (cyclegan.image_pool, pool(coin="one"), "not for each call"),
    (cyclegan.image_pool, pool(draw=lambda size: 0), "draw evenly from all"),
    (cyclegan.image_pool, pool(draw=lambda size: -1), "draw evenly from all"),
    (cyclegan.image_pool, pool(exchange=lambda s, p, f: s.append(f) or s.pop(0)), "draw evenly"),
    (cyclegan.image_pool, pool(draw=lambda size: random.randint(0, size - 2)), "both ends"),
    (cyclegan.image_pool, pool(draw=lambda size: int(size * random.random() ** 3)), "with shares"),
    (cyclegan.image_pool, pool(draw=lambda size: random.randint(0, size)), "IndexError"),
    (cyclegan.image_pool, pool_of_none, "With size=0 nothing is kept"),
    (cyclegan.image_pool, pool_attached_at_zero, "With size=0 what is handed through still"),
    (cyclegan.image_pool, pool_without_zero, "With size=0 your code raised ValueError"),
    (cyclegan.image_pool, lambda f, s, n: [*f], "a tensor of that shape"),
    (cyclegan.image_pool, lambda f, s, n: print(end=""), "`return` missing"),
    (cyclegan.repair, step(goal_x=0), "one fault is left. F learns to be found out"),
    (cyclegan.repair, step(attach=True), "one fault is left. The generators help"),
    (cyclegan.repair, step(keep=True), "one fault is left. The discriminators help"),
    (cyclegan.repair, step(share="x"), "one fault is left. One pool serves both"),
    (cyclegan.repair, step(share="y"), "one fault is left. One pool serves both"),
    (cyclegan.repair, step(share="y, x first"), "one fault is left. One pool serves both"),
    (cyclegan.repair, step(goal_x=0, share="x"), "two faults are left. F learns"),
    (cyclegan.repair, step(attach=True, keep=True), "two faults are left. The generators help"),
    (cyclegan.repair, step(attach=True, keep=True, share="x"), "three faults are left. One pool"),
    (cyclegan.repair, step(goal_y=0), "G learns to be found out"),
    (cyclegan.repair, step(goal_x=0, goal_y=0), "both generators learn to be found out"),
    (cyclegan.repair, step(real=0, fake=1), "targets are turned"),
    (cyclegan.repair, step(cut_fooling=True), "never hear the discriminators"),
    (cyclegan.repair, step(cut_cycle=True), "sees detached fakes"),
    (cyclegan.repair, step(cut_cycle=True, cut_fooling=True), "only what the discriminators"),
    (cyclegan.repair, step(mixed_judges=True), "discriminators have changed places"),
    (cyclegan.repair, step(mixed_fakes=True), "fakes have changed places"),
    (cyclegan.repair, step(weight=0), "cycle loss is missing"),
    (cyclegan.repair, step(weight=1), "lost its weight"),
    (cyclegan.repair, step(cost=mse_loss), "cycle loss is squared"),
    (cyclegan.repair, step(half=True), "are halved"),
    (cyclegan.repair, step(first=True), "have stepped already"),
    (cyclegan.repair, step(anew=True), "made anew"),
    (cyclegan.repair, step(pools=False), "past the pools"),
    (cyclegan.repair, step(twice=True), "the pools were asked 3 times"),
    (cyclegan.repair, step(freeze=True), "left frozen"),
    (cyclegan.repair, step(move=False), "the discriminators have not moved"),
    (cyclegan.repair, step(clear=False), "gradients of the step before"),
    (cyclegan.repair, step_second_backward, "whose graph another had freed"),
    (cyclegan.repair, step_in_place, "weights that have stepped since"),
    (cyclegan.repair, step_other_discriminator_loss, "did not move as their losses ask"),
    (cyclegan.repair, lambda *a: print(end=""), "the generators have not moved"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: F(G(noisy(x, s)))), "before it is transl"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: noisy(F(G(x)), s)), "to what came back"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: F(G(x))), "does not depend on sigma"),
    (cyclegan.return_errors, adding_up, "The noise adds up"),
    (cyclegan.return_errors, adding_up_before, "before it is translated, and adds up"),
    (cyclegan.return_errors, errors(noisy_return, mse_loss), "mean squares: the mean"),
    (cyclegan.return_errors, errors(noisy_return, lambda a, b: mse_loss(a, b).sqrt()), "roots of"),
    (cyclegan.return_errors, errors(noisy_return, lambda a, b: (a - b).mean()), "signs cancel"),
    (cyclegan.return_errors, errors(noisy_return, lambda a, b: (a - b).abs().sum()), "are sums:"),
    (cyclegan.return_errors, errors(noisy_return, lambda a, b: (a - b).abs().sum() / len(a)),
     "over the pixels"),
    (cyclegan.return_errors,
     lambda G, F, x, sigmas: [l1_loss(noisy_return(G, F, x, s), F(G(x))) for s in sigmas],
     "return trip without noise"),
    (cyclegan.return_errors,
     lambda G, F, x, sigmas: [l1_loss(noisy_return(G, F, x, s), G(x)) for s in sigmas],
     "compares with the translation"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: noisy(G(x), s)), "F has to bring it back"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: F(noisy(G(x), s**2))), "sigma²"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: F(noisy(G(x), math.sqrt(s)))), "variance"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: F(G(x) + s * torch.rand_like(x))),
     "uniform on [0, 1]"),
    (cyclegan.return_errors,
     errors(lambda G, F, x, s: F(G(x) + s * (2 * torch.rand_like(x) - 1))), "noise is uniform"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: F(noisy(G(x), 1))), "whatever sigma is"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: F(noisy(G(x), s).clamp(-1, 1))), "clamped"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: G(noisy(F(x), s))), "in the wrong order"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: F(G(x) + s * flat(x, len(x), 1, 1, 1))),
     "one number for a whole image"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: F(G(x) + s * flat(x, *x.shape[1:]))),
     "All images have the same noise"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: F(G(x) + s * flat(x, 1))), "that is no no"),
    (cyclegan.return_errors, errors(lambda G, F, x, s: F(G(x) + s)), "that is no noise"),
    (cyclegan.return_errors, lambda *a: sum(errors(noisy_return)(*a)), "3 numbers were expected"),
    (cyclegan.return_errors, lambda *a: print(end=""), "`return` missing"),
    (cyclegan.hiding_place, hidden(G=lambda f, c: (f, 0 * c)), "no trace at all"),
    (cyclegan.hiding_place, hidden(G=lambda f, c: (f, c), F=lambda f, c: (f, c)), "Nothing is hid"),
    (cyclegan.hiding_place, hidden(G=lambda f, c: (f, c / 10), F=lambda f, c: (f, c * 10)),
     "Make it fainter"),
    (cyclegan.hiding_place, hidden()[::-1], "does not: have they changed"),
    (cyclegan.hiding_place, hidden(F=lambda f, c: (f, c)), "F changes nothing"),
    (cyclegan.hiding_place, hidden(G=lambda f, c: (f, c.clamp(-0.01, 0.01))), "cuts the colour"),
    (cyclegan.hiding_place,
     hidden(G=lambda f, c: (f, c.clamp(-0.01, 0.01)), F=lambda f, c: (f, c)), "cuts the colour"),
    (cyclegan.hiding_place, hidden(G=lambda f, c: (f, 0.01 * c.sign())), "only the sign left"),
    (cyclegan.hiding_place, hidden(F=lambda f, c: (f, -100 * c)), "sign turned"),
    (cyclegan.hiding_place, hidden(F=lambda f, c: (f, 50 * c)), "0.5 times as large"),
    (cyclegan.hiding_place, hidden(F=lambda f, c: (100 * f, c)), "F enlarges the form"),
    (cyclegan.hiding_place, hidden(G=lambda f, c: (c / 100, f)), "form is column 0"),
    (cyclegan.hiding_place, hidden(G=lambda f, c: (f + 0.02 * c, 0 * c)), "form that is wrong by"),
    (cyclegan.hiding_place, hidden(
        G=lambda f, c: ((f * 100).round() / 100 + 1e-7 * c, 0 * c),
        F=lambda f, c: (f, (f - (f * 100).round() / 100) * 1e7)), "steps are 6e-8"),
    (cyclegan.hiding_place, hidden(G=lambda f, c: (f.double(), c.double() / 100)), "are float32"),
    (cyclegan.hiding_place, hidden(G=lambda f, c: (f, c / 0)), "not finite"),
    (cyclegan.hiding_place, remembering(lookup=False), "remember what G was given"),
    (cyclegan.hiding_place, remembering(lookup=True), "no trace at all"),
    (cyclegan.hiding_place, counting(), "in another order"),
    (cyclegan.hiding_place, (lambda x: x / 100, lambda y: print(end="")), "form that is wrong"),
    (cyclegan.hiding_place, (hidden()[0], lambda y: print(end="")), "Your F returned None"),
    (cyclegan.hiding_place, (hidden()[0], lambda y: y[:, 0]), "F should give as many"),
    (cyclegan.hiding_place, hidden()[0], "Two functions, G and F"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer", "message"), SLIPS)
def test_slips_are_recognised(capsys, check, answer, message):
    verdict = said(capsys, check, answer)
    assert verdict.startswith("Not quite. ")
    assert message in verdict
