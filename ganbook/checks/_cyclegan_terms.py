"""The exercise of the CycleGAN chapter that writes the cycle loss and the identity loss."""

import torch
from torch import nn
from torch.nn.functional import smooth_l1_loss

from ganbook.checks._evaluation_numbers import one_number, slips
from ganbook.checks._gan_losses import gradients
from ganbook.checks._verdict import NotQuite, exercise, recognise, same, show

NAMES = ("cycle", "identity")
SHAPES = ((3, 2, 6, 6), (2, 2, 5, 7), (1, 2, 8, 5))


def setting(seed, shape):
    """Return generators G and F, discriminators D_X and D_Y, and images x and y."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generators = [nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.Tanh()) for _ in range(2)]
        discriminators = [nn.Conv2d(2, 1, 4, 2, 1) for _ in range(2)]
        x, y = 2 * torch.rand(2, *shape) - 1
        return *generators, *discriminators, 0.8 * x, 0.9 * y


def round_trips(G, F, D_X, D_Y, x, y):
    return (F(G(x)), x), (G(F(y)), y)


def unchanged(G, F, D_X, D_Y, x, y):
    return (F(x), x), (G(y), y)


def judged(pairs):
    def through(G, F, D_X, D_Y, x, y):
        (back_x, x), (back_y, y) = pairs(G, F, D_X, D_Y, x, y)
        return (D_X(back_x), D_X(x)), (D_Y(back_y), D_Y(y))

    return through


def judged_real(pairs):
    def through(G, F, D_X, D_Y, x, y):
        (back_x, _), (back_y, _) = pairs(G, F, D_X, D_Y, x, y)
        ones = torch.ones_like(D_X(back_x))
        return (D_X(back_x), ones), (D_Y(back_y), ones)

    return through


def crossed(G, F, D_X, D_Y, x, y):
    return (D_Y(G(x)), D_X(x)), (D_X(F(y)), D_Y(y))


def size(d):
    return d.abs().mean()


def add(a, b):
    return a + b


JUDGED = "That compares what the discriminators say, and not the images. Two different pictures "
JUDGED += "may get the same logits: compare pixels."
TURNED = "The maps are in the wrong order: x goes through G first, and F brings it back."
PAIRED = "That compares a translation with an image of the other batch: x and y are no pairs."
SAME = "That asks the translation to be like what was translated: then there is none."
WRONG = "That gives each identity to the wrong generator: G leads to Y, so it is y that it should "
WRONG += "leave alone, and F leaves x alone."
TWICE = "One generator goes both ways: what G has translated, F brings back."
CYCLE_PAIRS = {
    round_trips: "",
    judged(round_trips): JUDGED,
    judged_real(round_trips): JUDGED,
    crossed: JUDGED,
    lambda G, F, D_X, D_Y, x, y: ((G(F(x)), x), (F(G(y)), y)): TURNED,
    lambda G, F, D_X, D_Y, x, y: ((G(x), y), (F(y), x)): PAIRED,
    lambda G, F, D_X, D_Y, x, y: ((F(G(x)), y), (G(F(y)), x)): PAIRED,
    lambda G, F, D_X, D_Y, x, y: ((G(x), x), (F(y), y)): SAME,
    unchanged: "That is the identity loss: has it changed places with the cycle loss?",
    lambda G, F, D_X, D_Y, x, y: ((G(G(x)), x), (F(F(y)), y)): TWICE,
    lambda G, F, D_X, D_Y, x, y: ((F(F(x)), x), (G(G(y)), y)): TWICE,
}
IDENTITY_PAIRS = {
    unchanged: "",
    judged(unchanged): JUDGED,
    judged_real(unchanged): JUDGED,
    lambda G, F, D_X, D_Y, x, y: ((G(x), x), (F(y), y)): WRONG,
    lambda G, F, D_X, D_Y, x, y: ((G(x), y), (F(y), x)): PAIRED,
    lambda G, F, D_X, D_Y, x, y: ((F(x), y), (G(y), x)): PAIRED,
    round_trips: "That is the cycle loss: has it changed places with the identity loss?",
}
COSTS = {
    size: "",
    lambda d: d.square().mean(): "Differences are squared: that is L2, and L1 was asked for.",
    lambda d: d.square().mean().sqrt(): "That is the root of a mean of squares: L1 was asked for.",
    lambda d: smooth_l1_loss(d, torch.zeros_like(d)): "That is the smooth L1, which is L2 for "
    "small differences: plain L1 was asked for.",
    lambda d: d.norm(): "That is the length of the difference, an L2 norm: L1 was asked for.",
    lambda d: d.abs().sum(): "That is the sum over all numbers: take their mean.",
    lambda d: d.abs().sum() / len(d): "That is a sum over the pixels: take the mean over all "
    "numbers.",
    lambda d: d.mean(): "The sizes of the differences were asked for: abs is missing.",
    lambda d: d.mean().abs(): "First the size of each difference, then the mean.",
}
SIDES = {
    add: "",
    lambda a, b: a: "That is one direction alone, the one that begins with x: y is missing.",
    lambda a, b: b: "That is one direction alone, the one that begins with y: x is missing.",
    lambda a, b: (a + b) / 2: "That is half: the means of both directions are added.",
    lambda a, b: a * b: "The two directions are multiplied: add them.",
    lambda a, b: a - b: "The two directions are subtracted: add them.",
    lambda a, b: 10 * (a + b): "That is multiplied by 10: weights stand with the caller.",
    lambda a, b: 5 * (a + b): "That is multiplied by 5: weights stand with the caller.",
    lambda a, b: -(a + b): "The sign is turned: what is minimised is the difference.",
}


def term(*arguments, pairs, cost=size, sides=add):
    (a, b), (c, d) = pairs(*arguments)
    return sides(cost(a - b), cost(c - d))


CYCLE_MISTAKES = slips(term, pairs=CYCLE_PAIRS, cost=COSTS, sides=SIDES)
IDENTITY_MISTAKES = slips(term, pairs=IDENTITY_PAIRS, cost=COSTS, sides=SIDES)


@exercise(
    why="The cycle compares pixels with pixels; the identity keeps hands off what is right "
    "already.",
    hints=(
        "x goes to F(G(x)), y to G(F(y)). Whom should G leave alone: an x, or a y?",
        "(F(G(x)) - x).abs().mean() + (G(F(y)) - y).abs().mean(), and (G(y) - y) and (F(x) - x).",
    ),
)
def two_terms(answer):
    """A function of G, F, D_X, D_Y, x, y: (cycle, identity), two scalars."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    inputs = [setting(seed, shape) for seed, shape in enumerate(SHAPES)]
    found = [pair_of(answer(*setting(seed, shape))) for seed, shape in enumerate(SHAPES)]
    checks = ((round_trips, CYCLE_MISTAKES), (unchanged, IDENTITY_MISTAKES))
    for place, (name, (pairs, mistakes)) in enumerate(zip(NAMES, checks, strict=True)):
        given = [scalar(pair[place], name) for pair in found]
        wanted = [term(*arguments, pairs=pairs).item() for arguments in inputs]
        if not same(given, wanted, 1e-4):
            raise NotQuite(
                f"For x and y of shape {SHAPES[0]} the {name} loss is {given[0]:.4g}; "
                f"{wanted[0]:.4g} was expected. {recognise(given, inputs, mistakes, 1e-4)}".rstrip()
            )
    for place, name in enumerate(NAMES):
        expect_slopes(answer, place, name)


