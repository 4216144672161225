"""The exercise of the chapter "Six games" on where the gradient penalty does not look."""

import torch

from ganbook.checks._verdict import NotQuite, exercise, show

PAIRS, STEPS, REACH = 2000, 161, 4.0
LOW, STEEP = 0.01, 10.0


def sides(seed=0):
    """Return real and fake points (2000, 2) in squares of side 1 about (-2, 0) and (2, 0)."""
    g = torch.Generator().manual_seed(seed)
    real, fake = (torch.rand(PAIRS, 2, generator=g) - 0.5 for _ in range(2))
    return real - torch.tensor([2.0, 0.0]), fake + torch.tensor([2.0, 0.0])


def scores(answer, points):
    """Return the answer's scores (N,), and its gradients (N, 2)."""
    points = points.clone().requires_grad_()
    found = answer(points)
    if not isinstance(found, torch.Tensor) or tuple(found.shape) != (len(points),):
        shape = f"one of shape {tuple(found.shape)}" if hasattr(found, "shape") else show(found)
        missing = " Is a `return` missing?" if found is None else ""
        raise NotQuite(
            f"For {len(points)} points a tensor of shape ({len(points)},) was expected, and "
            f"{shape} came.{missing}"
        )
    if not found.isfinite().all():
        raise NotQuite("Some scores are infinite or nan.")
    if not found.requires_grad:
        return found.detach(), torch.zeros_like(points)
    (slopes,) = torch.autograd.grad(found.sum(), points, allow_unused=True)
    return found.detach(), torch.zeros_like(points) if slopes is None else slopes


def steepest(answer) -> tuple[float, list[float]]:
    """Return the largest slope in the square, and where; jumps between grid points count, too."""
    axis = torch.linspace(-REACH, REACH, STEPS)
    grid = torch.cartesian_prod(axis, axis)
    found, slopes = scores(answer, grid)
    sizes = slopes.norm(dim=1).nan_to_num(0.0)
    for across in (0, 1):
        rise = found.double().reshape(STEPS, STEPS).diff(dim=across).abs() / (axis[1] - axis[0])
        padded = torch.zeros(STEPS, STEPS)
        padded[: rise.shape[0], : rise.shape[1]] = rise
        sizes = torch.maximum(sizes, padded.flatten())
    place = sizes.argmax()
    return sizes[place].item(), grid[place].tolist()


@exercise(
    why="The penalty asks along the lines between real and fake; nobody asks elsewhere.",
    hints=(
        "All lines from real to fake stay within |y| <= 0.5. There a critic of slope 1 costs "
        "nothing: -x itself, for instance, which puts reals above fakes.",
        "Add something that is 0 for |y| <= 0.5 and steep beyond: torch.relu(y - 1), many times.",
    ),
)
def blind_spot(answer):
    """A function of points (N, 2): scores (N,) of low penalty, and steep somewhere."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    real, fake = sides()
    share = torch.rand(PAIRS, 1, generator=torch.Generator().manual_seed(1))
    points = share * real + (1 - share) * fake
    norms = scores(answer, points)[1].norm(dim=1)
    penalty = (norms - 1).square().mean().item()
    top, place = steepest(answer)
    where = f"({place[0]:.2f}, {place[1]:.2f})"
    if penalty <= LOW and top > STEEP:
        return
    said = f"The penalty is {penalty:.3g}, and the largest slope {top:.3g}"
    said += f", at {where}." if top > 0 else "."
    raise NotQuite(f"{said} {advice(penalty, norms, top)}")


def advice(penalty, norms, top) -> str:
    if top == 0:
        return "A flat critic costs 1 everywhere: start with one of slope 1."
    if penalty <= LOW:
        return (
            "The penalty is low enough. Now make the critic steep, but away from all lines between "
            "a real point and a fake."
        )
    if norms.max() < 1e-6:
        return "Between real and fake it is flat, and a slope of 0 costs 1: there it should be 1."
    if (norms - norms[0]).abs().max() < 1e-3 and norms[0] <= STEEP:
        return f"Between real and fake its slope is {norms[0]:.3g} everywhere: it should be 1."
    if top > STEEP:
        return "It is steep, but where the penalty looks: keep |y| <= 0.5 for a slope of 1."
    return "Between real and fake the slope should be 1; steep is for elsewhere."
