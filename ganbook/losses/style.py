"""Content and style, as Gatys et al. 2016 (CVPR) measure them on the maps of a network.

Feature maps are (B, C, H, W), floating point, of any range. All losses are averages over the B
images of a batch.
"""

from collections.abc import Sequence

from torch import Tensor

from ganbook.expect import expect_number, expect_shape


def gram(features: Tensor) -> Tensor:
    """Return the Gram matrices (B, C, C) of maps (B, C, H, W): G_ij = sum_p F_ip F_jp / (C H W).

    It says which maps are active together, and where they are it forgets: any permutation of the
    places p gives the same matrix. The factor is that of Johnson et al. 2016, arXiv:1603.08155,
    equation 3. Gatys et al. 2016 leave it out of G and divide the squared differences by
    4 C^2 (H W)^2 instead (their equation 4): a quarter of what these matrices give.
    """
    expect_shape("features", features, ("B", "C", "H", "W"))
    rows = features.flatten(2)  # (B, C, HW)
    return rows @ rows.mT / rows[0].numel()


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared difference of two sets of maps (B, C, H, W), a scalar >= 0.

    A target of one image serves them all. Source: Johnson et al. 2016, arXiv:1603.08155,
    equation 2; Gatys et al. 2016 have half the sum in place of the mean.
    """
    expect_shape("features", features, ("B", "C", "H", "W"))
    one = len(target) == 1 if isinstance(target, Tensor) and target.ndim else False
    expect_shape("target", target, (1 if one else len(features), *features.shape[1:]))
    return (features - target).square().mean()


def style_loss(
    features: Sequence[Tensor], grams: Sequence[Tensor], weights: Sequence[float] | None = None
) -> Tensor:
    """Return sum_l w_l ||G(F_l) - A_l||^2 over layers l, a scalar >= 0.

    `features` holds the maps (B, C, H, W) of each layer, `grams` what the style has for Gram
    matrices there, (1, C, C) or (B, C, C), and `weights` a factor w_l >= 0 for each (None: ones).
    The norm is Frobenius': squares are summed over the C^2 entries. Source: Johnson et al. 2016,
    arXiv:1603.08155, equation 4; Gatys et al. 2016, equations 4 and 5, four times.
    """
    if len(features) != len(grams) or len(features) == 0:
        raise ValueError(
            f"expected as many Gram matrices as layers, at least one, "
            f"got {len(grams)} for {len(features)}"
        )
    weights = [1.0] * len(grams) if weights is None else list(weights)
    if len(weights) != len(grams):
        raise ValueError(f"expected {len(grams)} weights, one a layer, got {len(weights)}")
    losses = []
    for i, (maps, target, weight) in enumerate(zip(features, grams, weights, strict=True)):
        expect_number(f"weights[{i}]", weight, 0, float("inf"))
        have = gram(maps)
        one = isinstance(target, Tensor) and target.ndim > 0 and len(target) == 1
        expect_shape(f"grams[{i}]", target, (1 if one else len(have), *have.shape[1:]))
        losses.append(weight * (have - target).square().sum(dim=(1, 2)).mean())
    return sum(losses)


def total_variation(images: Tensor) -> Tensor:
    """Return the mean absolute difference of pixels one above the other plus that of pixels side
    by side, of images (B, C, H, W) with H and W at least 2: a scalar >= 0.

    Zero for a plain colour, large for noise. Source: Rudin, Osher and Fatemi 1992, in the form
    that adds the two directions' absolute values.
    """
    expect_shape("images", images, ("B", "C", "H", "W"))
    if min(images.shape[2:]) < 2:
        raise ValueError(f"expected images of at least 2x2 pixels, got {tuple(images.shape)}")
    return images.diff(dim=2).abs().mean() + images.diff(dim=3).abs().mean()


def adain(content: Tensor, style: Tensor, *, eps: float = 1e-5) -> Tensor:
    """Give each map of `content` the mean and the standard deviation of the style's same map.

    AdaIN(x, y) = std(y) (x - mean(x)) / std(x) + mean(y), over the places of each map of each
    image: content (B, C, H, W), style (B, C, h, w) or (1, C, h, w). A map whose standard deviation
    is below `eps` is divided by `eps`. Source: Huang and Belongie 2017, arXiv:1703.06868,
    equation 8.
    """
    expect_shape("content", content, ("B", "C", "H", "W"))
    one = isinstance(style, Tensor) and style.ndim > 0 and len(style) == 1
    expect_shape("style", style, (1 if one else len(content), content.shape[1], "h", "w"))
    expect_number("eps", eps, 0, float("inf"))
    mean, std = moments(content, eps)
    new_mean, new_std = moments(style, 0)
    return new_std * (content - mean) / std + new_mean


def moments(features: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation, at least `eps`, of each map: each (B, C, 1, 1)."""
    variance = features.var(dim=(2, 3), keepdim=True, correction=0)
    return features.mean(dim=(2, 3), keepdim=True), variance.clamp_min(eps**2).sqrt()
