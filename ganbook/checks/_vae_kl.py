"""The exercise of the VAE chapter that writes the Kullback-Leibler term."""

import math

import torch

from ganbook.checks._evaluation_numbers import compare_numbers, slips
from ganbook.checks._vae_rows import expect_slopes, listed, rows
from ganbook.checks._verdict import NotQuite, exercise, same, show

CASES = (
    ([[1.0, -0.5], [0.0, 2.0], [0.3, 0.0]], [[0.0, -1.0], [0.7, -2.0], [1.2, 0.4]]),
    ([[0.5, -1.5, 0.2], [2.0, 0.1, -0.7]], [[-3.0, 0.5, -0.6], [0.9, -0.2, -1.4]]),
    ([[0.0, 0.0, 0.0, 0.0]], [[-0.8, -0.8, 0.6, 1.1]]),
)
NARROW = ([[0.5, -1.0], [0.0, 3.0]], [[-30.0, -25.0], [4.0, -40.0]])

WIDTHS = {  # what stands for var, and for log var
    "var": lambda v: (v.exp(), v),
    "std": lambda v: ((v / 2).exp(), v),
    "std twice": lambda v: ((v / 2).exp(), v / 2),
    "log std": lambda v: ((2 * v).exp(), 2 * v),
    "var squared": lambda v: ((2 * v).exp(), v),
    "no exp": lambda v: (v, v),
    "half log": lambda v: (v.exp(), v / 2),
    "log of log": lambda v: (v.exp(), v.abs().log()),
    "as variance": lambda v: (v, v.log()),
    "as std": lambda v: (v**2, (v**2).log()),
}
SQUARES = {"square": torch.square, "plain": lambda m: m, "none": torch.zeros_like, "size": abs}
SIGNS = {  # of var, mean squared, one and log var
    "right": (1, 1, -1, -1),
    "log": (1, 1, -1, 1),
    "mean": (1, -1, -1, -1),
    "var": (-1, 1, -1, -1),
    "var and mean": (-1, -1, -1, -1),
    "plus one": (1, 1, 1, -1),
    "no one": (1, 1, 0, -1),
    "no log": (1, 1, -1, 0),
    "no var": (0, 1, -1, -1),
}
WHOLE = {"half": 0.5, "one": 1.0, "minus half": -0.5, "minus one": -1.0, "bits": 0.5 / math.log(2)}


def kl(mean, log_var, *, width="var", square="square", signs="right", whole="half", over="sum"):
    """Return KL(N(mean, exp log_var) || N(0, I)) of (B, Z) in nats, (B,), or with slips."""
    var, log = WIDTHS[width](log_var)
    terms = (var, SQUARES[square](mean), torch.ones_like(var), log)
    total = WHOLE[whole] * sum(s * term for s, term in zip(SIGNS[signs], terms, strict=True))
    return total.sum(1) if over == "sum" else total.mean(1)


REVERSED = "That is KL(N(0, I) ‖ q), the other way round: the mean is taken under q, of log q - "
REVERSED += "log p."
STD = "`exp(log_var / 2)` is the standard deviation: the term wants the variance, `log_var.exp()`."
TWICE = "`log_var` is taken for the log of the standard deviation: `log_var.exp()` is the variance."
OVER = "That is the mean over the latents: they are independent, and their nats add up. With the "
OVER += "mean, the term is Z times too small: a silent β."
KL_MISTAKES = [
    (lambda m, v: (0.5 * (v + (1 + m**2) * (-v).exp() - 1)).sum(1), REVERSED),
    (lambda m, v: (0.5 * (v.exp() + m**2 + math.log(2 * math.pi))).sum(1),
     "That is the cross-entropy, -E log p(z): a KL is that less the entropy of q."),
    (lambda m, v: (0.5 * (v + 1 + math.log(2 * math.pi))).sum(1),
     "That is the entropy of q: the KL is the cross-entropy less it."),
    (lambda m, v: (0.5 * m**2).sum(1), "That is right for variances of 1 only."),
    *slips(
        kl,
        whole={
            "half": "",
            "one": "The half is missing.",
            "minus half": "The sign of the whole is wrong: a KL is never negative. Descending this "
            "drives q away from the prior, without end.",
            "minus one": "The sign of the whole is wrong, and the half is missing: a KL is never "
            "negative.",
            "bits": "That is in bits: the logarithm is the natural one.",
        },
        over={"sum": "", "mean": OVER},
        width={
            "var": "",
            "std": STD,
            "std twice": STD + " And `log_var` is its log as it stands.",
            "log std": TWICE,
            "var squared": TWICE,
            "no exp": "`log_var` stands where its exponential, the variance, belongs.",
            "half log": "log var is `log_var` as it stands: you halve it.",
            "log of log": "`log_var` is a log already: no further log.",
            "as variance": "`log_var` is taken for the variance itself: that is its exponential.",
            "as std": "`log_var` is taken for σ itself: σ is exp(log_var / 2).",
        },
        square={
            "square": "",
            "plain": "The mean is not squared.",
            "none": "The mean's term is missing: q may lie anywhere, for nothing.",
            "size": "That is |mean|: its square belongs there.",
        },
        signs={
            "right": "",
            "log": "The sign of log_var: narrow posteriors (log_var → -∞) cost more, not less.",
            "mean": "The sign of mean²: far means cost more.",
            "var": "The sign of exp(log_var): wide posteriors cost more.",
            "var and mean": "The signs of mean² and exp(log_var): inside the bracket of "
            "-½ (1 + log_var - mean² - exp(log_var)) they differ from log_var's.",
            "plus one": "The 1 has the wrong sign: q = N(0, I) must cost 0.",
            "no one": "The -1 is missing: q = N(0, I) must cost 0.",
            "no log": "The term of log_var is missing: the least would be at variance 0.",
            "no var": "The term exp(log_var) is missing: variances could grow for nothing.",
        },
    ),
]  # fmt: skip
KL_MISTAKES = [(listed(wrong), message) for wrong, message in KL_MISTAKES]


