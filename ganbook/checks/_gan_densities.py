"""The exercise of the chapter "The game" on the best discriminator."""

import torch

from ganbook.checks._verdict import compare, exercise


def best(p, q, share):
    return share * p / (share * p + (1 - share) * q)


BEST_MISTAKES = (
    (lambda p, q, share: p / (p + q), "That is right for equal shares only: where is `share`?"),
    (lambda p, q, share: 1 - best(p, q, share), "That is the probability of being fake."),
    (lambda p, q, share: q / (p + q), "That is the probability of being fake, at equal shares."),
    (lambda p, q, share: best(p, q, 1 - share), "The two shares have changed places."),
    (lambda p, q, share: share * p / ((1 - share) * q),
     "That is the odds, real to fake; D = odds / (1 + odds)."),
    (lambda p, q, share: p / q,
     "That is the ratio of densities; a probability was asked for, and `share` is missing."),
    (lambda p, q, share: torch.log(share * p / ((1 - share) * q)),
     "That is the logit; D is its sigmoid."),
    (lambda p, q, share: torch.log(p / q),
     "That is the logit at equal shares; D is a sigmoid, and `share` is missing."),
    (lambda p, q, share: share * p / (p + q),
     "The shares must weigh both densities in the denominator, too."),
    (lambda p, q, share: share * p / (share * p + q),
     "q has a share as well: (1 - share) q in the denominator."),
    (lambda p, q, share: p / (share * p + (1 - share) * q),
     "The share must weigh p in the numerator, too: D runs from 0 to 1."),
    (lambda p, q, share: share * p / (share * p - (1 - share) * q),
     "The sign in the denominator: s p (1 - D) = (1 - s) q D gives s p = (s p + (1 - s) q) D."),
    (lambda p, q, share: share * p,
     "Set the derivative of share p log D + (1 - share) q log(1 - D) to zero."),
)  # fmt: skip


@exercise(
    why="A discriminator fed three fakes for each real sample learns this, not p / (p + q).",
    hints=(
        "At one x, maximise share p log D + (1 - share) q log(1 - D) over D alone.",
        "share p / D = (1 - share) q / (1 - D): solve for D. At share = 1/2 it must be GAN.3.",
    ),
)
def best_discriminator(answer):
    """A function of p(x), q(x) and the share of real samples that returns the best D(x)."""
    p, q = torch.tensor([0.4, 0.1, 0.3]), torch.tensor([0.4, 0.3, 0.0001])
    inputs = [(p, q, 0.25), (p, q, 0.9), (p, q, 0.5)]
    answer = pointwise(answer) if callable(answer) else answer
    compare(answer, right=best, inputs=inputs, mistakes=BEST_MISTAKES)


def pointwise(answer):
    """Give the answer one point at a time where it cannot take tensors."""

    def at_points(p, q, share):
        try:
            return answer(p, q, share)
        except (TypeError, ValueError, RuntimeError):
            pairs = zip(p.tolist(), q.tolist(), strict=True)
            return [float(answer(a, b, share)) for a, b in pairs]

    return at_points
