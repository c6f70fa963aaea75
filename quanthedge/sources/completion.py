"""Stock bars as vendors give them, completed to our schema; every step counted in the report.

Vendors leave out what follows from the rest: the exchange's previous close follows from an
adjustment factor or from the corporate actions, a factor follows from the previous closes. Days
without trading have no row here. What follows from nothing is an assumption and said to be one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import (
    TABLES,
    ex_price,
    neighbours_equal,
    table_slices,
    whole_stocks,
)
from quanthedge.market.checks import Collector

__all__ = [
    "FIRST_CLOSE",
    "Known",
    "completed",
    "grown",
    "listing_spans",
    "sorted_bars",
    "with_flags",
]

Array = np.ndarray[Any, Any]
FIRST_CLOSE = "first close"  # the rule of findings about first bars without a previous close
_NEEDED = ("code", "date", "open", "high", "low", "close", "volume")
_SHARES = ("total_shares", "float_shares")
_NAME_MARKS = {"is_st": "ST", "is_delisting": "退"}


@dataclass(frozen=True)
class Known:
    """What the source knows beside the bars.

    Attributes
    ----------
    names
        The table stock_names: ST and delisting marks are read from it.
    actions
        The table corporate_actions: previous closes are worked out from it where neither they nor
        a factor are given.
    no_factor
        Why a source that has neither previous closes, nor a factor, nor actions may be read all
        the same; None refuses it.
    """

    names: pa.Table | None = None
    actions: pa.Table | None = None
    no_factor: str | None = None


def sorted_bars(table: pa.Table) -> Iterator[pa.Table]:
    """Sort bars in memory by code and date and cut them into pieces."""
    if table.num_rows and not _in_order(table):
        table = table.take(
            pc.sort_indices(table, sort_keys=[("code", "ascending"), ("date", "ascending")])
        )
    yield from table_slices(table)


def completed(
    pieces: Iterable[pa.Table], collector: Collector, known: Known | None = None
) -> Iterator[pa.Table]:
    """Return bars with all columns of stock_daily.

    Parameters
    ----------
    pieces
        Consecutive pieces sorted by code and date. Columns code (text), date, open, high, low,
        close (yuan, not adjusted), volume (shares; 0, NaN or null on days without trading) and
        any of amount, pre_close, adj_factor, total_shares, float_shares, is_st, is_delisting.
        Other columns are ignored.
    collector
        Told what was left out, worked out and assumed.
    known
        What the source knows beside the bars.

    Yields
    ------
    Table
        Whole stocks in the schema's columns; numbers stay as they are, also wrong ones, for the
        checks to name.

    Raises
    ------
    DataError
        A column is missing, or nothing says what happened on ex-dates.

    Notes
    -----
    Previous close from a factor: ``round(close[s] * factor[s] / factor[t], 2)`` with s the last
    traded day before t. Factor from previous closes: the cumulative product of
    ``close[s] / pre_close[t]``, 1 on the first bar. On a stock's first bar the previous close, when
    not given, is its open.
    """
    completion: _Completion | None = None
    for table in whole_stocks(_encoded(pieces)):
        if completion is None:
            completion = _Completion(table, collector, known or Known())
        yield completion.complete(table)


def listing_spans(table: pa.Table) -> pa.Table:
    """Return code, first and last date of bars in memory, sorted by code."""
    spans = table.group_by("code").aggregate([("date", "min"), ("date", "max")])
    spans = spans.select(["code", "date_min", "date_max"]).rename_columns(["code", "first", "last"])
    code = spans["code"].cast(pa.string()) if spans.num_rows else pa.array([], pa.string())
    return spans.set_column(0, "code", code).sort_by("code")


def _in_order(table: pa.Table) -> bool:
    code = table["code"].combine_chunks()
    if pa.types.is_dictionary(code.type):
        code = code.cast(code.type.value_type)
    before, after = code[:-1], code[1:]
    rising = pc.less(before, after)
    date = table["date"].combine_chunks()
    same = pc.and_(pc.equal(before, after), pc.less_equal(date[:-1], date[1:]))
    return bool(pc.all(pc.or_(rising, same)).as_py() is not False)


def _encoded(pieces: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Give every piece dictionary codes, which is what the regrouping needs."""
    for piece in pieces:
        missing = [name for name in _NEEDED if name not in piece.column_names]
        if missing:
            raise DataError(
                f"stock bars: column '{missing[0]}' is missing (found "
                f"{', '.join(piece.column_names)})"
            )
        code = piece["code"]
        if not pa.types.is_dictionary(code.type):
            code = code.cast(pa.string()).dictionary_encode()
        place = piece.column_names.index("code")
        yield piece.set_column(place, "code", code.cast(pa.dictionary(pa.int32(), pa.string())))


