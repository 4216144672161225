"""The shape of the package: which way imports flow, how long files are, what is documented."""

import ast
import re
from functools import cache

import nbformat
import pytest
from notebooks import book_notebooks, parse_cell
from rename import ROOT

FILES = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in sorted((ROOT / "ganbook").rglob("*.py"))
}
CHAPTERS = [
    ast.unparse([parse_cell(cell.source) for cell in notebook.cells if cell.cell_type == "code"])
    for notebook in (nbformat.read(path, as_version=4) for path in book_notebooks())
]
# A file imports only from rows above its own, and from its own folder.
LAYERS = [
    {"expect"},
    {"runtime"},
    {"procedural", "poisson", "files", "series"},
    {"data", "brushwork", "losses", "latents", "regularisers", "augment", "compositing", "signs"},
    {"models"},  # a quantiser returns its losses
    {"checkpoints", "diagnosis"},
    {"training", "backbones"},
    {"metrics", "plots"},
    {"explore", "checks", "commands"},
    {"__main__"},
]
WHOLE = {"explore", "checks", "commands", "__main__"}  # what may import ganbook itself
UNSAFE = "pickle|dill|joblib|shelve|marshal"


@cache
def imports(source: str) -> set[str]:
    """The modules a file imports, at whatever depth, with what it takes from them."""
    nodes = list(ast.walk(ast.parse(source)))
    taken = [(n.module, a.name) for n in nodes if isinstance(n, ast.ImportFrom) for a in n.names]
    whole = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    return whole | {f"{module}.{name}" for module, name in taken}


def misplaced_imports(name: str, source: str) -> set[str]:
    """What of ganbook a file imports although it stands beside or below it."""
    own = re.match(r"ganbook/(\w+)", name)[1]
    depth = next(depth for depth, row in enumerate(LAYERS) if own in row)
    allowed = set().union({own}, *LAYERS[:depth])
    used = {module for module in imports(source) if module.split(".")[0] == "ganbook"}
    if own in WHOLE:
        used.discard("ganbook")
    return {module for module in used if not allowed & set(module.split(".")[1:2])}


@cache
def attributes(source: str) -> set[str]:
    """Everything of the form a.b in a file."""
    return set(re.findall(r"\w+\.\w+", source))


def undocumented(name: str, source: str, others: list[str]) -> list[str]:
    """What has no docstring: the module, and those of its definitions that others use."""
    module = name.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
    uses = set().union(*map(imports, others), *map(attributes, others))
    tree = ast.parse(source)
    definitions = [n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    public = [
        n for n in definitions if uses & {f"{module}.{n.name}", f"{module.split('.')[-1]}.{n.name}"}
    ]
    return [getattr(n, "name", "module") for n in [tree, *public] if not ast.get_docstring(n)]


def unsafe_loads(source: str) -> list[str]:
    """Uses of modules that unpickle (but for their errors), and calls of torch.load that might."""
    nodes = list(ast.walk(ast.parse(source)))
    loads = [n for n in nodes if isinstance(n, ast.Call) and ast.unparse(n.func) == "torch.load"]
    uses = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)} | imports(
        source
    )
    return [
        *(call for call in map(ast.unparse, loads) if "weights_only=True" not in call),
        *(use for use in uses if re.fullmatch(rf"({UNSAFE})\.(?!\w*Error).*", use)),
    ]


@pytest.fixture(params=FILES)
def name(request):
    return request.param


@pytest.fixture
def source(name):
    return FILES[name]


def test_imports_flow_one_way(name, source):
    if name == "ganbook/__init__.py":
        assert not [module for module in imports(source) if module.startswith("ganbook.checks")]
    else:
        assert not misplaced_imports(name, source)


def test_a_file_reads_in_one_sitting(source):
    lines = len(source.splitlines())
    assert lines <= 200


def test_what_is_public_is_documented(name, source):
    others = [FILES[other] for other in FILES.keys() - {name}]
    assert not source or not undocumented(name, source, others + CHAPTERS)


def test_nothing_is_unpickled(source):
    assert not unsafe_loads(source)


def test_every_folder_of_the_package_is_installed():
    listed = re.search(r"(?m)^packages = \[(.*)\]$", (ROOT / "pyproject.toml").read_text("utf-8"))
    folders = {name.rpartition("/")[0].replace("/", ".") for name in FILES}
    assert set(re.findall(r'"(.*?)"', listed[1])) == folders


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("ganbook/losses/games.py", "from ganbook.data import load"),
        ("ganbook/data.py", "from ganbook import losses"),
        ("ganbook/data.py", "import ganbook"),
        ("ganbook/training/loop.py", "def f():\n    import ganbook.plots"),
        ("ganbook/plots.py", "from ganbook.metrics import modes"),
        ("ganbook/explore/quiz.py", "from ganbook import checks"),
        ("ganbook/commands/train.py", "from ganbook import checks"),
    ],
)
def test_a_misplaced_import_is_noticed(name, source):
    assert misplaced_imports(name, source)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("ganbook/data.py", "from ganbook import procedural\nimport torch"),
        ("ganbook/training/loop.py", "from ganbook.training.gan import GANStep"),
        ("ganbook/__main__.py", "import ganbook as gb\nfrom ganbook.commands import train"),
    ],
)
def test_a_proper_import_is_not(name, source):
    assert not misplaced_imports(name, source)


def test_other_faults_are_noticed():
    file = "ganbook/training/loop.py", "def f():\n    ..."
    assert undocumented(*file, []) == ["module"]
    assert undocumented(*file, ["from ganbook.training.loop import f"]) == ["module", "f"]
    assert undocumented(*file, ["loop.f()"]) == ["module", "f"]
    assert unsafe_loads("import pickle\npickle.load(file)") == ["pickle.load"]
    assert unsafe_loads("from pickle import loads") == ["pickle.loads"]
    assert not unsafe_loads("import pickle\npickle.UnpicklingError")
    assert unsafe_loads("torch.load(path)") == ["torch.load(path)"]
    assert not unsafe_loads("torch.load(path, weights_only=True)")
