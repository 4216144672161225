"""The exercise of the chapter "The game" on the Jensen-Shannon divergence."""

import math

import torch

from ganbook.checks._gan_cases import compare_cases
from ganbook.checks._verdict import NotQuite, exercise, fresh, show

LOG2, LOG4 = math.log(2), math.log(4)


def kl(p, q, dx):
    return torch.where(p > 0, torch.xlogy(p, p) - torch.xlogy(p, q), 0).sum() * dx


def jsd(p, q, dx):
    m = (p + q) / 2
    return (kl(p, m, dx) + kl(q, m, dx)) / 2


def overlap_only(p, q, dx):
    both = (p > 0) & (q > 0)
    m = (p + q) / 2
    inside = p[both], q[both], m[both]
    return (kl(inside[0], inside[2], dx) + kl(inside[1], inside[2], dx)) / 2


def reversed_kl(p, q, dx):
    m = (p + q) / 2
    return (kl(m, p, dx) + kl(m, q, dx)) / 2


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
    (reversed_kl,
     "A mean of KL(m, p) and KL(m, q): the middle comes second, KL(p, m) and KL(q, m)."),
    (lambda p, q, dx: 2 * reversed_kl(p, q, dx),
     "A sum of KL(m, p) and KL(m, q): the middle comes second, and the mean is taken."),
    (lambda p, q, dx: kl((p + q) / 2, p, dx),
     "That is KL(m, p): the middle comes second, and the mean with KL(q, m) is taken."),
    (lambda p, q, dx: kl((p + q) / 2, q, dx),
     "That is KL(m, q): the middle comes second, and the mean with KL(p, m) is taken."),
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
    (overlap_only,
     "Right where both densities are positive; a cell where only one of them is 0 still counts. "
     "Leave out of KL(p, m) the cells where p = 0, and of KL(q, m) those where q = 0."),
)  # fmt: skip


def by_shape(result, args):
    if getattr(result, "shape", None) == args[0].shape:
        return "One number is asked for: that is the integrand; sum it over the grid, times `dx`."
    return ""


@exercise(
    why="This is what a game with a perfect discriminator measures: symmetric, and at most log 2.",
    hints=(
        "m = (p + q) / 2; KL(p, m) is the integral of p log(p / m), here a sum times dx.",
        "Where p = 0, p log(p / m) counts as 0. torch.xlogy(p, p) - torch.xlogy(p, m) is 0 there.",
    ),
)
def jensen_shannon(answer):
    """A function of two densities on a grid of step dx that returns their JSD in nats."""
    x = torch.linspace(-12, 12, 961, dtype=torch.float64)
    bell = torch.distributions.Normal(torch.tensor(0.0, dtype=torch.float64), 1.0)
    p, q = bell.log_prob(x).exp(), bell.log_prob((x - 1) / 1.5).exp() / 1.5
    dx = (x[1] - x[0]).item()
    name = "p = N(0, 1) and q = N(1, 1.5²) on 961 points"
    checked = dict(right=jsd, mistakes=JSD_MISTAKES, notice=by_shape)
    compare_cases(answer, cases=[(name, (p, q, dx))], **checked)
    inside = ((x > -1) & (x < 1)).double()
    box = inside / (inside.sum() * dx)  # its area on this grid is one
    far = torch.roll(box, 160)
    finite_at_zeros(answer, p, box, far, dx)
    apart = "two boxes of width 2, four apart (each 0 where the other is not, both 0 elsewhere)"
    alike = "p = q = N(0, 1) on 961 points"
    cases = [(name, (p, q, dx)), (apart, (box, far, dx)), (alike, (p, p, dx))]
    compare_cases(answer, cases=cases, **checked)


def finite_at_zeros(answer, bell, box, far, dx):
    result = answer(*fresh((box, far, dx)))
    if math.isfinite(float(result)):
        return
    if math.isfinite(float(answer(*fresh((bell, box, dx))))):
        raise NotQuite(
            f"Right where p or q is positive, but {show(result)} where both are 0: there p / m is "
            "0 / 0, and nan. Take torch.xlogy(p, p) - torch.xlogy(p, m), or sum where p > 0 only."
        )
    raise NotQuite(
        f"Right where both densities are positive, but {show(result)} where one of them is 0: "
        "0 log 0 counts as 0, and torch computes nan. Only torch.xlogy(0, 0) is 0; and where both "
        "are 0, p / m is 0 / 0, and nan."
    )
