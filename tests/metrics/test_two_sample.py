import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ganbook.metrics.two_sample import classifier_two_sample


def gaussian(count, seed, width=4, **kind):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=generator, **kind)


@pytest.mark.parametrize("classifier", ["logistic", "neighbours"])
def test_calibrated_where_the_sets_are_equal(classifier):
    """Of 200 p-values one in twenty is below 0.05, and one in two below 0.5, or fewer: 4 sigma."""
    found = [
        classifier_two_sample(gaussian(60, 2 * i), gaussian(90, 2 * i + 1), classifier=classifier)
        for i in range(200)
    ]
    p = torch.tensor([one.p_value for one in found])
    for level in (0.05, 0.5):
        assert (p <= level).sum() <= stats.binom.ppf(1 - 3e-5, 200, level)
        assert (p <= level).sum() >= stats.binom.ppf(3e-5, 200, level * 0.55)  # p is discrete
    covered = sum(one.low <= 0.5 <= one.high for one in found)
    assert covered >= stats.binom.ppf(3e-5, 200, 0.95)


def test_finds_a_difference_of_means():
    found = classifier_two_sample(gaussian(400, 0), gaussian(400, 1) + 0.5)
    assert found.accuracy == pytest.approx(stats.norm.cdf(0.5), abs=0.06)  # the best: |gap| / 2
    assert found.low < stats.norm.cdf(0.5) < found.high
    assert found.p_value < 1e-10
    assert found.count == 400


def test_neighbours_find_what_a_line_cannot():
    x, y = gaussian(400, 0), 3 * gaussian(400, 1)
    assert classifier_two_sample(x, y).accuracy < 0.6
    assert classifier_two_sample(x, y, classifier="neighbours").p_value < 1e-10


def test_the_interval_is_the_exact_one():
    found = classifier_two_sample(gaussian(50, 0), gaussian(50, 1) + 1, level=0.9)
    right = round(found.accuracy * found.count)
    assert stats.binom.sf(right - 1, found.count, found.low) == pytest.approx(0.05)
    assert stats.binom.cdf(right, found.count, found.high) == pytest.approx(0.05)
    assert stats.binom.sf(right - 1, found.count, 0.5) == pytest.approx(found.p_value)


def test_the_larger_set_does_not_tip_the_scale():
    found = classifier_two_sample(gaussian(1000, 0), gaussian(40, 1))
    assert found.count == 40
    assert 0.2 < found.accuracy < 0.8


def test_one_seed_one_answer():
    x, y = gaussian(60, 0, dtype=torch.float64), gaussian(60, 1, dtype=torch.float64)
    assert classifier_two_sample(x, y, seed=3) == classifier_two_sample(x, y, seed=3)
    answers = {classifier_two_sample(x, y, seed=seed).accuracy for seed in range(8)}
    assert len(answers) > 1


def test_constant_columns_and_strides_do_no_harm():
    x = torch.cat([gaussian(40, 0), torch.ones(40, 1)], dim=1)
    y = torch.cat([gaussian(40, 1), torch.ones(40, 1)], dim=1)
    apart = classifier_two_sample(x.T.contiguous().T, y.repeat_interleave(2, 0)[::2])
    assert apart == classifier_two_sample(x, y)


@settings(deadline=None, max_examples=20)
@given(
    st.integers(4, 30),
    st.integers(4, 30),
    st.integers(1, 6),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_any_shape(n, m, width, dtype):
    x = gaussian(n, n, width, dtype=dtype).T.contiguous().T
    y = gaussian(m, m, 2 * width)[:, ::2].requires_grad_()
    found = classifier_two_sample(x, y)
    assert 0 <= found.low <= found.accuracy <= found.high <= 1
    assert 0 < found.p_value <= 1
    assert found.count == 2 * (min(n, m) // 2)


def test_bad_arguments_are_named():
    x = gaussian(10, 0)
    with pytest.raises(ValueError, match="expected x as a floating-point tensor"):
        classifier_two_sample(x.long(), x)
    with pytest.raises(ValueError, match="rows of y to be an integer of at least 4, got 3"):
        classifier_two_sample(x, x[:3])
    with pytest.raises(ValueError, match="expected finite y"):
        classifier_two_sample(x, x / 0)
    with pytest.raises(ValueError, match="expected y"):
        classifier_two_sample(x, x[:, :2])
    with pytest.raises(ValueError, match="expected classifier to be one of"):
        classifier_two_sample(x, x, classifier="forest")
    with pytest.raises(ValueError, match="expected level"):
        classifier_two_sample(x, x, level=1)
