"""The exercises of the chapter on stability: classic mistakes, and what is said of each."""

import math

import pytest
import torch
from torch.nn.functional import normalize, softplus
from verdicts import said

from ganbook.checks import stability


def growth_by(formula):
    return tuple(formula(rate, steps) for rate, steps in ((0.1, 200), (0.5, 40), (1.0, 20)))


NAMES = dict(A="wrong sign", B="collapsed", C="saturated", D="healthy")
NAMES["E"] = "overpowered discriminator"


# --- averages ---


def ema_by(formula):
    @torch.no_grad()
    def ema(average, generator, decay):
        for a, w in zip(average.parameters(), generator.parameters(), strict=True):
            a.copy_(formula(a, w, decay))

    return ema


def ema_with_graph(average, generator, decay):
    for a, w in zip(average.requires_grad_().parameters(), generator.parameters(), strict=True):
        a.mul_(decay).add_((1 - decay) * w)


@torch.no_grad()
def ema_moves_the_generator(average, generator, decay):
    for a, w in zip(average.parameters(), generator.parameters(), strict=True):
        w.copy_(decay * a + (1 - decay) * w)


@torch.no_grad()
def ema_new_name(average, generator, decay):
    for a, w in zip(average.parameters(), generator.parameters(), strict=True):
        a = decay * a + (1 - decay) * w


@torch.no_grad()
def ema_first_only(average, generator, decay):
    a, w = next(average.parameters()), next(generator.parameters())
    a.lerp_(w, 1 - decay)


@torch.no_grad()
def ema_weights_only(average, generator, decay):
    theirs = dict(generator.named_parameters())
    for name, a in average.named_parameters():
        if name.endswith("weight"):
            a.lerp_(theirs[name], 1 - decay)


def ema_new_objects(average, generator, decay):
    for mine, theirs in zip(average, generator, strict=True):
        for name, w in list(theirs.named_parameters()):
            mixed = decay * getattr(mine, name) + (1 - decay) * w
            setattr(mine, name, torch.nn.Parameter(mixed.detach()))


def ema_shares(average, generator, decay):
    for a, w in zip(average.parameters(), generator.parameters(), strict=True):
        w.data = a.data = decay * a.data + (1 - decay) * w.data


@torch.no_grad()
def ema_of_the_counter(average, generator, decay):
    theirs = generator.state_dict()
    for name, value in average.state_dict().items():
        value.mul_(decay).add_((1 - decay) * theirs[name])


class EmaWithWarmUp:
    """Right at the first call, with a decay that depends on the calls after."""

    def __init__(self):
        self.calls = {}

    def __call__(self, average, generator, decay):
        self.calls[id(average)] = count = self.calls.get(id(average), 0) + 1
        ema_by(lambda a, w, d: d**count * a + (1 - d**count) * w)(average, generator, decay)


# --- largest singular values ---


def spectral_by(formula):
    return lambda weight, u, steps: formula(weight)


def unnormalised(weight, u, steps):
    for _ in range(steps):
        v = weight.T @ u
        u = weight @ v
    return u @ weight @ v


def not_transposed(weight, u, steps):
    for _ in range(steps):
        v = normalize(weight @ u, dim=0)
        u = normalize(weight @ v, dim=0)
    return u @ weight @ v


def eigenvalue(weight, u, steps):
    """With W alone where W is square, and the right way elsewhere."""
    if weight.shape[0] != weight.shape[1]:
        return torch.linalg.svdvals(weight)[0]
    for _ in range(steps):
        u = normalize(weight @ u, dim=0)
    return u @ weight @ u


def squared(weight, u, steps):
    gram = weight @ weight.T
    for _ in range(steps):
        u = normalize(gram @ u, dim=0)
    return u @ gram @ u


def itemised(weight, u, steps):
    return torch.linalg.svdvals(weight)[0].item()


def as_vector(weight, u, steps):
    return torch.linalg.svdvals(weight)[:1] * 1.5


def other_start(weight, u, steps):
    u = torch.ones(len(weight))
    for _ in range(steps):
        v = normalize(weight.T @ u, dim=0)
        u = normalize(weight @ v, dim=0)
    return u @ weight @ v


