"""The `joinquant` layout: tables of JoinQuant (jqdatasdk), saved under the names of its functions.

A table is one file or a folder of files:

======================= ==========================================================================
get_price               bars of stocks, indices (000300.XSHG) and index futures (IF1410.CCFX), long:
                        code, time, open ... (panel=False), or a file per code. volume in shares,
                        money in yuan. Prices are adjusted by default (fq='pre'): `factor` is
                        needed, and the traded price is price / factor, the volume volume x factor
get_all_securities      listings (end_date 2200-01-01: still listed)
get_all_trade_days      the calendar (also get_trade_days)
get_extras_is_st,       wide: a row per day, a column per code
get_extras_futures_sett_price, get_extras_futures_positions
get_valuation           capitalization and circulating_cap in 10,000 shares
get_index_stocks        members from lists: index_code, date, code; or a folder per index
get_index_weights       the same, with weights in percent
industry_sw_l1          Shenwan level 1 from lists: date, code, industry_code, industry_name
STK_XR_XD               what was paid, per 10 shares
income, balance,        statements of single quarters, known on pubDate (also under the names
cash_flow               get_fundamentals_income ...)
======================= ==========================================================================

JoinQuant rounds adjusted prices to a cent unless told otherwise (round=False), so the traded price
is then not certain to the cent: such bars are counted. Downloads with fq=None have factor 1; their
pre_close must then show the ex-dates.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import TABLES
from quanthedge.market.checks import Collector
from quanthedge.sources.joinquant.tables import (
    CALENDAR,
    DIVIDEND,
    EVERY,
    INDUSTRY,
    IS_ST,
    LISTING,
    MEMBERS,
    POSITIONS,
    PRICE,
    REPORTED,
    SETTLE,
    STATEMENTS,
    SW_PRICE,
    VALUATION,
    WHOLE_REPORTS,
)
from quanthedge.sources.source import Layout, SourceTables
from quanthedge.sources.vendors.actions import actions_of
from quanthedge.sources.vendors.adjustment import unadjusted, with_column, with_shares
from quanthedge.sources.vendors.assembling import Parts, assemble, calendar_of, index_daily_of
from quanthedge.sources.vendors.futures import futures_of
from quanthedge.sources.vendors.joining import beside, codes_kept, rows_of
from quanthedge.sources.vendors.keys import code_ranks
from quanthedge.sources.vendors.published import (
    lists_of,
    members_of,
    reports_of,
    shenwan_indices,
    weights_of,
)
from quanthedge.sources.vendors.reading import Folder, any_present
from quanthedge.sources.vendors.spells import spells_of_snapshots, with_english
from quanthedge.sources.vendors.statements import fundamentals_of, merged
from quanthedge.sources.vendors.wide import read_wide

__all__ = ["LAYOUT", "read", "recognise"]

_MANY_DAYS, _MANY_STOCKS = 250, 20  # so much data must show an ex-date


def recognise(source: Path) -> bool:
    """Whether a table is named as one of JoinQuant's functions."""
    marks = ("get_price", "get_all_securities", IS_ST, SETTLE, "STK_XR_XD", "get_STK_XR_XD")
    return any_present(source, marks)


def read(source: Path, collector: Collector) -> SourceTables:
    """Return the small tables in our schema and the stock bars piece by piece."""
    folder = Folder(source, collector)
    used = [name for table in EVERY for name in table.files]
    folder.report_unused([*used, IS_ST, SETTLE, POSITIONS])
    parts = Parts(lists=frozenset({"index_members", "industry"}))
    rows, listing = folder.read(PRICE), folder.read(LISTING)
    actions = _actions(folder)
    if rows is not None:
        rows = _with_values(
            codes_kept(rows, "get_price", collector, "index", "contract"), collector
        )
        stocks, indices = rows_of(rows, "stock"), rows_of(rows, "index")
        parts.bars = _bars(stocks, folder, actions is not None) if stocks.num_rows else None
        if indices.num_rows:
            parts.tables["index_daily"] = index_daily_of(_level(indices, "get_price"))
    if listing is not None:
        parts.listing = _listing(rows_of(listing, "stock"))
    calendar = folder.read(CALENDAR)
    if calendar is not None:
        parts.calendar = calendar["date"].to_numpy()
    lists = lists_of(folder, MEMBERS)
    found = {
        "index_members": members_of(lists, collector),
        "index_weights": weights_of(lists, MEMBERS.files[1], collector),
        "industry_index_daily": shenwan_indices(folder, SW_PRICE),
        "statements": _statements(folder),
        "industry": _industry(folder),
        "corporate_actions": actions,
        "fundamentals": _fundamentals(folder),
    }
    parts.tables.update({name: table for name, table in found.items() if table is not None})
    contracts = None if rows is None else rows_of(rows, "contract")
    if contracts is not None and contracts.num_rows:
        parts.contract_ends = None if listing is None else _contract_ends(listing)
        parts.tables["futures_daily"] = _futures(
            contracts, parts.contract_ends, calendar_of(parts), folder
        )
    return assemble(parts, collector)


