"""Our metrics against the field's, from features in memory to the number.

    python benchmarks/metrics.py [--only frechet few kernel precision memory] [--rounds 3]
                                 [--count 10000] [--width 2048] [--few 500] [--threads 2]

All sides of a comparison run in one process, in turn, on the same features, after one round that
does not count; medians, their ratios to ours, and the values are printed. Each peer starts from the
features as its own extractor hands them on: pytorch-fid in float64, the others in float32.
torch-fidelity, torchmetrics and prdc come with requirements.txt. pytorch-fid and clean-fid are
needed here only: pip install pytorch-fid clean-fid. What is absent is skipped, in a line.
"""

import argparse
import contextlib
import importlib
import io
import os
import statistics
import subprocess
import sys
import time
import types
import warnings
from pathlib import Path

import numpy as np
import scipy
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from ganbook.metrics.frechet import frechet_distance
from ganbook.metrics.kernel import kernel_distance
from ganbook.metrics.manifold import precision_recall

NEIGHBOURS = 5


def features(count: int, width: int, *, fake: bool = False) -> Tensor:
    """Return (count, width) float32 features much like pooled Inception's.

    They are positive and skewed, with mean 0.4 and correlations whose spectrum falls as a power.
    """
    generator = torch.Generator().manual_seed(0)
    mixing = torch.randn(width, width, generator=generator)
    mixing *= torch.arange(1, width + 1)[:, None] ** -0.75
    mixing /= mixing.norm(dim=0)
    generator.manual_seed(1 + fake)
    rows = torch.empty(count, width)
    for part in rows.split(1000):
        noise = torch.randn(len(part), width, generator=generator) @ mixing
        part.copy_(0.5 * nn.functional.softplus(1.05 * noise + 0.1 if fake else noise))
    return rows


def load(name: str):
    """Return a peer's module, or None if the peer is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"  (no {name.split('.')[0]} here: skipped)")
        return None


def mend_sqrtm(module, call) -> None:
    """Give a module scipy's old `sqrtm(disp=)`, if `call`, of a tiny case, fails without."""
    try:
        call()
    except TypeError as error:
        name = module.__name__.split(".")[0]
        print(f"  ({name} fails on scipy {scipy.__version__}: {error};")
        print("   it is timed with this one call mended)")

        def sqrtm(matrix, disp=True):
            root = scipy.linalg.sqrtm(matrix)
            return root if disp else (root, None)

        module.linalg = types.SimpleNamespace(sqrtm=sqrtm)


class Features(nn.Module):
    """torchmetrics' way to hand in features instead of images."""

    def __init__(self, width: int):
        super().__init__()
        self.num_features = width

    def forward(self, rows: Tensor) -> Tensor:
        return rows


