"""What compiled code was made from, as a digest: files, names and values, no time and no place.

A compiled function holds the code of all that it calls and the values that they name. Whoever asks
only for the file that it stands in, as numba does, runs yesterday's callee after a neighbouring
file has changed.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from numba import types

from quanthedge.compiled import whole

__all__ = ["made_of", "spelt"]

_PACKAGE = Path(__file__).parents[1]


def made_of(function: Callable[..., Any]) -> str:
    """Return the digest of all that the compiled code of a function is made from.

    That is the text of its file, of the files of all compiled functions that it reaches, of those
    of our classes that they name, of the file that says how we compile, and the value of every
    constant that they take from elsewhere.
    """
    pieces = {f"compiled by {_digest(whole.__file__)}", *_pieces(function)}
    return hashlib.sha256("\n".join(sorted(pieces)).encode()).hexdigest()


def _pieces(function: Callable[..., Any]) -> Iterator[str]:
    """Yield a line for each function that is reached, and for what each of them names."""
    waiting, seen = [function], set()
    while waiting:
        one: Any = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        yield f"{_name(one)} {_digest(one.__code__.co_filename)}"
        for name, value in _named(one):
            if hasattr(value, "py_func"):
                waiting.append(value.py_func)
            else:
                yield f"{_name(one)} {name} {_told(value)}"


def _named(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a function takes from its module and from the functions around it."""
    for name in _names(function.__code__):
        if name in function.__globals__:
            yield name, function.__globals__[name]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield name, cell.cell_contents


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _told(value: Any) -> str:
    """Return a value as a text that is the same in every process."""
    if isinstance(value, ModuleType):
        return value.__name__
    if isinstance(value, tuple):
        return f"({', '.join(map(_told, value))})"
    if isinstance(value, bool | int | float | complex | str | bytes | None):
        return repr(value)
    if hasattr(value, "tobytes"):  # of numpy
        return f"{value.dtype} {value.shape} {value.tobytes().hex()}"
    if not hasattr(value, "__qualname__"):
        return _name(type(value))
    return f"{_name(value)} {_of_ours(value.__module__)}"


def _name(one: Any) -> str:
    return f"{one.__module__}.{one.__qualname__}"


def _of_ours(module: str) -> str:
    """Return the digest of a module's file; empty where it is not of this package."""
    path = getattr(sys.modules.get(module), "__file__", None)
    return _digest(path) if path and _PACKAGE in Path(path).parents else ""


def _digest(path: str) -> str:
    """Return the digest of a file, empty where there is none, as in a notebook's cell."""
    try:
        there = os.stat(path)
    except OSError:
        return ""
    return _digest_of(path, there.st_mtime_ns, there.st_size)


@cache
def _digest_of(path: str, _changed: int, _size: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def spelt(kind: Any) -> str:
    """Return a kind of argument, or a tuple of them, in full.

    numba's own text of a named tuple leaves out what its fields are called, and code that asks for
    the second field is made for its place.
    """
    if isinstance(kind, types.BaseNamedTuple):
        inner = [f"{name}: {spelt(one)}" for name, one in zip(kind.fields, kind.types, strict=True)]
        return f"{_name(kind.instance_class)}({', '.join(inner)})"
    parts = kind if isinstance(kind, tuple) else getattr(kind, "types", None)
    if isinstance(kind, tuple | types.BaseTuple) and parts is not None:
        return f"({', '.join(map(spelt, parts))})"
    return str(kind)
