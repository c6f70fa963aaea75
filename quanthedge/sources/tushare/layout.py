"""The `tushare` layout: tables of Tushare Pro, saved under the names of its interfaces.

A table is one file (``daily.parquet``, ``daily.csv``) or a folder of files by day or by stock
(``daily/20140917.parquet``, ``daily/600000.SH.csv``). At least ``daily`` is needed for stocks,
``fut_daily`` for futures. All others are read when they are there:

============================ =====================================================================
daily                        bars; vol in lots of 100 shares, amount in thousand yuan
adj_factor, daily_basic      the factor; total_share and float_share in 10,000 shares
stock_basic                  listings; take list_status L, D and P, so that delisted ones are there
trade_cal                    the calendar
namechange                   names, and the marks of ST and of delisting read from them
index_daily, index_weight    index bars; weights, and members from the same monthly lists
index_member_all             Shenwan industries of level 1 (out_date is the first day without it)
fut_daily, fut_basic         CFFEX index futures (amount in 10,000 yuan) and their last trading days
dividend                     what was paid (div_proc 实施); per share, before tax
income, balancesheet,        statements, known on f_ann_date; report_type 1 (latest), 4 (last year's
cashflow, fina_indicator     figures in this year's report) and 5 (before a correction)
shibor                       the overnight rate, percent
yc_cb                        the government curve (1001.CB, yields to maturity), percent
sw_daily, ci_daily           indices of Shenwan and CITIC industries
fund_portfolio               what each public fund held, added up
report_rc                    brokers' forecasts of whole years, known on report_date; 10,000 yuan
============================ =====================================================================

stk_limit and suspend_d are not used: limits follow from the rules, a day without a bar is a
suspension. Items of statements keep Tushare's names where we have none of our own.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import TABLES
from quanthedge.market.checks import Collector
from quanthedge.sources.source import Layout, SourceTables
from quanthedge.sources.tushare.tables import (
    ADJ_FACTOR,
    CI_DAILY,
    DAILY,
    DAILY_BASIC,
    DIVIDEND,
    FUND_PORTFOLIO,
    FUT_BASIC,
    FUT_DAILY,
    INDEX_DAILY,
    INDEX_WEIGHT,
    INDUSTRY,
    MARKS,
    NAMECHANGE,
    OTHERS,
    RANK,
    REPORT_RC,
    REPORTED,
    SHIBOR,
    STATEMENTS,
    STOCK_BASIC,
    SW_DAILY,
    TRADE_CAL,
    WHY_UNUSED,
    YIELD_CURVE,
)
from quanthedge.sources.vendors.actions import actions_of
from quanthedge.sources.vendors.adjustment import with_column, with_shares
from quanthedge.sources.vendors.assembling import Parts, assemble, calendar_of, cash_of
from quanthedge.sources.vendors.columns import VendorTable
from quanthedge.sources.vendors.forecasts import estimates_of
from quanthedge.sources.vendors.futures import futures_of
from quanthedge.sources.vendors.joining import beside, codes_kept
from quanthedge.sources.vendors.published import (
    curve_of,
    holdings_of,
    industry_indices_of,
    lists_of,
    members_of,
    reports_of,
    weights_of,
)
from quanthedge.sources.vendors.reading import Folder, any_present
from quanthedge.sources.vendors.spells import spells_until_next, with_english
from quanthedge.sources.vendors.statements import dated_rows, fundamentals_of, merged

__all__ = ["LAYOUT", "read", "recognise"]

_GOVERNMENT = "1001.CB"


def recognise(source: Path) -> bool:
    """Whether two or more tables are named as Tushare's interfaces."""
    return any_present(source, MARKS, 2)


