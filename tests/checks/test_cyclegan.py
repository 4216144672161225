"""The exercises of the CycleGAN chapter: right answers, stubs, what is stated, and wild answers.

The answers are written as learners write them, independently of the checks' own references.
"""

import itertools
import math
import random
import time
from collections import namedtuple

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import l1_loss, mse_loss
from verdicts import assert_stubs_and_hints, said

from ganbook.checks import cyclegan

# --- right answers, written in several ways ---

COUNTS = (256, 24, 576, 24, 2, 6, 0)
VOICES = ["nobody", "nobody", "cycle", "adversarial", "cycle", "adversarial", "nobody", "both"]
PATCHES = (70, 8, 900, 34, 36, 4)


def terms_l1(G, F, D_X, D_Y, x, y):
    cycle = l1_loss(F(G(x)), x) + l1_loss(G(F(y)), y)
    return [cycle, l1_loss(G(y), y) + l1_loss(F(x), x)]


def terms_dict(G, F, D_X, D_Y, x, y):
    cycle, identity = terms_l1(G, F, D_X, D_Y, x, y)
    return dict(identity=identity, cycle=cycle)


def terms_named(G, F, D_X, D_Y, x, y):
    return namedtuple("Terms", ["cycle", "identity"])(*terms_l1(G, F, D_X, D_Y, x, y))


def terms_stacked(*arguments):
    return torch.stack(terms_l1(*arguments))


def terms_loop(G, F, D_X, D_Y, x, y):
    def far(a, b):
        total = 0
        for one, other in zip(a, b, strict=True):
            total = total + torch.where(one > other, one - other, other - one).sum()
        return total / a.numel()

    return far(x, F(G(x))) + far(y, G(F(y))), far(y, G(y)) + far(x, F(x))


def terms_one_pass(G, F, D_X, D_Y, x, y):
    """As the package does: each generator sees two batches at once."""
    (fake_y, same_y), (fake_x, same_x) = (
        network(torch.cat(pair)).chunk(2) for network, pair in ((G, (x, y)), (F, (y, x)))
    )
    cycle = l1_loss(F(fake_y), x) + l1_loss(G(fake_x), y)
    return cycle, l1_loss(same_x, x) + l1_loss(same_y, y)


def pool_like_the_authors(fakes, store, size):
    if size == 0:
        return fakes.detach()
    shown = []
    for fake in fakes:
        fake = torch.unsqueeze(fake.data, 0)
        if len(store) < size:
            store.append(fake)
            shown.append(fake)
        elif random.uniform(0, 1) > 0.5:
            place = random.randint(0, size - 1)
            shown.append(store[place].clone())
            store[place] = fake
        else:
            shown.append(fake)
    return torch.cat(shown, 0)


def pool_numpy(fakes, store, size):
    out = fakes.detach().clone()
    for i in range(len(out)):
        fake = out[i].clone()
        if len(store) < size:
            store += [fake]
        elif size > 0 and np.random.default_rng().random() < 0.5:
            out[i] = store.pop(np.random.default_rng().integers(len(store)))
            store.append(fake)
    return out


@torch.no_grad()
def pool_choice(fakes, store, size):
    shown = []
    for fake in fakes.clone().detach():
        if len(store) < size:
            store.append(fake)
        else:
            places = [*range(size)]
            if places and random.choice([True, False]):
                place = random.choice(places)
                store[place], fake = fake, store[place]
        shown.append(fake)
    return torch.stack(shown)


def pool_distinct(fakes, store, size):
    """Draws all coins and places of a batch at once; no place twice."""
    fakes = fakes.detach()
    room = max(size - len(store), 0)
    store.extend(fakes[:room])
    shown = [*fakes[:room]]
    places = torch.randperm(size)
    for n, fake in enumerate(fakes[room:]):
        if size and torch.randint(2, ()):
            fake, store[int(places[n])] = store[int(places[n])], fake
        shown.append(fake)
    return torch.stack(shown)


def losses_of_generators(G, F, D_X, D_Y, x, y, fake_x, fake_y):
    fooling = mse_loss(D_X(fake_x), torch.ones_like(D_X(fake_x)))
    fooling = fooling + mse_loss(D_Y(fake_y), torch.ones_like(D_Y(fake_y)))
    return fooling + 10 * l1_loss(F(fake_y), x) + 10 * l1_loss(G(fake_x), y)


