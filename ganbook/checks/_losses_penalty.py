"""The exercise of the chapter "Six games" that writes the gradient penalty."""

import torch

from ganbook.checks._evaluation_numbers import compare_numbers
from ganbook.checks._gan_losses import gradients
from ganbook.checks._losses_gradients import (
    PENALTY_MISTAKES,
    Formula,
    called,
    expect_trains,
    images_with_norms,
    penalty,
)
from ganbook.checks._losses_logits import scalar
from ganbook.checks._verdict import NotQuite, exercise, same, show

CASES = [([0.2, 0.6, 2.5, 4.0], (3, 4, 4), 0), ([0.3, 0.5, 0.8], (1, 5, 3), 1)]
DRAWS, MANY = 200, 400


@exercise(
    why="Each sample's own norm, on its own line from fake to real, and a graph to learn from.",
    hints=(
        "ε = torch.rand(B, 1, 1, 1); x = ε real + (1 - ε) fake, and x.requires_grad_(). Then "
        "torch.autograd.grad(critic(x).sum(), x, create_graph=True) gives a tuple of one.",
        "flatten(1) makes the gradients (B, CHW); norm(dim=1) the norms (B,). Then the mean of "
        "(norm - 1)².",
    ),
)
def gradient_penalty(answer):
    """A function of critic, real and fake (B, C, H, W): the gradient penalty, a scalar."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        expect_reproducible(answer)
        expect_formula(answer)
        expect_on_lines(answer)
        expect_one_number_each(answer)
        critic, x = images_with_norms(*CASES[0])
        result = called(answer, critic, x.clone(), x.clone())
    of_weight, _ = gradients(at_real(critic, x, x), list(critic.parameters()))
    right = [of_weight, torch.zeros(())]  # a penalty does not see the bias
    nothing = [torch.zeros_like(weight) for weight in right]
    expect_trains(result, critic, right, without=nothing, name="the penalty")


def expect_reproducible(answer):
    """Raise NotQuite if anything is random where real and fake are the same images."""
    critic, x = images_with_norms(*CASES[0])
    first, second = (scalar(called(answer, critic, x.clone(), x.clone())) for _ in range(2))
    if not same(first, second, 1e-3):
        raise NotQuite(
            f"Where real = fake, x is that image whatever ε is; yet two calls gave {first:.4g} and "
            f"{second:.4g}. x = ε real + (1 - ε) fake: the shares add up to 1, and real i meets "
            "fake i."
        )


def at_real(critic, real, fake, **slip):
    """Return the penalty at the real points, which are the fakes in these cases."""
    x = real.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return penalty(slope, **slip)


def expect_formula(answer):
    """Where real and fake are the same images ε does not matter: the formula alone does."""
    drawn = [(norms, images_with_norms(norms, shape, seed)) for norms, shape, seed in CASES]
    cases = [
        (f"real = fake = images of shape {tuple(x.shape)} where the gradient norms are "
         f"{show(torch.tensor(norms))}", (critic, x, x))
        for norms, (critic, x) in drawn
    ]  # fmt: skip
    mistakes = [
        (lambda critic, real, fake, wrong=wrong: at_real(critic, real, fake, **wrong.keywords),
         message)
        for wrong, message in PENALTY_MISTAKES
    ]  # fmt: skip
    compare_numbers(
        lambda *args: called(answer, *args),
        right=lambda *args: at_real(*args).item(),
        cases=cases,
        mistakes=mistakes,
        read=scalar,
    )


def expect_on_lines(answer):
    """Raise NotQuite unless one pixel, 1 where real and 0 where fake, is met evenly between."""
    critic = Formula(lambda w, x: (w * (2 * x + x.square() / 2)).sum(1), torch.ones(1))
    one = torch.ones(1, 1, 1, 1)
    with_slope = [scalar(called(answer, critic, one.clone(), 0 * one)) for _ in range(DRAWS)]
    places = torch.tensor(with_slope).clamp(min=0).sqrt() - 1  # the slope is 2 + x
    told = "With one pixel, 1 in the real image and 0 in the fake,"
    if (places - places[0]).abs().max() < 1e-3:
        raise NotQuite(f"{told} {always(with_slope[0])}")
    if places.min() < -0.01 or places.max() > 1.01:
        raise NotQuite(
            f"{told} the gradient is taken at {places.min():.2f} and {places.max():.2f}, too: ε is "
            "uniform between 0 and 1, so that x lies between the two."
        )
    if ((places < 1e-3) | (places > 1 - 1e-3)).float().mean() > 0.9:
        raise NotQuite(f"{told} the gradient is taken at 0 or at 1, and never between: draw ε "
                       "with torch.rand.")  # fmt: skip
    expect_straight(answer)
    if not abs(places.mean() - 0.5) < 0.12 or not abs(places.std() - 0.289) < 0.07:
        raise NotQuite(
            f"{told} the gradient is taken at {places.mean():.2f} on average, with a standard "
            f"deviation of {places.std():.2f}; a uniform ε has 0.50 and 0.29."
        )


def always(value) -> str:
    """Say at which points a penalty that never changes was taken."""
    mistakes = (
        (4, "the penalty is always that at 1: you take the gradient at the real points only. Draw "
         "ε, and take it between real and fake."),
        (1, "the penalty is always that at 0: you take the gradient at the fakes only. Draw ε, and "
         "take it between real and fake."),
        (2.25, "the gradient is always taken half-way: ε is drawn, uniform in (0, 1)."),
        (2.5, "the gradient is taken at the real points and at the fakes, never between them."),
        (5, "the gradient is taken at the real points and at the fakes, never between them."),
    )  # fmt: skip
    found = (message for wrong, message in mistakes if same(value, wrong, 1e-3))
    return next(found, "every call takes the same point: draw ε anew each time.")


AXES = {  # x less its mean over these axes vanishes where ε is constant along them
    (2, 3): "from channel to channel",
    (2,): "from column to column",
    (3,): "from row to row",
}


def expect_straight(answer):
    """Raise NotQuite unless all pixels of an image share one ε."""

    def spread(axes):
        def formula(w, x):
            x = x.view(-1, 2, 4, 4)
            off = (x - x.mean(axes, keepdim=True)).flatten(1)
            return (w * x.flatten(1)).sum(1) + 4 * off.square().sum(1)

        return Formula(formula, torch.full((32,), 32**-0.5))

    real = torch.ones(4, 2, 4, 4)
    off = {axes: scalar(called(answer, spread(axes), real.clone(), 0 * real))
           for axes in [(1, 2, 3), *AXES]}  # fmt: skip
    if off[(1, 2, 3)] < 1e-3:
        return
    among = next((where for axes, where in AXES.items() if off[axes] < 1e-3), "from pixel to pixel")
    raise NotQuite(
        f"Where real is 1 and fake 0 in all pixels, x should be one grey, and ε differs {among}: "
        "x has left the line from fake to real. Draw one ε a sample, of shape (B, 1, 1, 1)."
    )


def expect_one_number_each(answer):
    """Raise NotQuite unless every sample of a batch has an ε of its own."""
    critic = Formula(lambda w, x: (w * (2 * x + x.square() / 2)).sum(1), torch.ones(1))
    real = torch.ones(MANY, 1, 1, 1)
    values = [scalar(called(answer, critic, real.clone(), 0 * real)) for _ in range(6)]
    if any(abs(value - 7 / 3) > 0.3 for value in values):  # the mean of (1 + ε)²
        raise NotQuite(
            f"With {MANY} pairs of real and fake the penalty changes from {min(values):.2f} to "
            f"{max(values):.2f} between calls: that is one ε for the whole batch. Draw one a "
            "sample, of shape (B, 1, 1, 1)."
        )