def grown(start: float, step: Array, first: Array) -> Array:
    """Return a factor from its steps, day by day, so that any split of the days gives the same.

    Steps that are no number above 0 (wrong prices: the checks' matter) count as 1; on `first` rows
    the factor is `start`.
    """
    sound = np.where((step > 0) & (step < np.inf), step, 1.0)
    sound = np.where(first, start, sound)
    factor = np.empty(len(sound))
    starts = np.flatnonzero(first)
    for begin, end in zip(starts, np.append(starts[1:], len(sound)), strict=True):
        np.multiply.accumulate(sound[begin:end], out=factor[begin:end])
    return factor


class _Completion:
    """Completes pieces that all have the columns of the first one."""

    def __init__(self, first: pa.Table, collector: Collector, known: Known) -> None:
        self._collector = collector
        self._columns = set(first.column_names)
        self._marks = {} if known.names is None else _marked_spells(known.names)
        self._named = known.names is not None
        self._actions = None if known.actions is None else _actions_by_code(known.actions)
        told = {"pre_close", "adj_factor"} & self._columns or known.actions is not None
        if not told and known.no_factor is None:
            raise DataError(
                "stock bars: neither previous closes nor an adjustment factor nor corporate "
                "actions are in the source, so returns on ex-dates would be wrong; add one of them"
            )
        if not told:
            collector.assume("stock_daily", str(known.no_factor))
        self._assume_gaps()

    def _assume_gaps(self) -> None:
        for name in ("amount", *_SHARES):
            if name not in self._columns:
                what = f"{name} is not in the source and stays undefined"
                self._collector.assume("stock_daily", what)
        for flag, words in (("is_st", "ST"), ("is_delisting", "in its delisting period")):
            if flag not in self._columns and not self._named:
                what = f"{flag} is not in the source: no stock counts as {words}"
                self._collector.assume("stock_daily", what)

    def complete(self, table: pa.Table) -> pa.Table:
        """Return the bars of whole stocks in the schema's columns."""
        table = self._once(self._traded(table))
        code = table["code"].combine_chunks()
        date = table["date"].cast(pa.date32()).to_numpy()
        number = code.indices.to_numpy()
        first = np.ones(len(number), dtype=bool)
        first[1:] = number[1:] != number[:-1]
        values = {name: _numbers(table, name) for name in self._number_columns()}
        self._previous_closes(values, first, code, date)
        self._factors(values, first)
        columns: list[Any] = []
        for column in TABLES["stock_daily"].columns:
            if column.name == "code":
                columns.append(code)
            elif column.name == "date":
                columns.append(pa.array(date, pa.date32()))
            elif column.kind == "flag":
                columns.append(self._flags(table, column.name, code, date))
            else:
                blank = np.full(len(number), np.nan)
                columns.append(pa.array(values.get(column.name, blank)))
        return pa.Table.from_arrays(columns, names=list(TABLES["stock_daily"].column_names))

    def _number_columns(self) -> list[str]:
        return [name for name in TABLES["stock_daily"].numbers if name in self._columns]

    def _traded(self, table: pa.Table) -> pa.Table:
        """Leave out the days without trading: they have no row here."""
        volume, close = _numbers(table, "volume"), _numbers(table, "close")
        idle = (volume == 0) | np.isnan(volume) | (np.isnan(close) & ~(volume > 0))
        if not idle.any():
            return table
        what = "without trading (volume 0 or empty) left out: suspended days have no row"
        self._collector.add(
            "info", "stock_daily", "suspended", int(idle.sum()), what, unit="stock-day"
        )
        return table.filter(pa.array(~idle))

    def _once(self, table: pa.Table) -> pa.Table:
        """Count bars that repeat another one once: the next step compares neighbours."""
        number, date = table["code"].combine_chunks().indices.to_numpy(), table["date"].to_numpy()
        twice = np.flatnonzero((number[1:] == number[:-1]) & (date[1:] == date[:-1])) + 1
        twice = twice[neighbours_equal(table, twice)] if len(twice) else twice
        if len(twice) == 0:
            return table
        self._collector.repeated("stock_daily", len(twice))
        return table.filter(pa.array(~np.isin(np.arange(table.num_rows), twice)))

    def _previous_closes(
        self, values: dict[str, Array], first: Array, code: pa.Array, date: Array
    ) -> None:
        close = values["close"]
        before = np.roll(close, 1)
        given = values.get("pre_close")
        with np.errstate(all="ignore"):  # what damaged numbers give is left for the checks to name
            if "adj_factor" in values:
                implied = before * np.roll(values["adj_factor"], 1) / values["adj_factor"]
            elif self._actions is not None:
                implied = self._ex_prices(before, code, date, first)
            else:
                implied = before
            implied = np.where(first, values["open"], np.floor(implied * 100 + 0.5 + 1e-6) / 100)
        gaps = np.ones(len(close), dtype=bool) if given is None else ~(given > 0)
        if given is not None:
            gaps &= np.isnan(given)  # a wrong value is left for the checks to name
        values["pre_close"] = implied if given is None else np.where(gaps, implied, given)
        self._count("pre_close worked out from the bar before", gaps & ~first)
        what = "pre_close not given on a stock's first bar: its open is taken"
        self._count(what, gaps & first, FIRST_CLOSE)

    def _ex_prices(self, before: Array, code: pa.Array, date: Array, first: Array) -> Array:
        """Apply every action with an ex-date after the bar before and up to the bar."""
        implied = before.copy()
        number = code.indices.to_numpy()
        words = code.dictionary.to_pylist()
        starts = np.flatnonzero(first)
        for begin, end in zip(starts, np.append(starts[1:], len(number)), strict=True):
            for ex_date, *right in (self._actions or {}).get(words[number[begin]], ()):
                place = begin + int(np.searchsorted(date[begin:end], ex_date))
                if begin < place < end:
                    implied[place] = ex_price(*(np.asarray(x) for x in (implied[place], *right)))
        return implied

    def _factors(self, values: dict[str, Array], first: Array) -> None:
        if "adj_factor" in values:
            return
        with np.errstate(all="ignore"):
            step = np.where(first, 1.0, np.roll(values["close"], 1) / values["pre_close"])
            values["adj_factor"] = grown(1.0, step, first)
        self._count("adj_factor worked out from previous closes", np.ones(len(first), dtype=bool))

    def _flags(self, table: pa.Table, name: str, code: pa.Array, date: Array) -> pa.Array:
        if name in self._columns:
            return table[name].combine_chunks()
        flags = np.zeros(table.num_rows, dtype=bool)
        if self._named:
            flags = _marked(code, date, self._marks[_NAME_MARKS[name]])
            self._count(f"{name} read from the short names", flags)
        return pa.array(flags)

    def _count(self, what: str, rows: Array, rule: str = "completed") -> None:
        count = int(np.count_nonzero(rows))
        if count:
            self._collector.add("info", "stock_daily", rule, count, what, unit="bar")


