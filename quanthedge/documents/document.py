"""Documents that a user writes by hand (TOML, JSON), taken for no more than they say.

What is read here is bounded in bytes and depth, is text that a page can show, and means what it
looks like: ``true`` is no number, ``"30"`` is a text, ``nan`` is nothing at all.
"""

import json
import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from quanthedge.documents.written import parse_value, printable, read_bytes, shown
from quanthedge.errors import StrategyError

__all__ = ["Document"]

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
_DEEPEST_CHANGE = 12  # tables that a --set may go down


class Document(dict[str, Any]):
    """A table of keys that a user wrote, in a file or with ``--set``."""

    @classmethod
    def read(cls, path: Path, what: str) -> "Document":
        """Return the keys of a TOML file, or of a JSON file by its ending.

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
        found = cls(document)
        found.check_plain(f"{what} {path}")
        return found

    def change(self, changes: Iterable[str] | str) -> None:
        """Write ``a.b.0.c=value`` changes, as `--set` writes them, or raise StrategyError."""
        for change in [changes] if isinstance(changes, str) else changes:
            key, separator, text = str(change).partition("=")
            word = printable(repr(change))
            if not separator or not key.strip():
                raise StrategyError(f"--set {word}: expected key=value, for instance selector.n=50")
            self.place(key.strip(), parse_value(text.strip()), f"--set {word}")
        self.check_plain("--set")

    def place(self, key: str, value: Any, told: str = "") -> None:
        """Write a value at a dotted key; ``told`` begins the message of an error."""
        told = told or f"change {printable(repr(key))}"
        parts = key.split(".")
        if not all(map(str.strip, parts)):
            raise StrategyError(f"{told}: expected key=value, for instance selector.n=50")
        if len(parts) > _DEEPEST_CHANGE:
            raise StrategyError(f"{told}: goes down {len(parts)} tables; no strategy does")
        node: Any = self
        for part in parts[:-1]:
            if isinstance(node, dict):
                node = node.setdefault(part, {})
            else:
                node = node[_entry(node, part, told)]
        if isinstance(node, dict):
            node[parts[-1]] = value
        else:
            node[_entry(node, parts[-1], told)] = value

    def check_plain(self, where: str) -> None:
        """Refuse numbers that are none, texts that no page can show, and depth without end.

        Raises
        ------
        StrategyError
            Names the key; ``where`` begins the message.
        """
        for place, value in _leaves(self, where, (), 0):
            name = place[-1] if place else ""
            if isinstance(value, float) and not math.isfinite(value):
                if value == math.inf and name in _OPEN_ENDED:
                    continue
                raise StrategyError(f"{where}: {_path(place)}: {value} is no number here")
            if isinstance(value, int) and abs(value) > 1e18:
                raise StrategyError(f"{where}: {_path(place)}: a number beyond 1e18")
            if isinstance(value, str):
                _check_text(value, name, f"{where}: {_path(place)}")

    def check_kinds(self, read: Mapping[str, Any], where: str) -> None:
        """Refuse values that were taken for another kind than the one in which they are written.

        Parameters
        ----------
        read
            The same as the model took it: ``model.model_dump()``.
        where : str
            For messages.

        Raises
        ------
        StrategyError
            ``true`` or a text where a number belongs, a number where yes or no or a date does.

        >>> Document({"n": True}).check_kinds({"n": 1}, "strategy")
        Traceback (most recent call last):
          ...
        quanthedge.errors.StrategyError: strategy: n: found true, a number is needed
        """
        for place, written, taken in _pairs((), self, read):
            needed = _needed(place, written, taken)
            if needed:
                plain = {True: "true", False: "false"}
                found = plain[written] if isinstance(written, bool) else repr(written)
                raise StrategyError(
                    f"{where}: {_path(place)}: found {printable(found, bare=True)}, {needed} is "
                    "needed"
                )


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("it is UTF-16; save it as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ValueError(f"line {line} is not UTF-8; save the file as UTF-8") from error


def _check_text(text: str, name: str, place: str) -> None:
    prose = name in _PROSE
    longest = _LONGEST_TEXT if prose else _LONGEST_NAME if name.startswith("name") else 4_000
    if len(text) > longest:
        raise StrategyError(f"{place}: {len(text):,} letters; accepted: up to {longest:,}")
    for letter in text:
        if shown(letter) or (prose and letter in "\n\t\r"):
            continue
        raise StrategyError(f"{place}: holds the sign {letter!a}, which no page can show")


def _leaves(
    value: Any, where: str, place: tuple[str, ...], depth: int
) -> Iterator[tuple[tuple[str, ...], Any]]:
    if depth > _DEEPEST:
        raise StrategyError(f"{where}: {_path(place[:3])}: nested deeper than {_DEEPEST} tables")
    if isinstance(value, dict):
        for key, inside in value.items():
            if len(str(key)) > _LONGEST_NAME or not all(map(shown, str(key))):
                raise StrategyError(f"{where}: the key {printable(key)} is no name")
            yield from _leaves(inside, where, (*place, str(key)), depth + 1)
    elif isinstance(value, list | tuple):
        for number, inside in enumerate(value):
            yield from _leaves(inside, where, (*place, str(number)), depth + 1)
    else:
        yield place, value


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


def _entry(node: Any, part: str, told: str) -> int:
    """Return the place in a list that a part of a key names."""
    if isinstance(node, list):
        for number in range(len(node)):
            if part == str(number):
                return number
    raise StrategyError(f"{told}: {printable(part)!r} leads nowhere in the strategy")


def _path(place: tuple[str, ...]) -> str:
    return printable(".".join(place))
