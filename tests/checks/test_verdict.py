"""The three verdicts, and how a mistake is recognised."""

import numpy as np
import pytest
import torch

from ganbook.checks._verdict import NotQuite, compare, exercise, is_stub, same, show, value


@exercise(why="It matters.", hints=("think", "think again"))
def double(answer):
    inputs = [(torch.tensor([1.0, 3.0]),), (torch.tensor([-2.0, 0.5]),)]
    compare(
        answer,
        right=lambda x: 2 * x,
        inputs=inputs,
        mistakes=[(lambda x: x**2, "You squared."), (lambda x: x + 1, "You added one.")],
    )


def verdict(capsys, answer, **options):
    assert double(answer, **options) is None
    return capsys.readouterr().out


def test_right_answers_of_every_kind(capsys):
    for right in (
        lambda x: x + x,
        lambda x: x.numpy() * 2,
        lambda x: [2 * v for v in x.tolist()],
        lambda x: x.mul_(2),  # in place, on its own copy
    ):
        assert verdict(capsys, right) == "Correct. It matters.\n"


def test_stubs_are_not_attempted(capsys):
    def stub(x): ...

    def documented(x):
        """Return twice x."""
        # your code

    def passing(x):
        pass

    for answer in (..., stub, documented, passing):
        assert verdict(capsys, answer).startswith("Not attempted yet.")
    assert not is_stub(lambda x: x)
    assert not is_stub(None)
    assert not is_stub(3)


def test_mistakes_are_named_with_what_was_returned(capsys):
    out = verdict(capsys, lambda x: x * x)
    assert out.startswith("Not quite. For [1.0, 3.0] your function returned [1.0, 9.0]; [2.0, 6.0]")
    assert out.endswith("You squared.\n")
    assert verdict(capsys, lambda x: 1 + x).endswith("You added one.\n")


def test_large_tensors_say_where_they_differ(capsys):
    @exercise(why="")
    def count(answer):
        compare(answer, right=lambda n: torch.arange(n).view(2, -1), inputs=[(8,)])

    count(lambda n: torch.arange(n).view(2, -1).clamp(max=6))
    assert capsys.readouterr().out.endswith("They differ first at [1, 3]: 6 for 7.\n")
    count(lambda n: torch.arange(n))
    assert "differ first" not in capsys.readouterr().out


def test_an_unknown_mistake_gets_no_name(capsys):
    assert verdict(capsys, lambda x: 3 * x).endswith("was expected.\n")


def test_a_mistake_must_explain_every_input(capsys):
    assert "You squared" not in verdict(capsys, lambda x: x * x if x[0] > 0 else x)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: 1 / 0, "Your code raised ZeroDivisionError"),
        (lambda: 1, "Your code raised TypeError"),
        (3, "A function was expected, and 3 came."),
        (lambda x: "two", "returned 'two'"),
        (lambda x: print(end="") and x, "Is a `return` missing?"),
        (lambda x: 2 * x[None], "a tensor of shape|\\[\\[2.0, 6.0\\]\\]"),
    ],
)
def test_nothing_is_ever_raised(capsys, answer, message):
    import re

    out = verdict(capsys, answer)
    assert out.startswith("Not quite.")
    assert re.search(message, out) or message in out


def test_hints_come_one_by_one(capsys):
    assert verdict(capsys, ..., hint=1) == "Hint 1 of 2: think\n"
    assert verdict(capsys, ..., hint=2) == "Hint 2 of 2: think again\n"
    for odd in (3, -1, "x"):
        assert verdict(capsys, ..., hint=odd).startswith("There are 2 hints")


def test_values_compare_and_name_their_mistakes():
    value(0.5, right=1 / 2)
    value(np.float32(0.5), right=0.5)
    with pytest.raises(NotQuite, match="Your answer is 2. Upside down."):
        value(2, right=0.5, mistakes=[(2, "Upside down.")])


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (1, 1.0, True),
        (torch.ones(2), np.ones(2), True),
        (torch.ones(2), torch.ones(2, 1), False),
        ((1, torch.ones(1)), [1, 1.0], False),
        ((1, 2), (1, 2), True),
        ("a", "a", True),
        ("a", 1, False),
        (None, 0, False),
        (True, True, True),
        (float("nan"), 1.0, False),
        (float("inf"), float("inf"), True),
        (object(), 1, False),
    ],
)
def test_sameness(a, b, equal):
    assert same(a, b, 1e-6) is equal


def test_values_are_shown_short_and_exact():
    assert show(torch.tensor(0.123456)) == "0.1235"
    assert show(torch.zeros(7)) == "a tensor of shape (7,)"
    assert show(np.array([[1, 2]])) == "[[1, 2]]"
    assert show((1, 2.0)) == "(1, 2)"
    assert show(len) == "the function len"
