"""Run states, compared to the last bit: of one run, whole and resumed."""

import torch

from ganbook import training


def flat(state, prefix=""):
    items = state.items() if isinstance(state, dict) else enumerate(state)
    found = {}
    for key, value in items:
        nested = isinstance(value, dict | list)
        found.update(flat(value, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value})
    return found


def equal(a, b):
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def assert_resumes(tmp_path, new, batches) -> dict:
    """Train `new(seed)` whole, and in two parts; compare all states; return the whole's history."""
    whole = new(0)
    history = training.fit(whole, batches(), steps=12, log_every=1).history
    saved = dict(checkpoint=tmp_path / "state.pt", checkpoint_every=5)
    training.fit(new(0), batches(), steps=7, **saved)
    resumed = new(9)
    training.fit(resumed, batches(), steps=12, **saved)
    a, b = flat(whole.state_dict()), flat(resumed.state_dict())
    assert a.keys() == b.keys()
    assert all(equal(a[key], b[key]) for key in a)
    return history
