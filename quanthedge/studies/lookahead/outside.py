"""What a thing reads that is not of the market: files, the network, tables in closures and globals.

No alteration of the market reaches it, so that an audit can only name it. Two ways of finding it:
while a thing computes, openings of files and connections are listened to (audit events of the
interpreter, and calls of libraries that read files in compiled code); and the code of the thing is
searched for values that it carries along, and for such as changed between the calls.
"""

import functools
import io
import os
import sys
import sysconfig
import threading
import types
from collections import deque
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.kinds import Kinded, parts_in
from quanthedge.market import Market
from quanthedge.signals import GivenTable
from quanthedge.strategy import Strategy

__all__ = ["closely", "kept_by", "outside_of", "watched"]

_HERE = str(Path(__file__).parent)
_OURS = str(Path(__file__).parents[2])  # the whole package
_PLACES = ("stdlib", "platstdlib", "purelib", "platlib")
_SITES = (Path(np.__file__).parents[1], Path(io.__file__).parent)
_LIBRARIES = tuple(
    {str(Path(sysconfig.get_path(name)).resolve()) for name in _PLACES}
    | {str(Path(place)) for place in _SITES}
)
_EVENTS = {
    "socket.connect": "the network", "socket.getaddrinfo": "the network",
    "urllib.Request": "the network", "sqlite3.connect": "a database",
    "subprocess.Popen": "another program", "os.system": "another program",
}  # fmt: skip
# Python functions of libraries that open files in compiled code, where no event is raised.
_READERS = {
    "read_table", "read_parquet", "read_feather", "read_hdf", "read_orc", "read_ipc", "read_avro",
    "read_csv", "read_json", "read_ndjson", "read_excel", "read_database", "read_sql", "scan_csv",
    "scan_parquet", "scan_ipc", "scan_ndjson", "dataset", "memory_map", "open_dataset",
}  # fmt: skip
_READING_CLASSES = {"ParquetFile", "ParquetDataset", "File", "HDFStore", "Dataset"}
_READING_LIBRARIES = (
    "pyarrow", "pandas", "polars", "h5py", "tables", "xarray", "netCDF4", "zarr", "fastparquet",
)  # fmt: skip
_SOURCE = (".py", ".pyc", ".pyi", ".so", ".pyd", ".nbi", ".nbc")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_FEW = 10  # values that may be parameters
_DEPTH = 8
_WORD = 40  # letters of a key that are shown
_SCALARS = (bool, int, float, complex, str, bytes, np.generic, type(None))


class _Watch:
    """One list of what is opened by code that is neither ours nor a library's."""

    def __init__(self, market: Path) -> None:
        self.market = market
        self.seen: list[str] = []
        self._ours = [market, Market.cache_place(market).resolve(), Path(_OURS)]

    def note(self, what: str, frame: types.FrameType | None, *, through_us: bool = False) -> None:
        """Add what was opened, where the nearest code that is no library's is a user's own.

        ``through_us``: also where a user's own code asked our package for it.
        """
        while frame is not None and (_of_library(frame) or (through_us and _is_ours(frame))):
            if frame.f_code.co_filename.startswith(_HERE):  # the audit itself asked
                return
            frame = frame.f_back
        if frame is None or _is_ours(frame):
            return
        file = Path(frame.f_code.co_filename).name
        text = f"{what}, read in {frame.f_code.co_name} ({file})"
        if text not in self.seen:
            self.seen.append(text)

    def file(self, path: Any) -> str:
        """Return how a file is named; one of the market's own is read past its methods."""
        try:
            place = Path(str(path)).resolve()
        except (OSError, ValueError):
            return f"file {path}"
        if place.is_relative_to(self.market):
            return f"file {place.name} of the market itself, past its methods"
        return f"file {place}"

    def is_expected(self, path: Any) -> bool:
        """Return whether our package reads a file for what it was given: the market, itself."""
        if not isinstance(path, (str, Path)):
            return True
        try:
            place = Path(path).resolve()
        except (OSError, ValueError):
            return False
        return any(place.is_relative_to(folder) for folder in self._ours)

    def opened(self, path: str, frame: types.FrameType) -> None:
        """Note that a user's own code opens a market, whose files are then read for it."""
        self.note(f"a market that the code opens ({path})", frame, through_us=True)
        self._ours.append(Path(path).resolve())


_watches: list[_Watch] = []
_listening = threading.Event()


@contextmanager
def watched(market: Path) -> Iterator[list[str]]:
    """Listen to what is opened from code that is neither ours nor a library's."""
    if not _listening.is_set():  # a hook stays for the life of the process
        _listening.set()
        sys.addaudithook(_hear)
    watch = _Watch(market)
    _watches.append(watch)
    try:
        yield watch.seen
    finally:
        _watches.remove(watch)


