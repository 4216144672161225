"""Verdicts for the exercises of the chapter on CycleGAN."""

from ganbook.checks._cyclegan_hiding import hiding_place
from ganbook.checks._cyclegan_noise import return_errors
from ganbook.checks._cyclegan_numbers import patches, perfect_maps
from ganbook.checks._cyclegan_objections import objections
from ganbook.checks._cyclegan_pool import image_pool
from ganbook.checks._cyclegan_step import repair
from ganbook.checks._cyclegan_terms import two_terms

__all__ = [
    "hiding_place",
    "image_pool",
    "objections",
    "patches",
    "perfect_maps",
    "repair",
    "return_errors",
    "two_terms",
]
