"""How much a command may read: one budget of bytes and rows for every reader.

A file of a few kilobytes can claim to hold terabytes. Before a reader unpacks or allocates, it says
here which file it reads, how large that is on disk and what it claims to hold. A claim must fit
into three things: what one file may hold, what a command may read in all, and what files of that
size can hold (`times` their size on disk; small ones up to `free`).

The limits are the defaults below, changed by the environment variable QUANTHEDGE_BUDGET, for
example ``QUANTHEDGE_BUDGET="bytes=500GB file_bytes=100GB"``; docs/importing.md lists them.
"""

import logging
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from quanthedge.errors import DataError

__all__ = ["Budget", "claim"]

_log = logging.getLogger(__name__)
_VARIABLE = "QUANTHEDGE_BUDGET"
_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_PART = re.compile(r"([a-z_]+)=([0-9]{1,18})(kb|mb|gb|tb)?", re.IGNORECASE)


@dataclass(frozen=True)
class Budget:
    """The limits of a command.

    Attributes
    ----------
    bytes, file_bytes
        Unpacked, of all files and of one.
    rows, file_rows
        Of all tables and of one file.
    times
        Largest ratio of what is unpacked to what is on disk: Parquet, gzip and zip bring market
        data to a fifth, long runs of one value to a hundredth; bombs to a hundred-thousandth.
    free
        Bytes up to which `times` is not asked.
    text
        Bytes of one text (a code, a name, an item).
    """

    bytes: int = 200 * 10**9
    file_bytes: int = 50 * 10**9
    rows: int = 5 * 10**9
    file_rows: int = 10**9
    times: int = 200
    free: int = 50 * 10**6
    text: int = 65_536

    @classmethod
    def now(cls) -> "Budget":
        """Return the limits: the defaults, changed by QUANTHEDGE_BUDGET.

        Raises
        ------
        DataError
            The variable is not written as ``bytes=500GB rows=2000000000``.
        """
        known: dict[str, int] = asdict(cls())
        for word in os.environ.get(_VARIABLE, "").split():
            match = _PART.fullmatch(word)
            if match is None or match[1] not in known:
                raise DataError(
                    f"{_VARIABLE}: {word[:40]!r}; accepted, separated by spaces: NAME=NUMBER with "
                    f"NAME of {', '.join(known)} and KB, MB, GB or TB behind the number"
                )
            known[match[1]] = int(match[2]) * _UNITS[(match[3] or "").lower()]
        return cls(**known)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count what is read in the block as one command's."""
        spent = _Spent(self)
        _open.append(spent)
        try:
            yield
        finally:
            _open.remove(spent)

    def of_file(self, path: Path | str) -> int:
        """Return the bytes that one file may hold, by its size on disk."""
        return min(self.file_bytes, max(self.free, self.times * _size(path)))


@dataclass
class _Spent:
    """What a command has read so far, and the sizes on disk of the files it came from."""

    limits: Budget
    bytes: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_open: list[_Spent] = []


def claim(path: Path | str, *, bytes: int = 0, rows: int = 0) -> None:
    """Ask for what a file claims to hold, before it is unpacked.

    Parameters
    ----------
    path
        The file.
    bytes, rows
        What it claims to hold as far as it was looked at: of several claims of one file the largest
        counts.

    Raises
    ------
    DataError
        It is more than one file, or the command in all, may hold, or than such a file can hold.
    """
    spent = _open[-1] if _open else _Spent(Budget.now())
    name, size = str(path), _size(path)
    _log.debug("%s: %s bytes on disk, %s bytes and %s rows in it", name, size, bytes, rows)
    with spent.lock:
        spent.stored[name] = size
        for table, asked in ((spent.bytes, bytes), (spent.rows, rows)):
            table[name] = max(table.get(name, 0), asked)
        _check(path, spent, size)


def _check(path: Path | str, spent: _Spent, size: int) -> None:
    """Refuse a file whose claims, or those of all files with it, are beyond the limits."""
    most, name = spent.limits, str(path)
    held = f"claims {{:,}} {{}} in {size:,} bytes on disk"
    total = "brings what is read to {:,} {}"
    for text, claimed, what, limit, key in (
        (held, spent.bytes[name], "bytes", most.file_bytes, "file_bytes"),
        (held, spent.rows[name], "rows", most.file_rows, "file_rows"),
        (held, spent.bytes[name], "bytes", max(most.free, most.times * size), "times"),
        (total, sum(spent.bytes.values()), "bytes", most.bytes, "bytes"),
        (total, sum(spent.rows.values()), "rows", most.rows, "rows"),
        (
            total,
            sum(spent.bytes.values()),
            "bytes",
            max(most.free, most.times * sum(spent.stored.values())),
            "times",
        ),
    ):
        if claimed > limit:
            raise DataError(
                f"{path}: {text.format(claimed, what)}, more than the {limit:,} allowed ({key}): "
                f"a damaged file or a bomb; if you trust it, set {_VARIABLE}='{key}=...' "
                "(docs/importing.md)"
            )


def _size(path: Path | str) -> int:
    try:
        return Path(path).stat().st_size
    except (OSError, ValueError):
        return 0
