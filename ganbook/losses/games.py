"""Adversarial games, one formula a function, over raw logits l = logit D(x) of shape (B,).

With sigma the logistic function, D = sigma(l), and therefore ::

    -log D = softplus(-l)        -log(1 - D) = softplus(l)

which stay finite and keep their gradient where `log(sigmoid(l))` gives -inf.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from torch import Tensor, ones_like, zeros_like
from torch.nn.functional import mse_loss, relu, softplus

from ganbook.expect import expect_number, expect_shape


class Game(NamedTuple):
    """What each player minimises: two functions (real_logits, fake_logits) -> scalar mean.

    `paired` says that the generator's loss compares each fake with a real image, which has to be
    judged anew, by the discriminator of the moment.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]
    paired: bool = False


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


def least_squares_discriminator_loss(real_logits, fake_logits):
    """Return mean (l_real - 1)^2 / 2 + mean l_fake^2 / 2: a scalar >= 0, 1/4 where l = 1/2.

    Logits are (B,); the labels are 1 and 0, and D is the logit itself, without a sigmoid.
    Source: Mao et al. 2017, arXiv:1611.04076, with a = 0 and b = c = 1.
    """
    check_logits(real_logits, fake_logits)
    real_error = mse_loss(real_logits, ones_like(real_logits))
    fake_error = mse_loss(fake_logits, zeros_like(fake_logits))
    return (real_error + fake_error) / 2


def least_squares_generator_loss(real_logits, fake_logits):
    """Return mean (l_fake - 1)^2 / 2: a scalar >= 0 whose gradient grows with the distance from 1.

    Logits are (B,); `real_logits` are not used. Source: as the discriminator's.
    """
    check_logits(real_logits, fake_logits)
    return mse_loss(fake_logits, ones_like(fake_logits)) / 2


def wasserstein_critic_loss(real_logits, fake_logits):
    """Return mean l_fake - mean l_real; over 1-Lipschitz critics its least value is -W_1.

    Logits are (B,), a critic's scores. Source: Arjovsky et al. 2017, arXiv:1701.07875, equation 2.
    """
    check_logits(real_logits, fake_logits)
    return fake_logits.mean() - real_logits.mean()


def linear_generator_loss(real_logits, fake_logits):
    """Return -mean l_fake, whose gradient is the same wherever the fakes stand.

    Logits are (B,); `real_logits` are not used. It belongs to the Wasserstein and the hinge game.
    Source: Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1.
    """
    check_logits(real_logits, fake_logits)
    return -fake_logits.mean()


def hinge_discriminator_loss(real_logits, fake_logits):
    """Return mean max(0, 1 - l_real) + mean max(0, 1 + l_fake): a scalar >= 0, 2 where l = 0.

    Logits are (B,); those beyond the margin of 1 give no gradient.
    Source: Lim and Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957.
    """
    check_logits(real_logits, fake_logits)
    return relu(1 - real_logits).mean() + relu(1 + fake_logits).mean()


def relativistic_discriminator_loss(real_logits, fake_logits):
    """Return mean log(1 + exp(l_fake - l_real)) over pairs: a scalar >= 0, log 2 where equal.

    Logits are (B,) each, and the pairs are real i with fake i.
    Source: Jolicoeur-Martineau 2018, arXiv:1807.00734, the game called RSGAN; Huang et al. 2024
    (R3GAN), arXiv:2501.05441, equation 2, where the sign of D is the other one.
    """
    check_pairs(real_logits, fake_logits)
    return softplus(fake_logits - real_logits).mean()


def relativistic_generator_loss(real_logits, fake_logits):
    """Return mean log(1 + exp(l_real - l_fake)) over pairs: the other player's loss, exchanged.

    Logits are (B,) each, and the pairs are real i with fake i. The gradient is largest where the
    fake is far behind: equation 2 of R3GAN, a minimax game, would let it vanish there, and that
    paper's code, too, trains on this one. Source: Jolicoeur-Martineau 2018, arXiv:1807.00734.
    """
    check_pairs(real_logits, fake_logits)
    return softplus(real_logits - fake_logits).mean()


def smoothed_discriminator_loss(real_logits, fake_logits, *, target):
    """Return the cross-entropy that asks D(real) for `target` in place of 1, and D(fake) for 0.

    Logits are (B,); only the real label is smoothed, for a smoothed fake label would reward D
    for believing what G makes now. Source: Salimans et al. 2016, arXiv:1606.03498, section 3.4.
    """
    return discriminator_loss(real_logits, fake_logits) + (1 - target) * real_logits.mean()


def smooth(target: float = 0.9) -> Game:
    """Return the non-saturating game with the real label smoothed to `target`, in [0, 1)."""
    expect_number("target", target, 0, 1)
    return Game(partial(smoothed_discriminator_loss, target=target), non_saturating_generator_loss)


minimax = Game(discriminator_loss, minimax_generator_loss)
non_saturating = Game(discriminator_loss, non_saturating_generator_loss)
least_squares = Game(least_squares_discriminator_loss, least_squares_generator_loss)
wasserstein = Game(wasserstein_critic_loss, linear_generator_loss)
hinge = Game(hinge_discriminator_loss, linear_generator_loss)
relativistic = Game(relativistic_discriminator_loss, relativistic_generator_loss, paired=True)


def check_logits(real_logits, fake_logits):
    """Expect two floating-point tensors of shape (B,); their batches may differ in size."""
    expect_shape("real_logits", real_logits, ("B",))
    expect_shape("fake_logits", fake_logits, ("B",))


def check_pairs(real_logits, fake_logits):
    """Expect two floating-point tensors of one shape (B,)."""
    expect_shape("real_logits", real_logits, ("B",))
    expect_shape("fake_logits", fake_logits, (len(real_logits),))
