"""What a run stands on: its seed, its device, and how much it may spend."""

import os
import random

import numpy as np
import torch

from ganbook.expect import expect_integer, expect_one_of, expect_positive

BUDGETS = ("smoke", "cpu", "gpu")


def seed(value: int) -> None:
    """Seed Python, NumPy and torch (every device) with one non-negative integer below 2**32."""
    expect_integer("seed", value, 0, 2**32 - 1)
    random.seed(value)
    np.random.seed(value)  # noqa: NPY002 (scikit-learn draws from the global stream)
    torch.manual_seed(value)


def device() -> torch.device:
    """Return the GPU if torch sees one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def budget_name() -> str:
    """Return "smoke", "cpu" or "gpu": GANBOOK_BUDGET, or else what the hardware allows."""
    name = os.environ.get("GANBOOK_BUDGET") or ("gpu" if device().type == "cuda" else "cpu")
    expect_one_of("GANBOOK_BUDGET", name, BUDGETS)
    return name


def budget(*, cpu: int, gpu: int, smoke: int | None = None) -> int:
    """Choose a number of steps (seeds, samples, ...) for the machine at hand.

    `cpu` suits two cores and a patient reader, `gpu` a graphics card; `smoke` only proves that
    the code runs (a fiftieth of `cpu`, and at least 2, unless given).
    """
    expect_positive(cpu=cpu, gpu=gpu)
    smoke = max(2, cpu // 50) if smoke is None else smoke
    expect_positive(smoke=smoke)
    return dict(smoke=smoke, cpu=cpu, gpu=gpu)[budget_name()]
