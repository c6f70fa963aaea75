"""A pickled DataFrame or Series, read without running anything of it.

A pickle of pandas is a program that calls functions of pandas, NumPy and pyarrow. Here none of them
is ever looked up: each name of a closed list stands for an inert piece that keeps what it is given,
every other name is refused, and what was kept is read as data afterwards: bytes as numbers, days or
texts, by their stated type and shape. So comes in what Qlib writes (``pred.pkl``: levels datetime
and instrument, a column ``score``), and what ``to_pickle`` of pandas 1.5 to 3 does, by protocols 3
to 5. Days with a zone, categories and objects other than texts and numbers are refused.
"""

import math
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.documents import printable
from quanthedge.errors import DataError
from quanthedge.sources import read_pickle
from quanthedge.storage import claim

__all__ = ["read_pickled"]

_INSTRUCTIONS = {
    "GLOBAL", "STACK_GLOBAL", "REDUCE", "NEWOBJ", "BUILD", "BINBYTES8", "BYTEARRAY8"
}  # fmt: skip
_NAMES = {
    "frame": ["pandas DataFrame", "pandas.core.frame DataFrame"],
    "series": ["pandas Series", "pandas.core.series Series"],
    "manager": [
        "pandas.core.internals.managers BlockManager",
        "pandas.core.internals.managers SingleBlockManager",
    ],
    "block": ["pandas._libs.internals _unpickle_block"],
    "array": ["numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"],
    "buffer": ["numpy.core.numeric _frombuffer", "numpy._core.numeric _frombuffer"],
    "dtype": ["numpy dtype"],
    "slice": ["builtins slice"],
    "bytes": ["builtins bytearray", "pyarrow.lib py_buffer"],
    "index": ["pandas.core.indexes.base _new_Index"],
    "days": ["pandas.core.indexes.datetimes _new_DatetimeIndex"],
    "levels": ["pandas MultiIndex", "pandas.core.indexes.multi MultiIndex"],
    "range": ["pandas RangeIndex", "pandas.core.indexes.range RangeIndex"],
    "backed": ["pandas._libs.arrays __pyx_unpickle_NDArrayBacked"],
    "texts": ["pandas.arrays ArrowStringArray", "pandas.core.arrays.string_arrow ArrowStringArray"],
    "arrow": ["pyarrow.lib _restore_array"],
    "type": ["pyarrow.lib type_for_alias"],
    "": [  # kept and not looked at
        "numpy ndarray", "pandas Index", "pandas.core.indexes.base Index",
        "pandas.core.indexes.numeric Int64Index", "pandas DatetimeIndex",
        "pandas.core.indexes.datetimes DatetimeIndex", "pandas.arrays DatetimeArray",
        "pandas.core.arrays.datetimes DatetimeArray", "pandas StringDtype",
        "pandas.core.arrays.string_ StringDtype", "pandas._libs.tslibs.offsets Day",
        "pandas._libs.tslibs.offsets BusinessDay", "datetime timedelta",
    ],
}  # fmt: skip
_NUMBER = re.compile(r"[fiu][1248]|b1")
_UNITS = (b"D", b"s", b"ms", b"us", b"ns")


class _Piece:
    """What a name stands for: it keeps its arguments and its state, and does nothing."""

    __slots__ = ("args", "state")
    args: tuple[Any, ...]
    state: Any
    what = ""

    def __new__(cls, *args: Any) -> "_Piece":
        made = object.__new__(cls)
        made.args, made.state = args, None
        return made

    def __init__(self, *_args: Any) -> None:
        """Take anything; it is kept already."""

    def __setstate__(self, state: Any) -> None:
        self.state = state


_PIECES = {
    name: type("_Piece", (_Piece,), {"what": what, "__slots__": ()})
    for what, names in _NAMES.items()
    for name in names
}


class _Pieces(pickle.Unpickler):
    """An unpickler that finds pieces, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the piece of a name, or refuse it."""
        try:
            return _PIECES[f"{module} {name}"]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module[:60]}.{name[:60]}") from None


def read_pickled(path: Path) -> Any:
    """Return a pickled frame or series, or the plain data of a pickle.

    Raises
    ------
    DataError
        It asks for another name or instruction, is damaged, or is no table of numbers, days, texts.
    """
    found = read_pickle(path, _INSTRUCTIONS, _Pieces)
    if not isinstance(found, _Piece):
        return read_pickle(path)  # all of it, and not only its outermost part
    try:
        if found.what == "frame":
            return _frame(found.state["_mgr"], path)
        if found.what == "series":
            axes, values, *_ = found.state["_mgr"].state
            (numbers,), index = values, _index(axes[0])
            return pd.Series(_values(numbers), index=index, name=found.state.get("_name"))
    except (TypeError, KeyError, ValueError, IndexError, AttributeError, OverflowError) as problem:
        told = printable(str(problem)[:120]) or type(problem).__name__
        raise DataError(f"{path}: a pickled table that is not read ({told})") from problem
    raise DataError(f"{path}: a pickle of pandas that is no table")


