"""The package's code, parsed once for all tests of a process that read it."""

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "quanthedge"


@cache
def modules() -> tuple[Path, ...]:
    """Return the files of the package in order."""
    return tuple(sorted(PACKAGE.rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    """Return what a file says, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return everything that stands in a file, from the outside in."""
    return tuple(ast.walk(tree(path)))
