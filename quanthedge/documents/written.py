"""Bytes and words that a user writes by hand: bounded, and shown without harm to a terminal."""

import os
import tomllib
from pathlib import Path
from typing import Any

from quanthedge.errors import QuantHedgeError, StrategyError

__all__ = [
    "bounded",
    "parse_value",
    "printable",
    "read_bytes",
    "reason",
    "shown",
    "visible",
]

_LARGEST = 8 * 2**20  # bytes of a file
_LONGEST_SHOWN = 200


def read_bytes(
    path: Path, what: str, largest: int = _LARGEST, error: type[QuantHedgeError] = StrategyError
) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    StrategyError
        Or the error given. It is missing, no file, may not be read, or is larger than any such file
        needs to be.
    """
    try:
        return bounded(path, largest)
    except (OSError, ValueError) as problem:
        raise error(f"{what} {printable(path)}: cannot be read ({reason(problem)})") from problem


def bounded(path: Path, largest: int) -> bytes:
    """Return a file's bytes; OSError where it cannot be read, ValueError where it is too large."""
    with path.open("rb") as file:  # ValueError also for a name with NUL
        data = file.read(largest + 1)
    if len(data) > largest:
        raise ValueError(f"larger than {largest:,} bytes")
    return data


def reason(problem: OSError | ValueError) -> str:
    """Return in a few words why a file cannot be read."""
    return (problem.strerror if isinstance(problem, OSError) else None) or str(problem)


def shown(letter: str) -> bool:
    """Whether a letter is one to be seen, or a blank: no control character, no half of a letter."""
    number = ord(letter)
    return number >= 0x20 and not 0x7F <= number < 0xA0 and not 0xD800 <= number < 0xE000


def parse_value(text: str) -> Any:
    """Return a value written as in TOML; a bare word is a text.

    >>> parse_value("[1, 2]"), parse_value("bottom_up"), parse_value("2015-01-31").year
    ([1, 2], 'bottom_up', 2015)
    """
    try:
        found = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return found["value"] if list(found) == ["value"] else text


def printable(text: object, *, bare: bool = False) -> str:
    r"""Return a text for a line of a message: short, without anything that moves a cursor.

    >>> printable("a\nb"), printable("x" * 300)[-5:]
    ("'a\\nb'", 'xx...')
    """
    plain = os.fspath(text) if isinstance(text, os.PathLike) else str(text)
    if not all(map(shown, plain)):
        plain = ascii(plain)[1:-1] if bare else ascii(plain)
    return plain if len(plain) <= _LONGEST_SHOWN else f"{plain[:_LONGEST_SHOWN]}..."


def visible(text: str) -> str:
    """Return a text without anything that moves a cursor; lines stay."""
    if all(shown(letter) or letter == "\n" for letter in text):
        return text
    return "".join(
        letter if shown(letter) or letter == "\n" else ascii(letter)[1:-1] for letter in text
    )
