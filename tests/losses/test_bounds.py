import math

import pytest
import torch
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence

from ganbook import losses


def random(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=random(seed), dtype=torch.float64)


def test_kl_is_that_of_torch_distributions():
    mean, log_var = 3 * normal(1000, 7), 4 * normal(1000, 7, seed=1)
    exact = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0)).sum(dim=1)
    torch.testing.assert_close(losses.gaussian_kl(mean, log_var), exact, rtol=1e-12, atol=1e-12)


def test_kl_keeps_its_digits_near_the_prior():
    mean, log_var = torch.zeros(3, 1), torch.tensor([[1e-3], [-1e-3], [2e-4]])
    exact = losses.gaussian_kl(mean.double(), log_var.double())
    torch.testing.assert_close(losses.gaussian_kl(mean, log_var).double(), exact, rtol=1e-3, atol=0)


def test_kl_agrees_with_monte_carlo():
    mean, log_var = normal(1, 3), normal(1, 3, seed=1)
    z = mean + (log_var / 2).exp() * normal(400_000, 3, seed=2)
    ratio = Normal(mean, (log_var / 2).exp()).log_prob(z) - Normal(0.0, 1.0).log_prob(z)
    error = ratio.sum(dim=1).std() / 400_000**0.5
    assert abs(ratio.sum(dim=1).mean() - losses.gaussian_kl(mean, log_var)) < 4 * error


@pytest.mark.parametrize("log_var", [-1e4, -300.0, 0.0, 80.0])
def test_kl_is_finite_wherever_its_value_is(log_var):
    log_var = torch.full((2, 3), log_var, requires_grad=True)
    kl = losses.gaussian_kl(torch.ones(2, 3), log_var)
    kl.sum().backward()
    assert kl.isfinite().all()
    assert log_var.grad.isfinite().all()


def test_bernoulli_nll_is_that_of_torch_distributions():
    logits = 5 * normal(50, 2, 3, 4)
    x = (torch.rand(50, 2, 3, 4, generator=random()) < 0.3).double()
    exact = -Bernoulli(logits=logits).log_prob(x).flatten(1).sum(dim=1)
    torch.testing.assert_close(losses.bernoulli_nll(logits, x), exact, rtol=1e-12, atol=1e-12)


def test_bernoulli_nll_stays_finite_where_the_sigmoid_is_0_or_1():
    logits, x = torch.tensor([[1e4, -1e4]]), torch.tensor([[0.0, 1.0]])
    assert losses.bernoulli_nll(logits, x).item() == pytest.approx(2e4)


@pytest.mark.parametrize("per_pixel", [False, True])
def test_gaussian_nll_is_that_of_torch_distributions(per_pixel):
    mean, x = normal(50, 1, 4, 4), normal(50, 1, 4, 4, seed=1)
    log_var = 2 * normal(50, 1, 4, 4, seed=2) if per_pixel else -1.5
    std = torch.as_tensor(log_var / 2, dtype=torch.float64).exp()
    exact = -Normal(mean, std).log_prob(x).flatten(1).sum(dim=1)
    torch.testing.assert_close(losses.gaussian_nll(mean, x, log_var), exact, rtol=1e-12, atol=1e-12)


def test_gaussian_nll_does_not_overflow_where_its_value_is_finite():
    x = torch.ones(1, 2)
    near = x + 1e-6
    assert losses.gaussian_nll(x, x, -150.0).item() == pytest.approx(math.log(2 * math.pi) - 150)
    assert losses.gaussian_nll(near, x, -100.0).isfinite().all()


def test_the_gradient_of_the_bound_is_its_derivative():
    mean, log_var = normal(3, 2).requires_grad_(), normal(3, 2, seed=1).requires_grad_()
    logits = normal(3, 5, seed=2).requires_grad_()
    x = (normal(3, 5, seed=3) > 0).double()
    assert torch.autograd.gradcheck(losses.gaussian_kl, (mean, log_var))
    assert torch.autograd.gradcheck(lambda out: losses.bernoulli_nll(out, x), logits)
    assert torch.autograd.gradcheck(lambda out: losses.gaussian_nll(out, x, -1.0), logits)


