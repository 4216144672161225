import pytest
import torch

from ganbook import training


def numbered(start, count):
    """Images (count, 1, 1, 1) that hold their number."""
    return torch.arange(start, start + count).float().view(-1, 1, 1, 1)


def test_until_it_is_full_it_returns_what_comes():
    pool = training.ImagePool(10)
    for start in (0, 4):
        assert torch.equal(pool(numbered(start, 4)), numbered(start, 4))
    pool(numbered(8, 2))
    assert torch.stack(pool.images).flatten().tolist() == list(range(10))


def test_each_image_leaves_at_most_once_and_none_is_made():
    pool, returned = training.ImagePool(10, seed=3), []
    for start in range(0, 400, 4):
        returned += pool(numbered(start, 4)).flatten().tolist()
    inside = torch.stack(pool.images).flatten().tolist()
    at_first, later = returned[:10], returned[10:]
    assert at_first == list(range(10))  # these were returned and kept: they may come once more
    assert len(set(later)) == len(later)
    assert set(inside) | set(later) == set(range(400))


def test_half_are_new_and_old_ones_wait_twice_the_size():
    size, count = 20, 10_000
    pool = training.ImagePool(size, seed=1)
    pool(numbered(0, size))
    returned = pool(numbered(size, count)).flatten()
    waited = torch.arange(size, size + count) - returned
    old = waited > 0
    assert old.float().mean().item() == pytest.approx(0.5, abs=0.02)  # 4 standard errors
    # exchanged with probability 1 / (2 size) a turn: geometric, with mean 2 size
    assert waited[old][1000:].mean().item() == pytest.approx(2 * size, rel=0.06)


def test_within_a_batch_too():
    pool = training.ImagePool(1, seed=0)
    pool(numbered(0, 1))
    returned = pool(numbered(1, 100)).flatten()
    exchanged = returned < torch.arange(1, 101)
    assert exchanged.any()
    assert len(set(returned.tolist())) == 100  # what was exchanged in can be exchanged out again


def test_size_0_hands_through():
    fakes = torch.randn(4, 3, 2, 2, requires_grad=True)
    returned = training.ImagePool(0)(fakes)
    assert torch.equal(returned, fakes)
    assert not returned.requires_grad


def test_what_it_keeps_is_its_own():
    fakes = torch.randn(4, 3, 2, 2, requires_grad=True)
    pool = training.ImagePool(4)
    returned = pool(fakes * 2)
    assert not returned.requires_grad
    kept = torch.stack(pool.images).clone()
    returned.zero_()
    fakes.data.zero_()
    assert torch.equal(torch.stack(pool.images), kept)
    assert all(image.untyped_storage().nbytes() == 3 * 2 * 2 * 4 for image in pool.images)


def test_resumed_it_draws_the_same():
    whole, resumed = training.ImagePool(5, seed=2), training.ImagePool(5, seed=9)
    whole(numbered(0, 20))
    resumed.load_state_dict(whole.state_dict())
    assert torch.equal(whole(numbered(20, 30)), resumed(numbered(20, 30)))
    assert torch.equal(torch.stack(whole.images), torch.stack(resumed.images))


def test_bad_sizes_are_named():
    with pytest.raises(ValueError, match="size to be an integer of at least 0, got -1"):
        training.ImagePool(-1)
