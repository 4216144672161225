"""The inception score: are single predictions sure, and all together varied?"""

from typing import NamedTuple

import torch
from torch import Tensor

from ganbook.expect import expect_integer
from ganbook.metrics.rows import feature_rows


class InceptionScore(NamedTuple):
    """The mean over splits, from 1 to the number of classes, and the splits' standard deviation."""

    mean: float
    std: float


def inception_score(probabilities: Tensor, *, splits: int = 1) -> InceptionScore:
    """Return exp(mean_i KL(p(y|x_i) ‖ p(y))), p(y) the mean of the probabilities (N, K).

    With `splits` above 1, the mean and the standard deviation (dividing by their number) of the
    scores of that many consecutive parts, as in the literature; the rows must then be in random
    order. A part has few samples, so its score is biased upwards: more splits, a higher score. The
    deviation between parts is not the error of the mean; `bootstrap` gives an interval.
    Raises ValueError unless rows are finite, not negative, and sum to 1 within 1e-4.
    Source: Salimans et al. 2016, arXiv:1606.03498.
    """
    p = feature_rows(probabilities, least=1, names=("probabilities", ""))
    expect_integer("splits", splits, 1, len(p))
    off = (p.sum(dim=1) - 1).abs().max().item()
    if p.min() < 0 or off > 1e-4:
        raise ValueError(
            "expected probabilities with rows of at least 0 that sum to 1, "
            f"got a minimum of {p.min():.3g} and a sum that is off by {off:.3g}"
        )
    ends = [len(p) * i // splits for i in range(1, splits)]
    scores = torch.stack([score(part) for part in p.tensor_split(ends)])
    return InceptionScore(scores.mean().item(), scores.std(correction=0).item())


def score(p: Tensor) -> Tensor:
    """Return the score of one part (N, K); 0 log 0 counts as 0."""
    divergence = torch.xlogy(p, p) - torch.xlogy(p, p.mean(dim=0))  # (N, K)
    return divergence.sum(dim=1).mean().exp()