class LinearGaussian:
    """Many models p(z) = N(0, I), p(x | z) = N(W z + b, exp(log_var) I), one a sample."""

    def __init__(self, count, pixels=4, latents=2, seed=0):
        self.weight = normal(count, pixels, latents, seed=seed)
        self.offset = normal(count, pixels, seed=seed + 1)
        self.log_var = normal(count, 1, seed=seed + 2)
        self.x = 2 * normal(count, pixels, seed=seed + 3)

    def decode(self, z):
        return torch.einsum("bdz,bz->bd", self.weight, z) + self.offset

    def log_likelihood(self):
        noise = self.log_var.exp()[:, :, None] * torch.eye(self.x.shape[1])
        covariance = self.weight @ self.weight.mT + noise
        return MultivariateNormal(self.offset, covariance).log_prob(self.x)

    def posterior(self):
        """Mean and log variance: exact where the columns of W are orthogonal."""
        precision = self.weight.square().sum(dim=1) / self.log_var.exp() + 1  # (B, Z)
        centred = torch.einsum("bdz,bd->bz", self.weight, self.x - self.offset)
        return centred / self.log_var.exp() / precision, -precision.log()

    def elbo(self, mean, log_var):
        """The expectation over q, exact: its 2 Z points have the moments that a square needs."""
        reach = (log_var / 2).exp() * mean.shape[1] ** 0.5
        steps = [sign * row for row in torch.eye(mean.shape[1]) for sign in (1, -1)]
        nll = torch.stack([self.nll(mean + reach * step) for step in steps]).mean(dim=0)
        return losses.elbo(nll, losses.gaussian_kl(mean, log_var))

    def nll(self, z):
        return losses.gaussian_nll(self.decode(z), self.x, self.log_var)

    def log_weight(self, mean, log_var, noise):
        z = mean + (log_var / 2).exp() * noise
        prior, posterior = Normal(0.0, 1.0), Normal(mean, (log_var / 2).exp())
        return -self.nll(z) + (prior.log_prob(z) - posterior.log_prob(z)).sum(dim=1)

    def orthogonal(self):
        self.weight = torch.linalg.qr(self.weight)[0] * normal(len(self.x), 1, 2, seed=9)
        return self


def test_the_bound_never_exceeds_the_log_likelihood():
    models = LinearGaussian(10_000)
    mean, log_var = 2 * normal(10_000, 2, seed=5), 2 * normal(10_000, 2, seed=6)
    gap = models.log_likelihood() - models.elbo(mean, log_var)
    assert gap.min() >= -1e-9
    # near the best diagonal posterior the gap is small, and still of one sign
    mean, log_var = models.posterior()
    assert (models.log_likelihood() - models.elbo(mean, log_var)).min() >= -1e-9


def test_the_bound_is_the_log_likelihood_at_the_true_posterior():
    models = LinearGaussian(10_000).orthogonal()
    posterior = models.posterior()
    torch.testing.assert_close(models.elbo(*posterior), models.log_likelihood(), rtol=0, atol=1e-9)
    # every importance weight is then p(x), so one sample is enough
    weight = models.log_weight(*posterior, normal(10_000, 2, seed=8))
    torch.testing.assert_close(
        losses.iwae_bound(weight[None]), models.log_likelihood(), rtol=0, atol=1e-9
    )


def test_more_importance_samples_tighten_the_bound():
    models = LinearGaussian(10_000).orthogonal()
    mean, log_var = models.posterior()
    moved = mean + (log_var / 2).exp()  # by one standard deviation: KL(q || p(z | x)) is 1
    weights = torch.stack(
        [models.log_weight(moved, log_var, normal(10_000, 2, seed=s)) for s in range(100, 164)]
    )
    gaps = [
        (models.log_likelihood() - losses.iwae_bound(weights[:k])).mean().item()
        for k in (1, 4, 16, 64)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] == pytest.approx(1, abs=0.05)
    assert gaps[-1] == pytest.approx((math.e**2 - 1) / 2 / 64, abs=0.02)  # variance / 2 k


