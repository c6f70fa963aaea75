"""The house's promises about itself: one direction of imports, faces, a fast import.

The order of rooms is the table of docs/architecture.md; what goes past a face is listed in
architecture.toml beside this file, which may only shrink.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.code_of_package import PACKAGE, modules, nodes, tree

ROOT = PACKAGE.parent
PAGE = ROOT / "docs" / "architecture.md"
KNOWN = tomllib.loads(Path(__file__).with_name("architecture.toml").read_text(encoding="utf-8"))
LIGHT = {"plotly", "vectorbt", "statsmodels", "sklearn", "arch", "scipy", "jinja2"}
OF_PYTHON = {"__init__", "__main__"}  # names that Python gives, and no rooms
MOST_LOOSE_FILES = 7
MOST_NAMES_ON_FACES = 405


class Import(NamedTuple):
    """A name that a file takes from another of the package."""

    file: str  # below the package, with "/"
    module: str  # dotted, without "quanthedge."
    name: str
    top: bool  # at the top level of the file, not inside a function


@cache
def rooms() -> list[str]:
    """Return the rooms of the table, from the top of the house to its ground."""
    part = PAGE.read_text(encoding="utf-8").split("## Rooms", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| (\w+) \|", part, re.M)[1:]


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def only_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def inside(path: Path) -> Iterator[Import]:
    """Yield every import of the package's own names in a file."""
    top = {id(node) for node in tree(path).body}
    name = path.relative_to(PACKAGE).as_posix()
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("quanthedge."):
            module = str(node.module).removeprefix("quanthedge.")
            for alias in node.names:
                yield Import(name, module, alias.name, id(node) in top)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("quanthedge."):
                    module = alias.name.removeprefix("quanthedge.")
                    yield Import(name, module, "", id(node) in top)


@cache
def everything() -> tuple[Import, ...]:
    return tuple(one for path in modules() for one in inside(path))


@cache
def exported(package: str) -> frozenset[str]:
    """Return the names on a package's face: its lists, and the classes of its catalogue."""
    path = PACKAGE.joinpath(*package.split("."), "__init__.py")
    if not path.exists():
        return frozenset()
    catalogue = path.with_name("catalogue.toml")
    found: set[str] = set()
    if catalogue.exists():
        listed = tomllib.loads(catalogue.read_text(encoding="utf-8"))
        found |= {
            str(one["class"]).rpartition(":")[2].rpartition(".")[2] for one in listed.values()
        }
    for node in tree(path).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("__all__", "_LAZY"):
            found |= {
                str(one.value) for one in ast.walk(node.value) if isinstance(one, ast.Constant)
            }
    return frozenset(found)


def on_a_face(one: Import) -> bool:
    """Whether a name comes from a single file of the house or from what a package lists."""
    single = (PACKAGE / f"{one.module}.py").exists()
    return single or one.name in exported(one.module)


def libraries(path: Path, *, top_only: bool = False) -> set[str]:
    found = set()
    for node in tree(path).body if top_only else nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_every_room_stands_on_the_table_and_every_row_is_a_room() -> None:
    there = {room_of(path) for path in modules()} - OF_PYTHON
    assert there == set(rooms())
    assert len(rooms()) == len(set(rooms()))


def test_imports_point_down_the_table_only() -> None:
    place = {room: number for number, room in enumerate(rooms())}
    turned = {
        f"{one.file} reaches up to {one.module}"
        for one in everything()
        if one.file.removesuffix(".py") not in OF_PYTHON
        and place[one.module.split(".")[0]] < place[one.file.split("/")[0].removesuffix(".py")]
    }
    assert not turned


def test_rooms_speak_through_their_faces() -> None:
    past = {
        f"{one.file}: {one.module}.{one.name}"
        for one in everything()
        if one.file != "__init__.py"
        and one.file.split("/")[0].removesuffix(".py") != one.module.split(".")[0]
        and not on_a_face(one)
    }
    known = set(KNOWN["past_a_face"])
    assert not past - known, "export it on the face of its room"
    assert not known - past, "gone: take it off the list"


def test_no_two_files_import_one_another() -> None:
    files = {path.relative_to(PACKAGE).as_posix(): path for path in modules()}
    by_module = {
        name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): name for name in files
    }
    arrows: dict[str, set[str]] = {name: set() for name in files}
    for one in everything():
        if one.top and not one.file.endswith("__init__.py"):
            deep = by_module.get(f"{one.module}.{one.name}")
            other = deep or by_module.get(one.module)
            if other and other != one.file and not other.endswith("__init__.py"):
                arrows[one.file].add(other)
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            for other in sorted(arrows[name]):
                walk(other, (*path, name))
            done.add(name)

    for name in arrows:
        walk(name, ())


def test_few_files_lie_loose_and_faces_stay_small() -> None:
    loose = [path for path in PACKAGE.glob("*.py") if path.stem not in OF_PYTHON]
    assert len(loose) < MOST_LOOSE_FILES
    names = {
        (room, alias.name)
        for room in rooms()
        if (PACKAGE / room / "__init__.py").exists()
        for node in tree(PACKAGE / room / "__init__.py").body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("quanthedge.")
        for alias in node.names
    }
    assert len(names) < MOST_NAMES_ON_FACES


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    heavy = {
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in modules()
        if room_of(path) != "report"  # imported by nothing below it
        for name in libraries(path, top_only=True)
        if name.split(".")[0] in LIGHT
    }
    assert not heavy


def test_tests_import_heavy_libraries_where_they_use_them() -> None:
    # whoever runs one test, and every process that shares them, would wait for all of these
    late = {*LIGHT, "openpyxl", "pypdfium2", "sphinx", "nbformat", "IPython", "playwright"} - {
        "arch"
    }
    early = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for name in re.findall(r"^(?:import|from) (\w+)", path.read_text(encoding="utf-8"), re.M)
        if name in late
    }
    assert not early


def test_kernels_are_compiled_by_the_one_that_lives_without_a_cache() -> None:
    compiled = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        if room_of(path) != "compiled"
        and any(name.split(".")[0] == "numba" for name in libraries(path))
    }
    assert not compiled


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
