"""A generator that finishes sketches: linear algebra draws what it can, a network adds the rest.

Within each class, a mixture of Gaussians over principal components is fitted in seconds. Its
samples cover the whole data set and are blurred (Richardson and Weiss 2018, arXiv:1805.12462, who
sharpen theirs with a network, too). An adversarial game then teaches a small network what to add.

Labels travel as a second channel, so that pairs of image and label are pictures like any other.
"""

import math
from dataclasses import dataclass

import torch
from sklearn.cluster import MiniBatchKMeans
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

import ganbook as gb


def with_labels(images: Tensor, labels: Tensor) -> Tensor:
    """Append a channel that is everywhere the label: (N, 1, H, W) to (N, 2, H, W), both uint8."""
    return torch.cat([images, channel_of(labels, images.shape[-1])], dim=1)


def channel_of(labels: Tensor, size: int) -> Tensor:
    return labels.byte()[:, None, None, None].expand(-1, 1, size, size)


def labels_of(pairs: Tensor) -> Tensor:
    """Return the labels (B,) of pairs (B, 2, H, W) in [-1, 1], as `gb.to_float` makes them."""
    return gb.to_uint8(pairs[:, 1, 0, 0]).long()


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """A mixture of K Gaussians over P principal components of images of D pixels."""

    mean: Tensor  # (D,)
    basis: Tensor  # (D, P)
    below: Tensor  # (K,), the share of the clustered data up to this Gaussian
    labels: Tensor  # (K,)
    centres: Tensor  # (K, P)
    roots: Tensor  # (K, P, P), Cholesky factors of the covariances

    @torch.no_grad()
    def __call__(self, z):
        """Standard normal z (B, 1 + P) to images (B, 1, H, H), not bounded, and labels (B,).

        The first number chooses a Gaussian, the others a place in it.
        """
        shares = torch.special.ndtr(z[:, 0].contiguous())  # uniform
        which = torch.searchsorted(self.below, shares).clamp(max=len(self.below) - 1)
        with torch.autocast(z.device.type, enabled=False):
            places = self.centres[which] + (self.roots[which] @ z[:, 1:, None])[:, :, 0]
            images = self.mean + places @ self.basis.T
        side = round(images.shape[1] ** 0.5)
        return images.view(-1, 1, side, side), self.labels[which]


def fit(images: Tensor, labels: Tensor, *, parts=30, components=128, seed=0) -> Sketch:
    """Fit a sketch to uint8 images (N, 1, H, H): in each class, a Gaussian to each of `parts`."""
    pixels = gb.to_float(images).flatten(1)
    mean = pixels.mean(0)
    basis = torch.linalg.eigh(pixels.T.cov())[1].flip(1)[:, :components]
    places = (pixels - mean) @ basis  # (N, P)
    clusters = [
        (label, cluster)
        for label in labels.unique()
        for cluster in split(places[labels == label], parts, seed)
    ]
    counts = torch.tensor([len(cluster) for _, cluster in clusters])
    return Sketch(
        mean=mean,
        basis=basis,
        below=counts.cumsum(0) / counts.sum(),
        labels=torch.stack([label for label, _ in clusters]),
        centres=torch.stack([cluster.mean(0) for _, cluster in clusters]),
        roots=torch.stack([root(cluster) for _, cluster in clusters]),
    )


def split(places: Tensor, parts: int, seed: int) -> list[Tensor]:
    """Cluster places (N, P) by k-means on their first components; leave out what stands alone."""
    means = MiniBatchKMeans(parts, n_init=1, random_state=seed)
    found = torch.from_numpy(means.fit_predict(places[:, :32].numpy()))
    clusters = [places[found == part] for part in range(parts)]
    return [cluster for cluster in clusters if len(cluster) > 1]


def root(cluster: Tensor) -> Tensor:
    """Return the Cholesky factor of a covariance, shrunk to its diagonal where places are few."""
    count, components = cluster.shape
    covariance = cluster.T.cov()
    trust = count / (count + components / 2)
    shrunk = trust * covariance + (1 - trust) * covariance.diagonal().diag()
    return torch.linalg.cholesky(shrunk + 1e-6 * torch.eye(components))


def block(convolution, inputs, outputs, kernel_size, stride=1) -> nn.Sequential:
    return nn.Sequential(
        convolution(inputs, outputs, kernel_size, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(0.2, inplace=True),
    )


class Finisher(nn.Module):
    """Noise (B, latent) to pairs (B, 2, 32, 32): a sketch that a U-Net finishes, and its label.

    It starts with no more than the sketch, made steeper and squashed by tanh. What it adds anywhere
    can depend on the whole sketch, through a code of `code` numbers.
    """

    def __init__(self, sketch: Sketch, *, width=16, code=128):
        super().__init__()
        self.latent = 1 + sketch.centres.shape[1]
        self.sketch = sketch
        w, deepest = width, (4 * width, 4, 4)
        self.fine = block(nn.Conv2d, 4, w, 3)  # (B, w, 16, 16)
        self.coarse = block(nn.Conv2d, w, 2 * w, 4, stride=2)  # (B, 2w, 8, 8)
        self.parts = block(nn.Conv2d, 2 * w, 4 * w, 4, stride=2)  # (B, 4w, 4, 4)
        self.whole = nn.Sequential(
            nn.Flatten(),
            nn.Linear(math.prod(deepest), code),
            nn.LeakyReLU(0.2),
            nn.Linear(code, math.prod(deepest), bias=False),
            nn.Unflatten(1, deepest),
            nn.BatchNorm2d(4 * w),
            nn.LeakyReLU(0.2),
        )
        self.up_parts = block(nn.ConvTranspose2d, 8 * w, 2 * w, 4, stride=2)
        self.mix = block(nn.Conv2d, 4 * w, 2 * w, 3)
        self.up_coarse = block(nn.ConvTranspose2d, 2 * w, w, 4, stride=2)
        self.out = nn.Conv2d(2 * w, 4, kernel_size=3, padding=1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, z):
        sketch, labels = self.sketch(z)
        fine = self.fine(pixel_unshuffle(sketch, 2))
        coarse = self.coarse(fine)
        parts = self.parts(coarse)
        drawn = self.up_parts(torch.cat([self.whole(parts), parts], dim=1))
        drawn = self.up_coarse(self.mix(torch.cat([drawn, coarse], dim=1)))
        added = pixel_shuffle(self.out(torch.cat([drawn, fine], dim=1)), 2)
        images = (1.5 * sketch + added).tanh()
        return torch.cat([images, gb.to_float(channel_of(labels, images.shape[-1]))], dim=1)


class Judge(nn.Module):
    """Pairs (B, 2, 32, 32) to raw logits (B,): one output for all images, and one a label.

    Three convolutions without normalisation; the label chooses what is added, a linear case of the
    projection discriminator (Miyato and Koyama 2018, arXiv:1802.05637).
    """

    def __init__(self, *, width=24, classes=10):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, width, kernel_size=4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(width, 2 * width, kernel_size=3, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(2 * width, 4 * width, kernel_size=3, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Flatten(),
            nn.Linear(4 * width * 16, 1 + classes),
        )

    def forward(self, pairs):
        outputs = self.layers(pairs[:, :1].contiguous())  # (B, 1 + K)
        own = outputs.gather(1, 1 + labels_of(pairs)[:, None])
        return outputs[:, 0] + own[:, 0]