def test_the_importance_bound_of_huge_weights():
    weights = torch.tensor([[-1e5, 1e5], [-1e5, 1e5]])
    assert losses.iwae_bound(weights).tolist() == [-1e5, 1e5]
    lone = torch.tensor([[0.0], [-torch.inf]])
    assert losses.iwae_bound(lone).item() == pytest.approx(-math.log(2))


def test_beta_weighs_the_kl():
    nll, kl = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0])
    assert losses.elbo(nll, kl).tolist() == [-4.0, -7.0]
    assert losses.elbo(nll, kl, beta=2).tolist() == [-7.0, -12.0]


@pytest.mark.parametrize("correlation", [0.0, 0.5, -0.9])
def test_total_correlation_is_that_of_a_gaussian(correlation):
    turn = torch.tensor([[1.0, 0.0], [correlation, (1 - correlation**2) ** 0.5]]).double()
    mean, log_var = normal(3000, 2) @ turn.T, torch.full((3000, 2), -2.0, dtype=torch.float64)
    z = mean + math.exp(-1) * normal(3000, 2, seed=1)
    shared = correlation / (1 + math.exp(-2))
    estimate = losses.total_correlation(z, mean, log_var)
    assert estimate.item() == pytest.approx(-math.log(1 - shared**2) / 2, abs=0.05)


def test_total_correlation_of_one_latent_is_none():
    rows = normal(50, 1)
    assert losses.total_correlation(rows, rows, rows).item() == pytest.approx(0, abs=1e-9)


FINE = torch.zeros(4, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.gaussian_kl(torch.zeros(4), FINE), r"mean .*\(B, Z\), got float32 \(4\)?"),
        (lambda: losses.gaussian_kl(FINE, torch.zeros(4, 1)), r"log_var .*\(4, 3\), got"),
        (lambda: losses.gaussian_kl(FINE, FINE.long()), "log_var .*floating-point.* got int64"),
        (lambda: losses.bernoulli_nll(FINE, FINE - 1), r"x in \[0, 1\].*\(x \+ 1\) / 2"),
        (lambda: losses.bernoulli_nll(FINE, FINE + torch.nan), r"x in \[0, 1\], got .*nan"),
        (lambda: losses.bernoulli_nll(FINE, FINE.bool()), "x .*floating-point.* got bool"),
        (lambda: losses.bernoulli_nll(FINE[:1], FINE), r"logits .*\(4, 3\), got float32 \(1, 3\)"),
        (lambda: losses.bernoulli_nll(FINE, "x"), "x .*got str"),
        (lambda: losses.gaussian_nll(FINE, FINE[0], 0.0), r"x .*\(B\)?, got|mean"),
        (
            lambda: losses.gaussian_nll(FINE, FINE, torch.zeros(2)),
            r"log_var to broadcast to \(4, 3",
        ),
        (lambda: losses.gaussian_nll(FINE, FINE, torch.zeros(5, 4, 3)), "log_var to broadcast"),
        (lambda: losses.elbo(FINE[0], FINE[0, :2]), r"kl .*\(3\), got float32 \(2,?\)"),
        (lambda: losses.elbo(FINE[0], FINE[0], beta=-1), r"beta to be a number in \[0, inf\)"),
        (lambda: losses.total_correlation(FINE, FINE[:, :1], FINE), r"mean .*\(4, 3\)"),
        (lambda: losses.iwae_bound(FINE[0]), r"log_weights .*\(K, B\)"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_kl_of_each_latent_is_that_of_it_alone():
    mean, log_var = normal(9, 3), normal(9, 3, seed=1)
    for number, column in enumerate(losses.kl_per_latent(mean, log_var).T):
        alone = losses.gaussian_kl(mean[:, [number]], log_var[:, [number]])
        torch.testing.assert_close(column, alone)