def one_more(weight, u, steps):
    for _ in range(steps + 1):
        v = normalize(weight.T @ u, dim=0)
        u = normalize(weight @ v, dim=0)
    return u @ weight @ v


# --- steps ---


def step(*, attached=False, turned=False, wrong_player=False, loss=None, first=False, keep=False):
    def train(generator, discriminator, optimiser_g, optimiser_d, real, z):
        if not keep:
            optimiser_g.zero_grad()
            optimiser_d.zero_grad()
        fake = generator(z)
        judged = fake if attached else fake.detach()
        d_loss = softplus(-discriminator(real)).mean() + softplus(discriminator(judged)).mean()
        wanted = loss or (lambda logits: softplus(-logits).mean())
        sign = -1 if turned else 1
        if first:  # both gradients at the old weights
            weights = list(generator.parameters())
            slopes = torch.autograd.grad(sign * wanted(discriminator(fake)), weights)
        d_loss.backward(retain_graph=True)
        optimiser_d.step()
        if first:
            for w, slope in zip(weights, slopes, strict=True):
                w.grad = slope
        else:
            (sign * wanted(discriminator(fake))).backward()
        (optimiser_d if wrong_player else optimiser_g).step()

    return train


def step_without_generator(generator, discriminator, optimiser_g, optimiser_d, real, z):
    optimiser_d.zero_grad()
    fake = generator(z).detach()
    (softplus(-discriminator(real)).mean() + softplus(discriminator(fake)).mean()).backward()
    optimiser_d.step()


def step_forgets_the_generator(generator, discriminator, optimiser_g, optimiser_d, real, z):
    optimiser_d.zero_grad()
    fake = generator(z).detach()
    (softplus(-discriminator(real)).mean() + softplus(discriminator(fake)).mean()).backward()
    optimiser_d.step()
    optimiser_g.zero_grad()
    softplus(-discriminator(fake)).mean().backward()
    optimiser_g.step()


def step_freezes(generator, discriminator, optimiser_g, optimiser_d, real, z):
    step()(generator, discriminator, optimiser_g, optimiser_d, real, z)
    discriminator.requires_grad_(False)


def step_with_own_noise(generator, discriminator, optimiser_g, optimiser_d, real, z):
    step()(generator, discriminator, optimiser_g, optimiser_d, real, torch.randn_like(z))


def step_freed(generator, discriminator, optimiser_g, optimiser_d, real, z):
    fake = generator(z)
    optimiser_d.zero_grad()
    (softplus(-discriminator(real)).mean() + softplus(discriminator(fake)).mean()).backward()
    optimiser_d.step()
    softplus(-discriminator(fake)).mean().backward()


def step_stale(generator, discriminator, optimiser_g, optimiser_d, real, z):
    fake = generator(z)
    l_real, l_fake = discriminator(real), discriminator(fake)
    d_loss, g_loss = softplus(-l_real).mean() + softplus(l_fake).mean(), softplus(-l_fake).mean()
    optimiser_d.zero_grad()
    d_loss.backward(retain_graph=True)
    optimiser_d.step()
    optimiser_g.zero_grad()
    g_loss.backward()
    optimiser_g.step()


# --- noise ---


def noisy(first, second=None, after=None):
    """Add what two functions of (images, std, random) make."""

    def logits(discriminator, real, fake, std, random):
        images = [real + first(real, std, random)]
        images.append(fake + (second or first)(fake, std, random))
        found = [discriminator(x) for x in images]
        return after(found) if after else tuple(found)

    return logits


def normal(images, std, random):
    return std * torch.randn(images.shape, generator=random)


def none(images, std, random):
    return 0


def noisy_shared(discriminator, real, fake, std, random):
    noise = normal(real, std, random)
    return discriminator(real + noise), discriminator(fake + noise)


def noisy_in_place(discriminator, real, fake, std, random):
    with torch.no_grad():
        fake += normal(fake, std, random)
    return discriminator(real + normal(real, std, random)), discriminator(fake)


