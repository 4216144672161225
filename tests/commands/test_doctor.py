import json
import math

import pytest

from ganbook import checkpoints
from ganbook.__main__ import main

SMALL = ["--data", "shapes", "--width", "2", "--batch", "4", "--latent", "3", "--out", "run"]


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TQDM_DISABLE", "1")


def flat(**changes):
    return dict({name: [1.0] * 30 for name in ("step", "d_loss", "g_loss")}, **changes)


def test_a_run_of_train_is_looked_at(capsys):
    assert main(["train", "dcgan", *SMALL, "--steps", "3"]) == 0
    capsys.readouterr()
    assert main(["doctor", "run"]) == 0
    assert capsys.readouterr().out.startswith("This looks too short to judge. There are 1 records")
    assert main(["doctor", "run/state.pt"]) == 0


def test_the_state_of_a_sick_run_is_named(tmp_path, capsys):
    state = dict(done=300, step={}, history=flat(d_loss=[math.nan] * 30), snapshots=[])
    checkpoints.save_state(tmp_path / "state.pt", state)
    assert main(["doctor", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("This looks diverged. A loss is nan or infinite at 30 of 30 records.")
    assert "\nTry: " in out


@pytest.mark.parametrize("wrap", [lambda h: h, lambda h: dict(history=h, seed=3)])
def test_a_history_may_be_json(tmp_path, capsys, wrap):
    path = tmp_path / "history.json"
    path.write_text(json.dumps(wrap(flat(spread=[0.1] * 30))), encoding="utf-8")
    assert main(["doctor", str(path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("This looks collapsed.")
    assert "Without d_real or d_fake" in out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[1, 2]", "holds no history of a GAN's training"),
        ('{"loss": [1]}', "holds no history of a GAN's training"),
        ('{"d_loss": [1], "g_loss": []}', "as many records"),
    ],
)
def test_other_files_are_named(tmp_path, capsys, content, message):
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    assert main(["doctor", "a.json"]) == 1
    assert message in capsys.readouterr().err


def test_a_run_that_is_not_there_and_one_of_a_classifier(capsys):
    assert main(["doctor", "nowhere"]) == 1
    assert "expected a run's folder" in capsys.readouterr().err
    assert main(["train", "classifier", *SMALL[:6], "--steps", "2", "--out", "other"]) == 0
    assert main(["doctor", "other"]) == 1
    assert "holds no history of a GAN's training" in capsys.readouterr().err
