"""What a vector-quantised autoencoder minimises besides its reconstruction error."""

from typing import NamedTuple

from torch import Tensor

from ganbook.expect import expect_shape


class VQLosses(NamedTuple):
    """The two terms: equal in value, but each sends its gradient to one side only."""

    codebook: Tensor  # moves the codes towards what the encoder gives
    commitment: Tensor  # moves the encoder towards the codes


def vq_losses(encoded: Tensor, quantised: Tensor) -> VQLosses:
    """Return ||sg[z_e] - e||^2 and ||z_e - sg[e]||^2, scalars >= 0, where sg stops gradients.

    `encoded` z_e and `quantised` e, the codes nearest to it, are (B, D, ...) alike, with the
    gradients of the encoder and of the codebook. The squares are summed over the D numbers of a
    code and over all places of a grid, then averaged over the B images: add them to an error that
    is summed over pixels. An average over the elements would be another weight of these terms.
    The commitment's factor beta is left to the caller.
    Source: van den Oord et al. 2017, arXiv:1711.00937, equation 3, second and third term.
    """
    expect_shape("encoded", encoded, ("B", "D", *getattr(encoded, "shape", ())[2:]))
    expect_shape("quantised", quantised, tuple(encoded.shape))
    codebook = (encoded.detach() - quantised).square().sum() / len(encoded)
    commitment = (encoded - quantised.detach()).square().sum() / len(encoded)
    return VQLosses(codebook, commitment)
