"""What the chapter on stability copies of the stored result of benchmarks/diagnosis.py."""

import json

from book_reading import literals, statements
from rename import ROOT

STORED = json.loads((ROOT / "benchmarks" / "results" / "diagnosis.json").read_text("utf-8"))
CHAPTER = ROOT / "book" / "gans" / "stability.ipynb"
NUMBERS = {"": 1, "two kinds": 2, "eight kinds": 8}


def test_the_counts_of_held_out_runs_are_those_that_were_stored():
    shown = literals(statements(CHAPTER), "held_out")["held_out"]
    kinds = list(STORED["kinds"].values())
    assert len(shown) == len({kind["condition"] for kind in kinds})
    for name, counts in shown.items():
        condition, _, number = name.partition(", ")
        of_it = [kind for kind in kinds if kind["condition"] == condition]
        named = sum(kind["named"].count(condition) for kind in of_it)
        assert counts == (named, sum(len(kind["named"]) for kind in of_it))
        assert NUMBERS[number] == len(of_it)
