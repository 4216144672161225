"""The exercises of the style chapter: classic mistakes, and what the verdict says of each.

The mistakes are written as learners make them, independently of the checks' own lists.
"""

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from verdicts import said

from ganbook.checks import style

# --- Gram matrices ---


def gram(f):
    rows = f.flatten(2)
    return rows @ rows.transpose(1, 2) / f[0].numel()


def gram_of_tutorial(f):
    """As a widely read tutorial has it: a batch is one long list of channels."""
    b, c, h, w = f.size()
    rows = f.view(b * c, h * w)
    return torch.mm(rows, rows.t()).div(b * c * h * w)


def gram_places(f):
    rows = f.flatten(2)
    return rows.transpose(1, 2) @ rows / f[0].numel()


def gram_scrambled(f):
    b, c, h, w = f.shape
    rows = f.view(b, h * w, c)
    return rows.transpose(1, 2) @ rows / (c * h * w)


def gram_scrambled_batch(f):
    b, c, h, w = f.shape
    rows = f.contiguous().view(c, b, h * w).permute(1, 0, 2)
    return torch.einsum("bip,bjp->bij", rows, rows) / (c * h * w)


def gram_centred(f):
    return gram(f - f.mean((2, 3), keepdim=True))


def gram_covariance(f):
    return torch.stack([torch.cov(m.flatten(1)) for m in f])


def gram_cosine(f):
    rows = F.normalize(f.flatten(2), dim=2)
    return rows @ rows.mT


def gram_batch_sum(f):
    return torch.einsum("bihw,bjhw->ij", f, f) / f[0].numel()


# --- style losses ---


def losses(see=lambda x, maps: maps(x), G=gram, cost=lambda d: d.square().sum(), weigh=None):
    def answer(image, style, maps, weights):
        weights = weights if weigh is None else weigh(weights)
        pairs = zip(see(image, maps), see(style, maps), weights, strict=False)
        return sum(w * cost(G(a) - G(b)) for a, b, w in pairs)

    return answer


def loss_of_pixels(image, style, maps, weights):
    return (gram(image) - gram(style)).square().sum() * sum(weights)


def loss_of_colours(image, style, maps, weights):
    return sum(w * F.mse_loss(image, style) for w in weights)


def loss_without_slope(image, style, maps, weights):
    return losses()(image, style, maps, weights).detach()


def loss_half_detached(image, style, maps, weights):
    def half(f):
        rows = f.flatten(2)
        return rows @ rows.detach().mT / f[0].numel()

    return losses(G=half)(image, style, maps, weights)


def loss_of_one_size(image, style, maps, weights):
    """Both Gram matrices are divided by the number of the image's features."""
    total = 0
    for a, b, w in zip(maps(image), maps(style), weights, strict=True):
        mine, its = (torch.einsum("bihw,bjhw->bij", m, m) / a[0].numel() for m in (a, b))
        total = total + w * (mine - its).square().sum()
    return total


def loss_of_mixed(image, style, maps, weights):
    return losses()((image + style) / 2, style, maps, weights)


# --- slopes ---


def slopes(size=lambda c, n: 4 / (c * n), inner=lambda g, a: g - a, over=lambda c, n: c * n):
    def answer(f, a):
        return size(*f.shape) * inner(f @ f.T / over(*f.shape), a) @ f

    return answer


# --- AdaIN ---


def restyle(join=lambda x, m, s, mean, std: std * (x - m) / s + mean, dim=(2, 3),
            width=torch.sqrt, new=None, correction=0):  # fmt: skip
    def answer(content, style):
        m, s = content.mean(dim, keepdim=True), content.var(dim, correction=0, keepdim=True)
        mean, std = style.mean(dim, keepdim=True), style.var(dim, correction=0, keepdim=True)
        return join(content, m, width(s + 1e-8), mean, (new or width)(std + 1e-8))

    return answer


def restyle_no_eps(content, style):
    std = content.std((2, 3), keepdim=True)
    plain = (content - content.mean((2, 3), keepdim=True)) / std
    return plain * style.std((2, 3), keepdim=True) + style.mean((2, 3), keepdim=True)


def restyle_one_size(content, style):
    both = torch.stack([content, style])
    std, mean = torch.std_mean(both, dim=(3, 4), keepdim=True)
    return (content - mean[0]) / (std[0] + 1e-6) * std[1] + mean[1]


