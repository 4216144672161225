"""benchmarks/seeds.py: what seeds can tell apart."""

from types import SimpleNamespace

import pytest
from seeds import agreement, apart, conditions, separated


@pytest.mark.parametrize(
    ("x", "y", "sign"),
    [
        ([1.0, 1.1, 0.9, 1.0, 1.05], [2.0, 2.1, 1.9, 2.0, 1.95], -1),
        ([2.0, 2.1, 1.9], [1.0, 1.1, 0.9], 1),
        ([1.0, 3.0, 2.0], [2.0, 1.5, 3.0], 0),
        ([8, 8, 8], [8, 8, 8], 0),
        ([8, 8, 8], [7, 7, 7], 1),
    ],
)
def test_what_is_apart(x, y, sign):
    assert apart(x, y) == sign
    assert apart(y, x) == -sign


def test_pairs_are_separated_and_compared():
    first = {"a": [1, 1.1, 0.9], "b": [2, 2.1, 1.9], "c": [1, 1.1, 0.8]}
    second = {"a": [2, 2.1, 1.9], "b": [1, 1.1, 0.9], "c": [9, 9.1, 8.9]}
    assert separated(first) == {("a", "b"): -1, ("b", "c"): 1}
    assert separated(second) == {("a", "b"): 1, ("a", "c"): -1, ("b", "c"): -1}
    said = "first separates 2, second 3, both 2, of these 0 the same way"
    assert agreement(first, second) == said


def test_conditions_say_how_a_result_was_made():
    made = conditions(SimpleNamespace(seeds=[3, 4], scale=0.5))
    assert made.keys() == {"date", "machine", "versions", "seeds", "scale"}
    assert made["seeds"] == [3, 4]
