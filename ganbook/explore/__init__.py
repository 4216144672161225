"""Figures that move where there is a kernel, one kind a file."""

from ganbook.explore.codes import paint_codes
from ganbook.explore.generators import interpolate, latent
from ganbook.explore.latents import plane, traverse
from ganbook.explore.quiz import real_or_generated

__all__ = ["interpolate", "latent", "paint_codes", "plane", "real_or_generated", "traverse"]
