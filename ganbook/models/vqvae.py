"""The vector-quantised autoencoder: images to a small grid of codes, and back.

Van den Oord et al. 2017, arXiv:1711.00937. The networks are those of its section 4.1 (two strided
convolutions and two residual blocks, mirrored by the decoder), with a width to choose.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from ganbook.expect import (
    expect_integer,
    expect_number,
    expect_one_of,
    expect_positive,
    expect_shape,
)
from ganbook.losses.codes import VQLosses, vq_losses


class VectorQuantiser(nn.Module):
    """Replace each vector by the nearest of `codes` vectors of `dim` numbers.

    decay=None: the codebook is a parameter, learned through the codebook loss. Otherwise it follows
    running averages of the vectors that chose each code, with this decay a step, when `follow` is
    called. `counts` is the running average of the vectors a batch that each code got.
    """

    def __init__(self, *, codes: int, dim: int, decay: float | None = None):
        super().__init__()
        expect_positive(codes=codes, dim=dim)
        if decay is not None:
            expect_number("decay", decay, 0, 1)
        self.decay = decay
        start = torch.empty(codes, dim).uniform_(-1 / codes, 1 / codes)
        if decay is None:
            self.codebook = nn.Parameter(start)
        else:
            self.register_buffer("codebook", start)
        self.register_buffer("counts", torch.zeros(codes))

    def forward(self, encoded: Tensor) -> tuple[Tensor, Tensor, VQLosses]:
        """Return codes (B, D, ...) in place of `encoded`, their indices (B, ...), and the losses.

        The first has the values of the codes and, straight through, the gradient of the identity:
        what the decoder sends back arrives at the encoder unchanged, and none of it at the codes.
        """
        indices = self.nearest(encoded)
        chosen = self.look_up(indices)  # (B, D, ...)
        encoded = encoded.to(chosen.dtype)
        through = chosen.detach() + (encoded - encoded.detach())
        return through, indices, vq_losses(encoded, chosen)

    @torch.no_grad()
    def nearest(self, encoded: Tensor) -> Tensor:
        """Return the index of the nearest code, by Euclidean distance, of vectors (B, D, ...)."""
        places = getattr(encoded, "shape", ())[2:]
        expect_shape("encoded", encoded, ("B", self.codebook.shape[1], *places))
        with torch.autocast(encoded.device.type, enabled=False):
            rows = as_rows(encoded.to(self.codebook.dtype))  # (N, D)
            lengths = self.codebook.square().sum(dim=1)
            # |z - e|^2 without |z|^2, which is the same for every code
            scores = torch.addmm(lengths, rows, self.codebook.T, alpha=-2)  # (N, codes)
        return scores.argmin(dim=1).view(len(encoded), *places)

    def look_up(self, indices: Tensor) -> Tensor:
        """Return the codes (B, D, ...) of integer indices (B, ...)."""
        return embedding(indices.long(), self.codebook).movedim(-1, 1)

    @torch.no_grad()
    def follow(self, encoded: Tensor, indices: Tensor) -> Tensor:
        """Update `counts` and the codes by a batch; return each code's share of it, (codes,).

        With decay g, for the n vectors z that chose a code: N <- g N + (1 - g) n, the counts, and
        m <- g m + (1 - g) sum z, and the code is e = m / N. As m is N e, that is
        e <- e + (1 - g) (sum z - n e) / N with the new N. N starts at zero, so that the first
        vectors that choose a code set it to their mean. Without a decay the codes are left alone,
        and 0.99 serves the counts.
        Source: van den Oord et al. 2017, arXiv:1711.00937, appendix A.1.
        """
        keep = 0.99 if self.decay is None else self.decay
        rows, flat = as_rows(encoded.to(self.codebook.dtype)), indices.flatten()
        got = torch.bincount(flat, minlength=len(self.counts)).to(self.counts.dtype)  # (codes,)
        self.counts.mul_(keep).add_(got, alpha=1 - keep)
        if self.decay is not None:
            sums = torch.zeros_like(self.codebook).index_add_(0, flat, rows)  # (codes, D)
            rate = (1 - keep) / self.counts.clamp_min(torch.finfo(sums.dtype).tiny)
            self.codebook.add_(rate[:, None] * (sums - got[:, None] * self.codebook))
        return got / len(flat)

    @torch.no_grad()
    def restart(self, encoded: Tensor, threshold: float, random: torch.Generator) -> int:
        """Put the dead codes on vectors drawn from `encoded` (B, D, ...); return how many.

        Dead is what gets less than `threshold` times the mean of `counts`. Vectors are drawn with
        replacement; a restarted code begins with the mean count, which gives it time.
        Source: the random restarts of Dhariwal et al. 2020 (Jukebox), arXiv:2005.00341.
        """
        mean = self.counts.mean()
        dead = (self.counts < threshold * mean).nonzero()[:, 0]
        rows = as_rows(encoded.to(self.codebook.dtype))
        drawn = torch.randint(len(rows), (len(dead),), generator=random).to(rows.device)
        self.codebook[dead] = rows[drawn]
        self.counts[dead] = mean
        return len(dead)


class Residual(nn.Module):
    """ReLU, 3x3 convolution, ReLU, 1x1 convolution, and a path that skips them."""

    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(width, width, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, kernel_size=1),
        )

    def forward(self, x):
        return x + self.layers(x)


class VQVAE(nn.Module):
    """Images (B, channels, size, size) in [-1, 1] as grids (B, size / 4, size / 4) of code indices.

    `width` is the number of maps of the grid, `codes` and `dim` those of the codebook, `decay` as
    VectorQuantiser's.
    """

    def __init__(self, *, size=32, channels=1, width=32, codes=128, dim=32, decay=None):
        super().__init__()
        expect_one_of("size", size, (32, 64))
        expect_positive(channels=channels, dim=dim)
        expect_integer("width", width, 2)
        self.size, self.channels = size, channels
        self.grid = (size // 4, size // 4)
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, width // 2, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width // 2, width, kernel_size=4, stride=2, padding=1),
            Residual(width),
            Residual(width),
            nn.Conv2d(width, dim, kernel_size=1),  # (B, dim, size / 4, size / 4)
        )
        self.quantiser = VectorQuantiser(codes=codes, dim=dim, decay=decay)
        self.decoder = nn.Sequential(
            nn.Conv2d(dim, width, kernel_size=3, padding=1),
            Residual(width),
            Residual(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, width // 2, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(width // 2, channels, kernel_size=4, stride=2, padding=1),
            nn.Tanh(),  # (B, channels, size, size)
        )

    @property
    def codebook(self) -> Tensor:
        """The codes (codes, dim)."""
        return self.quantiser.codebook

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, VQLosses]:
        """Return the reconstruction, its indices (B, h, w), and the losses of the quantiser."""
        expect_shape("x", x, ("B", self.channels, self.size, self.size))
        quantised, indices, losses = self.quantiser(self.encoder(x))
        return self.decoder(quantised), indices, losses

    def encode(self, x: Tensor) -> Tensor:
        """Return the indices (B, h, w), int64, of images in [-1, 1]."""
        expect_shape("x", x, ("B", self.channels, self.size, self.size))
        return self.quantiser.nearest(self.encoder(x))

    def decode(self, indices: Tensor) -> Tensor:
        """Return the images (B, channels, size, size) in [-1, 1] of integer indices (B, h, w)."""
        check_indices(indices, len(self.codebook), self.grid)
        return self.decoder(self.quantiser.look_up(indices))


def as_rows(vectors: Tensor) -> Tensor:
    """Return (B, D, ...) as rows (N, D)."""
    return vectors.movedim(1, -1).flatten(0, -2)


def check_indices(indices: Tensor, codes: int, grid: tuple[int, int]) -> None:
    """Expect integers (B, h, w) from 0 to codes - 1."""
    wanted = f"expected indices as integers (B, {grid[0]}, {grid[1]}) from 0 to {codes - 1}"
    if not isinstance(indices, Tensor) or indices.dtype not in (torch.uint8, torch.int64):
        kind = getattr(indices, "dtype", type(indices).__name__)
        raise ValueError(f"{wanted}, uint8 or int64, got {kind}")
    if indices.shape[1:] != torch.Size(grid) or len(indices) == 0:
        raise ValueError(f"{wanted}, got {tuple(indices.shape)}")
    low, high = (value.item() for value in indices.aminmax())
    if low < 0 or high >= codes:
        raise ValueError(f"{wanted}, got {low} to {high}")
