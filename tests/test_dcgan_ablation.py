"""benchmarks/dcgan_ablation.py, and what the chapter on DCGAN shows of its stored result."""

import ast
import json

import dcgan_ablation as ablation
import pytest
import torch
from book_reading import literals, statements
from notebooks import skeleton
from rename import ROOT

from ganbook.models import dcgan

SCRIPT = ROOT / "benchmarks" / "dcgan_ablation.py"
CHAPTER = ROOT / "book" / "gans" / "dcgan.ipynb"
JUDGING = ROOT / "book" / "practice" / "evaluation.ipynb"
STORED = json.loads((ROOT / "benchmarks" / "results" / "dcgan_ablation.json").read_text("utf-8"))


@pytest.mark.parametrize("name", ablation.VARIANTS)
def test_every_variant_is_a_pair_of_networks_of_the_same_shapes(name):
    pair = dcgan.Generator(width=8), dcgan.Discriminator(width=8)
    ablation.VARIANTS[name][0](*pair)
    generator, discriminator = pair
    images = generator(torch.randn(2, 100))
    assert images.shape == (2, 1, 32, 32)
    assert discriminator(images).shape == (2,)


def test_dense_layers_have_as_many_parameters():
    pair = dcgan.Generator(width=16), dcgan.Discriminator(width=16)
    before = [ablation.count(network) for network in pair]
    ablation.dense(*pair)
    for network, wanted in zip(pair, before, strict=True):
        assert abs(ablation.count(network) / wanted - 1) < 0.02


def test_grid_sees_an_alternation_and_nothing_else():
    flat, stripes = torch.zeros(3, 1, 32, 32), torch.ones(3, 1, 32, 32)
    stripes[..., ::2] = -1
    assert ablation.grid(flat + 0.7) < 1e-6
    assert ablation.grid(0.3 * stripes + 0.5) == pytest.approx(0.3, abs=1e-5)


def test_the_stored_result_has_all_variants_and_says_how_it_was_made():
    assert STORED["scores"].keys() == ablation.VARIANTS.keys()
    assert {"date", "machine", "versions", "settings", "real"} <= STORED.keys()
    seeds = STORED["settings"]["seeds"]
    assert all(len(v["averaged"]) == seeds for v in STORED["scores"].values())


def test_the_chapter_shows_the_stored_distances():
    tables = literals(statements(CHAPTER), "ablation", "grids")
    scores = STORED["scores"]
    wanted = {name: score["averaged"] for name, score in scores.items()}
    wanted["no averaging of weights"] = scores["recipe"]["last"]
    assert tables["ablation"] == wanted
    assert tables["grids"] == {
        "kernel 4": scores["recipe"]["grid"],
        "kernel 3": scores["kernel 3 in G"]["grid"],
        "kernel 5": scores["kernel 5 in G"]["grid"],
        "resize": scores["resize-convolution in G"]["grid"],
        "real": [STORED["real"]["grid"]],
    }


def test_the_chapter_on_judging_deals_the_stored_distances():
    found = literals(statements(JUDGING), "recipe", "variants")
    scores = {name: score["averaged"] for name, score in STORED["scores"].items()}
    assert found["recipe"] == scores["recipe"]
    assert found["variants"] == {name: scores[name] for name in found["variants"]}


def test_the_chapter_takes_networks_apart_as_the_benchmark_does():
    benchmark = ast.parse(SCRIPT.read_text("utf-8")).body
    theirs = {n.name: skeleton(n) for n in benchmark if isinstance(n, ast.FunctionDef)}
    ours = {n.name: skeleton(n) for n in statements(CHAPTER) if isinstance(n, ast.FunctionDef)}
    both = {"swap", "with_bias", "no_batch_norm", "dense", "grid"}
    assert both <= ours.keys() & theirs.keys()
    assert {name for name in both if ours[name] != theirs[name]} == set()
