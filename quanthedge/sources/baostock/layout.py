"""The `baostock` layout: tables of BaoStock, saved under the names of its queries; all cells text.

A table is one file or a folder of files (``query_history_k_data_plus/sh.600000.csv``):

=============================== ==================================================================
query_history_k_data_plus       bars of stocks and of indices (sh.000300); volume in shares, amount
                                in yuan; adjustflag 3 (not adjusted) is needed, 1 and 2 are left out
query_stock_basic               listings (ipoDate, outDate)
query_trade_dates               the calendar
query_hs300_stocks,             members of CSI 300, CSI 500 and SSE 50 from lists, one for each
query_zz500_stocks,             updateDate
query_sz50_stocks
query_stock_industry            industries (of the CSRC) from lists
query_dividend_data             what was paid, per share
query_profit_data,              ratios, known on pubDate
query_balance_data
=============================== ==================================================================

preclose is the exchange's previous close, reduced on ex-dates. Shares that can be traded are worked
out from the turnover rate ``turn``; shares outstanding are not in the daily bars.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import TABLES
from quanthedge.market.checks import Collector
from quanthedge.sources.source import Layout, SourceTables
from quanthedge.sources.vendors.actions import actions_of
from quanthedge.sources.vendors.adjustment import raw_rows, with_column
from quanthedge.sources.vendors.assembling import Parts, assemble, index_daily_of
from quanthedge.sources.vendors.columns import (
    VendorTable,
    code,
    date,
    flag,
    number,
    text,
)
from quanthedge.sources.vendors.joining import codes_kept, rows_of
from quanthedge.sources.vendors.reading import Folder, any_present
from quanthedge.sources.vendors.spells import (
    members_of_snapshots,
    spells_of_snapshots,
    with_english,
)
from quanthedge.sources.vendors.statements import Statement, fundamentals_of, merged

__all__ = ["LAYOUT", "read", "recognise"]

_PERCENT = 100.0
BARS = VendorTable(
    ("query_history_k_data_plus", "query_history_k_data"),
    (
        code("security", "code"),
        date("date"),
        *(number(name) for name in ("open", "high", "low", "close")),
        number("pre_close", "preclose", needed=False),
        number("volume"),
        number("amount"),
        text("adjust", "adjustflag", needed=False),
        number("turn", needed=False),
        text("is_st", "isST", needed=False),
    ),
    ("code", "date", "adjust"),
    named="code",
    adjusted=True,
)
LISTING = VendorTable(
    ("query_stock_basic",),
    (code("security", "code"), date("list_date", "ipoDate"), date("delist_date", "outDate")),
    ("code",),
)
_CALENDAR = VendorTable(
    ("query_trade_dates",),
    (date("date", "calendar_date"), flag("open", "is_trading_day")),
    ("date",),
)
_MEMBERS = {
    name: (index, VendorTable((name,), (code("stock", "code"), date("date", "updateDate")),
                              ("date", "code")))
    for name, index in (
        ("query_hs300_stocks", "000300.SH"),
        ("query_zz500_stocks", "000905.SH"),
        ("query_sz50_stocks", "000016.SH"),
    )
}  # fmt: skip
_INDUSTRY = VendorTable(
    ("query_stock_industry",),
    (code("security", "code"), date("date", "updateDate"), text("name_zh", "industry")),
    ("date", "code"),
)
_DIVIDEND = VendorTable(
    ("query_dividend_data",),
    (
        code("stock", "code"),
        date("announce_date", "dividPlanDate"),
        date("record_date", "dividRegistDate"),
        date("ex_date", "dividOperateDate"),
        date("pay_date", "dividPayDate"),
        date("period_end", "dividPlanAnnounceDate", needed=False),
        number("cash_per_share", "dividCashPsBeforeTax"),
        number("bonus_per_share", "dividStocksPs"),
        number("bonus_per_share_and_reserves", "dividReserveToStockPs"),
    ),
    ("code", "ex_date", "period_end"),
)
_REPORT = (
    code("stock", "code"), date("known_date", "pubDate"), date("period_end", "statDate"),
)  # fmt: skip
_KEY = ("code", "known_date", "period_end")
_PROFIT = VendorTable(
    ("query_profit_data",),
    (*_REPORT, number("roe", "roeAvg", factor=_PERCENT), number("eps_ttm", "epsTTM"),
     number("total_share", "totalShare"), number("net_profit", "netProfit"),
     number("net_margin", "npMargin", factor=_PERCENT),
     number("gross_margin", "gpMargin", factor=_PERCENT)),
    _KEY,
)  # fmt: skip
_BALANCE = VendorTable(
    ("query_balance_data",),
    (*_REPORT, number("debt", "liabilityToAsset", factor=_PERCENT)),
    _KEY,
)
_STATEMENTS = {
    "query_profit_data": (
        _PROFIT,
        Statement(
            {
                "roe": "roe_cum_pct",
                "net_profit_ttm": "net_profit_ttm",
                "net_profit": "net_profit_with_minorities_cum",
                "net_margin": "net_margin_cum_pct",
                "gross_margin": "gross_margin_cum_pct",
                "eps_ttm": "eps_ttm",
                "total_share": "total_share",
            },
            {},
        ),
    ),
    "query_balance_data": (_BALANCE, Statement({"debt": "debt_to_assets_pct"}, {})),
}
EVERY = (
    BARS, LISTING, _CALENDAR, *(table for _, table in _MEMBERS.values()), _INDUSTRY, _DIVIDEND,
    *(table for table, _ in _STATEMENTS.values()),
)  # fmt: skip


def recognise(source: Path) -> bool:
    """Whether a table is named as one of BaoStock's queries."""
    return any_present(source, (name for table in EVERY for name in table.files))


