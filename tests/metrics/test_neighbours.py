import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from ganbook.metrics.neighbours import nearest, nearest_neighbours


def gaussian(count, width, seed, **kind):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed), **kind)


@pytest.mark.parametrize("block", [7, 32, 1024])
@pytest.mark.parametrize("exclude_self", [False, True])
@pytest.mark.parametrize("width", [1, 2, 9, 300])
def test_against_scikit_learn(width, exclude_self, block):
    y = gaussian(200, width, 0, dtype=torch.float64)
    x = y if exclude_self else gaussian(70, width, 1, dtype=torch.float64)
    distances, indices = nearest(x, y, k=4, exclude_self=exclude_self, block=block)
    peer = NearestNeighbors(n_neighbors=4, algorithm="kd_tree").fit(y.numpy())
    theirs = peer.kneighbors(None if exclude_self else x.numpy())
    assert torch.equal(indices, torch.from_numpy(theirs[1]))
    torch.testing.assert_close(distances, torch.from_numpy(theirs[0]), rtol=1e-12, atol=0)


def test_a_copy_is_found_at_no_distance():
    y = 1000 + torch.rand(300, 784, generator=torch.Generator().manual_seed(0))
    distances, indices = nearest(y[40:60], y)
    assert indices[:, 0].tolist() == list(range(40, 60))
    assert distances.max() == 0


def test_self_is_left_out_by_place_and_duplicates_are_not():
    x = gaussian(30, 3, 0)
    x[7] = x[3]
    distances, indices = nearest(x, x, k=2, exclude_self=True)
    assert not (indices == torch.arange(30)[:, None]).any()
    assert (distances[3, 0], indices[3, 0]) == (0, 7)
    assert (distances[7, 0], indices[7, 0]) == (0, 3)
    assert (distances[:, 0] == 0).sum() == 2


def test_every_row_the_same():
    x = torch.full((40, 5), 0.1)
    distances, indices = nearest(x, x, k=39, exclude_self=True, block=16)
    assert distances.max() == 0
    others = torch.stack([torch.cat([torch.arange(i), torch.arange(i + 1, 40)]) for i in range(40)])
    assert torch.equal(indices.sort(1).values, others)


@pytest.mark.parametrize("far", [1e3, 1e6])
def test_near_rows_far_from_the_origin(far):
    """The gaps are 1e-3: in float32 their squares vanish beside the squared norms."""
    y = far + torch.arange(500.0, dtype=torch.float64)[:, None] / 1000 + torch.zeros(3)
    y[::50] += far  # some further away, so that centring does not help
    distances, indices = nearest(y, y, exclude_self=True, block=100)
    true = torch.cdist(y, y, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
    torch.testing.assert_close(distances[:, 0], true.min(1).values, rtol=1e-9, atol=0)
    torch.testing.assert_close(true.gather(1, indices)[:, 0], distances[:, 0], rtol=1e-9, atol=0)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 20),
    st.integers(1, 30),
    st.integers(1, 5),
    st.integers(1, 30),
    st.integers(0, 3),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_any_shape(n, m, width, k, digits, dtype):
    x = gaussian(n, width, n, dtype=dtype).round(decimals=digits).T.contiguous().T
    y = gaussian(m, 2 * width, m).round(decimals=digits)[:, ::2].requires_grad_()
    k = min(k, m)
    distances, indices = nearest(x, y, k=k)
    gaps = x.double()[:, None] - y.detach().double()
    true = gaps.square().sum(-1).sqrt()
    torch.testing.assert_close(distances, true.sort(1).values[:, :k], rtol=1e-12, atol=1e-300)
    torch.testing.assert_close(true.gather(1, indices), distances, rtol=1e-12, atol=1e-300)
    assert (indices.sort(1).values.diff(dim=1) > 0).all()  # each row once
    assert not distances.requires_grad


def test_its_long_name():
    assert nearest_neighbours is nearest


def test_bad_arguments_are_named():
    x = torch.zeros(4, 3)
    with pytest.raises(ValueError, match=r"expected y .*\(M, 3\), got float32 \(4, 2\)"):
        nearest(x, x[:, :2])
    with pytest.raises(ValueError, match="expected k to be an integer from 1 to 4, got 5"):
        nearest(x, x, k=5)
    with pytest.raises(ValueError, match="expected k to be an integer from 1 to 3, got 4"):
        nearest(x, x, k=4, exclude_self=True)
    with pytest.raises(ValueError, match="expected x"):
        nearest(x.int(), x)
    with pytest.raises(ValueError, match="expected finite y"):
        nearest(x, x / 0)
    with pytest.raises(ValueError, match="expected y to equal x with exclude_self"):
        nearest(x, x + 1, exclude_self=True)