def restyle_one_count(content, style):
    """The style's sums are divided by the number of the content's places."""
    n = content[0, 0].numel()

    def moments(x):
        mean = x.sum((2, 3), keepdim=True) / n
        return mean, ((x - mean).square().sum((2, 3), keepdim=True) / n + 1e-8).sqrt()

    (mean, std), (new_mean, new_std) = moments(content), moments(style)
    return (content - mean) / std * new_std + new_mean


def restyle_batch_norm(content, style):
    plain = F.batch_norm(content, None, None, training=True)
    return plain * style.std((0, 2, 3), keepdim=True, correction=0) + style.mean(
        (0, 2, 3), keepdim=True
    )


def restyle_layer_norm(content, style):
    plain = F.layer_norm(content, content.shape[1:])
    std = style.std((1, 2, 3), keepdim=True, correction=0)
    return plain * std + style.mean((1, 2, 3), keepdim=True)


def restyle_unbiased_exchanged(content, style):
    std = content.std((2, 3), keepdim=True)
    plain = (content - content.mean((2, 3), keepdim=True)) / std
    return plain * style.mean((2, 3), keepdim=True) + style.std((2, 3), keepdim=True)


# --- blending ---


FOUR = ((-1, 0), (1, 0), (0, -1), (0, 1))


def blends(right=lambda s, p, q: s[p] - s[q], edge=lambda t, s, q: t[q], outside=lambda t, s: t,
           diagonal=None, solve=np.linalg.solve, neighbours=FOUR):  # fmt: skip
    """The blend by a dense system, right but for the parts given."""

    def answer(source, target, mask):
        s, t = source.double().numpy(), target.double().numpy()
        inside = [tuple(p) for p in np.argwhere(mask.numpy())]
        A, b = np.zeros((len(inside), len(inside))), np.zeros(len(inside))
        for n, p in enumerate(inside):
            around = [(p[0] + i, p[1] + j) for i, j in neighbours]
            A[n, n] = len(around) if diagonal is None else diagonal(p, around, inside)
            for q in around:
                b[n] += right(s, p, q)
                if q in inside:
                    A[n, inside.index(q)] = -1
                else:
                    b[n] += edge(t, s, q)
        out = outside(t, s).copy()
        out[tuple(np.array(inside).T)] = solve(A, b)
        return out

    return answer


def within(p, around, inside):
    return sum(q in inside for q in around)


def nearly(p, around, inside):
    """As float32 has it: no pivot is quite 0."""
    return within(p, around, inside) + 1e-9


def torch_solve(A, b):
    return torch.linalg.solve(torch.tensor(A), torch.tensor(b)).numpy()


def least_squares(A, b):
    return np.linalg.lstsq(A, b, rcond=None)[0]


def blend_without_boundary(source, target, mask):
    """Only pairs inside: any constant may be added, and least squares chooses one."""
    number = {tuple(p): n for n, p in enumerate(mask.nonzero().tolist())}
    rows, b = [], []
    for (i, j), n in number.items():
        for q in ((i + 1, j), (i, j + 1)):
            if q in number:
                row = torch.zeros(len(number))
                row[n], row[number[q]] = 1, -1
                rows.append(row)
                b.append(source[i, j] - source[q])
    out = target.clone()
    found = np.linalg.lstsq(torch.stack(rows).numpy(), np.array(b), rcond=None)[0]
    out[mask] = torch.tensor(found).float()
    return out


def blend_constant(source, target, mask):
    return torch.where(mask, source + 0.37, target)


def blend_rounds(rounds, start=lambda s, t, m: t):
    def answer(source, target, mask):
        x = start(source, target, mask).clone()
        for _ in range(rounds):
            new = x.clone()
            for i, j in mask.nonzero().tolist():
                around = ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1))
                new[i, j] = sum(x[q] + source[i, j] - source[q] for q in around) / 4
            x = new
        return x

    return answer


def blend_solution_only(source, target, mask):
    return torch.tensor(blends()(source, target, mask))[mask]


right_blend = blends()

FATES = dict(A="kept", B="changed", C="kept", D="changed", E="kept", F="changed", G="kept",
             H="changed")  # fmt: skip
