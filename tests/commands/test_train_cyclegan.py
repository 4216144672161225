import itertools

import pytest
import torch
from safetensors import safe_open

import ganbook as gb
from ganbook import checkpoints
from ganbook.__main__ import main
from ganbook.commands import train_cyclegan

SMALL = ["--data", "stripes", "--size", "16", "--batch", "4"]
CYCLEGAN = ["train", "cyclegan", *SMALL, "--width", "4", "--layers", "1", "--blocks", "1"]
SEGMENTER = ["train", "segmenter", *SMALL, "--width", "4", "--steps", "3"]


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TQDM_DISABLE", "1")


def weights(folder):
    with safe_open(f"{folder}/model.safetensors", "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def test_two_translators_in_one_file(capsys):
    assert main([*CYCLEGAN, "--steps", "3", "--bfloat16"]) == 0
    out = capsys.readouterr().out
    assert "g_loss" in out
    assert "cycle" in out
    model = checkpoints.load("runs/cyclegan/model.safetensors")
    x = torch.zeros(1, 3, 20, 20)
    assert model.translate(x).shape == model.back(x).shape == x.shape
    assert {t.dtype for t in weights("runs/cyclegan").values()} == {torch.float16}


def test_a_run_resumes_where_it_was_stopped():
    run = [*CYCLEGAN, "--ema", "0.9", "--pool", "6", "--every", "1"]
    assert main([*run, "--steps", "4", "--out", "whole"]) == 0
    assert main([*run, "--steps", "4", "--out", "again"]) == 0
    found = [weights(folder) for folder in ("whole", "again")]
    assert all(torch.equal(found[0][key], found[1][key]) for key in found[0])
    state = checkpoints.load_state("whole/state.pt")
    assert state["done"] == 4
    # the average is what is saved
    for key, tensor in found[0].items():
        assert torch.equal(tensor, state["step"]["ema"][f"module.{key}"].half())
    assert main([*run, "--steps", "4", "--out", "whole"]) == 0  # nothing was left to do
    assert all(torch.equal(found[0][key], weights("whole")[key]) for key in found[0])


def test_terms_can_be_left_out(capsys):
    assert main([*CYCLEGAN, "--steps", "1", "--identity", "0", "--cycle", "0"]) == 0
    out = capsys.readouterr().out
    assert "cycle 0.000" in out
    assert "identity 0.000" in out


def test_two_classes_are_wanted(capsys):
    assert main([*CYCLEGAN, "--data", "shapes"]) == 1
    assert "expected data of two classes, got shapes of ('disc'," in capsys.readouterr().err


def test_images_are_mirrored_half_of_the_time_and_the_same_way_again():
    images = torch.arange(12.0).view(4, 1, 1, 3)
    stream = list(itertools.islice(train_cyclegan.mirrored(itertools.repeat(images), seed=1), 100))
    flips = torch.stack([(batch != images).any(dim=3).flatten() for batch in stream])
    assert flips.float().mean().item() == pytest.approx(0.5, abs=0.1)
    for batch, flipped in zip(stream, flips, strict=True):
        expected = torch.where(flipped[:, None, None, None], images.flip(-1), images)
        assert torch.equal(batch, expected)
    again = list(itertools.islice(train_cyclegan.mirrored(itertools.repeat(images), seed=1), 100))
    assert all(map(torch.equal, stream, again))


def test_the_domains_are_drawn_and_mirrored_apart():
    real = gb.load("stripes", size=16)
    options = train_options()
    x, y = next(train_cyclegan.pairs(real, options, None))
    plain, striped = (gb.to_float(real.images[real.labels == k]) for k in (0, 1))
    for images, own in ((x, plain), (y, striped)):
        for image in images:
            same = [(own == side).all(dim=(1, 2, 3)).any() for side in (image, image.flip(-1))]
            assert any(same)


def train_options():
    from ganbook.__main__ import parser

    return parser().parse_args(CYCLEGAN)


def test_a_segmenter_says_how_well_it_does(capsys):
    assert main(SEGMENTER) == 0
    assert "of 1,000 test images" in capsys.readouterr().out
    model = checkpoints.load("runs/segmenter/model.safetensors")
    assert model.masks(torch.zeros(2, 3, 16, 16)).shape == (2, 16, 16)
    assert main(SEGMENTER) == 0  # nothing was left to do
    assert main([*SEGMENTER, "--data", "shapes"]) == 1
    assert "expected data with masks, as stripes has them" in capsys.readouterr().err


def test_a_judge_of_stripes_is_a_classifier(capsys):
    train = ["train", "classifier", *SMALL, "--width", "4", "--steps", "2"]
    assert main(train) == 0
    assert "of 1,000 images" in capsys.readouterr().out
    assert checkpoints.load("runs/classifier/model.safetensors").head.out_features == 2
