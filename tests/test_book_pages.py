"""The pages of the book together: what is listed, what is linked, what stays out."""

import re

import chapter_table
import nbformat
import pytest
import yaml
from book_rules_outputs import MACHINE_PATH
from notebooks import toc_files
from rename import ROOT, text_files

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
FILES = {str(path.relative_to(ROOT)): path for path in text_files()}
PAGES = [name for name in FILES if name.endswith((".md", ".ipynb"))]
LINK = re.compile(r"\]\(<?([^)\s>]+)>?\)")
# Documentation and tools are linked where they are used; everything else is a reference.
NOT_A_REFERENCE = re.compile(r"https://([\w.]+\.)?(github|google|pytorch|matplotlib|python)\.")
REGISTRY = re.compile(
    r"pypi\s*\.\s*org|pythonhosted\s*\.|npmjs\s*\.|debian\s*\.\s*org|anaconda\s*\."
)


def markdown(name: str) -> str:
    """The Markdown of a page or a notebook."""
    if name.endswith(".md"):
        return FILES[name].read_text("utf-8")
    cells = nbformat.read(FILES[name], as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def written(name: str) -> str:
    """What people wrote in a file; a notebook's outputs have rules of their own."""
    if not name.endswith(".ipynb"):
        return FILES[name].read_text("utf-8")
    return "\n\n".join(cell.source for cell in nbformat.read(FILES[name], as_version=4).cells)


def test_the_table_of_contents_lists_the_book():
    listed = toc_files(TOC)
    assert len(listed) == len(set(listed))
    assert sorted(listed) == sorted(
        name.rsplit(".", 1)[0] for name in PAGES if name.startswith("book/")
    )


def test_the_index_shows_titles_and_times_as_the_chapters_have_them():
    assert chapter_table.PLACE.search(markdown("book/index.md"))[0] == chapter_table.table()


def test_no_notebook_has_a_twin():
    notebooks = [path for path in FILES.values() if path.suffix == ".ipynb"]
    assert notebooks
    assert not [path for path in notebooks for s in (".py", ".md") if path.with_suffix(s).exists()]


@pytest.mark.parametrize("name", PAGES)
def test_relative_links_lead_somewhere(name):
    targets = [link for link in LINK.findall(markdown(name)) if not re.match(r"\w+:|#", link)]
    assert not [
        target for target in targets if not (FILES[name].parent / target.split("#")[0]).exists()
    ]


@pytest.mark.parametrize("name", [name for name in PAGES if name.endswith(".ipynb")])
def test_references_are_in_the_bibliography(name):
    bibliography = markdown("book/appendix/bibliography.md")
    links = [link for link in LINK.findall(markdown(name)) if link.startswith("http")]
    assert not [
        link for link in links if not NOT_A_REFERENCE.match(link) and link not in bibliography
    ]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry"])
def test_no_file_names_the_machine_it_was_made_on(pattern):
    found = {name: pattern.search(written(name)) for name in FILES}
    assert not {name: match[0] for name, match in found.items() if match}


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE_PATH, "see " + "/".join(["", "home", "me"])),
        (REGISTRY, "from " + ".".join(["https://pypi", "org"])),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern, text):
    assert pattern.search(text)