def noisy_logits_only(discriminator, real, fake, std, random):
    found = discriminator(real), discriminator(fake)
    return tuple(x + std * torch.randn(x.shape, generator=random) for x in found)


def noisy_without_gradient(discriminator, real, fake, std, random):
    return noisy(normal)(discriminator, real, fake.detach(), std, random)


def noisy_drawn_around(discriminator, real, fake, std, random):
    return tuple(discriminator(torch.normal(x, std, generator=random)) for x in (real, fake))


def noisy_global(discriminator, real, fake, std, random):
    made = lambda x, std, random: std * torch.randn_like(x)  # noqa: E731
    return noisy(made)(discriminator, real, fake, std, random)


MISTAKES = [
    (stability.growth, growth_by(lambda r, n: (1 + r**2) ** n), "*squared* distance"),
    (stability.growth, growth_by(lambda r, n: math.sqrt(1 + r**2)), "That is one step"),
    (stability.growth, growth_by(lambda r, n: n * math.sqrt(1 + r**2)), "not added up"),
    (stability.growth, growth_by(lambda r, n: 1 + n * (math.sqrt(1 + r**2) - 1)), "not added up"),
    (stability.growth, (1, 1, 1), "infinitely small"),
    (stability.growth, growth_by(lambda r, n: (1 + r) ** n), "Pythagoras"),
    (stability.growth, growth_by(lambda r, n: (1 - r**2) ** (n / 2)), "outwards"),
    (stability.growth, growth_by(lambda r, n: (1 + r**2 / 2) ** n), "start of a series"),
    (stability.growth, growth_by(lambda r, n: math.exp(n * r**2 / 2)), "small rates only"),
    (stability.growth, growth_by(lambda r, n: math.exp(n * r)), "continuous"),
    (stability.growth, (1024, 86.7, 2.70), "another order"),
    (stability.growth, (1.70, 85.7, 1023), "That is what is added"),
    (stability.growth, (270, 8670, 102400), "That is in per cent"),
    (stability.growth, (170, 8570, 102300), "added, in per cent"),
    (stability.growth, (2.6, 90, 1000), "Three digits"),
    (stability.growth, (1.005, 1.118), "3 numbers"),
    (stability.patients, NAMES | dict(A="saturated"), "never positive"),
    (stability.patients, NAMES | dict(A="overpowered discriminator"), "glad of it"),
    (stability.patients, NAMES | dict(B="healthy"), "last column"),
    (stability.patients, NAMES | dict(B="weak discriminator"), "D is slow here"),
    (stability.patients, NAMES | dict(C="wrong sign"), "the slope is gone"),
    (stability.patients, NAMES | dict(C="overpowered discriminator"), "closer name"),
    (stability.patients, NAMES | dict(D="saturated"), "slope is 1"),
    (stability.patients, NAMES | dict(D="wrong sign"), "it is a critic's"),
    (stability.patients, NAMES | dict(E="collapsed"), "found out"),
    (stability.patients, NAMES | dict(E="sick"), "none of the names"),
    (stability.patients, NAMES | dict(E=...), "Still without a name: E"),
    (stability.patients, dict(A="healthy"), "keys A to E"),
    (stability.ema, ema_by(lambda a, w, d: (1 - d) * a + d * w), "exchanged"),
    (stability.ema, ema_by(lambda a, w, d: w), "copy of the generator"),
    (stability.ema, ema_by(lambda a, w, d: (a + w) / 2), "plain mean"),
    (stability.ema, ema_by(lambda a, w, d: d * a + w), "counts in full"),
    (stability.ema, ema_by(lambda a, w, d: a + (1 - d) * w), "keeps its full weight"),
    (stability.ema, ema_by(lambda a, w, d: a - (1 - d) * (w - a)), "away from the generator"),
    (stability.ema, ema_by(lambda a, w, d: d * a - (1 - d) * w), "not subtracted"),
    (stability.ema, ema_by(lambda a, w, d: 0.999 * a + 0.001 * w), "always 0.999"),
    (stability.ema, ema_by(lambda a, w, d: a * 0 + 3), "the first number of"),
    (stability.ema, ema_with_graph, "torch.no_grad()"),
    (stability.ema, ema_moves_the_generator, "only the average moves"),
    (stability.ema, ema_new_name, "only a new name"),
    (stability.ema, ema_first_only, "`0.bias`"),
    (stability.ema, ema_weights_only, "`0.bias`"),
    (stability.ema, ema_new_objects, "new objects"),
    (stability.ema, ema_shares, "the generator's own weights"),
    (stability.ema, EmaWithWarmUp(), "count its calls"),
    (stability.ema, ema_of_the_counter, "BatchNorm's counter"),
    (stability.invariant, lambda x, y, h, k: x**2 / h + y**2 / k, "infinitely small"),
    (stability.invariant, lambda x, y, h, k: k * x**2 + h * y**2, "infinitely small"),
    (stability.invariant, lambda x, y, h, k: x**2 + y**2, "where the rates differ"),
    (stability.invariant, lambda x, y, h, k: x**2 + y**2 - h * x * y, "at equal rates only"),
    (stability.invariant, lambda x, y, h, k: x**2 + y**2 - k**2 / h * x * y, "at equal rates only"),
    (stability.invariant, lambda x, y, h, k: x**2 / h + y**2 / k + x * y, "the sign of the mixed"),
    (stability.invariant, lambda x, y, h, k: x**2 / k + y**2 / h - x * y, "exchanged"),
    (stability.invariant, lambda x, y, h, k: x**2 / h + y**2 / k - 2 * x * y, "counted twice"),
    (stability.invariant, lambda x, y, h, k: x * y, "value of the game"),
    (stability.invariant, lambda x, y, h, k: 1.0, "same number everywhere"),
    (stability.invariant, lambda x, y, h, k: x**3 - y, "after one update of both"),
    (stability.invariant, lambda x, y, h, k: math.nan, "not finite"),
    (stability.invariant, 1.0, "A function was expected"),
    (stability.spectral_norm, spectral_by(lambda w: w.norm()), "Frobenius"),
    (stability.spectral_norm, spectral_by(lambda w: w.square().sum()), "squared Frobenius"),
    (stability.spectral_norm, spectral_by(lambda w: w.abs().max()), "largest number of W"),
    (stability.spectral_norm, spectral_by(lambda w: w.abs().sum(1).max()), "row sum"),
    (stability.spectral_norm, spectral_by(lambda w: w.norm(dim=1).max()), "longest row"),
    (stability.spectral_norm, spectral_by(lambda w: w.norm(dim=0).max()), "longest column"),
    (stability.spectral_norm, spectral_by(lambda w: torch.linalg.svdvals(w)[1]), "second"),
    (stability.spectral_norm, unnormalised, "divide each by its norm"),
    (stability.spectral_norm, not_transposed, "transposition missing"),
    (stability.spectral_norm, eigenvalue, "eigenvalues"),
    (stability.spectral_norm, squared, "That is σ²"),
    (stability.spectral_norm, spectral_by(lambda w: w / torch.linalg.svdvals(w)[0]), "W/σ"),
    (stability.spectral_norm, itemised, "no gradient reaches the weight"),
    (stability.spectral_norm, as_vector, "a scalar"),
    (stability.spectral_norm, spectral_by(lambda w: torch.linalg.svdvals(w)[0]), "σ itself"),
    (stability.spectral_norm, one_more, "a round too many"),
    (stability.spectral_norm, other_start, "start from the u that is given?"),
    (stability.repair, step(attached=True), "one fault is left. The discriminator's loss still"),
    (stability.repair, step(turned=True), "one fault is left. The generator climbs"),
    (stability.repair, step(wrong_player=True), "at least one fault is left. The second turn"),
    (stability.repair, step(attached=True, turned=True), "two faults are left. The disc"),
    (stability.repair, step(turned=True, wrong_player=True), "two faults are left. The generator"),
    (stability.repair, step(attached=True, turned=True, wrong_player=True), "at least two faults"),
    (stability.repair, step_without_generator, "generator has not moved"),
    (stability.repair, step(loss=lambda x: -softplus(x).mean()), "which saturates"),
    (stability.repair, step(loss=lambda x: softplus(x).mean()), "to be found out"),
    (stability.repair, step(loss=lambda x: softplus(-x).sum()), "is a sum"),
    (stability.repair, step(first=True), "of before its step"),
    (stability.repair, step(keep=True), "gradients of the step before"),
    (stability.repair, step_forgets_the_generator, "generator has not moved"),
    (stability.repair, step_freezes, "left frozen"),
    (stability.repair, step_with_own_noise, "Noise of your own"),
    (stability.repair, step_freed, "freed their graph"),
    (stability.repair, step_stale, "Judge the fakes anew"),
    (stability.noisy_logits, noisy(normal, none), "Only the real images get noise"),
    (stability.noisy_logits, noisy(none, normal), "Only the fake images get noise"),
    (stability.noisy_logits, noisy(none), "no noise was added"),
    (stability.noisy_logits, noisy_logits_only, "no noise was added"),
    (stability.noisy_logits, noisy_shared, "the same noise"),
    (stability.noisy_logits, noisy(lambda x, s, g: s * normal(x, s, g)), "the variance"),
    (stability.noisy_logits, noisy(lambda x, s, g: normal(x, 1, g)), "multiply it by `std`"),
    (stability.noisy_logits, noisy(lambda x, s, g: normal(x, s**0.5, g)), "root of std"),
    (stability.noisy_logits, noisy(
        lambda x, s, g: s * torch.rand(x.shape, generator=g)), "torch.rand is uniform"),
    (stability.noisy_logits, noisy(
        lambda x, s, g: s * 12**0.5 * (torch.rand(x.shape, generator=g) - 0.5)), "is bounded"),
    (stability.noisy_logits, noisy(
        lambda x, s, g: normal(x[:, :1, :1, :1], s, g)), "one number an image"),
    (stability.noisy_logits, noisy(lambda x, s, g: normal(x[:1], s, g)), "same for every image"),
    (stability.noisy_logits, noisy(normal, after=lambda x: x[::-1]), "came first"),
    (stability.noisy_logits, noisy(
        normal, after=lambda x: [y.sigmoid() for y in x]), "Is there a sigmoid"),
    (stability.noisy_logits, noisy_in_place, "images themselves"),
    (stability.noisy_logits, noisy_without_gradient, "no gradient reaches the fakes"),
    (stability.noisy_logits, noisy_drawn_around, "zero everywhere"),
    (stability.noisy_logits, noisy_global, "does not come from `random`"),
    (stability.settle, (0.5, 0), "it circles, whatever the rates"),
    (stability.settle, (0.2, 0.2), "it still circles"),
    (stability.settle, (0.3, 1.5), "it creeps"),
    (stability.settle, (5, 1), "from 2 on the penalty alone"),
    (stability.settle, (0.18, 1.0), "both are slow"),
    (stability.settle, (0.2, 0.8), "in the last ten of 50 rounds"),
    (stability.settle, (20, 0.1), "is 2, and from 2 on"),
    (stability.settle, (-1, 1), "A positive rate"),
    (stability.settle, 0.5, "2 numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer", "words"), MISTAKES)
def test_classic_mistakes_are_named(capsys, check, answer, words):
    verdict = said(capsys, check, answer)
    assert verdict.startswith("Not quite. ")
    assert words in verdict


def test_every_wrong_name_of_a_run_has_its_own_message(capsys):
    found = set()
    for run, right in NAMES.items():
        for name in ("healthy", "wrong sign", "saturated", "overpowered discriminator",
                     "weak discriminator", "collapsed"):  # fmt: skip
            if name != right:
                verdict = said(capsys, stability.patients, NAMES | {run: name})
                assert verdict.startswith(f"Not quite. Run {run} is not '{name}'. ")
                found.add(verdict)
    assert len(found) == 25


def test_neither_a_penalty_nor_a_faster_discriminator_settles_alone(capsys):
    for hundredths in range(1, 301):
        verdict = said(capsys, stability.settle, (0.2, hundredths / 100))
        assert verdict.startswith("Not quite.")
    for rate_d in (0.2, 0.5, 1, 2, 4):
        assert said(capsys, stability.settle, (rate_d, 0)).startswith("Not quite.")