def _frame(manager: Any, path: Path) -> pd.DataFrame:
    blocks, axes = _of("manager", manager).args
    names, index = (_index(axis) for axis in axes)
    claim(path, bytes=8 * len(names) * len(index), rows=len(index))
    if len(blocks) > len(names):
        raise ValueError("more blocks than columns")
    columns: dict[int, Any] = {}
    for block in blocks:
        values, placement, _ = _of("block", block).args
        rows = np.atleast_2d(_values(values))
        places = _places(placement)
        if rows.shape != (len(places), len(index)):
            raise ValueError("a block of another shape")
        columns.update(zip(places, rows, strict=True))
    if sorted(columns) != list(range(len(names))):
        raise ValueError("columns without values")
    made = pd.DataFrame({k: columns[k] for k in range(len(names))}, index=index)
    made.columns = names
    return made


def _of(what: str, piece: Any) -> _Piece:
    if not isinstance(piece, _Piece) or piece.what != what:
        raise ValueError(f"no {what} where one belongs")
    return piece


def _places(piece: Any) -> list[int]:
    if isinstance(piece, _Piece) and piece.what == "slice":
        start, stop, step = piece.args
        return list(range(start, min(stop, 100_000), step or 1))
    return [int(place) for place in _array(piece)]


def _index(piece: Any) -> pd.Index:
    """Return an axis: days, texts, numbers, or levels of them."""
    kind = getattr(piece, "what", None)
    if kind not in ("index", "days"):
        raise ValueError("an index of another kind")
    of_class, kept = piece.args
    if kept.get("tz") is not None:
        raise ValueError("days with a zone")
    if of_class.what == "levels":
        levels, codes = kept["levels"], kept["codes"]
        if any(one.args[0].what == "levels" for one in levels):
            raise ValueError("levels of levels")
        axes: list[Any] = [_index(one) for one in levels]
        places: list[Any] = [_array(one) for one in codes]
        return pd.MultiIndex(axes, places, names=kept["names"])
    if of_class.what == "range":
        return pd.RangeIndex(kept["start"], kept["stop"], kept["step"], name=kept["name"])
    found: pd.Index = pd.Index(_values(kept["data"]), name=kept["name"])
    return found


def _values(piece: Any) -> Any:
    """Return an array of numbers, days or texts."""
    kind = getattr(piece, "what", None)
    if kind == "backed":
        _of("dtype", piece.state[0])  # of NumPy: without a zone
        return _array(piece.state[1])
    return _texts(piece.state["_pa_array"]) if kind == "texts" else _array(piece)


def _array(piece: Any) -> np.ndarray[Any, Any]:
    if getattr(piece, "what", None) == "buffer":
        data, dtype, shape, order = piece.args
    else:
        _, shape, dtype, fortran, data = _of("array", piece).state
        order = "F" if fortran else "C"
    size = math.prod(shape)
    if len(shape) > 2 or min(shape, default=0) < 0:
        raise ValueError("an array of another shape")
    of = _of("dtype", dtype)
    if of.args[0] in ("O8", "O4"):
        if len(data) != size or any(not isinstance(one, str | int | float | None) for one in data):
            raise ValueError("objects that are no texts or numbers")
        found = np.empty(size, dtype=object)
        found[:] = data
    else:
        found = np.frombuffer(_bytes(data), dtype=_dtype(of), count=size)
    return found.reshape(shape, order=order)


def _dtype(piece: _Piece) -> np.dtype[Any]:
    code, state = piece.args[0], piece.state
    order = {"<": "<", ">": ">", "|": "|", "=": "="}[state[1]]
    if code == "M8" and state[8][1][0] in _UNITS and state[8][1][1:] == (1, 1, 1):
        return np.dtype(f"{order}M8[{state[8][1][0].decode()}]")
    if not isinstance(code, str) or not _NUMBER.fullmatch(code):
        raise ValueError("numbers of another type")
    return np.dtype(order + code)


def _bytes(data: Any) -> bytes:
    while isinstance(data, _Piece):
        data = _of("bytes", data).args[0]
    return bytes(memoryview(data))


def _texts(piece: Any) -> list[str | None]:
    """Return the texts of an Arrow array from its buffers, by offsets that are checked."""
    kind, count, _, first, (known, offsets, data), *_ = _of("arrow", piece).args[0]
    wide = {"large_string": "<i8", "string": "<i4"}[_of("type", kind).args[0]]
    at = np.frombuffer(_bytes(offsets), dtype=wide)[first : first + count + 1].tolist()
    text = _bytes(data)
    if len(at) != count + 1 or at != sorted(at) or (at and not 0 <= at[0] <= at[-1] <= len(text)):
        raise ValueError("texts beyond their bytes")
    there = [True] * count
    if known is not None:
        bits = np.unpackbits(np.frombuffer(_bytes(known), np.uint8), bitorder="little")
        there = bits[first : first + count].astype(bool).tolist()
    spans = zip(at[:-1], at[1:], there, strict=True)
    return [text[a:b].decode("utf-8") if is_there else None for a, b, is_there in spans]
