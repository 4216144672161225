"""Exercises of the chapter "The game" over densities: the best discriminator and the JSD."""

import math

import torch

from ganbook.checks._verdict import NotQuite, compare, exercise, show

LOG2, LOG4 = math.log(2), math.log(4)


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
    compare(answer, right=best, inputs=inputs, mistakes=BEST_MISTAKES)


def kl(p, q, dx):
    return torch.xlogy(p, p / q).nan_to_num().sum() * dx


def jsd(p, q, dx):
    m = (p + q) / 2
    return (kl(p, m, dx) + kl(q, m, dx)) / 2


JSD_MISTAKES = (
    (lambda p, q, dx: 2 * jsd(p, q, dx),
     "Twice too much: the Jensen-Shannon divergence is the mean of the two KLs, not the sum."),
    (lambda p, q, dx: jsd(p, q, dx) / LOG2,
     "That is in bits (log to the base 2); nats use the natural log."),
    (lambda p, q, dx: 2 * jsd(p, q, dx) / LOG2,
     "In bits, and twice too much: natural logs, and the mean of the two KLs."),
    (lambda p, q, dx: jsd(p, q, dx) - LOG2,
     "The middle is m = (p + q) / 2: without the half, every ratio is halved and log 2 is lost."),
    (lambda p, q, dx: jsd(p, q, dx) / LOG2 - 1,
     "In bits, and the middle is m = (p + q) / 2: natural logs, and do not forget the half."),
    (lambda p, q, dx: 2 * jsd(p, q, dx) - LOG4,
     "That is V(D*, G) = 2 JSD - log 4: solve it for the JSD."),
    (lambda p, q, dx: kl(p, (p + q) / 2, dx),
     "That is KL(p, m) alone: the mean with KL(q, m) is what makes it symmetric."),
    (lambda p, q, dx: kl(q, (p + q) / 2, dx),
     "That is KL(q, m) alone: the mean with KL(p, m) is what makes it symmetric."),
    (lambda p, q, dx: kl(p, q, dx),
     "That is KL(p, q): each density is to be compared with the middle, m = (p + q) / 2."),
    (lambda p, q, dx: (kl(p, q, dx) + kl(q, p, dx)) / 2,
     "A mean of KL(p, q) and KL(q, p): each density is to be compared with the middle, m."),
    (lambda p, q, dx: kl(p, q, dx) + kl(q, p, dx),
     "A sum of KL(p, q) and KL(q, p): each density is to be compared with the middle, m."),
    (lambda p, q, dx: jsd(p, q, 1), "The integral is a sum times the width of a cell, `dx`."),
    (lambda p, q, dx: jsd(p, q, 1 / len(p)),
     "A mean over the grid is not an integral: sum, and multiply by `dx`."),
    (lambda p, q, dx: -jsd(p, q, dx),
     "A divergence is never negative: m belongs in the denominator."),
    (lambda p, q, dx: jsd(p, q, dx) ** 0.5,
     "That is its square root, the Jensen-Shannon distance."),
)  # fmt: skip


@exercise(
    why="This is what a game with a perfect discriminator measures: symmetric, and at most log 2.",
    hints=(
        "m = (p + q) / 2; KL(p, m) is the integral of p log(p / m), here a sum times dx.",
        "Where p = 0, p log(p / m) counts as 0, but 0 * log(0) is nan: torch.xlogy knows.",
    ),
)
def jensen_shannon(answer):
    """A function of two densities on a grid of step dx that returns their JSD in nats."""
    x = torch.linspace(-12, 12, 961, dtype=torch.float64)
    bell = torch.distributions.Normal(torch.tensor(0.0, dtype=torch.float64), 1.0)
    p, q = bell.log_prob(x).exp(), bell.log_prob((x - 1) / 1.5).exp() / 1.5
    dx = (x[1] - x[0]).item()
    compare(answer, right=jsd, inputs=[(p, q, dx)], mistakes=JSD_MISTAKES)
    box = 0.5 * ((x > -1) & (x < 1)).double() * 81 / 79  # 79 cells of 1/40: an area of one
    far = torch.roll(box, 160)
    result = answer(box.clone(), far.clone(), dx)
    if not math.isfinite(float(result)):
        raise NotQuite(
            f"Right where both densities are positive, but {show(result)} where one of them is 0: "
            "0 log 0 counts as 0, and torch computes nan. torch.xlogy knows."
        )
    compare(answer, right=jsd, inputs=[(box, far, dx), (p, p, dx)], mistakes=JSD_MISTAKES)
