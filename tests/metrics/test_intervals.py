import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ganbook.metrics.frechet import frechet_distance
from ganbook.metrics.intervals import bootstrap, difference, halves, interval


def mean(x):
    return x.mean().item()


def gaussian(count, width, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=generator, dtype=torch.float64)


def test_of_a_mean_it_is_that_of_the_textbook():
    x = gaussian(400, 1, 0) ** 2
    found = bootstrap(mean, x, samples=4000)
    error = x.std().item() / 20
    assert found.value == x.mean()
    assert found.low == pytest.approx(found.value - 1.96 * error, abs=0.1 * error)
    assert found.high == pytest.approx(found.value + 1.96 * error, abs=0.1 * error)


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_level(level):
    x = gaussian(100, 1, 0)
    low, high = bootstrap(mean, x, level=level, samples=4000)[1:]
    half = stats.norm.ppf((1 + level) / 2) * x.std().item() / 10
    assert (high - low) / 2 == pytest.approx(half, rel=0.05)


def test_a_bias_of_one_over_n_is_removed_or_kept():
    def biased(x):
        return x.mean().item() + 30 / len(x)

    x = gaussian(200, 1, 0)
    plain, removed = bootstrap(mean, x), bootstrap(biased, x)
    kept = bootstrap(biased, x, remove_bias=False)
    assert removed[1:] == pytest.approx(plain[1:], abs=1e-9)
    assert kept[1:] == pytest.approx([end + 0.15 for end in plain[1:]], abs=0.02)
    assert removed.value == kept.value == biased(x)


def test_half_the_variance_at_half_size_on_average():
    """Exactly so for any metric, as halves are independent: here for the square of a mean."""
    truth = torch.tensor([mean(gaussian(10, 1, seed)) ** 2 for seed in range(4000)]).var() / 2
    found = []
    for seed in range(1000):
        x, generator = gaussian(20, 1, 10_000 + seed), torch.Generator().manual_seed(seed)
        a, b = (mean(half) ** 2 for (half,) in halves((x,), generator))
        found.append(((a - b) / 2) ** 2)
    found = torch.tensor(found)
    assert found.mean() == pytest.approx(truth.item(), abs=5 * found.std().item() / 1000**0.5)


@pytest.mark.parametrize(("likeness", "share"), [(-1, 1.0), (0, 0.5), (0.5, 0.25)])
def test_the_spread_is_that_of_differences_of_halves(likeness, share):
    """Their part of the variance is all if A moves against B, and half if they do not care."""
    a, other = gaussian(2000, 1, 0), gaussian(2000, 1, 1)
    b = likeness * a + (1 - likeness**2) ** 0.5 * other
    value = torch.zeros((), dtype=torch.float64)
    low, high = interval(value, torch.cat([a, b], 1), 0.95, remove_bias=False)
    assert (high - low).item() / 2 == pytest.approx(1.96 * share**0.5, rel=0.05)


def test_a_skew_is_kept():
    """Of the square of a mean near 0: it may be much more, and hardly less."""
    x = gaussian(400, 1, 3)
    x = x - x.mean() + 0.1  # two standard errors from 0
    found = bootstrap(lambda x: mean(x) ** 2, x, samples=4000)
    assert found.high - found.value > 1.5 * (found.value - found.low)


def test_halves_share_no_row_and_sets_are_halved_apart():
    x, y = torch.arange(10), torch.arange(7)
    first, second = halves((x, y), torch.Generator().manual_seed(0))
    assert sorted(first[0].tolist() + second[0].tolist()) == list(range(10))
    assert [len(part) for part in (*first, *second)] == [5, 3, 5, 3]
    assert len({*first[1].tolist(), *second[1].tolist()}) == 6
    both = [next(halves((x, x), torch.Generator().manual_seed(s))) for s in range(5)]
    assert any(not torch.equal(a.sort().values, b.sort().values) for a, b in both)


def test_several_numbers_at_once():
    def two(x, y):
        return mean(x), mean(x) - mean(y)

    x, y = gaussian(60, 2, 0), gaussian(50, 2, 1)
    found = bootstrap(two, x, y)
    assert len(found) == 2
    assert found[0] == pytest.approx(bootstrap(lambda x, y: mean(x), x, y), rel=1e-12)
    assert found[1] == pytest.approx(bootstrap(lambda x, y: mean(x) - mean(y), x, y), rel=1e-12)


def test_seeded_and_deterministic():
    x, y = gaussian(30, 2, 0), gaussian(40, 2, 1)
    assert bootstrap(frechet_distance, x, y, samples=40) == bootstrap(
        frechet_distance, x, y, samples=40
    )
    others = [bootstrap(frechet_distance, x, y, samples=40, seed=seed) for seed in (0, 1)]
    assert others[0] != others[1]


def test_a_metric_without_spread_has_a_point_for_an_interval():
    assert bootstrap(lambda x: 3.0, gaussian(9, 1, 0)) == (3, 3, 3)


def test_which_model_is_better():
    real, a, b = gaussian(300, 4, 0), gaussian(300, 4, 1) * 1.3, gaussian(300, 4, 2) * 1.05
    found = difference(frechet_distance, real, a, b, samples=100)
    assert found.value == frechet_distance(real, a) - frechet_distance(real, b)
    assert found.low > 0
    same = difference(frechet_distance, real, a, gaussian(300, 4, 3) * 1.3, samples=100)
    assert same.low < 0 < same.high


def test_pairs_are_drawn_together():
    """b is a, moved a little: paired, the difference hardly varies; unpaired, it does."""
    real, a = gaussian(200, 3, 0), gaussian(200, 3, 1)
    b = a + 0.01 * gaussian(200, 3, 2)
    widths = []
    for paired in (True, False):
        found = difference(frechet_distance, real, a, b, paired=paired, samples=100)
        widths.append(found.high - found.low)
    assert widths[0] < 0.2 * widths[1]


@settings(deadline=None, max_examples=20)
@given(
    st.integers(4, 30),
    st.integers(4, 30),
    st.sampled_from([(), (3,), (2, 2)]),
    st.booleans(),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_any_shape(n, m, shape, keep, dtype):
    x, y = torch.rand(n, *shape, dtype=dtype), torch.randint(9, (m, *shape))
    metric = [lambda x, y: x.mean() - y.double().mean(), lambda x, y: x.sum() / len(x)]
    for one in metric:
        found = bootstrap(one, x, y, samples=40, remove_bias=not keep)
        assert found.value == pytest.approx(one(x, y).item())
        assert found.low <= found.high


def test_bad_arguments_are_named():
    x = gaussian(9, 1, 0)
    with pytest.raises(ValueError, match="expected samples to be an integer of at least 40"):
        bootstrap(mean, x, samples=3)
    with pytest.raises(ValueError, match="rows of each set to be an integer of at least 4, got 3"):
        bootstrap(mean, x, x[:3])
    with pytest.raises(ValueError, match="expected number of sets"):
        bootstrap(mean)
    with pytest.raises(ValueError, match="expected level"):
        bootstrap(mean, x, level=95)
    with pytest.raises(ValueError, match="expected seed"):
        bootstrap(mean, x, seed=-1)
    with pytest.raises(ValueError, match="expected a metric that is finite"):
        bootstrap(lambda x: float("nan") if len(x) < 9 else 1.0, x)
    with pytest.raises(ValueError, match="expected as many rows in b as in a, 9, got 8"):
        difference(frechet_distance, x, x, x[1:], paired=True)
