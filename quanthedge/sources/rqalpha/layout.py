"""The `rqalpha` layout: a bundle of RQAlpha (HDF5 files, a pickled list, dates as numbers).

Files read: stocks, indexes, futures, dividends, split_factor, ex_cum_factor, st_stock_days,
suspended_days and yield_curve (``.h5``), instruments.pk and trading_dates.npy. Prices are raw;
dividends are per `round_lot` shares; factors and days are as of their dates.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import Code, TableFile
from quanthedge.market.checks import Collector
from quanthedge.rules import IndexProduct
from quanthedge.sources.completion import completed
from quanthedge.sources.files import as_dates, column_of
from quanthedge.sources.melting import curve_rows
from quanthedge.sources.rqalpha.actions import actions_of
from quanthedge.sources.rqalpha.bars import BARS, bars_of
from quanthedge.sources.rqalpha.hdf5 import extracted
from quanthedge.sources.rqalpha.pickle import read_instruments
from quanthedge.sources.rqalpha.rows import dates_of, day_column, known, own_code
from quanthedge.sources.source import Layout, SourceTables
from quanthedge.sources.vendors.futures import futures_of
from quanthedge.storage import temporary_folder

__all__ = ["LAYOUT", "read", "recognise"]

Array = np.ndarray[Any, Any]
_OVERNIGHT = "0S"
TERM = re.compile(r"\d{1,2}[SMY]")


def recognise(source: Path) -> bool:
    """Whether the folder has the files that only a bundle has."""
    return (source / "stocks.h5").is_file() and (source / "instruments.pk").is_file()


def read(source: Path, collector: Collector) -> SourceTables:
    """Return the tables of a bundle, and the stock bars stock by stock."""
    instruments = read_instruments(source / "instruments.pk")
    calendar = _calendar(source / "trading_dates.npy", collector)
    stack = ExitStack()
    try:
        files = extracted(source, stack.enter_context(temporary_folder("rqalpha")))
        tables = {name: _load(path) for name, path in files.items() if name != "stocks"}
        stocks = _stocks(source, instruments, calendar, collector)
        actions = actions_of(tables, collector)
        small: dict[str, pa.Table] = {
            "calendar": pa.table({"date": pa.array(calendar, pa.date32())}),
            "stocks": stocks,
        }
        if actions is not None:
            small["corporate_actions"] = actions
        if "indexes" in tables:
            small["index_daily"] = _indices(source, tables["indexes"], collector)
        if "futures" in tables:
            small["futures_daily"] = _futures(source, tables, instruments, calendar, collector)
        if "yield_curve" in tables:
            rate = _cash_rate(source, tables["yield_curve"], collector)
            if rate is not None:
                small["cash_rate"] = rate
            small["government_yield_curve"] = _curve(source, tables["yield_curve"], collector)
        with pa.OSFile(str(files["stocks"])) as file, pa.ipc.open_file(file) as bars:
            rows = sum(bars.get_batch(k).num_rows for k in range(bars.num_record_batches))
    except BaseException:
        stack.close()
        raise
    pieces = bars_of(source, files["stocks"], stocks, tables, collector)
    return SourceTables(small, _then_gone(completed(pieces, collector), stack), rows)


def _then_gone(pieces: Iterator[pa.Table], work: ExitStack) -> Iterator[pa.Table]:
    """Hand the pieces on and remove what was extracted."""
    with work:
        yield from pieces


def _load(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
        return reader.read_all()


def _calendar(path: Path, collector: Collector) -> Array:
    numbers = TableFile(path).numbers()
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise DataError(f"{path}: accepted: a list of dates such as 20140917")
    dates = as_dates(pa.array(numbers.astype(np.int64)), str(path))
    days = np.unique(dates.to_numpy(zero_copy_only=False))
    if len(days) < len(dates):
        collector.repeated("calendar", len(dates) - len(days))
    return days


def _text(one: Mapping[str, Any], key: str) -> str:
    value = one.get(key)
    return value if isinstance(value, str) else ""


def _day(path: Path, one: Mapping[str, Any], key: str) -> np.datetime64:
    """Return a date of an instrument; NaT where it is empty or all zeros."""
    text = _text(one, key)
    if not text or text.startswith(("0000", "2999")):
        return np.datetime64("NaT", "D")
    if len(text) == len("2014-09-17"):
        with suppress(ValueError):
            return np.datetime64(text, "D")
    name = _text(one, "order_book_id")[:20]
    days = as_dates(pa.array([text], pa.string()), f"{path}: {name}: {key}")
    return np.datetime64(days[0].as_py(), "D")


def _code_of(path: Path, word: str) -> str:
    try:
        code = Code(word)
        return word if code.is_foreign else code.stock()
    except DataError as problem:
        raise DataError(f"{path}: no stock code in order_book_id: {problem}") from problem


def _stocks(
    source: Path, instruments: list[dict[str, Any]], calendar: Array, collector: Collector
) -> pa.Table:
    """List the stocks; of a code that two companies had, the later company."""
    path = source / "instruments.pk"
    lives: dict[str, tuple[Any, Any]] = {}
    twice, others, same = [], 0, 0
    for one in instruments:
        if _text(one, "type") != "CS":
            others += _text(one, "type") not in ("INDX", "Future")
            continue
        code = _code_of(path, _text(one, "order_book_id"))
        if not Code(code).is_stock:
            others += 1
            continue
        listed, gone = _day(path, one, "listed_date"), _day(path, one, "de_listed_date")
        if np.isnat(listed):
            raise DataError(f"{path}: {code} has no listed_date")
        if code in lives:
            before, end = lives[code]
            if before == listed and (end == gone or (np.isnat(end) and np.isnat(gone))):
                same += 1
                continue
            if before == listed:
                raise DataError(
                    f"{path}: {code} is there twice, gone on {end} and on {gone}; keep the right "
                    "one"
                )
            twice.append(code)
            if before > listed:
                continue
        lives[code] = (listed, gone)
    if not lives:
        raise DataError(f"{path}: lists no stock (type CS)")
    if others:
        what = "that are no A shares left out (funds, bonds, B shares ...)"
        collector.add("info", "stocks", "others", others, what, unit="instrument")
    if same:
        what = "that stand twice with the same values counted once"
        collector.add("info", "stocks", "repeats", same, what, unit="instrument")
    if twice:
        what = "had two companies: the later one is taken, bars before its listing are left out"
        collector.add("warning", "stocks", "two companies", len(twice), what, twice, unit="code")
    codes = sorted(lives)
    ends: Array = np.array([lives[code][1] for code in codes], dtype="datetime64[D]")
    ends[ends > calendar[-1]] = np.datetime64("NaT", "D")
    return pa.table(
        {
            "code": pa.array(codes, pa.string()),
            "list_date": day_column([lives[code][0] for code in codes]),
            "delist_date": day_column(ends),
        }
    )


def _indices(source: Path, table: pa.Table, collector: Collector) -> pa.Table:
    path = f"{source}/indexes.h5"
    codes = own_code(table["key"], known(Code.stock), path)
    keep = pa.array([code is not None and Code(code).is_index for code in codes.to_pylist()])
    out = pc.unique(table["key"].filter(pc.invert(keep))).to_pylist()
    if out:
        what = "that are no indices of the exchanges left out"
        collector.add("info", "index_daily", "others", len(out), what, out, unit="series")
    table, codes = table.filter(keep), codes.filter(keep)
    columns = [codes, pa.array(dates_of(table, "datetime", path), pa.date32())]
    names = ["code", "date"]
    for ours, theirs in (*((n, n) for n in BARS), ("amount", "total_turnover")):
        columns.append(column_of(table, path, theirs).cast(pa.float64()))
        names.append(ours)
    return pa.table(columns, names=names)


def _futures(
    source: Path,
    tables: Mapping[str, pa.Table],
    instruments: list[dict[str, Any]],
    calendar: Array,
    collector: Collector,
) -> pa.Table:
    """Take the contracts of index futures; continuous series and other products are left out."""
    path = f"{source}/futures.h5"
    table = tables["futures"]
    wanted = tuple(IndexProduct.every())
    reading = known(Code.contract)

    def contract(code: Code) -> str | None:
        name = reading(code)
        return name if name is not None and name[:-4] in wanted else None

    codes = own_code(table["key"], contract, path)
    out = pc.unique(table["key"].filter(pc.is_null(codes))).to_pylist()
    if out:
        what = "that are no contracts of index futures left out (continuous or other products)"
        collector.add("info", "futures_daily", "others", len(out), what, out, unit="series")
    table, codes = table.filter(pc.is_valid(codes)), codes.drop_null()
    rows = {"contract": codes, "date": pa.array(dates_of(table, "datetime", path), pa.date32())}
    for ours, theirs in (
        *((n, n) for n in BARS), ("settle", "settlement"), ("amount", "total_turnover"),
        ("open_interest", "open_interest"), ("pre_settle", "prev_settlement"),
        ("limit_up", "limit_up"), ("limit_down", "limit_down"),
    ):  # fmt: skip
        if theirs in table.column_names:
            rows[ours] = column_of(table, path, theirs).cast(pa.float64())
    pickle = source / "instruments.pk"
    last: dict[str, np.datetime64] = {}
    for one in instruments:
        future = _text(one, "type") == "Future"
        name = contract(Code(_text(one, "order_book_id"))) if future else None
        if name:
            day = _day(pickle, one, "maturity_date")
            day = _day(pickle, one, "de_listed_date") if np.isnat(day) else day
            if not np.isnat(day) and last.setdefault(name, day) != day:
                raise DataError(
                    f"{pickle}: {name} has the last trading days {last[name]} and {day}; keep the "
                    "right one"
                )
    ends = pa.table(
        {
            "contract": pa.array(list(last), pa.string()),
            "last_trading_day": day_column(list(last.values())),
        }
    )
    return futures_of(pa.table(rows), ends, calendar, path, collector)


def _curve(source: Path, table: pa.Table, collector: Collector) -> pa.Table:
    """Return the whole curve; the bundle's columns are its terms, `0S` to `50Y`."""
    path = f"{source}/yield_curve.h5"
    terms = {name: name for name in table.column_names if TERM.fullmatch(name)}
    rows = {"date": pa.array(dates_of(table, "date", path), pa.date32())}
    rows |= {name: column_of(table, path, name).cast(pa.float64()) for name in terms}
    return curve_rows(pa.table(rows), "date", terms, 1.0, collector)


def _cash_rate(source: Path, table: pa.Table, collector: Collector) -> pa.Table | None:
    path = f"{source}/yield_curve.h5"
    if _OVERNIGHT not in table.column_names:
        what = f"yield_curve.h5 has no column {_OVERNIGHT}: not used"
        collector.add("info", "cash_rate", "not used", 0, what)
        return None
    collector.assume("cash_rate", "the shortest treasury yield (0S) is taken for overnight money")
    rate = column_of(table, path, _OVERNIGHT).cast(pa.float64())
    dates = pa.array(dates_of(table, "date", path), pa.date32())
    return pa.table({"date": dates, "rate": rate}).filter(pc.is_valid(rate))


LAYOUT = Layout("a bundle of RQAlpha (stocks.h5, instruments.pk ...)", recognise, read)
