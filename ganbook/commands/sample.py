"""python -m ganbook sample: images drawn from a generator, as one picture or as an array."""

import argparse
from pathlib import Path

import numpy as np
import torch
import torchvision

from ganbook import checkpoints, data
from ganbook.models.prior import Prior
from ganbook.models.vae import to_images
from ganbook.models.vqvae import VQVAE


def add(commands) -> None:
    """Add the command and its options to the parser."""
    defaults = argparse.ArgumentDefaultsHelpFormatter
    sample = commands.add_parser("sample", help="draw images", formatter_class=defaults)
    sample.set_defaults(command=run)
    sample.add_argument("checkpoint", help="a shipped name, or a .safetensors file")
    sample.add_argument("--count", type=int, default=64)
    sample.add_argument("--seed", type=int, default=0)
    sample.add_argument(
        "--vqvae", default="vqvae-fashion-mnist", help="for a prior: whose codes it draws"
    )
    sample.add_argument(
        "--out",
        type=Path,
        default=Path("samples.png"),
        help="a picture of all, or an .npz file that evaluate reads",
    )


@torch.no_grad()
def run(options) -> None:
    """Draw COUNT samples; write a picture, eight a row, or `images` (N, H, W, C) uint8 in .npz."""
    generator = checkpoints.load(options.checkpoint)
    if not hasattr(generator, "latent") and not isinstance(generator, Prior):
        raise ValueError(f"{options.checkpoint} is a {type(generator).__name__}, not a generator")
    if options.count < 1:
        raise ValueError(f"expected count to be positive, got {options.count}")
    random = torch.Generator().manual_seed(options.seed)
    if isinstance(generator, Prior):
        draw = decoder(options.vqvae, generator)
        latents = generator.sample(options.count, random=random)
    else:
        draw = images_of(generator)
        latents = torch.randn(options.count, generator.latent, generator=random)
    images = torch.cat([draw(part) for part in latents.split(500)])
    if options.out.suffix == ".npz":
        np.savez_compressed(options.out, images=data.to_uint8(images).permute(0, 2, 3, 1).numpy())
    else:
        torchvision.utils.save_image(images, options.out, normalize=True, value_range=(-1, 1))
    print(f"wrote {options.out}")


def images_of(generator):
    """Return what maps latents to images: a decoder gives logits of pixels, a generator images."""
    if hasattr(generator, "decode"):
        return lambda z: to_images(generator.decode(z))
    return generator


def decoder(name, prior):
    """Return what maps a prior's codes to images: the VQ-VAE it was trained for."""
    model = checkpoints.load(name)
    if not isinstance(model, VQVAE):
        raise ValueError(f"expected a VQVAE, got {name}, a {type(model).__name__}")
    theirs, ours = (len(model.codebook), model.grid), (prior.codes, prior.grid)
    if theirs != ours:
        raise ValueError(f"expected a VQVAE with codes and grid {ours}, got {name} with {theirs}")
    return model.decode
