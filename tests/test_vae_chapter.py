"""book/latents/vae.ipynb: what it shows of the stored result of benchmarks/beta_vae.py."""

import json

import pytest
from book_reading import literals, statements
from rename import ROOT

STORED = json.loads((ROOT / "benchmarks" / "results" / "beta_vae.json").read_text("utf-8"))
SHOWN = {
    "shapes_rate": ("rate", 1),
    "shapes_distortion": ("distortion", 1),
    "shapes_gap": ("mutual information gap", 2),
    "shapes_active": ("active units", 0),
}


@pytest.fixture(scope="module")
def chapter():
    nodes = statements(ROOT / "book" / "latents" / "vae.ipynb")
    return literals(nodes, *SHOWN, "untrained_gap", "principal_gap")


@pytest.mark.parametrize("name", SHOWN)
def test_the_chapter_shows_what_was_stored(name, chapter):
    key, digits = SHOWN[name]
    entries = STORED["entries"]
    assert chapter[name] == {
        entry: [round(value, digits) for value in found[key]] for entry, found in entries.items()
    }


def test_the_controls_are_the_stored_ones(chapter):
    controls = STORED["controls"]
    assert chapter["untrained_gap"] == [round(value, 2) for value in controls["untrained"]]
    assert chapter["principal_gap"] == round(controls["principal components"], 2)


def test_the_stored_result_is_of_the_full_run():
    assert STORED["scale"] == 1
    assert len(STORED["seeds"]) >= 5
    assert all(len(entry["rate"]) == len(STORED["seeds"]) for entry in STORED["entries"].values())
