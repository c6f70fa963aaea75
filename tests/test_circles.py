"""No two files of the package need one another, directly or around."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
Graph = dict[str, set[str]]


def name_of(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def for_types_only(test: ast.expr) -> bool:
    return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))


def statements(tree: ast.AST, *, in_functions: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that run: at the top level, also inside of if, try, with and class bodies."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and for_types_only(node.test):
            yield from statements(ast.Module(node.orelse, []), in_functions=in_functions)
        elif in_functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from statements(node, in_functions=in_functions)


def targets(
    node: ast.Import | ast.ImportFrom, module: str, *, face: bool
) -> Iterator[tuple[str, ...]]:
    """What a statement imports, of each name: the module that it may be, else where it stands."""
    if isinstance(node, ast.Import):
        yield from ((alias.name,) for alias in node.names)
        return
    parts = module.split(".")
    above = parts[: len(parts) - node.level + face] if node.level else []
    base = ".".join([*above, *([node.module] if node.module else [])])
    yield from ((f"{base}.{alias.name}", base) for alias in node.names)


@cache
def parsed(source: str) -> ast.Module:
    return ast.parse(source)


def imports(root: Path, *, in_functions: bool) -> Graph:
    """Which file of a package imports which; a package's face counts as a file."""
    files = {name_of(path, root.parent): path for path in sorted(root.rglob("*.py"))}
    graph: Graph = {}
    for name, path in files.items():
        tree, face = parsed(path.read_text(encoding="utf-8")), path.name == "__init__.py"
        graph[name] = set()
        for node in statements(tree, in_functions=in_functions):
            for asked in targets(node, name, face=face):
                graph[name] |= set([one for one in asked if one in files][:1]) - {name}
    return graph


def circles(graph: Graph) -> list[str]:
    """A shortest circle through each file that lies on one, each circle once."""
    found = {}
    for start in graph:
        ways = {start: [start]}
        queue = [start]
        while queue:
            here = queue.pop(0)
            for there in sorted(graph[here]):
                if there == start:
                    way = ways[here]
                    found.setdefault(frozenset(way), " -> ".join([*way, start]))
                    queue = []
                    break
                if there not in ways:
                    ways[there] = [*ways[here], there]
                    queue.append(there)
    return sorted(found.values())


def test_no_two_files_import_one_another() -> None:
    assert circles(imports(ROOT / "quanthedge", in_functions=False)) == []


def test_no_import_inside_a_function_hides_a_circle() -> None:
    assert circles(imports(ROOT / "quanthedge", in_functions=True)) == []


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"a": "import p.b", "b": "import p.a"}, ["p.a -> p.b -> p.a"]),
        ({"a": "from p import b", "b": "from p.c import x", "c": "from .a import y"},
         ["p.a -> p.b -> p.c -> p.a"]),
        ({"a": "from . import b", "b": "if 1:\n    try:\n        import p.a\n    finally: pass"},
         ["p.a -> p.b -> p.a"]),
        ({"__init__": "from p.a import x", "a": "from p import x"}, ["p -> p.a -> p"]),
        ({"a": "class A:\n    import p.b", "b": "from p.a import A"}, ["p.a -> p.b -> p.a"]),
        ({"a": "import p.b", "b": "def f():\n    import p.a"}, []),
        ({"a": "import p.b", "b": "if TYPE_CHECKING:\n    import p.a"}, []),
        ({"a": "import p.b", "b": "import typing\nif typing.TYPE_CHECKING:\n    import p.a"}, []),
        ({"a": "import p.b", "b": "import os"}, []),
    ],
)  # fmt: skip
def test_a_circle_is_found_wherever_it_hides(
    tmp_path: Path, files: dict[str, str], found: list[str]
) -> None:
    (tmp_path / "p").mkdir()
    for name, text in files.items():
        (tmp_path / "p" / f"{name}.py").write_text(text, encoding="utf-8")
    if "__init__" not in files:
        (tmp_path / "p" / "__init__.py").write_text("", encoding="utf-8")
    assert circles(imports(tmp_path / "p", in_functions=False)) == found


def test_a_circle_inside_a_function_is_found_where_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.py").write_text("import p.b", encoding="utf-8")
    (tmp_path / "p" / "b.py").write_text("def f():\n    import p.a", encoding="utf-8")
    assert circles(imports(tmp_path / "p", in_functions=True)) == ["p.a -> p.b -> p.a"]
