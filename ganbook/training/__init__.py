"""The loop, and the steps it drives, one a file."""

from ganbook.training.classifier import ClassifierStep, predict
from ganbook.training.cyclegan import CycleGANStep
from ganbook.training.gan import GANStep
from ganbook.training.harmoniser import (
    HarmoniserStep,
    composites,
    other_light,
    region_error,
    regions,
)
from ganbook.training.loop import Run, fit
from ganbook.training.pool import ImagePool
from ganbook.training.prior import PriorStep, code_batches, nats_per_code
from ganbook.training.segmenter import SegmenterStep
from ganbook.training.style import Objective, coarse_to_fine, stylise
from ganbook.training.stylist import StylistStep
from ganbook.training.vae import VAEStep
from ganbook.training.vqvae import VQVAEStep, to_codes

__all__ = [
    "ClassifierStep",
    "CycleGANStep",
    "GANStep",
    "HarmoniserStep",
    "ImagePool",
    "Objective",
    "PriorStep",
    "Run",
    "SegmenterStep",
    "StylistStep",
    "VAEStep",
    "VQVAEStep",
    "coarse_to_fine",
    "code_batches",
    "composites",
    "fit",
    "nats_per_code",
    "other_light",
    "predict",
    "region_error",
    "regions",
    "stylise",
    "to_codes",
]
