"""Mean and covariance of features that come batch by batch: however many, the memory is D x D."""

import numpy as np
import torch
from torch import Tensor

from ganbook.metrics.rows import feature_rows


class Moments:
    """The mean and the covariance of all rows seen, in one pass.

    Each batch is centred on its own mean and merged by the pairwise update, on means held as
    offsets from the first batch's: rows far from zero lose no digits, and no order of batches or
    merges matters beyond rounding.
    Source: Chan, Golub and LeVeque 1979, Updating formulae and a pairwise algorithm for computing
    sample variances, equation 2.1 in D dimensions.

    >>> moments = Moments()
    >>> for batch in batches:
    ...     moments.update(batch)
    >>> frechet_from_moments(moments.mean, moments.covariance, other.mean, other.covariance)
    """

    def __init__(self):
        self.count = 0
        self._origin = self._offset = self._scatter = None

    def update(self, batch: Tensor) -> "Moments":
        """Take in a batch (B, D), B of at least 1, float32 or float64; return self."""
        rows = feature_rows(batch, least=1, names=("batch", ""))
        one = Moments()
        one.count, one._origin = len(rows), rows.mean(dim=0)
        rows = rows - one._origin
        one._offset = rows.mean(dim=0)  # what rounding left in the mean
        one._scatter = gram(rows.sub_(one._offset))
        return self.merge(one)

    def merge(self, other: "Moments") -> "Moments":
        """Take in all that `other` has seen, as if its rows had come here; return self.

        Raises ValueError if the two have seen rows of different widths.
        """
        if not other.count:
            return self
        if not self.count:
            self.count, self._origin = other.count, other._origin
            self._offset, self._scatter = other._offset.clone(), other._scatter.clone()
            return self
        if len(self._origin) != len(other._origin):
            raise ValueError(
                f"expected rows of the width seen before, {len(self._origin)},"
                f" got {len(other._origin)}"
            )
        count = self.count + other.count
        step = (other._origin - self._origin) + (other._offset - self._offset)
        self._offset += step * (other.count / count)
        self._scatter += other._scatter
        self._scatter.addr_(step, step, alpha=self.count * other.count / count)
        self.count = count
        return self

    def __add__(self, other: "Moments") -> "Moments":
        """Return new moments of the rows of both."""
        return Moments().merge(self).merge(other)

    @property
    def mean(self) -> Tensor:
        """The mean (D,), float64. Raises ValueError before the first row."""
        self._expect(1)
        return self._origin + self._offset

    @property
    def covariance(self) -> Tensor:
        """The covariance (D, D), over count - 1, float64. Raises ValueError before two rows."""
        self._expect(2)
        return self._scatter / (self.count - 1)

    def _expect(self, least: int) -> None:
        if self.count < least:
            raise ValueError(f"expected moments of at least {least} rows, got {self.count}")


def gram(rows: Tensor) -> Tensor:
    """Return rows^T rows (D, D) for rows (N, D), at half the work of a general product.

    The BLAS has a symmetric product, which numpy calls and torch does not.
    """
    if rows.device.type != "cpu":
        return rows.T @ rows
    array = rows.numpy()
    with np.errstate(over="ignore", invalid="ignore"):  # as in torch, the result shows it
        return torch.from_numpy(array.T @ array)
