"""The exercise of the VAE chapter that writes the importance-weighted bound."""

import math

import torch

from ganbook.checks._evaluation_numbers import compare_numbers
from ganbook.checks._vae_rows import expect_slopes, listed, rows
from ganbook.checks._verdict import NotQuite, exercise, show

CASES = (
    [[-1.0, 0.5], [-3.0, -0.2], [0.4, -2.0]],
    [[-2.0, -0.5, 0.3, 1.0], [-1.0, 0.7, -0.9, -4.0]],
    [[-0.8, -2.5, 0.1]],
)
FAR = [[-9500.0, -8000.0], [-9502.0, -8010.0], [-9499.0, -8001.0]]


def bound(log_weights):
    """Return the log of the mean weight over (K, B), for each of B samples."""
    return log_weights.logsumexp(0) - math.log(len(log_weights))


BOUND_MISTAKES = [
    (lambda w: w.mean(0), "That is the mean of the logs, the plain ELBO from K draws: the log "
     "belongs outside of the mean, and draws no longer count alike."),
    (lambda w: w.logsumexp(0), "log K is missing: logsumexp is the log of the *sum*, larger by "
     "log K than that of the mean. It would grow with K for ever, past log p(x)."),
    (lambda w: w.logsumexp(0) / len(w), "The log of the sum is divided by K: it is the sum that is "
     "divided, so subtract log K."),
    (lambda w: w.logsumexp(0) + math.log(len(w)), "The sign of log K: the mean is smaller than the "
     "sum."),
    (lambda w: w.logsumexp(0) - math.log(w.shape[1]), "You subtract the log of the batch's size: "
     "K, the number of draws, is `log_weights.shape[0]`."),
    (lambda w: w.logsumexp(0) - len(w), "You subtract K, and not log K."),
    (lambda w: w.logsumexp(0) - math.log2(len(w)), "You subtract log2 K: natural logarithms."),
    (lambda w: w.exp().mean(0), "The log is missing: that is the mean weight itself."),
    (lambda w: w.amax(0), "That is the largest log-weight: its rivals count, too."),
    (lambda w: w.amax(0) - math.log(len(w)), "That keeps the largest weight alone."),
    (lambda w: w.sum(0), "That is the sum of the logs, the log of the product of weights."),
    (lambda w: -bound(w), "The sign is turned: the bound itself was asked for, not a loss."),
    (lambda w: bound(w) / math.log(2), "That is in bits: nats were asked for."),
    (lambda w: (w.softmax(0) * w).sum(0), "That is the mean of the log-weights with the normalised "
     "weights. Take the log of the plain mean of the weights."),
]  # fmt: skip
BOUND_MISTAKES = [(listed(wrong), message) for wrong, message in BOUND_MISTAKES]


@exercise(
    why="A log outside of the mean: the bound tightens with K, and never passes log p(x).",
    hints=(
        "The log stands outside: log((1/K) Σ exp(log w)), over the draws, dim 0.",
        "torch.logsumexp(log_weights, 0) is the log of the *sum*, safely. What makes a mean of it?",
    ),
)
def importance_bound(answer):
    """A function of log-weights (K, B): the importance-weighted bound of each sample, (B,)."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    inputs = [(torch.tensor(case),) for case in CASES]

    def read(log_weights):
        draws, batch = log_weights.shape
        result = answer(log_weights.clone())
        if isinstance(result, torch.Tensor) and result.shape == (draws,) != (batch,):
            raise NotQuite(
                f"For log-weights of shape ({draws}, {batch}), {draws} draws for each of {batch} "
                f"samples, one of shape ({draws},) came: the mean is over the draws, dim 0."
            )
        return rows(result, batch, "Take the mean over the draws, dim 0.")

    cases = [(f"log-weights {show(w)} of shape {tuple(w.shape)}", (w,)) for (w,) in inputs]
    compare_numbers(read, right=listed(bound), cases=cases, mistakes=BOUND_MISTAKES, read=tuple,
                    within=1e-4)  # fmt: skip
    expect_far(read)
    expect_slopes(answer, bound, inputs[0], ("log_weights",))


def expect_far(read):
    """Raise NotQuite unless it is right for the log-weights of images, thousands of nats low."""
    far = torch.tensor(FAR)
    result = read(far)
    for column, (got, want) in enumerate(zip(result, listed(bound)(far), strict=True)):
        if not abs(got - want) < 0.01:
            said = f"Right for small log-weights, but {got:.6g} for {show(far[:, column])}; "
            said += f"{want:.6g} was expected. An image has thousands of nats: "
            said += "exp(-9500) is 0, and log 0 is -inf. "
            raise NotQuite(said + "Take the largest out of the sum first: torch.logsumexp does.")
