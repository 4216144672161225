"""How well a latent-variable model explains held-out images: bounds on log p(x), in nats."""

import math

import torch
from torch import Tensor, nn

from ganbook import losses
from ganbook.expect import expect_integer, expect_number, expect_one_of, expect_positive
from ganbook.metrics.rows import feature_rows
from ganbook.models import vae

LIKELIHOODS = ("bernoulli", "gaussian")
DECODED = 1000  # decoder outputs held at once


@torch.no_grad()
def elbo(
    model: nn.Module,
    images: Tensor,
    *,
    likelihood: str = "bernoulli",
    log_var: float = 0.0,
    binarise: bool = False,
    seed: int = 0,
    batch_size: int = 500,
) -> float:
    """Return the evidence lower bound in nats per image, averaged over images (N, C, H, W).

    `model` has `encode` and `decode` as those of `ganbook.models.vae`; images are in [-1, 1], or
    rows (N, features). The KL is exact, log p(x | z) taken at one draw of z an image. `likelihood`,
    `log_var` and `binarise` are those that the model was trained with (see `training.VAEStep`);
    the pixels of binarised images and the latents are drawn with `seed`, and the pixels are the
    same whatever model is judged. Without `binarise`, grey pixels make a Bernoulli "bound" one on
    no likelihood. Raises ValueError for other arguments.
    Source: Kingma and Welling 2014, arXiv:1312.6114.
    """
    total = 0.0
    options = dict(likelihood=likelihood, log_var=log_var, binarise=binarise, seed=seed)
    for x, mean, log_var_z, noise in posteriors(model, images, batch_size, **options):
        z = mean + (log_var_z / 2).exp() * noise(1)[0]
        nll = negative_log_likelihood(model.decode(z), x, likelihood, log_var)
        total += losses.elbo(nll, losses.gaussian_kl(mean, log_var_z)).double().sum().item()
    return total / len(images)


@torch.no_grad()
def importance_bound(
    model: nn.Module,
    images: Tensor,
    *,
    k: int = 100,
    likelihood: str = "bernoulli",
    log_var: float = 0.0,
    binarise: bool = False,
    seed: int = 0,
    batch_size: int = 100,
) -> float:
    """Return the bound of `k` importance samples in nats per image, averaged over images.

    On average it is at least the `elbo`, at most log p(x), and grows with k. With k = 1 it is a
    noisier estimate of the elbo. Arguments as `elbo` has them; the decoder runs k times an image.
    Source: Burda, Grosse and Salakhutdinov 2016, arXiv:1509.00519.
    """
    expect_positive(k=k)
    total = 0.0
    options = dict(likelihood=likelihood, log_var=log_var, binarise=binarise, seed=seed)
    for x, mean, log_var_z, noise in posteriors(model, images, batch_size, **options):
        logs, at_once = [], max(1, DECODED // len(x))
        for start in range(0, k, at_once):
            drawn = noise(min(at_once, k - start))  # (K, B, Z)
            z = mean + (log_var_z / 2).exp() * drawn
            repeated = x.expand(len(drawn), *x.shape).flatten(0, 1)  # (K B, ...)
            output = model.decode(z.flatten(0, 1))
            nll = negative_log_likelihood(output, repeated, likelihood, log_var)
            ratio = (drawn.square() + log_var_z - z.square()).sum(dim=2) / 2  # log p(z) - log q(z)
            logs.append(ratio - nll.view(ratio.shape))
        total += losses.iwae_bound(torch.cat(logs).double()).sum().item()
    return total / len(images)


def active_units(means: Tensor, *, threshold: float = 0.01) -> int:
    """Return how many latents the encoder uses: those whose mean varies over the data.

    `means` (N, Z) are the posterior means of N images; a latent counts as active where their
    variance is above `threshold`, in units of the prior's. Raises ValueError for fewer than 2 rows.
    Source: Burda, Grosse and Salakhutdinov 2016, arXiv:1509.00519.
    """
    expect_number("threshold", threshold, 0, math.inf)
    return int((feature_rows(means, names=("means", "y")).var(dim=0) > threshold).sum())


def posteriors(model, images, batch_size, *, likelihood, log_var, binarise, seed):
    """Yield what is to be explained, mean and log variance of q(z | x), and a source of noise."""
    expect_one_of("likelihood", likelihood, LIKELIHOODS)
    expect_number("log_var", log_var, -math.inf, math.inf)
    expect_one_of("binarise", binarise, (False, likelihood == "bernoulli"))
    expect_integer("seed", seed, 0)
    expect_positive(batch_size=batch_size)
    if not isinstance(images, Tensor) or images.ndim < 2 or not len(images):
        raise ValueError(f"expected images as a tensor (N, C, H, W), got {describe(images)}")
    pixels, latents = (torch.Generator().manual_seed(seed + part) for part in (0, 1))
    training, device = model.training, next(model.parameters()).device
    model.eval()
    try:
        for real in images.split(batch_size):
            x = vae.binarise(real.cpu(), random=pixels) if binarise else real
            if likelihood == "bernoulli" and not binarise:
                x = (real + 1) / 2
            x, seen = x.to(device), (x * 2 - 1 if binarise else real).to(device)
            mean, log_var_z = model.encode(seen)

            def noise(count, shape=mean.shape, dtype=mean.dtype):
                return torch.randn(count, *shape, generator=latents, dtype=dtype).to(device)

            yield x, mean, log_var_z, noise
    finally:
        model.train(training)


def negative_log_likelihood(output, x, likelihood, log_var):
    """Return -log p(x | z) in nats per image (B,)."""
    if likelihood == "bernoulli":
        return losses.bernoulli_nll(output, x)
    return losses.gaussian_nll(output, x, log_var)


def describe(images) -> str:
    return str(tuple(images.shape)) if isinstance(images, Tensor) else type(images).__name__
