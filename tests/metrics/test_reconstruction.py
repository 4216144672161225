import math
import sys

import pytest
import torch
from torch.nn.functional import conv2d
from torchmetrics.functional.image import peak_signal_noise_ratio

from ganbook import metrics


def images(seed=0, count=4, channels=3):
    random = torch.Generator().manual_seed(seed)
    return torch.rand(count, channels, 32, 32, generator=random) * 2 - 1


def near(x, amount=0.1):
    return (x + amount * images(seed=1, channels=x.shape[1])).clamp(-1, 1)


def test_psnr_of_a_known_error():
    x = torch.zeros(2, 1, 4, 4)
    assert metrics.psnr(x, x + 0.2) == pytest.approx(20)  # a tenth of the range
    both = torch.stack([torch.full((1, 4, 4), 0.2), torch.full((1, 4, 4), 0.02)])
    assert metrics.psnr(x, both) == pytest.approx(30, rel=1e-6)  # the mean of 20 and 40


def test_equal_images():
    assert metrics.psnr(images(), images()) == math.inf
    assert metrics.ssim(images(), images()) == pytest.approx(1)


def test_psnr_is_that_of_torchmetrics():
    x, y = images(), near(images())
    pairs = zip(x.split(1), y.split(1), strict=True)
    each = torch.stack([peak_signal_noise_ratio(a, b, data_range=2.0) for a, b in pairs])
    assert metrics.psnr(x, y) == pytest.approx(each.mean().item(), rel=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_is_the_papers_formula(channels):
    x, y = images(channels=channels).double(), near(images(channels=channels)).double()
    line = torch.exp(-(torch.arange(-5, 6).double() ** 2) / (2 * 1.5**2))
    window = (line[:, None] * line / line.sum() ** 2)[None, None]

    def local(image):
        return conv2d(image.flatten(0, 1)[:, None], window)  # (N C, 1, H - 10, W - 10)

    mean_x, mean_y = local(x), local(y)
    var_x, var_y = local(x * x) - mean_x**2, local(y * y) - mean_y**2
    covariance = local(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2
    index = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    index = index / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))
    assert metrics.ssim(x, y) == pytest.approx(index.mean().item(), abs=1e-9)


def test_less_noise_is_nearer():
    x = images()
    for metric in (metrics.psnr, metrics.ssim):
        values = [metric(x, near(x, amount)) for amount in (0.5, 0.2, 0.05)]
        assert values == sorted(values)
        assert metric(x, near(x)) == pytest.approx(metric(near(x), x))


@pytest.mark.parametrize("metric", [metrics.psnr, metrics.ssim])
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (images()[0], images()[0], r"x .*\(N, C, H, W\)"),
        (images(), images()[:2], r"y .*\(4, 3, 32, 32\), got"),
        (images().byte(), images().byte(), "x .*got uint8"),
        (images() + 1, images(), r"x in \[-1, 1\], got values"),
        (images(), images() * torch.nan, "finite y"),
    ],
)
def test_bad_images_are_named(metric, x, y, message):
    with pytest.raises(ValueError, match=message):
        metric(x, y)


def test_small_images_have_no_ssim():
    with pytest.raises(ValueError, match="11 pixels or more"):
        metrics.ssim(images()[..., :10], images()[..., :10])


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.metrics", None)
    with pytest.raises(ImportError, match="pip install scikit-image"):
        metrics.ssim(images(), images())