def read(source: Path, collector: Collector) -> SourceTables:
    """Return the small tables in our schema and the stock bars piece by piece."""
    folder = Folder(source, collector)
    tables = (*OTHERS, *(table for table, _ in STATEMENTS.values()))
    folder.report_unused([name for table in tables for name in table.files], WHY_UNUSED)
    if not (folder.has(DAILY) or any(folder.has(table) for table in tables)):
        raise DataError(
            f"{source}: none of Tushare's tables; accepted: daily, fut_daily and others"
        )
    parts = Parts(bars=_bars(folder), listing=_listing(folder), calendar=_calendar(folder))
    lists, reports = lists_of(folder, INDEX_WEIGHT), _reports(folder)
    parts.lists = frozenset({"index_members"})
    parts.tables = {
        name: table
        for name, table in {
            "stock_names": _names(folder),
            "index_daily": _index_bars(folder),
            "index_members": members_of(lists, collector),
            "index_weights": weights_of(lists, "index_weight", collector),
            "industry_index_daily": _industry_indices(folder),
            "industry": _industry(folder),
            "corporate_actions": _actions(folder),
            "fundamentals": merged(
                [
                    fundamentals_of(rows, STATEMENTS[name][1], name, collector)
                    for name, rows in reports.items()
                ]
            ),
            "statements": reports_of(
                [
                    (rows, REPORTED[name], name)
                    for name, rows in reports.items()
                    if name in REPORTED
                ],
                collector,
            ),
            "government_yield_curve": _yield_curve(folder),
            "fund_holdings": _holdings(folder),
            "analyst_estimates": _forecasts(folder),
            "cash_rate": cash_of(folder.read(SHIBOR), "shibor", collector),
        }.items()
        if table is not None
    }
    futures = folder.read(FUT_DAILY)
    if futures is not None:
        days = calendar_of(parts)
        known = folder.read(FUT_BASIC)
        parts.contract_ends = known
        empty = np.empty(0, dtype="datetime64[D]")
        parts.tables["futures_daily"] = futures_of(
            futures, known, empty if days is None else days, "fut_daily", collector
        )
    return assemble(parts, collector)


def _bars(folder: Folder) -> pa.Table | None:
    bars = folder.read(DAILY)
    if bars is None:
        return None
    bars = _with_factor(codes_kept(bars, "daily", folder.collector), folder)
    return with_shares(bars, folder.read(DAILY_BASIC), "daily_basic", folder.collector)


def _with_factor(bars: pa.Table, folder: Folder) -> pa.Table:
    factor = folder.read(ADJ_FACTOR)
    if factor is None:
        return bars
    columns, missing = beside(bars, factor, ["adj_factor"])
    if missing.any():
        row = int(missing.argmax())
        raise DataError(
            f"adj_factor: {int(missing.sum()):,} of {bars.num_rows:,} bars have no factor "
            f"(first: {bars['code'][row].as_py()} {bars['date'][row].as_py()}); download it "
            "for the same days, or leave the table out: it then follows from pre_close"
        )
    return with_column(bars, "adj_factor", columns["adj_factor"])


def _listing(folder: Folder) -> pa.Table | None:
    table = folder.read(STOCK_BASIC)
    if table is None:
        return None
    table = codes_kept(table, "stock_basic", folder.collector)
    if "delist_date" not in table.column_names:
        table = table.append_column("delist_date", pa.nulls(table.num_rows, pa.date32()))
    return table.select(["code", "list_date", "delist_date"])


def _calendar(folder: Folder) -> Any:
    table = folder.read(TRADE_CAL)
    if table is None:
        return None
    if "exchange" in table.column_names:
        stocks = pa.array(["SSE", "SZSE", "SH", "SZ", ""])
        table = table.filter(pc.is_in(pc.fill_null(table["exchange"], ""), stocks))
    opened = table.filter(pc.equal(table["is_open"], 1.0))
    return opened["date"].to_numpy().astype("datetime64[D]")


def _names(folder: Folder) -> pa.Table | None:
    table = folder.read(NAMECHANGE)
    if table is None:
        return None
    table = codes_kept(table, "namechange", folder.collector)
    return spells_until_next(
        table.select(["code", "name", "start", "end"]), "name", "stock_names", folder.collector
    )


def _index_bars(folder: Folder) -> pa.Table | None:
    table = folder.read(INDEX_DAILY)
    if table is None:
        return None
    names = list(TABLES["index_daily"].column_names)
    return table.rename_columns(["code", *table.column_names[1:]]).select(names)


def _industry_indices(folder: Folder) -> pa.Table | None:
    found = (
        (folder.read(SW_DAILY), "SWS", ".SI"),
        (folder.read(CI_DAILY), "CITIC", ".CI"),
    )
    parts = [(rows, family, ending) for rows, family, ending in found if rows is not None]
    return industry_indices_of(parts, folder.collector)


