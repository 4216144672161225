import itertools
import math

import pytest
import torch

from ganbook import checkpoints, training
from ganbook.models.prior import Prior


def lively(seed=0, scale=0.3, **options):
    """A prior whose weights are large enough for each code to matter."""
    torch.manual_seed(seed)
    prior = Prior(**dict(dict(width=16, depth=2, heads=2), **options))
    with torch.no_grad():
        for weight in prior.parameters():
            weight.add_(scale * torch.randn_like(weight))
    return prior.eval()


@pytest.mark.parametrize("grid", [(2, 3), (3, 2), (1, 5)])
def test_logits_depend_on_the_codes_before_and_on_no_other(grid):
    prior = lively(codes=5, grid=grid)
    indices = torch.randint(5, (4, *grid))
    logits = prior(indices)
    assert logits.shape == (4, 5, *grid)
    places = grid[0] * grid[1]
    for place in range(places):
        other = indices.flatten(1).clone()
        other[:, place] = (other[:, place] + 1) % 5
        moved = (prior(other.view_as(indices)) - logits).abs().amax(dim=1).flatten(1)
        assert moved[:, : place + 1].max() == 0
        assert place == places - 1 or moved[:, place + 1 :].min() > 1e-3


def test_places_are_told_apart():
    prior = lively(codes=5, grid=(2, 2))
    logits = prior(torch.zeros(1, 2, 2, dtype=torch.int64)).flatten(2)
    assert not torch.allclose(logits[..., 1], logits[..., 2], atol=1e-3)


def test_the_code_before_a_place_and_the_three_above_go_in():
    prior = lively(codes=9, grid=(2, 3))
    four = prior.before(torch.arange(6).view(1, 2, 3))[0] - 10 * torch.arange(4)
    none = 9  # before, above left, above, above right
    assert four.tolist() == [
        [none, none, none, none], [0, none, none, none], [1, none, none, none],
        [2, none, 0, 1], [3, 0, 1, 2], [4, 1, 2, none],
    ]  # fmt: skip


def test_reading_code_by_code_is_reading_all_at_once():
    prior = lively(codes=5, grid=(3, 4))
    indices = torch.randint(5, (4, 3, 4))
    before, past = prior.before(indices), [[] for _ in prior.blocks]
    steps = [prior.read(before[:, t : t + 1], past, t) for t in range(12)]
    together = torch.cat(steps, dim=1).transpose(1, 2).unflatten(2, (3, 4))
    torch.testing.assert_close(together, prior(indices), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def joint(prior, temperature=1.0):
    """All grids, and their probabilities by the chain rule."""
    places = prior.grid[0] * prior.grid[1]
    grids = torch.tensor(list(itertools.product(range(prior.codes), repeat=places)))
    grids = grids.view(-1, *prior.grid)
    shares = (prior(grids).double() / temperature).log_softmax(dim=1)
    return grids, shares.gather(1, grids[:, None]).sum(dim=(1, 2, 3)).exp()


@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
def test_samples_have_the_joint_probability_of_the_chain_rule(temperature):
    prior = lively(codes=3, grid=(2, 2), scale=0.2)
    grids, expected = joint(prior, temperature)
    assert expected.sum().item() == pytest.approx(1, abs=1e-6)
    count = 50_000
    random = torch.Generator().manual_seed(0)
    drawn = prior.sample(count, temperature=temperature, random=random)
    assert drawn.shape == (count, 2, 2)
    assert drawn.dtype == torch.int64
    numbers = (drawn.flatten(1) * torch.tensor([27, 9, 3, 1])).sum(dim=1)
    assert torch.equal(grids.flatten(1)[numbers[:9]], drawn.flatten(1)[:9])
    found = torch.bincount(numbers, minlength=81) / count
    errors = (expected * (1 - expected) / count).sqrt()
    assert ((found - expected) / errors).abs().max() < 4.5  # of 81 deviations
    uniform = torch.full_like(expected, 1 / 81)
    assert ((uniform - expected) / errors).abs().max() > 20  # which the test would notice


def test_each_code_given_those_before_sums_to_one_over_later_codes():
    """The probability of a beginning is the sum over all its continuations."""
    prior = lively(codes=3, grid=(2, 2))
    grids, shares = joint(prior)
    first = prior(grids[:1])[0, :, 0, 0].softmax(dim=0)
    for code in range(3):
        total = shares[grids[:, 0, 0] == code].sum().item()
        assert total == pytest.approx(first[code].item(), abs=1e-5)


def test_sampling_is_reproducible_and_leaves_the_prior_as_it_was():
    prior = lively(codes=5, grid=(2, 3), drop=0.5).train()
    runs = [prior.sample(8, random=torch.Generator().manual_seed(s)) for s in (0, 0, 1)]
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])
    assert prior.training


def test_cold_sampling_takes_the_likeliest_code():
    prior = lively(codes=5, grid=(2, 3))
    drawn = prior.sample(4, temperature=1e-5)
    assert torch.equal(prior(drawn).argmax(dim=1), drawn)


def test_dropout_is_for_training_only():
    prior = lively(codes=5, grid=(2, 3), drop=0.5)
    indices = torch.randint(5, (4, 2, 3))
    assert torch.equal(prior(indices), prior(indices))
    prior.train()
    assert not torch.equal(prior(indices), prior(indices))


def test_a_new_prior_is_nearly_uniform():
    torch.manual_seed(0)
    logits = Prior(codes=128, grid=(8, 8))(torch.randint(128, (2, 8, 8)))
    assert logits.abs().max() < 2


def test_all_parameters_learn():
    prior = lively(codes=5, grid=(2, 3))
    prior(torch.arange(30).view(5, 2, 3) % 5).square().sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in prior.parameters())


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(codes=0), "codes to be an integer of at least 1, got 0"),
        (dict(grid=(8, 0)), "w to be an integer of at least 1, got 0"),
        (dict(grid=8), r"grid as \(h, w\), got 8"),
        (dict(grid=(8, 8, 8)), r"grid as \(h, w\), got \(8, 8, 8\)"),
        (dict(width=10), "width to be a multiple of heads, got 10 and 4"),
        (dict(depth=0), "depth to be an integer"),
        (dict(drop=1.0), r"drop to be a number in \[0, 1\), got 1.0"),
    ],
)
def test_bad_arguments_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        Prior(**dict(dict(codes=4, grid=(8, 8)), **bad))


def test_bad_calls_are_named():
    prior = Prior(codes=4, grid=(2, 2), width=8)
    with pytest.raises(ValueError, match=r"integers \(B, 2, 2\) from 0 to 3, got 4 to 4"):
        prior(torch.full((1, 2, 2), 4))
    with pytest.raises(ValueError, match="count to be an integer of at least 1, got 0"):
        prior.sample(0)
    with pytest.raises(ValueError, match="temperature to be a number .* got 0"):
        prior.sample(1, temperature=0)


def test_the_shipped_prior_draws_codes_that_the_shipped_autoencoder_knows():
    prior = checkpoints.load("prior-fashion-mnist")
    model = checkpoints.load("vqvae-fashion-mnist")
    assert (prior.codes, prior.grid) == (len(model.codebook), model.grid)
    drawn = prior.sample(16, random=torch.Generator().manual_seed(0))
    uniform = torch.randint(prior.codes, drawn.shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        nats = [training.nats_per_code(prior, codes) for codes in (drawn, uniform)]
        images = model.decode(drawn)
    assert nats[0] < 0.7 * math.log(prior.codes) < math.log(prior.codes) < nats[1]
    assert images.shape == (16, 1, 32, 32)
    assert images.mean() < 0  # garments on black
