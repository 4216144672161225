"""What is mistaken for Poisson blending in the style chapter's exercise."""

import torch

STEPS = (1, 2, 5, 10, 20, 30)  # of the iteration that is stopped too early
SHIFTS = ((1, 0), (-1, 0), (0, 1), (0, -1))


def around(x):
    """Return the sum over the four neighbours of each pixel of (H, W)."""
    return sum(x.roll(shift, (0, 1)) for shift in SHIFTS)


def inner(mask):
    """Return the pixels of a mask whose four neighbours are in it as well."""
    return mask & (around(mask.int()) == 4)


def ring(mask):
    """Return the pixels outside a mask that have a neighbour in it."""
    return ~mask & (around(mask.int()) > 0)


def iterated(source, target, mask, *, steps, start="target"):
    """Set each pixel inside to the mean of its neighbours and a quarter of the Laplacian."""
    lap = 4 * source - around(source)
    x = torch.where(mask, source, target) if start == "source" else target.clone()
    for _ in range(steps):
        x = torch.where(mask, (around(x) + lap) / 4, x)
    return x


def shrunken(source, target, mask):
    return iterated(source, target, inner(mask), steps=400)


def clamped(low):
    return lambda s, t, m: iterated(s, t, m, steps=400).clamp(low, 1)


def eight(source, target, mask):
    def all_round(x):
        return around(x) + sum(x.roll(d, (0, 1)) for d in ((1, 1), (1, -1), (-1, 1), (-1, -1)))

    lap = 8 * source - all_round(source)
    x = target.clone()
    for _ in range(400):
        x = torch.where(mask, (all_round(x) + lap) / 8, x)
    return x


def shifted(where):
    def wrong(s, t, m):
        place = where(m)
        return torch.where(m, s + (t - s)[place].mean(), t)

    return wrong


def moments(s, t, m):
    a, b = s[m], t[m]
    return torch.where(m, (s - a.mean()) / a.std() * b.std() + b.mean(), t)


SOON = "It is stopped too early: after {} rounds the level of the rim has not reached the middle. "
SOON += "Go on until nothing moves, or solve at once."
PASTES = [
    (lambda s, t, m: torch.where(m, s, t), "That is a plain paste: the source's pixels, in place "
     "of its gradients, and a seam around them."),
    (lambda s, t, m: t, "That is the target as it came: nothing is pasted."),
    (lambda s, t, m: s, "That is the source as it came."),
    (lambda s, t, m: torch.where(m, t, s), "The mask is turned round: True is where the source is "
     "pasted."),
    (lambda s, t, m: torch.where(m, (s + t) / 2, t), "That is alpha blending: a mean of pixels, "
     "and no gradients."),
    (lambda s, t, m: iterated(t, s, m, steps=400), "Source and target are exchanged."),
    (lambda s, t, m: torch.where(m, iterated(s, t, ~m, steps=400), s), "The mask is turned round."),
    (shrunken, "The outermost pixels inside the mask are held at the target's: the boundary is the "
     "ring outside it."),
    (eight, "Eight neighbours are taken: four were asked for."),
    (shifted(lambda m: m), "One number is added to the whole source, so that the means are equal: "
     "that matches a moment. What is added differs from pixel to pixel."),
    (shifted(ring), "One number is added to the whole source, the mean difference around it: "
     "that fits the seam on average, and not along it."),
    (moments, "That matches mean and deviation inside the mask: gradients were asked for."),
    (clamped(0), "Right, but clamped to [0, 1]."),
    (clamped(-1), "Right, but clamped to [-1, 1]."),
    *((lambda s, t, m, n=n, start=start: iterated(s, t, m, steps=n, start=start), SOON.format(n))
      for n in STEPS for start in ("target", "source")),
]  # fmt: skip
