"""The exercise of the VAE chapter that writes the whole loss of a VAE."""

import math
from functools import partial

import torch
from torch.nn.functional import logsigmoid, softplus

from ganbook.checks._evaluation_numbers import compare_numbers, slips
from ganbook.checks._losses_logits import scalar
from ganbook.checks._vae_kl import kl
from ganbook.checks._vae_rows import expect_slopes
from ganbook.checks._vae_sure import expect_sure
from ganbook.checks._verdict import NotQuite, exercise, show

SIZES = ((4, 1, 3, 3, 2), (3, 2, 4, 2, 5))  # batch, channels, height, width, latents
BETA = " That is a silent β: "
PARTLY = "Some axes of the image are summed, and others averaged: sum over all of C, H, W." + BETA


def batch(size, seed, scale=1.5):
    """Return logits and images in [-1, 1] (B, C, H, W), mean and log_var (B, Z)."""
    *shape, latents = size
    g = torch.Generator().manual_seed(seed)
    logits = scale * torch.randn(shape, generator=g)
    x = 2 * torch.rand(shape, generator=g) - 1
    mean, log_var = torch.randn(2, shape[0], latents, generator=g)
    return logits, x, mean, log_var


TARGETS = {
    "right": lambda x: (x + 1) / 2,
    "raw": lambda x: x,
    "clamped": lambda x: x.clamp(min=0),
    "halved": lambda x: x / 2,
    "black and white": lambda x: (x > 0).to(x),
    "size": abs,
    "negative": lambda x: (1 - x) / 2,
}
NATS = {  # of logits and targets in [0, 1], each pixel
    "bernoulli": lambda a, t: softplus(a) - t * a,
    "sigmoid": lambda a, t: softplus(a.sigmoid()) - t * a.sigmoid(),
    "one side": lambda a, t: -t * logsigmoid(a),
    "square": lambda a, t: (a.sigmoid() - t) ** 2,
    "half square": lambda a, t: (a.sigmoid() - t) ** 2 / 2,
    "raw square": lambda a, t: (a - t) ** 2,
    "raw half square": lambda a, t: (a - t) ** 2 / 2,
    "size": lambda a, t: (a.sigmoid() - t).abs(),
}
PIXELS = {
    "sum": lambda n: n.flatten(1).sum(1),
    "mean": lambda n: n.flatten(1).mean(1),
    "channels": lambda n: n.sum((2, 3)).mean(1),
    "places": lambda n: n.sum(1).mean((1, 2)),
    "rows": lambda n: n.sum(3).mean((1, 2)),
}
KLS = {
    "right": kl,
    "minus": partial(kl, whole="minus half"),
    "latents": partial(kl, over="mean"),
    "std": partial(kl, width="std"),
    "log std": partial(kl, width="log std"),
    "double": partial(kl, whole="one"),
    "minus double": partial(kl, whole="minus one"),
    "no one": partial(kl, signs="no one"),
    "turned": partial(kl, signs="log"),
    "none": lambda m, v: torch.zeros(len(m)).to(m),
}
MEANS = {
    "mean": lambda nll, kl: (nll + kl).mean(),
    "sum": lambda nll, kl: (nll + kl).sum(),
    "nll summed": lambda nll, kl: nll.sum() + kl.mean(),
    "kl summed": lambda nll, kl: nll.mean() + kl.sum(),
}
WHOLE = {"plain": 1, "turned": -1, "bits": 1 / math.log(2)}


def loss(logits, x, mean, log_var, *, target="right", nats="bernoulli", pixels="sum",
         term="right", over="mean", whole="plain"):  # fmt: skip
    """Return the mean of -ELBO over the batch for x in [-1, 1], or with the slips asked for."""
    nll = PIXELS[pixels](NATS[nats](logits, TARGETS[target](x)))
    return WHOLE[whole] * MEANS[over](nll, KLS[term](mean, log_var))


