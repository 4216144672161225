"""How far a reconstruction is from its image, pixel by pixel and patch by patch."""

import torch
from torch import Tensor

from ganbook.expect import expect_finite, expect_shape


def psnr(x: Tensor, y: Tensor) -> float:
    """Return the peak signal-to-noise ratio in decibels, averaged over pairs of images.

    Images are (N, C, H, W) in [-1, 1], so that the peak is 2: 10 log10(2^2 / MSE), with the mean
    square taken over one image; infinity where a pair is equal. Higher is nearer.
    Raises ValueError for other shapes, values or NaN.
    """
    check_pairs(x, y)
    error = (x.detach().double() - y.detach().double()).square().flatten(1).mean(dim=1)
    return (10 * (4 / error).log10()).mean().item()


def ssim(x: Tensor, y: Tensor) -> float:
    """Return the structural similarity, at most 1, averaged over pairs of images (N, C, H, W).

    Images are in [-1, 1], 11 pixels or more a side. Means, variances and covariance are taken under
    a Gaussian window of 1.5 pixels, a channel at a time, by scikit-image, with the constants of the
    paper. Raises ValueError as `psnr` does, and ImportError where scikit-image is not installed.
    Source: Wang et al. 2004, Image quality assessment: from error visibility to structural
    similarity, IEEE Transactions on Image Processing 13(4).
    """
    check_pairs(x, y)
    if min(x.shape[2:]) < 11:
        raise ValueError(f"expected images of 11 pixels or more a side, got {tuple(x.shape)}")
    try:
        from skimage.metrics import structural_similarity
    except ImportError as error:
        raise ImportError("ssim needs scikit-image: pip install scikit-image") from error
    pairs = zip(x.detach().cpu().double().numpy(), y.detach().cpu().double().numpy(), strict=True)
    options = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
    values = [
        structural_similarity(a, b, data_range=2, channel_axis=0, **options) for a, b in pairs
    ]
    return sum(map(float, values)) / len(values)


def check_pairs(x: Tensor, y: Tensor) -> None:
    """Expect two batches of images of one shape in [-1, 1]."""
    expect_shape("x", x, ("N", "C", "H", "W"))
    expect_shape("y", y, tuple(x.shape))
    for name, images in dict(x=x, y=y).items():
        expect_finite(name, images)
        low, high = torch.stack(images.detach().aminmax()).tolist()
        if low < -1 or high > 1:
            raise ValueError(f"expected {name} in [-1, 1], got values from {low:.4g} to {high:.4g}")
