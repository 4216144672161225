"""A step of CycleGAN with the slips asked for, to recognise those of an answer."""

from functools import cache

import torch
from torch import nn

RATE_G, RATE_D = 0.02, 0.03


class Pool:
    """Hands on what comes, and every second time what came before; keeps copies."""

    def __init__(self):
        self.seen = []

    def __call__(self, fakes):
        self.seen.append(fakes.detach().clone())
        return fakes if len(self.seen) % 2 else self.seen[-2]


def setting():
    """Return the networks G, F, D_X, D_Y, then a pool for each domain, x and y."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        networks = [
            nn.Sequential(nn.Conv2d(1, 3, 3, 1, 1), nn.Tanh(), nn.Conv2d(3, 1, 1)) for _ in range(4)
        ]
        x, y = torch.rand(2, 4, 1, 5, 5)
        return networks, Pool(), Pool(), x - 1, y


def weights(networks):
    """Return the weights of several networks as one list."""
    return [w for network in networks for w in network.parameters()]


def state(networks):
    """Return the weights of generators, and those of discriminators."""
    halves = weights(networks[:2]), weights(networks[2:])
    return tuple(torch.cat([w.detach().flatten() for w in half]) for half in halves)


@cache
def reference(rounds, *slips):
    """Return the weights after so many steps with slips, named as in `g_loss`, `d_loss`, `step`."""
    networks, pool_x, pool_y, x, y = setting()
    for _ in range(rounds):
        step(networks, pool_x, pool_y, x, y, slips)
    return state(networks)


def g_loss(networks, fake_x, fake_y, x, y, slips):
    G, F, D_X, D_Y = networks
    cut_x, cut_y = (f.detach() if "cycle cut" in slips else f for f in (fake_x, fake_y))
    back = F(cut_y) - x, G(cut_x) - y
    cycle = sum(d.square().mean() if "squared" in slips else d.abs().mean() for d in back)
    cut_x, cut_y = (f.detach() if "fooling cut" in slips else f for f in (fake_x, fake_y))
    if "wrong judge" in slips:
        cut_x, cut_y = cut_y, cut_x
    goal_x, goal_y = ("turned" not in slips), ("turned y" not in slips)
    fooling = (D_X(cut_x) - float(goal_x)).square().mean()
    fooling = fooling + (D_Y(cut_y) - float(goal_y)).square().mean()
    weight = 0 if "no cycle" in slips else 1 if "light cycle" in slips else 10
    return fooling + weight * cycle


def d_loss(networks, pool_x, pool_y, fake_x, fake_y, x, y, slips):
    if "shared" in slips:
        fake_x, fake_y = pool_x(fake_x), pool_x(fake_y)
    elif "shared, y first" in slips:
        fake_y, fake_x = pool_y(fake_y), pool_y(fake_x)
    elif "no pools" not in slips:
        fake_x, fake_y = pool_x(fake_x), pool_y(fake_y)
    if "attached" not in slips:
        fake_x, fake_y = fake_x.detach(), fake_y.detach()
    if "wrong fakes" in slips:
        fake_x, fake_y = fake_y, fake_x
    real, fake = (0, 1) if "swapped" in slips else (1, 0)
    sides = (networks[2], x, fake_x), (networks[3], y, fake_y)
    loss = sum(
        (D(true) - real).square().mean() + (D(made) - fake).square().mean()
        for D, true, made in sides
    )
    return loss / 2 if "half" in slips else loss


def step(networks, pool_x, pool_y, x, y, slips):
    """Train the networks by one step of gradient descent."""
    of_g, of_d = weights(networks[:2]), weights(networks[2:])
    fakes = networks[1](y), networks[0](x)
    if "discriminators first" in slips:
        loss = d_loss(networks, pool_x, pool_y, *fakes, x, y, slips)
        descend(of_d, torch.autograd.grad(loss, of_d), RATE_D)
    first = g_loss(networks, *fakes, x, y, slips)
    own = torch.autograd.grad(first, of_g + of_d, retain_graph=True, allow_unused=True)
    if "made anew" in slips:
        descend(of_g, own[: len(of_g)], RATE_G)
        fakes = networks[1](y), networks[0](x)
    if "discriminators first" not in slips:
        loss = d_loss(networks, pool_x, pool_y, *fakes, x, y, slips)
        slopes = torch.autograd.grad(loss, of_g + of_d, allow_unused=True)
        descend(of_d, slopes[len(of_g) :], RATE_D)
        descend(of_g, slopes[: len(of_g)], RATE_G)  # none but where fakes are attached
    if "made anew" not in slips:
        descend(of_g, own[: len(of_g)], RATE_G)
    if "leftover" in slips:
        descend(of_d, own[len(of_g) :], RATE_D)


@torch.no_grad()
def descend(who, slopes, rate):
    for w, slope in zip(who, slopes, strict=True):
        if slope is not None:
            w.sub_(rate * slope)
