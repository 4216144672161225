"""A small image classifier: an honest eye for counting what a generator makes."""

from torch import nn

from ganbook.expect import expect_positive, expect_shape


def block(inputs: int, outputs: int) -> nn.Sequential:
    """Two 3x3 convolutions, then halve: (B, inputs, H, W) -> (B, outputs, H/2, W/2)."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
    )


class Classifier(nn.Module):
    """Images (B, channels, size, size) in [-1, 1] to logits (B, classes); `size` divides by 8."""

    def __init__(self, *, size=32, channels=1, classes=10, width=32):
        super().__init__()
        expect_positive(size=size, channels=channels, classes=classes, width=width)
        if size % 8:
            raise ValueError(f"expected size to be a multiple of 8, got {size}")
        self.size, self.channels = size, channels
        self.body = nn.Sequential(
            block(channels, width),
            block(width, 2 * width),
            block(2 * width, 4 * width),  # (B, 4w, size/8, size/8)
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),  # (B, 4w)
        )
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(4 * width, classes)

    def features(self, x):
        """Return the pooled features (B, 4 * width) that the last, linear layer reads."""
        expect_shape("x", x, ("B", self.channels, self.size, self.size))
        return self.body(x)

    def forward(self, x):
        return self.head(self.dropout(self.features(x)))  # (B, classes)
