"""A small fully convolutional network that says where the animal is."""

import torch
from torch import Tensor, nn

from ganbook.expect import expect_positive, expect_shape

DILATIONS = (1, 2, 4, 8, 1)  # each output sees 33 x 33 pixels


class Segmenter(nn.Module):
    """Images (B, channels, H, W) in [-1, 1] to logits (B, H, W) of lying inside the animal."""

    def __init__(self, *, channels=3, width=16):
        super().__init__()
        expect_positive(channels=channels, width=width)
        self.channels = channels
        layers = []
        for inputs, dilation in zip((channels, *[width] * 4), DILATIONS, strict=True):
            layers += [
                nn.Conv2d(
                    inputs, width, kernel_size=3, padding=dilation, dilation=dilation, bias=False
                ),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            ]
        self.body = nn.Sequential(*layers, nn.Conv2d(width, 1, kernel_size=1))

    def forward(self, x: Tensor) -> Tensor:
        expect_shape("x", x, ("B", self.channels, "H", "W"))
        return self.body(x)[:, 0]

    @torch.no_grad()
    def masks(self, x: Tensor) -> Tensor:
        """Return the masks (B, H, W), bool, true inside: where the logit is above 0."""
        return self(x) > 0
