"""The exercise of the style chapter that derives the slope of a style loss."""

import torch

from ganbook.checks._evaluation_numbers import slips, tensor
from ganbook.checks._verdict import NotQuite, exercise, recognise, same, show

SIZES = ((3, 5), (2, 7), (4, 3))  # channels, places


def drawn(channels, places, seed):
    """Return features (C, N) and a style's Gram matrix (C, C), float64."""
    g = torch.Generator().manual_seed(seed)
    f = torch.randn(channels, places, generator=g).double() + 0.5
    style = 1.5 * torch.randn(channels, 9, generator=g).double()
    return 2 * f, style @ style.T / style.numel()


SIZE = {  # what the product is multiplied by
    "right": lambda c, n: 4 / (c * n),
    "two": lambda c, n: 2 / (c * n),
    "one": lambda c, n: 1 / (c * n),
    "eight": lambda c, n: 8 / (c * n),
    "no C N": lambda c, n: 4,
    "no C N, two": lambda c, n: 2,
    "no N": lambda c, n: 4 / c,
    "no C": lambda c, n: 4 / n,
    "squared": lambda c, n: 4 / (c * n) ** 2,
    "mean": lambda c, n: 4 / (c * n) / c**2,
    "Gatys": lambda c, n: 1 / (c * n) ** 2,
}
INNER = {
    "right": lambda g, a: g - a,
    "turned": lambda g, a: a - g,
    "no style": lambda g, a: g,
    "sum": lambda g, a: g + a,
    "size": lambda g, a: (g - a).abs(),
    "square": lambda g, a: (g - a) ** 2,
    "sign": lambda g, a: (g - a).sign(),
    "style": lambda g, a: -a,
    "diagonal": lambda g, a: (g - a).diag().diag(),
}
GRAMS = {
    "right": lambda f: f @ f.T / f.numel(),
    "plain": lambda f: f @ f.T,
    "N": lambda f: f @ f.T / f.shape[1],
}


def slope(features, target, *, size="right", inner="right", gram="right"):
    """Return dL/dF = 4/(C N) (G - A) F, (C, N), or with the slips asked for."""
    weights = INNER[inner](GRAMS[gram](features), target)
    return SIZE[size](*features.shape) * weights @ features


TWICE = "G = F Fᵀ holds F twice, and both make a term: the square's 2 becomes a 4."
SLOPE_MISTAKES = slips(
    slope,
    inner={
        "right": "",
        "turned": "The sign is turned: that is the way down. The slope has G - A.",
        "no style": "Where is the style? That is the slope for A = 0.",
        "sum": "A is added: the loss has the difference G - A.",
        "size": "The sizes of the differences are taken: a slope needs their signs.",
        "square": "The difference is still squared: its slope is 2 (G - A).",
        "sign": "Only the signs of the differences are left: that is the slope of a sum of sizes.",
        "style": "Where is G? The difference is G - A.",
        "diagonal": "Only the diagonal is used: pairs of channels count, too.",
    },
    size={
        "right": "",
        "two": TWICE,
        "one": "That is a quarter of it: the square has a 2 in its slope, and G holds F twice.",
        "eight": "That is twice as much: (i, j) and (j, i) are both in the 4 already.",
        "no C N": "The factor 1 / (C N) is missing: G = F Fᵀ / (C N) brings it along.",
        "no C N, two": "The factor 1 / (C N) of G is missing, and: " + TWICE,
        "no N": "The factor 1 / N is missing: G = F Fᵀ / (C N).",
        "no C": "The factor 1 / C is missing: G = F Fᵀ / (C N).",
        "squared": "The factor 1 / (C N) comes once from the slope of G; the other one is inside "
        "G - A.",
        "mean": "That is the slope of the mean over the C·C entries: the loss is their sum.",
        "Gatys": "That is Gatys' factor, for a G without one of its own: here the slope of G "
        "brings 1 / (C N), once.",
    },
    gram={
        "right": "",
        "plain": "G is not divided by C N, before A is taken off.",
        "N": "G is divided by N alone, before A is taken off: C N.",
    },
)


@exercise(
    why="Every place is moved by the same C × C matrix: a style knows no neighbourhood.",
    hints=(
        "dL/dG_ij = 2 (G_ij - A_ij). How does G_ij change with F_kp? Two terms: one from i, one "
        "from j.",
        "dL/dF = 2 (D + Dᵀ) F / (C N) with D = G - A, and D is symmetric.",
    ),
)
def style_slope(answer):
    """A function of features (C, N) and target (C, C): the slope of the style loss, (C, N)."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    inputs = [drawn(*size, seed) for seed, size in enumerate(SIZES)]
    results = [slopes(answer(f.clone(), a.clone()), f) for f, a in inputs]
    for (f, a), got in zip(inputs, results, strict=True):
        want = slope(f, a)
        if not same(got, want, 1e-3):
            worst = (got - want).abs().nan_to_num(float("inf")).argmax().item()
            at = divmod(worst, f.shape[1])
            raise NotQuite(
                f"For {f.shape[0]} channels and {f.shape[1]} places the slope at {at} is "
                f"{got[at]:.4g}, and {want[at]:.4g} was expected. "
                f"{recognise(results, inputs, SLOPE_MISTAKES, 1e-3)}".rstrip()
            )


def slopes(result, features) -> torch.Tensor:
    """Return a result as slopes (C, N), or say what its shape looks like."""
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    held = tensor(result)
    c, n = features.shape
    told = f"For features of shape ({c}, {n}) a slope of that shape was expected, and "
    if held is None or held.is_complex():
        raise NotQuite(told + f"{show(result)} came.")
    shape = tuple(held.shape)
    if shape != (c, n):
        what = {
            (n, c): " Is it transposed? (G - A) stands on the left of F.",
            (c, c): " Is that the slope in G? It goes on into F.",
            (): " Is that the loss? Each feature has a slope of its own.",
        }.get(shape, "")
        raise NotQuite(told + f"{shape} came.{what}")
    return held.double()
