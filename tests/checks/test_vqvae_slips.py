"""The exercises of the VQ-VAE chapter: classic mistakes, and what the verdict says of each.

The mistakes are written as learners make them, independently of the checks' own lists.
"""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from verdicts import said

from ganbook.checks import vqvae


def cosine(z, e):
    return (F.normalize(z) @ F.normalize(e).T).argmax(1)


def overwritten(z, e):
    z.data = e.data
    return z


def overwritten_codes(z, e):
    e.data.copy_(z)
    return z + (e - z).detach()


def losses(codebook=lambda z, e: (z.detach(), e), commitment=lambda z, e: (z, e.detach()),
           cost=lambda a, b: (a - b).square().sum(1).mean()):  # fmt: skip
    return lambda z, e: (cost(*codebook(z, e)), cost(*commitment(z, e)))


def both(z, e):
    return z, e


def none(z, e):
    return z.detach(), e.detach()


def turned(f):
    return lambda z, e: f(z, e)[::-1]


def update(n_of=lambda n: n, total_of=lambda total, n: total, codebook=None, old=None, new=None):
    """The averages, right but for the parts given."""

    def answer(counts, sums, encoded, indices, decay):
        chosen = F.one_hot(indices, len(counts)).float()
        n, total = chosen.sum(0), chosen.T @ encoded
        a, b = (decay, 1 - decay) if old is None else (old(decay), new(decay))
        c = a * counts + b * n_of(n)
        s = a * sums + b * total_of(total, n)
        if codebook is None:
            return c, s, s / c[:, None]
        return c, s, codebook(counts, sums, n, total, c, s, decay)

    return answer


def update_chosen(counts, sums, encoded, indices, decay):
    for code in indices.unique():
        rows = encoded[indices == code]
        counts[code] = decay * counts[code] + (1 - decay) * len(rows)
        sums[code] = decay * sums[code] + (1 - decay) * rows.sum(0)
    return counts, sums, sums / counts[:, None]


def update_lost(counts, sums, encoded, indices, decay):
    n, total = torch.zeros_like(counts), torch.zeros_like(sums)
    n[indices] += 1
    total[indices] += encoded
    counts = decay * counts + (1 - decay) * n
    sums = decay * sums + (1 - decay) * total
    return counts, sums, sums / counts[:, None]


def samples(draw=lambda logits: logits.softmax(1).multinomial(1)[:, 0],
            cool=lambda logits, t: logits / t, order=lambda grid: np.ndindex(*grid),
            start=torch.zeros):  # fmt: skip
    def answer(prior, count, grid, temperature):
        out = start(count, *grid).long()
        for i, j in order(grid):
            out[:, i, j] = draw(cool(prior(out)[:, :, i, j], temperature))
        return out

    return answer


def by_columns(grid):
    return [(i, j) for j in range(grid[1]) for i in range(grid[0])]


def samples_uniform(prior, count, grid, temperature):
    return torch.randint(5, (count, *grid))


def samples_biased(prior, count, grid, temperature):
    return (5 * torch.rand(count, *grid) ** 2).long()


def samples_at_once(prior, count, grid, temperature):
    shares = (prior(torch.zeros(count, *grid).long()) / temperature).softmax(1)
    drawn = shares.permute(0, 2, 3, 1).reshape(-1, 5).multinomial(1)
    return drawn.view(count, *grid)


def samples_not_filled(prior, count, grid, temperature):
    empty, out = torch.zeros(2, count, *grid).long()
    for i, j in np.ndindex(*grid):
        out[:, i, j] = (prior(empty)[:, :, i, j] / temperature).softmax(1).multinomial(1)[:, 0]
    return out


def samples_rows(prior, count, grid, temperature):
    out = torch.zeros(count, *grid).long()
    for i in range(grid[0]):
        shares = (prior(out)[:, :, i] / temperature).softmax(1).transpose(1, 2)
        out[:, i] = shares.reshape(-1, 5).multinomial(1).view(count, -1)
    return out


