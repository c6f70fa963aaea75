"""Conditions on runs: ``sharpe > 1 and hedge.contract = 'front'``.

A condition is comparisons joined by ``and``, ``or``, ``not`` and parentheses::

    name = 0.8    name != 'front'    name < 5%    name >= '2015-01-05'    name > other.name
    name in ('front', 'next')    name not in (1, 2)    name like '%600%'    name is null    whole

Names are the columns of the table of runs: what a run is (``status``, ``market``, ``start``,
``tags`` ...), its figures (``sharpe_net``) and its parameters by their dotted names; common figures
have the short names of :data:`SHORT`. ``tags`` and ``sweep`` hold several texts: ``=`` and ``in``
ask whether one of them is meant. A comparison with a value that a run does not have is false, also
under ``!=``; ``not`` turns what it stands before round. Texts are compared letter by letter,
numbers as numbers; a text is never equal to a number.

Nothing of a condition is handed on to be run: it is read here, into comparisons of columns.
"""

import difflib
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.errors import StrategyError

__all__ = ["SHORT", "chosen", "column_of"]

SHORT = {
    "return": "annual_return_net",
    "volatility": "volatility_net",
    "sharpe": "sharpe_net",
    "drawdown": "max_drawdown_net",
    "correlation": "correlation_accrued_daily",
    "beta": "beta_daily",
    "costs": "paid_trading_costs",
    "tag": "tags",
}
_SEVERAL = {"tags", "sweep"}  # columns of texts joined by commas
_WORDS = {"and", "or", "not", "in", "like", "is", "null", "true", "false"}
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?%?)(?![\w.])
    |(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    |(?P<name>[^\W\d]\w*(?:\.\w+)*)
    |(?P<sign><=|>=|!=|<>|==|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)
_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LONGEST = 10_000
_DEEPEST = 100

Mask = np.ndarray[Any, np.dtype[np.bool_]]


class _Token(NamedTuple):
    kind: str  # number, text, name, word, sign, end
    value: Any
    place: int


def chosen(table: pd.DataFrame, condition: str) -> Mask:
    """Return which runs meet a condition.

    Parameters
    ----------
    table : DataFrame
        Of :meth:`Store.runs`.
    condition : str

    Returns
    -------
    array of bool
        [rows]

    Raises
    ------
    StrategyError
        It cannot be read (says where), or names no column of the table.

    Examples
    --------
    >>> table = pd.DataFrame({"sharpe_net": [1.5, 0.5], "hedge.contract": ["front", "next"]})
    >>> chosen(table, "sharpe > 1 or hedge.contract = 'next'").tolist()
    [True, True]
    """
    if len(condition) > _LONGEST:
        raise StrategyError(f"condition of {len(condition):,} letters; accepted: {_LONGEST:,}")
    return _Reader(table, condition).read()


def column_of(table: pd.DataFrame, name: str) -> str:
    """Return the column that a name means, in full or short.

    Raises
    ------
    StrategyError
        There is none; names some that are near.
    """
    for known in (name, SHORT.get(name, name)):
        if known in table.columns or known == table.index.name:
            return known
    columns = [str(column) for column in table.columns]
    short = [one for one, meant in SHORT.items() if meant in columns and one != name]
    near = [one for one in columns if one.endswith(f".{name}") or one.startswith(f"{name}_")][:3]
    near += difflib.get_close_matches(name, [*columns, *short], n=3)
    hint = "`quanthedge runs show` lists a run's"
    if near:
        hint = f"did you mean {', '.join(dict.fromkeys(near))}?"
    raise StrategyError(
        f"no figure or parameter {name!r} in these runs; {hint} (a text stands in quotes)"
    )


class _Reader:
    """Reads a condition by descent: or, and, not, comparison."""

    def __init__(self, table: pd.DataFrame, condition: str) -> None:
        self.table = table
        self.condition = condition
        self.tokens = list(_tokens(condition))
        self.at = 0
        self.depth = 0

    def read(self) -> Mask:
        found = self.either()
        if self.now.kind != "end":
            raise self.wrong("and, or, or the end")
        return found

    @property
    def now(self) -> _Token:
        return self.tokens[self.at]

    def take(self, kind: str, *values: str) -> _Token | None:
        token = self.now
        if token.kind != kind or (values and token.value not in values):
            return None
        self.at += 1
        return token

    def need(self, kind: str, value: str) -> None:
        if self.take(kind, value) is None:
            raise self.wrong(f"{value!r}")

    def wrong(self, accepted: str) -> StrategyError:
        return _wrong(self.condition, self.now.place, accepted)

    def either(self) -> Mask:
        found = self.both()
        while self.take("word", "or"):
            found = found | self.both()
        return found

    def both(self) -> Mask:
        found = self.turned()
        while self.take("word", "and"):
            found = found & self.turned()
        return found

    def turned(self) -> Mask:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise StrategyError(f"condition: more than {_DEEPEST} parentheses or nots")
        try:
            if self.take("word", "not"):
                return ~self.turned()
            if self.take("sign", "("):
                found = self.either()
                self.need("sign", ")")
                return found
            return self.comparison()
        finally:
            self.depth -= 1

    def comparison(self) -> Mask:
        name = self.take("name")
        if name is None:
            raise self.wrong("the name of a figure or parameter")
        if sign := self.take("sign", *_COMPARED):
            other = self.value()
            return self.compared(name.value, sign.value, other)
        turned = self.take("word", "not") is not None
        if self.take("word", "in"):
            found = self.among(name.value)
        elif self.take("word", "like"):
            pattern = self.take("text")
            if pattern is None:
                raise self.wrong("a text in quotes")
            found = self.like(name.value, pattern.value)
        elif turned:
            raise self.wrong("in or like")
        elif self.take("word", "is"):
            turned = self.take("word", "not") is not None
            self.need("word", "null")
            found = np.array(self.cells(name.value).isna(), bool)
        else:
            found = _equal(self.cells(name.value), True)
        return ~found if turned else found

    def value(self) -> _Token:
        for kind in ("number", "text", "name"):
            if token := self.take(kind):
                return token
        if token := self.take("word", "true", "false"):
            return token._replace(value=token.value == "true")
        raise self.wrong("a number, a text in quotes, true, false or a name")

    def among(self, name: str) -> Mask:
        self.need("sign", "(")
        found = np.zeros(len(self.table), bool)
        while True:
            found |= self.compared(name, "=", self.value())
            if self.take("sign", ")"):
                return found
            self.need("sign", ",")

    def compared(self, name: str, sign: str, other: _Token) -> Mask:
        cells = self.cells(name)
        if other.kind == "name":
            return _rowwise(cells, self.cells(other.value), _COMPARED[sign])
        if self.column(name) in _SEVERAL and isinstance(other.value, str):
            lists = [set(str(cell).split(", ")) for cell in cells]
            if sign in ("=", "=="):
                return np.array([other.value in one for one in lists], bool)
            if sign in ("!=", "<>"):
                return np.array([other.value not in one for one in lists], bool)
        if isinstance(other.value, bool):
            if sign not in ("=", "==", "!=", "<>"):
                raise _wrong(self.condition, other.place, "= or != before true and false")
            wanted = other.value if sign in ("=", "==") else not other.value
            return _equal(cells, wanted)
        return _rowwise(cells, other.value, _COMPARED[sign])

    def like(self, name: str, pattern: str) -> Mask:
        parts = {"%": ".*", "_": "."}
        text = "".join(parts.get(letter, re.escape(letter)) for letter in pattern)
        wanted = re.compile(text, re.IGNORECASE | re.DOTALL)
        cells = self.cells(name)
        return np.array(
            [isinstance(one, str) and wanted.fullmatch(one) is not None for one in cells], bool
        )

    def column(self, name: str) -> str:
        return column_of(self.table, name) if len(self.table) else name

    def cells(self, name: str) -> pd.Series:
        if not len(self.table):  # nothing is known, and nothing can be meant
            return pd.Series(dtype=object)
        known = self.column(name)
        if known == self.table.index.name:
            return self.table.index.to_series()
        found: pd.Series = self.table[known]
        return found


def _equal(cells: pd.Series, value: bool) -> Mask:
    return np.array(
        [isinstance(one, bool | np.bool_) and bool(one) is value for one in cells], bool
    )


def _rowwise(cells: pd.Series, other: Any, compare: Callable[[Any, Any], Any]) -> Mask:
    """Compare numbers with numbers and texts with texts; anything else is not met."""
    if not isinstance(other, pd.Series) and _is_number(other) and cells.dtype.kind in "fi":
        numbers = cells.to_numpy(float)
        met: Mask = np.asarray(compare(numbers, other), bool) & ~np.isnan(numbers)
        return met
    others = other if isinstance(other, pd.Series) else [other] * len(cells)
    found = [
        bool(compare(one, two)) if _alike(one, two) else False
        for one, two in zip(cells, others, strict=True)
    ]
    return np.array(found, bool)


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str)
    return _is_number(one) and _is_number(other)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        return False
    return not bool(np.isnan(value))


def _tokens(condition: str) -> Iterator[_Token]:
    at = 0
    while condition[at:].strip():
        match = _TOKEN.match(condition, at)
        if match is None:
            raise _wrong(condition, at, "a name, a number, a text in quotes or a sign")
        kind = str(match.lastgroup)
        text, place = match[kind], match.start(kind)
        value: Any = text
        if kind == "number":
            value = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
        elif kind == "text":
            value = text[1:-1].replace(text[0] * 2, text[0])
        elif text.lower() in _WORDS:
            kind, value = "word", text.lower()
        yield _Token(kind, value, place)
        at = match.end()
    yield _Token("end", "", len(condition))


def _wrong(condition: str, place: int, accepted: str) -> StrategyError:
    rest = condition[place:].strip()
    told = f"condition {condition[:100]!r}"
    if rest:
        return StrategyError(f"{told}: at {rest[:20]!r}; accepted here: {accepted}")
    return StrategyError(f"{told}: at its end; accepted here: {accepted}")
