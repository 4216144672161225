import math

import pytest
import torch
from torch.distributions import MultivariateNormal

import ganbook as gb
from ganbook import losses, metrics
from ganbook.models import vae


def random(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def linear():
    """A linear model in float64, its data, and log p(x); its encoder is the true posterior."""
    model = vae.MLPVAE(features=5, latent=2, hidden=()).double()
    turn = torch.linalg.qr(torch.randn(5, 2, generator=random(), dtype=torch.float64))[0]
    weight, log_var = turn * torch.tensor([2.0, 0.7], dtype=torch.float64), -1.0
    precision = weight.square().sum(dim=0) / math.exp(log_var) + 1
    with torch.no_grad():
        model.decoder[0].weight.copy_(weight)
        model.decoder[0].bias.fill_(0.3)
        model.encoder[0].weight[:2] = weight.T / math.exp(log_var) / precision[:, None]
        model.encoder[0].bias[:2] = -model.encoder[0].weight[:2] @ torch.full(
            (5,), 0.3, dtype=torch.float64
        )
        model.encoder[0].weight[2:] = 0
        model.encoder[0].bias[2:] = -precision.log()
    x = 2 * torch.randn(300, 5, generator=random(1), dtype=torch.float64)
    covariance = weight @ weight.T + math.exp(log_var) * torch.eye(5, dtype=torch.float64)
    exact = (
        MultivariateNormal(torch.full((5,), 0.3, dtype=torch.float64), covariance)
        .log_prob(x)
        .mean()
    )
    return model, x, dict(likelihood="gaussian", log_var=log_var), exact.item()


@pytest.mark.parametrize("k", [1, 7])
def test_the_importance_bound_is_exact_at_the_true_posterior(linear, k):
    model, x, how, exact = linear
    bound = metrics.importance_bound(model, x, k=k, batch_size=64, **how)
    assert bound == pytest.approx(exact, abs=1e-9)


def test_the_elbo_is_exact_on_average_at_the_true_posterior(linear):
    model, x, how, exact = linear
    draws = torch.tensor([metrics.elbo(model, x, seed=s, **how) for s in range(50)])
    assert draws.std() > 1e-4
    assert abs(draws.mean().item() - exact) < 4 * draws.std().item() / 50**0.5


def test_a_wrong_posterior_costs_and_more_samples_win_it_back(linear):
    model, x, how, exact = linear
    with torch.no_grad():
        model.encoder[0].bias[:2] += 0.4
    elbo = metrics.elbo(model, x, **how)
    bounds = [metrics.importance_bound(model, x, k=k, **how) for k in (1, 8, 64, 2500)]
    assert abs(elbo - bounds[0]) < 0.3
    assert bounds == sorted(bounds)
    assert exact - bounds[0] > 0.5
    assert abs(exact - bounds[-1]) < 0.02
    with torch.no_grad():
        model.encoder[0].bias[:2] -= 0.4


@pytest.fixture(scope="module")
def images():
    return gb.to_float(gb.load("shapes").images[:50])


@pytest.fixture
def model():
    gb.seed(0)
    return vae.VAE(width=2, latent=3)


def test_the_elbo_is_that_of_the_losses(model, images):
    mean, log_var = model.encode(images)
    z = mean + (log_var / 2).exp() * torch.randn(1, 50, 3, generator=random(1))[0]
    nll = losses.bernoulli_nll(model.decode(z), (images + 1) / 2)
    expected = losses.elbo(nll, losses.gaussian_kl(mean, log_var)).mean().item()
    assert metrics.elbo(model, images) == pytest.approx(expected, rel=1e-5)


def test_pixels_are_the_same_for_every_model_and_k(model, images, monkeypatch):
    seen = []
    plain = losses.bernoulli_nll
    monkeypatch.setattr(losses, "bernoulli_nll", lambda o, x: seen.append(x) or plain(o, x))
    metrics.elbo(model, images, binarise=True)
    metrics.importance_bound(model, images, k=3, binarise=True, batch_size=25)
    assert set(seen[0].unique().tolist()) == {0.0, 1.0}
    assert torch.equal(seen[0], torch.cat([part[:25] for part in seen[1:]]))
    assert not torch.equal(seen[0], (images + 1) / 2)


def test_many_samples_are_decoded_in_parts(model, images):
    calls = []
    decode = model.decode
    model.decode = lambda z: calls.append(len(z)) or decode(z)
    metrics.importance_bound(model, images, k=45, batch_size=50)
    assert calls == [1000, 1000, 250]


def test_the_model_is_left_as_it_was(model, images):
    model.train()
    for bound in (metrics.elbo, metrics.importance_bound):
        bound(model, images[:3])
        assert model.training
    assert all(p.grad is None for p in model.parameters())


def test_the_same_seed_gives_the_same_bound(model, images):
    one, again, other = (metrics.elbo(model, images, binarise=True, seed=s) for s in (0, 0, 1))
    assert one == again
    assert one != other


def test_active_units_are_those_whose_mean_varies():
    means = torch.randn(5000, 4, generator=random()) * torch.tensor([1.0, 0.2, 0.05, 0.0]) + 7
    assert metrics.active_units(means) == 2
    assert metrics.active_units(means, threshold=0.0) == 3


FINE = torch.zeros(2, 1, 32, 32)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(images="x"), r"expected images as a tensor \(N, C, H, W\), got str"),
        (dict(images=FINE[:0]), r"expected images .*got \(0, 1, 32, 32\)"),
        (dict(images=FINE.byte()), "floating-point"),
        (dict(images=FINE + 2), r"in \[0, 1\]"),
        (dict(images=FINE + 2, binarise=True), r"images in \[-1, 1\]"),
        (dict(likelihood="laplace"), "likelihood to be one of"),
        (dict(likelihood="gaussian", binarise=True), "binarise to be one of"),
        (dict(seed=-1), "seed to be an integer"),
        (dict(batch_size=0), "batch_size to be an integer"),
        (dict(log_var=torch.inf), "log_var to be a number"),
    ],
)
@pytest.mark.parametrize("bound", [metrics.elbo, metrics.importance_bound])
def test_bad_arguments_are_named(model, bound, bad, message):
    with pytest.raises(ValueError, match=message):
        bound(model, **dict(dict(images=FINE), **bad))


def test_other_bad_arguments_are_named(model):
    with pytest.raises(ValueError, match="k to be an integer of at least 1"):
        metrics.importance_bound(model, FINE, k=0)
    with pytest.raises(ValueError, match="means"):
        metrics.active_units(torch.zeros(1, 3))
    with pytest.raises(ValueError, match="threshold"):
        metrics.active_units(torch.zeros(3, 3), threshold=-1.0)
