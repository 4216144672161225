"""Every rule can fail: a sound chapter passes them all, and each break of it is noticed."""

from copy import deepcopy
from functools import cache

import book_rules_source
import pytest
from book_reading import code, exercises
from book_rules_exercises import EXERCISE_RULES, KINDS, SOLUTION_TAGS
from book_rules_outputs import OUTPUT_RULES
from book_rules_source import METADATA, SETUP, SOURCE_RULES
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebooks import WIDGET, fingerprint

RULES = {rule.__name__: rule for rule in SOURCE_RULES + EXERCISE_RULES + OUTPUT_RULES}
TITLE = """\
# Noise

What is noise?

**You will learn**
- what it is,
- what it is not,
- why it matters.

**You need first**: nothing.

**Time**: reading about 5 minutes; running 3 s on two CPU cores; GPU time not yet measured.
"""
CHECKED = ["nbval-check-output"]
FIGURE = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure size 640x480 with 1 Axes>"}


def code_cell(source, *outputs, **metadata):
    return new_code_cell(source, outputs=list(outputs), metadata=metadata)


def stream(text, name="stdout"):
    return new_output("stream", text=text, name=name)


def sound_chapter():
    return deepcopy(smallest_chapter())


@cache
def smallest_chapter():
    """The smallest chapter that keeps every rule."""
    cells = [
        new_markdown_cell(TITLE),
        code_cell(SETUP, tags=["remove-cell"]),
        code_cell("import math"),
        new_markdown_cell(
            "## Sums\n\n$$ 1 + 1 = 2 \\tag{NOI.1} $$\n\n**So.** It holds, e.g. Here."
        ),
        code_cell("assert 1 + 1 == 2", tags=["checks:NOI.1"]),
        code_cell(
            "plots.curves(history)\nplt.show()",
            new_output("display_data", data=FIGURE),
            mystnb={"image": {"alt": "A curve that falls to zero."}},
        ),
        code_cell("def sound(x):\n    return 2 * x", tags=["shared"]),
        new_markdown_cell("## Recap\n\nIt is one.\nIt is two.\nIt is three."),
        new_markdown_cell("## Exercises"),
    ]
    for number, kind in enumerate(sorted(KINDS), start=1):
        cells += [
            new_markdown_cell(f"### Exercise {number} · {kind} · A title"),
            code_cell("a = ...\nchecks.noise.a(a)", stream("Not attempted yet. Do."), tags=CHECKED),
            code_cell(
                f"#@title Solution {number}\na = 1\nchecks.noise.a(a)",
                stream("Correct. It is."),
                tags=SOLUTION_TAGS,
                cellView="form",
            ),
        ]
    cells.append(
        new_markdown_cell("## To go further\n\n- [A paper](https://arxiv.org/abs/1406.2661)")
    )
    notebook = new_notebook(cells=cells, metadata=METADATA)
    for number, cell in enumerate(code(notebook), start=1):
        cell.execution_count = number
    notebook.metadata["ganbook"] = {"budget": "cpu", "fingerprint": fingerprint(notebook)}
    return notebook


@pytest.fixture(autouse=True)
def package(monkeypatch):
    """A package that defines what the sound chapter shares."""
    known = book_rules_source.parse_cell('def sound(x):\n    """Twice x."""\n    return 2 * x').body
    monkeypatch.setattr(book_rules_source, "PACKAGE", {"sound": known})


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_sound_chapter_keeps_the_rule(rule):
    assert list(rule(sound_chapter())) == []


def replaced(old, new):
    """A break: `old` becomes `new` wherever it stands."""

    def change(notebook):
        assert any(old in cell.source for cell in notebook.cells)
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)

    return change


def inserted(cell, at=4):
    return lambda notebook: notebook.cells.insert(at, cell)


def shown(output, at=5):
    return lambda notebook: notebook.cells[at].outputs.append(output)


def exercise(number, source=None, output=None, *, stub=False, **metadata):
    """A break of an exercise's stub or solution."""

    def change(notebook):
        cell = list(exercises(notebook).values())[number - 1][0 if stub else -1]
        cell.source = source or cell.source
        cell.outputs = [stream(output)] if output else cell.outputs
        cell.metadata.update(metadata)

    return change


def borrowed(notebook):
    exercise(2, "helper = 1")(notebook)
    exercise(3, "a = helper")(notebook)


