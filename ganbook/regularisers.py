"""What keeps a discriminator smooth: penalties on its gradient at images, and clipped weights.

Each penalty is a scalar mean over the batch, differentiable again; its weight stands with the
caller (10 for the gradient penalty, gamma / 2 for R1 and R2). The gradient is taken sample by
sample, which holds only where the discriminator does not mix the samples of a batch: no batch
normalisation.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganbook.expect import expect_number, expect_shape


def gradient_penalty(
    critic: Callable[[Tensor], Tensor],
    real: Tensor,
    fake: Tensor,
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return `mean (|grad critic(x)|_2 - 1)^2`, x = e real + (1 - e) fake, e uniform per sample.

    `real` and `fake` are (B, ...) of one shape; `generator` draws e (on the CPU). The norm is taken
    over all elements of a sample. Source: Gulrajani et al. 2017, arXiv:1704.00028, equation 3.
    """
    expect_shape("real", real, ("B", *real.shape[1:]))
    expect_shape("fake", fake, tuple(real.shape))
    share = torch.rand(len(real), generator=generator).to(real)  # (B,)
    share = share.view(-1, *[1] * (real.ndim - 1))  # (B, 1, ...)
    norms = gradients(critic, share * real + (1 - share) * fake).norm(dim=1)  # (B,)
    return (norms - 1).square().mean()


def r1_penalty(discriminator: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """Return `mean |grad D(x)|_2^2` over real images x (B, ...), D the raw logit.

    Source: Mescheder et al. 2018, arXiv:1801.04406, equation 9, without its gamma / 2.
    """
    return gradients(discriminator, real).square().sum(dim=1).mean()


def r2_penalty(discriminator: Callable[[Tensor], Tensor], fake: Tensor) -> Tensor:
    """Return `mean |grad D(x)|_2^2` over fakes x (B, ...), D the raw logit.

    Source: Mescheder et al. 2018, arXiv:1801.04406, equation 10, without its gamma / 2.
    """
    return gradients(discriminator, fake).square().sum(dim=1).mean()


def gradients(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the gradient of critic(x) by each sample of x (B, ...), as differentiable rows (B, D).

    What made x gets no gradient: x is detached, unless it is a leaf that already asks for one.
    """
    expect_shape("x", x, ("B", *x.shape[1:]))
    if not (x.is_leaf and x.requires_grad):
        x = x.detach().requires_grad_()
    logits = critic(x)
    expect_shape("critic(x)", logits, (len(x),))
    (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    return gradient.flatten(1)


@torch.no_grad()
def clip_weights(critic: nn.Module, limit: float = 0.01) -> None:
    """Clamp every parameter of `critic` to [-limit, limit], in place.

    Source: Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1.
    """
    expect_number("limit", limit, 0, math.inf)
    for parameter in critic.parameters():
        parameter.clamp_(-limit, limit)
