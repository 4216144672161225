"""The loop, and the steps it drives, one a file."""

from ganbook.training.classifier import ClassifierStep, predict
from ganbook.training.gan import GANStep
from ganbook.training.loop import Run, fit

__all__ = ["ClassifierStep", "GANStep", "Run", "fit", "predict"]