@contextmanager
def closely() -> Iterator[None]:
    """Listen to calls of libraries that read files in compiled code as well, which takes time."""
    if sys.getprofile() is not None:  # a profiler is at work: it keeps its place
        yield
        return
    sys.setprofile(_called)
    try:
        yield
    finally:
        sys.setprofile(None)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watches:
        return
    watch = _watches[-1]
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, (str, bytes)) and not _is_code(path):
            name = path.decode(errors="replace") if isinstance(path, bytes) else path
            written = bool(flags & _WRITES) or bool(set(mode or "") & set("wax+"))
            deep = not (written or watch.is_expected(name))
            watch.note(watch.file(name), sys._getframe(1), through_us=deep)
    elif event == Market.OPENED:
        watch.opened(str(arguments[0]), sys._getframe(1))
    elif event in _EVENTS:
        watch.note(f"{_EVENTS[event]} ({_short(arguments)})", sys._getframe(1))


def _called(frame: types.FrameType, event: str, argument: Any) -> None:
    """Note calls of functions that read files in compiled code."""
    if not _watches:
        return
    if event == "call":
        name = frame.f_code.co_name
        if name in _READERS or (name == "__init__" and _reading_class(frame)):
            package = frame.f_globals.get("__name__", "").partition(".")[0]
            if package in _READING_LIBRARIES and _is_library(frame.f_code.co_filename):
                watch, path = _watches[-1], _first_value(frame)
                watch.note(watch.file(path), frame, through_us=not watch.is_expected(path))
    elif event == "c_call" and str(getattr(argument, "__module__", "")).startswith(
        ("duckdb", "_duckdb")  # some modules have themselves there
    ):
        _watches[-1].note("a database (duckdb)", frame)


def _reading_class(frame: types.FrameType) -> bool:
    return type(frame.f_locals.get("self")).__name__ in _READING_CLASSES


def _first_value(frame: types.FrameType) -> Any:
    code = frame.f_code
    names = [name for name in code.co_varnames[: code.co_argcount] if name != "self"]
    return frame.f_locals.get(names[0], "") if names else ""


def _is_code(path: str | bytes) -> bool:
    text = path.decode(errors="replace") if isinstance(path, bytes) else path
    return text.endswith(_SOURCE) or text.startswith(("/dev/", "/proc/", "/sys/", *_LIBRARIES))


@functools.lru_cache(maxsize=4096)
def _is_library(filename: str) -> bool:
    if filename.startswith(_OURS):
        return False
    return filename.startswith(("<frozen", "<__array_function__", *_LIBRARIES))


def _is_ours(frame: types.FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_OURS)


def _of_library(frame: types.FrameType) -> bool:
    """Return whether a frame runs a library's code, also such as it makes from texts."""
    filename = frame.f_code.co_filename
    if filename != "<string>":
        return _is_library(filename)
    name = frame.f_globals.get("__name__") or ""
    if name == "__main__":
        return False
    module = sys.modules.get(name.partition(".")[0])
    return module is None or _is_library(getattr(module, "__file__", None) or "<frozen")


def _short(arguments: tuple[Any, ...]) -> str:
    told = ", ".join(str(one) for one in arguments if isinstance(one, (str, int, tuple)))
    return told[:80]


def outside_of(thing: Any) -> list[str]:
    """Return the values that a thing carries along and that are not of the market, in words."""
    found = [part.given_from_outside() for part in GivenTable.within(thing)]
    for name, part in _own_parts(thing):
        _search(part, name, found, set(), 0)
    return list(dict.fromkeys(found))


def kept_by(thing: Any) -> dict[str, str]:
    """Return the small values that a thing's own code can reach, each as text by its place.

    What is other after the thing was computed was kept from one call for the next: the first call
    saw the whole market.
    """
    found: dict[str, str] = {}
    for name, part in _own_parts(thing):
        _note_state(part, name, found, set(), 0)
    return found


def _note_state(value: Any, name: str, found: dict[str, str], seen: set[int], depth: int) -> None:
    """Note scalars, sizes and the kinds of larger things; look where `_search` looks."""
    if isinstance(value, _SCALARS):
        found[name] = repr(value)
        return
    if id(value) in seen or depth > _DEPTH:
        return
    seen.add(id(value))
    told = _as_data(value)
    if told and not isinstance(value, functools._lru_cache_wrapper):
        found[name] = told
        return
    if isinstance(value, np.ndarray | Set):
        found[name] = repr(value)
    for inner, part in _inside(value):
        _note_state(part, f"{name}.{inner}", found, seen, depth + 1)


def _own_parts(thing: Any) -> list[tuple[str, Any]]:
    """Return the parts of a strategy, or the thing itself."""
    if not isinstance(thing, Strategy | Kinded):  # own parts may lie inside one of ours
        return [(getattr(thing, "__name__", type(thing).__name__), thing)]
    return [(type(part).__name__, part) for part in parts_in(thing)]


