"""benchmarks/diagnosis.py, and the stored result: what was promised of unseen runs."""

import json

import diagnosis as benchmark
import pytest
from rename import ROOT

from ganbook.diagnosis import CONDITIONS

STORED = json.loads((ROOT / "benchmarks" / "results" / "diagnosis.json").read_text("utf-8"))


def test_the_stored_result_has_all_kinds_and_says_how_it_was_made():
    assert STORED["kinds"].keys() == benchmark.KINDS.keys()
    assert {"date", "machine", "versions", "seeds"} <= STORED.keys()
    for kind, (condition, _) in benchmark.KINDS.items():
        assert STORED["kinds"][kind]["condition"] == condition
    assert {condition for condition, _ in benchmark.KINDS.values()} == {*CONDITIONS} - {"too short"}


def test_the_seeds_are_not_those_that_thresholds_were_chosen_on():
    first, last = STORED["seeds"]
    assert first > 309
    assert last - first + 1 >= 10


@pytest.mark.parametrize("kind", benchmark.KINDS)
def test_nine_of_ten_unseen_runs_of_each_kind_get_the_right_name(kind):
    found = STORED["kinds"][kind]
    assert len(found["named"]) >= 10
    assert found["named"].count(found["condition"]) >= 0.9 * len(found["named"])


def test_the_table_counts_every_run():
    lines = benchmark.table(STORED).splitlines()
    counts = [int(word) for line in lines[1:] for word in line.split() if word.isdigit()]
    assert sum(counts) == sum(len(kind["named"]) for kind in STORED["kinds"].values())


def test_a_kept_history_is_read_and_not_trained_again(tmp_path):
    (tmp_path / "balanced, seed 3.json").write_text('{"d_loss": [1.0]}', encoding="utf-8")
    assert benchmark.history(None, "balanced", 3, tmp_path) == {"d_loss": [1.0]}
