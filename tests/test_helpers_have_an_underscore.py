"""A name that only its own file uses begins with an underscore.

A module's public names are then those that somebody else asks for: another file of the package,
tests, benchmarks, documents, notebooks or a catalogue; or that stand in the signature of such a
name, where a reader meets them. Uses are looked up by what is imported and by what is asked of an
imported module, never by the word alone; names in texts and strings count wherever they stand.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.code_of_package import PACKAGE, modules, nodes, tree

ROOT = PACKAGE.parent
READERS = ("tests", "benchmarks", "docs", "notebooks", "strategies")
CALLED_FOR = {"dask_setup"}  # Dask looks for it in the file that a worker begins with
TEXTS = {".md", ".toml", ".ipynb", ".txt", ".csv"}
PLAIN = {"NamedTuple", "Protocol", "object"}  # other bases: found by their kind, or shown
# a name of the code in a text: `name`, name(, file:name, module.name
IN_TEXTS = re.compile(r"`(\w+)|(\w+)\(|[:.](\w+)|import ([\w, ]+)")


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def whence(path: Path, node: ast.ImportFrom) -> str:
    """Return the module that a statement imports from; one with dots counts from its package."""
    if not node.level:
        return str(node.module)
    package = path.relative_to(ROOT).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


@cache
def file_of(module: str) -> Path | None:
    place = ROOT.joinpath(*module.split("."))
    found = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return found if found.exists() else None


@cache
def origin(module: str, name: str) -> tuple[str, str]:
    """Return the module that defines what another gives out under a name."""
    path = file_of(module)
    for node in tree(path).body if path else ():
        if isinstance(node, ast.ImportFrom) and whence(path, node) != module:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return origin(whence(path, node), alias.name)
    return module, name


@cache
def readers() -> tuple[Path, ...]:
    return (*modules(), *(path for base in READERS for path in sorted((ROOT / base).rglob("*.py"))))


@cache
def asked_elsewhere() -> tuple[frozenset[tuple[str, str]], frozenset[tuple[Path, str]]]:
    """Return (module, name) of what is imported, and (file, word) of what strings name."""
    imported, words = set(), set()
    for path in readers():
        known: dict[str, str] = {}  # modules under the names that the file knows them by
        for node in nodes(path):
            if isinstance(node, ast.ImportFrom) and whence(path, node).startswith("quanthedge"):
                for alias in node.names:
                    imported.add(origin(whence(path, node), alias.name))
                    deep = f"{whence(path, node)}.{alias.name}"
                    if file_of(deep):
                        known[alias.asname or alias.name] = deep
            elif isinstance(node, ast.Import):
                known |= {one.asname or one.name: one.name for one in node.names}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                if re.fullmatch(r"[\w.:\-]+", node.value):
                    words |= {(path, word) for word in re.split(r"[.:\-]", node.value)}
                elif "quanthedge" in node.value and path.is_relative_to(ROOT / "tests"):
                    words |= {(path, word) for word in re.findall(r"\w+", node.value)}
        for node in nodes(path):
            if isinstance(node, ast.Attribute):
                base = (
                    ast.unparse(node.value)
                    if isinstance(node.value, ast.Name | ast.Attribute)
                    else ""
                )
                if base in known:
                    imported.add(origin(known[base], node.attr))
                elif base.split(".")[0] in ("qh", "quanthedge"):
                    words.add((path, node.attr))
    return frozenset(imported), frozenset(words)


@cache
def in_texts() -> frozenset[str]:
    """Return the names that documents, notebooks and catalogues give."""
    found: set[str] = set()
    pages = [*ROOT.glob("*.md"), ROOT / "pyproject.toml"]
    for base in ("quanthedge", *READERS):
        pages += [path for path in sorted((ROOT / base).rglob("*")) if path.suffix in TEXTS]
    for path in pages:
        for groups in IN_TEXTS.findall(path.read_text(encoding="utf-8")):
            found |= {word.strip() for group in groups for word in group.split(",")}
    return frozenset(found)


def defined(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the functions, classes and constants of a module."""
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from ((one.id, node) for one in ast.walk(target) if isinstance(one, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node


def shown(path: Path) -> frozenset[str]:
    """Return the names in the annotations of a module's functions, methods and fields."""
    found: set[str] = set()
    for node in nodes(path):
        annotations: list[ast.expr | None] = []
        if isinstance(node, ast.FunctionDef) and not re.match(r"_[^_]", node.name):
            every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            annotations = [node.returns, *(one.annotation for one in every)]
        elif isinstance(node, ast.AnnAssign):
            annotations = [node.annotation]
        for one in annotations:
            found |= set(re.findall(r"\w+", ast.unparse(one))) if one else set()
    return frozenset(found)


def is_a_kind(node: ast.stmt) -> bool:
    """Whether a class is one of a family, or a function is a command: others find it by itself."""
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    return bool({ast.unparse(one) for one in bases} - PLAIN) or any(
        "command" in ast.unparse(one) for one in decorators
    )


def helpers() -> Iterator[tuple[Path, str]]:
    """Yield the public names that nobody but their own file uses."""
    imported, words = asked_elsewhere()
    elsewhere: dict[str, set[Path]] = {}
    for path, word in words:
        elsewhere.setdefault(word, set()).add(path)
    for path in modules():
        if path.parent == PACKAGE and path.stem in ("__init__", "__main__"):
            continue
        listed, module = shown(path), module_of(path)
        for name, node in defined(path):
            if name.startswith("_") or name in listed | CALLED_FOR or is_a_kind(node):
                continue
            strings = elsewhere.get(name, set()) - {path}
            if (module, name) not in imported and not strings and name not in in_texts():
                yield path, name


def test_a_name_that_only_its_own_file_uses_has_an_underscore() -> None:
    found = {f"{path.relative_to(PACKAGE)}: {name}" for path, name in helpers()}
    assert not found, "give these an underscore, or let somebody use them"


def test_a_public_name_that_nobody_asks_for_is_seen() -> None:
    imported, _ = asked_elsewhere()
    assert ("quanthedge.rules.costs", "order_costs") in imported  # through its room's face
    assert ("quanthedge.ledger.layout", "EQUITY") in imported  # asked of an imported module
    assert ("quanthedge.rules.costs", "_amounts") not in imported
