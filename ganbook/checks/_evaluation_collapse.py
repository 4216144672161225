"""The exercise of the chapter "Judging generators" that fools precision and recall at once."""

import torch

from ganbook.checks._evaluation_balls import distances, inside, radii, share
from ganbook.checks._evaluation_numbers import tensor
from ganbook.checks._verdict import NotQuite, exercise, show
from ganbook.procedural import ring

COUNT, K = 500, 5


def real_sets():
    """Return pairs (description, 400 real samples): a leaning cloud, and a far-off ring."""
    g = torch.Generator().manual_seed(0)
    cloud = torch.randn(400, 2, generator=g) @ torch.tensor([[2.0, 1.0], [0.0, 0.5]]) - 3
    return [("a cloud", cloud), ("a ring of eight clouds", 30 * ring(400, generator=g) + 100)]


def scores(real, fake) -> tuple[float, float, float]:
    """Return precision, recall and coverage."""
    coverage = inside(real, fake, K).any(0).double().mean().item()
    return share(real, fake, K), share(fake, real, K), coverage


def as_fakes(result):
    fake = tensor(result)
    if fake is None or not hasattr(result, "__len__"):
        raise NotQuite(f"A tensor ({COUNT}, 2) of fakes was expected, and {show(result)} came.")
    if fake.shape != (COUNT, 2) or fake.is_complex():
        came = f"{'complex ' * fake.is_complex()}{tuple(fake.shape)}"
        raise NotQuite(f"Fakes of shape ({COUNT}, 2) were expected, and {came} came.")
    fake = fake.double()
    if not fake.isfinite().all():
        raise NotQuite("Some of the fakes are infinite or nan: far away is far enough.")
    if fake.abs().max() > 1e9:
        raise NotQuite("Some fakes are beyond 1e9, where distances lose digits: 1e6 is far, too.")
    return fake


@exercise(
    why="Each outlier owns a huge ball. Coverage draws balls about the real samples only.",
    hints=(
        "A ball reaches to the 5th nearest fake. How large is that of a lonely fake, far away?",
        "Let all but one fake be the leftmost real sample, and put the last one far to the right.",
    ),
)
def unseen_collapse(answer):
    """A function of real (N, 2) that returns (500, 2) fakes: collapsed, and none the worse."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    for name, real in real_sets():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            fake = as_fakes(answer(real.clone()))
        precision, recall, coverage = scores(real, fake)
        if precision >= 0.99 and recall >= 0.99 and coverage <= 0.05:
            continue
        raise NotQuite(
            f"For {name}: precision {precision:.3f}, recall {recall:.3f}, coverage {coverage:.3f}. "
            + diagnosis(real, fake, precision, recall, coverage)
        )


def diagnosis(real, fake, precision, recall, coverage) -> str:
    """Say which of the three numbers is wrong, and why."""
    width = (real.amax(0) - real.amin(0)).norm()
    nearest = distances(fake, real).min(1).values
    if precision < 0.99 and nearest.gt(width).all():
        return "All fakes are far away. Most must lie within a ball about a real sample."
    if precision < 0.99:
        strays = round((1 - precision) * COUNT)
        return f"{strays} fakes lie outside all balls about real samples; 5 of {COUNT} may."
    if recall < 0.99 and coverage <= 0.05 and radii(fake, K).max() > width / 4:
        return (
            "A lonely fake's ball ends where its nearest fakes are. What lies behind them, seen "
            "from there? If the ball's edge curves through the data, move the lonely fake farther "
            "away: the edge of a huge ball is nearly a straight line."
        )
    if recall < 0.99 and len(fake.unique(dim=0)) <= K and coverage <= 0.05:
        return (
            "Fakes that are all alike have balls of radius 0, which hold nothing: so far, recall "
            "sees the collapse."
        )
    if recall < 0.99 and coverage <= 0.05:
        return "Fakes that crowd in one place have small balls: so far, recall sees the collapse."
    if coverage > 0.5 and nearest.max() < 1e-3 * width:
        return "Those are the real samples over again: no collapse, as coverage says."
    if coverage > 0.05 and recall >= 0.99:
        return "That is no collapse: fakes lie in many of the balls about real samples."
    return "They lie in many places, as coverage says, and their balls do not hold all the real."
