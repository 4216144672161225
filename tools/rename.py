"""Point the whole project at another repository.

    python tools/rename.py https://github.com/OWNER/REPO

The address in _config.yml is the truth; the setup cells, the badges, pyproject.toml and the prose
repeat it, and tests/test_book_address.py compares them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = {"", ".cfg", ".css", ".ipynb", ".js", ".json", ".md", ".py", ".svg", ".toml", ".txt", ".yml"}
ADDRESS = re.compile(r"https://github\.com/([\w-]+)/([\w.-]+)")


def text_files(root: Path = ROOT) -> list[Path]:
    """The text files that git tracks or would track."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    paths = [root / name for name in names.split("\0") if name]
    return sorted(path for path in paths if path.suffix in TEXT and path.is_file())


def address(root: Path = ROOT) -> str:
    """The repository's address, as _config.yml has it."""
    config = (root / "_config.yml").read_text(encoding="utf-8")
    return re.search(rf"^  url: ({ADDRESS.pattern})", config, re.MULTILINE)[1]


def forms(url: str) -> list[str]:
    """The address, the same behind Colab's, and the site that Pages makes of it."""
    owner, name = ADDRESS.fullmatch(url).groups()
    return [url, f"/github/{owner}/{name}", f"https://{owner.lower()}.github.io/{name}"]


def rename(url: str, root: Path = ROOT) -> list[Path]:
    """Replace every form of the address in every text file; return the files that changed."""
    if not ADDRESS.fullmatch(url):
        raise SystemExit(f"expected URL=https://github.com/OWNER/REPO, got {url!r}")
    pairs = list(zip(forms(address(root)), forms(url), strict=True))
    changed = []
    for path in text_files(root):
        before = after = path.read_text(encoding="utf-8")
        for old, new in pairs:
            after = re.sub(re.escape(old) + r"(?![\w-])", new, after)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed


if __name__ == "__main__":
    for file in rename(*sys.argv[1:2] or [""]):
        print(file.relative_to(ROOT))
