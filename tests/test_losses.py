import math
from statistics import fmean as mean

import pytest
import torch

from ganbook import losses

GAMES = [losses.minimax, losses.non_saturating]


def logits(seed, count=50):
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(count, dtype=torch.float64, generator=generator)


def direct(game, player, real, fake):
    """The formulas of the paper, in probabilities, one sample after another."""
    d_real, d_fake = ([1 / (1 + math.exp(-x)) for x in logits.tolist()] for logits in (real, fake))
    if player == "discriminator":
        return -mean(map(math.log, d_real)) - mean(math.log(1 - d) for d in d_fake)
    if game is losses.minimax:
        return mean(math.log(1 - d) for d in d_fake)
    return -mean(map(math.log, d_fake))


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_losses_equal_the_formulas(game, player):
    real, fake = logits(0), logits(1, 30)
    loss = getattr(game, player)(real, fake)
    assert loss.shape == ()
    assert loss.item() == pytest.approx(direct(game, player, real, fake), rel=1e-12)


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_gradients_equal_finite_differences_twice(game, player):
    real, fake = logits(0, 5).requires_grad_(), logits(1, 4).requires_grad_()
    assert torch.autograd.gradcheck(getattr(game, player), (real, fake))
    assert torch.autograd.gradgradcheck(getattr(game, player), (real, fake))


def test_a_blind_discriminator_pays_two_log_two():
    zeros = torch.zeros(8)
    assert losses.minimax.discriminator(zeros, zeros).item() == pytest.approx(2 * math.log(2))
    assert losses.minimax.generator(zeros, zeros).item() == pytest.approx(-math.log(2))
    assert losses.non_saturating.generator(zeros, zeros).item() == pytest.approx(math.log(2))


def test_each_player_gains_where_it_should():
    sure, fooled = torch.full((4,), 5.0), torch.full((4,), -5.0)
    for game in GAMES:
        assert game.discriminator(sure, -sure) < game.discriminator(fooled, -fooled)
        assert game.generator(sure, sure) < game.generator(sure, fooled)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_losses_stay_finite_and_exact_at_extreme_logits(size, dtype):
    far = torch.full((3,), size, dtype=dtype)
    expected = far[0].item()
    for game in GAMES:
        assert game.discriminator(-far, far).item() == pytest.approx(2 * expected, rel=1e-2)
        assert game.discriminator(far, -far).item() == pytest.approx(0, abs=1e-6)
    assert losses.non_saturating.generator(far, -far).item() == pytest.approx(expected, rel=1e-2)
    assert losses.minimax.generator(far, far).item() == pytest.approx(-expected, rel=1e-2)


def test_the_generator_saturates_in_one_game_only():
    gradients = {}
    for name in ("minimax", "non_saturating"):
        fake = torch.full((1,), -30.0, requires_grad=True)
        getattr(losses, name).generator(fake.detach(), fake).backward()
        gradients[name] = fake.grad.item()
    assert gradients["minimax"] == pytest.approx(-torch.tensor(-30.0).sigmoid().item())
    assert gradients["non_saturating"] == pytest.approx(-1)


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("player", ["discriminator", "generator"])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (torch.zeros(4, 1), r"tensor \(B\), got float32 \(4, 1\)"),
        (torch.zeros(0), r"got float32 \(0,\)"),
        (torch.zeros(4, dtype=torch.int64), "got int64"),
        (0.5, "got float"),
    ],
)
def test_bad_logits_are_named(game, player, bad, message):
    with pytest.raises(ValueError, match="real_logits.*" + message):
        getattr(game, player)(bad, torch.zeros(4))
    with pytest.raises(ValueError, match="fake_logits.*" + message):
        getattr(game, player)(torch.zeros(4), bad)
