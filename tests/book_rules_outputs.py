"""What a chapter's stored outputs must be: each rule takes a notebook and yields its complaints."""

import re

import nbformat
from book_reading import code, start, tags
from notebooks import WIDGET, fingerprint

MACHINE_PATH = re.compile(
    r"(?<![\w.:/])/(home|Users|root|tmp|work|private)/\w|[A-Z]:\\\w|(site|dist)-package[s]"
)
NOISE = re.compile(r"\r|\dit/s\b|Warning:|Deprecat")


def data(output) -> dict[str, str]:
    """What an output shows, by MIME type; streams and errors as plain text."""
    if output.output_type == "error":
        return {"text/plain": "\n".join([output.evalue, *output.traceback])}
    return {"text/plain": output.text} if output.output_type == "stream" else output.data


def counts(notebook):
    """Every code cell ran, in order, in a fresh kernel (nbval skips cells without a count)."""
    found = [cell.execution_count for cell in code(notebook)]
    if found != [*range(1, len(found) + 1)]:
        yield f"the execution counts are {found}"


def freshness(notebook):
    """The outputs come from this code and this ganbook, at a real budget."""
    record = notebook.metadata.get("ganbook", {})
    if record.get("budget") not in ("cpu", "gpu"):
        yield f"the outputs were made at the budget {record.get('budget')!r}"
    if record.get("fingerprint") != fingerprint(notebook):
        yield "the outputs are older than the code or the ganbook they come from: make notebooks"


def streams(notebook):
    """No warning, no progress bar, no error but a wanted one."""
    for cell in code(notebook):
        for output in cell.outputs:
            if output.get("name") == "stderr":
                yield f"stderr from {start(cell)}"
            if output.output_type == "error" and "raises-exception" not in tags(cell):
                yield f"{output.ename} from {start(cell)}"
            if NOISE.search(data(output).get("text/plain", "")):
                yield f"a warning or a progress bar from {start(cell)}"


def widgets(notebook):
    """No widget state and no widget view: without a kernel they show nothing."""
    if "widgets" in notebook.metadata:
        yield "metadata.widgets (GitHub refuses to show the notebook)"
    for cell in code(notebook):
        if any(WIDGET in data(output) for output in cell.outputs):
            yield f"a widget view from {start(cell)}"


def paths(notebook):
    """No path of the machine that ran it."""
    for cell in code(notebook):
        for output in cell.outputs:
            for mime, shown in data(output).items():
                if not mime.startswith("image/") and (found := MACHINE_PATH.search(str(shown))):
                    yield f"{found[0]!r} from {start(cell)}"


def figures(notebook):
    """An image has alt text; a Matplotlib figure is shown by plt.show()."""
    for cell in code(notebook):
        mimes = [mime for output in cell.outputs for mime in data(output)]
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        if any(mime.startswith("image/") for mime in mimes) and len(alt.split()) < 4:
            yield f"no alt text of four words or more for {start(cell)}"
        for output in cell.outputs:
            if data(output).get("text/plain", "").startswith("<Figure") and not (
                cell.source.endswith("plt.show()")
            ):
                yield f"no plt.show() at the end of {start(cell)}"


def size(notebook):
    """At most 1.5 MB."""
    megabytes = len(nbformat.writes(notebook).encode()) / 1e6
    if megabytes > 1.5:
        yield f"{megabytes:.2f} MB, more than 1.5"


OUTPUT_RULES = [counts, freshness, streams, widgets, paths, figures, size]
