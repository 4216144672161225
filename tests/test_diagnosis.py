"""Histories of which the condition is known by construction, and runs of the smallest game."""

import math

import pytest
import torch

from ganbook import losses, plots, training
from ganbook.diagnosis import CONDITIONS, Diagnosis, diagnose
from ganbook.models import mlp
from ganbook.procedural import ring

LOG2 = math.log(2)


def made(count=80, *, d_loss, g_loss, d_real, d_fake, spread, noise=0.02, seed=0):
    """A history whose values are numbers, or functions of time in [0, 1], with noise."""
    random = torch.Generator().manual_seed(seed)
    time = torch.linspace(0, 1, count)
    values = dict(d_loss=d_loss, g_loss=g_loss, d_real=d_real, d_fake=d_fake, spread=spread)
    history = dict(step=list(range(10, 10 * count + 1, 10)))
    for name, value in values.items():
        line = value(time) if callable(value) else torch.full((count,), float(value))
        line = line * (1 + noise * torch.randn(count, generator=random))
        history[name] = line.tolist()
    return history


def even(**changes):
    """A history at the equilibrium of the non-saturating game, reached after a first lead of D."""
    lead = dict(
        d_loss=lambda t: 2 * LOG2 - torch.exp(-20 * t),
        g_loss=lambda t: LOG2 + torch.exp(-20 * t),
        d_real=lambda t: 0.52 + 0.3 * torch.exp(-20 * t),
        d_fake=lambda t: 0.48 - 0.3 * torch.exp(-20 * t),
        spread=0.98,
    )
    return made(**{**lead, **changes})


def level(value):
    return lambda t: torch.full_like(t, value)


MADE = [
    ("healthy", even()),
    ("healthy", even(count=20)),
    ("healthy", even(d_loss=-0.1, d_real=1e-4, d_fake=9e-5, g_loss=lambda t: 2 + t)),  # a critic
    ("healthy", even(d_loss=-8, d_real=1e-4, d_fake=9e-5, g_loss=12)),  # one of large images
    ("healthy", even(d_loss=-5, d_real=0.93, d_fake=0.08, g_loss=2.5)),  # its sigmoids mean nothing
    ("healthy", even(d_loss=lambda t: -30 + 25 * t, d_real=1e-4, d_fake=9e-5)),
    ("healthy", even(d_loss=0.6, g_loss=2, d_real=0.78, d_fake=0.2)),  # D ahead, but the fakes vary
    ("healthy", even(d_real=lambda t: 0.65 + 0.2 * torch.sin(99 * t))),  # D is noisy, that is all
    ("diverged", even(d_loss=lambda t: torch.where(t < 0.9, 1.4, math.nan))),
    ("diverged", even(g_loss=lambda t: torch.where(t < 0.9, 1.4, math.inf))),
    ("diverged", even(d_loss=lambda t: -torch.exp(6 * t), g_loss=lambda t: torch.exp(7 * t))),
    ("diverged", even(spread=lambda t: 1 + 50 * t)),
    ("wrong sign", even(d_loss=0.01, g_loss=1e-3, d_real=0.01, d_fake=0.99)),
    ("wrong sign", even(d_loss=lambda t: 1.4 + 5 * t, d_real=lambda t: 0.5 - 0.45 * t, d_fake=0.9)),
    ("wrong sign", even(d_fake=lambda t: 0.5 - 0.49 * t, g_loss=lambda t: 0.7 - 0.69 * t)),
    ("wrong sign", even(d_fake=lambda t: 0.5 - 0.49 * t, g_loss=lambda t: -0.7 - 9 * t)),
    ("saturated", even(d_loss=1e-5, g_loss=-1e-5, d_real=1, d_fake=1e-5, noise=0.0)),
    ("overpowered discriminator", even(d_loss=1e-3, g_loss=9, d_real=0.999, d_fake=1e-3)),
    ("overpowered discriminator", even(d_loss=0.5, g_loss=2, d_real=0.8, d_fake=0.2, spread=0.4)),
    ("overpowered discriminator", even(  # least squares, whose logits go to 1 and 0
        d_loss=lambda t: 0.4 * torch.exp(-20 * t) + 1e-3, g_loss=0.5, d_real=0.73, d_fake=0.5)),
    ("weak discriminator", even(d_loss=2 * LOG2, d_real=0.5, d_fake=0.5, noise=1e-5)),
    ("weak discriminator", even(
        d_loss=lambda t: 1.4 + 6 * t, d_real=0.5, d_fake=lambda t: 0.51 + 0.45 * t, spread=20)),
    ("collapsed", even(spread=0.05)),
    ("collapsed", even(d_loss=-0.3, d_real=0.3, d_fake=0.28, spread=0.1)),
    ("oscillating", even(
        d_real=lambda t: 0.6 + 0.25 * torch.sin(25 * t),
        d_fake=lambda t: 0.4 - 0.25 * torch.sin(25 * t))),
    ("oscillating", even(spread=0.4, d_real=lambda t: 0.6 + 0.3 * torch.sin(25 * t), d_fake=0.3)),
    ("oscillating", even(d_loss=lambda t: 1.2 + torch.sin(40 * t))),
    ("too short", even(count=19)),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "history"), MADE)
