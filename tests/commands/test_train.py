import pytest
import torch

from ganbook import checkpoints
from ganbook.__main__ import main

SMALL = ["--data", "shapes", "--width", "2", "--batch", "8", "--steps", "3"]


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANBOOK_DATA", str(tmp_path))
    monkeypatch.setenv("TQDM_DISABLE", "1")


def test_a_vae_is_trained_reported_and_sampled(capsys):
    options = ["--latent", "3", "--binarise", "--warm-up", "2", "--free-bits", "0.1"]
    assert main(["train", "vae", *SMALL, *options]) == 0
    out = capsys.readouterr().out
    assert "nats an image, of 2,000 test images" in out
    assert "wrote runs/vae/model.safetensors" in out.replace("\\", "/")
    model = checkpoints.load("runs/vae/model.safetensors")
    assert model.latent == 3
    assert main(["sample", "runs/vae/model.safetensors", "--count", "3", "--out", "a.npz"]) == 0
    main(["train", "vae", *SMALL, *options])
    assert capsys.readouterr().out.splitlines()[-2:] == out.splitlines()  # nothing left to do


def test_each_option_of_the_vae_counts():
    weights = []
    for number, option in enumerate(
        (
            [],
            ["--beta", "4"],
            ["--warm-up", "3"],
            ["--free-bits", "9"],
            ["--binarise"],
            ["--decay", "3"],
        )
    ):
        assert main(["train", "vae", *SMALL, *option, "--out", str(number)]) == 0
        state = checkpoints.load(f"{number}/model.safetensors").state_dict()
        weights.append(torch.cat([x.flatten() for x in state.values()]))
    assert len({tuple(x.tolist()) for x in weights}) == len(weights)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--size", "48"], "expected size to be one of (32, 64), got 48"),
        (["--beta", "-1"], "expected beta to be a number"),
        (["--data", "mnits"], "expected name to be one of"),
    ],
)
def test_errors_are_one_line(capsys, options, message):
    assert main(["train", "vae", *SMALL, *options]) == 1
    error = capsys.readouterr().err
    assert error.startswith("ganbook: ")
    assert message in error
    assert error.count("\n") == 1


def test_a_model_has_its_own_options_only(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["train", "vae", *SMALL, "--game", "minimax"])
    assert "unrecognized arguments" in capsys.readouterr().err
