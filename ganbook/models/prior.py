"""A prior over grids of codes: a causal transformer that reads them in raster order.

At each place go in the code before it and the three above, as in the masked convolution that a
PixelCNN begins with (van den Oord et al. 2016, arXiv:1606.05328); attention brings in all others.
Blocks normalise before attention and before the perceptron (Vaswani et al. 2017, arXiv:1706.03762,
in the order of Xiong et al. 2020, arXiv:2002.04745). The prior of the VQ-VAE's paper,
arXiv:1711.00937, was a PixelCNN.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, gelu, pad, scaled_dot_product_attention

from ganbook.expect import expect_number, expect_positive
from ganbook.models.vqvae import check_indices


class Block(nn.Module):
    """Attention to oneself and to what came before, then a perceptron: (B, T, width) alike."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend = nn.Linear(width, 3 * width)
        self.mix = nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, past: list[Tensor], drop: float) -> Tensor:
        """Return (B, T, width); `past` holds keys and values of earlier calls, and gets these."""
        split = self.attend(self.norm1(x)).unflatten(-1, (3, self.heads, -1))
        query, *now = split.permute(2, 0, 3, 1, 4)  # each (B, heads, T, width / heads)
        past[:] = [torch.cat(pair, dim=2) for pair in zip(past, now, strict=True)] if past else now
        first = query.shape[2] == past[0].shape[2]  # nothing before: each sees itself and earlier
        found = scaled_dot_product_attention(query, *past, is_causal=first)
        x = x + dropout(self.mix(found.transpose(1, 2).flatten(2)), drop)
        return x + dropout(self.narrow(gelu(self.widen(self.norm2(x)))), drop)


class Prior(nn.Module):
    """p(grid) as a product over its places, in raster order, of p(code | the codes before).

    `codes` is the size of the codebook and `grid` (h, w); `width` is a multiple of `heads`, `depth`
    the number of blocks, `drop` the share of dropout in training.
    """

    def __init__(self, *, codes, grid, width=128, depth=4, heads=4, drop=0.0):
        super().__init__()
        if not isinstance(grid, tuple | list) or len(grid) != 2:
            raise ValueError(f"expected grid as (h, w), got {grid!r}")
        expect_positive(codes=codes, h=grid[0], w=grid[1], width=width, depth=depth, heads=heads)
        expect_number("drop", drop, 0, 1)
        if width % heads:
            raise ValueError(f"expected width to be a multiple of heads, got {width} and {heads}")
        self.codes, self.grid, self.drop = codes, tuple(grid), drop
        places = math.prod(self.grid)
        self.embed = nn.Embedding(4 * (codes + 1), width)  # for each neighbour; the last: no code
        self.place = nn.Parameter(0.02 * torch.randn(places, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, codes)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                last = name.endswith(("mix.weight", "narrow.weight"))  # what the path adds up
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * depth) if last else 0.02)

    def forward(self, indices: Tensor) -> Tensor:
        """Return logits (B, codes, h, w) for integer indices (B, h, w).

        Those at a place depend on the codes before it in raster order, not on its own or later.
        """
        check_indices(indices, self.codes, self.grid)
        logits = self.read(self.before(indices.long()), [[] for _ in self.blocks])  # (B, T, codes)
        return logits.transpose(1, 2).unflatten(2, self.grid)

    @torch.no_grad()
    def sample(self, count: int, *, temperature: float = 1.0, random=None) -> Tensor:
        """Return `count` grids (B, h, w) of codes, int64, drawn code by code from the prior.

        Logits are divided by `temperature`: below 1 likely codes become likelier, above 1 rarer
        ones do. `random` is a torch.Generator on the CPU, or None for torch's own.
        """
        expect_positive(count=count)
        expect_number("temperature", temperature, 1e-6, math.inf)
        training, past = self.training, [[] for _ in self.blocks]
        self.eval()
        drawn = torch.full((count, *self.grid), self.codes, device=self.place.device)
        for place in range(math.prod(self.grid)):
            now = self.before(drawn)[:, place : place + 1]  # (B, 1, 4)
            logits = self.read(now, past, place)[:, 0]  # (B, codes)
            shares = (logits.float() / temperature).softmax(dim=1).cpu()
            code = torch.multinomial(shares, 1, generator=random)
            drawn.flatten(1)[:, place : place + 1] = code.to(drawn.device)
        self.train(training)
        return drawn

    def before(self, indices: Tensor) -> Tensor:
        """Return the code before each place, and those above left, above and above right of it.

        They are rows (B, T, 4) of `embed`: the codes (B, h, w), shifted to tell the four apart, or
        what stands for none where the grid ends. Before a row's first place is the last of the row
        above, so that all codes before a place go in there or earlier.
        """
        w, none = self.grid[1], self.codes
        before = pad(indices.flatten(1), (1, 0), value=none)[:, :-1].view_as(indices)
        above = pad(indices, (1, 1, 1, 0), value=none)[:, :-1]  # (B, h, w + 2)
        four = torch.stack([before, above[..., :w], above[..., 1:-1], above[..., 2:]], dim=-1)
        return (four + (none + 1) * torch.arange(4, device=four.device)).flatten(1, 2)

    def read(self, before: Tensor, past: list[list[Tensor]], place: int = 0) -> Tensor:
        """Return logits (B, T, codes) from `place` on, given the neighbours `before` (B, T, 4)."""
        x = self.embed(before).sum(dim=2) + self.place[place : place + before.shape[1]]
        drop = self.drop if self.training else 0.0
        for block, seen in zip(self.blocks, past, strict=True):
            x = block(x, seen, drop)
        return self.head(self.norm(x))