def loss_of(D, real, fake):
    return (1 - D(real)).pow(2).mean() + (D(fake) ** 2).mean()


def step_frozen(G, F, D_X, D_Y, optimiser_g, optimiser_d, pool_x, pool_y, x, y):
    fake_x, fake_y = F(y), G(x)
    for D in (D_X, D_Y):
        D.requires_grad_(False)
    optimiser_g.zero_grad()
    losses_of_generators(G, F, D_X, D_Y, x, y, fake_x, fake_y).backward()
    optimiser_g.step()
    for D in (D_X, D_Y):
        D.requires_grad_(True)
    optimiser_d.zero_grad()
    loss_of(D_Y, y, pool_y(fake_y).detach()).backward()
    loss_of(D_X, x, pool_x(fake_x).detach()).backward()
    optimiser_d.step()


def step_first_discriminators(G, F, D_X, D_Y, optimiser_g, optimiser_d, pool_x, pool_y, x, y):
    """Backward for the discriminators comes first, but nobody steps before both are done."""
    fake_x, fake_y = F(y), G(x)
    optimiser_d.zero_grad()
    old_x, old_y = pool_x(fake_x.detach()), pool_y(fake_y.detach())
    (loss_of(D_X, x, old_x) + loss_of(D_Y, y, old_y)).backward()
    kept = [w.grad.clone() for D in (D_X, D_Y) for w in D.parameters()]
    optimiser_g.zero_grad()
    losses_of_generators(G, F, D_X, D_Y, x, y, fake_x, fake_y).backward()
    for w, grad in zip([w for D in (D_X, D_Y) for w in D.parameters()], kept, strict=True):
        w.grad = grad
    optimiser_d.step()
    optimiser_g.step()


def step_by_autograd(G, F, D_X, D_Y, optimiser_g, optimiser_d, pool_x, pool_y, x, y):
    fake_x, fake_y = F(y), G(x)
    of_g = [*G.parameters(), *F.parameters()]
    of_d = [*D_X.parameters(), *D_Y.parameters()]
    g_loss = losses_of_generators(G, F, D_X, D_Y, x, y, fake_x, fake_y)
    d_loss = loss_of(D_X, x, pool_x(fake_x.data)) + loss_of(D_Y, y, pool_y(fake_y.data))
    for loss, who in ((g_loss, of_g), (d_loss, of_d)):
        for w, grad in zip(who, torch.autograd.grad(loss, who), strict=True):
            w.grad = grad
    optimiser_g.step()
    optimiser_d.step()


def step_other_pools(G, F, D_X, D_Y, optimiser_g, optimiser_d, pool_x, pool_y, x, y):
    """The pools have changed places, but each still serves one domain."""
    step_frozen(G, F, D_X, D_Y, optimiser_g, optimiser_d, pool_y, pool_x, x, y)


def errors_loop(G, F, x, sigmas):
    errors = torch.zeros(len(sigmas))
    for i, sigma in enumerate(sigmas):
        y = G(x)
        back = F(torch.normal(y, torch.full_like(y, sigma)))
        errors[i] = (back - x).abs().mean()
    return errors


def errors_numpy(G, F, x, sigmas):
    rng = np.random.default_rng(5)
    noise = torch.tensor(rng.standard_normal(x.shape), dtype=torch.float32)
    return np.array([np.abs((F(G(x) + s * noise) - x).numpy()).mean() for s in sigmas])


def errors_at_once(G, F, x, sigmas):
    y = torch.stack([G(x) + s * torch.randn(x.shape) for s in sigmas])
    return (F(y.flatten(0, 1)).view(y.shape) - x).abs().flatten(1).mean(1).tolist()


def errors_image_by_image(G, F, x, sigmas):
    def one(sigma):
        trips = [F(G(i[None]) + sigma * torch.randn_like(i[None]))[0] for i in x]
        return sum(l1_loss(a, b).item() for a, b in zip(trips, x, strict=True)) / len(x)

    return {sigma: one(sigma) for sigma in sigmas}


def shrunk(factor):
    scale = torch.tensor([1, factor])
    return (lambda x: x * scale), (lambda y: y / scale)


def saw_G(x):
    """Round the form to steps of 0.02, and hide the colour in what is left over."""
    return torch.stack([(x[:, 0] / 0.01).round() * 0.01 + 0.004 * x[:, 1], 0 * x[:, 1]], dim=1)


