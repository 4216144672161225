"""benchmarks/cyclegan_ablation.py, and its stored result."""

import json
from pathlib import Path
from types import SimpleNamespace

import cyclegan_ablation as ablation
import pytest
import torch
import translations
from book_reading import literals, statements
from rename import ROOT
from seeds import apart

from ganbook import training

STORED_AT = ROOT / "benchmarks" / "results" / "cyclegan_ablation.json"
STORED = json.loads(STORED_AT.read_text("utf-8"))
MEASURES = {f"{kind}: {m}" for kind in ("striped", "plain") for m in ("accuracy", "IoU", "error")}


def test_the_stored_result_is_of_the_full_run():
    assert STORED["scale"] == 1
    assert (STORED["steps"], STORED["batch"]) == (ablation.STEPS, ablation.BATCH)
    assert STORED["networks"] == ablation.NETWORKS
    assert STORED["judges"] == ablation.JUDGES
    assert {"date", "machine", "versions"} <= STORED.keys()
    assert STORED["entries"].keys() == ablation.WAYS.keys()
    assert len(STORED["seeds"]) >= 3
    for runs in STORED["entries"].values():
        assert runs.keys() == {str(seed) for seed in STORED["seeds"]}
        assert all(found.keys() == MEASURES for found in runs.values())


def test_the_full_run_does_what_the_chapter_says():
    for found in STORED["entries"]["full"].values():
        assert found["striped: accuracy"] >= 0.8
        assert found["plain: accuracy"] >= 0.8


def test_either_anchor_keeps_the_shape_and_without_both_it_is_lost():
    table = ablation.tables(STORED)["striped: IoU"]
    neither = table["no cycle, no identity"]
    for name in ("full", "no cycle", "no identity"):
        assert apart(table[name], neither) == 1
    strangers = STORED["controls"]["others' counterparts"]["striped: IoU"]
    assert abs(sum(neither) / len(neither) - strangers) < 0.05


def test_controls_are_what_they_must_be():
    there = STORED["controls"]["true counterparts"]
    assert there["striped: error"] == there["plain: error"] == 0
    assert there["striped: accuracy"] > 0.99
    still = STORED["controls"]["identity map"]
    assert still["striped: accuracy"] < 0.01
    assert still["striped: error"] == still["plain: error"] > 0  # one pair, seen from both ends
    other = STORED["controls"]["others' counterparts"]
    assert other["striped: accuracy"] == there["striped: accuracy"]
    assert other["striped: IoU"] < 0.7


def test_scores_of_known_translations():
    x, y, masks = (part[:40] for part in translations.pairs())
    exact = translations.scores(y, x, x, y, masks)
    assert exact.keys() == MEASURES
    assert exact["striped: error"] == 0
    assert exact["striped: accuracy"] == exact["plain: accuracy"] == 1
    assert exact["striped: IoU"] > 0.95
    nothing = translations.scores(x, y.roll(1, dims=0), x, y, masks)
    assert nothing["striped: accuracy"] == nothing["plain: accuracy"] == 0
    assert nothing["striped: error"] == pytest.approx((x - y).abs().mean().item())
    assert nothing["plain: IoU"] < 0.7 < nothing["striped: IoU"]


def test_translations_go_both_ways():
    gan = SimpleNamespace(translate=lambda x: x + 1, back=lambda y: y - 1)
    x, y = torch.zeros(150, 3, 4, 4), torch.ones(150, 3, 4, 4)
    there, back = translations.translations(gan, x, y)
    assert torch.equal(there, y)
    assert torch.equal(back, x)


@pytest.mark.parametrize("name", ablation.WAYS)
def test_every_way_is_a_step_without_what_it_leaves_out(name, monkeypatch):
    made = []

    class Step(training.CycleGANStep):
        def __call__(self, batch):
            made.append((self, super().__call__(batch)))

    monkeypatch.setattr(training, "CycleGANStep", Step)
    monkeypatch.setattr(ablation, "NETWORKS", dict(width=4, blocks=0))
    images = torch.zeros(16, 3, 32, 32, dtype=torch.uint8)
    ablation.train(images, images + 9, seed=0, steps=1, **ablation.WAYS[name])
    ((step, values),) = made
    for term, key in dict(adversarial="g_loss", cycle="cycle", identity="identity").items():
        assert (values[key] == 0) == (f"no {term}" in name)
    assert (step.pool_x.size == 0) == (name == "no pool")
    assert (step.distance is torch.nn.functional.mse_loss) == (name == "squares for L1")


@pytest.fixture
def small(monkeypatch, tmp_path):
    monkeypatch.setattr(ablation, "NETWORKS", dict(width=4, blocks=0))
    monkeypatch.setattr(ablation, "STEPS", 2)
    monkeypatch.setattr(ablation, "controls", dict)
    monkeypatch.setattr(ablation, "pairs", lambda: [p[:20] for p in translations.pairs()])

    def run(*seeds, only=("full", "no cycle"), out="a.json", scale=1.0):
        options = dict(seeds=list(seeds), only=only, scale=scale, out=tmp_path / out)
        return ablation.measure(SimpleNamespace(**options))

    return run


def test_it_resumes_run_by_run(small, capsys):
    small(0, only=["full"])
    printed = capsys.readouterr().out
    assert printed.startswith("full, seed 0: {'striped: accuracy':")
    result = small(0, 1)
    assert "full, seed 0" not in capsys.readouterr().out
    whole = small(0, 1, out="b.json")
    assert result["entries"] == whole["entries"]
    assert result["seeds"] == [0, 1]
    runs = whole["entries"]
    assert len({json.dumps(runs[name][seed]) for name in runs for seed in runs[name]}) == 4
    with pytest.raises(ValueError, match="holds runs of 2 steps, not 4"):
        small(0, scale=2.0)


def test_what_is_stored_is_what_was_measured(small, tmp_path):
    result = small(0)
    assert json.loads(Path(tmp_path, "a.json").read_text("utf-8")) == result


def test_a_result_agrees_with_itself(capsys):
    ablation.compare(STORED, STORED)
    for line in capsys.readouterr().out.splitlines():
        numbers = [int(word) for word in line.replace(",", "").split() if word.isdigit()]
        assert len(set(numbers[-4:])) == 1


def test_the_table_is_of_the_stored_runs(capsys):
    ablation.show(STORED)
    lines = capsys.readouterr().out.splitlines()
    runs = STORED["entries"]["full"].values()
    mean = sum(found["striped: accuracy"] for found in runs) / len(runs)
    assert any(line.startswith(f"  full {' ' * 17} {mean:.3f} ±") for line in lines)


def test_the_chapter_shows_what_was_stored():
    nodes = statements(ROOT / "book" / "translation" / "cyclegan.ipynb")
    chapter = literals(nodes, "ablation", "plain_iou")
    measures = ("striped: accuracy", "striped: IoU", "striped: error")
    assert chapter["ablation"] == {
        way: [tuple(run[measure] for measure in measures) for run in runs.values()]
        for way, runs in STORED["entries"].items()
    }
    assert chapter["plain_iou"] == {
        way: tuple(run["plain: IoU"] for run in STORED["entries"][way].values())
        for way in ("full", "no cycle", "no cycle, no identity")
    }
