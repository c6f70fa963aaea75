"""Small files that we wrote ourselves and read again: plain ones, bounded, no key twice.

Where a pipe, a device or a file of gigabytes stands in the place of a mark or a memo, opening it
would wait or fill the memory; a key that stands twice means one thing here and another elsewhere.
"""

import json
from pathlib import Path
from typing import Any

__all__ = ["keys_once", "plain_bytes", "plain_json"]

_LARGEST_MARK = 16 << 20  # bytes; no mark and no memo of ours comes near


def plain_bytes(path: Path, largest: int = _LARGEST_MARK) -> bytes:
    """Return the bytes of a file of ours.

    Raises
    ------
    OSError
        It is missing, is no plain file, cannot be read, or is larger than `largest`.
    """
    if path.exists() and not path.is_file():
        raise OSError(0, "is no plain file")
    if path.stat().st_size > largest:
        raise OSError(0, f"is larger than {largest:,} bytes")
    return path.read_bytes()


def plain_json(path: Path, largest: int = _LARGEST_MARK) -> Any:
    """Return what a JSON file of ours holds.

    Raises
    ------
    OSError
        As for `plain_bytes`.
    ValueError
        It is no JSON, too deep, or has a key twice.
    """
    try:
        return json.loads(plain_bytes(path, largest), object_pairs_hook=keys_once)
    except RecursionError as problem:
        raise ValueError("is too deep") from problem


def keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; ValueError when a key stands twice (`json.loads` keeps the last).

    >>> keys_once([("a", 1), ("b", 2)])
    {'a': 1, 'b': 2}
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for k, (key, _) in enumerate(pairs) if key in dict(pairs[:k]))
        raise ValueError(f"the key {twice[:80]!r} stands twice")
    return found
