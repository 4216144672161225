import pytest
import torch
from PIL import Image

from ganbook import checkpoints
from ganbook.__main__ import main
from ganbook.models.backbone import Backbone
from ganbook.models.harmoniser import Harmoniser
from ganbook.models.style import Stylist

SHAPES = ["--data", "shapes", "--steps", "2", "--batch", "4"]
STYLIST = ["train", "stylist", *SHAPES, "--size", "16", "--style-size", "32", "--width", "4"]


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TQDM_DISABLE", "1")


def test_a_backbone(capsys):
    assert main(["train", "backbone", *SHAPES]) == 0
    assert "of 2,000 images" in capsys.readouterr().out
    model = checkpoints.load("runs/backbone/model.safetensors")
    assert isinstance(model, Backbone)
    assert model.head.out_features == 5


def test_a_stylist_of_a_named_style_and_of_a_picture(capsys):
    assert main([*STYLIST, "--blocks", "0", "--recolour", "--bfloat16"]) == 0
    assert "style" in capsys.readouterr().out
    model = checkpoints.load("runs/stylist/model.safetensors")
    assert isinstance(model, Stylist)
    assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 3, 32, 32)
    Image.new("RGB", (40, 30), (200, 30, 30)).save("red.png")
    assert main([*STYLIST, "--style", "red.png", "--out", "red"]) == 0
    assert main([*STYLIST, "--style", "blue.png"]) == 1
    assert "or an image file, got 'blue.png'" in capsys.readouterr().err


def test_a_harmoniser():
    assert main(["train", "harmoniser", *SHAPES, "--size", "16", "--width", "4"]) == 0
    model = checkpoints.load("runs/harmoniser/model.safetensors")
    assert isinstance(model, Harmoniser)


def test_a_finished_run_has_nothing_left_to_do(capsys):
    def train():
        assert main([*STYLIST, "--size", "24", "--crop", "16", "--content-layer", "0"]) == 0
        return capsys.readouterr().out

    first = train()
    assert train() == first
