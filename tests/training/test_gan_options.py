import copy
import itertools
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

import ganbook as gb
from ganbook import augment, losses, regularisers, training
from ganbook.models import mlp, resnet
from ganbook.procedural import ring


def players(seed=0):
    gb.seed(seed)
    return mlp.Generator(width=16), mlp.Discriminator(width=16)


def points(count=16, seed=0):
    return ring(count, generator=torch.Generator().manual_seed(seed))


def weights(network):
    return [p.detach().clone() for p in network.parameters()]


def optimisers(generator, discriminator, lr=1e-3):
    return (torch.optim.Adam(n.parameters(), lr, (0.5, 0.999)) for n in (generator, discriminator))


def penalty(discriminator, real, fake, random):
    return 10 * regularisers.gradient_penalty(discriminator, real, fake, generator=random)


def zero_centred(discriminator, real, fake, random):
    r1 = regularisers.r1_penalty(discriminator, real)
    return r1 + 2 * regularisers.r2_penalty(discriminator, fake)


def assert_same_weights(a, b):
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-5, rtol=1e-5)


def test_several_critic_steps_are_the_loop_of_the_wasserstein_gan():
    ours, (generator, critic) = players(), players()
    step = training.GANStep(
        *ours,
        game=losses.wasserstein,
        lr=1e-3,
        seed=5,
        critic_steps=3,
        constrain=partial(regularisers.clip_weights, limit=0.1),
    )
    random = torch.Generator().manual_seed(5)
    optimiser_g, optimiser_d = optimisers(generator, critic)
    for number in range(4):
        batch = points(48, number)
        step(batch)
        for real in batch.split(16):
            z = torch.randn(16, 2, generator=random)
            optimiser_d.zero_grad()
            (critic(generator(z).detach()).mean() - critic(real).mean()).backward()
            optimiser_d.step()
            with torch.no_grad():
                for p in critic.parameters():
                    p.clamp_(-0.1, 0.1)
        optimiser_g.zero_grad()
        (-critic(generator(z)).mean()).backward()
        optimiser_g.step()
    assert_same_weights(ours[0], generator)
    assert_same_weights(ours[1], critic)
    assert max(p.abs().max() for p in ours[1].parameters()) <= 0.1


