"""The exercise of the chapter "Stability" that finds the largest singular value of a matrix."""

import torch

from ganbook.checks._verdict import NotQuite, exercise, recognise, same, show

STEPS = 300  # enough to arrive


def right(weight, u, steps):
    return torch.linalg.matrix_norm(weight, 2)


def rounds(weight, u, steps):
    for _ in range(steps):
        v = weight.T @ u
        v = v / v.norm()
        u = weight @ v
        u = u / u.norm()
    return u @ weight @ v


def one_sided(weight, u, steps):
    for _ in range(steps):
        u = weight @ u
        u = u / u.norm()
    return u @ weight @ u


def second(weight, u, steps):
    return torch.linalg.svdvals(weight)[1]


MISTAKES = (
    (lambda w, u, steps: right(w, u, steps) ** 2, "That is σ²: W Wᵀ has the squares of the "
     "singular values. Take uᵀ W v, or the root."),
    (lambda w, u, steps: w.norm(), "That is the Frobenius norm, the root of the sum of *all* "
     "squared singular values: too large, and the layer would be bound too tightly."),
    (lambda w, u, steps: w.square().sum(), "That is the squared Frobenius norm, the sum of all "
     "squared singular values."),
    (lambda w, u, steps: w.abs().max(), "That is the largest number of W; what a matrix stretches "
     "most is a direction, not an axis."),
    (lambda w, u, steps: w.abs().sum(1).max(), "That is the largest row sum, the norm for vectors "
     "measured by their largest number."),
    (lambda w, u, steps: w.abs().sum(0).max(), "That is the largest column sum, the norm for "
     "vectors measured by the sum of their numbers."),
    (lambda w, u, steps: w.norm(dim=1).max(), "That is the longest row: what W stretches most need "
     "not be a row."),
    (lambda w, u, steps: w.norm(dim=0).max(), "That is the longest column: what W stretches most "
     "need not be an axis."),
    (second, "That is the second singular value."),
    (lambda w, u, steps: torch.linalg.svdvals(w)[-1], "That is the smallest singular value."),
    (lambda w, u, steps: 1 / right(w, u, steps), "That is 1/σ: σ was asked for, not the factor."),
    (lambda w, u, steps: w / right(w, u, steps), "That is the normalised matrix, W/σ; return σ."),
)  # fmt: skip


def cases():
    """Return pairs (description, (weight, u)): wide, tall, square, small and large."""
    g = torch.Generator().manual_seed(0)
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]])  # its eigenvalues are imaginary
    square = torch.tensor([[1.0, 8.0], [0.0, 1.0]])  # eigenvalues 1, singular values 8.12, 0.12
    made = {
        "a matrix (3, 7)": spaced(3, 7, g),
        "a matrix (6, 4)": spaced(6, 4, g),
        "the shear [[1, 8], [0, 1]]": square,
        "the quarter turn [[0, -3], [1, 0]]": turn * torch.tensor([[3.0], [1.0]]),
        "a matrix (4, 4) of small numbers": spaced(4, 4, g) * 1e-3,
        "a matrix (4, 4) of large numbers": spaced(4, 4, g) * 1e3,
    }
    return [(name, (w, torch.randn(len(w), generator=g))) for name, w in made.items()]


def spaced(rows, columns, g):
    """Return a matrix whose singular values are 2, 1, 1/2, …"""
    u, _, v = torch.linalg.svd(torch.randn(rows, columns, generator=g), full_matrices=False)
    return u * 2 / 2 ** torch.arange(u.shape[1]) @ v


