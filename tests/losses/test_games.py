import itertools
import math
from statistics import fmean as mean

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from ganbook import losses

PLAYERS = ("discriminator", "generator")
GAMES = ("minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic")
LOSSES = [(game, player) for game in GAMES for player in PLAYERS]


def loss_of(game, player):
    return getattr(getattr(losses, game), player)


def logits(seed, count=50, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(count, dtype=dtype, generator=generator)


def pair(game, *counts, dtype=torch.float64):
    """Logits of real and fake, whose batches differ in size where the game lets them."""
    real, fake = counts
    return logits(0, real, dtype), logits(1, real if game == "relativistic" else fake, dtype)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def blame(real, fake):
    return -mean(math.log(sigmoid(x)) for x in real) - mean(math.log(1 - sigmoid(x)) for x in fake)


# The formulas of the papers, in probabilities where they are, one sample after another.
FORMULAS = {
    ("minimax", "discriminator"): blame,
    ("minimax", "generator"): lambda real, fake: mean(math.log(1 - sigmoid(x)) for x in fake),
    ("non_saturating", "discriminator"): blame,
    ("non_saturating", "generator"): lambda real, fake: -mean(math.log(sigmoid(x)) for x in fake),
    ("least_squares", "discriminator"): lambda real, fake: (
        mean((x - 1) ** 2 / 2 for x in real) + mean(x**2 / 2 for x in fake)
    ),
    ("least_squares", "generator"): lambda real, fake: mean((x - 1) ** 2 / 2 for x in fake),
    ("wasserstein", "discriminator"): lambda real, fake: mean(fake) - mean(real),
    ("wasserstein", "generator"): lambda real, fake: -mean(fake),
    ("hinge", "discriminator"): lambda real, fake: (
        -mean(min(0, x - 1) for x in real) - mean(min(0, -x - 1) for x in fake)
    ),
    ("hinge", "generator"): lambda real, fake: -mean(fake),
    ("relativistic", "discriminator"): lambda real, fake: (
        -mean(math.log(sigmoid(r - f)) for r, f in zip(real, fake, strict=True))
    ),
    ("relativistic", "generator"): lambda real, fake: (
        -mean(math.log(sigmoid(f - r)) for r, f in zip(real, fake, strict=True))
    ),
}


@pytest.mark.parametrize(("game", "player"), LOSSES)
@pytest.mark.parametrize(("dtype", "error"), [(torch.float64, 1e-12), (torch.float32, 1e-6)])
def test_losses_equal_the_formulas(game, player, dtype, error):
    real, fake = pair(game, 50, 30, dtype=dtype)
    loss = loss_of(game, player)(real, fake)
    assert loss.shape == ()
    assert loss.dtype == dtype
    expected = FORMULAS[game, player](real.tolist(), fake.tolist())
    assert loss.item() == pytest.approx(expected, rel=error)


@pytest.mark.parametrize(("game", "player"), LOSSES)
def test_gradients_equal_finite_differences_twice(game, player):
    real, fake = (logits.requires_grad_() for logits in pair(game, 5, 4))
    assert torch.autograd.gradcheck(loss_of(game, player), (real, fake))
    assert torch.autograd.gradgradcheck(loss_of(game, player), (real, fake))


def test_a_blind_discriminator_pays_two_log_two():
    zeros = torch.zeros(8)
    assert losses.minimax.discriminator(zeros, zeros).item() == pytest.approx(2 * math.log(2))
    assert losses.minimax.generator(zeros, zeros).item() == pytest.approx(-math.log(2))
    assert losses.non_saturating.generator(zeros, zeros).item() == pytest.approx(math.log(2))


def test_the_best_discriminator_measures_a_divergence():
    places = torch.tensor([1, 2, 3, 4]), torch.tensor([5, 2, 2, 1])  # of ten images each
    p, q = (count.double() / 10 for count in places)

    def least(game, logits):
        return game.discriminator(*(logits.repeat_interleave(count) for count in places)).item()

    best, m = p / (p + q), (p + q) / 2
    js = ((p * (p / m).log()).sum() + (q * (q / m).log()).sum()) / 2
    triangle, variation = ((p - q) ** 2 / (p + q)).sum(), (p - q).abs().sum() / 2
    assert least(losses.minimax, best.logit()) == pytest.approx(2 * math.log(2) - 2 * js)
    assert least(losses.least_squares, best) == pytest.approx(1 / 4 - triangle / 8)
    assert least(losses.hinge, (p - q).sign()) == pytest.approx(2 - 2 * variation)


@pytest.mark.parametrize("game", GAMES)
def test_each_player_gains_where_it_should(game):
    sure, fooled = torch.full((4,), 5.0), torch.full((4,), -5.0)
    game = getattr(losses, game)
    assert game.discriminator(sure, -sure) < game.discriminator(fooled, -fooled)
    assert game.generator(sure, sure) < game.generator(sure, fooled)


def far(game, player, real, fake):
    """The losses where exp(-|logit|) is nothing: log(1 + exp(x)) is then max(0, x)."""
    if game not in ("minimax", "non_saturating", "relativistic"):
        return FORMULAS[game, player]([real], [fake])
    if game == "relativistic":
        ahead = real - fake if player == "generator" else fake - real
        return max(0, ahead) if ahead else math.log(2)
    if player == "discriminator":
        return max(0, -real) + max(0, fake)
    return -max(0, fake) if game == "minimax" else max(0, -fake)


@pytest.mark.parametrize(("game", "player"), LOSSES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_losses_stay_finite_and_exact_at_extreme_logits(game, player, dtype, size):
    for signs in itertools.product((-size, size), repeat=2):
        real, fake = (torch.full((3,), x, dtype=dtype, requires_grad=True) for x in signs)
        loss = loss_of(game, player)(real, fake)
        assert loss.item() == pytest.approx(far(game, player, *signs), rel=1e-2, abs=1e-6)
        loss.backward()
        assert all(x.grad is None or x.grad.isfinite().all() for x in (real, fake))


@pytest.mark.parametrize(("game", "player"), LOSSES)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("signs", [(-1, -1), (-1, 1), (1, -1), (1, 1)])
def test_losses_stay_finite_at_extreme_logits_under_autocast(game, player, dtype, signs):
    layer = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(layer.weight, 1e4)
    with torch.autocast("cpu", dtype):
        real, fake = (layer(torch.full((4, 1), float(sign))).squeeze(1) for sign in signs)
        loss = loss_of(game, player)(real, fake)
    assert real.dtype == dtype
    expected = far(game, player, *(1e4 * sign for sign in signs))
    assert loss.item() == pytest.approx(expected, rel=1e-2, abs=1e-6)
    loss.backward()
    assert layer.weight.grad.isfinite().all()


def test_a_fake_far_behind_pulls_with_full_strength_in_the_relativistic_game():
    fake = torch.full((1,), -30.0, requires_grad=True)
    losses.relativistic.generator(torch.zeros(1), fake).backward()
    assert fake.grad.item() == pytest.approx(-1)


def test_the_hinge_lets_go_beyond_its_margin():
    real = torch.tensor([0.9, 1.1], requires_grad=True)
    fake = torch.tensor([-0.9, -1.1], requires_grad=True)
    losses.hinge.discriminator(real, fake).backward()
    assert real.grad.tolist() == [-0.5, 0]
    assert fake.grad.tolist() == [0.5, 0]


def test_smoothing_is_the_cross_entropy_of_a_softer_real_label():
    real, fake = logits(0), logits(1, 30)
    label = torch.full_like(real, 0.8)
    expected = binary_cross_entropy_with_logits(real, label)
    expected = expected + binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    torch.testing.assert_close(losses.smooth(0.8).discriminator(real, fake), expected)
    assert losses.smooth().generator is losses.non_saturating.generator
    game = losses.smooth(0.9)
    for x in (-1e4, 1e4):
        expected = 0.9 * max(0, -x) + 0.1 * max(0, x)
        found = game.discriminator(torch.tensor([x]), torch.tensor([-1e4]))
        assert found.item() == pytest.approx(expected, rel=1e-5)


def test_smoothing_stops_the_discriminator_short_of_certainty():
    point = torch.tensor([0.9 / 2]).logit().requires_grad_()  # as many real images as fakes there
    losses.smooth(0.9).discriminator(point, point).backward()
    assert point.grad.item() == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("bad", [1, -0.1, "0.9", True])
def test_a_bad_target_is_named(bad):
    with pytest.raises(ValueError, match=r"target to be a number in \[0, 1\), got"):
        losses.smooth(bad)


@pytest.mark.parametrize("player", PLAYERS)
def test_logits_without_a_partner_are_named(player):
    with pytest.raises(ValueError, match=r"fake_logits .* tensor \(5\), got float32 \(4,\)"):
        loss_of("relativistic", player)(torch.zeros(5), torch.zeros(4))


def test_the_generator_saturates_in_one_game_only():
    gradients = {}
    for name in ("minimax", "non_saturating"):
        fake = torch.full((1,), -30.0, requires_grad=True)
        getattr(losses, name).generator(fake.detach(), fake).backward()
        gradients[name] = fake.grad.item()
    assert gradients["minimax"] == pytest.approx(-torch.tensor(-30.0).sigmoid().item())
    assert gradients["non_saturating"] == pytest.approx(-1)


@pytest.mark.parametrize(("game", "player"), [*LOSSES, ("smooth", "discriminator")])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (torch.zeros(4, 1), r"tensor \([B4]\), got float32 \(4, 1\)"),
        (torch.zeros(0), r"got float32 \(0,\)"),
        (torch.zeros(4, dtype=torch.int64), "got int64"),
        (0.5, "got float"),
    ],
)
def test_bad_logits_are_named(game, player, bad, message):
    loss = losses.smooth().discriminator if game == "smooth" else loss_of(game, player)
    with pytest.raises(ValueError, match="real_logits.*" + message):
        loss(bad, torch.zeros(4))
    with pytest.raises(ValueError, match="fake_logits.*" + message):
        loss(torch.zeros(4), bad)
