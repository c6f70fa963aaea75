"""AkShare's functions as data, and the plan of a whole market's download.

Bars are asked for stock by stock, unadjusted; what happened on ex-dates comes from the tables of
dividends and rights issues. Members and weights are given for the present day only: each download
adds a list.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market import Code
from quanthedge.sources.download.plan import Period, Read, Request, Span, Stages, Table
from quanthedge.sources.files import as_dates

__all__ = ["INDICES", "TABLES", "stages"]

INDICES = ("000300", "000905", "000016", "000852")
_FUTURES_BEGIN = date(2010, 4, 16)
_DAY = "%Y%m%d"
BARS = ("日期", "开盘", "收盘", "最高", "最低", "成交量", "成交额")
_LISTS = (
    "stock_info_sh_name_code",
    "stock_info_sz_name_code",
    "stock_info_sh_delist",
    "stock_info_sz_delist",
)
# Columns of the lists: code, first day, last day.
_LISTED = {
    _LISTS[0]: ("证券代码", "上市日期", None),
    _LISTS[1]: ("A股代码", "A股上市日期", None),
    _LISTS[2]: ("公司代码", "上市日期", "暂停上市日期"),
    _LISTS[3]: ("证券代码", "上市日期", "终止上市日期"),
}
Plan = Callable[[Table], Iterable[Request]]


def _list(name: str, variants: dict[str, str], **more: Any) -> Table:
    code, listed, gone = _LISTED[name]
    columns = tuple(column for column in (code, listed, gone) if column)
    params = {key: {"symbol": symbol} for key, symbol in variants.items()}
    return Table(name, "once", columns, (code,), params, **more)


_HIST: dict[str, Any] = {
    "columns": ("股票代码", *BARS),
    "identity": ("日期",),
    "call": "stock_zh_a_hist",
    "column": "日期",
    "empty": True,
    "needs": _LISTS,
}
TABLES: tuple[Table, ...] = (
    Table("tool_trade_date_hist_sina", "once", ("trade_date",), ("trade_date",), {"all": {}}),
    _list(_LISTS[0], {"main": "主板A股", "star": "科创板"}),
    _list(_LISTS[1], {"all": "A股列表"}),
    _list(_LISTS[2], {"all": "全部"}, most=500),
    _list(_LISTS[3], {"all": "终止上市公司"}),
    Table("stock_zh_a_hist", "code", variants={"": {"adjust": ""}}, **_HIST),
    Table("stock_zh_a_hist_hfq", "code", variants={"": {"adjust": "hfq"}}, usual=False, **_HIST),
    Table(
        "stock_history_dividend_detail", "actions", ("公告日期", "派息", "除权除息日"),
        variants={"": {"indicator": "分红"}}, empty=True, needs=_LISTS,
    ),
    Table(
        "stock_history_dividend_detail_rights", "actions", ("公告日期", "配股方案", "除权日"),
        variants={"": {"indicator": "配股"}}, call="stock_history_dividend_detail", empty=True,
        needs=_LISTS,
    ),
    Table("index_zh_a_hist", "index", BARS, ("日期",), column="日期", empty=True),
    Table(
        "index_stock_cons_weight_csindex", "members", ("日期", "指数代码", "成分券代码"),
        ("日期", "指数代码", "成分券代码"),
    ),
    Table(
        "get_futures_daily", "futures day", ("symbol", "date", "close", "settle"),
        ("symbol", "date"), needs=("tool_trade_date_hist_sina",),
    ),
    Table(
        "stock_industry_clf_hist_sw", "once", ("symbol", "start_date", "industry_code"),
        ("symbol", "start_date", "industry_code"), {"all": {}},
    ),
    Table("macro_china_shibor_all", "once", ("日期", "O/N-定价"), ("日期",), {"all": {}}),
)  # fmt: skip


def stages(
    tables: Sequence[Table], period: Period, read: Read, indices: Sequence[str], today: date
) -> Stages:
    """Return the requests: lists and indices first, then futures by day, then stock by stock."""
    first: dict[str, Plan] = {
        "once": _once,
        "index": partial(_index, period, indices),
        "members": partial(_members, indices, today),
    }
    yield [request for table in tables if table.by in first for request in first[table.by](table)]
    later = [table for table in tables if table.by not in first]
    codes = _codes(read, period) if any(table.by in ("code", "actions") for table in later) else []
    for table in later:
        if table.by == "futures day":
            yield list(_futures(table, _open_days(read, period)))
        else:
            yield list((_bars if table.by == "code" else _actions)(table, codes, period))


def _once(table: Table) -> Iterable[Request]:
    for key, params in table.variants.items():
        yield Request(table, key, params)


def _index(period: Period, indices: Sequence[str], table: Table) -> Iterable[Request]:
    span = Span("start_date", "end_date", table.column, _DAY)
    for code in indices:
        params = {"symbol": code, "period": "daily"}
        yield Request(table, code, params, period.start, period.end, span)


def _members(indices: Sequence[str], today: date, table: Table) -> Iterable[Request]:
    for code in indices:
        yield Request(table, f"{code}/{today:%Y%m%d}", {"symbol": code})


def _open_days(read: Read, period: Period) -> list[date]:
    calendar = read("tool_trade_date_hist_sina", ["trade_date"])
    days = [] if calendar is None else as_dates(_one(calendar["trade_date"]), "trade_date")
    return sorted({day for day in map(_day, days) if day and period.start <= day <= period.end})


def _futures(table: Table, days: Sequence[date]) -> Iterable[Request]:
    for day in days:
        if day >= _FUTURES_BEGIN:
            key = day.strftime(_DAY)
            params = {"start_date": key, "end_date": key, "market": "CFFEX"}
            yield Request(table, key, params, day, day)


def _codes(read: Read, period: Period) -> list[tuple[str, date]]:
    """Return bare codes of shares listed in the period, with their last day in it."""
    found: dict[str, date] = {}
    for name, (code, listed, gone) in _LISTED.items():
        columns = [column for column in (code, listed, gone) if column]
        rows = read(name, columns)
        if rows is None:
            return []
        days = [as_dates(_one(rows[column]), column) for column in columns[1:]]
        ends = days[1] if gone else [None] * rows.num_rows
        for word, first, last in zip(rows[code].to_pylist(), days[0], ends, strict=True):
            begin, end = _day(first), _day(last)
            outside = (begin and begin > period.end) or (end and end < period.start)
            if word and not outside and _is_share(str(word)):
                found[str(word)] = min(end or period.end, period.end)
    return sorted(found.items())


def _is_share(word: str) -> bool:
    try:
        return Code(Code(word).stock()).is_stock
    except DataError:
        return False


def _bars(table: Table, codes: Sequence[tuple[str, date]], period: Period) -> Iterable[Request]:
    span = Span("start_date", "end_date", table.column, _DAY)
    adjust = table.variants[""]
    for code, last in codes:
        params = {"symbol": code, "period": "daily", **adjust}
        yield Request(table, code, params, period.start, last, span)


def _actions(table: Table, codes: Sequence[tuple[str, date]], period: Period) -> Iterable[Request]:
    for code, last in codes:
        yield Request(table, code, {"symbol": code, **table.variants[""]}, period.start, last)


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def _day(value: Any) -> date | None:
    if value is None:
        return None
    day = value.as_py() if isinstance(value, pa.Scalar) else value
    return None if day is None or np.isnat(np.datetime64(day)) else day