@exercise(
    why="One such step a training step is enough: the weights, and so u and v, move slowly.",
    hints=(
        "v = Wᵀ u, made as long as 1; u = W v, made as long as 1; and again.",
        "In the end σ = uᵀ W v: `u @ weight @ v`.",
    ),
)
def spectral_norm(answer):
    """A function of weight (O, I), u (O,) and steps: its largest singular value, by rounds."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    inputs = [(w, u, STEPS) for _, (w, u) in cases()]
    told = [name for name, _ in cases()]
    results = [run(answer, name, args) for name, args in zip(told, inputs, strict=True)]
    for name, args, result in zip(told, inputs, results, strict=True):
        want = right(*args)
        scale = want.item()
        if not same(torch.as_tensor(result) / scale, want / scale, 1e-3):
            raise NotQuite(
                f"For {name} and {STEPS} steps it returned {show(result)}; {want.item():.4g} was "
                f"expected. {named(results, inputs, result)}".rstrip()
            )
    expect_slope(answer)
    expect_rounds(answer)


def run(answer, name, args):
    """Return the result as a tensor; explain an error about shapes."""
    try:
        result = answer(*(a.clone() if isinstance(a, torch.Tensor) else a for a in args))
    except RuntimeError as error:
        said = f"For {name} your code raised RuntimeError: {error}."
        if "size mismatch" in str(error) or "shape" in str(error):
            said += " Is a transposition missing? v = Wᵀ u has I numbers, and u = W v has O."
        raise NotQuite(said) from None
    try:
        return torch.as_tensor(result)
    except (TypeError, ValueError, RuntimeError):
        raise NotQuite(f"For {name} one number was expected, and {show(result)} came.") from None


def named(results, inputs, result) -> str:
    """Return what the wrong results look like."""
    if result.numel() == 1 and (not result.isfinite() or result.abs() in (0, 1)):
        return (
            "Without normalisation u and v grow, or shrink, by σ² in each round: divide each by "
            "its norm."
        )
    if result.ndim == 1 and result.numel() == 1:
        return "One number was asked for, a scalar."
    scaled = [r / right(*a) for r, a in zip(results, inputs, strict=True)]
    unit = [(w / right(w, u, s), u, s) for w, u, s in inputs]
    message = recognise(results, inputs, MISTAKES, 2e-3) or recognise(scaled, unit, MISTAKES, 2e-3)
    if message:
        return message
    square = [i for i, (w, *_) in enumerate(inputs) if w.shape[0] == w.shape[1]]
    if all(close(results[i], one_sided(*inputs[i])) for i in square):
        return "Multiplying by W alone, without Wᵀ, finds eigenvalues; singular values are wanted."
    return ""


def close(a, b, within=1e-2) -> bool:
    return a.numel() == 1 and same(a.reshape(()) / b, torch.ones(()), within)


def expect_slope(answer):
    """Raise NotQuite unless the gradient by the weight is u vᵀ."""
    g = torch.Generator().manual_seed(1)
    weight = spaced(4, 3, g).requires_grad_()
    sigma = answer(weight, torch.randn(4, generator=g), STEPS)
    if not isinstance(sigma, torch.Tensor) or not sigma.requires_grad:
        raise NotQuite(
            "The value is right, but no gradient reaches the weight: no `.item()`, and only the "
            "rounds, not the last uᵀ W v, under torch.no_grad()."
        )
    (slope,) = torch.autograd.grad(sigma.sum(), weight)
    u, _, v = torch.linalg.svd(weight.detach(), full_matrices=False)
    if not same(slope, torch.outer(u[:, 0], v[0]), 1e-2):
        raise NotQuite("The value is right, but its gradient by the weight is not u vᵀ.")


def expect_rounds(answer):
    """Raise NotQuite unless a few rounds from the given u give what they should."""
    for steps, (name, (weight, u)) in zip((1, 2, 3), cases(), strict=False):
        result, want = run(answer, name, (weight, u, steps)), rounds(weight, u, steps)
        if close(result, want, 1e-4):
            continue
        said = (
            f"With many rounds the value is right. But for {name}, its u and steps={steps} it "
            f"returned {show(result)}; {want.item():.4g} was expected."
        )
        if close(result, right(weight, u, steps), 1e-4):
            said += " That is σ itself: do just the rounds asked for, from the u that is given."
        elif any(close(result, rounds(weight, u, n), 1e-4) for n in (steps + 1, steps + 2)):
            said += " There is a round too many."
        elif steps > 1 and close(result, rounds(weight, u, steps - 1), 1e-4):
            said += " There is a round too few."
        else:
            said += " Do the rounds start from the u that is given?"
        raise NotQuite(said)
