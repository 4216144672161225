"""book/translation/style.ipynb: what it shows of the stored result of benchmarks/style.py."""

import json

import pytest
from book_reading import literals, statements
from rename import ROOT

STORED = json.loads((ROOT / "benchmarks" / "results" / "style.json").read_text("utf-8"))
SHOWN = {
    "one_pass_loss": ("stylist", "loss", 2),
    "one_pass_ms": ("stylist", "ms", None),
    "descent_loss": ("optimiser", "loss", 2),
    "equal_evaluations": ("optimiser", "evaluations_to_equal", None),
    "equal_seconds": ("optimiser", "seconds_to_equal", 1),
}


@pytest.fixture(scope="module")
def chapter():
    nodes = statements(ROOT / "book" / "translation" / "style.ipynb")
    return literals(nodes, *SHOWN, "harmony")


@pytest.mark.parametrize("name", SHOWN)
def test_the_chapter_shows_the_stored_race(name, chapter):
    part, key, digits = SHOWN[name]
    found = [photo[part][key] for photo in STORED["optimiser"]["photos"]]
    assert chapter[name] == [round(value, digits) for value in found]


def test_the_race_is_run_on_several_photographs(chapter):
    assert len(chapter["one_pass_loss"]) >= 5


def test_the_chapter_shows_the_stored_errors_of_harmonising(chapter):
    assert chapter["harmony"] == {
        name: [round(found[key], 4) for key in ("value", "low", "high")]
        for name, found in STORED["harmoniser"]["errors"].items()
    }
