import torch

from ganbook import signs


def test_no_sign_is_seen_where_nothing_happens():
    """The flattest of histories: every value constant, at the equilibrium, at D = 0.52 and 0.48."""
    flat = dict(d_loss=1.38, g_loss=0.7, d_real=0.52, d_fake=0.48, spread=1.0)
    series = {name: torch.full((40,), value, dtype=torch.float64) for name, value in flat.items()}
    assert [sign(*(series[name] for name in names)) for _, names, sign in signs.SIGNS] == [
        ""
    ] * len(signs.SIGNS)


def test_only_a_loss_that_is_ever_negative_is_a_critics():
    assert signs.is_critic(torch.tensor([0.3, -0.1, 0.2]))
    assert not signs.is_critic(torch.tensor([0.3, 0.0, 0.2]))
