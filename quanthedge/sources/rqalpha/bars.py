"""Stock bars of a bundle, stock by stock, with the factor, ST mark and suspensions of each day."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market import Code
from quanthedge.market.checks import Collector
from quanthedge.sources.files import as_dates, column_of
from quanthedge.sources.rqalpha.rows import by_code, dates_of, one_a_day, own_code

__all__ = ["BARS", "bars_of"]

Array = np.ndarray[Any, Any]
BARS = ("open", "high", "low", "close", "volume")


def bars_of(
    source: Path,
    path: Path,
    stocks: pa.Table,
    tables: Mapping[str, pa.Table],
    collector: Collector,
) -> Iterator[pa.Table]:
    """Read the bars in the order of codes, with factor, ST mark and suspension of each day."""
    listed = dict(zip(stocks["code"].to_pylist(), stocks["list_date"].to_numpy(), strict=True))
    factors = by_code(tables.get("ex_cum_factor"), f"{source}/ex_cum_factor.h5")
    special = by_code(tables.get("st_stock_days"), f"{source}/st_stock_days.h5")
    halted = by_code(tables.get("suspended_days"), f"{source}/suspended_days.h5")
    if "ex_cum_factor" not in tables:
        collector.add("info", "stock_daily", "no factor", 0, "ex_cum_factor.h5 is not there: the "
                      "factor is worked out from prev_close")  # fmt: skip
    if "st_stock_days" not in tables:
        collector.assume("stock_daily", "st_stock_days.h5 is not there: no stock counts as ST")
    places: dict[str, list[tuple[int, int, int]]] = {}
    where = f"{source}/stocks.h5"
    with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
        for batch in range(reader.num_record_batches):
            keys = reader.get_batch(batch)["key"]
            codes = own_code(keys, Code.stock, where).dictionary_encode()
            number = codes.indices.to_numpy()
            if len(number) == 0:
                continue
            starts = np.flatnonzero(np.append(True, number[1:] != number[:-1])).tolist()
            ends = [*starts[1:], len(number)]
            for begin, end in zip(starts, ends, strict=True):
                code = codes.dictionary[int(number[begin])].as_py()
                places.setdefault(code, []).append((batch, int(begin), int(end - begin)))
        left_out = [code for code in places if code not in listed]
        if left_out:
            what = "of stocks.h5 that are not in instruments.pk as A shares left out"
            collector.add(
                "info", "stock_daily", "others", len(left_out), what, left_out, unit="code"
            )
        for code in sorted(places.keys() & listed.keys()):
            parts = [reader.get_batch(b).slice(begin, rows) for b, begin, rows in places[code]]
            table = pa.Table.from_batches(parts)
            yield _stock(
                where, code, table, listed[code], factors, special, halted, collector
            )  # fmt: skip


def _stock(
    where: str,
    code: str,
    table: pa.Table,
    listed: np.datetime64,
    factors: Mapping[str, pa.Table],
    special: Mapping[str, pa.Table],
    halted: Mapping[str, pa.Table],
    collector: Collector,
) -> pa.Table:
    dates = dates_of(table, "datetime", where)
    order = np.argsort(dates, kind="stable")
    order = order[dates[order] >= listed]
    early = len(dates) - len(order)
    if early:
        what = "before the stock's listing left out (another company's?)"
        collector.add("info", "stock_daily", "early", early, what, [code], unit="bar")
    dates = dates[order]
    columns: dict[str, Any] = {
        "code": pa.DictionaryArray.from_arrays(np.zeros(len(dates), np.int32), [code]),
        "date": pa.array(dates, pa.date32()),
    }
    for ours, theirs in (
        *((name, name) for name in BARS), ("amount", "total_turnover"), ("pre_close", "prev_close"),
    ):  # fmt: skip
        values = column_of(table, where, theirs).to_numpy(zero_copy_only=False)
        columns[ours] = np.asarray(values, dtype=np.float64)[order]
    pauses = np.isin(dates, _days_of(halted.get(code), "suspended_days.h5"))
    traded = columns["volume"] > 0
    if (pauses & traded).any():
        shown = [f"{code} {day}" for day in dates[pauses & traded][: Collector.EXAMPLES]]
        what = "have volume on a day that suspended_days.h5 lists: they are kept"
        count = int((pauses & traded).sum())
        collector.add("warning", "stock_daily", "suspended", count, what, shown)
    if code in factors:
        columns["adj_factor"] = _as_of_factor(code, factors[code], dates)
    elif factors:
        columns["adj_factor"] = np.ones(len(dates))
    columns["is_st"] = np.isin(dates, _days_of(special.get(code), "st_stock_days.h5"))
    return pa.table(columns)


def _days_of(table: pa.Table | None, path: str) -> Array:
    if table is None:
        return np.empty(0, dtype="datetime64[D]")
    return dates_of(table, "value", path)


def _as_of_factor(code: str, table: pa.Table, dates: Array) -> Array:
    """Return the factor of each day; the first row begins before everything."""
    path = "ex_cum_factor.h5"
    start = column_of(table, path, "start_date").to_numpy(zero_copy_only=False)
    begin = np.full(len(start), np.datetime64("1900-01-01", "D"))
    real = start > 0
    if real.any():
        begin[real] = as_dates(pa.array(start[real].astype(np.int64)), path).to_numpy(
            zero_copy_only=False
        )
    values = column_of(table, path, "ex_cum_factor").to_numpy(zero_copy_only=False)
    one_a_day(begin, np.asarray(values, dtype=np.float64), f"{path}: {code}")
    order = np.argsort(begin, kind="stable")
    place = np.searchsorted(begin[order], dates, side="right") - 1
    factor: Array = np.where(place >= 0, np.asarray(values, np.float64)[order][place], np.nan)
    return factor
