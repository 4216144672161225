"""The exercise of the CycleGAN chapter that sends noisy translations back."""

import torch

from ganbook.checks._evaluation_numbers import one_number, tensor
from ganbook.checks._verdict import NotQuite, exercise, show

SIGMAS = (0.3, 0.2, 0.0)  # falling: noise that adds up would show
SHAPE = (40, 1, 24, 24)
CLOSE = 0.06  # of two means of 23040 sizes: chance makes 1 or 2 %


def hiding():
    """Return maps where G hides what F needs in faint differences, and images x."""
    x = images(70)
    return lambda x: 0.9 + 0.01 * x, lambda y: 80 * (y - 0.9), x


def honest():
    """Return maps that lose a tenth on the way, and images x."""
    x = images(71)
    return lambda x: 0.8 * x + 0.1, lambda y: 1.125 * (y - 0.1), x


def images(seed):
    """Return images; noise drawn with the same seed would be correlated with them."""
    return 2 * torch.rand(SHAPE, generator=torch.Generator().manual_seed(seed)) - 1


PAIRS = ((hiding, "a pair of maps that hides images in faint differences"),
         (honest, "a pair of maps that hides nothing"))  # fmt: skip


def trip(G, F, x, sigma, *, noise=torch.randn_like, before=0.0, after=0.0, clamp=False):
    """Return F(G(x) + sigma noise), or with noise of that size before or after the trip."""
    y = G(x + before * torch.randn_like(x))
    y = y + sigma * noise(y)
    return F(y.clamp(-1, 1) if clamp else y) + after * torch.randn_like(x)


def error(G, F, x, s):
    return (trip(G, F, x, s) - x).abs().mean()


def added_up(s):
    """Return the standard deviation where the noise of all sigmas before is kept."""
    return sum(t**2 for t in SIGMAS[: SIGMAS.index(s) + 1]) ** 0.5


MISTAKES = (
    (lambda G, F, x, s: (trip(G, F, x, 0, before=s) - x).abs().mean(),
     "Noise is added to x, before it is translated: add it to the translation G(x)."),
    (lambda G, F, x, s: (trip(G, F, x, 0, after=s) - x).abs().mean(),
     "Noise is added to what came back: add it to the translation, before F."),
    (lambda G, F, x, s: (trip(G, F, x, 0) - x).abs().mean(),
     "It does not depend on sigma: is noise added to the translation?"),
    (lambda G, F, x, s: error(G, F, x, added_up(s)),
     "The noise adds up: that of the sigmas before is still in it. Begin with G(x) for each."),
    (lambda G, F, x, s: (trip(G, F, x, 0, before=added_up(s)) - x).abs().mean(),
     "Noise is added to x, before it is translated, and adds up from sigma to sigma: add it to "
     "G(x), and begin with that for each."),
    (lambda G, F, x, s: (trip(G, F, x, s) - x).square().mean(),
     "Those are mean squares: the mean absolute difference was asked for."),
    (lambda G, F, x, s: (trip(G, F, x, s) - x).square().mean().sqrt(),
     "Those are roots of mean squares: the mean absolute difference was asked for."),
    (lambda G, F, x, s: (trip(G, F, x, s) - F(G(x))).abs().mean(),
     "That compares with the return trip without noise: compare with x."),
    (lambda G, F, x, s: (trip(G, F, x, s) - G(x)).abs().mean(),
     "That compares with the translation G(x): compare with x."),
    (lambda G, F, x, s: (G(x) + s * torch.randn_like(x) - x).abs().mean(),
     "The translation is compared with x: F has to bring it back first."),
    (lambda G, F, x, s: (s * torch.randn_like(x)).abs().mean(),
     "That is the noise alone: send it back with F, and compare with x."),
    (lambda G, F, x, s: (trip(G, F, x, s**2) - x).abs().mean(),
     "The noise has the standard deviation sigma², and not sigma."),
    (lambda G, F, x, s: (trip(G, F, x, s**0.5) - x).abs().mean(),
     "The noise has the variance sigma: multiply the normal numbers by sigma itself."),
    (lambda G, F, x, s: (trip(G, F, x, s, noise=torch.rand_like) - x).abs().mean(),
     "The noise is uniform on [0, 1]: a normal one was asked for, torch.randn_like."),
    (lambda G, F, x, s: (trip(G, F, x, 2 * s, noise=lambda y: torch.rand_like(y) - 0.5) - x)
     .abs().mean(), "The noise is uniform: a normal one was asked for, torch.randn_like."),
    (lambda G, F, x, s: (trip(G, F, x, 1) - x).abs().mean(),
     "The noise has a standard deviation of 1, whatever sigma is."),
    (lambda G, F, x, s: (trip(G, F, x, s, clamp=True) - x).abs().mean(),
     "The noisy translation is clamped: that takes a part of the noise away."),
    (lambda G, F, x, s: (trip(F, G, x, s) - x).abs().mean(),
     "The maps are in the wrong order: G translates x, and F brings it back."),
    (lambda G, F, x, s: (trip(G, F, x, s) - x).abs().sum(), "Those are sums: take means."),
    (lambda G, F, x, s: (trip(G, F, x, s) - x).abs().sum() / len(x),
     "Those are sums over the pixels: take the mean over all numbers."),
)  # fmt: skip


