import pytest
import torch

from ganbook.metrics.modes import coverage
from ganbook.procedural import ring, ring_centres


def test_hand_counted_case():
    centres = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    samples = torch.tensor([[0.0, 0.1], [0.0, -0.1], [1.0, 0.29], [0.5, 0.5], [9.0, 9.0]])
    assert coverage(samples, centres, std=0.1) == (2, 0.6)


def test_the_data_itself_covers_everything():
    samples = ring(4000, generator=torch.Generator().manual_seed(0))
    covered, quality = coverage(samples, ring_centres(), std=0.05)
    assert covered == 8
    assert quality == pytest.approx(1 - torch.tensor(-4.5).exp().item(), abs=0.006)  # 2-D, 3 sigma


def test_a_collapsed_and_a_lost_generator():
    assert coverage(ring_centres()[:1].repeat(50, 1), ring_centres(), std=0.05) == (1, 1.0)
    assert coverage(torch.zeros(50, 2), ring_centres(), std=0.05) == (0, 0.0)


def test_bad_arguments_are_named():
    points = torch.zeros(3, 2)
    with pytest.raises(ValueError, match="expected samples"):
        coverage(points[0], points, std=1)
    with pytest.raises(ValueError, match=r"expected centres .*\(K, 2\), got float32 \(3, 1\)"):
        coverage(points, points[:, :1], std=1)
    with pytest.raises(ValueError, match="expected std > 0, got 0"):
        coverage(points, points, std=0)
