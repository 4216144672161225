"""What a chapter's exercises must be: each rule takes a notebook and yields its complaints."""

import re

from book_reading import code, exercises, names_bound, names_loaded, printed, tags

KINDS = {"predict", "derive", "implement", "break-and-explain", "explore"}
SOLUTION_TAGS = ["hide-cell", "nbval-check-output", "solution"]


def titles(notebook):
    """At least five, numbered, of every kind."""
    found = [
        re.fullmatch(r"Exercise (\d+) · ([\w-]+) · \S.*", title) for title in exercises(notebook)
    ]
    if None in found or [int(match[1]) for match in found] != [*range(1, len(found) + 1)]:
        yield f"'Exercise 1 · kind · title' and so on are expected, not {[*exercises(notebook)]}"
    elif len(found) < 5 or {match[2] for match in found} != KINDS:
        yield f"five or more of the kinds {sorted(KINDS)} are expected, not {[m[0] for m in found]}"


def stubs(notebook):
    """First comes a stub, checked as it stands."""
    for title, cells in exercises(notebook).items():
        if (
            not cells
            or "checks." not in cells[0].source
            or "nbval-check-output" not in tags(cells[0])
        ):
            yield f"{title}: no stub that calls its check and is tagged nbval-check-output"
        elif not printed(cells[0]).startswith("Not attempted yet"):
            yield f"{title}: the stub prints {printed(cells[0])!r}"


def solutions(notebook):
    """Last comes its solution, folded on the site and in Colab, and checked."""
    for number, (title, cells) in enumerate(exercises(notebook).items(), start=1):
        if (
            len(cells) < 2
            or not cells[-1].source.startswith(f"#@title Solution {number}\n")
            or sorted(tags(cells[-1])) != SOLUTION_TAGS
            or cells[-1].metadata.get("cellView") != "form"
        ):
            yield f"{title}: no '#@title Solution {number}' with its tags, folded"
        elif not printed(cells[-1]).startswith("Correct."):
            yield f"{title}: the solution prints {printed(cells[-1])!r}"


def independence(notebook):
    """An exercise uses no name that only another one defines."""
    found = exercises(notebook)
    inside = [id(cell) for cells in found.values() for cell in cells]
    chapter = names_bound([cell for cell in code(notebook) if id(cell) not in inside])
    for title, cells in found.items():
        missing = names_loaded(cells) - names_bound(cells) - chapter
        for other, theirs in found.items():
            if borrowed := missing & names_bound(theirs):
                yield f"{title}: uses {sorted(borrowed)} of {other}"


EXERCISE_RULES = [titles, stubs, solutions, independence]
