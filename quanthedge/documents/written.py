"""Files that a user writes by hand (TOML, JSON), taken for no more than they say.

What is read here is bounded in bytes and depth, is text that a page can show, and means what it
looks like: ``true`` is no number, ``"30"`` is a text, ``nan`` is nothing at all.
"""

import json
import math
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from quanthedge.errors import QuantHedgeError, StrategyError

__all__ = [
    "bounded",
    "check_kinds",
    "check_plain",
    "parse_value",
    "printable",
    "read_bytes",
    "read_document",
    "reason",
    "visible",
]

_LARGEST = 8 * 2**20  # bytes of a file
_DEEPEST = 40  # tables and lists inside one another
_LONGEST_NAME = 200  # letters of a key or a name
_LONGEST_TEXT = 20_000
_PROSE = tuple(  # may have more than one line
    f"{key}{ending}"
    for key in ("description", "source", "market_review", "operation", "outlook")
    for ending in ("", "_zh")
)
_OPEN_ENDED = ("below",)  # the last step of a scale: no limit is inf there, and nowhere else
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
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


def read_document(path: Path, what: str) -> dict[str, Any]:
    """Return a table of keys read from a TOML file, or a JSON file by its ending.

    Parameters
    ----------
    path : Path
        UTF-8, with or without a mark in front.
    what : str
        What it is, for messages: "strategy".

    Raises
    ------
    StrategyError
        One sentence: it cannot be read, is no such file, or holds what nothing here can mean.
    """
    raw = read_bytes(path, what)
    kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
    try:
        text = _decoded(raw)
        document = json.loads(text) if kind == "JSON" else tomllib.loads(text)
    except RecursionError as error:
        raise StrategyError(
            f"{what} {path}: not a readable {kind} file: nested too deeply"
        ) from error
    except ValueError as error:  # also a number of 5,000 digits
        line = printable(error)
        raise StrategyError(f"{what} {path}: not a readable {kind} file: {line}") from error
    if not isinstance(document, dict):
        raise StrategyError(
            f"{what} {path}: expected a table of keys, found {type(document).__name__}"
        )
    check_plain(document, f"{what} {path}")
    return document


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("it is UTF-16; save it as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ValueError(f"line {line} is not UTF-8; save the file as UTF-8") from error


def check_plain(document: Any, where: str) -> None:
    """Refuse numbers that are none, texts that no page can show, and depth without end.

    Raises
    ------
    StrategyError
        Names the key.
    """
    for place, value in _leaves(document, where, (), 0):
        name = place[-1] if place else ""
        if isinstance(value, float) and not math.isfinite(value):
            if value == math.inf and name in _OPEN_ENDED:
                continue
            raise StrategyError(f"{where}: {_path(place)}: {value} is no number here")
        if isinstance(value, int) and abs(value) > 1e18:
            raise StrategyError(f"{where}: {_path(place)}: a number beyond 1e18")
        if isinstance(value, str):
            _check_text(value, name, f"{where}: {_path(place)}")


def _check_text(text: str, name: str, place: str) -> None:
    prose = name in _PROSE
    longest = _LONGEST_TEXT if prose else _LONGEST_NAME if name.startswith("name") else 4_000
    if len(text) > longest:
        raise StrategyError(f"{place}: {len(text):,} letters; accepted: up to {longest:,}")
    for letter in text:
        if _shown(letter) or (prose and letter in "\n\t\r"):
            continue
        raise StrategyError(f"{place}: holds the sign {letter!a}, which no page can show")


def _shown(letter: str) -> bool:
    """Whether a letter is one to be seen, or a blank: no control character, no half of a letter."""
    number = ord(letter)
    return number >= 0x20 and not 0x7F <= number < 0xA0 and not 0xD800 <= number < 0xE000


def _leaves(
    value: Any, where: str, place: tuple[str, ...], depth: int
) -> Iterator[tuple[tuple[str, ...], Any]]:
    if depth > _DEEPEST:
        raise StrategyError(f"{where}: {_path(place[:3])}: nested deeper than {_DEEPEST} tables")
    if isinstance(value, dict):
        for key, inside in value.items():
            if len(str(key)) > _LONGEST_NAME or not all(map(_shown, str(key))):
                raise StrategyError(f"{where}: the key {printable(key)} is no name")
            yield from _leaves(inside, where, (*place, str(key)), depth + 1)
    elif isinstance(value, list | tuple):
        for number, inside in enumerate(value):
            yield from _leaves(inside, where, (*place, str(number)), depth + 1)
    else:
        yield place, value


def check_kinds(document: Any, read: Any, where: str) -> None:
    """Refuse values that were taken for another kind than the one in which they are written.

    Parameters
    ----------
    document
        As written.
    read
        The same as the model took it: ``model.model_dump()``.
    where : str
        For messages.

    Raises
    ------
    StrategyError
        ``true`` or a text where a number belongs, a number where yes or no or a date does.

    >>> check_kinds({"n": True}, {"n": 1}, "strategy")
    Traceback (most recent call last):
      ...
    quanthedge.errors.StrategyError: strategy: n: found true, a number is needed
    """
    for place, written, taken in _pairs((), document, read):
        needed = _needed(place, written, taken)
        if needed:
            found = "true" if written is True else "false" if written is False else repr(written)
            raise StrategyError(
                f"{where}: {_path(place)}: found {printable(found, bare=True)}, {needed} is needed"
            )


def _needed(place: tuple[str, ...], written: Any, taken: Any) -> str:
    """Return what is needed instead; empty when it is what was written."""
    if isinstance(taken, bool):
        return "" if isinstance(written, bool) else "true or false"
    if isinstance(taken, int | float):
        open_ended = place[-1] in _OPEN_ENDED and written == "inf"
        fits = isinstance(written, int | float) and not isinstance(written, bool)
        return "" if fits or open_ended else "a number"
    if isinstance(taken, date):
        day = isinstance(written, date) and not isinstance(written, datetime)
        fits = day or (isinstance(written, str) and _DAY.fullmatch(written) is not None)
        return "" if fits else "a day such as 2015-01-31"
    return ""


def _pairs(place: tuple[str, ...], one: Any, other: Any) -> Iterator[tuple[Any, Any, Any]]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in one:
            if key in other:
                yield from _pairs((*place, str(key)), one[key], other[key])
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        for number, (left, right) in enumerate(zip(one, other, strict=False)):
            yield from _pairs((*place, str(number)), left, right)
    elif not isinstance(one, Mapping | list | tuple) and not isinstance(
        other, Mapping | list | tuple
    ):
        yield place, one, other


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
    if not all(map(_shown, plain)):
        plain = ascii(plain)[1:-1] if bare else ascii(plain)
    return plain if len(plain) <= _LONGEST_SHOWN else f"{plain[:_LONGEST_SHOWN]}..."


def visible(text: str) -> str:
    """Return a text without anything that moves a cursor; lines stay."""
    if all(_shown(letter) or letter == "\n" for letter in text):
        return text
    return "".join(
        letter if _shown(letter) or letter == "\n" else ascii(letter)[1:-1] for letter in text
    )


def _path(place: tuple[str, ...]) -> str:
    return printable(".".join(place))
