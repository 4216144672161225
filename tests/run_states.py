"""Two run states, compared to the last bit."""

import torch


def flat(state, prefix=""):
    items = state.items() if isinstance(state, dict) else enumerate(state)
    found = {}
    for key, value in items:
        nested = isinstance(value, dict | list)
        found.update(flat(value, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value})
    return found


def equal(a, b):
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b
