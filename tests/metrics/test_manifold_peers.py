"""Precision, recall, density and coverage as others compute them, and who is right."""

import pytest
import torch
from prdc import compute_prdc
from torch_fidelity.metric_prc import prc_features_to_metric

from ganbook.metrics.manifold import precision_recall


def random(count, width, seed):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def clustered(count, width, seed):
    centres = 5 * random(6, width, 99)
    return centres[torch.arange(count) % (6 - seed)] + random(count, width, seed)


def by_prdc(real, fake, k):
    found = compute_prdc(real.numpy(), fake.numpy(), k)
    return [float(found[name]) for name in ("precision", "recall", "density", "coverage")]


def by_torch_fidelity(real, fake, k):
    options = dict(prc_neighborhood=k, prc_batch_size=10_000, save_cpu_ram=False, verbose=False)
    found = prc_features_to_metric(fake, real, **options)
    return [found["precision"], found["recall"]]


@pytest.mark.parametrize("make", [random, clustered])
@pytest.mark.parametrize(("n", "m", "width"), [(300, 300, 8), (500, 200, 64), (200, 250, 2)])
@pytest.mark.parametrize("k", [3, 5])
@pytest.mark.parametrize("peer", [by_prdc, by_torch_fidelity])
def test_agreement(make, n, m, width, k, peer):
    real, fake = make(n, width, 0), make(m, width, 1) * 1.05
    theirs = peer(real, fake, k)
    assert precision_recall(real, fake, k=k)[: len(theirs)] == pytest.approx(theirs, abs=1e-5)


def test_identical_points_lie_in_one_another():
    """All at one place: each is at the radius, 0, of the others; prdc, with open balls, finds none.

    The authors of precision and recall use closed balls, as torch-fidelity does.
    """
    x = torch.ones(20, 3)
    assert by_prdc(x, x, 5) == [0, 0, 0, 0]
    assert precision_recall(x, x)[:2] == (1, 1)
    assert by_torch_fidelity(x, x, 5) == [1, 1]


def test_a_generator_of_copies_is_precise():
    """Ten copies of each of ten real rows: these are in balls of radius 0, if closed."""
    real = random(100, 5, 0)
    fake = real[:10].repeat(10, 1)
    ours = precision_recall(real, fake, k=3)
    assert (ours.precision, ours.recall) == (1, 0.1)
    assert by_prdc(real, fake, 3)[1] == 0


def test_far_from_the_origin_differences_decide():
    """Features in float32 with a mean of 1000: squared norms of 1e8 leave squares good to 8 only.

    The distances do not change with the mean, nor do ours; torch-fidelity's results do.
    """
    real, fake = random(400, 64, 0), random(400, 64, 1)
    far = [(rows + 1000) for rows in (real, fake)]
    near = [(rows.double() - 1000).float() for rows in far]  # exact
    ours = precision_recall(*far)
    assert ours == precision_recall(*near)
    assert ours[:2] == pytest.approx(by_torch_fidelity(*near, 5), abs=1e-5)
    assert abs(by_torch_fidelity(*far, 5)[0] - ours.precision) > 0.01
