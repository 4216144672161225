"""Execute the book's notebooks and store their outputs, clean.

    python tools/notebooks.py                         every notebook of _toc.yml
    python tools/notebooks.py book/gans/dcgan.ipynb   this one

Each runs in a fresh kernel, in its own folder, at the budget of the machine (GANBOOK_BUDGET
overrides).  What is noise (timings, widget state, the kernel's version) is not stored; what the
outputs depend on is, as a fingerprint that tests/test_book_outputs.py compares.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
import time
from collections.abc import Collection
from pathlib import Path

import nbformat
import yaml
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).resolve().parents[1]
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
KEPT_METADATA = {"accelerator", "colab", "ganbook", "kernelspec", "language_info"}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
WIDGET = "application/vnd.jupyter.widget-view+json"


def toc_files(toc: dict) -> list[str]:
    """The pages of a parsed _toc.yml in reading order, without suffix; the root is first."""
    pages = [toc["root"]] if "root" in toc else [toc["file"]] if "file" in toc else []
    for key in ("parts", "chapters", "sections"):
        for entry in toc.get(key, ()):
            pages += toc_files(entry)
    return pages


def book_notebooks(root: Path = ROOT) -> list[Path]:
    """The notebooks of the book in reading order."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return [path for page in toc_files(toc) if (path := root / f"{page}.ipynb").exists()]


def parse_cell(source: str) -> ast.Module:
    """The syntax tree of a code cell; magics become calls, as IPython makes them."""
    return ast.parse(TransformerManager().transform_cell(source))


def skeleton(node) -> object:
    """What a syntax tree does, the same on every Python: no docstrings, comments or layout."""
    if isinstance(node, list):
        return [skeleton(item) for item in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {name: value for name, value in ast.iter_fields(node) if value not in (None, [])}
    if isinstance(node, DOCUMENTED):
        fields["body"] = without_docstring(node)
    if isinstance(node, ast.JoinedStr):  # to some, Python 3.12 adds an empty string
        fields["values"] = [v for v in node.values if getattr(v, "value", None) != ""]
    return [type(node).__name__, *((name, skeleton(value)) for name, value in fields.items())]


def without_docstring(node: ast.AST) -> list[ast.stmt]:
    return node.body[ast.get_docstring(node, clean=False) is not None :]


def words(node: ast.AST) -> set[str]:
    """Every identifier and every string in a syntax tree."""
    fields = ("id", "attr", "name", "module", "value")
    found = {getattr(n, field, None) for n in ast.walk(node) for field in fields}
    return {word for word in found if isinstance(word, str)}


def other_checks(cells: list[ast.AST], package: Path) -> set[Path]:
    """The files of checks that cells do not use: neither as `checks.<name>` nor through imports."""
    nodes = [node for cell in cells for node in ast.walk(cell) if isinstance(node, ast.Attribute)]
    waiting = {node.attr for node in nodes if ast.unparse(node.value) == "checks"}
    files = {path.stem: path for path in (package / "checks").glob("*.py")}
    while used := waiting & files.keys():
        texts = [files.pop(name).read_text(encoding="utf-8") for name in used]
        waiting = set().union(*(re.findall(r"ganbook\.checks\.(\w+)", text) for text in texts))
    return set(files.values())


def definitions(package: Path, but: Collection[Path] = ()) -> dict[str, list[ast.AST]]:
    """Top-level statements of a package by the names they define; the rest under their module's."""
    found: dict[str, list[ast.AST]] = {}
    for path in sorted({*package.rglob("*.py")}.difference(but)):
        for node in without_docstring(ast.parse(path.read_text(encoding="utf-8"))):
            targets = getattr(node, "targets", [getattr(node, "target", None)])
            names = {name for target in targets if target for name in words(target)}
            if isinstance(node, DOCUMENTED):
                names = {node.name}
            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                for name in names or {path.stem}:
                    found.setdefault(name, []).append(node)
    return found


def fingerprint(notebook, package: Path = ROOT / "ganbook") -> str:
    """Hash of what a notebook's outputs depend on: its code, and the ganbook that code can reach.

    Definitions are reached by name, whatever module they stand in but for the checks of other
    chapters, and so are data files (weights, the style sheet) by name or stem.  What does not
    count: comments, docstrings, Markdown, unrelated definitions, and the setup cell (remove-cell).
    """
    cells = [
        parse_cell(cell.source)
        for cell in notebook.cells
        if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get("tags", [])
    ]
    known = definitions(package, but=other_checks(cells, package))
    reached: set[str] = set()
    waiting = set().union(*map(words, cells))
    while waiting:
        reached |= waiting
        bodies = [node for name in waiting for node in known.get(name, ())]
        waiting = set().union(*map(words, bodies)) - reached
    digest = hashlib.sha256(repr([skeleton(cell) for cell in cells]).encode())
    for name in sorted(reached & known.keys()):
        digest.update(repr((name, [skeleton(node) for node in known[name]])).encode())
    for path in sorted(package.rglob("*")):
        if path.suffix in {".safetensors", ".mplstyle"} and reached & {path.name, path.stem}:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def clean(notebook) -> None:
    """Drop, in place, what differs from run to run or makes GitHub refuse the notebook."""
    for key in notebook.metadata.keys() - KEPT_METADATA:
        del notebook.metadata[key]
    notebook.metadata.update(kernelspec=KERNELSPEC, language_info={"name": "python"})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if keep(output)]


def keep(output) -> bool:
    """Whether an output says something without a kernel; its widget view is dropped, in place."""
    had_widget = output.get("data", {}).pop(WIDGET, None) is not None
    return not had_widget or bool(output.data.keys() - {"text/plain"})


def execute(path: Path, budget: str) -> float:
    """Run a notebook in a fresh kernel, store its outputs in place, return the seconds it took."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    started = time.perf_counter()
    NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=None,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # of the kernel, whose warnings are not the book's
        resources={"metadata": {"path": str(path.parent)}},
    ).execute(env=os.environ | {"GANBOOK_BUDGET": budget, "TQDM_DISABLE": "1"})
    seconds = time.perf_counter() - started
    clean(notebook)
    notebook.metadata["ganbook"] = {"budget": budget, "fingerprint": fingerprint(notebook)}
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
    return seconds


def main(arguments: list[str]) -> None:
    from ganbook.runtime import budget_name

    budget = budget_name()
    for path in [Path(argument).resolve() for argument in arguments] or book_notebooks():
        print(f"{execute(path, budget):7.1f} s  {os.path.relpath(path)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
