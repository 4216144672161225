"""Write the table of chapters of book/index.md from the chapters themselves.

    python tools/chapter_table.py            write it
    python tools/chapter_table.py --check    fail if it is not what the chapters say

The order comes from _toc.yml, titles and times from the first cell of each notebook.
"""

import json
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
INDEX = ROOT / "book" / "index.md"
PLACE = re.compile(r"(?<=<!-- chapters -->\n).*?(?=<!-- end of chapters -->)", re.DOTALL)


def row(notebook: Path) -> str:
    """One line of the table: the title with its link, the time to read, the time to run."""
    text = "".join(json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"])
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    time = re.search(r"reading about (\d+) minutes; running (?:about )?(\d+ s) on two CPU", text)
    if not (title and time):
        raise ValueError(f"expected '# Title' and 'reading …; running …' in {notebook}")
    link = notebook.relative_to(INDEX.parent).as_posix()
    return f"| [{title[1]}]({link}) | {time[1]} min | {time[2]} |"


def table(root: Path = ROOT) -> str:
    """The table as Markdown, a row for every chapter that is a notebook."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    notebooks = [root / f"{chapter}.ipynb" for chapter in chapters]
    head = ["", "| Chapter | Reading | Running |", "| --- | --- | --- |"]
    return "\n".join([*head, *(row(path) for path in notebooks if path.exists()), "", ""])


if __name__ == "__main__":
    before = INDEX.read_text(encoding="utf-8")
    after = PLACE.sub(lambda _: table(), before)
    if "--check" in sys.argv and after != before:
        raise SystemExit("book/index.md: the table of chapters is old; run tools/chapter_table.py")
    INDEX.write_text(after, encoding="utf-8")
