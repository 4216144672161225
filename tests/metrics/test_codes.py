import math

import pytest
import torch

from ganbook import metrics


def test_perplexity_counts_codes_that_are_used_alike():
    for used in (1, 3, 8):
        indices = torch.arange(24).view(2, 3, 4) % used
        assert metrics.perplexity(indices, 8) == pytest.approx(used, rel=1e-12)
        assert metrics.code_usage(indices, 8) == pytest.approx(used / 8)


def test_perplexity_of_uneven_use():
    indices = torch.tensor([0, 0, 0, 1])
    expected = math.exp(-0.75 * math.log(0.75) - 0.25 * math.log(0.25))
    assert metrics.perplexity(indices, 128) == pytest.approx(expected, rel=1e-12)
    assert metrics.code_usage(indices, 128) == 2 / 128


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64])
def test_any_integers_will_do(dtype):
    indices = torch.randint(200, (50, 4, 4)).to(dtype)
    assert metrics.perplexity(indices, 256) == metrics.perplexity(indices.long(), 256)


def test_of_few_indices_it_is_too_low_by_what_the_docstring_says():
    random = torch.Generator().manual_seed(0)
    found = [
        math.log(metrics.perplexity(torch.randint(32, (2000,), generator=random), 32))
        for _ in range(200)
    ]
    bias = math.log(32) - sum(found) / len(found)
    assert bias == pytest.approx(31 / 2 / 2000, rel=0.1)


@pytest.mark.parametrize("metric", [metrics.perplexity, metrics.code_usage])
@pytest.mark.parametrize(
    ("indices", "codes", "message"),
    [
        (torch.tensor([4]), 4, "integers from 0 to 3, got 4 to 4"),
        (torch.tensor([-1, 2]), 4, "got -1 to 2"),
        (torch.tensor([0.0]), 4, "got torch.float32"),
        (torch.tensor([True]), 4, "got torch.bool"),
        ([0, 1], 4, "got list"),
        (torch.tensor([], dtype=torch.int64), 4, "number of indices to be an integer"),
        (torch.tensor([0]), 0, "codes to be an integer of at least 1, got 0"),
    ],
)
def test_bad_arguments_are_named(metric, indices, codes, message):
    with pytest.raises(ValueError, match=message):
        metric(indices, codes)
