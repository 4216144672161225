import copy
import itertools

import pytest
import torch
from run_states import assert_resumes

import ganbook as gb
from ganbook import losses, training
from ganbook.models import dcgan, mlp
from ganbook.procedural import ring


def players(seed=0):
    gb.seed(seed)
    return mlp.Generator(width=16), mlp.Discriminator(width=16)


def reference_step(generator, discriminator, game, real, random, optimisers):
    """One step as a textbook writes it: fresh graphs, no freezing, default Adam."""
    optimiser_g, optimiser_d = optimisers
    z = torch.randn(len(real), generator.latent, generator=random)
    with torch.no_grad():
        fake = generator(z)
    optimiser_d.zero_grad()
    game.discriminator(discriminator(real), discriminator(fake)).backward()
    optimiser_d.step()
    optimiser_g.zero_grad()
    game.generator(discriminator(real).detach(), discriminator(generator(z))).backward()
    optimiser_g.step()


@pytest.mark.parametrize(
    "game", [game for game in vars(losses).values() if isinstance(game, losses.Game)]
)
def test_the_step_equals_the_textbook_one(game):
    ours, theirs = players(), players()
    step = training.GANStep(*ours, game=game, lr=(1e-3, 2e-3), seed=5)
    optimisers = (
        torch.optim.Adam(theirs[0].parameters(), 1e-3, (0.5, 0.999)),
        torch.optim.Adam(theirs[1].parameters(), 2e-3, (0.5, 0.999)),
    )
    random = torch.Generator().manual_seed(5)
    for number in range(5):
        real = ring(32, generator=torch.Generator().manual_seed(number))
        step(real)
        reference_step(*theirs, game, real, random, optimisers)
    for a, b in zip(ours, theirs, strict=True):
        for p, q in zip(a.parameters(), b.parameters(), strict=True):
            torch.testing.assert_close(p, q, atol=1e-5, rtol=1e-5)


def test_each_update_touches_its_own_player_only():
    generator, discriminator = players()
    seen = []
    step = training.GANStep(generator, discriminator)
    for optimiser, other in (
        (step.optimiser_d, generator),
        (step.optimiser_g, discriminator),
    ):
        before = optimiser.step

        def spy(other=other, before=before):
            weights = copy.deepcopy(other.state_dict())
            before()
            now = other.state_dict()
            seen.append(all(torch.equal(weights[k], now[k]) for k in now))

        optimiser.step = spy
    step(ring(16))
    assert seen == [True, True]


def test_the_discriminator_gathers_no_gradient_in_the_generators_turn():
    generator, discriminator = players()
    step = training.GANStep(generator, discriminator)
    gradients = []
    finish = step.optimiser_g.step
    step.optimiser_g.step = lambda: (
        gradients.extend(p.grad.clone() for p in discriminator.parameters()),
        finish(),
    )
    kept = []
    finish_d = step.optimiser_d.step
    step.optimiser_d.step = lambda: (
        kept.extend(p.grad.clone() for p in discriminator.parameters()),
        finish_d(),
    )
    step(ring(16))
    assert all(torch.equal(a, b) for a, b in zip(kept, gradients, strict=True))
    assert all(p.requires_grad for p in discriminator.parameters())


