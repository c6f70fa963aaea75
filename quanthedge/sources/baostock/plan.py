"""BaoStock's queries as data, and the plan of a whole market's download.

Bars are asked for stock by stock, not adjusted (adjustflag 3), each with the exchange's previous
close, from which the factor follows. Dividends are given for one stock and one year at a time.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from typing import Any

from quanthedge.sources.download.plan import Period, Read, Request, Span, Stages, Table

__all__ = ["INDICES", "TABLES", "stages"]

INDICES = ("sh.000300", "sh.000905", "sh.000016", "sh.000852")
_DAY = "%Y-%m-%d"
BARS = (
    "date", "code", "open", "high", "low", "close", "preclose", "volume", "amount", "adjustflag",
    "turn", "tradestatus", "pctChg", "peTTM", "pbMRQ", "psTTM", "pcfNcfTTM", "isST",
)  # fmt: skip
_INDEX_BARS = (*BARS[:9], "pctChg")
_SHARE = "1"
Plan = Callable[[Table], Iterable[Request]]

_DAYS: dict[str, Any] = {"needs": ("query_trade_dates",)}
_STOCKS: dict[str, Any] = {"needs": ("query_stock_basic",), "empty": True}
_MEMBERS = ("updateDate", "code", "code_name")
TABLES: tuple[Table, ...] = (
    Table("query_trade_dates", "calendar", ("calendar_date", "is_trading_day"),
          ("calendar_date",), column="calendar_date"),
    Table("query_stock_basic", "once", ("code", "ipoDate", "outDate", "type"), ("code",)),
    Table("query_history_k_data_plus", "bars", BARS[:9], ("date",), column="date",
          needs=("query_stock_basic",), empty=True),
    Table("query_hs300_stocks", "month end", _MEMBERS, _MEMBERS[:2], **_DAYS),
    Table("query_zz500_stocks", "month end", _MEMBERS, _MEMBERS[:2], **_DAYS),
    Table("query_sz50_stocks", "month end", _MEMBERS, _MEMBERS[:2], **_DAYS),
    Table("query_stock_industry", "quarter end",
          ("updateDate", "code", "code_name", "industry", "industryClassification"),
          _MEMBERS[:2], **_DAYS),
    Table("query_dividend_data", "dividends",
          ("code", "dividOperateDate", "dividCashPsBeforeTax", "dividStocksPs"), **_STOCKS),
    Table("query_adjust_factor", "factors", ("code", "dividOperateDate", "backAdjustFactor"),
          ("dividOperateDate",), column="dividOperateDate", usual=False, **_STOCKS),
    Table("query_profit_data", "reports", ("code", "pubDate", "statDate"), settles=500,
          usual=False, **_STOCKS),
    Table("query_balance_data", "reports", ("code", "pubDate", "statDate"), settles=500,
          usual=False, **_STOCKS),
)  # fmt: skip


def stages(tables: Sequence[Table], period: Period, read: Read, indices: Sequence[str]) -> Stages:
    """Return the requests: calendar and list first, then lists of members, then by stock."""
    first: dict[str, Plan] = {"once": _once, "calendar": partial(_calendar, period)}
    yield [request for table in tables if table.by in first for request in first[table.by](table)]
    later = [table for table in tables if table.by not in first]
    days = _open_days(read, period) if any(table.by.endswith(" end") for table in later) else []
    stocks = _stocks(read, period) if not all(table.by.endswith(" end") for table in later) else []
    by: dict[str, Plan] = {
        "month end": partial(_ends, days, 1),
        "quarter end": partial(_ends, days, 3),
        "bars": partial(_bars, stocks, indices),
        "dividends": partial(_dividends, stocks),
        "factors": partial(_factors, stocks),
        "reports": partial(_reports, stocks),
    }
    for table in later:
        yield list(by[table.by](table))


def _once(table: Table) -> Iterable[Request]:
    yield Request(table, "all", {})


def _calendar(period: Period, table: Table) -> Iterable[Request]:
    span = Span("start_date", "end_date", table.column, _DAY)
    yield Request(table, "all", {}, period.start, period.end, span)


def _open_days(read: Read, period: Period) -> list[date]:
    rows = read("query_trade_dates", ["calendar_date", "is_trading_day"])
    if rows is None:
        return []
    pairs = zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True)
    days = sorted({date.fromisoformat(day) for day, opened in pairs if opened == "1"})
    return [day for day in days if period.start <= day <= period.end]


def _stocks(read: Read, period: Period) -> list[tuple[str, Period]]:
    """Return the shares listed in the period, with the part of it in which they were."""
    names = ["code", "ipoDate", "outDate", "type"]
    rows = read("query_stock_basic", names)
    if rows is None:
        return []
    found = []
    for code, listed, gone, kind in zip(*(rows[name].to_pylist() for name in names), strict=True):
        first = max(period.start, date.fromisoformat(listed)) if listed else period.start
        last = min(period.end, date.fromisoformat(gone)) if gone else period.end
        if kind == _SHARE and first <= last:
            found.append((code, Period(first, last)))
    return sorted(found, key=lambda pair: pair[0])


def _ends(days: Sequence[date], months: int, table: Table) -> Iterable[Request]:
    """Yield the last trading day of every month, or of every third one."""
    for place, day in enumerate(days):
        latest = place == len(days) - 1
        last = latest or days[place + 1].month != day.month
        if last and (day.month % months == 0 or latest):
            yield Request(table, day.strftime("%Y%m%d"), {"date": day.strftime(_DAY)}, day, day)


def _bars(
    stocks: Sequence[tuple[str, Period]], indices: Sequence[str], table: Table
) -> Iterable[Request]:
    span = Span("start_date", "end_date", table.column, _DAY)
    if not stocks:
        return
    begin = min(period.start for _, period in stocks)
    end = max(period.end for _, period in stocks)
    for code, fields, period in [
        *((code, _INDEX_BARS, Period(begin, end)) for code in indices),
        *((code, BARS, period) for code, period in stocks),
    ]:
        params = {"code": code, "fields": ",".join(fields), "frequency": "d", "adjustflag": "3"}
        yield Request(table, code, params, period.start, period.end, span)


def _dividends(stocks: Sequence[tuple[str, Period]], table: Table) -> Iterable[Request]:
    for code, period in stocks:
        for year in period.years():
            params = {"code": code, "year": str(year), "yearType": "operate"}
            last = min(date(year, 12, 31), period.end)
            yield Request(table, f"{code}/{year}", params, date(year, 1, 1), last)


def _factors(stocks: Sequence[tuple[str, Period]], table: Table) -> Iterable[Request]:
    span = Span("start_date", "end_date", table.column, _DAY)
    for code, period in stocks:
        yield Request(table, code, {"code": code}, period.start, period.end, span)


def _reports(stocks: Sequence[tuple[str, Period]], table: Table) -> Iterable[Request]:
    for code, period in stocks:
        for end in period.quarter_ends():
            quarter = str((end.month + 2) // 3)
            params = {"code": code, "year": str(end.year), "quarter": quarter}
            yield Request(table, f"{code}/{end:%Y%m%d}", params, end, end)
