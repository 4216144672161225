import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from ganbook.metrics.neighbours import nearest


def test_against_scikit_learn():
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(70, 9, generator=generator), torch.randn(200, 9, generator=generator)
    distances, indices = nearest(x, y, k=4, block=32)
    reference = NearestNeighbors(n_neighbors=4).fit(y.numpy()).kneighbors(x.numpy())
    assert torch.equal(indices, torch.from_numpy(reference[1]))
    torch.testing.assert_close(
        distances, torch.from_numpy(reference[0]).double(), rtol=1e-6, atol=0
    )


def test_a_copy_is_found_at_no_distance():
    y = torch.rand(300, 784, generator=torch.Generator().manual_seed(0))
    distances, indices = nearest(y[40:60], y)
    assert indices[:, 0].tolist() == list(range(40, 60))
    assert distances.max() < 1e-5


def test_bad_arguments_are_named():
    x = torch.zeros(4, 3)
    with pytest.raises(ValueError, match=r"expected y .*\(M, 3\), got float32 \(4, 2\)"):
        nearest(x, x[:, :2])
    with pytest.raises(ValueError, match="expected k to be an integer from 1 to 4, got 5"):
        nearest(x, x, k=5)
    with pytest.raises(ValueError, match="expected x"):
        nearest(x.int(), x)