def test_reported_values_are_those_before_the_update():
    generator, discriminator = players()
    real = ring(64)
    step = training.GANStep(generator, discriminator, seed=1)
    z = torch.randn(64, 2, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        fake = generator(z)
        d_real = discriminator(real).sigmoid().mean()
        d_fake = discriminator(fake).sigmoid().mean()
        moments = [(x - x.mean(0)).square().mean(0).sqrt().mean() for x in (fake, real)]
    values = step(real)
    assert set(values) == {"d_loss", "g_loss", "d_real", "d_fake", "spread"}
    assert not any(v.requires_grad for v in values.values())
    torch.testing.assert_close(values["d_real"], d_real)
    torch.testing.assert_close(values["d_fake"], d_fake)
    torch.testing.assert_close(values["spread"], moments[0] / moments[1])


@pytest.mark.parametrize(("scale", "spread"), [(1.0, 1.0), (0.25, 0.25), (0.0, 0.0)])
def test_the_spread_is_the_deviation_of_the_fakes_in_units_of_the_real_ones(scale, spread):
    class Echo(torch.nn.Linear):  # the fakes are the latents, scaled
        latent = 2

    generator, discriminator = Echo(2, 2), mlp.Discriminator(width=4)
    with torch.no_grad():
        generator.weight.copy_(scale * torch.eye(2))
    step = training.GANStep(generator, discriminator, seed=3, critic_steps=2)
    z = torch.randn(2, 32, 2, generator=torch.Generator().manual_seed(3))
    values = step(5 + torch.cat([100 * z[0], z[1]]))  # of two critic steps, the last is reported
    assert values["spread"].item() == pytest.approx(spread, rel=1e-5)


def test_one_image_has_no_spread():
    values = training.GANStep(*players())(ring(1))
    assert values["spread"].isnan()


def test_the_average_follows_the_generator():
    step = training.GANStep(*players(), ema=0.9, lr=1e-2)
    weights = [p.detach().clone() for p in step.generator.parameters()]
    average = None
    for _ in range(4):
        step(ring(16))
        weights = [p.detach().clone() for p in step.generator.parameters()]
        average = weights if average is None else [
            0.9 * a + 0.1 * w for a, w in zip(average, weights, strict=True)
        ]  # fmt: skip
    for a, p in zip(average, step.ema.module.parameters(), strict=True):
        torch.testing.assert_close(a, p.detach())
    z = torch.randn(3, 2)
    assert torch.equal(step.sample(z), step.ema.module(z))


def test_sampling_leaves_the_generator_as_it_was():
    generator = dcgan.Generator(width=2)
    step = training.GANStep(generator, dcgan.Discriminator(width=2))
    before = copy.deepcopy(generator.state_dict())
    images = step.sample(torch.randn(4, 100))
    assert generator.training
    assert not images.requires_grad
    assert all(torch.equal(before[k], v) for k, v in generator.state_dict().items())


@pytest.mark.parametrize("autocast", [None, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_train_in_either_precision(autocast, channels):
    gb.seed(0)
    step = training.GANStep(
        dcgan.Generator(channels=channels, width=4),
        dcgan.Discriminator(channels=channels, width=4),
        autocast=autocast,
    )
    data = gb.load("shapes", channels=channels).images[:64]
    run = training.fit(step, gb.batches(data, batch_size=16), steps=3, log_every=1)
    assert all(torch.tensor(v).isfinite().all() for v in run.history.values())
    assert next(step.generator.parameters()).dtype == torch.float32


def test_compiled_networks_are_played_and_plain_ones_saved(monkeypatch):
    calls = []

    def compiled(network):
        return lambda x: calls.append(type(network).__name__) or network(x)

    monkeypatch.setattr(torch, "compile", compiled)
    step = training.GANStep(*players(), compile=True)
    step(ring(16))
    assert calls == ["Generator"] + 3 * ["Discriminator"]
    assert step.state_dict()["generator"].keys() == step.generator.state_dict().keys()


def test_the_same_seed_gives_the_same_run():
    runs = []
    for seed in (0, 0, 1):
        step = training.GANStep(*players(seed), seed=seed)
        points = ring(256, generator=torch.Generator().manual_seed(0))
        runs.append(training.fit(step, gb.batches(points, batch_size=32, seed=seed), steps=20))
    assert runs[0].history == runs[1].history
    assert runs[0].history != runs[2].history


def test_resuming_restores_every_part(tmp_path):
    points = ring(256, generator=torch.Generator().manual_seed(0))

    def new(seed):
        return training.GANStep(*players(seed=seed), ema=0.99, seed=seed)

    assert_resumes(tmp_path, new, lambda: gb.batches(points, batch_size=32))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(lr="2e-4"), r"lr of the generator to be a number in \[0, inf\), got '2e-4'"),
        (dict(lr=(1e-3, -1.0)), "lr of the discriminator to be a number"),
        (dict(ema=1.0), r"ema to be a number in \[0, 1\), got 1.0"),
        (dict(ema=True), "ema to be a number"),
        (dict(autocast=torch.float64), "expected autocast to be one of"),
    ],
)
def test_bad_arguments_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        training.GANStep(*players(), **bad)


def test_a_state_of_another_network_is_named(tmp_path):
    saved = dict(checkpoint=tmp_path / "state.pt")
    training.fit(training.GANStep(*players()), itertools.repeat(ring(8)), steps=1, **saved)
    other = training.GANStep(mlp.Generator(width=3), mlp.Discriminator(width=3))
    with pytest.raises(ValueError, match="state.pt is the state of another run"):
        training.fit(other, itertools.repeat(ring(8)), steps=2, **saved)
