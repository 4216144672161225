import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ganbook.metrics.neighbours import few, mann_whitney, memorisation_test


def three_sets(seed, train=200, test=150, fake=180, width=5):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(count, width, generator=generator) for count in (train, test, fake)]


def with_copies(share, seed=0, blur=0.01):
    train, test, fake = three_sets(seed)
    count = round(share * len(fake))
    fake[:count] = train[:count] + blur * fake[:count]
    return memorisation_test(train, test, fake)


def test_calibrated_on_fresh_samples():
    """Of 300 p-values one in twenty is below 0.05, and one in two below 0.5: within 4 sigma."""
    found = [memorisation_test(*three_sets(seed)) for seed in range(300)]
    p, rare = (torch.tensor([getattr(f, n) for f in found]) for n in ("p_value", "copies_p_value"))
    for level in (0.05, 0.5):
        low, high = stats.binom.ppf([3e-5, 1 - 3e-5], 300, level)
        assert low <= (p <= level).sum() <= high
        assert (rare <= level).sum() <= high  # counts of few rows are coarse, so p is large
    assert (rare <= 0.05).sum() >= 3
    assert torch.tensor([f.closer for f in found]).mean() == pytest.approx(0.5, abs=0.01)


def test_more_copies_are_more_certain():
    doses = [with_copies(share) for share in (0, 0.05, 0.1, 0.2, 0.4, 0.8, 1)]
    for share, found in zip((0, 0.05, 0.1, 0.2, 0.4, 0.8, 1), doses, strict=True):
        assert found.copies == pytest.approx(share, abs=0.03)
    for name, sign in dict(closer=1, z=-1, p_value=-1, copies=1, copies_p_value=-1).items():
        values = [sign * getattr(found, name) for found in doses]
        assert values == sorted(values)
    assert doses[2].copies_p_value < 0.001
    assert doses[3].p_value < 0.01
    assert doses[-1].closer == 1


def test_copies_are_seen_beside_poor_samples():
    """A tenth copied, the rest off the manifold: as a whole the fakes are further away."""
    train, test, fake = three_sets(0)
    fake *= 3
    fake[:18] = train[:18]
    found = memorisation_test(train, test, fake)
    assert found.z > 3
    assert found.p_value > 0.99
    assert found.copies == pytest.approx(0.1, abs=0.02)
    assert found.copies_p_value < 0.001


@pytest.mark.parametrize("digits", [0, 3])
def test_mann_whitney_as_scipy_computes_it(digits):
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(60, generator=generator), torch.randn(90, generator=generator) + 0.2
    a, b = a.double().round(decimals=digits), b.double().round(decimals=digits)
    closer, z, p_value = mann_whitney(a, b)
    options = dict(alternative="less", method="asymptotic", use_continuity=False)
    peer = stats.mannwhitneyu(a.numpy(), b.numpy(), **options)
    assert p_value == pytest.approx(peer.pvalue)
    assert closer == pytest.approx(1 - peer.statistic / (60 * 90))
    wins = (a[:, None] < b).double() + 0.5 * (a[:, None] == b)
    assert closer == pytest.approx(wins.mean().item())
    assert stats.norm.cdf(z) == pytest.approx(p_value)


def test_all_distances_equal_say_nothing():
    assert mann_whitney(torch.ones(5), torch.ones(6)) == (0.5, 0, 0.5)


def test_the_rare_p_value_is_exact():
    """As negative hypergeometric: how many fakes come before test row number `place`, at random?"""
    made, unseen = torch.tensor([0.1, 0.2, 0.3, 5.0]), torch.arange(1.0, 11)
    share, p_value = few(made, unseen, rare=0.2)  # three fakes are below 2, the second test row
    assert p_value == pytest.approx(stats.nhypergeom.sf(2, 14, 4, 2))
    assert share == pytest.approx((3 / 4 - 2 / 11) / (1 - 2 / 11))


@settings(deadline=None, max_examples=30)
@given(
    st.tuples(*[st.integers(2, 25)] * 3),
    st.integers(1, 5),
    st.integers(0, 2),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_any_shape(counts, width, digits, dtype):
    """Numbers stay in their ranges, rounded rows and equal distances included."""
    train, test, fake = (rows.round(decimals=digits) for rows in three_sets(1, *counts, width))
    found = memorisation_test(train.to(dtype), test.T.contiguous().T, fake.requires_grad_())
    assert all(0 <= part <= 1 for part in (found.closer, found.p_value, found.copies_p_value))
    assert 0 <= found.copies <= 1
    assert torch.tensor(found).isfinite().all()


def test_bad_arguments_are_named():
    train, test, fake = three_sets(0)
    with pytest.raises(ValueError, match="rows of test to be an integer of at least 2, got 1"):
        memorisation_test(train, test[:1], fake)
    with pytest.raises(ValueError, match="expected fake"):
        memorisation_test(train, test, fake[:, :2])
    with pytest.raises(ValueError, match="expected train"):
        memorisation_test(train.long(), test, fake)
    with pytest.raises(ValueError, match="expected finite test"):
        memorisation_test(train, test / 0, fake)
    with pytest.raises(ValueError, match="expected rare"):
        memorisation_test(train, test, fake, rare=1)