def samples_uniform_but_asked(prior, count, grid, temperature):
    for _ in range(6):
        prior(torch.zeros(count, *grid).long())
    return samples_uniform(prior, count, grid, temperature)


def samples_shifted(prior, count, grid, temperature):
    out = torch.zeros(count, grid[0] * grid[1]).long()
    for place in range(grid[0] * grid[1]):
        logits = prior(out.view(count, *grid)).flatten(2)[:, :, max(place - 1, 0)]
        out[:, place] = (logits / temperature).softmax(1).multinomial(1)[:, 0]
    return out.view(count, *grid)


def samples_from_zero(prior, count, grid, temperature):
    out = samples()(prior, count, grid, temperature)
    out[:, 0, 0] = 0
    for i, j in list(np.ndindex(*grid))[1:]:
        out[:, i, j] = (prior(out)[:, :, i, j] / temperature).softmax(1).multinomial(1)[:, 0]
    return out


def leaks(sees, tries=300, threshold=1e-6, places=None):
    """Compare logits where one place is changed: `sees(change (P,), place)` says if that leaks."""

    def answer(prior, codes, grid):
        size = grid[0] * grid[1]
        for place in range(size) if places is None else places(size):
            for n in range(tries):
                a = torch.randint(codes, (1, size))
                b = a.clone()
                b[0, place] = (a[0, place] + 1 + n % (codes - 1)) % codes
                one, two = (prior(x.view(1, *grid)).flatten(2) for x in (a, b))
                if sees((one - two).abs().amax(1)[0] > threshold, place):
                    return True
        return False

    return answer


def sound(change, place):
    return change[: place + 1].any().item()


def one_change(pick, compare=lambda one, two: (one - two).abs() > 1e-5, places=None, seed=None):
    """Change each place once, to `pick(old, codes)`, from one random start."""

    def answer(prior, codes, grid):
        size = grid[0] * grid[1]
        g = torch.Generator()
        g.manual_seed(torch.randint(10**9, ()).item() if seed is None else seed)
        a = torch.randint(codes, (1, size), generator=g)
        before = prior(a.view(1, *grid)).flatten(2)
        for place in range(size) if places is None else places(size):
            b = a.clone()
            b[0, place] = pick(a[0, place].item(), codes)
            after = prior(b.view(1, *grid)).flatten(2)
            if compare(before, after)[..., : place + 1].any():
                return True
        return False

    return answer


def any_code(old, codes):
    return torch.randint(codes, ()).item()


def likeliest(one, two):
    return one.argmax(1) != two.argmax(1)


def two_codes(prior, codes, grid):
    size = grid[0] * grid[1]
    for place in range(size):
        a = torch.zeros(1, size).long()
        b = a.clone()
        b[0, place] = 1
        one, two = (prior(x.view(1, *grid)).flatten(2) for x in (a, b))
        if (one != two)[..., : place + 1].any():
            return True
    return False


def right_of(change, place):
    """Calls the row above a leak where it lies to the right."""
    change = change.view(3, 4)
    row, column = divmod(place, 4)
    earlier = change[:row].any() or change[row, : column + 1].any()
    return bool(earlier or change[row + 1 :, :column].any())


