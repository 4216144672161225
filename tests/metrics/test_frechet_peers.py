"""The Fréchet distance beside torch-fidelity, torchmetrics, scipy: 50 digits say who is right."""

import warnings

import exact
import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch import nn
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torchmetrics.image.fid import FrechetInceptionDistance

from ganbook.metrics.frechet import frechet_distance


class Features(nn.Module):
    """What torchmetrics calls a custom extractor: here the images are the features already."""

    def __init__(self, width):
        super().__init__()
        self.num_features = width

    def forward(self, features):
        return features


def by_torchmetrics(x, y):
    metric = FrechetInceptionDistance(Features(x.shape[1]))
    metric.update(x, real=True)
    metric.update(y, real=False)
    return metric.compute().item()


def by_torch_fidelity(x, y):
    statistics = (fid_features_to_statistics(rows) for rows in (x, y))
    return fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"]


def by_scipy(x, y):
    c, d = (np.cov(rows.double().numpy().T) for rows in (x, y))
    gap = (x.double().mean(0) - y.double().mean(0)).square().sum().item()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the product is singular, where it is
        return gap + np.trace(c + d - 2 * np.real(sqrtm(c @ d)))


PEERS = [by_torchmetrics, by_torch_fidelity, by_scipy]
peers = pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.__name__)


def features(count, width, seed, dtype=torch.float64, rank=None):
    generator = torch.Generator().manual_seed(seed)
    parts = [(count, rank or width), (rank or width, width)]
    rows, mixing = (torch.randn(*p, generator=generator, dtype=dtype) for p in parts)
    return rows @ mixing + seed


def clusters(count, width, seed):
    generator = torch.Generator().manual_seed(seed)
    kinds = torch.randint(4, (count,), generator=generator)
    return 3 * features(4, width, 9)[kinds] + features(count, width, seed)


def error(distance, x, y):
    """The relative error of a function's value."""
    return abs(distance(x, y) / exact.frechet(x, y) - 1)


@peers
@pytest.mark.parametrize("make", [features, clusters])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_all_agree_where_it_is_easy(peer, make, dtype):
    x, y = make(400, 64, 0).to(dtype), make(300, 64, 1).to(dtype)
    assert peer(x, y) == pytest.approx(frechet_distance(x, y), rel=1e-6)


@peers
def test_with_fewer_samples_than_dimensions_ours_is_exact_and_others_lose_half_the_digits(peer):
    x, y = features(6, 24, 0), features(7, 24, 1)
    assert error(frechet_distance, x, y) < 1e-13
    assert 1e-10 < error(peer, x, y) < 1e-6  # roots of eigenvalues that should be zero


@peers
def test_nearly_equal_small_sets_are_right_here_and_percents_off_elsewhere(peer):
    x = features(7, 12, 0)
    y = x + 1e-3 * features(7, 12, 2)
    assert error(frechet_distance, x, y) < 1e-10
    assert error(peer, x, y) > 1e-3


@peers
def test_identical_small_sets_are_at_no_distance_here_and_at_a_negative_one_elsewhere(peer):
    x = features(7, 12, 0)
    assert 0 <= frechet_distance(x, x) < 1e-20
    assert -1e-4 < peer(x, x) < -1e-7


@pytest.mark.parametrize(("peer", "at_least"), [(by_torchmetrics, 1e-7), (by_torch_fidelity, 1e-4)])
def test_features_far_from_zero_cost_others_their_digits(peer, at_least):
    # torchmetrics subtracts squares of sums; torch-fidelity takes the mean in float32.
    x, y = (features(60, 12, seed, torch.float32) + 1e5 for seed in (0, 1))
    assert error(frechet_distance, x, y) < 1e-13
    assert error(peer, x, y) > at_least


@peers
def test_scales_from_small_to_large_are_right_here(peer):
    scales = torch.logspace(-6, 6, 12, dtype=torch.float64)
    x, y = features(60, 12, 0) * scales, features(50, 12, 1) * scales
    assert error(frechet_distance, x, y) < 1e-12
    assert error(peer, x, y) > 1e-11
