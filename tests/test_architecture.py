"""The house's promises about itself: one direction of imports, a fast import, no private paths."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "quanthedge"
# Lower floors first; a module may import from its own floor and from those below.
FLOORS = {
    "errors": -2,
    "compiled": -1,
    "documents": -1,
    "csv_cells": 0,
    "door": 0,
    "plain": 0,
    "rebalancing": 1,
    "rules": 1,
    "market": 2,
    "factors": 3,
    "quality": 3,
    "alpha": 4,
    "beta": 4,
    "portfolio": 5,
    "hedge": 5,
    "ledger": 6,
    "fund": 7,
    "valuation": 7,
    "performance": 8,
    "comparison": 9,
    "limits": 9,
    "report": 10,
}
LIGHT = {"plotly", "vectorbt", "statsmodels", "sklearn", "arch", "scipy", "jinja2"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path, *, only_top_level: bool = False) -> set[str]:
    """Names of the modules that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    nodes = tree.body if only_top_level else list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down_only(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room not in FLOORS:
        return  # run, strategy, cli and the like stand on top
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "quanthedge" or len(parts) == 1:
            continue
        other = parts[1]
        assert other in FLOORS, f"{path.name} reaches up to {name}"
        assert FLOORS[other] <= FLOORS[room], f"{path.name} in {room} imports {name}"
        assert other == room or FLOORS[other] < FLOORS[room], f"{room} and {other} are neighbours"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_libraries_are_imported_where_they_are_used(path: Path) -> None:
    if path.relative_to(PACKAGE).parts[0] == "report":
        return  # imported by nothing below it
    heavy = {name.split(".")[0] for name in imports(path, only_top_level=True)} & LIGHT
    assert not heavy


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_kernels_are_compiled_by_the_one_that_lives_without_a_cache(path: Path) -> None:
    if path.name != "compiled.py":
        assert not {name for name in imports(path) if name.split(".")[0] == "numba"}


def test_the_package_adds_little_to_the_import_of_pandas() -> None:
    # The benchmark measures the time; here the cause is pinned: no heavy library is loaded.
    code = (
        "import pandas, sys; before = set(sys.modules); import quanthedge; "
        "print(*sorted(set(sys.modules) - before))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    loaded = {name.split(".")[0] for name in output.stdout.split()}
    assert loaded <= {"quanthedge"}


def test_every_public_name_can_be_imported() -> None:
    import quanthedge

    for name in quanthedge.__all__:
        assert getattr(quanthedge, name) is not None
