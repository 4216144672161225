"""The kernel distance beside torch-fidelity and torchmetrics; 50 digits say who is right."""

import warnings

import exact
import pytest
import torch
from torch import nn
from torch_fidelity.metric_kid import kid_features_to_metric
from torchmetrics.image.kid import KernelInceptionDistance

from ganbook.metrics.kernel import kernel_distance


def by_torchmetrics(x, y, subsets=1, size=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that features are kept in memory
        metric = KernelInceptionDistance(nn.Identity(), subsets=subsets, subset_size=size or len(x))
    metric.update(x, real=True)
    metric.update(y, real=False)
    return metric.compute()[0].item()


def by_torch_fidelity(x, y, subsets=1, size=None):
    arguments = dict(kid_subsets=subsets, kid_subset_size=size or len(x), verbose=False)
    return kid_features_to_metric(x, y, **arguments)["kernel_inception_distance_mean"]


peers = pytest.mark.parametrize("peer", [by_torchmetrics, by_torch_fidelity])


def clouds(count, width, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=generator, dtype=torch.float64) + seed / 10


def clusters(count, width, seed):
    generator = torch.Generator().manual_seed(seed)
    kinds = torch.randint(4 + seed, (count,), generator=generator)
    return clouds(9, width, 9)[kinds] + clouds(count, width, seed) / 5


@peers
@pytest.mark.parametrize("make", [clouds, clusters])
@pytest.mark.parametrize(("dtype", "digits"), [(torch.float32, 1e-5), (torch.float64, 1e-11)])
def test_all_pairs_agree(peer, make, dtype, digits):
    x, y = make(300, 64, 0).to(dtype), make(300, 64, 1).to(dtype)
    distance = kernel_distance(x, y).distance
    assert distance == pytest.approx(peer(x, y), rel=digits, abs=digits)
    assert distance > 100 * digits


@peers
def test_subsets_agree_within_their_errors(peer):
    torch.manual_seed(0)  # torchmetrics draws from the global generator
    x, y = clouds(300, 64, 0), clouds(300, 64, 2)
    ours = kernel_distance(x, y, subsets=30, subset_size=100)
    assert ours.distance == pytest.approx(peer(x, y, 30, 100), abs=3 * ours.standard_error)


@peers
def test_float32_features_far_from_zero_are_right_here_and_lost_elsewhere(peer):
    x, y = (clouds(30, 8, seed).float() + 1000 for seed in (0, 1))
    value = exact.kernel(x, y)
    assert kernel_distance(x, y).distance == pytest.approx(value, rel=1e-7)
    assert abs(peer(x, y) / value - 1) > 1e-2