def with_flags(piece: pa.Table, names: pa.Table, wanted: Iterable[str]) -> pa.Table:
    """Return bars whose flags are read from short names; codes are dictionary-encoded."""
    code = piece["code"].combine_chunks()
    date = piece["date"].cast(pa.date32()).to_numpy()
    marks = _marked_spells(names)
    for name in wanted:
        place = piece.column_names.index(name)
        flags = pa.array(_marked(code, date, marks[_NAME_MARKS[name]]))
        piece = piece.set_column(place, piece.schema.field(place), flags)
    return piece


def _marked(code: pa.Array, date: Array, spells: dict[str, list[tuple[Any, Any]]]) -> Array:
    flags = np.zeros(len(date), dtype=bool)
    number, words = code.indices.to_numpy(), code.dictionary.to_pylist()
    for place in np.unique(number):
        for start, end in spells.get(words[place], ()):
            flags |= (number == place) & (date >= start) & (date <= end)
    return flags


def _numbers(table: pa.Table, name: str) -> Array:
    column = table[name]
    if not (
        pa.types.is_integer(column.type)
        or pa.types.is_floating(column.type)
        or pa.types.is_decimal(column.type)
        or pa.types.is_null(column.type)
    ):
        raise DataError(f"stock bars: column '{name}' is {column.type}; accepted: numbers")
    numbers: Array = column.cast(pa.float64()).fill_null(np.nan).to_numpy()
    return numbers


def _marked_spells(names: pa.Table) -> dict[str, dict[str, list[tuple[Any, Any]]]]:
    """Return, by mark, the spells of each stock whose short name carries the mark."""
    spells: dict[str, dict[str, list[tuple[Any, Any]]]] = {m: {} for m in _NAME_MARKS.values()}
    far = np.datetime64("9999-12-31", "D")
    for row in names.select(["code", "name", "start", "end"]).to_pylist():
        for mark, found in spells.items():
            if mark in (row["name"] or "").upper():  # a name that is missing is refused later
                end = far if row["end"] is None else np.datetime64(row["end"], "D")
                start = np.datetime64(row["start"], "D")
                found.setdefault(row["code"], []).append((start, end))
    return spells


def _actions_by_code(actions: pa.Table) -> dict[str, list[tuple[Any, ...]]]:
    wanted = ("cash_per_share", "bonus_per_share", "rights_per_share", "rights_price")
    by_code: dict[str, list[tuple[Any, ...]]] = {}
    for row in actions.sort_by("ex_date").to_pylist():
        numbers = [0.0 if row[name] is None else float(row[name]) for name in wanted]
        right = (np.datetime64(row["ex_date"], "D"), *numbers)
        by_code.setdefault(row["code"], []).append(right)
    return by_code
