import pytest
import torch

from ganbook import losses


def pair(*shape, seed=0):
    random = torch.Generator().manual_seed(seed)
    return [
        torch.randn(*shape, generator=random, dtype=torch.float64, requires_grad=True)
        for _ in range(2)
    ]


@pytest.mark.parametrize("shape", [(5, 2), (4, 3, 2), (4, 3, 2, 6)])
def test_both_are_squared_distances_summed_over_an_image_and_averaged_over_the_batch(shape):
    encoded, quantised = pair(*shape)
    found = losses.vq_losses(encoded, quantised)
    images = [(z - e).norm().item() ** 2 for z, e in zip(encoded, quantised, strict=True)]
    for term in found:
        assert term.shape == ()
        assert term.item() == pytest.approx(sum(images) / len(images), rel=1e-12)


def test_a_known_value():
    encoded, quantised = torch.tensor([[3.0, 0.0], [0.0, 0.0]]), torch.tensor([[0.0, 4.0]] * 2)
    assert [term.item() for term in losses.vq_losses(encoded, quantised)] == [20.5, 20.5]


def test_each_gradient_goes_to_one_side():
    """2 (z_e - e) / B to the encoder by the commitment, its negative to the codes by the other."""
    encoded, quantised = pair(4, 3, 2, 2)
    expected = 2 * (encoded - quantised).detach() / 4
    found = losses.vq_losses(encoded, quantised)
    to_both = dict(allow_unused=True, retain_graph=True)
    by_codebook = torch.autograd.grad(found.codebook, [encoded, quantised], **to_both)
    by_commitment = torch.autograd.grad(found.commitment, [encoded, quantised], **to_both)
    assert by_codebook[0] is None
    assert by_commitment[1] is None
    torch.testing.assert_close(by_codebook[1], -expected)
    torch.testing.assert_close(by_commitment[0], expected)


def test_nothing_is_lost_where_the_encoder_gives_codes():
    (encoded, _) = pair(3, 2)
    assert [term.item() for term in losses.vq_losses(encoded, encoded)] == [0, 0]


@pytest.mark.parametrize(
    ("encoded", "quantised", "message"),
    [
        (torch.zeros(4, 3), torch.zeros(4, 2), r"quantised .* \(4, 3\), got float32 \(4, 2\)"),
        (torch.zeros(4, 3, 2, 2), torch.zeros(4, 2, 2, 3), "expected quantised"),
        (torch.zeros(4), torch.zeros(4), r"encoded .* \(B, D\), got float32 \(4,\)"),
        (torch.zeros(0, 3), torch.zeros(0, 3), "expected encoded"),
        ([[0.0]], torch.zeros(1, 1), r"encoded .* \(B, D\), got list"),
        (torch.zeros(4, 3).long(), torch.zeros(4, 3), "got int64"),
    ],
)
def test_bad_arguments_are_named(encoded, quantised, message):
    with pytest.raises(ValueError, match=message):
        losses.vq_losses(encoded, quantised)
