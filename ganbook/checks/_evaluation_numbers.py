"""Compare numbers that an answer returns, for exercises of the chapter "Judging generators"."""

from functools import partial
from itertools import product

import torch

from ganbook.checks._verdict import NotQuite, fresh, recognise, same, show


def one_number(result) -> float:
    """Return a result as a float: a real number, or a tensor or array that holds one."""
    held = tensor(result)
    if held is None or held.numel() != 1:
        raise NotQuite(f"One number was expected, and {show(result)} came.")
    number = held.reshape(()).to(torch.complex128)
    if abs(number.imag) > 1e-3 * (1 + abs(number.real)):
        raise NotQuite(f"A real number was expected, and the complex {number.item():.4g} came.")
    return number.real.item()


def numbers(result, count: int) -> tuple[float, ...]:
    """Return a result as `count` floats."""
    try:
        given = () if isinstance(result, str | dict) else tuple(result)
    except TypeError:  # one number cannot be iterated
        given = ()
    if len(given) != count:
        raise NotQuite(f"{count} numbers were expected, and {show(result)} came.")
    return tuple(map(one_number, given))


def tensor(result):
    """Return a number, tensor, array or list as a detached tensor, anything else as None."""
    if type(result).__module__ == "numpy":
        result = result.copy()  # torch takes no negative strides, and warns of what is read-only
    try:
        return torch.as_tensor(result).detach().cpu().resolve_conj()
    except (TypeError, ValueError, RuntimeError, OverflowError):
        pass
    try:
        return None if isinstance(result, str | bytes) else torch.tensor(float(result))
    except (TypeError, ValueError, OverflowError):
        return None


TWO = "It looks like two slips. "


def slips(make, **choices):
    """Return pairs (wrong function, message) for one slip, then for every two slips at once.

    Each of `choices` names an argument of `make`, and maps its values to messages. The first value
    of each is right, and its message is empty.
    """
    found = []
    for pick in product(*(options.items() for options in choices.values())):
        messages = [message for _, message in pick if message]
        wrong = partial(make, **dict(zip(choices, (value for value, _ in pick), strict=True)))
        said = TWO * (len(messages) == 2) + " And: ".join(messages)
        found.append((len(messages), wrong, said))
    found = [slip for slip in found if 1 <= slip[0] <= 2]
    return [(wrong, message) for _, wrong, message in sorted(found, key=lambda slip: slip[0])]


def compare_numbers(answer, *, right, cases, mistakes, special=(), read=one_number, within=1e-3):
    """Raise NotQuite unless `answer(*args)` is `right(*args)` in every case.

    `cases` are pairs (description, args): if one is wrong, the results of all of them are looked up
    among `mistakes`, pairs (wrong function, message). Then come the `special` cases, triples
    (description, args, explain): `explain(result)` says what is wrong with a result. `read` makes
    numbers of what the answer returns.
    """
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    inputs = [args for _, args in cases]
    results = [read(returned(answer, args)) for args in inputs]
    if len(set(map(show, results))) == 1:  # two slips may cancel all that the inputs have to say
        mistakes = [(wrong, message) for wrong, message in mistakes if not message.startswith(TWO)]
    for (description, args), result in zip(cases, results, strict=True):
        message = partial(recognise, results, inputs, mistakes, within)
        expect(description, result, right(*args), message, within)
    for description, args, explain in special:
        result = read(returned(answer, args))
        expect(description, result, right(*args), partial(explain, result), within)


def returned(answer, args):
    result = answer(*fresh(args))
    if result is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    return result


def expect(description, result, want, message, within):
    if not same(result, want, within):
        said = f"For {description} your function returned {show(result)}; {show(want)} was expected"
        raise NotQuite(f"{said}. {message()}".rstrip())
