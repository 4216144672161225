"""A small classifier of photographs whose layers serve as a measure of content and style."""

from torch import Tensor, nn

from ganbook.expect import expect_positive, expect_shape

WIDTHS = (48, 64, 96, 96, 128, 128, 128)
POOLED = (1, 3, 5)  # convolutions with a pooling after them


class Backbone(nn.Module):
    """Images (B, 3, H, W) in [-1, 1], H, W >= 16, to logits (B, classes): a VGG in miniature.

    Seven 3x3 convolutions with ReLU, in four stages of half the size each; for style transfer
    `layers` is what matters, an nn.Sequential like torchvision's `vgg19().features`. In the manner
    of Simonyan and Zisserman 2015, arXiv:1409.1556, but with average pooling, which Gatys et al.
    2016 found slightly more appealing, and without batch normalisation, whose running averages
    would tie the features to one kind of image.
    """

    def __init__(self, *, classes: int = 10, widths: tuple[int, ...] = WIDTHS):
        super().__init__()
        expect_positive(classes=classes)
        if len(widths) != len(WIDTHS):
            raise ValueError(f"expected {len(WIDTHS)} widths, got {widths!r}")
        expect_positive(**{f"widths[{i}]": width for i, width in enumerate(widths)})
        self.layers = nn.Sequential()
        for i, (inputs, outputs) in enumerate(zip((3, *widths), widths, strict=False)):
            self.layers.append(nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect"))
            self.layers.append(nn.ReLU())
            if i in POOLED:
                self.layers.append(nn.AvgPool2d(2))
        for layer in self.convolutions():
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        self.head = nn.Linear(widths[-1], classes)

    def convolutions(self) -> list[nn.Conv2d]:
        """Return the convolutions, first to last."""
        return [layer for layer in self.layers if isinstance(layer, nn.Conv2d)]

    def forward(self, x: Tensor) -> Tensor:
        expect_shape("x", x, ("B", 3, "H", "W"))
        return self.head(self.layers(x).mean(dim=(2, 3)))