@exercise(
    why="What is in the image survives a little noise; what is hidden faintly, pixel by pixel, "
    "does not.",
    hints=(
        "y = G(x) once; then for each sigma: y + sigma * torch.randn_like(y), and F.",
        "[(F(y + s * torch.randn_like(y)) - x).abs().mean() for s in sigmas]",
    ),
)
def return_errors(answer):
    """A function of G, F, x and sigmas: the mean absolute error of each noisy return trip."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        for make, told in PAIRS:
            expect_errors(answer, make, told)


def expect_errors(answer, make, told):
    """Raise NotQuite unless the errors of a pair of maps are as large as noise makes them."""
    G, F, x = make()
    sent = []

    def watched(y):
        sent.append(y.clone())
        return F(y)

    given = errors_of(answer(G, watched, x.clone(), list(SIGMAS)))
    wanted = [error(G, F, x, s).item() for s in SIGMAS]
    noise = [(y - G(x)) for y in sent if y.shape == x.shape]
    if any(n.std() > 1e-4 and n.flatten(1).std(1).max() < 1e-4 for n in noise):
        raise NotQuite("The noise is one number for a whole image: draw one for every pixel, "
                       "torch.randn_like.")  # fmt: skip
    if any(n.std() > 1e-4 and n.std(0).max() < 1e-4 for n in noise):
        raise NotQuite("All images have the same noise: draw one for every image.")
    if any(n.abs().max() > 1e-3 and n.std() < 1e-4 for n in noise):
        raise NotQuite("All pixels of all images move by the same number: that is no noise. Draw "
                       "one for each, torch.randn_like.")  # fmt: skip
    if all(abs(got) < 0.1 * want for got, want in zip(given, wanted, strict=True)):
        raise NotQuite(f"For {told} all errors are near 0. Do differences of both signs cancel? "
                       "Take the mean of their sizes.")  # fmt: skip
    for sigma, got, want in zip(SIGMAS, given, wanted, strict=True):
        if not near(got, want):
            found = (
                message
                for wrong, message in MISTAKES
                if all(near(a, wrong(G, F, x, s)) for a, s in zip(given, SIGMAS, strict=True))
            )
            raise NotQuite(f"For {told}, sigma={sigma:g} gives {got:.4g}; about {want:.4g} was "
                           f"expected. {next(found, '')}".rstrip())  # fmt: skip


def near(a, b) -> bool:
    return abs(float(a) - float(b)) <= CLOSE * abs(float(b)) + 1e-3


def errors_of(result) -> list[float]:
    """Return a result as one number for each sigma."""
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, tuple | list) and len(result) == len(SIGMAS):
        return [one_number(part) for part in result]
    held = tensor(result)
    if held is None or held.numel() != len(SIGMAS) or held.ndim != 1:
        raise NotQuite(f"For {len(SIGMAS)} sigmas {len(SIGMAS)} numbers were expected, and "
                       f"{show(result)} came.")  # fmt: skip
    return [one_number(part) for part in held]
