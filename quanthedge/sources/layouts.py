"""The layouts that can be read: our own, and those that installed packages declare.

A layout is an entry point of the group ``quanthedge.sources`` whose object is a
:class:`quanthedge.sources.Layout`. It is imported when it is asked for by name, or when a source is
to be recognised. What a package of others does wrong ends in one line and stops nobody else.
"""

import logging
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from importlib.metadata import Distribution, EntryPoint, distributions, entry_points
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from quanthedge.errors import DataError, QuantHedgeError
from quanthedge.market import TABLES
from quanthedge.market.checks import Collector
from quanthedge.sources.source import Layout, SourceTables

__all__ = ["GROUP", "OWN", "chosen_layout", "layout_names"]

_log = logging.getLogger(__name__)
GROUP = "quanthedge.sources"
_AUTO = "auto"
# In the order in which they are tried: the most particular first. pyproject.toml declares the same
# (a test compares them); this table is what counts, because the metadata of an installation may be
# older than the code that runs.
OWN = {
    "mapping": "quanthedge.sources.mapping.layout:LAYOUT",
    "tushare": "quanthedge.sources.tushare.layout:LAYOUT",
    "akshare": "quanthedge.sources.akshare.layout:LAYOUT",
    "baostock": "quanthedge.sources.baostock.layout:LAYOUT",
    "joinquant": "quanthedge.sources.joinquant.layout:LAYOUT",
    "tables": "quanthedge.sources.long_tables:LAYOUT",
    "quanthedge": "quanthedge.sources.own_tables:LAYOUT",
    "qlib": "quanthedge.sources.qlib.layout:LAYOUT",
    "rqalpha": "quanthedge.sources.rqalpha.layout:LAYOUT",
    "vnpy": "quanthedge.sources.vnpy.layout:LAYOUT",
    "wtpy": "quanthedge.sources.wtpy.layout:LAYOUT",
}
# What reading raises by itself, and what stands for the machine rather than for the package.
_PASSED = (QuantHedgeError, OSError, MemoryError)


class _Declared(NamedTuple):
    """Layouts of others by name, and what is wrong with those that cannot be used."""

    points: dict[str, EntryPoint]
    wrong: dict[str, str]


def layout_names() -> list[str]:
    """Return the names of all layouts that can be asked for, our own first."""
    return [*OWN, *_declared().points]


def chosen_layout(source: Path, name: str = _AUTO) -> Layout:
    """Return the layout of a name, or the one that recognises a source.

    Raises
    ------
    DataError
        There is no such layout, the package that declares it is at fault, nobody recognises the
        source, or two that know nothing of each other do.
    """
    if name == _AUTO:
        return _recognised(source)
    others = _declared()
    if name in OWN:
        return _own(name)
    if name in others.points:
        return _foreign(others.points[name])
    if name in others.wrong:
        raise DataError(others.wrong[name])
    raise DataError(f"no layout '{name}'; there are {_AUTO}, {', '.join([*OWN, *others.points])}")


def _recognised(source: Path) -> Layout:
    """Return the layout that recognises a source; ours are tried in their order."""
    found: dict[str, Layout] = {}
    own = {name: _own(name) for name in OWN}
    others = _usable_others()
    if source.is_dir():
        for name, layout in own.items():
            if layout.recognise(source):
                found[name] = layout
                break
        found |= {name: layout for name, layout in others.items() if _tried(name, layout, source)}
    if len(found) > 1:
        raise DataError(
            f"{source}: recognised as {' and as '.join(found)}; say which of them it is (--layout)"
        )
    for name, layout in found.items():
        _log.info("%s: recognised as %s", source, name)
        return layout
    listed = "; ".join(f"{name}: {one.meaning}" for name, one in {**own, **others}.items())
    raise DataError(f"{source}: layout not recognised; known are {listed}")


def _own(name: str) -> Layout:
    layout: Layout = EntryPoint(name, OWN[name], GROUP).load()
    return layout


def _declared() -> _Declared:
    """Return what installed packages declare beside us; of clashing names none is used."""
    by_name: dict[str, dict[tuple[str, str], EntryPoint]] = {}
    found, wrong = _installed()
    for point in found:
        if not _is_ours(point):
            by_name.setdefault(point.name, {})[_package(point.dist), point.value] = point
    points = {}
    for name, declared in sorted(by_name.items()):
        packages = " and ".join(sorted(package for package, _ in declared))
        if name in OWN or name == _AUTO:
            wrong[name] = (
                f"layout '{name}' of {packages} is left out: QuantHedge itself has that name; the "
                "package has to choose another"
            )
        elif not re.fullmatch(r"\w[\w.-]*", name):
            wrong[name] = (
                f"layout {name[:40]!r} of {packages} is left out: accepted in a name: letters, "
                "digits, '_', '-' and '.'"
            )
        elif len(declared) > 1:
            wrong[name] = (
                f"layout '{name}' is declared by {packages}: none of them is used until only one "
                "is installed"
            )
        else:
            points[name] = next(iter(declared.values()))
    return _Declared(points, wrong)


