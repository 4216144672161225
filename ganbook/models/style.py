"""The networks of style transfer: one whose layers measure a style, one that paints in it."""

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from ganbook.expect import expect_integer, expect_positive, expect_shape
from ganbook.models.cyclegan import Block, convolution


class FeatureMaps(nn.Module):
    """The maps of some layers of a network, frozen: images (B, 3, H, W) in [-1, 1] to a list.

    `network` is an nn.Sequential, like torchvision's `vgg19().features`; it is copied, as far as
    the deepest of `layers`. These are indices, or the names of its parts; the list has their order.
    The network sees (x - mean) / std for x in [0, 1], with three numbers each: torchvision's for
    torchvision's weights. Gradients pass to the images, not to the weights.
    """

    def __init__(
        self,
        network: nn.Sequential,
        layers: Sequence[int | str],
        *,
        mean: Sequence[float] = (0.485, 0.456, 0.406),
        std: Sequence[float] = (0.229, 0.224, 0.225),
    ):
        super().__init__()
        names = list(dict(network.named_children()))
        self.layers = tuple(names.index(x) if x in names else x for x in layers)
        for layer in self.layers:
            if type(layer) is not int or not 0 <= layer < len(names):
                raise ValueError(
                    f"expected layers from 0 to {len(names) - 1} or of {names}, got {layers!r}"
                )
        if not self.layers:
            raise ValueError("expected at least one layer, got none")
        self.network = deepcopy(network[: max(self.layers) + 1]).eval().requires_grad_(False)
        for part in self.network.modules():
            if isinstance(part, nn.ReLU):
                part.inplace = False  # it would change the maps of the layer before
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).view(1, 3, 1, 1))

    def forward(self, images: Tensor) -> list[Tensor]:
        expect_shape("images", images, ("B", 3, "H", "W"))
        x, found = ((images + 1) / 2 - self.mean) / self.std, {}
        for i, layer in enumerate(self.network):
            x = layer(x)
            found[i] = x
        return [found[i] for i in self.layers]


class Larger(nn.Module):
    """Double height and width by repetition, then convolve: (B, inputs, H, W) -> (B, outputs, ...).

    A transposed convolution of stride 2 would leave a checkerboard (Odena et al. 2016).
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.layers = nn.Sequential(nn.Upsample(scale_factor=2), convolution(inputs, outputs, 3))

    def forward(self, x):
        return self.layers(x)


class Stylist(nn.Module):
    """Paint images (B, 3, H, W) in [-1, 1] in the one style it was trained for; H, W divide by 4.

    The network of Johnson et al. 2016, arXiv:1603.08155, narrower, with instance normalisation
    (Ulyanov et al. 2016, arXiv:1607.08022) and upsampling by repetition. Its brushwork is added to
    the photo itself, whose three colours are brought to a learned mean and spread; so it need not
    learn to copy. `width` is the number of maps at full size, 32 in the paper, with 5 `blocks`.
    """

    def __init__(self, *, width: int = 16, blocks: int = 3):
        super().__init__()
        expect_positive(width=width)
        expect_integer("blocks", blocks, 0)
        self.colours = nn.InstanceNorm2d(3, affine=True)
        self.brushwork = nn.Sequential(
            convolution(3, width, 7),  # (B, w, H, W)
            convolution(width, 2 * width, 3, stride=2),
            convolution(2 * width, 4 * width, 3, stride=2),  # (B, 4w, H/4, W/4)
            *(Block(4 * width) for _ in range(blocks)),
            Larger(4 * width, 2 * width),
            Larger(2 * width, width),  # (B, w, H, W)
            nn.Conv2d(width, 3, kernel_size=7, padding=3, padding_mode="reflect"),
        )
        nn.init.constant_(self.colours.weight, 0.5)

    def forward(self, x: Tensor) -> Tensor:
        expect_shape("x", x, ("B", 3, "H", "W"))
        if x.shape[2] % 4 or x.shape[3] % 4:
            raise ValueError(f"expected height and width to divide by 4, got {tuple(x.shape)}")
        return torch.tanh(self.colours(x) + self.brushwork(x))
