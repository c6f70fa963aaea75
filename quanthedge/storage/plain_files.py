"""Small files that we wrote ourselves and read again: plain ones, bounded, no key twice.

Where a pipe, a device or a file of gigabytes stands in the place of a mark or a memo, opening it
would wait or fill the memory; a key that stands twice means one thing here and another elsewhere.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["PlainFile"]

_LARGEST_MARK = 16 << 20  # bytes; no mark and no memo of ours comes near


class PlainFile(NamedTuple):
    """A small file of ours, and the most bytes that it may have."""

    path: Path
    largest: int = _LARGEST_MARK

    def content(self) -> bytes:
        """Return its bytes.

        Raises
        ------
        OSError
            It is missing, is no plain file, cannot be read, or is larger than it may be.
        """
        if self.path.exists() and not self.path.is_file():
            raise OSError(0, "is no plain file")
        if self.path.stat().st_size > self.largest:
            raise OSError(0, f"is larger than {self.largest:,} bytes")
        return self.path.read_bytes()

    def json(self) -> Any:
        """Return what it holds as JSON.

        Raises
        ------
        OSError
            As for `content`.
        ValueError
            It is no JSON, too deep, or has a key twice.
        """
        try:
            return self.parsed(self.content())
        except RecursionError as problem:
            raise ValueError("is too deep") from problem

    @staticmethod
    def parsed(text: str | bytes, constant: Callable[[str], Any] | None = None) -> Any:
        """Return what a text holds as JSON; ValueError when a key stands twice.

        ``json.loads`` keeps the last of them. ``constant`` is asked what NaN and Infinity are.

        >>> PlainFile.parsed('{"a": 1, "b": 2}')
        {'a': 1, 'b': 2}
        """
        return json.loads(text, object_pairs_hook=_keys_once, parse_constant=constant)


def _keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for k, (key, _) in enumerate(pairs) if key in dict(pairs[:k]))
        raise ValueError(f"the key {twice[:80]!r} stands twice")
    return found
