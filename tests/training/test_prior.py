import itertools
import math

import pytest
import torch
from run_states import assert_resumes

import ganbook as gb
from ganbook import training
from ganbook.models.prior import Prior


def small(seed=0, **options):
    gb.seed(seed)
    return Prior(**dict(dict(codes=4, grid=(2, 3), width=16, depth=2, heads=2), **options))


def chains(count, seed=0):
    """Grids whose code is that before, plus one half of the time: log 2 nats each but the first."""
    random = torch.Generator().manual_seed(seed)
    moves = torch.randint(2, (count, 6), generator=random)
    moves[:, 0] = torch.randint(4, (count,), generator=random)
    return (moves.cumsum(dim=1) % 4).view(count, 2, 3)


def reference_step(prior, optimiser, indices):
    """Maximum likelihood code by code, by torch's AdamW."""
    optimiser.zero_grad()
    shares = prior(indices).log_softmax(dim=1)
    total = 0
    for n, i, j in itertools.product(*map(range, indices.shape)):
        total = total - shares[n, indices[n, i, j], i, j]
    (total / indices.numel()).backward()
    optimiser.step()


def test_the_step_equals_maximum_likelihood_written_out():
    ours, theirs = small(), small()
    step = training.PriorStep(ours, lr=1e-3)
    optimiser = torch.optim.AdamW(theirs.parameters(), 1e-3, weight_decay=0.01)
    for indices in chains(24).split(8):
        step(indices)
        reference_step(theirs, optimiser, indices)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-5, rtol=1e-4)


def test_it_learns_the_entropy_of_a_chain():
    prior = small()
    step = training.PriorStep(prior, lr=1e-2, steps=200)
    batches = training.code_batches(chains(4000).to(torch.uint8), batch_size=64)
    training.fit(step, batches, steps=200)
    exact = (math.log(4) + 5 * math.log(2)) / 6
    found = training.nats_per_code(prior, chains(2000, seed=1))
    assert exact - 0.005 < found < exact + 0.03
    drawn = prior.sample(500, random=torch.Generator().manual_seed(0)).flatten(1)
    moves = (drawn[:, 1:] - drawn[:, :-1]) % 4
    assert (moves <= 1).double().mean() > 0.98
    assert (moves == 1).double().mean().item() == pytest.approx(0.5, abs=0.05)


def test_nats_are_those_before_the_update_and_agree_with_the_mean_over_a_set():
    prior, indices = small(), chains(10)
    value = training.PriorStep(prior, lr=0.0)(indices)["nats"]
    assert not value.requires_grad
    assert training.nats_per_code(prior, indices, batch_size=3) == pytest.approx(value.item())
    assert prior.training


def test_nats_are_measured_without_dropout():
    prior, indices = small(drop=0.5), chains(10)
    assert training.nats_per_code(prior, indices) == training.nats_per_code(prior, indices)


def test_batches_of_codes_are_those_of_the_loader():
    indices = torch.arange(10 * 6).view(10, 2, 3)
    first = list(itertools.islice(training.code_batches(indices, batch_size=4, seed=3), 5))
    again = list(itertools.islice(training.code_batches(indices, batch_size=4, seed=3), 5))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert {batch.shape for batch in first} == {(4, 2, 3)}
    assert first[0].dtype == torch.int64
    rows = torch.cat(first[:2])[:, 0, 0] // 6
    assert len(rows.unique()) == 8  # none twice in an epoch
    assert torch.equal(torch.cat(first[:2]), indices[rows])


def test_bfloat16_trains_too_and_keeps_float32_weights():
    prior = small()
    step = training.PriorStep(prior, lr=1e-2, autocast=torch.bfloat16)
    indices = chains(64)
    nats = [step(indices)["nats"].item() for _ in range(30)]
    assert nats[-1] < 0.8 * nats[0]
    assert {p.dtype for p in prior.parameters()} == {torch.float32}


def test_resuming_restores_every_part(tmp_path):
    def new(seed):
        return training.PriorStep(small(seed, drop=0.2), steps=12)

    def batches():
        return training.code_batches(chains(64), batch_size=16)

    assert_resumes(tmp_path, new, batches)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(lr=-1.0), r"lr to be a number in \[0, inf\), got -1.0"),
        (dict(decay="0"), "decay to be a number"),
        (dict(steps=0), "steps to be an integer of at least 1, got 0"),
        (dict(autocast=torch.float16), "expected autocast to be one of"),
    ],
)
def test_bad_arguments_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        training.PriorStep(small(), **bad)


def test_bad_batches_are_named():
    step = training.PriorStep(small())
    with pytest.raises(ValueError, match=r"integers \(B, 2, 3\) from 0 to 3.*got torch.float32"):
        step(torch.zeros(8, 2, 3))
    with pytest.raises(ValueError, match="batch_size"):
        training.code_batches(chains(4), batch_size=5)
    with pytest.raises(ValueError, match="batch_size"):
        training.nats_per_code(small(), chains(4), batch_size=0)
