"""A run killed at any moment resumes to the same weights, to the last bit."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import torch

from ganbook import checkpoints

SCRIPT = """
import sys
import torch
import ganbook as gb
from ganbook import training
from ganbook.models import dcgan

torch.set_num_threads(1)
gb.seed(0)
data = gb.load("shapes", size=32).images[:256]
step = training.GANStep(dcgan.Generator(width=4), dcgan.Discriminator(width=4), ema=0.99)
print("ready", flush=True)
training.fit(
    step, gb.batches(data, batch_size=16), steps=60, checkpoint=sys.argv[1], checkpoint_every=3,
    progress=False,
)
"""


@contextmanager
def start(path):
    command = [sys.executable, "-c", SCRIPT, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        yield process


def finish(path):
    with start(path) as process:
        assert process.wait(300) == 0
    return checkpoints.load_state(path)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_sigkill_at_random_moments(tmp_path):
    began = time.perf_counter()
    expected = finish(tmp_path / "whole.pt")
    seconds = time.perf_counter() - began
    chance = random.Random(os.urandom(8))
    path = tmp_path / "killed.pt"
    for _ in range(3):
        with start(path) as process:
            time.sleep(chance.uniform(0, 0.3 * seconds))
            process.kill()
        if path.exists():
            assert checkpoints.load_state(path)["done"] % 3 == 0  # whole, or not there
    state = finish(path)
    assert state["history"] == expected["history"]
    for name in ("generator", "discriminator", "ema"):
        for key, weights in expected["step"][name].items():
            assert torch.equal(state["step"][name][key], weights), (name, key)
