"""What a stock's short name says about its price limit: S, ST, PT, N, C and the delisting mark.

The exchanges put a share's status into its name: S for a share before the reform of the split share
structure (SST and S*ST are both that and ST), ST and *ST for special treatment, PT for particular
transfer, N for a day on which a share is listed or listed again, C for the further days without
limit of a new listing, and the character for retreat in the delisting period.
"""

import re
import unicodedata
from typing import Any, Final

import numpy as np
import pandas as pd

from quanthedge.market.blocks import Axes

__all__ = [
    "BOTH",
    "LEAVING",
    "NEW",
    "PARTICULAR_MARK",
    "SPECIAL",
    "UNREFORMED_MARK",
    "mark_of",
    "name_marks",
]

Array = np.ndarray[Any, Any]
_NO_MARK, SPECIAL, UNREFORMED_MARK, BOTH, PARTICULAR_MARK, LEAVING, NEW = range(7)
_EX_DAY: Final = re.compile(r"^(?:XD|XR|DR)(?=.)")  # ex-days put their mark before the name
_AFTER: Final = r"(?=\*?S?\*?ST|[\u3400-\u9fff])"  # the name proper, in Chinese, or ST
_MARKS: Final = (
    (re.compile("退"), LEAVING),
    (re.compile(r"^PT" + _AFTER), PARTICULAR_MARK),
    (re.compile(r"^[NC]" + _AFTER), NEW),
    (re.compile(r"^S\*?ST"), BOTH),
    (re.compile(r"^S(?=[\u3400-\u9fff])"), UNREFORMED_MARK),
    (re.compile(r"^\*?ST"), SPECIAL),
)


def mark_of(name: str) -> int:
    """Return the mark of a short name; full-width letters and ex-day prefixes are looked through.

    >>> [mark_of(name) for name in ("S佳通", "S*ST天发", "*ST国农", "XDS佳通", "万科A", "N平安")]
    [2, 3, 1, 2, 0, 6]
    """
    if "\u3400" <= name[:1] <= "\u9fff" and "退" not in name:
        return _NO_MARK  # begins with a Chinese character: nearly all names
    plain = _EX_DAY.sub("", unicodedata.normalize("NFKC", name).replace(" ", "").upper())
    return next((mark for pattern, mark in _MARKS if pattern.search(plain)), _NO_MARK)


def name_marks(axes: Axes, names: pd.DataFrame | None) -> Array:
    """Return the mark in each stock's name on each day, int8 [T, N].

    Parameters
    ----------
    axes
        Calendar and codes.
    names
        Spells of names: code, name, start, end (inclusive; NaT = open). None: no marks.

    Notes
    -----
    A name holds until the next one begins: sources leave out the names of ex-days. N and C hold on
    the days of their spell only, on its first day where the end is open.
    """
    marks = np.zeros((len(axes.calendar), len(axes.codes)), dtype=np.int8)
    if names is None or len(names) == 0 or marks.size == 0:
        return marks
    words = {name: mark_of(str(name)) for name in names["name"].unique()}
    table = names.sort_values(["code", "start"])
    mark = table["name"].map(words).to_numpy(dtype=np.int8)
    code = table["code"].to_numpy(dtype=str)
    column = np.minimum(np.searchsorted(axes.codes, code), len(axes.codes) - 1)
    start, end = (table[name].to_numpy().astype("datetime64[D]") for name in ("start", "end"))
    following = np.append(start[1:], np.datetime64("NaT"))
    following[np.append(code[1:] != code[:-1], True)] = np.datetime64("NaT")
    last = np.where(np.isnat(following), end, following - 1)
    last = np.where(mark == NEW, np.where(np.isnat(end), start, end), last)
    begin = np.searchsorted(axes.calendar, start)
    stop = np.searchsorted(axes.calendar, last, side="right")
    stop[np.isnat(last)] = len(axes.calendar)
    told = (mark != _NO_MARK) & (axes.codes[column] == code)
    spells = zip(begin[told], stop[told], column[told], mark[told], strict=True)
    for first, after, stock, one in spells:
        marks[first:after, stock] = one
    return marks
