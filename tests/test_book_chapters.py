"""Every chapter keeps every rule of book_rules_*.py."""

import nbformat
import pytest
from book_rules_exercises import EXERCISE_RULES
from book_rules_outputs import OUTPUT_RULES
from book_rules_source import EQUATION, SOURCE_RULES, TESTED
from notebooks import book_notebooks
from rename import ROOT

CHAPTERS = {str(path.relative_to(ROOT)): path for path in book_notebooks()}
RULES = SOURCE_RULES + EXERCISE_RULES + OUTPUT_RULES


@pytest.fixture(scope="module")
def notebooks():
    return {name: nbformat.read(path, as_version=4) for name, path in CHAPTERS.items()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", CHAPTERS)
def test_the_chapter_keeps_the_rule(name, rule, notebooks):
    if complaints := list(rule(notebooks[name])):
        pytest.fail("\n".join([name, *complaints]), pytrace=False)


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_chapter_is_a_valid_notebook(name, notebooks):
    nbformat.validate(notebooks[name])


def test_all_chapters_together_have_at_most_20_megabytes():
    assert sum(path.stat().st_size for path in CHAPTERS.values()) <= 20e6


def test_equations_are_tagged_once_in_the_book(notebooks):
    sources = [cell.source for notebook in notebooks.values() for cell in notebook.cells]
    found = EQUATION.findall("\n".join(sources))
    assert len(found) == len(set(found))
    assert set(found) >= TESTED, "tests/ verify equations that no chapter states"
