import numpy as np
import pytest
import torch
from PIL import Image

from ganbook import checkpoints
from ganbook.__main__ import main
from ganbook.commands import images

SMALL = ["--data", "shapes", "--width", "2", "--batch", "8", "--steps", "3"]


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANBOOK_DATA", str(tmp_path))
    monkeypatch.setenv("TQDM_DISABLE", "1")


def test_train_then_sample(tmp_path, capsys):
    assert main(["train", "dcgan", *SMALL, "--latent", "5", "--out", "run"]) == 0
    assert checkpoints.load("run/model.safetensors").latent == 5
    assert main(["sample", "run/model.safetensors", "--count", "10"]) == 0
    with Image.open("samples.png") as picture:
        assert picture.width > 8 * 32
    assert "wrote samples.png" in capsys.readouterr().out


def test_samples_go_to_evaluate_as_an_array(capsys):
    assert main(["train", "dcgan", *SMALL, "--latent", "5"]) == 0
    assert main(["sample", "runs/dcgan/model.safetensors", "--count", "20", "--out", "a.npz"]) == 0
    with np.load("a.npz") as arrays:
        assert arrays["images"].shape == (20, 32, 32, 1)
        assert arrays["images"].dtype == np.uint8
    assert images.read("a.npz").shape == (20, 1, 32, 32)


def test_training_resumes_and_reports(capsys):
    main(["train", "classifier", *SMALL, "--lr", "1e-3"])
    first = capsys.readouterr().out
    main(["train", "classifier", *SMALL, "--lr", "1e-3"])
    assert capsys.readouterr().out == first  # nothing was left to do
    assert "test accuracy" in first
    assert "wrote runs/classifier/model.safetensors" in first.replace("\\", "/")


def test_classifiers_are_trained_in_mixed_precision_too(capsys):
    assert main(["train", "classifier", *SMALL, "--bfloat16"]) == 0
    weights = checkpoints.load("runs/classifier/model.safetensors").state_dict().values()
    assert all(x.isfinite().all() for x in weights)
    assert main(["train", "classifier", *SMALL, "--out", "full"]) == 0
    other = checkpoints.load("full/model.safetensors").state_dict().values()
    assert not all(torch.equal(x, y) for x, y in zip(weights, other, strict=True))


def test_doctor_names_what_is_there_and_what_is_missing(capsys):
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert f"torch {torch.__version__}" in out
    assert "fashion_mnist: missing" in out
    assert all(f"checkpoint {name}" in out for name in checkpoints.shipped())


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["sample", "nothing"], "expected one of"),
        (["sample", "fashion-mnist-classifier"], "is a Classifier, not a generator"),
        (["train", "dcgan", "--data", "mnits"], "expected name to be one of"),
        (["train", "dcgan", *SMALL, "--size", "48"], "expected size to be one of (32, 64), got 48"),
    ],
)
def test_errors_are_one_line(capsys, command, message):
    assert main(command) == 1
    error = capsys.readouterr().err
    assert error.startswith("ganbook: ")
    assert message in error
    assert error.count("\n") == 1


def test_a_missing_command_shows_the_usage(capsys):
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "train | sample | evaluate | doctor" in capsys.readouterr().err