def test_a_penalised_step_is_the_one_written_out():
    """R1 and R2 with the relativistic game, as in the pseudocode of R3GAN."""
    ours, (generator, discriminator) = players(), players()
    step = training.GANStep(
        *ours, game=losses.relativistic, lr=1e-3, seed=5, regularise=zero_centred
    )
    random = torch.Generator().manual_seed(5)
    optimiser_g, optimiser_d = optimisers(generator, discriminator)
    for number in range(4):
        real = points(16, number)
        step(real)
        z = torch.randn(16, 2, generator=random)
        fake = generator(z)
        x, y = real.clone().requires_grad_(), fake.detach().requires_grad_()
        ahead = discriminator(x) - discriminator(y)
        (by_x,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
        (by_y,) = torch.autograd.grad(discriminator(y).sum(), y, create_graph=True)
        loss = -ahead.sigmoid().log().mean()
        loss = loss + (by_x**2).sum(1).mean() + 2 * (by_y**2).sum(1).mean()
        optimiser_d.zero_grad()
        loss.backward()
        optimiser_d.step()
        ahead = discriminator(real) - discriminator(fake)
        optimiser_g.zero_grad()
        (-(-ahead).sigmoid().log().mean()).backward()
        optimiser_g.step()
    assert_same_weights(ours[0], generator)
    assert_same_weights(ours[1], discriminator)


def counted(network):
    calls = []
    network.register_forward_pre_hook(lambda module, inputs: calls.append(inputs[0].detach()))
    return calls


@pytest.mark.parametrize(
    ("game", "regularise", "expected"),
    [
        (losses.non_saturating, None, 2 + 1),
        (losses.relativistic, None, 2 + 2),
        (losses.relativistic, zero_centred, 2 + 2),  # R1 and R2 judge nothing anew
        (losses.wasserstein, penalty, 3 + 1),
    ],
)
def test_no_image_is_judged_more_often_than_needed(game, regularise, expected):
    generator, discriminator = players()
    calls = counted(discriminator)
    training.GANStep(generator, discriminator, game=game, regularise=regularise)(points())
    assert len(calls) == expected


@pytest.mark.parametrize("regularise", [penalty, zero_centred])
def test_the_penalty_enters_the_discriminators_update_and_only_that(regularise):
    given, found = [], {}
    for name, strength in (("with", 1.0), ("without", 0.0)):

        def weighted(discriminator, real, fake, random, strength=strength):
            given.append((real, fake, random))
            return strength * regularise(discriminator, real, fake, random)

        step = training.GANStep(*players(), regularise=weighted, seed=1)
        real = points()
        found[name] = step(real)
        assert given[-1][2] is step.random
        assert torch.equal(given[-1][0], real)
        assert not real.requires_grad
        found[name]["weights"] = [weights(n) for n in (step.generator, step.discriminator)]
        found[name]["gradients"] = [p.grad.clone() for p in step.discriminator.parameters()]
    assert len(given) == 2
    assert torch.equal(found["with"]["d_loss"], found["without"]["d_loss"])  # without the penalty
    same = zip(found["with"]["gradients"], found["without"]["gradients"], strict=True)
    assert not all(torch.equal(a, b) for a, b in same)
    # With the discriminator held still, the penalty leaves no trace in the generator's update.
    stills = [
        training.GANStep(*players(), lr=(1e-3, 0.0), regularise=r, seed=1)
        for r in (None, lambda d, real, fake, random: zero_centred(d, real, fake, random))
    ]
    for step in stills:
        step(points())
    for a, b in zip(*(weights(step.generator) for step in stills), strict=True):
        assert torch.equal(a, b)


def test_the_constraint_follows_each_update_of_the_discriminator():
    generator, discriminator = players()
    events = []
    step = training.GANStep(
        generator, discriminator, critic_steps=3, constrain=lambda d: events.append(d)
    )
    for name in ("optimiser_d", "optimiser_g"):
        optimiser = getattr(step, name)
        finish = optimiser.step
        optimiser.step = lambda name=name, finish=finish: (events.append(name), finish())
    step(points(18))
    assert events == 3 * ["optimiser_d", discriminator] + ["optimiser_g"]


def test_every_image_is_augmented_in_both_turns():
    generator, discriminator = players()
    seen = []

    def shift(images, random):
        seen.append((images.detach().clone(), random))
        return images + torch.rand(len(images), 1, generator=random) + 10

    judged = counted(discriminator)
    step = training.GANStep(
        generator, discriminator, game=losses.relativistic, augment=shift, regularise=penalty
    )
    real = points()
    step(real)
    assert all(random is step.random for _, random in seen)
    assert [torch.equal(images, real) for images, _ in seen] == [True, False, False, True]
    torch.testing.assert_close(seen[1][0], seen[2][0])  # the same fakes in both turns
    assert len(judged) == 5  # real, fake, the penalty's mixture; fake, real
    assert all((images > 5).all() for images in judged)
    assert not torch.equal(judged[0], judged[4])  # with another draw each time


def test_gradients_reach_the_generator_through_the_augmentation():
    gb.seed(0)
    step = training.GANStep(
        resnet.Generator(width=2), resnet.Discriminator(width=2), augment=augment.all_three
    )
    before = weights(step.generator)
    step(torch.rand(4, 1, 32, 32))
    step(torch.rand(4, 1, 32, 32))
    changed = [not torch.equal(a, b) for a, b in zip(before, weights(step.generator), strict=True)]
    assert all(changed)


@pytest.mark.parametrize("autocast", [None, torch.float16])
def test_clipping_bounds_the_norm_of_each_players_gradient(autocast):
    moves = {}
    for clip in (None, 10, 1e-3):
        step = training.GANStep(*players(), clip=clip, autocast=autocast, seed=1)
        before = weights(step.generator), weights(step.discriminator)
        step.optimiser_g = torch.optim.SGD(step.generator.parameters(), 1.0)
        step.optimiser_d = torch.optim.SGD(step.discriminator.parameters(), 1.0)
        step(points())
        after = weights(step.generator), weights(step.discriminator)
        moves[clip] = [
            torch.cat([(q - p).flatten() for p, q in zip(*pair, strict=True)]).norm().item()
            for pair in zip(before, after, strict=True)
        ]
    assert min(moves[None]) > 1e-2
    assert moves[10] == pytest.approx(moves[None])
    assert moves[1e-3] == pytest.approx([1e-3, 1e-3], rel=1e-2)


@pytest.mark.parametrize(
    "game", [losses.relativistic, losses.non_saturating], ids=["paired", "unpaired"]
)
def test_a_paired_game_judges_the_real_images_anew_in_the_generators_turn(game):
    given = []

    def note(real_logits, fake_logits):
        given.append(real_logits)
        return game.generator(real_logits, fake_logits)

    generator, discriminator = players()
    step = training.GANStep(generator, discriminator, game=game._replace(generator=note), lr=0.01)
    real = points()
    before = discriminator(real).detach()
    step(real)
    (found,) = given
    now = discriminator(real).detach()
    assert not torch.allclose(before, now)
    torch.testing.assert_close(found, now if game.paired else before)
    assert not found.requires_grad


def test_a_smoothed_game_trains_the_discriminator_to_its_label_and_no_further():
    far = torch.full((16, 2), 3.0)  # nothing to confuse them with
    for game, expected in ((losses.smooth(0.8), 0.8), (losses.non_saturating, 1.0)):
        step = training.GANStep(*players(), game=game, lr=(0.0, 1e-2))
        values = [step(far) for _ in range(150)][-1]
        assert values["d_real"].item() == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("kind", [None, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("regularise", [penalty, zero_centred])
def test_penalties_and_augmentation_train_in_either_precision(kind, regularise):
    gb.seed(0)
    step = training.GANStep(
        resnet.Generator(width=2),
        resnet.Discriminator(width=2),
        game=losses.relativistic,
        autocast=kind,
        regularise=regularise,
        augment=augment.all_three,
        clip=1.0,
        critic_steps=2,
        ema=0.9,
    )
    before = weights(step.discriminator)
    judged = counted(step.discriminator)
    for _ in range(3):
        values = step(torch.rand(8, 1, 32, 32) * 2 - 1)
    assert {images.dtype for images in judged} == {torch.float32}
    assert all(value.isfinite() for value in values.values())
    assert all(p.isfinite().all() for n in (step.generator, step.ema) for p in n.parameters())
    assert not torch.equal(before[0], weights(step.discriminator)[0])


def test_a_regularised_discriminator_is_not_compiled(monkeypatch):
    compiled = []
    monkeypatch.setattr(torch, "compile", lambda network: compiled.append(network) or network)
    generator, discriminator = players()
    training.GANStep(generator, discriminator, compile=True, regularise=zero_centred)(points())
    assert compiled == [generator]


def spectral_players():
    generator, discriminator = players()
    for network in (generator, discriminator):
        for layer in network.layers:
            if isinstance(layer, nn.Linear):
                spectral_norm(layer)
    return generator, discriminator


def test_spectral_norm_works_with_the_step_and_with_the_average():
    generator, discriminator = spectral_players()
    step = training.GANStep(
        generator, discriminator, game=losses.hinge, regularise=zero_centred, ema=0.5, lr=1e-2
    )
    for number in range(30):
        before = weights(generator), weights(discriminator)
        step(points(16, number))
        for old, network in zip(before, (generator, discriminator), strict=True):
            assert not all(map(torch.equal, old, weights(network)))
            assert all(p.requires_grad for p in network.parameters())
    averaged = step.ema.module
    for network in (generator, discriminator, averaged):
        network.eval()
        for layer in network.layers:
            if isinstance(layer, nn.Linear):
                assert torch.linalg.matrix_norm(layer.weight, 2).item() == pytest.approx(1, rel=0.1)
    a, b = (n.layers[0].parametrizations.weight.original for n in (averaged, generator))
    assert not torch.equal(a, b)
    z = torch.randn(5, 2)
    assert torch.equal(step.sample(z), averaged(z))
    assert torch.equal(copy.deepcopy(averaged)(z), averaged(z))


EVERYTHING = dict(
    game=losses.relativistic,
    ema=0.9,
    clip=1.0,
    critic_steps=2,
    regularise=penalty,
    augment=partial(augment.instance_noise, std=0.2),
)


@pytest.mark.parametrize("make", [players, spectral_players])
def test_a_resumed_run_draws_the_same_penalties_and_augmentations(tmp_path, make):
    def fit(step, steps, **saved):
        return training.fit(step, gb.batches(points(256), batch_size=32), steps=steps, **saved)

    whole = training.GANStep(*make(), **EVERYTHING)
    fit(whole, 9)
    saved = dict(checkpoint=tmp_path / "state.pt", checkpoint_every=4)
    fit(training.GANStep(*make(), **EVERYTHING), 5, **saved)
    resumed = training.GANStep(*make(), **EVERYTHING, seed=9)
    fit(resumed, 9, **saved)
    for a, b in zip(whole.parts().values(), resumed.parts().values(), strict=True):
        torch.testing.assert_close(a.state_dict(), b.state_dict(), rtol=0, atol=0)
    assert torch.equal(whole.random.get_state(), resumed.random.get_state())


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(critic_steps=0), "critic_steps to be an integer of at least 1, got 0"),
        (dict(critic_steps=2.0), "critic_steps to be an integer"),
        (dict(clip=-1), r"clip to be a number in \[0, inf\), got -1"),
        (dict(clip="1"), "clip to be a number"),
    ],
)
def test_bad_arguments_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        training.GANStep(*players(), **bad)


def test_a_batch_that_cannot_be_shared_out_is_named():
    step = training.GANStep(*players(), critic_steps=5)
    for count in (4, 6):
        with pytest.raises(ValueError, match=f"multiple of 5 images, got {count}"):
            step(points(count))


def test_two_learning_rates_go_to_their_players():
    step = training.GANStep(*players(), lr=(0.0, 1e-3))
    before = weights(step.generator), weights(step.discriminator)
    training.fit(step, itertools.repeat(points()), steps=2)
    assert all(map(torch.equal, before[0], weights(step.generator)))
    assert not any(map(torch.equal, before[1], weights(step.discriminator)))
