import pytest
import torch

from ganbook.latents import slerp


def test_slerp_keeps_length_and_angle():
    a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 3.0])
    half = slerp(a, b, 0.5)
    torch.testing.assert_close(half, torch.tensor([3.0, 3.0]) / 2**0.5)
    torch.testing.assert_close(slerp(a, b, 0), a)
    torch.testing.assert_close(slerp(a, b, 1), b)
    torch.testing.assert_close(slerp(a, 2 * a, 0.5), 1.5 * a)


def test_bad_latents_are_named():
    a = torch.ones(3)
    with pytest.raises(ValueError, match=r"expected b .*\(3\), got float32 \(2,\)"):
        slerp(a, a[:2], 0.5)
    with pytest.raises(ValueError, match="expected a"):
        slerp(a[None], a[None], 0.5)
