"""Draw book/_static/opening.png from the shipped generator: walks from garment to garment.

    python tools/opening_picture.py

Each row goes from one latent to another along the arc between them. Dark ink on white, each image
enlarged without smoothing.
"""

from pathlib import Path

import torch
from torch import Tensor
from torchvision.utils import save_image

from ganbook import checkpoints
from ganbook.latents import slerp

PICTURE = Path(__file__).resolve().parents[1] / "book" / "_static" / "opening.png"
ROWS, COLUMNS, SCALE, SEED = 5, 15, 3, 0


def walks(ends: Tensor, columns: int) -> Tensor:
    """Walks between pairs of latents (R, 2, Z), one after another: (R * columns, Z)."""
    shares = torch.linspace(0, 1, columns)
    return torch.stack([slerp(a, b, t) for a, b in ends for t in shares])


def main():
    generator = checkpoints.load("dcgan-fashion-mnist")
    random = torch.Generator().manual_seed(SEED)
    ends = torch.randn(ROWS, 2, generator.latent, generator=random)
    with torch.no_grad():
        images = generator(walks(ends, COLUMNS))  # (R * columns, 1, S, S) in [-1, 1]
    ink = (1 - images) / 2  # black on white
    large = ink.repeat_interleave(SCALE, dim=2).repeat_interleave(SCALE, dim=3)
    save_image(large, PICTURE, nrow=COLUMNS, padding=4, pad_value=1)


if __name__ == "__main__":
    main()
