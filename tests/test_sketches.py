"""benchmarks/sketches.py: the mixture is that of the data, and the networks know the labels."""

import pytest
import sketches
import torch

import ganbook as gb
from ganbook import training
from ganbook.procedural import shapes


@pytest.fixture(scope="module")
def data():
    images, factors = shapes(600, 32, 1, seed=0)
    return images, factors["kind"]


@pytest.fixture(scope="module")
def sketch(data):
    return sketches.fit(*data, parts=3, components=24)


def test_labels_travel_as_a_second_channel():
    images, labels = torch.randint(256, (10, 1, 4, 4)).byte(), torch.arange(10)
    pairs = sketches.with_labels(images, labels)
    assert pairs.shape == (10, 2, 4, 4)
    assert torch.equal(pairs[:, :1], images)
    assert torch.equal(sketches.labels_of(gb.to_float(pairs)), labels)


def test_shares_and_means_of_each_class_are_those_of_the_data(data, sketch):
    images, labels = data
    assert sketch.below[-1].item() == pytest.approx(1)
    shares = sketch.below.diff(prepend=torch.zeros(1))
    places = (gb.to_float(images).flatten(1) - sketch.mean) @ sketch.basis
    for label in labels.unique():
        own, parts = labels == label, sketch.labels == label
        share = shares[parts].sum()
        assert share.item() == pytest.approx(own.float().mean().item(), abs=0.01)  # of outliers
        mean = (shares[parts, None] * sketch.centres[parts]).sum(0) / share
        assert (mean - places[own].mean(0)).norm() < 0.1 * places[own].std(0).norm()


def test_draws_spread_as_the_data_do(data, sketch):
    images, labels = data
    z = torch.randn(20_000, 1 + 24, generator=torch.Generator().manual_seed(0))
    drawn, kinds = sketch(z)
    assert drawn.shape == (20_000, 1, 32, 32)
    places = (gb.to_float(images).flatten(1) - sketch.mean) @ sketch.basis
    found = (drawn.flatten(1) - sketch.mean) @ sketch.basis
    assert torch.allclose(found.var(0), places.var(0), rtol=0.2)
    counts = kinds.bincount().float() / len(kinds)
    assert torch.allclose(counts, labels.bincount().float() / len(labels), atol=0.02)


def test_the_first_number_chooses_and_the_others_place(sketch):
    z = torch.zeros(3, 25)
    z[:, 0] = torch.tensor([-9.0, 9.0, 0.0])
    drawn, kinds = sketch(z)
    middle = int((sketch.below < 0.5).sum())
    wanted = torch.tensor([0, len(sketch.below) - 1, middle])
    assert torch.equal(kinds, sketch.labels[wanted])
    centres = sketch.mean + sketch.centres[wanted] @ sketch.basis.T
    assert torch.allclose(drawn.flatten(1), centres, atol=1e-5)


def test_a_finisher_starts_from_its_sketch(sketch):
    generator = sketches.Finisher(sketch, width=4)
    z = torch.randn(5, generator.latent)
    pairs = generator(z)
    drawn, kinds = sketch(z)
    assert torch.allclose(pairs[:, :1], (1.5 * drawn).tanh(), atol=1e-6)
    assert torch.equal(sketches.labels_of(pairs), kinds)
    assert not any("sketch" in name for name in generator.state_dict())  # not averaged, not copied


def test_what_is_added_here_depends_on_what_stands_there(sketch):
    generator = sketches.Finisher(sketch, width=4).eval()
    torch.nn.init.normal_(generator.out.weight)
    drawn, labels = sketch(torch.randn(1, generator.latent))
    drawn.requires_grad_()
    generator.sketch = lambda _: (drawn, labels)
    picture = generator(torch.zeros(1, generator.latent))[0, 0]
    (slope,) = torch.autograd.grad(picture[-4:, -4:].sum(), drawn)
    assert slope[0, 0, :4, :4].abs().max() > 0


def test_a_judge_sees_one_channel_and_reads_the_other(data):
    torch.manual_seed(0)
    judge, (images, labels) = sketches.Judge(width=4), data
    right = gb.to_float(sketches.with_labels(images[:8], labels[:8]))
    wrong = gb.to_float(sketches.with_labels(images[:8], (labels[:8] + 1) % 10))
    assert judge(right).shape == (8,)
    assert not torch.isclose(judge(right), judge(wrong)).any()
    alone = torch.cat([judge(right[i : i + 1]) for i in range(8)])
    assert torch.allclose(judge(right), alone, atol=1e-6)  # no sample sees another


def test_they_train_together_and_the_sketch_stays(data, sketch):
    step = training.GANStep(
        sketches.Finisher(sketch, width=4), sketches.Judge(width=4), ema=0.9, lr=1e-3
    )
    before = {name: value.clone() for name, value in vars(sketch).items()}
    start = {name: value.clone() for name, value in step.generator.named_parameters()}
    stream = gb.batches(sketches.with_labels(*data), batch_size=16)
    history = training.fit(step, stream, steps=3, log_every=1).history
    assert all(torch.tensor(values).isfinite().all() for values in history.values())
    after = dict(step.generator.named_parameters())
    assert not any(torch.equal(start[name], after[name]) for name in start)
    assert all(torch.equal(before[name], value) for name, value in vars(sketch).items())