def _yield_curve(folder: Folder) -> pa.Table | None:
    """Take the yields to maturity of the government curve; others are left out and counted."""
    rows = folder.read(YIELD_CURVE)
    if rows is None:
        return None
    wanted = pc.fill_null(pc.is_in(rows["kind"], pa.array(["0", "0.0", "到期"])), False)
    if "curve" in rows.column_names:
        wanted = pc.and_(wanted, pc.fill_null(pc.equal(rows["curve"], _GOVERNMENT), False))
    others = rows.num_rows - int(pc.sum(wanted).as_py() or 0)
    if others:
        what = f"of other curves than {_GOVERNMENT}, or of spot rates, left out"
        folder.collector.add("info", "yc_cb", "other curves", others, what)
    return curve_of(rows.filter(wanted), "yc_cb", folder.collector)


def _holdings(folder: Folder) -> pa.Table | None:
    rows = folder.read(FUND_PORTFOLIO)
    if rows is None:
        return None
    rows = codes_kept(rows, "fund_portfolio", folder.collector)
    return holdings_of(rows, "fund_portfolio", folder.collector)


def _forecasts(folder: Folder) -> pa.Table | None:
    rows = folder.read(REPORT_RC)
    if rows is None:
        return None
    rows = codes_kept(rows, "report_rc", folder.collector)
    return estimates_of(rows, "report_rc", folder.collector)


def _industry(folder: Folder) -> pa.Table | None:
    table = folder.read(INDUSTRY)
    if table is None:
        return None
    table = codes_kept(table, "index_member_all", folder.collector)
    out = pa.nulls(table.num_rows, pa.date32())
    if "out" in table.column_names:
        days = table["out"].to_numpy().astype("datetime64[D]") - np.timedelta64(1, "D")
        out = pa.array(days, pa.date32(), from_pandas=True)
    table = with_english(table.append_column("end", out), folder.collector)
    table = spells_until_next(table, "industry", "industry", folder.collector)
    return table.select(list(TABLES["industry"].column_names))


def _actions(folder: Folder) -> pa.Table | None:
    table = folder.read(DIVIDEND)
    if table is None:
        return None
    table = codes_kept(table, "dividend", folder.collector)
    done = np.asarray(pc.fill_null(pc.equal(table["progress"], "实施"), False))
    if not done.all():
        what = "of plans that are not carried out (yet) left out"
        folder.collector.add("info", "dividend", "plans", int((~done).sum()), what)
    table = table.filter(pa.array(done))
    announced = table["announced"]
    if "implemented" in table.column_names:
        announced = pc.coalesce(table["implemented"], announced)
    table = table.append_column("announce_date", announced)
    return actions_of(table, "dividend", folder.collector)


def _reports(folder: Folder) -> dict[str, pa.Table]:
    """Return the rows of each statement table with the day on which they were known."""
    found = {name: _report(folder, name, table) for name, (table, _) in STATEMENTS.items()}
    return {name: rows for name, rows in found.items() if rows is not None}


def _report(folder: Folder, name: str, table: VendorTable) -> pa.Table | None:
    rows = folder.read(table)
    if rows is None:
        return None
    rows = codes_kept(rows, name, folder.collector)
    rank = np.zeros(rows.num_rows)
    if "report_type" in rows.column_names:
        kinds = np.asarray(pc.fill_null(rows["report_type"], "1").to_pylist(), dtype=object)
        rank = np.array([RANK.get(kind, -1.0) for kind in kinds])
        if (rank < 0).any():
            what = "of other report types (single quarters, parent companies) left out"
            folder.collector.add("info", name, "report types", int((rank < 0).sum()), what)
    if "update_flag" in rows.column_names:
        rank = rank + pc.fill_null(rows["update_flag"], 0.0).to_numpy() / 10 * (rank >= 0)
    known = rows["announced"]
    if "known_date" in rows.column_names:
        known = pc.coalesce(rows["known_date"], known)
    rows = with_column(with_column(rows, "known_date", known), "rank", rank)
    return dated_rows(rows.filter(pa.array(rank >= 0)), name, folder.collector)


LAYOUT = Layout("tables of Tushare Pro named as its interfaces", recognise, read)
