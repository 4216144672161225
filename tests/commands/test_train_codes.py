import numpy as np
import pytest
import torch

import ganbook as gb
from ganbook import checkpoints
from ganbook.__main__ import main

SMALL = ["--data", "shapes", "--batch", "8", "--steps", "3"]
VQVAE = ["train", "vqvae", *SMALL, "--width", "4", "--codes", "16", "--dim", "4"]
PRIOR = ["train", "prior", *SMALL, "--width", "8", "--depth", "1", "--vqvae"]


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TQDM_DISABLE", "1")


def test_an_autoencoder_and_then_its_prior(capsys):
    assert main(VQVAE) == 0
    out = capsys.readouterr().out
    assert "perplexity" in out
    assert "of 16 codes, of 10,000 training images" in out
    model = checkpoints.load("runs/vqvae/model.safetensors")
    assert model.codebook.shape == (16, 4)
    assert model.quantiser.decay == 0.99

    assert main([*PRIOR, "runs/vqvae/model.safetensors"]) == 0
    out = capsys.readouterr().out
    assert "of the test split" in out
    prior = checkpoints.load("runs/prior/model.safetensors")
    assert (prior.codes, prior.grid) == (16, (8, 8))
    assert model.decode(prior.sample(2)).shape == (2, 1, 32, 32)


def test_samples_are_drawn_through_the_prior(capsys):
    for command in (VQVAE, [*PRIOR, "runs/vqvae/model.safetensors"]):
        assert main(command) == 0
    draw = ["sample", "runs/prior/model.safetensors", "--count", "3", "--out", "a.npz"]
    assert main([*draw, "--vqvae", "runs/vqvae/model.safetensors"]) == 0
    prior, model = (
        checkpoints.load(f"runs/{name}/model.safetensors") for name in ("prior", "vqvae")
    )
    with torch.no_grad():
        expected = model.decode(prior.sample(3, random=torch.Generator().manual_seed(0)))
    with np.load("a.npz") as arrays:
        drawn = torch.from_numpy(arrays["images"]).permute(0, 3, 1, 2)
    assert torch.equal(drawn, gb.to_uint8(expected))
    assert main([*VQVAE, "--codes", "8", "--out", "other"]) == 0
    assert main([*draw, "--vqvae", "other/model.safetensors"]) == 1
    error = capsys.readouterr().err
    assert "a VQVAE with codes and grid (16, (8, 8)), got other/model.safetensors with (8," in error
    assert main([*draw, "--vqvae", "fashion-mnist-classifier"]) == 1
    assert "expected a VQVAE, got fashion-mnist-classifier" in capsys.readouterr().err


def test_both_resume(capsys):
    def train():
        assert main([*VQVAE, "--by-loss"]) == 0
        assert main([*PRIOR, "runs/vqvae/model.safetensors", "--bfloat16"]) == 0
        return capsys.readouterr().out

    first = train()
    assert train() == first  # nothing was left to do
    assert checkpoints.load("runs/vqvae/model.safetensors").quantiser.decay is None


def test_a_prior_wants_an_autoencoder(capsys):
    assert main([*PRIOR, "fashion-mnist-classifier"]) == 1
    assert "expected a VQVAE, got fashion-mnist-classifier, a Cl" in capsys.readouterr().err
