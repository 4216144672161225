"""The kernel distance's standard error, against the spread of the distance over new samples."""

import pytest
import torch

from ganbook.metrics.kernel import around_centre, estimate, kernel_distance

REPEATS = 800


def samples(n, m, shift, repeats=REPEATS):
    generator = torch.Generator().manual_seed(0)
    for _ in range(repeats):
        x = torch.randn(n, 3, generator=generator, dtype=torch.float64)
        yield x, torch.randn(m, 3, generator=generator, dtype=torch.float64) + shift


def spread_and_error(n, m, shift, *, repeats=REPEATS, **subsets):
    """What the distance varies by, and the root mean square of the standard errors."""
    results = [
        kernel_distance(x, y, seed=seed, **subsets)
        for seed, (x, y) in enumerate(samples(n, m, shift, repeats))
    ]
    distances, errors = torch.tensor(results, dtype=torch.float64).T
    return distances.std().item(), errors.square().mean().sqrt().item()


@pytest.mark.parametrize(("n", "m", "shift"), [(30, 50, 0.5), (60, 20, 1.0), (25, 25, 1.5)])
def test_it_is_the_spread_where_distributions_differ(n, m, shift):
    spread, error = spread_and_error(n, m, shift)
    assert error == pytest.approx(spread, rel=0.1)


@pytest.mark.parametrize(("n", "m"), [(30, 30), (40, 20)])
def test_it_is_somewhat_large_where_they_do_not(n, m):
    spread, error = spread_and_error(n, m, 0)
    assert spread < error < 1.4 * spread


@pytest.mark.parametrize(("n", "m", "shift"), [(4, 5, 0), (10, 6, 0), (10, 6, 0.5)])
def test_the_variance_is_estimated_without_bias(n, m, shift):
    weights = torch.tensor([4 / n, 4 / m, 2 / (n * (n - 1)), 2 / (m * (m - 1)), 4 / (n * m)])
    distances, variances = [], []
    for x, y in samples(n, m, shift, repeats=3000):
        *points, scale = around_centre(x, y, torch.float64)
        distance, spreads = estimate(*points, degree=1)
        distances.append(distance * scale)
        variances.append(spreads @ weights.double() * scale**2)
    distances, variances = torch.stack(distances), torch.stack(variances)
    squares = (distances - distances.mean()).square() * (3000 / 2999)
    gap = squares - variances
    assert abs(gap.mean()) < 3 * gap.std() / 3000**0.5


@pytest.mark.parametrize("shift", [0.5, 1.0])
def test_with_subsets_it_counts_samples_and_draws(shift):
    spread, error = spread_and_error(60, 50, shift, repeats=400, subsets=5, subset_size=20)
    assert error == pytest.approx(spread, rel=0.12)


def test_what_subsets_vary_by_is_no_measure_of_it():
    naive, distances, errors = [], [], []
    for x, y in samples(60, 50, 1.0, repeats=100):
        draws = dict(subset_size=20)
        drawn = [kernel_distance(x, y, subsets=1, seed=s, **draws).distance for s in range(10)]
        naive.append(torch.tensor(drawn).std() / 10**0.5)  # as if each draw were of new samples
        distance, error = kernel_distance(x, y, subsets=10, **draws)
        distances.append(distance)
        errors.append(error)
    spread = torch.tensor(distances).std()
    assert torch.stack(naive).mean() < 0.7 * spread
    assert torch.tensor(errors).mean() > 0.85 * spread
