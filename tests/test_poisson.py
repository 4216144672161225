import time

import pytest
import torch

from ganbook import poisson


def dense(right, inside):
    """Solve by an explicit matrix, pixel by pixel: what the solver is held to."""
    index = {tuple(place): i for i, place in enumerate(inside.nonzero().tolist())}
    matrix = torch.zeros(len(index), len(index), dtype=torch.float64)
    for (y, x), i in index.items():
        matrix[i, i] = 4
        for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if near in index:
                matrix[i, index[near]] = -1
    u = torch.zeros_like(right)
    u[:, inside] = torch.linalg.solve(matrix, right[:, inside].T).T
    return u


def random_right(channels, height, width, seed=0):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(channels, height, width, generator=random, dtype=torch.float64)


def a_mask(kind, height, width):
    random = torch.Generator().manual_seed(height * width)
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return dict(
        full=torch.ones(height, width, dtype=torch.bool),
        speckle=torch.rand(height, width, generator=random) < 0.6,
        hole=(y - height // 2).abs() + (x - width // 2).abs() > 2,
        pieces=(x % 5 < 3) & (y % 7 < 5),
        line=y == height // 2,
    )[kind]


KINDS = ("full", "speckle", "hole", "pieces", "line")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (8, 8), (7, 13), (33, 18), (20, 41)])
def test_it_equals_a_dense_solution(kind, height, width):
    right, inside = random_right(3, height, width), a_mask(kind, height, width)
    found = poisson.solve(right, inside)
    torch.testing.assert_close(found, dense(right, inside), rtol=0, atol=1e-6)
    assert (found[:, ~inside] == 0).all()


def test_a_solution_known_in_closed_form():
    """A product of sines is an eigenvector of the discrete Laplacian on a rectangle."""
    height, width = 31, 50
    y = torch.arange(1, height + 1, dtype=torch.float64) * torch.pi / (height + 1)
    x = torch.arange(1, width + 1, dtype=torch.float64) * torch.pi / (width + 1)
    u = (torch.sin(2 * y)[:, None] * torch.sin(3 * x))[None]
    value = 4 - 2 * torch.cos(2 * y[:1]) - 2 * torch.cos(3 * x[:1])
    found = poisson.solve(value * u, torch.ones(height, width, dtype=torch.bool))
    torch.testing.assert_close(found, u, rtol=0, atol=1e-9)


def test_zero_stays_zero_also_beside_a_channel_that_is_not():
    right = random_right(2, 9, 9)
    right[0] = 0
    inside = torch.ones(9, 9, dtype=torch.bool)
    found = poisson.solve(right, inside)
    assert (found[0] == 0).all()
    torch.testing.assert_close(found[1:], dense(right[1:], inside), rtol=0, atol=1e-9)


def test_the_transfers_between_grids_are_transposes():
    """Else the preconditioner were not symmetric, and conjugate gradients would not be valid."""
    for height, width in ((8, 8), (7, 12), (9, 5)):
        fine, mask = random_right(1, height, width), torch.ones(height, width).double()
        small = torch.ones(height // 2, width // 2).double()
        coarse = random_right(1, height // 2, width // 2, seed=1)
        one = (poisson.coarser(fine, small) * coarse).sum()
        other = (fine * poisson.finer(coarse, mask)).sum()
        assert one.item() == pytest.approx(other.item(), rel=1e-12)


def test_a_cycle_is_symmetric_and_positive():
    masks = poisson.pyramid(a_mask("hole", 9, 11).double())
    a, b = (random_right(1, 9, 11, seed) * masks[0] for seed in (0, 1))
    one, other = poisson.cycle(a, masks), poisson.cycle(b, masks)
    assert (one * b).sum().item() == pytest.approx((a * other).sum().item(), rel=1e-10)
    assert (one * a).sum() > 0


@pytest.mark.parametrize("size", [32, 128, 512])
def test_the_number_of_steps_hardly_grows_with_the_image(size):
    poisson.solve(random_right(1, size, size), torch.ones(size, size, dtype=torch.bool), most=40)


def test_it_says_when_it_has_not_arrived():
    with pytest.raises(RuntimeError, match="in 1 steps"):
        poisson.solve(random_right(1, 40, 40), torch.ones(40, 40, dtype=torch.bool), most=1)


def test_a_large_region_takes_seconds_not_minutes():
    """A coarse guard; the time itself is measured by benchmarks/style.py."""
    began = time.process_time()
    poisson.solve(random_right(3, 510, 510), torch.ones(510, 510, dtype=torch.bool))
    assert time.process_time() - began < 20