def _installed() -> tuple[list[EntryPoint], dict[str, str]]:
    """Return the entry points of the group, and the packages that do not say theirs."""
    try:
        return list(entry_points(group=GROUP)), {}
    except Exception:  # one package's metadata is damaged: ask them one by one
        _log.debug("entry points of %s", GROUP, exc_info=True)
    found, wrong = [], {}
    for package in distributions():
        try:
            found += [point for point in package.entry_points if point.group == GROUP]
        except Exception as problem:
            name = _package(package)
            wrong[name] = f"the entry points of {name} cannot be read ({_said(problem)})"
    return found, wrong


def _is_ours(point: EntryPoint) -> bool:
    """Whether an entry point is what an installed QuantHedge, perhaps an older one, declares."""
    return point.value.split(".")[0].split(":")[0] == "quanthedge"


def _package(about: Distribution | None) -> str:
    """Return a package's name and version as messages have them."""
    try:
        return f"{about.name} {about.version}" if about is not None else "an installed package"
    except Exception:  # metadata without a name
        return "an installed package"


def _usable_others() -> dict[str, Layout]:
    """Return the layouts of others that can be used; a warning names every other one."""
    declared = _declared()
    found = {}
    for line in declared.wrong.values():
        warnings.warn(line, stacklevel=4)
    for name, point in declared.points.items():
        try:
            found[name] = _foreign(point)
        except DataError as problem:
            warnings.warn(str(problem), stacklevel=4)
    return found


def _tried(name: str, layout: Layout, source: Path) -> bool:
    """Whether a layout of others recognises a source; a warning when it fails to say."""
    try:
        return layout.recognise(source)
    except QuantHedgeError as problem:
        warnings.warn(f"{problem}; '{name}' is left out", stacklevel=4)
        return False


def _foreign(point: EntryPoint) -> Layout:
    """Return a layout of others, whose faults end in one line.

    Raises
    ------
    DataError
        The package cannot be imported, or what it declares is no layout.
    """
    told = f"layout '{point.name}' of {_package(point.dist)}"
    try:
        layout = point.load()
    except (Exception, SystemExit) as problem:  # whatever a package does while it is imported
        raise DataError(f"{told}: {point.value} cannot be loaded ({_said(problem)})") from problem
    if not isinstance(layout, Layout):
        raise DataError(
            f"{told}: {point.value} is a {type(layout).__name__}; accepted: a "
            "quanthedge.sources.Layout"
        )
    _log.debug("%s: loaded from %s", told, point.value)
    return replace(
        layout,
        recognise=partial(_recognising, told, layout),
        read=partial(_reading, told, layout),
    )


def _said(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {' '.join(str(problem).split())[:200]}"


def _recognising(told: str, layout: Layout, source: Path) -> bool:
    try:
        return bool(layout.recognise(source))
    except _PASSED:
        raise
    except Exception as problem:
        raise DataError(f"{told}: fails to recognise {source} ({_said(problem)})") from problem


def _reading(told: str, layout: Layout, source: Path, collector: Collector) -> SourceTables:
    """Read with a layout of others; DataError where it fails or gives something else."""
    try:
        found = layout.read(source, collector)
    except _PASSED:
        raise
    except Exception as problem:
        raise DataError(f"{told}: fails to read {source} ({_said(problem)})") from problem
    if not isinstance(found, SourceTables):
        raise DataError(
            f"{told}: read gave a {type(found).__name__}; accepted: a "
            "quanthedge.sources.SourceTables"
        )
    for name, table in found.tables.items():
        if name not in TABLES or name == "stock_daily":
            small = ", ".join(one for one in TABLES if one != "stock_daily")
            raise DataError(f"{told}: gave a table {str(name)[:40]!r}; accepted: {small}")
        _check_table(told, name, table)
    if found.bars is None:
        return found
    return replace(found, bars=_pieces(told, found.bars))


def _pieces(told: str, bars: Iterable[Any]) -> Iterator[pa.Table]:
    """Hand the bars of a layout of others on; DataError where it fails on the way."""
    try:
        for piece in bars:
            _check_table(told, "stock_daily", piece)
            yield piece
    except (*_PASSED, GeneratorExit):
        raise
    except Exception as problem:
        raise DataError(f"{told}: fails to read the bars ({_said(problem)})") from problem


def _check_table(told: str, name: str, table: object) -> None:
    if not isinstance(table, pa.Table):
        raise DataError(
            f"{told}: gave {name} as a {type(table).__name__}; accepted: a pyarrow.Table"
        )
