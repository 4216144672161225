import math
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_fidelity.metric_isc import isc_features_to_metric
from torchmetrics.image.inception import InceptionScore

from ganbook.metrics.inception import inception_score


def logits(count, classes, seed, scale=2.0):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(count, classes, generator=generator, dtype=torch.float64)


def clustered(count, classes, seed):
    return logits(count, classes, seed) + 9 * torch.eye(classes)[torch.arange(count) % classes]


@pytest.mark.parametrize("make", [logits, clustered])
@pytest.mark.parametrize("splits", [1, 4, 10])
def test_against_torch_fidelity(make, splits):
    x = make(203, 7, 0)
    peer = isc_features_to_metric(x, splits=splits, shuffle=False)
    score = inception_score(x.softmax(1), splits=splits)
    assert score.mean == pytest.approx(peer["inception_score_mean"], abs=1e-5)
    assert score.std == pytest.approx(peer["inception_score_std"], abs=1e-5)


@pytest.mark.parametrize("make", [logits, clustered])
def test_against_torchmetrics(make):
    x = make(200, 7, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its memory, and of the deviation of one part
        peer = InceptionScore(feature=torch.nn.Identity(), splits=1)
        peer.update(x)
        theirs = peer.compute()[0].item()
    assert inception_score(x.softmax(1)).mean == pytest.approx(theirs, abs=1e-5)


def test_sure_and_varied_is_the_number_of_classes():
    assert inception_score(torch.eye(10).repeat(5, 1)).mean == pytest.approx(10)


def test_all_alike_is_one():
    assert inception_score(torch.tensor([[0.2, 0.8, 0.0]]).repeat(9, 1)) == (pytest.approx(1), 0)
    assert inception_score(torch.eye(3)[:1].repeat(9, 1)) == (1, 0)


def test_two_rows_by_hand():
    p = torch.tensor([[1.0, 0.0], [0.5, 0.5]], dtype=torch.float64)  # mean 3/4, 1/4
    one, two = math.log(4 / 3), (math.log(2 / 3) + math.log(2)) / 2
    assert inception_score(p).mean == pytest.approx(math.exp((one + two) / 2), rel=1e-12)


def test_splits_are_consecutive_parts():
    p = torch.cat([torch.eye(4), torch.eye(4)[:1].repeat(4, 1)])  # scores 4 and 1
    assert inception_score(p, splits=2) == (pytest.approx(2.5), pytest.approx(1.5))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), st.integers(1, 12), st.sampled_from([torch.float32, torch.float64]))
def test_lies_between_one_and_the_number_of_classes(count, classes, dtype):
    p = logits(count, classes, count).softmax(1).to(dtype).T.contiguous().T
    assert not p.is_contiguous() or 1 in p.shape
    score = inception_score(p)
    assert 1 - 1e-6 <= score.mean <= classes + 1e-6
    assert score.std == 0


def test_bad_probabilities_are_named():
    p = torch.eye(3)
    with pytest.raises(ValueError, match="expected probabilities as a floating-point tensor"):
        inception_score(p.long())
    with pytest.raises(ValueError, match="expected finite probabilities"):
        inception_score(p / 0)
    with pytest.raises(ValueError, match="expected probabilities"):
        inception_score(p[:0])
    with pytest.raises(ValueError, match="sum to 1, got a minimum of 0 and a sum that is off by 1"):
        inception_score(2 * p)
    with pytest.raises(ValueError, match="got a minimum of -1 "):
        inception_score(torch.tensor([[-1.0, 2.0]]))
    with pytest.raises(ValueError, match="expected splits to be an integer from 1 to 3, got 4"):
        inception_score(p, splits=4)
