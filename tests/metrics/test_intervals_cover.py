"""Do 95 % intervals cover the true value in 90 to 99 % of 200 simulated cases?

`python benchmarks/intervals.py` asks it of more metrics and sizes, at length.
"""

import torch

from ganbook.metrics.frechet import frechet_distance
from ganbook.metrics.inception import inception_score
from ganbook.metrics.intervals import bootstrap

CASES = 200


def gaussians(count, width, generator, shift=0.5, scale=1.3):
    x, y = torch.randn(2, count, width, generator=generator, dtype=torch.float64)
    return x, scale * y + shift * torch.eye(width, dtype=torch.float64)[0]


def covered(make, metric, truth, *, samples=60, **options):
    """Return the share of cases whose interval holds the truth."""
    generator = torch.Generator().manual_seed(2)
    hits = 0
    for case in range(CASES):
        found = bootstrap(metric, *make(generator), samples=samples, seed=case, **options)
        hits += found.low <= truth <= found.high
    return hits / CASES


def honest(share):
    return 0.9 <= share <= 0.99


def test_a_mean():
    def make(generator):
        return (torch.empty(100, dtype=torch.float64).exponential_(generator=generator),)

    assert honest(covered(make, lambda x: x.mean().item(), 1.0, samples=400))


def test_a_frechet_distance():
    """Of 60 rows in 8 dimensions the raw distance is twice the true one, on average."""

    def make(generator):
        return gaussians(60, 8, generator)

    assert honest(covered(make, frechet_distance, 0.5**2 + 8 * 0.3**2))


def test_a_kernel_distance():
    """For the kernel (1 + a . b)^2 the squared MMD is 2 |gap of means|^2 + |gap of moments|^2."""

    def make(generator):
        return gaussians(120, 3, generator)

    def mmd(x, y):
        xx, yy, xy = ((1 + a @ b.T).square() for a, b in ((x, x), (y, y), (x, y)))
        off = ((k.sum() - k.diagonal().sum()) / (len(k) * (len(k) - 1)) for k in (xx, yy))
        return (sum(off) - 2 * xy.mean()).item()

    moments = 2 * (1.3**2 - 1) ** 2 + (1.3**2 + 0.5**2 - 1) ** 2
    assert honest(covered(make, mmd, 2 * 0.5**2 + moments))


def test_an_inception_score():
    share = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    sure = torch.eye(3, dtype=torch.float64) * 0.7 + 0.1
    truth = (share @ (sure * (sure / (share @ sure)).log()).sum(1)).exp().item()

    def make(generator):
        return (sure[share.multinomial(150, replacement=True, generator=generator)],)

    assert honest(covered(make, lambda p: inception_score(p).mean, truth))


def test_an_average_precision():
    """The true value is the average over many sets of the same size; percentiles miss it."""

    def precision(real, fake):
        radii = torch.cdist(real, real).kthvalue(4, dim=1).values  # itself, and three others
        return (torch.cdist(real, fake) <= radii[:, None]).any(0).double().mean().item()

    def make(generator):
        return gaussians(80, 3, generator)

    many = torch.Generator().manual_seed(1)
    truth = sum(precision(*make(many)) for _ in range(3000)) / 3000
    assert honest(covered(make, precision, truth, remove_bias=False))


def test_the_usual_percentiles_do_not():
    """Drawn with replacement, the percentiles of the Fréchet distance miss nearly every time."""
    generator = torch.Generator().manual_seed(2)
    hits = 0
    for _ in range(40):
        x, y = gaussians(60, 8, generator)
        picks = torch.randint(60, (80, 2, 60), generator=generator)
        values = torch.tensor([frechet_distance(x[i], y[j]) for i, j in picks])
        low, high = values.quantile(0.025), values.quantile(0.975)
        hits += bool(low <= 0.5**2 + 8 * 0.3**2 <= high)
    assert hits / 40 < 0.1
