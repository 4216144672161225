import math

import pytest
import torch

from ganbook import series


def test_the_rank_correlation_is_that_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    x, y = torch.randn(2, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert series.agreement(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)
    assert series.agreement(x, x.exp()) == pytest.approx(1)
    assert series.agreement(x, -(x**3)) == pytest.approx(-1)
    assert math.isnan(series.agreement(x, torch.ones_like(x)))  # no rank, no agreement


@pytest.mark.parametrize("period", [5, 8, 13, 20])
def test_an_echo_finds_the_period_of_a_wave_on_a_slope(period):
    time = torch.arange(60, dtype=torch.float64)
    wave = torch.sin(2 * math.pi * time / period)
    assert series.echo(3 + wave + 0.5 * time)[1] == period
    assert series.echo(3 + wave + 0.5 * time)[0] > 0.9


def test_noise_and_slopes_echo_little():
    random = torch.Generator().manual_seed(0)
    noise = torch.randn(50, 40, generator=random).double()
    echoes = torch.tensor([series.echo(row)[0] for row in noise])
    assert echoes.quantile(0.9) < 0.6
    assert series.echo(torch.linspace(0, 1, 40).double().square())[0] < 0.6
    assert series.echo(torch.ones(40).double())[0] == 0


def test_span_is_the_middle_of_the_values_and_late_the_second_half():
    values = torch.linspace(0, 1, 101, dtype=torch.float64)
    assert series.span(values) == pytest.approx(0.8)
    assert len(series.late(values)) == 51
    assert series.late(values)[0] == pytest.approx(0.5)
