"""Verdicts: what an exercise's check says, and how it tells one mistake from another.

A check is a function that raises `NotQuite` when the answer is wrong, and is decorated with
`exercise`. It prints one of three verdicts and never raises:

    Not attempted yet.   the answer is still the `...` of the stub
    Not quite.           what came out, for which input, and which classic mistake it looks like
    Correct.             and why it matters
"""

import dis
import functools
import inspect

import torch


class NotQuite(Exception):
    """The answer is wrong; the message tells the learner how."""


def exercise(*, why: str, hints: tuple[str, ...] = ()):
    """Turn a checking function into one that prints a verdict.

    `why` is the sentence printed after "Correct."; `hint=1` prints the first of `hints`, and so on.
    """

    def decorate(check):
        @functools.wraps(check)
        def verdict(answer=..., *, hint: int = 0) -> None:
            if hint:
                print(nth_hint(hints, hint))
            elif is_stub(answer):
                more = f" Hints: hint=1 to hint={len(hints)}." if hints else ""
                print(f"Not attempted yet. Replace the `...` by your answer.{more}")
            else:
                print(judge(check, answer, why))

        return verdict

    return decorate


def nth_hint(hints, hint):
    if not isinstance(hint, int) or not 1 <= hint <= len(hints):
        return f"There are {len(hints)} hints: ask for hint=1 up to hint={len(hints)}."
    return f"Hint {hint} of {len(hints)}: {hints[hint - 1]}"


def judge(check, answer, why: str) -> str:
    try:
        check(answer)
    except NotQuite as mistake:
        return f"Not quite. {mistake}"
    except Exception as error:  # the learner's own code may raise anything
        return f"Not quite. Your code raised {type(error).__name__}: {error}"
    return f"Correct. {why}"


def is_stub(answer) -> bool:
    """Return whether `answer` is `...`, or a function that does nothing but return None."""
    if answer is ...:
        return True
    if not inspect.isfunction(answer):
        return False
    steps = [step for step in dis.get_instructions(answer) if step.opname not in ("RESUME", "NOP")]
    return all(step.opname.startswith(("LOAD", "RETURN")) and step.argval is None for step in steps)


def compare(answer, *, right, inputs, mistakes=(), tolerance=1e-4):
    """Raise NotQuite unless `answer(*args)` equals `right(*args)` for all `args` in `inputs`.

    `mistakes` are pairs (wrong function, message): the first whose results equal the answer's on
    all inputs gives its message. Tensors, arrays, numbers, and (nested) tuples of them compare
    to a relative and absolute `tolerance`.
    """
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    results = [answer(*fresh(args)) for args in inputs]
    wanted = [right(*fresh(args)) for args in inputs]
    for args, result, want in zip(inputs, results, wanted, strict=True):
        if not same(result, want, tolerance):
            where = first_difference(result, want, tolerance)
            message = recognise(results, inputs, mistakes, tolerance)
            raise NotQuite(
                f"For {', '.join(map(show, args))} your function returned {show(result)}; "
                f"{show(want)} was expected. {where}{message}".rstrip()
            )


def value(answer, *, right, mistakes=(), tolerance=1e-3):
    """Raise NotQuite unless `answer` is `right`; `mistakes` are pairs (wrong value, message)."""
    if not same(answer, right, tolerance):
        found = (message for wrong, message in mistakes if same(answer, wrong, tolerance))
        raise NotQuite(f"Your answer is {show(answer)}. {next(found, '')}".rstrip())


def first_difference(result, want, tolerance) -> str:
    """Say where two tensors that `show` alike differ first; nothing of anything else."""
    if show(result) != show(want) or isinstance(want, tuple | list | str):
        return ""
    a, b = as_tensor(result), as_tensor(want)
    place = (~a.isclose(b, tolerance, tolerance, equal_nan=True)).nonzero()[0].tolist()
    at = f" first at {place}" if place else ""
    return f"They differ{at}: {a[tuple(place)]:.8g} for {b[tuple(place)]:.8g}. "


def recognise(results, inputs, mistakes, tolerance) -> str:
    """Return the message of the first mistake that explains every result, or an empty string."""
    if all(result is None for result in results):
        return "Is a `return` missing?"
    for wrong, message in mistakes:
        if all(
            same(result, attempt(wrong, args), tolerance)
            for args, result in zip(inputs, results, strict=True)
        ):
            return message
    return ""


def attempt(function, args):
    try:
        return function(*fresh(args))
    except Exception:  # a mistake that fails on this input does not explain the answer
        return None


def fresh(args):
    """Copy the tensors, so that an answer that works in place spoils nothing."""
    return tuple(
        a.detach().clone().requires_grad_(a.requires_grad) if isinstance(a, torch.Tensor) else a
        for a in args
    )


def same(a, b, tolerance: float) -> bool:
    """Return whether two results are equal to a tolerance; tensors must agree in shape too."""
    if isinstance(a, str) or isinstance(b, str) or a is None or b is None:
        return type(a) is type(b) and a == b
    if isinstance(b, tuple | list):
        return (
            isinstance(a, tuple | list)
            and len(a) == len(b)
            and all(same(x, y, tolerance) for x, y in zip(a, b, strict=True))
        )
    try:
        a, b = as_tensor(a), as_tensor(b)
    except (TypeError, ValueError, RuntimeError):
        return False
    return a.shape == b.shape and torch.allclose(
        a, b, rtol=tolerance, atol=tolerance, equal_nan=True
    )


def as_tensor(x):
    if not isinstance(x, torch.Tensor):
        return torch.as_tensor(x, dtype=torch.float64)
    return x.detach().cpu().double()


def show(x) -> str:
    """Return a short, exact description of a value for a message."""
    if isinstance(x, torch.Tensor) or type(x).__module__ == "numpy":
        x = torch.as_tensor(x).detach().cpu()
        if x.numel() > 6:
            return f"a tensor of shape {tuple(x.shape)}"
        return str([round(v, 4) for v in x.tolist()] if x.ndim == 1 else rounded(x.tolist()))
    if isinstance(x, float):
        return f"{x:.4g}"
    if isinstance(x, tuple | list):
        return "(" + ", ".join(map(show, x)) + ")"
    if callable(x):
        return f"the function {getattr(x, '__name__', '?')}"
    return repr(x)


def rounded(nested):
    if isinstance(nested, list):
        return [rounded(item) for item in nested]
    return round(nested, 4) if isinstance(nested, float) else nested