TARGET = [-1.0] * 6 + [1.0] * 6
ADDED = [-0.5 + 2.0 * k / 7 for k in range(1, 7)]
ROW = dict(target=TARGET, added=ADDED, mended=(-1.0, 1.0))
BOTH = FATES | {key: {"kept": "changed", "changed": "kept"}[v] for key, v in FATES.items()}

SLIPS = [
    (style.gram_forgets, FATES | dict(A="changed"), "in another order"),
    (style.gram_forgets, FATES | dict(B="kept"), "Only the diagonal"),
    (style.gram_forgets, FATES | dict(C="changed"), "To mirror is to shuffle"),
    (style.gram_forgets, FATES | dict(D="kept"), "which channel is which"),
    (style.gram_forgets, FATES | dict(E="changed"), "both factors change their sign"),
    (style.gram_forgets, FATES | dict(F="kept"), "no mean is taken off first"),
    (style.gram_forgets, FATES | dict(G="changed"), "four times as large"),
    (style.gram_forgets, FATES | dict(H="kept"), "Only the places of the *map*"),
    (style.gram_forgets, BOTH, "the wrong way round"),
    (style.gram_forgets, FATES | dict(B=...), "Still without a word: B"),
    (style.gram_forgets, FATES | dict(B="perhaps"), "was expected"),
    (style.gram_forgets, list(FATES.values()), "keys A to H"),
    (style.gram_matrix, gram_places, "over the wrong axes"),
    (style.gram_matrix, lambda f: gram(f) * f[0].numel(), "not normalised"),
    (style.gram_matrix, lambda f: gram(f) * f.shape[1], "C is missing"),
    (style.gram_matrix, lambda f: gram(f) * f[0, 0].numel(), "H·W is missing"),
    (style.gram_matrix, lambda f: gram(f) / len(f), "divided by B, too"),
    (style.gram_matrix, lambda f: gram(f) * f[0, 0].numel() / f.shape[1], "number of entries"),
    (style.gram_matrix, lambda f: gram(f) / f.shape[1], "C once too often"),
    (style.gram_matrix, lambda f: gram(f) / (4 * f[0].numel()), "paper of Gatys"),
    (style.gram_matrix, gram_of_tutorial, "The images are mixed"),
    (style.gram_matrix, gram_batch_sum, "mixed into one matrix"),
    (style.gram_matrix, gram_scrambled, "mixes channels with places"),
    (style.gram_matrix, gram_scrambled_batch, "images of the batch are mixed"),
    (style.gram_matrix, gram_centred, "that is a covariance"),
    (style.gram_matrix, gram_covariance, "expected. That is the covariance"),
    (style.gram_matrix, gram_cosine, "expected. Each channel is brought to length 1"),
    (style.gram_matrix, lambda f: f @ f.transpose(2, 3), "over the columns"),
    (style.gram_matrix, lambda f: f.transpose(2, 3) @ f, "over the rows"),
    (style.gram_matrix, lambda f: gram(f).diagonal(dim1=1, dim2=2), "the diagonals alone"),
    (style.gram_matrix, lambda f: f * f, "each feature with itself"),
    (style.gram_matrix, lambda f: gram(f[:1]).expand(len(f), -1, -1), "of the first image"),
    (style.gram_matrix, lambda f: gram(f).mean(), "was everything summed"),
    (style.gram_matrix, lambda f: gram_centred(f) / len(f), "It looks like two slips"),
    (style.gram_matrix, lambda f: print(end=""), "`return` missing"),
    (style.style_slope, slopes(lambda c, n: 2 / (c * n)), "holds F twice"),
    (style.style_slope, slopes(lambda c, n: 1 / (c * n)), "a quarter"),
    (style.style_slope, slopes(lambda c, n: 4), "factor 1 / (C N) is missing"),
    (style.style_slope, slopes(lambda c, n: 2), "1 / (C N) of G is missing"),
    (style.style_slope, slopes(lambda c, n: 4 / n), "factor 1 / C is missing"),
    (style.style_slope, slopes(lambda c, n: 4 / (c * n) ** 2), "comes once"),
    (style.style_slope, slopes(inner=lambda g, a: a - g), "The sign is turned"),
    (style.style_slope, slopes(inner=lambda g, a: g), "Where is the style"),
    (style.style_slope, slopes(inner=lambda g, a: (g - a) ** 2), "still squared"),
    (style.style_slope, slopes(over=lambda c, n: 1), "G is not divided by C N"),
    (style.style_slope, slopes(lambda c, n: 4 / (c * n) / c**2), "mean over the C·C entries"),
    (style.style_slope, lambda f, a: slopes()(f, a).T, "transposed"),
    (style.style_slope, lambda f, a: 2 * (f @ f.T / f.numel() - a), "slope in G"),
    (style.style_slope, lambda f, a: (f @ f.T / f.numel() - a).square().sum(), "that the loss"),
    (style.style_slope, lambda f, a: print(end=""), "`return` missing"),
    (style.style_loss, loss_of_pixels, "compares the pixels"),
    (style.style_loss, loss_of_colours, "compares the pixels"),
    (style.style_loss, losses(lambda x, maps: [x]), "compares the pixels"),
    (style.style_loss, losses(weigh=lambda w: [1] * len(w)), "without their weights"),
    (style.style_loss, losses(weigh=lambda w: [1 / 3] * 3), "without their weights"),
    (style.style_loss, losses(weigh=lambda w: [v / sum(w) for v in w]), "divided by their sum"),
    (style.style_loss, losses(weigh=lambda w: [v**2 for v in w]), "weights are squared"),
    (style.style_loss, losses(weigh=lambda w: [v / 3 for v in w]), "mean over the layers"),
    (style.style_loss, losses(lambda x, maps: maps(x)[:1]), "Only the first layer"),
    (style.style_loss, losses(lambda x, maps: maps(x)[:-1]), "last layer is missing"),
    (style.style_loss, losses(weigh=lambda w: w[::-1]), "in the wrong order"),
    (style.style_loss, losses(G=lambda f: f), "a content loss"),
    (style.style_loss, losses(G=lambda f: gram(f) * f[0].numel()), "not normalised"),
    (style.style_loss, losses(G=gram_places), "over the wrong axes"),
    (style.style_loss, losses(G=gram_centred), "means of the channels are taken off"),
    (style.style_loss, losses(cost=lambda d: d.square().mean()), "averaged over the C·C"),
    (style.style_loss, losses(cost=lambda d: d.norm()), "it is squared"),
    (style.style_loss, losses(cost=lambda d: d.abs().sum()), "sizes of the differences"),
    (style.style_loss, losses(cost=lambda d: d.sum()), "with their signs"),
    (style.style_loss, losses(cost=lambda d: d.sum() ** 2), "before they are squared"),
    (style.style_loss, losses(cost=lambda d: d.square().mean(), weigh=lambda w: [1] * 3),
     "It looks like two slips"),
    (style.style_loss, loss_without_slope, "no gradient reaches the image"),
    (style.style_loss, lambda *args: losses()(*args).item(), "no gradient reaches the image"),
    (style.style_loss, loss_half_detached, "the gradient in the image is not"),
    (style.style_loss, loss_of_one_size, "a style of another size"),
    (style.style_loss, loss_of_mixed, "`image` itself never goes"),
    (style.style_loss, lambda *args: losses()(*args).repeat(3), "One number"),
    (style.style_loss, lambda *args: print(end=""), "`return` missing"),
    (style.adam_or_lbfgs, dict(rate=1e-3, lower="L-BFGS"), "below 0.004 was asked for"),
    (style.adam_or_lbfgs, dict(rate=100, lower="L-BFGS"), "It has grown"),
    (style.adam_or_lbfgs, dict(rate=0.5, lower="Adam"), "the lower one is not Adam"),
    (style.adam_or_lbfgs, dict(rate=-0.5, lower="Adam"), "above 0"),
    (style.adam_or_lbfgs, dict(rate=0.5, lower=...), "Still missing: lower"),
    (style.adam_or_lbfgs, dict(rate=0.5, lower="both"), '"Adam" or "L-BFGS"'),
    (style.adam_or_lbfgs, 0.5, "dict(rate=..., lower=...)"),
    (style.adain, restyle(lambda x, m, s, mean, std: mean * (x - m) / s + std),
     "of the style are exchanged"),
    (style.adain, restyle_unbiased_exchanged, "of the style are exchanged"),
    (style.adain, restyle(lambda x, m, s, mean, std: std * (x - s) / m + mean),
     "of the content are exchanged"),
    (style.adain, restyle(lambda x, m, s, mean, std: mean * (x - s) / m + std), "are exchanged"),
    (style.adain, restyle(dim=(0, 2, 3)), "as in batch normalisation"),
    (style.adain, restyle_batch_norm, "as in batch normalisation"),
    (style.adain, restyle(dim=(1, 2, 3)), "as in layer normalisation"),
    (style.adain, restyle_layer_norm, "as in layer normalisation"),
    (style.adain, restyle(dim=(0, 1, 2, 3)), "for everything"),
    (style.adain, restyle(width=lambda v: v), "Variances stand where"),
    (style.adain, restyle(width=lambda v: v, new=torch.sqrt), "divided by its variance"),
    (style.adain, restyle(new=lambda v: v), "by the style's variance"),
    (style.adain, lambda x, y: restyle()(y, x), "Content and style are exchanged"),
    (style.adain, restyle(lambda x, m, s, mean, std: std * x + mean), "own moments are not taken"),
    (style.adain, restyle(lambda x, m, s, mean, std: std * (x - m) + mean), "not divided by its"),
    (style.adain, restyle(lambda x, m, s, mean, std: std * (x - m) / s), "mean is missing"),
    (style.adain, restyle(lambda x, m, s, mean, std: (x - m) / s + mean), "deviation is missing"),
    (style.adain, restyle(lambda x, m, s, mean, std: (x - m) / s), "instance normalisation"),
    (style.adain, restyle(lambda x, m, s, mean, std: x - m + mean), "Only the means"),
    (style.adain, restyle(lambda x, m, s, mean, std: std * (x - m) / s + m), "mean is put back"),
    (style.adain, restyle(lambda x, m, s, mean, std: std * ((x - m) / s + mean)), "mean last"),
    (style.adain, restyle(lambda x, m, s, mean, std: std * (x - m / s) + mean), "A bracket"),
    (style.adain, restyle(lambda x, m, s, mean, std: mean), "the content's shape was expected"),
    (style.adain, lambda x, y: restyle()(y, x)[:, :1], "the content's shape was expected"),
    (style.adain, restyle(dim=1), "over the channels, for each place"),
    (style.adain, restyle(dim=2), "for each column"),
    (style.adain, restyle(dim=3), "for each row"),
    (style.adain, restyle_one_size, "a style of another size your code raised"),
    (style.adain, restyle_one_count, "its moments are over its own places"),
    (style.adain,
     restyle(lambda x, m, s, mean, std: mean * (x - m) / s + std, dim=(0, 2, 3)),
     "It looks like two slips"),
    (style.adain, restyle_no_eps, "becomes nan"),
    (style.adain, lambda x, y: x, "as it came"),
    (style.adain, lambda x, y: print(end=""), "`return` missing"),
    (style.poisson, blends(edge=lambda t, s, q: 0), "boundary is missing: neighbours outside"),
    (style.poisson, blend_without_boundary, "expected. The boundary is missing"),
    (style.poisson, blend_constant, "boundary is missing"),
    (style.poisson, blends(edge=lambda t, s, q: s[q]), "a plain paste"),
    (style.poisson, blends(edge=lambda t, s, q: 0, diagonal=within), "Your matrix is singular"),
    (style.poisson, blends(edge=lambda t, s, q: 0, diagonal=within, solve=torch_solve),
     "Your matrix is singular"),
    (style.poisson, blends(edge=lambda t, s, q: 0, diagonal=within, solve=least_squares),
     "boundary is missing"),
    (style.poisson, blends(edge=lambda t, s, q: 0, diagonal=nearly), "Your matrix is singular"),
    (style.poisson, blends(neighbours=(*FOUR, (1, 1), (1, -1), (-1, 1), (-1, -1))), "Eight"),
    (style.poisson, blends(right=lambda s, p, q: s[q] - s[p]), "sign of the Laplacian is turned"),
    (style.poisson, blends(right=lambda s, p, q: 0), "a smooth filling"),
    (style.poisson, blends(right=lambda s, p, q: s[p] / 4), "in place of its gradients"),
    (style.poisson, blends(right=lambda s, p, q: s[p]), "in place of its gradients"),
    (style.poisson, lambda s, t, m: torch.where(m, s, t), "in place of its gradients"),
    (style.poisson, blends(diagonal=within), "4 on the diagonal"),
    (style.poisson, blends(diagonal=within, solve=least_squares), "Wrong count of neighbours"),
    (style.poisson, lambda s, t, m: right_blend(s * m, t, m), "set to 0 outside the mask"),
    (style.poisson, lambda s, t, m: right_blend(t, s, m), "exchanged"),
    (style.poisson, lambda s, t, m: right_blend(t, t, m), "nothing is pasted"),
    (style.poisson, blends(outside=lambda t, s: s), "Outside the mask stands the source"),
    (style.poisson, blends(outside=lambda t, s: 0 * t), "Outside the mask stands 0"),
    (style.poisson, blend_solution_only, "go into a copy of the target"),
    (style.poisson, lambda s, t, m: torch.where(m, (s + t) / 2, t), "alpha blending"),
    (style.poisson, lambda s, t, m: torch.where(m, t, s), "turned round"),
    (style.poisson, lambda s, t, m: torch.where(m, s - s[m].mean() + t[m].mean(), t),
     "matches a moment"),
    (style.poisson, lambda s, t, m: right_blend(s, t, m).clip(0, 1), "clamped to [0, 1]"),
    (style.poisson, blend_rounds(10), "stopped too early"),
    (style.poisson, blend_rounds(1, lambda s, t, m: torch.where(m, s, t)), "stopped too early"),
    (style.poisson, lambda s, t, m: print(end=""), "`return` missing"),
    (style.poisson,
     blends(right=lambda s, p, q: s[q] - s[p], outside=lambda t, s: 0 * t), "two slips"),
    (style.bent_object, ROW | dict(target=[0.3] * 12), "keeps it flat"),
    (style.bent_object, ROW | dict(target=[0.3] * 5 + [1.0] * 2 + [0.3] * 5), "Only pixels 2 and"),
    (style.bent_object, ROW | dict(target=[0.0] * 6 + [1.0] * 6), "let these two differ more"),
    (style.bent_object, ROW | dict(target=[-3.0] * 6 + [1.0] * 6), "leaves [-1, 1]"),
    (style.bent_object, ROW | dict(target=[1, 2]), "`target`: 12 numbers were expected"),
    (style.bent_object, ROW | dict(added=[a + 0.5 for a in [-0.5] * 4 + ADDED[:2]]), "no straight"),
    (style.bent_object, ROW | dict(added=[-0.5 - 0.5 + 2 * k / 7 + (k in (2, 3, 4, 5))
                                          for k in range(1, 7)]), "the blend itself"),
    (style.bent_object, ROW | dict(added=[0.5] * 6), "keeps the object flat"),
    (style.bent_object, ROW | dict(added=[-a for a in ADDED]), "The sign is turned"),
    (style.bent_object, ROW | dict(added=ADDED[::-1]), "the wrong way"),
    (style.bent_object, ROW | dict(added=[-1 + 2.0 * k / 7 for k in range(1, 7)]),
     "joins the target's values"),
    (style.bent_object, ROW | dict(added=np.linspace(-0.5, 1.5, 6)), "ends at pixels 2 and 9"),
    (style.bent_object, ROW | dict(added=[0] * 6), "with a seam"),
    (style.bent_object, ROW | dict(added=[-0.5, -1.5, -1.5, 0.5, 0.5, 1.5]), "makes the target"),
    (style.bent_object, ROW | dict(added=[*ADDED, 1.5]), "`added`: 6 numbers"),
    (style.bent_object, ROW | dict(mended=(1, -1)), "changed places"),
    (style.bent_object, ROW | dict(mended=(-0.5, 1.5)), "Those are the differences"),
    (style.bent_object, ROW | dict(mended=(0.5, 0.5)), "Not with the object"),
    (style.bent_object, ROW | dict(mended=(-0.5, -0.5)), "values that they have"),
    (style.bent_object, ROW | dict(mended=...), "Still missing: mended"),
    (style.bent_object, TARGET, "dict(target=..., added=..., mended=...)"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer", "message"), SLIPS)
def test_slips_are_recognised(capsys, check, answer, message):
    verdict = said(capsys, check, answer)
    assert verdict.startswith("Not quite. ")
    assert message in verdict