NUMBERS = dict(A=448, B=0.4375, C=18.286, D=3.364, E=184.66, F=4.852)
GOOD, BAD = [(-1, 0), (1, 0), (0, 0.5)], [(0, 1), (0, -0.6), (1.5, 1.5)]
SLIPS = [
    (vqvae.bits, NUMBERS | dict(A=7), "That is one code"),
    (vqvae.bits, NUMBERS | dict(A=896), "64 are sent"),
    (vqvae.bits, NUMBERS | dict(A=8192), "log2(128) bits"),
    (vqvae.bits, NUMBERS | dict(A=310.5), "in nats"),
    (vqvae.bits, NUMBERS | dict(B=2.2857), "turn it round"),
    (vqvae.bits, NUMBERS | dict(C=16), "A pixel has 8 bits"),
    (vqvae.bits, NUMBERS | dict(D=4), "not alike"),
    (vqvae.bits, NUMBERS | dict(D=1.75), "entropy in bits: 2 to"),
    (vqvae.bits, NUMBERS | dict(D=1.213), "entropy in nats: e to"),
    (vqvae.bits, NUMBERS | dict(D=math.exp(1.75)), "e to the power of *bits*"),
    (vqvae.bits, NUMBERS | dict(D=2**1.213), "2 to the power of *nats*"),
    (vqvae.bits, NUMBERS | dict(D=2.909), "sum of squares"),
    (vqvae.bits, NUMBERS | dict(E=128), "a bit is ln 2"),
    (vqvae.bits, NUMBERS | dict(E=88.7), "divide by ln 2"),
    (vqvae.bits, NUMBERS | dict(F=7), "in bits"),
    (vqvae.bits, NUMBERS | dict(F=0), "costs the most"),
    (vqvae.bits, NUMBERS | dict(F=...), "Still without a number: F"),
    (vqvae.bits, (1, 2), "keys A to F"),
    (vqvae.bits, NUMBERS | dict(A=56), "in bytes"),
    (vqvae.bits, NUMBERS | dict(B=0.5), "not 8"),
    (vqvae.bits, NUMBERS | dict(B=0.44), "rounded too far"),
    (vqvae.bits, NUMBERS | dict(C=18), "rounded too far"),
    (vqvae.bits, NUMBERS | dict(D=3.4), "rounded too far"),
    (vqvae.bits, NUMBERS | dict(F=4.9), "rounded too far"),
    (vqvae.bits, NUMBERS | dict(E=0.18034), "for a pixel"),
    (vqvae.bits, NUMBERS | dict(F=math.inf), "gives every code 1/128"),
    (vqvae.four_slopes, (22.5, 22.5, 0.3125, -0.5), "the code stays the same"),
    (vqvae.four_slopes, (0, 0, 0.3125, -0.5), "copied to z"),
    (vqvae.four_slopes, (0, 9, 0.3125, -0.5), "has the slope x = 2.5"),
    (vqvae.four_slopes, (0, 11.25, 0.3125, -0.5), "a 2 in its slope."),
    (vqvae.four_slopes, (0, 7.5, 0.3125, -0.5), "multiplies by 3"),
    (vqvae.four_slopes, (0, 33.75, 0.3125, -0.5), "decodes z itself"),
    (vqvae.four_slopes, (0, 22.5, 1.25, -0.5), "Where is the ¼"),
    (vqvae.four_slopes, (0, 22.5, 0.125, -0.5), "slope at z"),
    (vqvae.four_slopes, (0, 22.5, 0.15625, -0.5), "a 2 in its slope"),
    (vqvae.four_slopes, (0, 22.5, -0.3125, -0.5), "The sign"),
    (vqvae.four_slopes, (0, 22.5, 22.8125, -0.5), "whole slope in w"),
    (vqvae.four_slopes, (0, 22.5, 0.31, -0.5), "rounded too far"),
    (vqvae.four_slopes, (0, 22.5, 0.3125, 8.5), "Does the reconstruction move"),
    (vqvae.four_slopes, (0, 22.5, 0.3125, 22.5), "reconstruction's slope in w"),
    (vqvae.four_slopes, (0, 22.5, 0.3125, -0.625), "does not move the code"),
    (vqvae.four_slopes, (0, 22.5, 0.3125, -1.25), "multiplied by x"),
    (vqvae.four_slopes, (0, 22.5, 0.3125, -0.25), "a 2 in its slope"),
    (vqvae.four_slopes, (0, 22.5, 0.3125, 0.5), "The sign"),
    (vqvae.four_slopes, (0, 22.5, 0.3125), "4 numbers were expected"),
    (vqvae.nearest_codes, lambda z, e: (z @ e.T).argmax(1), "largest dot product"),
    (vqvae.nearest_codes, lambda z, e: (z @ e.T).argmin(1), "smallest dot product"),
    (vqvae.nearest_codes, cosine, "in the nearest direction"),
    (vqvae.nearest_codes, lambda z, e: torch.cdist(z, e).argmax(1), "the farthest code"),
    (vqvae.nearest_codes, lambda z, e: torch.cdist(z, e, p=1).argmin(1), "sum of sizes"),
    (vqvae.nearest_codes,
     lambda z, e: (z.square().sum(1)[:, None] + e.square().sum(1) - z @ e.T).argmin(1),
     "the 2 is missing"),
    (vqvae.nearest_codes,
     lambda z, e: (z.square().sum(1)[:, None] + e.square().sum(1) + 2 * z @ e.T).argmin(1),
     "sign of z·e"),
    (vqvae.nearest_codes,
     lambda z, e: (z.square().sum(1)[:, None] - 2 * z @ e.T).argmin(1), "largest dot product"),
    (vqvae.nearest_codes, lambda z, e: (z[:, None] - e).sum(2).abs().argmin(1), "before they are"),
    (vqvae.nearest_codes, lambda z, e: (z[:, None] - e).sum(2).argmin(1), "with their signs"),
    (vqvae.nearest_codes, lambda z, e: torch.cdist(z, e).argmin(0), "one for each code"),
    (vqvae.nearest_codes, lambda z, e: torch.cdist(z, e).argmin(), "there is one in each row"),
    (vqvae.nearest_codes, lambda z, e: torch.cdist(z, e).min(1).values, "argmin in place of min"),
    (vqvae.nearest_codes, lambda z, e: torch.cdist(z, e), "one-hot rows"),
    (vqvae.nearest_codes, lambda z, e: e[torch.cdist(z, e).argmin(1)], "the codes themselves"),
    (vqvae.nearest_codes, lambda z, e: torch.cdist(z, e).argmin(1, True), "squeeze"),
    (vqvae.nearest_codes, lambda z, e: torch.cdist(z, e).argmin(1).float(), "cannot be an index"),
    (vqvae.nearest_codes, lambda z, e: torch.cdist(z, e).argmin(1) + 1, "counted from"),
    (vqvae.nearest_codes, lambda z, e: print(end=""), "`return` missing"),
    (vqvae.straight_through, lambda z, e: e, "whole gradient goes to the codebook"),
    (vqvae.straight_through, lambda z, e: z + (e - z), "whole gradient goes to the codebook"),
    (vqvae.straight_through, lambda z, e: z.detach() + (e - z.detach()), "wrong side"),
    (vqvae.straight_through, lambda z, e: e.detach(), "no gradient goes anywhere"),
    (vqvae.straight_through, lambda z, e: (z + (e - z)).detach(), "no gradient goes anywhere"),
    (vqvae.straight_through, lambda z, e: z.detach() + (e - z).detach(), "no gradient goes any"),
    (vqvae.straight_through, lambda z, e: e + (z - z.detach()), "the codebook has it, too"),
    (vqvae.straight_through, lambda z, e: z + e - z.detach(), "the codebook has it, too"),
    (vqvae.straight_through, lambda z, e: z, "nothing is quantised"),
    (vqvae.straight_through, lambda z, e: z + (z - e).detach(), "difference is turned"),
    (vqvae.straight_through, lambda z, e: (e - z).detach(), "difference alone"),
    (vqvae.straight_through, lambda z, e: (z + (e - z).detach()).sum(), "of that shape"),
    (vqvae.straight_through, overwritten, "`encoded` itself is overwritten"),
    (vqvae.straight_through, lambda z, e: z.data.copy_(e), "`encoded` itself is overwritten"),
    (vqvae.straight_through, overwritten_codes, "`quantised` itself is overwritten"),
    (vqvae.two_losses, losses(both, both), "nothing is stopped"),
    (vqvae.two_losses, turned(losses()), "have changed places"),
    (vqvae.two_losses, losses(none, none), "the commitment moves nothing"),
    (vqvae.two_losses, losses(commitment=both), "commitment moves the codes, too"),
    (vqvae.two_losses, losses(codebook=both), "codebook loss moves the encoder, too"),
    (vqvae.two_losses, losses(codebook=lambda z, e: (z, e.detach())), "wrong side"),
    (vqvae.two_losses, losses(commitment=lambda z, e: (z.detach(), e)), "wrong side"),
    (vqvae.two_losses, losses(cost=F.mse_loss), "D times too small"),
    (vqvae.two_losses, losses(cost=lambda a, b: (a - b).square().sum()), "sum over the N rows"),
    (vqvae.two_losses, losses(cost=lambda a, b: (a - b).norm(dim=1).mean()), "the mean distance"),
    (vqvae.two_losses, losses(cost=lambda a, b: (a - b).norm()), "one length over all rows"),
    (vqvae.two_losses, losses(cost=lambda a, b: (a - b).square().sum(1)), "mean over the rows"),
    (vqvae.two_losses, losses(cost=lambda a, b: -(a - b).square().sum(1).mean()), "drives them"),
    (vqvae.two_losses,
     lambda z, e: (losses()(z, e)[0], 0.25 * losses()(z, e)[1]), "stands with the caller"),
    (vqvae.two_losses, lambda z, e: sum(losses()(z, e)), "Two losses"),
    (vqvae.moving_average, update(codebook=lambda c0, s0, n, t, c, s, d: s), "sums themselves"),
    (vqvae.moving_average, update(total_of=lambda t, n: t / n.clamp(min=1)[:, None]), "*means*"),
    (vqvae.moving_average, update(old=lambda d: 1 - d, new=lambda d: d), "decay is turned round"),
    (vqvae.moving_average, update(old=lambda d: d, new=lambda d: 1), "(1 - decay) is missing"),
    (vqvae.moving_average, update(old=lambda d: 1, new=lambda d: 1), "Where is `decay`"),
    (vqvae.moving_average, update(old=lambda d: 0, new=lambda d: 1), "this batch's alone"),
    (vqvae.moving_average, update_chosen, "not chosen stay"),
    (vqvae.moving_average, update_lost, "only its last row counts"),
    (vqvae.moving_average, update(n_of=lambda n: n / n.sum()), "shares of the batch"),
    (vqvae.moving_average,
     update(codebook=lambda c0, s0, n, t, c, s, d: d * s0 / c0[:, None]
            + (1 - d) * t / n[:, None]), "makes nan"),
    (vqvae.moving_average,
     update(codebook=lambda c0, s0, n, t, c, s, d: d * s0 / c0[:, None]
            + (1 - d) * t / n.clamp(min=1)[:, None]), "drawn towards 0"),
    (vqvae.moving_average,
     update(codebook=lambda c0, s0, n, t, c, s, d: s / n[:, None]), "counts alone: by 0"),
    (vqvae.moving_average,
     update(codebook=lambda c0, s0, n, t, c, s, d: t / n[:, None]), "means of this batch alone"),
    (vqvae.moving_average,
     update(codebook=lambda c0, s0, n, t, c, s, d: t / n.clamp(min=1)[:, None]), "batch alone"),
    (vqvae.moving_average,
     update(codebook=lambda c0, s0, n, t, c, s, d: s / c0[:, None]), "the old counts"),
    (vqvae.moving_average, lambda *args: update()(*args)[2], "(counts, sums, codebook) were"),
    (vqvae.starts, (BAD, GOOD), "changed places"),
    (vqvae.starts, (GOOD, GOOD), "it recovers"),
    (vqvae.starts, (GOOD, [(-1.2, -0.6), (-0.8, -0.6), (1, 0.2)]), "no code is dead"),
    (vqvae.starts, (BAD, BAD), "a code with none is lost"),
    (vqvae.starts, ([(-1.2, -0.6), (-0.8, -0.6), (1, 0.2)], BAD), "two share a cloud"),
    (vqvae.starts, (GOOD, [(0, 1), (0, -0.6), (9, 9)]), "leaves the square"),
    (vqvae.starts, (GOOD, [(0, 1), (0, 1), (1, 1)]), "a tie decides"),
    (vqvae.starts, (GOOD, [(0, 1), (0, 1)]), "three codes of two numbers"),
    (vqvae.sample_codes, samples_uniform, "never asked: you draw all codes uniformly"),
    (vqvae.sample_codes, samples_biased, "never asked"),
    (vqvae.sample_codes, samples_uniform_but_asked, "equally likely everywhere"),
    (vqvae.sample_codes, samples_at_once, "drawn at once"),
    (vqvae.sample_codes, samples_not_filled, "is what was drawn filled in"),
    (vqvae.sample_codes, samples(draw=lambda logits: logits.argmax(1)), "not its largest entry"),
    (vqvae.sample_codes, samples(cool=lambda logits, t: logits), "temperature is ignored"),
    (vqvae.sample_codes,
     samples(draw=lambda shares: shares.multinomial(1)[:, 0],
             cool=lambda logits, t: logits.softmax(1) / t), "before the softmax"),
    (vqvae.sample_codes,
     samples(draw=lambda logits: logits.softmax(0).multinomial(1)[:, 0]), "over the samples"),
    (vqvae.sample_codes, samples(order=lambda grid: list(np.ndindex(*grid))[::-1]),
     "the order is row by row"),
    (vqvae.sample_codes, samples(order=lambda grid: np.ndindex(grid[0], grid[0])),
     "is it ever filled in? The grid has 2 rows of 3"),
    (vqvae.sample_codes, samples_rows, "asked 2 times for 6 places"),
    (vqvae.sample_codes, lambda *args: samples()(*args).float(), "Indices are integers"),
    (vqvae.sample_codes, samples(cool=lambda logits, t: logits * t), "multiplied by the temp"),
    (vqvae.sample_codes, samples(order=by_columns), "filled by columns"),
    (vqvae.sample_codes, samples_shifted, "the last but one"),
    (vqvae.sample_codes, samples_from_zero, "the first code of all"),
    (vqvae.sample_codes, lambda *args: samples()(*args)[0], "indices of shape (3000, 2, 3)"),
    (vqvae.sample_codes, lambda *args: samples()(*args) + 1, "Codes are 0 to 4"),
    (vqvae.sample_codes, lambda *args: print(end=""), "`return` missing"),
    (vqvae.leak, lambda *args: False, "the same of every prior"),
    (vqvae.leak, lambda *args: not leaks(sound)(*args), "the wrong way round"),
    (vqvae.leak, leaks(lambda change, place: change[:place].any().item()), "a forgotten shift"),
    (vqvae.leak, leaks(lambda change, place: change[place].item()), "Later places are missing"),
    (vqvae.leak, leaks(lambda change, place: change.any().item()), "is what a prior is for"),
    (vqvae.leak, leaks(right_of), "to the right as well"),
    (vqvae.leak, leaks(sound, places=lambda size: [0, size // 2]), "the last as well"),
    (vqvae.leak, leaks(sound, threshold=0.1), "It is small, but there"),
    (vqvae.leak, two_codes, "Try every code"),
    (vqvae.leak, one_change(lambda s, c: (s + 1) % c), "Try every code"),
    (vqvae.leak, one_change(lambda s, c: 1, seed=2), "to a code that is not the old one"),
    (vqvae.leak, one_change(lambda s, c: (s + 1) % c, places=lambda size: [size - 1]),
     "Of 12 places 1 held more than one code"),
    (vqvae.leak, one_change(lambda s, c: (s + 1) % c, likeliest), "are all logits compared"),
    (vqvae.leak, lambda *args: "yes", "True or False"),
    (vqvae.leak, lambda *args: print(end=""), "`return` missing"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer", "message"), SLIPS)
def test_slips_are_recognised(capsys, check, answer, message):
    verdict = said(capsys, check, answer)
    assert verdict.startswith("Not quite. ")
    assert message in verdict


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("pick", [lambda s, c: (s + 1) % c, lambda s, c: s - 1 if s else c - 1,
                                  lambda s, c: c - 1 - s])  # fmt: skip
def test_one_other_code_at_each_place_is_not_enough(capsys, seed, pick):
    assert said(capsys, vqvae.leak, one_change(pick, seed=100 + seed)).startswith("Not quite. ")