def pair_of(result):
    """Return the two losses of a tuple or list, or of a dict with their names."""
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    if isinstance(result, dict) and set(NAMES) <= set(result):
        return tuple(result[name] for name in NAMES)
    if isinstance(result, torch.Tensor) and result.shape == (2,):
        return tuple(result)
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotQuite(f"Two losses, (cycle, identity), were expected, and {show(result)} came.")
    return tuple(result)


def scalar(result, name) -> float:
    if getattr(result, "ndim", 0) and result.numel() > 1:
        raise NotQuite(f"The {name} loss has the shape {tuple(result.shape)}; a scalar was "
                       "expected: take the mean.")  # fmt: skip
    return one_number(result)


def expect_slopes(answer, place, name):
    """Raise NotQuite unless a term teaches both generators what it should."""
    arguments = setting(0, SHAPES[0])
    G, F, _, _, x, y = arguments
    weights = [*G.parameters(), *F.parameters()]
    loss = pair_of(answer(*arguments))[place]
    if any(weight.grad is not None for weight in weights):
        raise NotQuite("The weights have gradients already: return the losses, and do not call "
                       "backward on them.")  # fmt: skip
    got = slopes(loss.sum() if isinstance(loss, torch.Tensor) else loss, weights)
    pairs = {"cycle": round_trips, "identity": unchanged}[name]
    if same(got, slopes(term(*arguments, pairs=pairs), weights), 1e-4):
        return
    said = f"The values are right, but the {name} loss teaches "
    cut = size(F(G(x).detach()) - x) + size(G(F(y).detach()) - y)
    if not got.any():
        raise NotQuite(said + "nothing: no `.item()`, `.detach()` or no_grad on the way.")
    if name == "cycle" and same(got, slopes(cut, weights), 1e-4):
        raise NotQuite(said + "the second map of each round trip alone: the translation between is "
                       "detached. The first must learn to keep what the second needs.")  # fmt: skip
    raise NotQuite(said + "the generators something else: is a part of it detached?")


def slopes(loss, weights):
    """Return the gradient as one row, with zeros where the loss does not depend on a weight."""
    found = zip(gradients(loss, weights), weights, strict=True)
    return torch.cat([(torch.zeros_like(w) if g is None else g).flatten() for g, w in found])
