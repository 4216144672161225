"""The exercise of the VQ-VAE chapter that finds the nearest codes."""

import torch

from ganbook.checks._evaluation_numbers import slips, tensor
from ganbook.checks._verdict import NotQuite, exercise, recognise, show

CASES = ((40, 6, 3, 0), (25, 9, 2, 1), (1, 5, 4, 2), (6, 30, 4, 4))  # rows, codes, dim, seed


def drawn(rows, codes, dim, seed):
    """Return encoder outputs (N, D) and a codebook (K, D) whose codes differ much in length."""
    g = torch.Generator().manual_seed(seed)
    lengths = 0.3 + 2.5 * torch.rand(codes, 1, generator=g)
    codebook = lengths * torch.nn.functional.normalize(torch.randn(codes, dim, generator=g), dim=1)
    return 1.2 * torch.randn(rows, dim, generator=g) + 0.4, codebook + 0.3


SCORES = {  # what is compared, (N, K)
    "distance": lambda z, e: torch.cdist(z, e),
    "dot": lambda z, e: -z @ e.T,
    "cosine": lambda z, e: -(z / z.norm(dim=1, keepdim=True)) @ (e / e.norm(dim=1)[:, None]).T,
    "no two": lambda z, e: e.square().sum(1) - z @ e.T,
    "plus": lambda z, e: e.square().sum(1) + 2 * z @ e.T,
    "no codes": lambda z, e: z.square().sum(1, keepdim=True) - 2 * z @ e.T,
    "norms": lambda z, e: e.norm(dim=1) - 2 * z @ e.T,
    "sizes": lambda z, e: torch.cdist(z, e, p=1),
    "largest": lambda z, e: torch.cdist(z, e, p=float("inf")),
    "signed": lambda z, e: (z[:, None] - e).sum(2),
    "sum": lambda z, e: (z[:, None] - e).sum(2).abs(),
    "lengths": lambda z, e: (z.norm(dim=1, keepdim=True) - e.norm(dim=1)).abs(),
    "first": lambda z, e: (z[:, None] - e)[..., 0].abs(),
}


def nearest(encoded, codebook, *, score="distance", end="least"):
    """Return the index of the code nearest to each row, (N,), or with the slips asked for."""
    scores = SCORES[score](encoded, codebook)
    return scores.argmin(1) if end == "least" else scores.argmax(1)


DOT = "That is the code with the largest dot product, not the nearest: a long code beats a near "
DOT += "one. |z - e|² = |z|² - 2 z·e + |e|², and |e|² differs from code to code."
NEAREST_MISTAKES = slips(
    nearest,
    end={"least": "", "most": "That is the farthest code: argmin, not argmax."},
    score={
        "distance": "",
        "dot": DOT,
        "cosine": "That is the code in the nearest direction: lengths count, too. Take distances.",
        "no two": "In |z|² - 2 z·e + |e|² the 2 is missing.",
        "plus": "In |z|² - 2 z·e + |e|² the sign of z·e is turned.",
        "no codes": DOT,
        "norms": "In |z|² - 2 z·e + |e|² the length |e| is not squared.",
        "sizes": "Those are the nearest codes by the sum of sizes: take the Euclidean distance.",
        "largest": "Those are the nearest codes by the largest difference: take the Euclidean "
        "distance.",
        "signed": "The differences are added with their signs: square them first.",
        "sum": "The differences are added before they are squared: square each, then add.",
        "lengths": "Lengths are compared, not places: take the length of the difference.",
        "first": "Only the first coordinate is compared.",
    },
)
SMALLEST = "That is the code with the smallest dot product: the sign, and |e|² is missing as well."
NEAREST_MISTAKES = [
    (wrong, SMALLEST if message.startswith("It looks") and "dot product" in message else message)
    for wrong, message in NEAREST_MISTAKES
] + [(lambda z, e: nearest(z, e) + 1, "The codes are counted from 1: indices begin with 0.")]


@exercise(
    why="The code that is nearest, not the one that is longest in the same direction.",
    hints=(
        "torch.cdist(encoded, codebook) holds all distances, (N, K).",
        "The index of the least in each row: .argmin(dim=1).",
    ),
)
def nearest_codes(answer):
    """A function of encoded (N, D) and codebook (K, D): the indices of the nearest codes, (N,)."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    inputs = [drawn(*case) for case in CASES]
    results = [indices(answer(z.clone(), e.clone()), z, e) for z, e in inputs]
    for (z, e), got in zip(inputs, results, strict=True):
        want = nearest(z, e)
        if not torch.equal(got, want):
            row = (got != want).nonzero()[0].item()
            a, b = (torch.linalg.vector_norm(z[row] - e[i]).item() for i in (got[row], want[row]))
            raise NotQuite(
                f"Of {len(z)} rows and {len(e)} codes, {int((got != want).sum())} rows have another"
                f" code: row {row} got code {got[row]}, at a distance of {a:.3g}, and code "
                f"{want[row]} is at {b:.3g}. {recognise(results, inputs, NEAREST_MISTAKES, 0)}"
                .rstrip()
            )  # fmt: skip


def indices(result, z, e) -> torch.Tensor:
    """Return a result as indices (N,), or say what it is instead."""
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    if isinstance(result, tuple | list) and any(isinstance(r, torch.Tensor) for r in result):
        shapes = {getattr(r, "shape", None) for r in result}
        result = torch.stack(list(result)) if shapes == {torch.Size([])} else result
    held = tensor(result)
    rows, codes = len(z), len(e)
    told = f"For {rows} rows and {codes} codes, {rows} indices were expected, and "
    if held is None:
        raise NotQuite(told + f"{show(result)} came.")
    shape = tuple(held.shape)
    if shape != (rows,):
        what = {
            (
                codes,
            ): " Those are over the rows, one for each code: the least in each row is dim 1.",
            (rows, codes): " Are those the distances, or one-hot rows? The index was asked for.",
            (rows, z.shape[1]): " Are those the codes themselves? Their indices were asked for.",
            (rows, 1): " One axis too many: squeeze it.",
            (): " The least of all was taken: there is one in each row, dim 1.",
        }.get(shape, "")
        raise NotQuite(told + f"a tensor of shape {shape} came.{what}")
    if held.is_floating_point() or held.is_complex() or held.dtype == torch.bool:
        least = torch.cdist(z, e).min(1).values
        if not held.is_complex() and torch.allclose(held.float(), least, atol=1e-3):
            raise NotQuite(told + "their distances came: argmin in place of min.")
        raise NotQuite(told + f"numbers of the type {held.dtype} came: they cannot be an index.")
    if len(held) and not (held.min() >= 0 and held.max() <= codes):
        raise NotQuite(told + f"{held.min()} to {held.max()} came: codes are 0 to {codes - 1}.")
    if len(held) and held.max() == codes:
        raise NotQuite(told + f"{codes} is among them: codes are counted from 0.")
    return held.long()