def test_a_made_history_gets_its_name(condition, history):
    found = diagnose(history)
    assert found.condition == condition
    assert str(found).startswith("This looks ")
    assert found.evidence in str(found)
    assert f"\nTry: {found.advice}" in str(found)


def test_every_condition_is_made_above():
    assert {condition for condition, _ in MADE} == set(CONDITIONS)


def test_the_evidence_has_the_numbers():
    evidence = diagnose(even(spread=0.05, noise=0.0)).evidence
    assert evidence == "The fakes vary 0.05 times as much as the real images."
    assert "is nan or infinite at 8 of 80 records" in diagnose(MADE[8][1]).evidence
    assert "D(real) 0.8, D(fake) 0.2" in diagnose(MADE[18][1]).evidence


def test_what_is_missing_is_named_and_the_rest_still_seen():
    history = even(spread=0.05)
    del history["spread"]
    found = diagnose(history)
    assert found.condition == "healthy"
    assert "Without spread not every condition can be seen." in found.evidence
    bare = {name: MADE[10][1][name] for name in ("d_loss", "g_loss")}
    found = diagnose(bare)
    assert found.condition == "diverged"
    assert "Without d_real or d_fake or spread" in found.evidence


def test_a_spread_that_is_no_number_counts_as_missing():
    found = diagnose(even(spread=math.nan))
    assert found.condition == "healthy"
    assert "Without spread" in found.evidence


def test_what_else_a_step_reports_is_of_no_matter():
    history = even()
    assert diagnose(dict(history, penalty=[0.1] * 80, note="seed 3")) == diagnose(history)


def bilinear(rate, rounds, *, alternating=False, decay=0.0):
    """The game min over x, max over y of x y, as a history: the losses alone."""
    x, y, history = 1.0, 1.0, dict(step=[], d_loss=[], g_loss=[])
    for number in range(rounds):
        history["step"].append(number)
        history["d_loss"].append(-x * y)
        history["g_loss"].append(x * y)
        old, x = x, x - rate * (y + decay * x)
        y = y + rate * ((x if alternating else old) - decay * y)
    return history


@pytest.mark.parametrize(
    ("game", "condition"),
    [
        (dict(rate=0.1, rounds=500), "diverged"),
        (dict(rate=0.05, rounds=300), "oscillating"),
        (dict(rate=0.1, rounds=500, alternating=True), "oscillating"),
        (dict(rate=0.1, rounds=500, decay=0.3), "healthy"),
    ],
)
def test_the_bilinear_game_is_seen_to_spiral_to_turn_and_to_settle(game, condition):
    assert diagnose(bilinear(**game)).condition == condition


def history_of(steps=240, **options):
    torch.manual_seed(0)
    step = training.GANStep(mlp.Generator(width=16), mlp.Discriminator(width=16), **options)
    random = torch.Generator().manual_seed(0)
    batches = (ring(64, generator=random) for _ in range(steps))
    return training.fit(step, batches, steps=steps, log_every=5, progress=False).history


@pytest.mark.parametrize(
    ("options", "condition"),
    [
        (dict(lr=(1e-3, 0.0)), "weak discriminator"),
        (dict(game=losses.wasserstein, lr=(1e-3, 0.1)), "diverged"),
    ],
)
def test_a_run_gets_its_name(options, condition):
    found = plots.diagnose(history_of(**options))
    assert isinstance(found, Diagnosis)
    assert found.condition == condition


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (dict(loss=[1.0] * 50), r"history with d_loss and g_loss, got \['loss'\]"),
        ([1.0, 2.0], "history with d_loss and g_loss, got list"),
        (dict(d_loss=[1.0] * 50, g_loss=[1.0] * 49), "as many records of each value, got"),
    ],
)
def test_bad_histories_are_named(history, message):
    with pytest.raises(ValueError, match=message):
        diagnose(history)
