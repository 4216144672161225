"""Losses over logits with a slip or two, and what to say of each, for the chapter "Six games"."""

import math

import torch
from torch.nn.functional import softplus

from ganbook.checks._evaluation_numbers import slips

DOUBLE_SIGMOID = "The sigmoid is applied twice: softplus, logsigmoid and `..._with_logits` take "
DOUBLE_SIGMOID += "raw logits."
SUMMED = "That is a sum over the batch: with the mean, the step does not depend on its size."
MEAN_FIRST = "That is the loss of the mean logit: take each sample's loss first, then the mean."
TURNED = "The sign of the whole is turned: descending it makes the player worse."
BITS = "That is in bits: the logarithm is the natural one."

LOGITS = {"raw": lambda logits: logits, "sigmoid": torch.sigmoid}
REDUCE = {
    "mean": lambda loss, logits: loss(logits).mean(),
    "sum": lambda loss, logits: loss(logits).sum(),
    "mean first": lambda loss, logits: loss(logits.mean()),
}
WHOLE = {
    "plain": lambda loss: loss,
    "half": lambda loss: loss / 2,
    "turned": lambda loss: -loss,
    "bits": lambda loss: loss / math.log(2),
}
COMMON = dict(
    logits={"raw": "", "sigmoid": DOUBLE_SIGMOID},
    reduce={"mean": "", "sum": SUMMED, "mean first": MEAN_FIRST},
)
KINDS = {  # of one logit: what it costs to be called fake, and what to be called real
    "log": (lambda x: softplus(-x), softplus),
    "no log": (lambda x: 1 - torch.sigmoid(x), torch.sigmoid),
    "critic": (lambda x: -x, lambda x: x),
    "square": (lambda x: (x - 1) ** 2 / 2, lambda x: x**2 / 2),
    "whole square": (lambda x: (x - 1) ** 2, lambda x: x**2),
    "hinge": (lambda x: torch.relu(1 - x), lambda x: torch.relu(1 + x)),
}  # fmt: skip
KIND_MESSAGES = {
    "log": "",
    "no log": "The logarithm is missing: that is linear in D.",
    "critic": "That is the Wasserstein game's, linear in the logit.",
    "square": "That is the least-squares game's.",
    "whole square": "That is the least-squares game's.",
    "hinge": "That is the hinge game's.",
}


def discriminator(real, fake, *, roles="right", terms="both", kind="log", logits="raw",
                  reduce="mean", whole="plain"):  # fmt: skip
    """Return -mean log D(real) - mean log(1 - D(fake)), or with the slips asked for."""
    as_real, as_fake = (KINDS[kind][place] for place in ROLES[roles])
    real_term = REDUCE[reduce](lambda x: as_real(LOGITS[logits](x)), real)
    fake_term = REDUCE[reduce](lambda x: as_fake(LOGITS[logits](x)), fake)
    of_real, of_fake = TERMS[terms]
    return WHOLE[whole](of_real * real_term + of_fake * fake_term)


ROLES = {  # who is called what: 0 for real, 1 for fake
    "right": (0, 1),
    "swapped": (1, 0),
    "all fake": (1, 1),
    "all real": (0, 0),
}
TERMS = {"both": (1, 1), "real": (1, 0), "fake": (0, 1), "minus": (1, -1), "minus real": (-1, 1)}


ONE_MINUS = "log(1 - σ(l)) is logsigmoid(-l), not logsigmoid(1 - l) or 1 - logsigmoid(l)."
RELATIVISTIC = "That is the relativistic game's: here each logit stands alone."
DISCRIMINATOR_MISTAKES = [
    (lambda real, fake: softplus(-real).mean() + softplus(fake - 1).mean(), ONE_MINUS),
    (lambda real, fake: softplus(-real).mean() - 1 - softplus(-fake).mean(), ONE_MINUS),
    (lambda real, fake: (1 - real).mean() + math.log1p(math.exp(-1)) + math.log(2),
     "Logits and labels have changed places: `..._with_logits` takes the logits first."),
    (lambda real, fake: softplus(fake - real).mean(), RELATIVISTIC),
]  # fmt: skip
DISCRIMINATOR_MISTAKES += slips(
    discriminator,
    roles={
        "right": "",
        "swapped": "The signs of the logits are swapped: that rewards D for calling the real ones "
        "fake, and the fakes real.",
        "all fake": "The sign of the real logits is swapped: real images are called fake as well.",
        "all real": "The sign of the fake logits is swapped: fakes are called real as well.",
    },
    terms={
        "both": "",
        "real": "The fakes' term is missing.",
        "fake": "The real images' term is missing.",
        "minus": "The sign of the fakes' term is swapped: both terms are costs, and added.",
        "minus real": "The sign of the real images' term is swapped: both terms are costs, and "
        "added.",
    },
    kind=KIND_MESSAGES,
    **COMMON,
    whole={
        "plain": "",
        "half": "That is half of it: the two means are added.",
        "turned": "That is the value V, which D maximises; a loss is descended: -V.",
        "bits": BITS,
    },
)


def generator(real, fake, *, role="fool", of="fake", kind="log", logits="raw", reduce="mean",
              whole="plain"):  # fmt: skip
    """Return -mean log D(fake), or with the slips asked for."""
    term = KINDS[kind][role == "found"]
    of_fake = REDUCE[reduce](lambda x: term(LOGITS[logits](x)), fake)
    of_real = REDUCE[reduce](lambda x: term(LOGITS[logits](x)), real)
    of_both = REDUCE[reduce](lambda x: KINDS[kind][1](LOGITS[logits](x)), real) + of_fake
    return WHOLE[whole](dict(fake=of_fake, real=of_real, both=of_both)[of])


MINIMAX = "That is the minimax loss, log(1 - D): it saturates. The non-saturating one is -log D."
GENERATOR_MISTAKES = [
    (lambda real, fake: softplus(real - fake).mean(), RELATIVISTIC),
    (lambda real, fake: -softplus(fake).mean(), MINIMAX),
    (lambda real, fake: -softplus(real).mean() - softplus(-fake).mean(),
     "That is minus a whole discriminator's loss; G's is -log D(fake) alone."),
    (lambda real, fake: -discriminator(real, fake),
     "That is minus the discriminator's loss, V; the generator's is -log D(fake) alone."),
    *slips(
        generator,
        role={
            "fool": "",
            "found": "That is -log(1 - D), the discriminator's: it rewards fakes for being found "
            "out.",
        },
        of={
            "fake": "",
            "real": "That is a term of the real images; the generator answers for the fakes.",
            "both": "It has a term of the real images; the generator's has one, of the fakes.",
        },
        kind=KIND_MESSAGES,
        **COMMON,
        whole={"plain": "", "half": "That is half of it.", "turned": TURNED, "bits": BITS},
    ),
]  # fmt: skip