@exercise(
    why="Every latent is charged for where it stands and how narrow it is, and the nats add up.",
    hints=(
        "Per latent: ½ (var + mean² - 1 - log var), with var = exp(log_var).",
        "At mean 0 and log_var 0 it is 0; at mean 2 and log_var 0 it is 2. Sum over dim 1.",
    ),
)
def gaussian_kl(answer):
    """A function of mean and log_var (B, Z): KL(q || N(0, I)) in nats of each sample, (B,)."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    inputs = [tuple(map(torch.tensor, case)) for case in CASES]
    for mean, log_var in inputs:
        expect_one_each(answer, mean, log_var)
    cases = [(f"mean {show(m)} and log_var {show(v)}", (m, v)) for m, v in inputs]
    read = lambda mean, log_var: rows(answer(mean, log_var), len(mean), "")  # noqa: E731
    compare_numbers(read, right=listed(kl), cases=cases, mistakes=KL_MISTAKES, read=tuple,
                    within=1e-4)  # fmt: skip
    expect_narrow(read)
    expect_slopes(answer, kl, inputs[1], ("mean", "log_var"))


def expect_one_each(answer, mean, log_var):
    """Raise NotQuite unless there is one number a sample, the same in two calls."""
    batch, latents = mean.shape
    copies = mean.clone(), log_var.clone()
    result = answer(*copies)
    if not (torch.equal(copies[0], mean) and torch.equal(copies[1], log_var)):
        raise NotQuite(
            "Your function changed its inputs, which the decoder still needs: work on new tensors, "
            "`mean.square()` and not `mean.pow_(2)`, `a = a + b` and not `a += b`."
        )
    if isinstance(result, torch.Tensor) and result.numel() == 1 < batch:
        raise NotQuite(
            f"For a batch of {batch} the one number {result.item():.4g} came"
            f"{which(result, mean, log_var)}: one a sample, ({batch},), was asked for."
        )
    if isinstance(result, torch.Tensor) and result.shape == (latents,) != (batch,):
        raise NotQuite(
            f"For mean and log_var of shape ({batch}, {latents}) a tensor of shape ({latents},) "
            "came: the batch was summed. Sum over the latents, dim 1."
        )
    again = answer(mean.clone(), log_var.clone())
    first, second = (rows(x, batch, "Sum over the latents.") for x in (result, again))
    if not same(first, second, 1e-6):
        raise NotQuite("Two calls gave two results: no samples are needed, there is a closed form.")


def which(result, mean, log_var) -> str:
    """Say of one number what of the batch it is."""
    each = kl(mean, log_var)
    known = (
        (each.mean(), ", the mean over the batch"),
        (each.sum(), ", the sum over batch and latents"),
        (each.mean() / mean.shape[1], ", the mean over batch and latents"),
    )
    return next((said for value, said in known if same(result.reshape(()), value, 1e-4)), "")


def expect_narrow(read):
    """Raise NotQuite unless it is right for very narrow and for wide posteriors as well."""
    mean, log_var = map(torch.tensor, NARROW)
    result, want = read(mean.clone(), log_var.clone()), listed(kl)(mean, log_var)
    if not same(result, want, 1e-3):
        raise NotQuite(
            f"Right for moderate log_var, but for mean {show(mean)} and log_var {show(log_var)} it "
            f"is {show(result)}; {show(want)} was expected. Is there an epsilon or a clamp? The "
            "log of the variance is `log_var` itself."
        )
