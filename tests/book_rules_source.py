"""What a chapter's text and code must be: each rule takes a notebook and yields its complaints."""

import ast
import re
from itertools import pairwise
from statistics import median

from book_reading import code, headings, prose, sections, start, tags, text, without_code
from notebooks import DOCUMENTED, KERNELSPEC, definitions, parse_cell, skeleton
from rename import ROOT, address

SETUP = f"""\
import sys

if "google.colab" in sys.modules:
    %pip install -q "ganbook @ git+{address()}@main\""""
METADATA = {
    "accelerator": "GPU",
    "colab": {"gpuType": "T4", "provenance": [], "toc_visible": True},
    "kernelspec": KERNELSPEC,
    "language_info": {"name": "python"},
}
CLOSING = ["Recap", "Exercises", "To go further"]
READING = r"[Rr]eading about \d+ minutes; running (about )?\d+ s on two CPU cores"
GPU = r"\d+ s on a GPU|GPU time not yet measured"
BULLET = r"^\s*([-*>] |\d+\. )?(\*\*[^*]+\*\*)?"  # or a number, and a lead-in in bold
ABBREVIATION = r"\b(e\.g|i\.e|vs|cf|al|Fig|Eq|\w)\. "
SENTENCE_END = r"[.?!][)*_\"”]* +[(*_\"“]*[A-Z]"
PACKAGE = definitions(ROOT / "ganbook")
EQUATION = re.compile(r"\\tag\{([^}]*)\}")
TESTED = {  # the equations that tests/ verify
    tag
    for path in sorted((ROOT / "tests").rglob("test_*.py"))
    for tag in re.findall(r'^@pytest\.mark\.equation\("(.+)"\)', path.read_text("utf-8"), re.M)
}


def opening(notebook):
    """Title, question and contract; then the setup cell; then imports."""
    first, setup, imports = notebook.cells[:3]
    for wanted in (r"# \S", r"\*\*You will learn", r"\*\*You need first", r"\*\*Time"):
        if not re.search(rf"(?m)^(- )?{wanted}", first.source):
            yield f"the first cell has no line that begins with {wanted}"
    if len(re.findall(r"(?m)^[-*] (?!\*\*)", first.source)) != 3:
        yield "what the reader will learn is not a list of three"
    for wanted in (READING, GPU):
        if not re.search(wanted, first.source.replace("\n", " ")):
            yield f"the time does not read like {wanted!r}"
    if setup.source != SETUP or tags(setup) != ["remove-cell"]:
        yield "the second cell is not the setup cell with the tag remove-cell"
    body = parse_cell(imports.source).body if imports.cell_type == "code" else [None]
    if not all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in body):
        yield "the third cell holds something but imports"


def closing(notebook):
    """One title and no level left out; at the end recap, exercises, further reading."""
    levels = [level for level, _ in headings(notebook)]
    if levels.count(1) != 1 or any(b > a + 1 for a, b in pairwise([0, *levels])):
        yield f"more than one title, or a level left out: {levels}"
    last = [title for level, title in headings(notebook) if level == 2][-3:]
    if last != CLOSING:
        yield f"the last sections are {last}, not {CLOSING}"
        return
    recap, _, further = ("".join(map(str, sections(notebook, 2)[title])) for title in CLOSING)
    if len([line for line in recap.splitlines()[1:] if line.strip()]) != 3:
        yield "the recap is not three sentences, one a line"
    if "](https://" not in further:
        yield "'To go further' has no link"


def code_lengths(notebook):
    """Code cells: median at most 5 lines, none above 25."""
    lengths = [len(cell.source.splitlines()) for cell in code(notebook)]
    if median(lengths) > 5:
        yield f"the median code cell has {median(lengths)} lines, more than 5"
    for cell, length in zip(code(notebook), lengths, strict=True):
        if length > 25:
            yield f"{length} lines, more than 25, in {start(cell)}"


def text_lengths(notebook):
    """Markdown cells: at most 120 words (a formula is one), one sentence a line."""
    for cell in text(notebook):
        count = len(prose(cell.source).split())
        if count > 120:
            yield f"{count} words, more than 120, in {start(cell)}"
        for line in prose(cell.source).splitlines():
            sentence = re.sub(ABBREVIATION, "", re.sub(BULLET, "", line))
            if re.search(SENTENCE_END, sentence) and line[0] not in "|#":
                yield f"more than one sentence in the line {line!r}"


def plain_markdown(notebook):
    """No directive, role, raw HTML or $$ amid a line: the site, Colab and GitHub show the same."""
    for cell in text(notebook):
        found = re.findall(r"(?m)^[`:]{3,} *\{.*|\{[\w:-]+\}`[^`]+`", cell.source)
        found += re.findall(r"</?[A-Za-z][^>:]*>|<!--", prose(cell.source))
        displays = re.sub(r"(?s)\$\$.*?\$\$", "$$", without_code(cell.source)).splitlines()
        found += [line for line in displays if "$$" in line and line.strip() != "$$"]
        yield from (f"not plain Markdown: {piece!r}" for piece in found)


def plain_code(notebook):
    """Style comes from ganbook.mplstyle, names from where they are defined, and warnings count."""
    for cell in code(notebook):
        for piece in ("rcParams", "import *", "filterwarnings", "simplefilter"):
            if piece in cell.source:
                yield f"{piece!r} in {start(cell)}"


def metadata(notebook):
    """Colab's fields, a plain kernel, the record of the last execution, and nothing else."""
    found = {key: value for key, value in notebook.metadata.items() if key != "ganbook"}
    if found != METADATA or (notebook.nbformat, notebook.nbformat_minor) != (4, 5):
        yield f"format 4.5 and metadata {METADATA} are expected, not {found}"


def shared_cells(notebook):
    """What a cell tagged "shared" defines is, docstrings aside, what ganbook defines."""
    for cell in code(notebook):
        if "shared" in tags(cell):
            nodes = [n for n in parse_cell(cell.source).body if isinstance(n, DOCUMENTED)]
            if not nodes:
                yield f"nothing is defined in the shared cell {start(cell)}"
            for node in nodes:
                if skeleton(node) not in map(skeleton, PACKAGE.get(node.name, [])):
                    yield f"{node.name} differs from ganbook's"


def equations(notebook):
    """Tags are XYZ.1, XYZ.2, ...; each is checked later in its section, or in tests/."""
    found = [tag for cell in text(notebook) for tag in EQUATION.findall(cell.source)]
    code = "".join(found[:1]).partition(".")[0]
    if found != [f"{code}.{number}" for number in range(1, len(found) + 1)]:
        yield f"equations are tagged XYZ.1, XYZ.2, ..., not {found}"
    for pieces in sections(notebook, 2).values():
        stated, checked = [], []
        for piece in pieces:
            if isinstance(piece, str):
                stated += EQUATION.findall(piece)
                continue
            new = [tag.removeprefix("checks:") for tag in tags(piece) if tag.startswith("checks:")]
            checked += new
            yield from (
                f"{tag} is checked but not stated above" for tag in new if tag not in stated
            )
            if new and not any(
                isinstance(n, ast.Assert) for n in ast.walk(parse_cell(piece.source))
            ):
                yield f"the check of {new} asserts nothing"
        yield from (f"{tag} is not checked" for tag in stated if tag not in {*checked, *TESTED})


SOURCE_RULES = [
    opening,
    closing,
    code_lengths,
    text_lengths,
    plain_markdown,
    plain_code,
    metadata,
    shared_cells,
    equations,
]
