"""The exercise of the VQ-VAE chapter that samples codes from a prior."""

import torch
from torch import nn

from ganbook.checks._evaluation_numbers import tensor
from ganbook.checks._verdict import NotQuite, exercise, show

CODES, GRID, COUNT = 5, (2, 3), 3000


class Chain(nn.Module):
    """A causal prior: each code's logits depend on the code before it, in raster order."""

    def __init__(self, codes=CODES, grid=GRID, seed=0):
        super().__init__()
        g = torch.Generator().manual_seed(seed)
        self.register_buffer("table", 1.2 * torch.randn(codes, codes, generator=g))
        self.register_buffer("start", torch.randn(codes, generator=g))
        self.codes, self.grid, self.calls, self.last = codes, grid, 0, None

    def forward(self, indices):
        """Indices (B, h, w) to logits (B, codes, h, w)."""
        if indices.ndim != 3 or tuple(indices.shape[1:]) != self.grid:
            raise ValueError(
                f"indices of shape (B, {self.grid[0]}, {self.grid[1]}) were expected, and "
                f"{tuple(indices.shape)} came"
            )
        self.calls, self.last = self.calls + 1, indices.flatten(1).clone()
        before = indices.flatten(1)[:, :-1].long()
        first = self.start.expand(len(indices), 1, -1)
        logits = torch.cat([first, self.table[before]], dim=1)
        return logits.transpose(1, 2).unflatten(2, self.grid)


@exercise(
    why="Codes make a picture only together: each is drawn knowing all those before it.",
    hints=(
        "Begin with zeros (count, h, w). For each row and column in turn ask the prior, and fill "
        "in that one place.",
        "logits = prior(indices)[:, :, row, column] / temperature; then torch.multinomial(logits."
        "softmax(1), 1)[:, 0].",
    ),
)
def sample_codes(answer):
    """A function of prior, count, grid and temperature that draws indices (count, h, w)."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        for temperature in (1.0, 0.5, 2.0):
            prior = Chain()
            drawn = codes_of(answer(prior, COUNT, GRID, temperature))
            expect_drawn(drawn, prior, temperature)


def codes_of(result) -> torch.Tensor:
    """Return a result as indices (count, h * w)."""
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    held = tensor(result)
    wanted = (COUNT, *GRID)
    if held is None or tuple(held.shape) != wanted:
        raise NotQuite(f"For count {COUNT} and the grid {GRID}, indices of shape {wanted} were "
                       f"expected, and {show(result)} came.")  # fmt: skip
    if held.is_complex() or held.is_floating_point():
        raise NotQuite(f"Indices are integers, and numbers of the type {held.dtype} came: begin "
                       "with zeros of dtype=torch.int64.")  # fmt: skip
    if held.min() < 0 or held.max() >= CODES:
        raise NotQuite(f"Codes are 0 to {CODES - 1}, and {held.min():g} to {held.max():g} came.")
    return held.long().flatten(1)


def fits(before, after, logits) -> bool:
    """Return whether `after` follows each value of `before` as the softmax of its row (K, K) says.

    What is compared is the mean total variation; by chance it is about 2 / sqrt(N) at most.
    """
    table = torch.bincount(before * CODES + after, minlength=CODES**2).view(CODES, CODES)
    wanted = table.sum(1, keepdim=True) * logits.softmax(1)
    off = (table - wanted).abs().sum() / 2 / len(after)
    return bool(off < 0.02 + 2.2 / len(after) ** 0.5)


def expect_drawn(drawn, prior, temperature):
    """Raise NotQuite unless each code follows the one before as the prior says."""
    told = f"At temperature {temperature:g}"
    if (drawn == drawn[0]).all():
        raise NotQuite(f"{told} all {COUNT} samples are the same: draw from the softmax, and not "
                       "its largest entry alone.")  # fmt: skip
    width, table = GRID[1], prior.table
    places = range(1, drawn.shape[1])
    for place in places:
        if (drawn[:, place] == drawn[0, place]).all():
            raise NotQuite(
                f"{told} the place {divmod(place, width)} holds {drawn[0, place]} in all samples: "
                f"is it ever filled in? The grid has {GRID[0]} rows of {GRID[1]}."
            )
    left, here = torch.cat([drawn[:, t - 1 : t + 1] for t in places if t % width]).T
    if prior.calls == 0:
        how = "all codes uniformly" if fits(left, here, 0 * table) else "codes"
        raise NotQuite(
            f"{told} the prior was never asked: you draw {how}, each by itself. Decoded, that is "
            "noise in code, and no generation."
        )
    for factor, said in ((temperature, ""), (1.0, "temperature is ignored: divide the logits by "
                         "it, before the softmax"), (1 / temperature, "the logits are multiplied "
                         "by the temperature: divide, and a low one is cautious")):  # fmt: skip
        good = fits(left, here, table / factor)
        if good and not said:
            break
        if good:
            raise NotQuite(f"{told} {said}.")
    else:
        raise NotQuite(f"{told} codes do not follow their neighbours to the left as the prior has "
                       f"it. {slip(drawn, prior, temperature)}".rstrip())  # fmt: skip
    for place in places:
        if place % width == 0 and not fits(*drawn[:, [place - 1, place]].T, table / temperature):
            raise NotQuite(
                f"{told} a row's first code does not follow the last of the row above. Is the grid "
                "filled by columns? The order is row by row."
            )
    if not fits(0 * drawn[:, 0], drawn[:, 0], prior.start.expand(CODES, -1) / temperature):
        raise NotQuite(f"{told} the first code of all is not drawn from the prior's logits there.")


def slip(drawn, prior, temperature) -> str:
    """Say what codes that do not fit together look like."""
    if prior.calls == 1:
        return (
            "It was asked once, and all codes were drawn at once: none knows what the others "
            "became. Draw one place, fill it in, and ask again."
        )
    if prior.calls < drawn.shape[1]:
        return (
            f"It was asked {prior.calls} times for {drawn.shape[1]} places: those drawn at once do "
            "not know what the others became. Ask again for each place."
        )
    width = GRID[1]
    late = torch.cat([drawn[:, [t - 2, t]] for t in range(2, drawn.shape[1]) if t % width])
    if fits(*late.T, prior.table / temperature):
        return (
            "Each follows the last but one: you take the logits of the place before. Those at a "
            "place are for that place."
        )
    every = drawn[:, 1:].flatten()
    if fits(0 * every, every, prior.table / temperature):
        if prior.last.any():
            return (
                "Each is drawn while a 0 stands before it, which is filled in later: the order is "
                "row by row, from the left."
            )
        return "Each is drawn as if a 0 came before it: is what was drawn filled in?"
    if fits(0 * every, every, 0 * prior.table):
        return "All codes are equally likely everywhere: that is not the prior."
    share = torch.bincount(drawn[:, 0], minlength=CODES) / len(drawn)
    over_rows = prior.table / temperature - (share @ (prior.table / temperature).exp()).log()
    if fits(drawn[:, 0], drawn[:, 1], over_rows):
        return "Is the softmax taken over the samples? Logits at a place are (count, codes): dim 1."
    return ""