def _search(value: Any, name: str, found: list[str], seen: set[int], depth: int) -> None:
    """Name data; look into functions, objects and modules of the user's own."""
    if id(value) in seen or depth > _DEPTH:
        return
    seen.add(id(value))
    told = _as_data(value)
    if told:
        found.append(f"{name}: {told}, which the code carries along")
        return
    for inner, part in _inside(value):
        _search(part, f"{name}.{inner}", found, seen, depth + 1)


def _as_data(value: Any) -> str:
    """Return what kind of data a value is, '' when it is none."""
    if isinstance(value, Market):
        return f"a market of its own ({value.name})"
    return _as_table(value) or _as_store(value)


def _as_table(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {' x '.join(map(str, value.shape))}" if value.size >= _FEW else ""
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return f"a table of {' x '.join(map(str, value.shape))}"
    if isinstance(value, (Mapping, list, tuple, Set, deque)):
        return f"a {type(value).__name__} of {len(value):,} entries" if len(value) >= _FEW else ""
    return ""


def _as_store(value: Any) -> str:
    if isinstance(value, (io.IOBase, Iterator)) and not isinstance(value, types.GeneratorType):
        return f"an open {type(value).__name__}"
    if isinstance(value, functools._lru_cache_wrapper) and value.cache_info().currsize:
        return f"{value.cache_info().currsize:,} results kept from earlier calls"
    package = type(value).__module__.partition(".")[0]
    if package in ("polars", "pyarrow", "duckdb", "sqlite3", "h5py", "xarray", "scipy", "_duckdb"):
        return f"a {package.strip('_')} {type(value).__name__}"
    return ""


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what the code of a value refers to: closures, globals, attributes, entries."""
    if isinstance(value, functools.partial):
        yield from (("function", value.func), *((str(k), a) for k, a in enumerate(value.args)))
        yield from value.keywords.items()
    elif isinstance(value, types.MethodType):
        yield from (("function", value.__func__), ("object", value.__self__))
    elif isinstance(value, types.FunctionType):
        if not _is_foreign(value.__code__.co_filename):
            yield from _of_function(value)
    elif isinstance(value, (Mapping, list, tuple, deque, types.SimpleNamespace)):
        yield from _entries(value)
    elif hasattr(value, "__wrapped__"):
        yield "function", value.__wrapped__
    elif isinstance(value, property):
        yield "getter", value.fget
    elif isinstance(value, functools.cached_property):
        yield "getter", value.func
    elif isinstance(value, type):
        if _is_users(value):
            yield from ((key, one) for key, one in vars(value).items() if not _is_dunder(key))
    elif _is_users(type(value)):
        yield from _attributes(value)
        yield from (getattr(value, "__pydantic_private__", None) or {}).items()
        for base in type(value).__mro__:
            yield base.__name__, base


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a collection, which are named by their keys or places."""
    if isinstance(value, types.SimpleNamespace):
        value = vars(value)
    entries = value.items() if isinstance(value, Mapping) else enumerate(value)
    yield from ((str(key)[:_WORD], one) for key, one in entries)


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield an object's attributes, but what a cached property keeps: it was given no market."""
    for key, one in getattr(value, "__dict__", {}).items():
        if not isinstance(getattr(type(value), key, None), functools.cached_property):
            yield key, one


def _of_function(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield defaults, closure and the globals that the function's code names."""
    yield from ((f"default {k}", one) for k, one in enumerate(function.__defaults__ or ()))
    yield from (function.__kwdefaults__ or {}).items()
    yield from vars(function).items()
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not yet filled
            continue
    names = _names_in(function.__code__)
    for name in names:
        if name not in function.__globals__:
            continue
        value = function.__globals__[name]
        if isinstance(value, types.ModuleType):
            if not _is_foreign(getattr(value, "__file__", None) or "<frozen"):
                yield from (
                    (f"{name}.{key}", vars(value)[key]) for key in names & vars(value).keys()
                )
        else:
            yield name, value


def _names_in(code: types.CodeType) -> set[str]:
    """Return the names that code and the functions inside it refer to."""
    inner = (one for one in code.co_consts if isinstance(one, types.CodeType))
    return set(code.co_names).union(*(_names_in(one) for one in inner))


def _is_foreign(filename: str) -> bool:
    return filename.startswith(_OURS) or _is_library(filename)


def _is_users(kind: type) -> bool:
    """Return whether a class is neither ours, nor a library's, nor built in."""
    module = sys.modules.get(kind.__module__)
    if kind.__module__ in ("builtins", "abc", "typing", "types", "functools"):
        return False
    if module is None or kind.__module__ == "__main__":
        return True
    return not _is_foreign(getattr(module, "__file__", None) or "<frozen")


def _is_dunder(name: str) -> bool:
    return (name.startswith("__") and name.endswith("__")) or name == "_own_files"
