"""Judging generators: features or probabilities of images -> numbers, one metric a file."""

from ganbook.metrics.bounds import active_units, elbo, importance_bound
from ganbook.metrics.codes import code_usage, perplexity
from ganbook.metrics.disentanglement import mutual_information_gap
from ganbook.metrics.extractors import EXTRACTORS, features, label, probabilities
from ganbook.metrics.extrapolation import Extrapolation, extrapolate
from ganbook.metrics.frechet import frechet_distance, frechet_from_moments
from ganbook.metrics.inception import InceptionScore, inception_score
from ganbook.metrics.intervals import Interval, bootstrap, difference
from ganbook.metrics.kernel import KernelDistance, kernel_distance
from ganbook.metrics.manifold import PrecisionRecall, precision_recall
from ganbook.metrics.moments import Moments
from ganbook.metrics.neighbours import (
    Memorisation,
    memorisation_test,
    nearest,
    nearest_neighbours,
)
from ganbook.metrics.preference import Preference, preference_test, votes_needed
from ganbook.metrics.reconstruction import psnr, ssim
from ganbook.metrics.translation import mean_iou
from ganbook.metrics.two_sample import TwoSample, classifier_two_sample

__all__ = [
    "EXTRACTORS",
    "Extrapolation",
    "InceptionScore",
    "Interval",
    "KernelDistance",
    "Memorisation",
    "Moments",
    "PrecisionRecall",
    "Preference",
    "TwoSample",
    "active_units",
    "bootstrap",
    "classifier_two_sample",
    "code_usage",
    "difference",
    "elbo",
    "extrapolate",
    "features",
    "frechet_distance",
    "frechet_from_moments",
    "importance_bound",
    "inception_score",
    "kernel_distance",
    "label",
    "mean_iou",
    "memorisation_test",
    "mutual_information_gap",
    "nearest",
    "nearest_neighbours",
    "perplexity",
    "precision_recall",
    "preference_test",
    "probabilities",
    "psnr",
    "ssim",
    "votes_needed",
]