SQUARE = "That is a squared error: the likelihood asked for is Bernoulli's, from logits."
STD = "In the KL, exp(log_var / 2) stands where the variance belongs: log_var.exp()."
LOSS_MISTAKES = slips(
    loss,
    target={
        "right": "",
        "raw": "Binary cross-entropy on targets in [-1, 1]: a pixel of -1 rewards logits without "
        "end. Map x to [0, 1] first, (x + 1) / 2.",
        "clamped": "The targets are clamped to [0, 1]: all that is darker than grey becomes black. "
        "Map them, (x + 1) / 2.",
        "halved": "The targets lie in [-½, ½]: (x + 1) / 2 maps -1 to 0.",
        "black and white": "The targets are cut to 0 and 1: here the greys themselves, (x + 1) / 2,"
        " were asked for.",
        "size": "|x| makes black white: map x to (x + 1) / 2.",
        "negative": "The targets are the negative of the image: (x + 1) / 2.",
    },
    pixels={
        "sum": "",
        "mean": "The reconstruction is averaged over the pixels, and the KL is not."
        + BETA
        + "the KL weighs C·H·W times too much. Pixels are independent given z: their nats add up.",
        "channels": PARTLY + "the KL weighs C times too much.",
        "places": PARTLY + "the KL weighs H·W times too much.",
        "rows": PARTLY + "the KL weighs C·H times too much.",
    },
    term={
        "right": "",
        "minus": "The sign of the KL: it is a cost, and added to the reconstruction's.",
        "latents": "The KL is averaged over the latents." + BETA + "it weighs Z times too little.",
        "std": STD,
        "log std": "In the KL, log_var is taken for the log of the standard deviation.",
        "double": "The half of the KL is missing." + BETA + "2.",
        "minus double": "The KL has the wrong sign, and no half.",
        "no one": "In the KL the -1 is missing: N(0, I) must cost 0.",
        "turned": "In the KL the sign of log_var is turned.",
        "none": "The KL is missing: that is an autoencoder with noise.",
    },
    over={
        "mean": "",
        "sum": "That is a sum over the batch: take the mean, and the step does not depend on its "
        "size.",
        "nll summed": "The reconstruction is summed over the batch, the KL averaged."
        + BETA
        + "1/B.",
        "kl summed": "The KL is summed over the batch, the reconstruction averaged." + BETA + "B.",
    },
    nats={
        "bernoulli": "",
        "sigmoid": "The sigmoid is applied twice: `..._with_logits` takes raw logits.",
        "one side": "The term of the dark is missing: -t log p - (1 - t) log(1 - p).",
        "square": SQUARE,
        "half square": SQUARE,
        "raw square": SQUARE + " And of raw logits, too.",
        "raw half square": SQUARE + " And of raw logits, too.",
        "size": "That is an absolute error: the likelihood asked for is Bernoulli's, from logits.",
    },
    whole={
        "plain": "",
        "turned": "That is the bound itself, to be climbed; a loss is descended: minus it.",
        "bits": "That is in bits: the logarithm is the natural one.",
    },
)
LOSS_MISTAKES = [
    (lambda a, x, m, v: (softplus((x + 1) / 2) - a * (x + 1) / 2).flatten(1).sum(1).mean()
     + kl(m, v).mean(),
     "Logits and targets have changed places: `..._with_logits` takes the logits first."),
    (lambda a, x, m, v: loss(a, x, m, v, pixels="mean", term="latents"),
     "Both terms are averaged, the one over C·H·W pixels, the other over Z latents. What remains "
     "is a silent β of C·H·W / Z: sum both, and take the mean over the batch alone."),
    (lambda a, x, m, v: NATS["bernoulli"](a, (x + 1) / 2).mean() + kl(m, v).sum(),
     "The reconstruction is averaged over everything, the KL over nothing: a silent β of "
     "B·C·H·W."),
    (lambda a, x, m, v: loss(a, x, m, v, over="nll summed", term="latents"),
     "The reconstruction is summed over everything, the KL averaged over batch and latents: a "
     "silent β of 1 / (B·Z)."),
    *LOSS_MISTAKES,
]  # fmt: skip


@exercise(
    why="Sum over pixels, sum over latents, mean over images: then β is 1, and says so.",
    hints=(
        "F.binary_cross_entropy_with_logits(logits, (x + 1) / 2, reduction='none') has the shape "
        "of x: flatten(1).sum(1) makes it (B,).",
        "Add ½ Σ (exp(log_var) + mean² - 1 - log_var), (B,) too, and take the mean of the sum.",
    ),
)
def loss_of_vae(answer):
    """A function of logits and x (B, C, H, W), mean and log_var (B, Z): mean -ELBO, a scalar."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    cases = []
    for seed, size in enumerate(SIZES):
        b, c, h, w, z = size
        told = f"a batch of {b} images ({c}, {h}, {w}) and {z} latents"
        cases.append((told, batch(size, seed)))
    mistakes = [(lambda *a, f=f: f(*a).item(), message) for f, message in LOSS_MISTAKES]
    compare_numbers(
        answer, right=lambda *a: loss(*a).item(), cases=cases, mistakes=mistakes, read=scalar,
        within=1e-4,
    )  # fmt: skip
    expect_sure(answer, loss, batch(SIZES[0], 2, scale=150))
    logits, x, mean, log_var = batch(SIZES[0], 0)
    expect_slopes(
        lambda logits, mean, log_var: answer(logits, x.clone(), mean, log_var),
        lambda logits, mean, log_var: loss(logits, x.to(logits), mean, log_var),
        (logits, mean, log_var),
        ("logits", "mean", "log_var"),
    )
