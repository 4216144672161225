"""The exercise of the CycleGAN chapter that hides a colour where no discriminator sees it."""

import torch

from ganbook.checks._verdict import NotQuite, exercise, show

SEEN, CLOSE, NOISE = 0.01, 0.05, 0.05
REMEMBERS = "F seems to remember what G was given: all that it may know is in its rows."
SLACK = 1e-5  # float32 rounds 0.01 and the form


def images(seed):
    """Return rows (400, 2) of form and colour; each form is there twice."""
    forms, *colours = 2 * torch.rand(3, 200, generator=torch.Generator().manual_seed(seed)) - 1
    return torch.stack([forms.repeat(2), torch.cat(colours)], dim=1)


@exercise(
    why="A cycle loss of 0 proves that nothing is lost, and not that it can be seen.",
    hints=(
        "The colour of G(x) need not be 0: anything within ±0.01 looks like it.",
        "G shrinks the colour a hundredfold, and F enlarges it again.",
    ),
)
def hiding_place(answer):
    """Two functions, G and F, (B, 2) to (B, 2): G hides the colour, and F finds it."""
    if isinstance(answer, dict) and set(answer) == {"G", "F"}:
        answer = answer["G"], answer["F"]
    if not isinstance(answer, tuple | list) or len(answer) != 2 or not all(map(callable, answer)):
        raise NotQuite(f"Two functions, G and F, were expected, and {show(answer)} came.")
    G, F = answer
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        x = images(0)
        y = rows(G(x.clone()), "G", x)
        others = rows(G(images(1)), "G", x)  # so that F cannot remember the last ones
        expect_unseen(x, y, G, F)
        expect_return(x, y, G, F)
        expect_no_memory(x, y, others, F)


def rows(result, name, like):
    """Return what a map gave if it is float32 of the right shape."""
    if result is None:
        raise NotQuite(f"Your {name} returned None: is a `return` missing?")
    if not isinstance(result, torch.Tensor) or result.shape != like.shape:
        raise NotQuite(f"For rows of shape {tuple(like.shape)} {name} should give as many, and "
                       f"{show(result)} came.")  # fmt: skip
    if result.dtype != torch.float32:
        raise NotQuite(f"{name} gives {result.dtype}: images are float32, and there is the room "
                       "that there is.")  # fmt: skip
    if not result.isfinite().all():
        raise NotQuite(f"{name} gives numbers that are not finite.")
    return result.clone()


def expect_unseen(x, y, G, F):
    """Raise NotQuite where the discriminator sees a colour, or a wrong form."""
    form, colour = (y[:, 0] - x[:, 0]).abs().max(), y[:, 1].abs().max()
    if form <= SEEN + SLACK and colour <= SEEN + SLACK:
        return
    back = F(x.clone())
    if (
        isinstance(back, torch.Tensor)
        and back.shape == x.shape
        and (back[:, 1].abs().max() <= SEEN + SLACK)
    ):
        raise NotQuite("Your F takes the colour away, and G does not: have they changed places?")
    if (y[:, 1] - x[:, 0]).abs().max() <= SEEN + SLACK:
        raise NotQuite("Form and colour have changed places: form is column 0.")
    if form > SEEN + SLACK:
        raise NotQuite(f"D_Y sees a form that is wrong by {form:.3g}: only {SEEN} goes unseen.")
    more = " Nothing is hidden." if torch.allclose(y, x, atol=SEEN) else " Make it fainter."
    raise NotQuite(f"D_Y sees colours of up to {colour:.3g}: only {SEEN} goes unseen.{more}")


def expect_return(x, y, G, F):
    """Raise NotQuite unless form and colour come back."""
    back = rows(F(y.clone()), "F", x)
    form, colour = (back - x).abs().amax(0)
    if form <= CLOSE and colour <= CLOSE:
        return
    if (back - images(1)).abs().max() <= CLOSE:
        raise NotQuite(REMEMBERS)
    said = f"D_Y sees nothing, but F(G(x)) is off by up to {form:.3g} in form and {colour:.3g} in "
    said += f"colour, where {CLOSE} is allowed. "
    if form > CLOSE and torch.equal(back[:, 1], y[:, 1]):
        raise NotQuite(said + "F enlarges the form: the colour is column 1.")
    if (y[:, 1] == y[0, 1]).all() and (y[:, 0] - x[:, 0]).abs().max() < 1e-7:
        raise NotQuite(said + "G leaves no trace at all of the colour: all F can do is guess.")
    trace = y[:, 1].abs()
    if (trace > 0.99 * trace.max()).float().mean() > 0.9 and torch.equal(
        y[:, 1].sign(), x[:, 1].sign()
    ):
        raise NotQuite(said + f"G cuts the colour off at ±{trace.max():.3g}: of nearly all there "
                       "is only the sign left. Shrink it instead.")  # fmt: skip
    if torch.allclose(back, y, atol=1e-4):
        raise NotQuite(said + "F changes nothing: it has to enlarge what G has made small.")
    if colour > CLOSE and (back[:, 1] + x[:, 1]).abs().max() <= CLOSE:
        raise NotQuite(said + "The colour comes back with its sign turned.")
    if works_in_double(G, F, x):
        raise NotQuite(said + "In float64 it would come back, but float32 has rounded it away: "
                       "beside a form of 1 its steps are 6e-8, around 0 far finer.")  # fmt: skip
    if torch.corrcoef(torch.stack([back[:, 1], x[:, 1]]))[0, 1] > 0.999:
        ratio = (back[:, 1] * x[:, 1]).sum() / x[:, 1].square().sum()
        raise NotQuite(said + f"The colour comes back {ratio:.3g} times as large: undo exactly "
                       "what G has done.")  # fmt: skip
    raise NotQuite(said.rstrip())


def works_in_double(G, F, x) -> bool:
    try:
        return bool((F(G(x.double())) - x).abs().max() <= CLOSE)
    except Exception:  # what is written for float32 need not
        return False


def expect_no_memory(x, y, others, F):
    """Raise NotQuite where F knows more than what it is given."""
    order = torch.randperm(len(x))[:50]
    again = rows(F(y[order].clone()), "F", y[order])
    noisy = rows(F(y + NOISE * torch.randn_like(y)), "F", y)
    unlike = rows(F(others.clone()), "F", others)
    if (again - x[order]).abs().max() > CLOSE or (unlike - images(1)).abs().max() > CLOSE:
        raise NotQuite("Given some of the same rows in another order, F answers otherwise. "
                       + REMEMBERS)  # fmt: skip
    if (noisy - x)[:, 1].abs().mean() < 0.3:
        raise NotQuite(f"The colour comes back through noise that drowns any trace within "
                       f"±{SEEN}. {REMEMBERS}")  # fmt: skip