BROKEN = [
    ("opening", replaced("# Noise\n", "")),
    ("opening", replaced("**You need first**", "You need")),
    ("opening", replaced("- why it matters.\n", "")),
    ("opening", replaced("reading about 5 minutes", "short")),
    ("opening", replaced("; GPU time not yet measured", "")),
    ("opening", replaced("%pip install -q", "%pip install")),
    ("opening", lambda notebook: notebook.cells[1].metadata.pop("tags")),
    ("opening", replaced("import math", "import math\nx = 1")),
    ("closing", replaced("## Sums", "# Sums")),
    ("closing", replaced("## Sums", "#### Sums")),
    ("closing", replaced("## Recap", "## Summary")),
    ("closing", replaced("It is one.\n", "")),
    ("closing", replaced("https://arxiv.org/abs/1406.2661", "paper.md")),
    ("code_lengths", inserted(code_cell("x = 1\n" * 26))),
    ("code_lengths", lambda notebook: notebook.cells.extend([code_cell("x = 1\n" * 6)] * 30)),
    ("text_lengths", inserted(new_markdown_cell("word " * 121))),
    ("text_lengths", inserted(new_markdown_cell("One sentence. Another one."))),
    ("text_lengths", inserted(new_markdown_cell("- Is it so? *Yes*."))),
    ("plain_markdown", inserted(new_markdown_cell("```{note}\nWell.\n```"))),
    ("plain_markdown", inserted(new_markdown_cell("See {ref}`there`."))),
    ("plain_markdown", inserted(new_markdown_cell("A <b>bold</b> word."))),
    ("plain_markdown", inserted(new_markdown_cell("As $$ x $$ goes."))),
    ("plain_code", inserted(code_cell("plt.rcParams['figure.dpi'] = 300"))),
    ("plain_code", inserted(code_cell("from math import *"))),
    ("metadata", lambda notebook: notebook.metadata.pop("accelerator")),
    ("metadata", lambda notebook: notebook.metadata.update(jupytext={"formats": "ipynb,py"})),
    ("shared_cells", replaced("2 * x", "x * 2")),
    ("shared_cells", replaced("def sound", "def unsound")),
    ("shared_cells", replaced("def sound(x):\n    return 2 * x", "x = 1")),
    ("equations", replaced("NOI.1", "NOI.2")),
    ("equations", replaced("assert 1 + 1 == 2", "1 + 1 == 2")),
    ("equations", lambda notebook: notebook.cells[4].metadata.pop("tags")),
    ("equations", replaced("$$ 1 + 1 = 2 \\tag{NOI.1} $$", "No equation")),
    ("equations", inserted(new_markdown_cell("## Another section"))),
    ("titles", replaced("· predict ·", "· guess ·")),
    ("titles", replaced("Exercise 2", "Exercise 3")),
    ("titles", replaced("Exercise 5", "Extra")),
    ("stubs", exercise(2, "a = ...", stub=True)),
    ("stubs", exercise(2, output="Not quite. It is 1.", stub=True)),
    ("stubs", exercise(2, stub=True, tags=[])),
    ("solutions", exercise(2, "a = 1\nchecks.noise.a(a)")),
    ("solutions", exercise(2, output="Not quite. It is 1.")),
    ("solutions", exercise(2, tags=["solution"])),
    ("solutions", exercise(2, cellView="code")),
    ("independence", borrowed),
    ("counts", lambda notebook: notebook.cells[4].update(execution_count=None)),
    ("counts", lambda notebook: notebook.cells[4].update(execution_count=9)),
    ("freshness", replaced("1 + 1 == 2", "1 + 1 == 3")),
    ("freshness", lambda notebook: notebook.metadata.ganbook.update(budget="smoke")),
    ("freshness", lambda notebook: notebook.metadata.pop("ganbook")),
    ("streams", shown(stream("careful", name="stderr"))),
    ("streams", shown(stream("UserWarning: careful"))),
    ("streams", shown(stream("100%|####| 9/9 [00:01, 7.5it/s]"))),
    ("streams", shown(new_output("error", ename="ValueError", evalue="no", traceback=[]))),
    ("widgets", lambda notebook: notebook.metadata.update(widgets={})),
    ("widgets", shown(new_output("display_data", data={WIDGET: {}}))),
    ("paths", shown(stream("saved to /home" + "/me/run.ckpt"))),
    ("paths", shown(stream("saved to C:" + "\\Users"))),
    ("figures", lambda notebook: notebook.cells[5].metadata.pop("mystnb")),
    ("figures", lambda notebook: notebook.cells[5].metadata.mystnb.image.update(alt="A curve")),
    ("figures", replaced("\nplt.show()", "")),
    ("size", shown(stream("x" * 1_500_000))),
]


@pytest.mark.parametrize(("name", "change"), BROKEN)
def test_a_broken_chapter_is_noticed(name, change):
    notebook = sound_chapter()
    change(notebook)
    assert list(RULES[name](notebook))


def test_every_rule_is_broken_above():
    assert {name for name, _ in BROKEN} == RULES.keys()
