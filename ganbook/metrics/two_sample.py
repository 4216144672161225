"""The classifier two-sample test: can a classifier tell the sets apart on rows it has not seen?"""

from typing import NamedTuple

import torch
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from ganbook.expect import expect_integer, expect_number, expect_one_of
from ganbook.metrics.rows import feature_rows

CLASSIFIERS = {
    "logistic": lambda: LogisticRegression(C=0.1, max_iter=1000),
    "neighbours": lambda: KNeighborsClassifier(n_neighbors=1),
}


class TwoSample(NamedTuple):
    """Accuracy on `count` unseen rows, its exact interval, and the p-value of equal sets."""

    accuracy: float
    low: float
    high: float
    p_value: float
    count: int


def classifier_two_sample(
    x: Tensor, y: Tensor, *, classifier: str = "logistic", level: float = 0.95, seed: int = 0
) -> TwoSample:
    """Return how well a classifier trained on half of x (N, D) and y (M, D) tells the other half.

    Accuracy 0.5 is chance: the sets look alike. As many rows are drawn from each set, without
    replacement, as the smaller one has. `classifier` is "logistic", a regression on standardised
    features, which sees differences of means, or "neighbours", the nearest of the training rows,
    which sees others too where dimensions are few. The interval at `level` is the exact binomial
    one of Clopper and Pearson; it is for this classifier, not for the best one. The p-value is the
    exact probability of at least this accuracy by coin flips, one-sided. Rows that occur in both
    halves (duplicates) make it too sure.
    Raises ValueError for features that are not finite float32 or float64 rows, four at least.
    Source: Lopez-Paz and Oquab 2017, arXiv:1610.06545.
    """
    expect_one_of("classifier", classifier, CLASSIFIERS)
    expect_number("level", level, 0, 1)
    expect_integer("seed", seed, 0)
    sets = [rows.cpu() for rows in feature_rows(x, y, least=4)]
    generator = torch.Generator().manual_seed(seed)
    half = min(map(len, sets)) // 2
    orders = [torch.randperm(len(rows), generator=generator) for rows in sets]
    train, test = (
        torch.cat([rows[order[part]] for rows, order in zip(sets, orders, strict=True)]).numpy()
        for part in (slice(half), slice(half, 2 * half))
    )
    labels = torch.arange(2).repeat_interleave(half).numpy()
    judge = make_pipeline(StandardScaler(), CLASSIFIERS[classifier]()).fit(train, labels)
    right = int((judge.predict(test) == labels).sum())
    found = stats.binomtest(right, 2 * half, alternative="greater")
    interval = stats.binomtest(right, 2 * half).proportion_ci(level, method="exact")
    return TwoSample(
        right / (2 * half),
        float(interval.low),
        float(interval.high),
        float(found.pvalue),
        2 * half,
    )