def _with_values(rows: pa.Table, collector: Collector) -> pa.Table:
    """Leave out the empty rows of days on which a security was not listed."""
    empty = np.asarray(pc.is_null(rows["close"], nan_is_null=True))
    if empty.any():
        what = "without prices (before listing or after delisting) left out"
        collector.add("info", "get_price", "empty", int(empty.sum()), what)
    return rows.filter(pa.array(~empty))


def _bars(rows: pa.Table, folder: Folder, actions: bool) -> pa.Table:
    collector = folder.collector
    if "factor" not in rows.column_names:
        raise DataError(
            "get_price: column 'factor' is missing; JoinQuant adjusts prices unless told "
            "otherwise, and only the factor gives back what was traded: download it with the prices"
        )
    factor = rows["factor"].fill_null(np.nan).to_numpy()
    if np.isnan(factor).any():
        row = int(np.isnan(factor).argmax())
        raise DataError(
            f"get_price: {int(np.isnan(factor).sum()):,} rows have no factor (first: "
            f"{rows['code'][row].as_py()} {rows['date'][row].as_py()})"
        )
    bars = rows.drop_columns(["factor"])
    if (factor == 1).all():
        bars = _without_factor(bars, actions, collector)
    else:
        bars = unadjusted(bars, factor, "get_price", collector)
        volume = bars["volume"].to_numpy() * factor
        bars = with_column(bars, "volume", np.round(volume))
        bars = with_column(bars, "adj_factor", factor)
        bars = _first_previous_close(bars)
    bars = with_shares(bars, folder.read(VALUATION), "get_valuation", folder.collector, traded=True)
    return _with_marks(bars, folder)


def _without_factor(bars: pa.Table, actions: bool, collector: Collector) -> pa.Table:
    """Use pre_close alone, after making sure that it shows ex-dates."""
    if actions:
        return bars.drop_columns([n for n in ("pre_close",) if n in bars.column_names])
    code = code_ranks(bars["code"])[0]
    days = len(pc.unique(bars["date"]))
    if "pre_close" in bars.column_names:
        close, given = bars["close"].to_numpy(), bars["pre_close"].to_numpy()
        same = code[1:] == code[:-1]
        shown = same & (np.abs(given[1:] - close[:-1]) > 0.005)
        few = days < _MANY_DAYS or len(np.unique(code)) < _MANY_STOCKS
        if few and not shown.any():
            what = "factor is 1 everywhere and pre_close is the close before: no ex-date so far"
            collector.assume("stock_daily", what)
        if few or shown.any():
            return bars
    raise DataError(
        "get_price: factor is 1 on every row and pre_close shows no ex-date, so dividends and "
        "splits are nowhere; download with fq='pre' or fq='post' (the factor gives back traded "
        "prices), or add STK_XR_XD"
    )


def _first_previous_close(bars: pa.Table) -> pa.Table:
    """Keep pre_close on first bars only; the others follow more exactly from the factor."""
    if "pre_close" not in bars.column_names:
        return bars
    code = code_ranks(bars["code"])[0]
    first = np.r_[True, code[1:] != code[:-1]]
    return with_column(bars, "pre_close", np.where(first, bars["pre_close"].to_numpy(), np.nan))


