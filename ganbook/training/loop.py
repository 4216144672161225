"""The loop. It knows nothing of models: a step is anything that can be called with a batch, returns
named scalar tensors, and has `state_dict` and `load_state_dict`.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from tqdm.auto import tqdm

from ganbook import checkpoints
from ganbook.expect import expect_positive


class Run(NamedTuple):
    """What `fit` returns."""

    history: dict[str, list[float]]  # "step", and each name that the step reported
    snapshots: list[tuple[int, Tensor]]  # (step, whatever `snapshot` returned), on the CPU


def fit(
    step: Callable,
    batches: Iterable,
    *,
    steps: int,
    log_every: int = 10,
    snapshot: Callable | None = None,
    snapshots: tuple[int, ...] = (),
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 1000,
    progress: bool = True,
) -> Run:
    """Call `step(batch)` `steps` times in all, and return its history.

    Every `log_every` steps, and at the last, the values that the step returned are recorded. At
    each step number in `snapshots` (0: before the first) the tensor `snapshot(step)` is kept. With
    a `checkpoint` path the run's whole state is written there every `checkpoint_every` steps and at
    the end; if the file exists, the run resumes from it and ends with the same weights, to the last
    bit, as one that was never stopped (on the same machine). For that `batches` must be
    reproducible, as `ganbook.batches` are: the part already seen is skipped.
    """
    expect_positive(steps=steps, log_every=log_every, checkpoint_every=checkpoint_every)
    if snapshots and snapshot is None:
        raise ValueError("expected snapshot, a function of the step, where snapshots are asked for")
    done, run = resume(step, checkpoint)
    if done > steps:
        raise ValueError(
            f"{checkpoint} holds a run of {done} steps, more than the {steps} asked for"
        )
    if done == 0 and 0 in snapshots:
        run.snapshots.append((0, snapshot(step).cpu()))
    todo = islice(batches, done, steps)
    quiet = {} if progress else dict(disable=True)  # by default TQDM_DISABLE decides
    for number in tqdm(range(done + 1, steps + 1), initial=done, total=steps, **quiet):
        batch = next(todo, None)
        if batch is None:
            raise ValueError(
                f"batches ended after {number - 1} of {steps} steps: pass an endless stream"
            )
        values = step(batch)
        if number % log_every == 0 or number == steps:
            record(run.history, number, values)
        if number in snapshots:
            run.snapshots.append((number, snapshot(step).cpu()))
        if checkpoint is not None and (number % checkpoint_every == 0 or number == steps):
            checkpoints.save_state(checkpoint, run_state(step, number, run))
    return run


def record(history, number, values):
    history.setdefault("step", []).append(number)
    for name, value in values.items():
        history.setdefault(name, []).append(float(value))


def run_state(step, done, run) -> dict:
    random = dict(cpu=torch.get_rng_state())
    if torch.cuda.is_available():
        random["cuda"] = torch.cuda.get_rng_state()
    return dict(done=done, step=step.state_dict(), random=random, **run._asdict())


def resume(step, checkpoint) -> tuple[int, Run]:
    """Restore `step` and torch's random state from a checkpoint, if there is one."""
    if checkpoint is None or not Path(checkpoint).exists():
        return 0, Run({}, [])
    state = checkpoints.load_state(checkpoint)
    try:
        step.load_state_dict(state["step"])
        torch.set_rng_state(state["random"]["cpu"])
        if "cuda" in state["random"] and torch.cuda.is_available():
            torch.cuda.set_rng_state(state["random"]["cuda"])
        return state["done"], Run(state["history"], state["snapshots"])
    except (KeyError, RuntimeError, ValueError) as error:
        raise ValueError(
            f"{checkpoint} is the state of another run ({error}). "
            f"Give this run a checkpoint path of its own, or delete the file."
        ) from error
