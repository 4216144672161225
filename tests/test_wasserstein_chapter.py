"""What the chapter on the games measures, with seeds that it does not show.

The functions are those of its cells, which are run one by one; the rest of it is not executed.
"""

import ast

import nbformat
import pytest
import torch
from book_reading import code
from notebooks import parse_cell
from rename import ROOT
from scipy.stats import wasserstein_distance

CHAPTER = ROOT / "book" / "gans" / "losses.ipynb"


def defined(cell) -> set[str]:
    """The names that a cell gives a meaning to, at its top level."""
    nodes = parse_cell(cell.source).body
    targets = [target for node in nodes if isinstance(node, ast.Assign) for target in node.targets]
    names = {name.id for target in targets for name in ast.walk(target) if hasattr(name, "id")}
    return names | {n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))}


def chapter(*names) -> dict:
    """Run the imports, and the first cell that defines each of the names, in the book's order."""
    cells = code(nbformat.read(CHAPTER, as_version=4))
    found = [next(i for i, cell in enumerate(cells) if name in defined(cell)) for name in names]
    space = {}
    for i in (1, *sorted(set(found))):
        exec(compile(cells[i].source, str(CHAPTER), "exec"), space)
    return space


@pytest.fixture(scope="module")
def earth():
    return chapter("side", "cheapest", "blobs", "pairs", "Cones", "fit_critic")


@pytest.mark.parametrize("name", ["two blobs", "crosswise", "ring and centre"])
@pytest.mark.parametrize("seed", [10, 11])
def test_plan_and_critic_agree_within_3_percent(earth, name, seed):
    torch.manual_seed(seed)
    gain = earth["fit_critic"](earth["Cones"](), *earth["pairs"][name])
    cost = earth["plans"][name].fun
    assert 0.97 * cost < gain < cost * (1 + 1e-5)


def test_a_critic_of_cones_is_nowhere_steeper_than_one(earth):
    torch.manual_seed(0)
    critic = earth["Cones"]().double()
    torch.nn.init.normal_(critic.heights)
    x, y = torch.randn(2, 1000, 2, dtype=torch.float64)
    assert ((critic(x) - critic(y)).abs() <= (x - y).norm(dim=1) + 1e-9).all()


def test_on_a_line_the_plan_costs_what_sorting_says(earth):
    random = torch.Generator().manual_seed(0)
    rows = torch.rand(2, 10, dtype=torch.float64, generator=random)
    p, q = rows / rows.sum(dim=1, keepdim=True)
    on_the_line = torch.zeros(2, 10, 10, dtype=torch.float64)
    on_the_line[:, :, 4] = torch.stack([p, q])
    side = earth["side"].numpy()
    expected = wasserstein_distance(side, side, p.numpy(), q.numpy())
    assert earth["cheapest"](*on_the_line.flatten(1)).fun == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", [10])
def test_trained_judges_agree_with_the_ratio_of_densities(monkeypatch, seed):
    monkeypatch.setenv("GANBOOK_BUDGET", "cpu")
    space = chapter("ratio", "judge", "gap")
    with torch.random.fork_rng():
        probability = space["judge"](space["losses"].minimax, seed=seed).sigmoid()
        label = space["judge"](space["losses"].least_squares, seed=seed)
    assert space["gap"](probability) < 0.02
    assert space["gap"](label) < 0.02
