"""WonderTrader's binary daily bars (`.dsb`): a header, then bars, mostly packed with zstd.

Header: eight bytes ``&^%$#@!`` and a zero, kind of data (23 = daily bars) and version as uint16;
in packed files the packed size as uint64. Versions 1 and 2 hold bars of 68 bytes, 3 and 4 of 88;
2 and 4 are packed. Source: `src/WtDataStorage/DataDefine.h`, `src/Includes/WTSStruct.h` and
`src/WtDtHelper/WtDtHelper.cpp` of WonderTrader.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.storage import PlainFile, claim

__all__ = ["read_blocks"]

Array = np.ndarray[Any, Any]
MARK = b"&^%$#@!\x00"
_DAILY = 23
_LARGEST = 32 << 20  # bytes of one symbol's bars unpacked: a thousand years of days
_ZSTD_MARK = b"\x28\xb5\x2f\xfd"
_PRICES = [(name, "<f8") for name in ("open", "high", "low", "close", "settle", "amount")]
_OLD = np.dtype(
    [("date", "<u4"), ("time", "<u4"), *_PRICES,
     ("volume", "<u4"), ("open_interest", "<u4"), ("change", "<i4")]
)  # fmt: skip
NEW = np.dtype(
    [("date", "<u4"), ("reserve", "<u4"), ("time", "<u8"), *_PRICES,
     ("volume", "<f8"), ("open_interest", "<f8"), ("change", "<f8")]
)  # fmt: skip
_VERSIONS = {1: (_OLD, False), 2: (_OLD, True), 3: (NEW, False), 4: (NEW, True)}
COLUMNS = ("open", "high", "low", "close", "settle", "amount", "volume", "open_interest")


def read_blocks(path: Path) -> pa.Table:
    """Return date (20140917) and the numbers of a file of daily bars.

    Raises
    ------
    DataError
        The file holds no daily bars, is cut off, or unpacks to more than any such file can hold.
    """
    stored = _bytes(path)
    if len(stored) < 12 or stored[:8] != MARK:
        raise DataError(f"{path}: no WonderTrader block (its first 8 bytes are not {MARK!r})")
    kind, version = np.frombuffer(stored, "<u2", 2, 8).tolist()
    if kind != _DAILY or version not in _VERSIONS:
        raise DataError(
            f"{path}: data of kind {kind}, version {version}; accepted: daily bars (23) of version "
            f"{', '.join(map(str, _VERSIONS))}"
        )
    layout, packed = _VERSIONS[version]
    bars = _unpacked(path, stored) if packed else stored[12:]
    if len(bars) % layout.itemsize:
        raise DataError(
            f"{path}: {len(bars):,} bytes of bars; accepted: {layout.itemsize} bytes each "
            "(cut off?)"
        )
    rows = np.frombuffer(bars, layout)
    columns = {"date": pa.array(rows["date"].astype(np.int64))}
    for name in COLUMNS:
        columns[name] = pa.array(rows[name].astype(np.float64))
    return pa.table(columns)


def _bytes(path: Path) -> bytes:
    size = path.stat().st_size if path.is_file() else 0
    if size > _LARGEST + 20:
        raise DataError(f"{path}: {size:,} bytes; daily bars take at most {_LARGEST:,}")
    try:
        return PlainFile(path, _LARGEST + 20).content()
    except OSError as problem:
        raise DataError(f"{path}: unreadable ({problem.strerror})") from problem


def _unpacked(path: Path, stored: bytes) -> bytes:
    packed = stored[20:]
    stated = int.from_bytes(stored[12:20], "little")
    if len(stored) < 20 or stated != len(packed):
        raise DataError(
            f"{path}: {len(packed):,} packed bytes where the header says {stated:,} (cut off?)"
        )
    size = _unpacked_size(packed)
    if size is None or size > _LARGEST:
        raise DataError(
            f"{path}: unpacks to {'an unknown number of' if size is None else f'{size:,}'} bytes; "
            f"accepted: at most {_LARGEST:,}"
        )
    claim(path, bytes=size, rows=size // _OLD.itemsize)
    try:
        unpacked = pa.Codec("zstd").decompress(packed, decompressed_size=size, asbytes=True)
    except (pa.ArrowException, OSError, ValueError) as problem:
        raise DataError(f"{path}: damaged ({str(problem)[:100]})") from problem
    return bytes(unpacked)


def _unpacked_size(packed: bytes) -> int | None:
    """Return the size that a zstd frame says it unpacks to (RFC 8878, 3.1.1.1); None if unsaid."""
    if len(packed) < 6 or packed[:4] != _ZSTD_MARK:
        return None
    described = packed[4]
    flag, single = described >> 6, bool(described & 0x20)
    begin = 5 + (not single) + (0, 1, 2, 4)[described & 3]
    width = (1 if single else 0, 2, 4, 8)[flag]
    if width == 0 or len(packed) < begin + width:
        return None
    size = int.from_bytes(packed[begin : begin + width], "little")
    return size + 256 if width == 2 else size
