"""tools/notebooks.py: outputs go stale when what matters changed, and are stored clean."""

import ast

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebooks import WIDGET, clean, fingerprint, skeleton, toc_files

MODULE = '''\
"""Losses."""

import torch

SCALE = 2.0


def loss(x):
    """The loss."""
    return helper(x) * SCALE  # scaled


def helper(x):
    return x


def unrelated(x):
    return x
'''


@pytest.fixture
def package(tmp_path):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "small.safetensors").write_bytes(b"1")
    (tmp_path / "losses.py").write_text(MODULE)
    return tmp_path


def notebook(*sources):
    setup = new_code_cell("%pip install ganbook", metadata={"tags": ["remove-cell"]})
    cells = [setup, new_markdown_cell("Text."), *map(new_code_cell, sources)]
    return new_notebook(cells=cells)


CHAPTER = ("print(losses.loss(1))  # one", 'checkpoints.load("small")')


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  # scaled", "  # doubled"),
        ('"""The loss."""', '"""A loss."""'),
        ("def unrelated(x):\n    return x", "def unrelated(x):\n    return -x"),
        ("def unrelated", "def also_unrelated"),
        ("import torch\n", ""),
    ],
)
def test_what_does_not_matter_keeps_outputs_fresh(package, old, new):
    before = fingerprint(notebook(*CHAPTER), package)
    assert old in MODULE
    (package / "losses.py").write_text(MODULE.replace(old, new))
    assert fingerprint(notebook(*CHAPTER), package) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return helper(x) * SCALE", "return helper(x) + SCALE"),
        ("def helper(x):\n    return x", "def helper(x):\n    return -x"),
        ("SCALE = 2.0", "SCALE = 3.0"),
    ],
)
def test_what_matters_makes_them_stale(package, old, new):
    before = fingerprint(notebook(*CHAPTER), package)
    assert old in MODULE
    (package / "losses.py").write_text(MODULE.replace(old, new))
    assert fingerprint(notebook(*CHAPTER), package) != before


def test_code_cells_matter_and_text_does_not(package):
    before = fingerprint(notebook(*CHAPTER), package)
    other = notebook("print( losses.loss(1) )", CHAPTER[1])
    other.cells[0].source = "%pip install another"
    other.cells[1].source = "Other text."
    assert fingerprint(other, package) == before
    assert fingerprint(notebook("print(losses.loss(2))", CHAPTER[1]), package) != before


def test_weights_matter_where_they_are_loaded(package):
    before = [fingerprint(notebook(*CHAPTER[:count]), package) for count in (1, 2)]
    (package / "weights" / "small.safetensors").write_bytes(b"2")
    after = [fingerprint(notebook(*CHAPTER[:count]), package) for count in (1, 2)]
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_only_checks_that_a_chapter_names_matter_to_it(package):
    checks = package / "checks"
    checks.mkdir()
    (checks / "gan.py").write_text("from ganbook.checks._gan_one import one\n")
    for name in ("_gan_one", "vae"):
        (checks / f"{name}.py").write_text("def one(answer):\n    return 1\n")
    chapter = notebook("checks.gan.one(...)")
    before = fingerprint(chapter, package)
    (checks / "vae.py").write_text("def one(answer):\n    return 2\n")
    assert fingerprint(chapter, package) == before
    (checks / "_gan_one.py").write_text("def one(answer):\n    return 3\n")
    assert fingerprint(chapter, package) != before


def test_a_skeleton_is_the_same_on_every_python():
    tree = ast.parse('f"{x:>{width}}"')
    added = ast.parse('f"{x:>{width}}"')
    added.body[0].value.values[0].format_spec.values.append(ast.Constant(""))  # as 3.12.1 does
    assert skeleton(added) == skeleton(tree)


def test_clean_keeps_stills_and_drops_widgets():
    still = {WIDGET: {}, "text/plain": "VBox()", "image/png": "iVBORw0KGgo="}
    bare = {WIDGET: {}, "image/png": "iVBORw0KGgo="}
    outputs = [{WIDGET: {}, "text/plain": "VBox()"}, still, bare, {"text/plain": "3"}]
    cell = new_code_cell("", outputs=[new_output("display_data", data=data) for data in outputs])
    cleaned = new_notebook(cells=[cell], metadata={"widgets": {}, "accelerator": "GPU"})
    clean(cleaned)
    assert [set(output.data) for output in cell.outputs] == [
        {"text/plain", "image/png"},
        {"image/png"},
        {"text/plain"},
    ]
    assert cleaned.metadata.keys() == {"accelerator", "kernelspec", "language_info"}


def test_the_table_of_contents_is_read_in_order():
    toc = {
        "root": "index",
        "parts": [
            {"chapters": [{"file": "a", "sections": [{"file": "b"}]}]},
            {"chapters": [{"file": "c"}, {"url": "https://example.org"}]},
        ],
    }
    assert toc_files(toc) == ["index", "a", "b", "c"]
