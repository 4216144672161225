"""Adversarial games, one formula a function, over raw logits l = logit D(x) of shape (B,).

With sigma the logistic function, D = sigma(l), and therefore ::

    -log D = softplus(-l)        -log(1 - D) = softplus(l)

which stay finite and keep their gradient where `log(sigmoid(l))` gives -inf.
"""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import softplus

from ganbook.expect import expect_shape


class Game(NamedTuple):
    """What each player minimises: two functions (real_logits, fake_logits) -> scalar mean."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]


def discriminator_loss(real_logits, fake_logits):
    """Return -mean log D(real) - mean log(1 - D(fake)) in nats, the negative of the value V(D, G).

    Logits are (B,); the result is a scalar >= 0, and 2 log 2 where D = 1/2 everywhere.
    Source: Goodfellow et al. 2014, arXiv:1406.2661, equation 1.
    """
    check_logits(real_logits, fake_logits)
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def minimax_generator_loss(real_logits, fake_logits):
    """Return mean log(1 - D(fake)) in nats: a scalar <= 0 whose gradient vanishes as D(fake) -> 0.

    Logits are (B,); `real_logits` are not used.
    Source: Goodfellow et al. 2014, arXiv:1406.2661, equation 1.
    """
    check_logits(real_logits, fake_logits)
    return -softplus(fake_logits).mean()


def non_saturating_generator_loss(real_logits, fake_logits):
    """Return -mean log D(fake) in nats: a scalar >= 0 whose gradient is largest as D(fake) -> 0.

    Logits are (B,); `real_logits` are not used.
    Source: Goodfellow et al. 2014, arXiv:1406.2661, section 3.
    """
    check_logits(real_logits, fake_logits)
    return softplus(-fake_logits).mean()


minimax = Game(discriminator_loss, minimax_generator_loss)
non_saturating = Game(discriminator_loss, non_saturating_generator_loss)


def check_logits(real_logits, fake_logits):
    """Expect two floating-point tensors of shape (B,); their batches may differ in size."""
    expect_shape("real_logits", real_logits, ("B",))
    expect_shape("fake_logits", fake_logits, ("B",))
