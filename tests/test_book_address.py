"""The repository's address stands in _config.yml; everything else agrees and can be moved."""

import re
import shutil
import subprocess

import pytest
from rename import ADDRESS, ROOT, address, forms, rename, text_files


def ours(root) -> dict[str, set[str]]:
    """By file, the addresses of repositories called like this one."""
    name = address(root).rsplit("/", 1)[1]
    pattern = re.compile(rf"https://github\.com/[\w-]+/{re.escape(name)}(?![\w-])")
    texts = {str(path.relative_to(root)): path.read_text("utf-8") for path in text_files(root)}
    return {
        name: set(pattern.findall(text)) for name, text in texts.items() if pattern.search(text)
    }


@pytest.fixture
def copy(tmp_path):
    """The project's text files in a repository of their own."""
    for path in text_files():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return tmp_path


def test_every_file_has_the_address_of_the_configuration():
    found = ours(ROOT)
    assert {"_config.yml", "README.md", "pyproject.toml"} <= found.keys()
    assert set().union(*found.values()) == {address()}


def test_rename_moves_everything(copy):
    old, new = address(copy), "https://github.com/" + "Someone-Else/a.book"
    rename(new, copy)
    assert address(copy) == new
    assert ours(copy).keys() == ours(ROOT).keys()
    texts = "\n".join(path.read_text("utf-8") for path in text_files(copy))
    assert not [form for form in forms(old) if form in texts]
    rename(old, copy)
    for path in text_files(copy):
        assert path.read_bytes() == (ROOT / path.relative_to(copy)).read_bytes()


@pytest.mark.parametrize("url", ["", "ganbook", "http://github.com/a/b", "https://github.com/a"])
def test_rename_refuses_what_is_no_address(url, copy):
    with pytest.raises(SystemExit, match=r"expected URL=https://github\.com/OWNER/REPO"):
        rename(url, copy)


def test_addresses_have_an_owner_and_a_name():
    assert ADDRESS.fullmatch(address()).groups()
