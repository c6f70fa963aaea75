"""A typeface as WOFF: the tables of an OpenType file, each compressed, as a page embeds it.

References
----------
W3C, 2012, "WOFF File Format 1.0", sections 3 to 5; Microsoft, "OpenType specification", "The
OpenType font file": the table directory, checksums and the recommended order of tables.
"""

import struct
import zlib
from typing import NamedTuple

import numpy as np

__all__ = ["as_woff"]

_HEAD, _ENTRY = ">4sHHHH", ">4sLLL"  # of an OpenType file and of its table of tables
_WOFF_HEAD, _WOFF_ENTRY = ">4s4sLHHLHHLLLLL", ">4sLLLL"
_ORDER = (b"head", b"hhea", b"maxp", b"OS/2", b"name", b"DMAP", b"cmap", b"post", b"CFF ")
_WHOLE = 0xB1B0AFBA  # what the checksum of a whole file and its adjustment add up to
_ADJUSTMENT = slice(8, 12)  # of the table head, left out of its own checksum


class _Table(NamedTuple):
    """A table and where it stands in the OpenType file that the tables in their order make."""

    tag: bytes
    data: bytes
    checksum: int
    offset: int


def as_woff(font: bytes) -> bytes:
    """Return an OpenType file with CFF outlines as WOFF, the same bytes on every run.

    Parameters
    ----------
    font : bytes
        As a subsetter gives it; its tables are not read, but for the checksum in ``head``.

    Notes
    -----
    Tables come in the recommended order. All but ``head`` are compressed where that makes them
    smaller. The checksum in ``head`` is that of the OpenType file which the reader unpacks.
    """
    tables = _in_order(font)
    directory = _directory(font[:4], tables)
    whole = (_checksum(directory) + sum(one.checksum for one in tables)) % 2**32
    adjustment = struct.pack(">L", (_WHOLE - whole) % 2**32)
    body, entries = bytearray(), dict[bytes, bytes]()
    begin = struct.calcsize(_WOFF_HEAD) + len(tables) * struct.calcsize(_WOFF_ENTRY)
    for one in tables:
        packed = one.data
        if one.tag == b"head":
            packed = _with_adjustment(packed, adjustment)
        elif len(smaller := zlib.compress(packed)) < len(packed):
            packed = smaller
        entries[one.tag] = struct.pack(
            _WOFF_ENTRY, one.tag, begin + len(body), len(packed), len(one.data), one.checksum
        )
        body += _padded(packed)
    head = next(one.data for one in tables if one.tag == b"head")
    version = struct.unpack(">HH", head[4:8])
    size = len(directory) + sum(len(_padded(one.data)) for one in tables)
    start = struct.pack(
        _WOFF_HEAD, b"wOFF", font[:4], begin + len(body), len(tables), 0, size, *version, *[0] * 5
    )
    return start + b"".join(entries[tag] for tag in sorted(entries)) + bytes(body)


def _in_order(font: bytes) -> list[_Table]:
    """Return the tables of a file in the recommended order, others by name after them."""
    count = struct.unpack(_HEAD, font[: struct.calcsize(_HEAD)])[1]
    entries = struct.iter_unpack(_ENTRY, font[12 : 12 + 16 * count])
    data = {tag: font[offset : offset + length] for tag, _, offset, length in entries}
    last = len(_ORDER)
    place = {tag: _ORDER.index(tag) if tag in _ORDER else last for tag in data}
    found, offset = [], 12 + 16 * count
    for tag in sorted(data, key=lambda tag: (place[tag], tag)):
        summed = _with_adjustment(data[tag], bytes(4)) if tag == b"head" else data[tag]
        found.append(_Table(tag, data[tag], _checksum(summed), offset))
        offset += len(_padded(data[tag]))
    return found


def _directory(kind: bytes, tables: list[_Table]) -> bytes:
    """Return the head of the OpenType file that the tables make, with where each stands."""
    power = len(tables).bit_length() - 1
    search = 16 * 2**power
    head = struct.pack(_HEAD, kind, len(tables), search, power, 16 * len(tables) - search)
    entries = (
        struct.pack(_ENTRY, one.tag, one.checksum, one.offset, len(one.data))
        for one in sorted(tables)
    )
    return head + b"".join(entries)


def _with_adjustment(head: bytes, adjustment: bytes) -> bytes:
    return head[: _ADJUSTMENT.start] + adjustment + head[_ADJUSTMENT.stop :]


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _checksum(data: bytes) -> int:
    """Return the sum of a table's big-endian words of four bytes, modulo 2^32."""
    return int(np.frombuffer(_padded(data), dtype=">u4").sum(dtype=np.uint64)) % 2**32