def _with_marks(bars: pa.Table, folder: Folder) -> pa.Table:
    if IS_ST not in folder.names:
        return bars
    marks = read_wide({"is_st": folder.names[IS_ST]}, "stock", IS_ST, folder.collector)
    columns, missing = beside(bars, marks, ["is_st"])
    missing &= bars["volume"].to_numpy() > 0
    if missing.any():
        row = int(missing.argmax())
        raise DataError(
            f"{IS_ST}: {int(missing.sum()):,} bars have no mark (first: "
            f"{bars['code'][row].as_py()} {bars['date'][row].as_py()}); download it for "
            "the same stocks and days"
        )
    return with_column(bars, "is_st", columns["is_st"] == 1)


def _level(rows: pa.Table, name: str) -> pa.Table:
    """Return index bars after making sure that they are not adjusted."""
    if "factor" in rows.column_names:
        factor = rows["factor"].fill_null(1.0).to_numpy()
        if (factor != 1).any():
            raise DataError(f"{name}: an index has a factor other than 1; indices are not adjusted")
    return rows


def _listing(rows: pa.Table) -> pa.Table:
    end = rows["end_date"].to_numpy().astype("datetime64[D]")
    end = np.where(end >= np.datetime64("2199-12-31"), np.datetime64("NaT"), end)
    columns: dict[str, Any] = {"code": rows["code"], "list_date": rows["start_date"]}
    return pa.table({**columns, "delist_date": pa.array(end, pa.date32(), from_pandas=True)})


def _contract_ends(listing: pa.Table) -> pa.Table:
    contracts = rows_of(listing, "contract")
    return pa.table({"contract": contracts["code"], "last_trading_day": contracts["end_date"]})


def _futures(rows: pa.Table, last: pa.Table | None, days: Any, folder: Folder) -> pa.Table:
    for column, name in (("settle", SETTLE), ("open_interest", POSITIONS)):
        if name in folder.names:
            values = read_wide({column: folder.names[name]}, "contract", name, folder.collector)
            rows = with_column(rows, column, beside(rows, values, [column])[0][column])
    names = ["contract" if name == "code" else name for name in rows.column_names]
    empty = np.empty(0, dtype="datetime64[D]")
    return futures_of(
        rows.rename_columns(names), last, empty if days is None else days, "get_price",
        folder.collector,
    )  # fmt: skip


def _statements(folder: Folder) -> pa.Table | None:
    parts = []
    for table in WHOLE_REPORTS:
        rows, name = folder.read(table), table.files[0]
        if rows is None:
            continue
        rows = codes_kept(rows, name, folder.collector)
        if "report_type" in rows.column_names:
            own = np.asarray(pc.fill_null(pc.equal(rows["report_type"], 0.0), False))
            if not own.all():
                what = "of comparatives (report_type 1) left out"
                folder.collector.add("info", name, "comparatives", int((~own).sum()), what)
            rows = rows.filter(pa.array(own))
        parts.append((rows, REPORTED[name], name))
    return reports_of(parts, folder.collector)


def _industry(folder: Folder) -> pa.Table | None:
    rows = folder.read(INDUSTRY)
    if rows is None:
        return None
    rows = codes_kept(rows, INDUSTRY.files[0], folder.collector)
    spells = spells_of_snapshots(rows, None, ("industry", "name_zh"), "industry", folder.collector)
    return with_english(spells, folder.collector).select(list(TABLES["industry"].column_names))


def _actions(folder: Folder) -> pa.Table | None:
    rows = folder.read(DIVIDEND)
    if rows is None:
        return None
    rows = codes_kept(rows, DIVIDEND.files[0], folder.collector)
    if "progress" in rows.column_names:
        done = np.asarray(pc.fill_null(pc.equal(rows["progress"], "实施方案"), False))
        if not done.all():
            what = "of plans that are not carried out (yet) left out"
            folder.collector.add("info", DIVIDEND.files[0], "plans", int((~done).sum()), what)
        rows = rows.filter(pa.array(done))
    return actions_of(rows, DIVIDEND.files[0], folder.collector)


def _fundamentals(folder: Folder) -> pa.Table | None:
    tables = []
    for name, (table, statement) in STATEMENTS.items():
        rows = folder.read(table)
        if rows is not None:
            rows = codes_kept(rows, name, folder.collector)
            tables.append(fundamentals_of(rows, statement, name, folder.collector))
    return merged(tables)


LAYOUT = Layout("tables of JoinQuant named as its functions", recognise, read)
