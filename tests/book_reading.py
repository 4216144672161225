"""Reading a chapter: its cells, its prose, its sections, its exercises."""

import ast
import re

import nbformat
from notebooks import parse_cell


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def start(cell) -> str:
    """Enough of a cell to find it by."""
    return repr(cell.source[:60])


def printed(cell) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def without_code(source: str) -> str:
    """Markdown with code as one word."""
    return re.sub(r"```.*?```|`[^`\n]+`", "code", source, flags=re.DOTALL)


def prose(source: str) -> str:
    """Markdown with code, and every formula, as one word."""
    return re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", "formula", without_code(source), flags=re.DOTALL)


def headings(notebook) -> list[tuple[int, str]]:
    """The level and title of every heading, in order."""
    source = "\n".join(without_code(cell.source) for cell in text(notebook))
    return [(len(marks), title) for marks, title in re.findall(r"(?m)^(#+) (.+)$", source)]


def sections(notebook, level: int) -> dict[str, list]:
    """Text (str) and code cells by the heading, of that level or above, that they stand under."""
    found, title = {}, ""
    for cell in notebook.cells:
        is_text = cell.cell_type == "markdown"
        for piece in re.split(r"(?m)^(?=#)", cell.source) if is_text else [cell]:
            if is_text and (heading := re.match(rf"#{{1,{level}}} (.+)", piece)):
                title = heading[1]
            found.setdefault(title, []).append(piece)
    return found


def exercises(notebook) -> dict[str, list]:
    """The code cells of every exercise by its title."""
    return {
        title: [piece for piece in pieces if not isinstance(piece, str)]
        for title, pieces in sections(notebook, 3).items()
        if title.startswith("Exercise ")
    }


def names_loaded(cells) -> set[str]:
    nodes = [node for cell in cells for node in ast.walk(parse_cell(cell.source))]
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def names_bound(cells) -> set[str]:
    nodes = [node for cell in cells for node in ast.walk(parse_cell(cell.source))]
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    defined = {n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    imported = {n.asname or n.name for n in nodes if isinstance(n, ast.alias)}
    return stored | defined | imported | {n.arg for n in nodes if isinstance(n, ast.arg)}


def statements(path) -> list[ast.stmt]:
    """The top-level statements of a chapter's code."""
    notebook = nbformat.read(path, as_version=4)
    return [node for cell in code(notebook) for node in parse_cell(cell.source).body]


def literals(nodes, *names) -> dict:
    """The values that `name = literal` gives each of the names."""
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in names
    }
