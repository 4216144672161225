"""The exercise of the chapter "Judging generators" that writes the Inception score."""

import math

import torch

from ganbook.checks._evaluation_numbers import compare_numbers, slips
from ganbook.checks._verdict import exercise

LOG2 = math.log(2)


def score(p, *, marginal="mean", divergence="KL", base="e", finish="exp"):
    """Return the Inception score of probabilities p (N, K), or with the slips asked for."""
    p = p.double()
    q = MARGINALS[marginal](p)  # (K,) or (N, 1)
    return FINISHES[finish](DIVERGENCES[divergence](p, q) / BASES[base]).item()


def entropy(p):
    return -torch.xlogy(p, p).sum(-1)


def kl(p, q):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(1)


MARGINALS = {
    "mean": lambda p: p.mean(0),
    "rows": lambda p: p.mean(1, keepdim=True),
    "logs": lambda p: p.log().mean(0).exp(),
    "sum": lambda p: p.sum(0),
}
DIVERGENCES = {  # of each row, (N,)
    "KL": kl,
    "reversed": lambda p, q: (torch.xlogy(q, q) - torch.xlogy(q, p)).sum(1),
    "log outside": lambda p, q: (p.square() / q).sum(1).log(),
    "mean over classes": lambda p, q: kl(p, q) / p.shape[1],
    "diversity": lambda p, q: entropy(q).expand(len(p)),
    "confidence": lambda p, q: entropy(p),
    "certainty": lambda p, q: -entropy(p),
    "plus": lambda p, q: entropy(q) + entropy(p),
    "no p": lambda p, q: (p.log() - q.log()).sum(1),
}
BASES = {"e": 1, "2": LOG2, "10": math.log(10)}
FINISHES = {
    "exp": lambda d: d.mean().exp(),
    "none": lambda d: d.mean(),
    "inside": lambda d: d.exp().mean(),
    "log outside": lambda d: d.exp().mean().log(),
    "log": lambda d: d.mean().log(),
    "minus": lambda d: (-d.mean()).exp(),
    "sum": lambda d: d.sum().exp(),
    "sum, none": lambda d: d.sum(),
    "two": lambda d: 2 ** d.mean(),
}
MISTAKES = slips(
    score,
    marginal={
        "mean": "",
        "rows": "The marginal p(y) is a mean over the samples, p.mean(0); a mean over classes is "
        "1/K whatever the samples are.",
        "logs": "p(y) is the mean of the probabilities; you took the mean of their logarithms, or "
        "added the KL both ways, which comes to the same.",
        "sum": "p(y) is the mean of the rows, not their sum: it must add up to 1.",
    },
    divergence={
        "KL": "",
        "reversed": "That is KL(p(y), p(y|x)): the sample's own probabilities come first.",
        "log outside": "The log stands outside of the sum: KL is a mean of logarithms, "
        "sum p log(p / q), not the logarithm of a mean.",
        "mean over classes": "KL is a sum over the K classes, not a mean: `.mean()` over all "
        "N K entries divides by K too often.",
        "diversity": "That is the entropy of p(y), which is the mean cross-entropy, too: classes "
        "are even, but is each sample sure of its own?",
        "confidence": "That is the entropy of p(y|x) alone, and it is low for sure samples.",
        "certainty": "That is the certainty of the samples alone: p(y) is missing.",
        "plus": "The entropies are subtracted: that of p(y) less the mean of those of p(y|x).",
        "no p": "Each log ratio is weighed by p(y|x) before the sum.",
    },
    base={
        "e": "",
        "2": "The logarithm is to the base 2 and the exponential to the base e: they must match.",
        "10": "The logarithm is to the base 10 and the exponential to the base e: they must match.",
    },
    finish={
        "exp": "",
        "none": "That is the mean KL; the score is its exponential.",
        "inside": "The exponential comes after the mean over the samples: exp(mean KL), not "
        "mean exp(KL).",
        "log outside": "That is the log of the mean of exp(KL): the log belongs inside, in the KL, "
        "and the score is exp(mean KL).",
        "log": "That is the log of the mean KL; the score is its exponential.",
        "minus": "That is 1 / IS: the sign in the exponent is turned.",
        "sum": "The KLs of the samples are averaged, not added up: the score must not grow with N.",
        "sum, none": "The KLs of the samples are averaged, not added up, and the exponential is "
        "missing.",
        "two": "2 to the power of the mean KL: with natural logarithms it is e.",
    },
)


def rows(seed, n, classes, scale):
    logits = torch.randn(n, classes, generator=torch.Generator().manual_seed(seed))
    return (scale * logits + torch.linspace(0, 1, classes)).softmax(1)


def of_unequal(result) -> str:
    return (
        "With as many rows as classes it was right: p(y) is a mean over dim=0, KL a sum over "
        "dim=1, and then N of them are averaged."
    )


def of_zeros(result) -> str:
    if not math.isfinite(result):
        return (
            "The logarithm of 0 spoils it: 0 log 0 counts as 0. torch.xlogy(p, p) knows, and an "
            "epsilon such as 1e-12 inside the log will do."
        )
    return "Here three classes of five occur, equally often, and each row is sure of its class."


def of_equals(result) -> str:
    return "All rows are alike: nothing varies, and the score is 1, its lowest value."


@exercise(
    why="At least 1, at most K: how many classes it shows, and how surely.",
    hints=(
        "q = p.mean(0) is p(y), of shape (K,). KL of each row: (p * (p / q).log()).sum(1).",
        "Then the mean of the N KLs, then exp. torch.xlogy(p, p) is p log p, and 0 at 0.",
    ),
)
def inception_score(answer):
    """A function of probabilities p (N, K) that returns their Inception score, without splits."""
    mixed = [rows(1, 6, 6, 1.5), rows(2, 10, 10, 2.0), rows(3, 8, 8, 2.5)]
    sure = torch.eye(5)[[0, 2, 3, 0, 2, 3, 3, 2, 0]]
    compare_numbers(
        answer,
        right=score,
        cases=[(f"probabilities of shape {tuple(p.shape)}", (p,)) for p in mixed],
        mistakes=MISTAKES,
        special=(
            ("probabilities of shape (12, 4)", (rows(4, 12, 4, 1.5),), of_unequal),
            ("nine rows, each with a 1 and four 0s,", (sure,), of_zeros),
            ("six rows that are all the same", (mixed[0][:1].repeat(6, 1),), of_equals),
        ),
    )