def statistics_of(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What pytorch-fid and clean-fid do between the features and the distance."""
    return rows.mean(axis=0), np.cov(rows, rowvar=False)


def frechet_contestants(x: Tensor, y: Tensor) -> dict:
    sides = {"ganbook": lambda: frechet_distance(x, y)}
    tiny = np.zeros(2), np.eye(2), np.ones(2), np.eye(2)
    if peer := load("pytorch_fid.fid_score"):
        distance, wide = peer.calculate_frechet_distance, [rows.double().numpy() for rows in (x, y)]
        mend_sqrtm(peer, lambda: distance(*tiny))
        sides["pytorch-fid"] = lambda: distance(*statistics_of(wide[0]), *statistics_of(wide[1]))
    if peer := load("cleanfid.fid"):
        clean = peer.frechet_distance
        mend_sqrtm(peer, lambda: clean(*tiny))
        sides["clean-fid"] = lambda: clean(*statistics_of(x.numpy()), *statistics_of(y.numpy()))
    if peer := load("torch_fidelity.metric_fid"):
        of, between = peer.fid_features_to_statistics, peer.fid_statistics_to_metric
        name = "frechet_inception_distance"
        sides["torch-fidelity"] = lambda: between(of(x), of(y), False)[name]
    if peer := load("torchmetrics.image.fid"):

        def torchmetrics():
            metric = peer.FrechetInceptionDistance(Features(x.shape[1]))
            metric.update(x, real=True)
            metric.update(y, real=False)
            return metric.compute().item()

        sides["torchmetrics"] = torchmetrics
    return sides


def kernel_contestants(x: Tensor, y: Tensor) -> dict:
    size = min(1000, len(x))
    sides = {
        "ganbook, all pairs": lambda: kernel_distance(x, y),
        "ganbook, 100 subsets": lambda: kernel_distance(x, y, subsets=100, subset_size=size),
    }
    if peer := load("cleanfid.fid"):
        clean, arrays = peer.kernel_distance, (x.numpy(), y.numpy())
        sides["clean-fid"] = lambda: clean(*arrays, num_subsets=100, max_subset_size=size)
    if peer := load("torch_fidelity.metric_kid"):
        arguments = dict(kid_subsets=100, kid_subset_size=size, verbose=False)
        name = "kernel_inception_distance_mean"
        fidelity = peer.kid_features_to_metric
        sides["torch-fidelity"] = lambda: fidelity(x, y, **arguments)[name]
    if peer := load("torchmetrics.image.kid"):

        def torchmetrics():
            arguments = dict(subsets=100, subset_size=size)
            metric = peer.KernelInceptionDistance(Features(x.shape[1]), **arguments)
            metric.update(x, real=True)
            metric.update(y, real=False)
            return metric.compute()[0].item()

        sides["torchmetrics"] = torchmetrics
    return sides


def precision_contestants(real: Tensor, fake: Tensor) -> dict:
    sides = {"ganbook": lambda: precision_recall(real, fake, k=NEIGHBOURS)}
    if peer := load("torch_fidelity.metric_prc"):
        arguments = dict(prc_neighborhood=NEIGHBOURS, save_cpu_ram=False, verbose=False)
        fidelity = peer.prc_features_to_metric
        sides["torch-fidelity"] = lambda: list(fidelity(fake, real, **arguments).values())[:2]
    if peer := load("prdc.prdc"):
        arrays, prdc = (real.numpy(), fake.numpy()), peer.compute_prdc
        sides["prdc"] = lambda: list(prdc(*arrays, NEIGHBOURS).values())
    return sides


def compare(title: str, sides: dict, rounds: int) -> None:
    """Run all sides in turn, and print medians, their ratios to the first, and values."""
    seconds, values = {name: [] for name in sides}, {}
    for number in range(1 + rounds):
        for name, run in sides.items():
            start = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                values[name] = run()
            if number:
                seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    first = next(iter(medians.values()))
    print(title)
    for name, median in medians.items():
        span = f"({min(seconds[name]):.3f} to {max(seconds[name]):.3f})"
        value = ", ".join(f"{part:.8g}" for part in np.atleast_1d(values[name]))
        print(f"  {name:21} {median:8.3f} s {span:20} {median / first:7.2f} times ours   {value}")
    print(flush=True)


def memory(arguments: argparse.Namespace) -> None:
    """Run precision and recall alone in a process of its own, and print what it held at most."""
    sizes = [f"--{name}={getattr(arguments, name)}" for name in ("count", "width", "threads")]
    subprocess.run([sys.executable, __file__, "--only", "peak", *sizes], check=True)


def peak(real: Tensor, fake: Tensor) -> None:
    """Print the peak resident memory of this process; Linux only."""

    def held() -> float:  # a child's getrusage would begin with its parent's
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 2**20

    before = held()
    precision_recall(real, fake, k=NEIGHBOURS)
    print(f"Memory of a process that runs only precision_recall on {len(real):,} features")
    print(f"  {held():.2f} GB at most, {before:.2f} GB before the call\n", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ["frechet", "few", "kernel", "precision", "memory"]
    parser.add_argument("--only", nargs="+", choices=[*parts, "peak"], default=parts)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--few", type=int, default=500)
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    threadpool_limits(options.threads)
    x, y = (features(options.count, options.width, fake=fake) for fake in (False, True))
    size = f"{options.count:,} x {options.width:,} features, {options.threads} threads"
    if "frechet" in options.only:
        sides = frechet_contestants(x, y)
        compare(f"Fréchet distance, two sets of {size}", sides, options.rounds)
    if "few" in options.only:
        sides = frechet_contestants(x[: options.few], y[: options.few])
        compare(f"Fréchet distance, the first {options.few} of {size}", sides, options.rounds)
    if "kernel" in options.only:
        sides = kernel_contestants(x, y)
        compare(f"Kernel distance, two sets of {size}", sides, options.rounds)
    if "precision" in options.only:
        sides = precision_contestants(x, y)
        compare(f"Precision and recall, two sets of {size}", sides, options.rounds)
    if "memory" in options.only:
        memory(options)
    if "peak" in options.only:
        peak(x, y)
