"""The loop, and the steps it drives, one a file."""

from ganbook.training.classifier import ClassifierStep, predict
from ganbook.training.gan import GANStep
from ganbook.training.loop import Run, fit
from ganbook.training.prior import PriorStep, code_batches, nats_per_code
from ganbook.training.vae import VAEStep
from ganbook.training.vqvae import VQVAEStep, to_codes

__all__ = [
    "ClassifierStep",
    "GANStep",
    "PriorStep",
    "Run",
    "VAEStep",
    "VQVAEStep",
    "code_batches",
    "fit",
    "nats_per_code",
    "predict",
    "to_codes",
]
