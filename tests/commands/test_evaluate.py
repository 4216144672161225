import json
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from tqdm.auto import tqdm

from ganbook.__main__ import main
from ganbook.metrics import fid_network
from ganbook.metrics.extractors import features
from ganbook.metrics.frechet import frechet_distance

SIZE = 4


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ganbook.commands.evaluate.tqdm", partial(tqdm, disable=True))


@pytest.fixture
def arrays():
    """Noise, and noise that is darker, by name and as the files name.npz and folders name."""
    random = np.random.default_rng(0)
    made = dict(
        a=random.integers(0, 256, (60, SIZE, SIZE, 3), np.uint8),
        b=random.integers(0, 200, (50, SIZE, SIZE, 3), np.uint8),
    )
    for name, array in made.items():
        np.savez(f"{name}.npz", images=array)
    return made


def evaluate(*options, extractor="pixels", real="a.npz", fake="b.npz"):
    sets = ["--real", real, "--fake", fake, "--extractor", extractor, "--samples", "40"]
    return main(["evaluate", *sets, *options])


def measured(capsys, *options, **sets):
    assert evaluate("--json", *options, **sets) == 0
    return json.loads(capsys.readouterr().out)


def test_the_numbers_are_those_of_the_metrics(arrays, capsys):
    result = measured(capsys)
    x, y = (
        features(torch.from_numpy(array).permute(0, 3, 1, 2) / 127.5 - 1, "pixels")
        for array in arrays.values()
    )
    found = {measure["metric"]: measure for measure in result["measures"]}
    distance = found["frechet_distance"]
    assert distance["value"] == pytest.approx(frechet_distance(x, y), rel=1e-6)
    assert distance["label"] == "Fréchet distance (pixels)"
    assert (distance["real"], distance["fake"]) == (60, 50)
    assert result["image"] == [3, SIZE, SIZE]
    assert result["features"] == 3 * SIZE**2
    assert list(found) == [
        "frechet_distance",
        "kernel_distance",
        "precision",
        "recall",
        "density",
        "coverage",
        "classifier_two_sample",
    ]
    for measure in result["measures"]:
        assert measure["low"] is not None or measure["standard_error"] > 0
        assert "FID" not in measure["label"]
        assert "KID" not in measure["label"]


def test_the_same_command_prints_the_same_bytes(arrays, capsys):
    outputs = []
    for seed in (0, 0, 1):
        assert evaluate("--json", "--seed", str(seed)) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert outputs[0] != outputs[2]


def test_a_folder_gives_what_its_array_gives(arrays, tmp_path, capsys):
    (tmp_path / "folder").mkdir()
    for number, pixels in enumerate(arrays["a"]):
        Image.fromarray(pixels).save(tmp_path / "folder" / f"{number:03}.png")
    files, folder = measured(capsys), measured(capsys, real="folder")
    assert files["measures"] == folder["measures"]


def test_the_table_has_a_line_for_each_measure(arrays, capsys):
    assert evaluate() == 0
    out = capsys.readouterr().out
    assert "Fréchet distance (pixels)" in out
    lines = out.splitlines()
    assert lines[:2] == ["real: a.npz", "fake: b.npz"]
    precision = next(line for line in lines if line.startswith("Precision"))
    assert " to " in precision
    assert precision.split()[-6:] == ["60", "50", "these", "numbers", "of", "images"]
    notes = [line for line in lines if line.startswith("note: ")]
    assert "the sets differ in size" in notes[0]
    assert "--count 50" in notes[0]
    assert "50 images are few for 48 features" in notes[1]


def test_count_takes_as_many_of_each(arrays, capsys):
    result = measured(capsys, "--count", "40")
    assert {(m["real"], m["fake"]) for m in result["measures"]} == {(40, 40), (20, 20)}
    assert len(result["notes"]) == 1


def test_a_large_set_has_no_note(capsys):
    array = np.random.default_rng(0).integers(0, 256, (90, 3, 3), np.uint8)
    np.savez("a.npz", array)
    np.savez("b.npz", 255 - array)
    assert measured(capsys)["notes"] == []


def test_grey_and_colour_are_compared_as_colour(arrays, capsys):
    grey = np.random.default_rng(1).integers(0, 256, (50, SIZE, SIZE), np.uint8)
    np.savez("grey.npz", grey)
    assert measured(capsys, fake="grey.npz")["image"] == [3, SIZE, SIZE]


def test_a_classifier_adds_its_score(capsys):
    array = np.random.default_rng(0).integers(0, 256, (40, 28, 28), np.uint8)
    np.savez("a.npz", array)
    np.savez("b.npz", array[::-1])
    result = measured(capsys, extractor="fashion_mnist")
    score = result["measures"][-1]
    assert score["label"] == "Classifier score (fashion_mnist classes)"
    assert 1 <= score["value"] <= 10
    assert (score["real"], score["fake"]) == (0, 40)


def test_progress_goes_to_stderr(arrays, capsys, monkeypatch):
    monkeypatch.setattr("ganbook.commands.evaluate.tqdm", partial(tqdm, disable=False))
    assert evaluate("--json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)
    assert "features of the real" in captured.err
    assert evaluate("--extractor", "mnist") == 1  # the bar is gone before the message comes
    assert capsys.readouterr().err.split("\r")[-1].startswith("ganbook: expected images")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--count", "51"], "expected count to be an integer from 12 to 50, got 51"),
        (["--samples", "39"], "expected samples to be an integer of at least 40, got 39"),
        (["--fake", "few.npz"], "expected 12 or more images in each set, got 11"),
        (["--real", "nowhere"], "there is no folder nowhere"),
        (["--fake", "small.npz"], "of one size, got (4, 4) in a.npz and (3, 3) in small.npz"),
        (["--extractor", "mnist"], "ganbook.load(..., size=32, channels=1)"),
    ],
)
def test_errors_are_one_line(arrays, capsys, options, message):
    np.savez("small.npz", np.zeros((9, 3, 3), np.uint8))
    np.savez("few.npz", arrays["b"][:11])
    assert evaluate(*options) == 1
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_a_missing_package_is_one_line(arrays, capsys, monkeypatch):
    def fail():
        raise ImportError("pip install something")

    monkeypatch.setattr(fid_network, "network", fail)
    assert evaluate(extractor="inception") == 1
    assert capsys.readouterr().err == "ganbook: pip install something\n"


def test_an_unknown_extractor_is_refused(arrays, capsys):
    with pytest.raises(SystemExit, match="2"):
        evaluate("--extractor", "vgg")
    assert "invalid choice: 'vgg'" in capsys.readouterr().err
