"""What latent-variable models minimise: likelihoods, KL and bounds, in nats per sample, (B,).

Sums run over pixels and over latents, means over nothing: averaging either changes the balance of
the two terms, and with it the model.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ganbook.expect import expect_number, expect_shape


def gaussian_kl(mean, log_var):
    """Return KL(N(mean, diag exp log_var) || N(0, I)) in nats per sample, (B,), each >= 0.

    `mean` and `log_var` are (B, Z); the sum runs over the latents. Raises ValueError for others.
    Source: Kingma and Welling 2014, arXiv:1312.6114, appendix B.
    """
    return kl_per_latent(mean, log_var).sum(dim=1)


def kl_per_latent(mean, log_var):
    """Return the summands of `gaussian_kl`, (B, Z): a latent that has none of them is not used."""
    expect_shape("mean", mean, ("B", "Z"))
    expect_shape("log_var", log_var, tuple(mean.shape))
    return (mean.square() + log_var.expm1() - log_var) / 2


def bernoulli_nll(logits, x):
    """Return -log p(x) in nats per sample, (B,), of independent Bernoulli pixels, each >= 0.

    `logits` and `x` are of one shape (B, ...), x in [0, 1]; the sum runs over the pixels. For x
    strictly between 0 and 1 it is a cross-entropy, not a likelihood: its least value is not 0, and
    nothing that it enters bounds a log-likelihood. Raises ValueError for x elsewhere.
    Source: Kingma and Welling 2014, arXiv:1312.6114.
    """
    expect_pair("logits", logits, x)
    low, high = torch.stack(x.detach().aminmax()).tolist()
    if not (low >= 0 and high <= 1):
        raise ValueError(
            f"expected x in [0, 1], got values from {low:.4g} to {high:.4g}: "
            f"images in [-1, 1] are mapped by (x + 1) / 2 first"
        )
    return binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(dim=1)


def gaussian_nll(mean, x, log_var):
    """Return -log N(x; mean, exp log_var) in nats per sample, (B,), with all its constants.

    `mean` and `x` are of one shape (B, ...), in any units; `log_var` is a number, or a tensor that
    broadcasts to that shape; the sum runs over the pixels. Raises ValueError for other shapes.
    Source: Kingma and Welling 2014, arXiv:1312.6114.
    """
    expect_pair("mean", mean, x)
    log_var = torch.as_tensor(log_var, dtype=mean.dtype, device=mean.device)
    try:
        fits = torch.broadcast_shapes(mean.shape, log_var.shape) == mean.shape
    except RuntimeError:
        fits = False
    if not fits:
        raise ValueError(
            f"expected log_var to broadcast to {tuple(mean.shape)}, got {tuple(log_var.shape)}"
        )
    error = (x - mean) * (-log_var / 2).exp()  # in standard deviations: e^-log_var may overflow
    return (error.square() + log_var + math.log(2 * math.pi)).flatten(1).sum(dim=1) / 2


def elbo(nll, kl, *, beta=1.0):
    """Return -(nll + beta kl) in nats per sample, (B,): for beta >= 1 at most log p(x) on average.

    `nll` is -log p(x | z) at a z drawn from q(z | x), and `kl` KL(q(z | x) || p(z)), both (B,).
    With beta = 1 it is the evidence lower bound. Raises ValueError for beta below 0.
    Source: Kingma and Welling 2014, arXiv:1312.6114; beta: Higgins et al. 2017,
    beta-VAE (ICLR).
    """
    expect_shape("nll", nll, ("B",))
    expect_shape("kl", kl, (len(nll),))
    expect_number("beta", beta, 0, math.inf)
    return -(nll + beta * kl)


def iwae_bound(log_weights):
    """Return log mean exp over K importance weights log p(x, z) - log q(z | x), (K, B) to (B,).

    Nats per sample; on average at most log p(x), and nearer to it with every weight.
    Source: Burda, Grosse and Salakhutdinov 2016, arXiv:1509.00519.
    """
    expect_shape("log_weights", log_weights, ("K", "B"))
    return log_weights.logsumexp(dim=0) - math.log(len(log_weights))


def total_correlation(z, mean, log_var):
    """Return an estimate of KL(q(z) || prod_j q(z_j)) in nats, a scalar: what latents share.

    z (B, Z) was drawn from N(mean, diag exp log_var), both (B, Z), and q(z) is the mixture of these
    over the batch. Of a few images it is too large, for each draw lies in its own posterior; of
    many it is right but for chance. The gradient is that of minibatch-weighted sampling, whose
    estimate differs from this one by a constant. Raises ValueError for other shapes.
    Source: Chen et al. 2018 (beta-TCVAE), arXiv:1802.04942.
    """
    expect_shape("z", z, ("B", "Z"))
    expect_shape("mean", mean, tuple(z.shape))
    expect_shape("log_var", log_var, tuple(z.shape))
    away = (z[:, None] - mean) * (-log_var / 2).exp()  # (B, B, Z): draw i under the posterior of j
    logs = -(away.square() + log_var + math.log(2 * math.pi)) / 2
    joint = logs.sum(dim=2).logsumexp(dim=1) - math.log(len(z))  # (B,)
    marginals = logs.logsumexp(dim=1) - math.log(len(z))  # (B, Z)
    return (joint - marginals.sum(dim=1)).mean()


def expect_pair(name, tensor, x):
    """Expect floating-point tensors of one shape (B, ...)."""
    sizes = tuple(x.shape) if isinstance(x, Tensor) else ("B", "...")
    expect_shape("x", x, ("B", *sizes[1:]))
    expect_shape(name, tensor, sizes)