def read(source: Path, collector: Collector) -> SourceTables:
    """Return the small tables in our schema and the stock bars piece by piece."""
    folder = Folder(source, collector)
    folder.report_unused([name for table in EVERY for name in table.files])
    rows = folder.read(BARS)
    parts = Parts(lists=frozenset({"index_members", "industry"}))
    if rows is not None:
        rows = raw_rows(rows, BARS.files[0], collector)
        bars, indices = codes_kept(rows, BARS.files[0], collector, "index"), rows_of(rows, "index")
        parts.bars = _bars(rows_of(bars, "stock"), collector)
        if indices.num_rows:
            parts.tables["index_daily"] = index_daily_of(indices)
    listing = folder.read(LISTING)
    if listing is not None:
        parts.listing = rows_of(listing, "stock")
    calendar = folder.read(_CALENDAR)
    if calendar is not None:
        parts.calendar = calendar.filter(calendar["open"])["date"].to_numpy()
    found = {
        "index_members": _members(folder),
        "industry": _industry(folder),
        "corporate_actions": _actions(folder),
        "fundamentals": _fundamentals(folder),
    }
    parts.tables.update({name: table for name, table in found.items() if table is not None})
    return assemble(parts, collector)


def _bars(bars: pa.Table, collector: Collector) -> pa.Table | None:
    if bars.num_rows == 0:
        return None
    if "pre_close" not in bars.column_names:
        collector.add("info", "stock_daily", "no preclose", 0, "preclose is not in the source")
    if "turn" in bars.column_names:
        turn, volume = (bars[name].fill_null(0.0).to_numpy() for name in ("turn", "volume"))
        with np.errstate(all="ignore"):
            shares = np.where(turn > 0, volume / turn * _PERCENT, np.nan)
        bars = with_column(bars, "float_shares", np.round(shares))
        what = "float_shares worked out from the turnover rate (volume / turn)"
        collector.add("info", "stock_daily", "shares", int((turn > 0).sum()), what, unit="bar")
    if "is_st" in bars.column_names:
        said = bars["is_st"].combine_chunks().fill_null("0")
        wrong = said.filter(pc.invert(pc.is_in(said, pa.array(["0", "1"]))))
        if len(wrong):
            raise DataError(f"{BARS.files[0]}: isST is {wrong[0].as_py()!r}; accepted: 0 and 1")
        bars = with_column(bars, "is_st", pc.equal(said, "1"))
    return bars


def _members(folder: Folder) -> pa.Table | None:
    lists = []
    for index, table in _MEMBERS.values():
        rows = folder.read(table)
        if rows is not None:
            owner = pa.array([index] * rows.num_rows, pa.string())
            lists.append(rows.select(["code", "date"]).append_column("index_code", owner))
    if not lists:
        return None
    return members_of_snapshots(pa.concat_tables(lists), "index_members", folder.collector)


def _industry(folder: Folder) -> pa.Table | None:
    rows = folder.read(_INDUSTRY)
    if rows is None:
        return None
    rows = codes_kept(rows, _INDUSTRY.files[0], folder.collector)
    empty = np.asarray(pc.is_null(rows["name_zh"]))
    if empty.any():
        what = "without an industry left out"
        folder.collector.add("info", _INDUSTRY.files[0], "empty", int(empty.sum()), what)
        rows = rows.filter(pa.array(~empty))
    number = pc.replace_substring_regex(rows["name_zh"], r"^([A-Z]\d{2}).*$", r"\1")
    rows = rows.append_column("industry", number)
    spells = spells_of_snapshots(rows, None, ("industry", "name_zh"), "industry", folder.collector)
    spells = with_english(spells, folder.collector)
    return spells.select(list(TABLES["industry"].column_names))


def _actions(folder: Folder) -> pa.Table | None:
    rows = folder.read(_DIVIDEND)
    if rows is None:
        return None
    return actions_of(codes_kept(rows, _DIVIDEND.files[0], folder.collector), _DIVIDEND.files[0],
                      folder.collector)  # fmt: skip


def _fundamentals(folder: Folder) -> pa.Table | None:
    tables = []
    for name, (table, statement) in _STATEMENTS.items():
        rows = folder.read(table)
        if rows is None:
            continue
        rows = codes_kept(rows, name, folder.collector)
        if "eps_ttm" in rows.column_names:  # earnings of the parent / shares outstanding
            profit = pc.multiply(rows["eps_ttm"], rows["total_share"])
            rows = rows.append_column("net_profit_ttm", profit)
        tables.append(fundamentals_of(rows, statement, name, folder.collector))
    return merged(tables)


LAYOUT = Layout("tables of BaoStock named as its queries", recognise, read)