def saw_F(y):
    form = (y[:, 0] / 0.01).round() * 0.01
    return torch.stack([form, (y[:, 0] - form) / 0.004], dim=1)


def levels_G(x):
    return torch.stack([x[:, 0], ((x[:, 1] + 1) * 15).round() / 1e4], dim=1)


def levels_F(y):
    return torch.stack([y[:, 0], (y[:, 1] * 1e4).round() / 15 - 1], dim=1)


class Linear(nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([1.0, scale]))

    def forward(self, x):
        return x * self.scale


RIGHT = [
    (cyclegan.perfect_maps, COUNTS),
    (cyclegan.perfect_maps, torch.tensor(COUNTS)),
    (cyclegan.perfect_maps, dict(enumerate(map(float, COUNTS), start=1))),
    (cyclegan.objections, VOICES),
    (cyclegan.objections, dict(enumerate(voice.upper() for voice in VOICES))),
    (cyclegan.objections, ["none" if voice == "nobody" else voice for voice in VOICES]),
    (cyclegan.patches, PATCHES),
    (cyclegan.patches, np.array(PATCHES)),
    *((cyclegan.two_terms, f) for f in (
        terms_l1, terms_dict, terms_named, terms_stacked, terms_loop, terms_one_pass)),
    *((cyclegan.image_pool, f) for f in (
        pool_like_the_authors, pool_numpy, pool_choice, pool_distinct)),
    *((cyclegan.repair, f) for f in (
        step_frozen, step_first_discriminators, step_by_autograd, step_other_pools)),
    *((cyclegan.return_errors, f) for f in (
        errors_loop, errors_numpy, errors_at_once, errors_image_by_image)),
    *((cyclegan.hiding_place, shrunk(factor)) for factor in (0.01, -0.01, 1e-4, 1e-30)),
    (cyclegan.hiding_place, [saw_G, saw_F]),
    (cyclegan.hiding_place, dict(F=levels_F, G=levels_G)),
    (cyclegan.hiding_place, (Linear(0.005), Linear(200.0))),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(capsys, check, answer):
    assert said(capsys, check, answer).startswith("Correct. ")


@pytest.mark.parametrize("seed", range(20))
def test_what_is_drawn_at_random_is_accepted_with_any_seed(capsys, seed):
    g = torch.Generator().manual_seed(seed)

    def pool(fakes, store, size):
        shown = []
        for fake in fakes.detach():
            if len(store) < size:
                store.append(fake)
            elif size and torch.rand((), generator=g) < 0.5:
                place = int(torch.randint(size, (), generator=g))
                fake, store[place] = store[place], fake
            shown.append(fake)
        return torch.stack(shown)

    def errors(G, F, x, sigmas):
        noise = (torch.randn(x.shape, generator=g) for _ in sigmas)
        return [l1_loss(F(G(x) + s * n), x) for s, n in zip(sigmas, noise, strict=True)]

    assert said(capsys, cyclegan.image_pool, pool).startswith("Correct. ")
    assert said(capsys, cyclegan.return_errors, errors).startswith("Correct. ")


def test_the_learners_own_random_numbers_are_left_alone(capsys):
    torch.manual_seed(3)
    random.seed(3)
    expected = torch.rand(4), random.random()
    for check, answer in RIGHT:
        torch.manual_seed(3)
        random.seed(3)
        said(capsys, check, answer)
        assert torch.equal(torch.rand(4), expected[0])
        assert random.random() == expected[1]


def test_no_check_takes_long(capsys):
    for check, answer in RIGHT:
        start = time.process_time()
        said(capsys, check, answer)
        assert time.process_time() - start < 2


# --- what the prompts and the checks state ---


def perfect(map_, shares, wanted):
    """Whether a map, a tuple of where each image goes, gives each place its wanted share."""
    return all(
        math.isclose(sum(s for s, to in zip(shares, map_, strict=True) if to == place), want)
        for place, want in enumerate(wanted)
    )


def test_the_counts_are_those_of_all_maps_tried():
    even, half = (1 / 4,) * 4, (1 / 2,) * 2
    maps = [*itertools.product(range(4), repeat=4)]
    good = [m for m in maps if perfect(m, even, even)]
    pairs = [*itertools.product(good, good)]
    cycle = [(g, f) for g, f in pairs if all(f[g[i]] == i == g[f[i]] for i in range(4))]
    uneven = (1 / 2, 1 / 4, 1 / 8, 1 / 8)
    merging = [m for m in itertools.product(range(2), repeat=4) if perfect(m, even, half)]
    back = itertools.product(itertools.product(range(2), repeat=4), itertools.product(range(4),
                             repeat=2))  # fmt: skip
    whole = [(g, f) for g, f in back if all(f[g[i]] == i for i in range(4))]
    unequal = [m for m in maps if perfect(m, uneven, uneven)]
    found = (maps, good, pairs, cycle, unequal, merging, whole)
    assert tuple(map(len, found)) == COUNTS


MAPS = [
    (lambda x: x + 2, lambda y: y - 2),
    (lambda x: 2 - x, lambda y: 2 - y),
    (lambda x: x + 2, lambda y: 2 - y),
    (lambda x: 2 + x / 2, lambda y: 2 * y - 4),
    (lambda x: 1 + 2 * x.abs(), lambda y: y - 2),
    (lambda x: x, lambda y: y),
    (lambda x: torch.where(x < 0, x + 3, x + 1), lambda y: torch.where(y >= 2, y - 3, y - 1)),
    (lambda x: 2 + x / 2, lambda y: y - 2),
]


@pytest.mark.parametrize(("maps", "voice"), [*zip(MAPS, VOICES, strict=True)])
def test_the_objections_are_those_of_the_maps(maps, voice):
    G, F = maps
    x = torch.linspace(-1, 1, 20002, dtype=torch.double)[1:-1]
    y = x + 2

    def off(a, b):  # of two distributions, by their sorted values
        return (a.sort().values - b.sort().values).abs().mean()

    adversarial = max(off(G(x), y), off(F(y), x)) > 1e-3
    cycle = max((F(G(x)) - x).abs().mean(), (G(F(y)) - y).abs().mean()) > 1e-3
    names = {(0, 0): "nobody", (1, 0): "adversarial", (0, 1): "cycle", (1, 1): "both"}
    assert names[int(adversarial), int(cycle)] == voice


def convolutions(layers):
    strides = [2] * layers + [1, 1]
    return nn.Sequential(*(nn.Conv2d(1, 1, 4, stride, 1, bias=False) for stride in strides))


def patch(layers, at):
    """Which rows of an image of 512 x 512 a logit in the middle of the grid depends on."""
    network = convolutions(layers)
    for layer in network:
        nn.init.ones_(layer.weight)
    image = torch.zeros(1, 1, 512, 512, requires_grad=True)
    logits = network(image)
    middle = logits.shape[2] // 2 + at
    logits[0, 0, middle, middle].backward()
    return image.grad[0, 0].any(1).nonzero()


def test_the_patches_are_those_of_convolutions():
    rows = {layers: patch(layers, 0) for layers in (2, 3, 4)}
    width = {layers: len(found) for layers, found in rows.items()}
    logits = [convolutions(n)(torch.zeros(1, 1, s, s)).numel() for n, s in ((3, 256), (2, 32))]
    apart = (patch(3, 1)[0] - rows[3][0]).item()
    least = min(layers for layers, found in width.items() if found >= 128)
    assert (width[3], apart, logits[0], width[2], logits[1], least) == PATCHES


def test_the_broken_step_of_the_prompt_has_all_four_faults(capsys):
    def broken_step(G, F, D_X, D_Y, optimiser_g, optimiser_d, pool_x, pool_y, x, y):
        optimiser_g.zero_grad()
        optimiser_d.zero_grad()
        fake_y, fake_x = G(x), F(y)
        fooling = D_X(fake_x).square().mean() + (D_Y(fake_y) - 1).square().mean()
        cycle = (F(fake_y) - x).abs().mean() + (G(fake_x) - y).abs().mean()
        d_x = (D_X(x) - 1).square().mean() + D_X(pool_x(fake_x)).square().mean()
        d_y = (D_Y(y) - 1).square().mean() + D_Y(pool_x(fake_y)).square().mean()
        (fooling + 10 * cycle).backward(retain_graph=True)
        (d_x + d_y).backward()
        optimiser_g.step()
        optimiser_d.step()

    verdict = said(capsys, cyclegan.repair, broken_step)
    for message in (
        "all four are left",
        "F learns to be found out",
        "One pool serves both",
        "generators help the discriminators",
        "discriminators help the generators",
    ):
        assert message in verdict  # fmt: skip


# --- stubs, hints and wild answers ---

EXERCISES = [getattr(cyclegan, name) for name in cyclegan.__all__]


@pytest.mark.parametrize("check", EXERCISES)
def test_stubs_and_hints(capsys, check):
    assert_stubs_and_hints(capsys, check)


WILD = [
    "nonsense", None, 0, float("nan"), (), [1, 2, 3, 4, 5, 6, 7], dict(A=1), 1 + 1j, (1, 2),
    [math.nan] * 6, [math.inf] * 7, ["x"] * 8, [None] * 8, [...] * 8, [1j] * 6, [[1]] * 7,
    np.zeros(6), torch.zeros(7, requires_grad=True) / 0, object(), {1: 2, None: ...}, (print, 3),
    (int, str), (print, print), (abs, abs), (torch.sin, torch.cos), [type, type],
    (lambda x: x.int(), lambda y: y), (lambda x: x * math.nan, lambda y: y),
    (lambda x: x[:, :1], lambda y: y), (lambda x: 0 * x, lambda y: None),
    (lambda x: 0 * x, lambda y: y[0]), (lambda x: x * torch.tensor([1, 0]), lambda y: 1 / 0),
    dict(G=1, F=2), (nn.Linear(2, 2), nn.Linear(2, 2)), dict(G=abs, F=nn.Linear(3, 1)),
    lambda *args: 1 / 0, lambda *args: float("nan"), lambda *args: -math.inf,
    lambda *args: "text", lambda *args: (None, None), lambda *args: ("a", "b"), lambda *args: args,
    lambda *args: torch.zeros(0), lambda *args: torch.ones(3, 3), lambda: 1, lambda *args: 1 + 1j,
    lambda *args: np.float64(2.0), lambda *args: torch.tensor(2), lambda *args: math.inf,
    lambda *args: (math.nan, math.inf), lambda *args: [[1, 2], [3]], lambda *args: {1, 2}, int,
    lambda *args: torch.rand(5), lambda *args: args[0].sum(), nn.Linear(2, 1), print,
    lambda *args: torch.rand(()), lambda x, *rest: x.requires_grad_(), lambda *args: True, type,
    lambda *args: args[0] * math.nan, lambda *args: args[0].to(torch.complex64),
    lambda *args: args[0].int(), lambda *args: [args[0], "x"], lambda *args: args[0][0],
    lambda *args: args[-1].clear(), lambda f, s, n: s.append("x") or f.detach(),
    lambda f, s, n: s.append(torch.zeros(9)) or f.detach(), lambda f, s, n: s.extend(f) or f,
    lambda f, s, n: f.detach() + 0.3, lambda f, s, n: f.detach() * math.nan,
    lambda f, s, n: f.detach().to(torch.complex64), lambda f, s, n: [*f],
    lambda *args: dict(cycle="a", identity=None), lambda *args: (torch.ones(2, 2), torch.ones(2)),
    lambda *args: [next(args[0].parameters()).sum(), torch.ones((), requires_grad=True)],
    lambda *args: args[4].step(), lambda *args: [p.data.zero_() for p in args[0].parameters()],
    lambda *args: args[6](torch.zeros(1)), lambda *args: args[6]("x"), lambda *args: args[0](1),
    lambda G, F, x, s: [F(x[0, 0])] * 3, lambda G, F, x, s: F(x.int()).sum() * torch.ones(3),
    lambda G, F, x, s: torch.full((3,), math.nan), lambda G, F, x, s: ["1", None, 1j],
    lambda G, F, x, s: [F("x")] * 3, lambda G, F, x, s: np.array(["a"] * 3),
]  # fmt: skip


@pytest.mark.parametrize("check", EXERCISES)
@pytest.mark.parametrize("answer", WILD)
def test_wild_answers_raise_nothing(capsys, check, answer):
    lines = said(capsys, check, answer).splitlines()
    assert any(line.startswith(("Not quite. ", "Not attempted")) for line in lines)


def test_the_noise_verdict_speaks_of_what_is_hidden_pixel_by_pixel(capsys):
    verdict = said(capsys, cyclegan.return_errors, errors_loop)
    assert "what is hidden faintly, pixel by pixel, does not" in verdict
