"""The exercise of the VAE chapter that mixes two factors without the likelihood noticing."""

import math

import torch

from ganbook.checks._verdict import NotQuite, exercise, same, show

ROWS, BINS = 20_000, 20
GAP = 0.1
STEP = 0.005
ANGLES = torch.arange(8) * math.pi / 8


@exercise(
    why="Both give every image the same density: no likelihood can tell which has the factors.",
    hints=(
        "Which maps leave the cloud of N(0, I) as it is? It has no directions of its own.",
        "A turn. By which angle does each new latent hold as much of one factor as of the other?",
    ),
)
def mix(answer):
    """A map of latents (N, 2), row by row, that keeps N(0, I) and leaves no factor by itself."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        z = torch.randn(ROWS, 2, generator=torch.Generator().manual_seed(1))
        u = mapped(answer, z)
        expect_a_map(answer, z, u)
        expect_normal(u)
        expect_density(answer, z[:2000])
    gap, shares = information_gap(u, z)
    if gap > GAP:
        raise NotQuite(f"N(0, I) is kept. {still_apart(gap, shares)}")


def mapped(answer, z):
    u = answer(z.clone())
    if u is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    if not isinstance(u, torch.Tensor) or u.shape != z.shape or u.is_complex():
        raise NotQuite(f"For z of shape {tuple(z.shape)} a tensor of that shape was expected, and "
                       f"{show(u)} came.")  # fmt: skip
    u = u.detach().float()
    if not u.isfinite().all():
        raise NotQuite(f"{int((~u.isfinite()).any(1).sum())} of {len(u)} rows are not finite.")
    return u


def expect_a_map(answer, z, u):
    """Raise NotQuite unless each row depends on its own z alone, and on nothing random."""
    if not same(mapped(answer, z), u, 1e-4):
        raise NotQuite("Two calls gave two results for the same z: a map draws nothing, or the "
                       "decoder could not undo it.")  # fmt: skip
    if not same(mapped(answer, z[:7]), u[:7], 1e-4):
        raise NotQuite("Seven rows by themselves are mapped elsewhere than among others: each row "
                       "goes its way alone. Is a statistic of the batch used?")  # fmt: skip


def expect_normal(u):
    """Raise NotQuite unless the rows of u look like N(0, I)."""
    mean, std = u.mean(0), u.std(0)
    linked = torch.corrcoef(u.T)[0, 1] if (std > 1e-6).all() else torch.ones(())
    kept = "The prior must stay N(0, I), or samples and the KL change."
    if mean.abs().max() > 0.05:
        raise NotQuite(f"z from N(0, I) becomes a cloud with the mean {show(mean)}. {kept}")
    if (std - 1).abs().max() > 0.04:
        raise NotQuite(f"z from N(0, I) becomes a cloud with the standard deviations {show(std)}. "
                       f"{kept} {by_factor(std)}".rstrip())  # fmt: skip
    if linked.abs() > 0.04:
        raise NotQuite(f"z from N(0, I) becomes a cloud whose two latents are correlated, by "
                       f"{linked:.2f}. {kept} A shear does that.")  # fmt: skip
    normal = torch.distributions.Normal(0.0, 1.0)
    even = (torch.arange(len(u)) + 0.5) / len(u)
    for angle in ANGLES:
        along = (u[:, 0] * angle.cos() + u[:, 1] * angle.sin()).sort().values
        gap = (normal.cdf(along) - even).abs().max()
        if gap > 2.2 / len(u) ** 0.5:
            raise NotQuite(
                f"Mean and covariance are kept, but in the direction of {math.degrees(angle):.0f} "
                f"degrees the cloud is not normal (its distribution function is off by {gap:.3f}). "
                f"{kept}"
            )


def by_factor(std) -> str:
    if same(std, torch.full((2,), 2**0.5), 0.04):
        return "Divide by the square root of 2: sum and difference have the variance 2."
    return ""


def expect_density(answer, z):
    """Raise NotQuite unless p(f(z)) |det f'(z)| = p(z), as where an invertible f keeps p."""
    steps = torch.eye(2) * STEP
    columns = [(mapped(answer, z + h) - mapped(answer, z - h)) / (2 * STEP) for h in steps]
    jacobian = torch.stack(columns, dim=2)
    change = (z.square() - mapped(answer, z).square()).sum(1) / 2
    off = (change.exp() * torch.linalg.det(jacobian).abs() - 1).abs()
    if (off > 0.5).float().mean() > 0.3:
        raise NotQuite(
            "The cloud as a whole is kept, but not point by point: the map folds it, or puts "
            "several z in one place, and no decoder can undo that. A turn can be undone."
        )


def information_gap(u, z):
    """Return the mean gap between the two latents' information on a factor, and their shares.

    Shares (2, 2) of latents by factors, each factor in 20 equally likely classes: mutual
    information divided by log 20.
    """

    def classes(x):
        return (x.argsort(0).argsort(0) * BINS).div(len(x), rounding_mode="floor")

    a, b = classes(u), classes(z)
    shares = torch.zeros(2, 2)
    for i in range(2):
        for j in range(2):
            table = torch.bincount(a[:, i] * BINS + b[:, j], minlength=BINS**2).double() / len(u)
            shares[i, j] = (table * (table * BINS**2).clamp(min=1e-12).log()).sum() / math.log(BINS)
    return (shares[0] - shares[1]).abs().mean().item(), shares


def still_apart(gap, shares) -> str:
    said = f"But the gap is {gap:.2f}, and at most {GAP} was asked for"
    if shares.amax(0).min() > 0.95:
        return (
            f"{said}: each factor still has a latent of its own. Exchanged, mirrored or bent, but "
            "not mixed."
        )
    return f"{said}: each factor is still held by one latent more than by the other."
