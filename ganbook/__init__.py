"""ganbook: the small, tested package behind the course of the same name.

>>> import ganbook as gb
>>> data = gb.load("digits", size=8)
>>> data.images.shape
torch.Size([1797, 1, 8, 8])
"""

from ganbook.data import ImageSet, batches, load, to_float, to_uint8
from ganbook.runtime import budget, device, seed

__version__ = "0.1.0"
__all__ = ["ImageSet", "batches", "budget", "device", "load", "seed", "to_float", "to_uint8"]
