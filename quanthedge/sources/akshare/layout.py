"""The `akshare` layout: tables of AkShare, saved under the names of its functions.

A table is one file, or a folder of files; where AkShare gives no column with the code, it stands in
the file's name (``stock_zh_a_daily/sh600000.csv``):

============================== ===================================================================
stock_zh_a_hist                bars of East Money (Chinese columns; volume in lots of 100 shares)
stock_zh_a_daily               bars of Sina (volume in shares; outstanding_share)
... with ``_hfq`` or ``_qfq``  the same adjusted: in a folder stock_zh_a_daily_hfq, in files such as
                               sh600000_hfq.csv, or told apart by a column `adjust`
stock_zh_a_daily_hfq-factor    Sina's factor by ex-date
stock_history_dividend_detail  what was paid, per 10 shares (分红); the folder
                               stock_history_dividend_detail_配股 has the rights issues
stock_info_sh_name_code, stock_info_sz_name_code, stock_info_sh_delist, stock_info_sz_delist
                               listings
index_zh_a_hist, stock_zh_index_daily_em (lots), stock_zh_index_daily (shares)
index_stock_cons_weight_csindex members and weights of the days on which it was downloaded
index_hist_sw                  indices of Shenwan industries
bond_china_yield               the government curve (中债国债收益率曲线), percent
stock_balance_sheet_by_report_em, stock_profit_sheet_by_report_em,
stock_cash_flow_sheet_by_report_em
                               statements, known on NOTICE_DATE
stock_research_report_em       brokers' forecasts of earnings per share, known on 日期
stock_report_fund_hold         what public funds held; a file for each reporting date
stock_industry_clf_hist_sw     Shenwan industries
get_futures_daily, futures_zh_daily_sina
tool_trade_date_hist_sina      the calendar
macro_china_shibor_all         the overnight rate, percent
============================== ===================================================================

Unadjusted bars are needed, and one of: the factor, the hfq bars (their quotient is the factor), or
the dividends. East Money adds dividends back instead of multiplying; its hfq bars give no factor.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import TABLES
from quanthedge.market.checks import Collector
from quanthedge.sources.akshare.tables import (
    CALENDAR,
    CONTRACTS,
    DIVIDEND,
    EVERY,
    FACTOR,
    FUND_HOLDINGS,
    FUTURES,
    FUTURES_SINA,
    HIST,
    INDICES,
    INDUSTRY,
    LISTED,
    MEMBERS,
    REPORTED,
    RESEARCH,
    RIGHTS,
    SHIBOR,
    SINA,
    STATEMENTS,
    SW_HIST,
    TERMS,
    WHY_UNUSED,
    YIELD_CURVE,
)
from quanthedge.sources.melting import curve_rows
from quanthedge.sources.source import Layout, SourceTables
from quanthedge.sources.vendors.actions import actions_of
from quanthedge.sources.vendors.adjustment import (
    factor_of_adjusted,
    raw_rows,
    with_column,
)
from quanthedge.sources.vendors.assembling import (
    Parts,
    assemble,
    calendar_of,
    cash_of,
    index_daily_of,
)
from quanthedge.sources.vendors.forecasts import estimates_by_year
from quanthedge.sources.vendors.futures import futures_of
from quanthedge.sources.vendors.joining import as_of, codes_kept
from quanthedge.sources.vendors.published import (
    holdings_of,
    lists_of,
    members_of,
    reports_of,
    shenwan_indices,
    weights_of,
)
from quanthedge.sources.vendors.reading import Folder, any_present
from quanthedge.sources.vendors.spells import (
    industry_of_number,
    spells_until_next,
)

__all__ = ["LAYOUT", "read", "recognise"]

_GOVERNMENT = "中债国债收益率曲线"


def recognise(source: Path) -> bool:
    """Whether a table is named as one of AkShare's functions."""
    return any_present(source, (name for table in EVERY for name in table.files))


def read(source: Path, collector: Collector) -> SourceTables:
    """Return the small tables in our schema and the stock bars piece by piece."""
    folder = Folder(source, collector)
    folder.report_unused([name for table in EVERY for name in table.files], WHY_UNUSED)
    actions = _actions(folder)
    parts = Parts(bars=_bars(folder, actions is not None), listing=_listing(folder))
    calendar = folder.read(CALENDAR)
    if calendar is not None:
        parts.calendar = calendar["date"].to_numpy()
    lists = lists_of(folder, MEMBERS)
    found = {
        "corporate_actions": actions,
        "index_daily": _index_bars(folder),
        "index_members": members_of(lists, collector),
        "index_weights": weights_of(lists, MEMBERS.files[0], collector),
        "industry_index_daily": shenwan_indices(folder, SW_HIST),
        "government_yield_curve": _yield_curve(folder),
        "statements": _statements(folder),
        "fund_holdings": _holdings(folder),
        "analyst_estimates": _forecasts(folder),
        "industry": _industry(folder),
        "cash_rate": cash_of(folder.read(SHIBOR), SHIBOR.files[0], collector),
    }
    parts.tables.update({name: table for name, table in found.items() if table is not None})
    parts.lists = frozenset({"index_members"})
    parts.contract_ends = folder.read(CONTRACTS)
    futures = _futures(folder, calendar_of(parts))
    if futures is not None:
        parts.tables["futures_daily"] = futures
    return assemble(parts, collector)


def _bars(folder: Folder, actions: bool) -> pa.Table | None:
    rows = folder.read(HIST)
    name = HIST.files[0]
    if rows is None:
        rows, name = folder.read(SINA), SINA.files[0]
    elif folder.has(SINA):
        what = "stock_zh_a_hist has the bars too: these are not used"
        folder.collector.add("info", SINA.files[0], "two sources", 0, what)
    if rows is None:
        return None
    rows = codes_kept(rows, name, folder.collector)
    hfq = rows.filter(pc.equal(rows["adjust"], "hfq"))
    bars = raw_rows(rows, name, folder.collector)
    steps = folder.read(FACTOR)
    if steps is not None:
        factor = as_of(bars, steps, "factor")
        if np.isnan(factor).any():
            row = int(np.isnan(factor).argmax())
            raise DataError(
                f"{FACTOR.files[0]}: {int(np.isnan(factor).sum()):,} bars have no factor (first: "
                f"{bars['code'][row].as_py()} {bars['date'][row].as_py()}); download every stock's"
            )
        return with_column(bars, "adj_factor", factor)
    if actions:
        return bars
    if hfq.num_rows:
        factor = factor_of_adjusted(bars, hfq, name, folder.collector)
        return with_column(bars, "adj_factor", factor)
    raise DataError(
        f"{name}: unadjusted prices alone do not say what happened on ex-dates; add "
        "stock_history_dividend_detail, stock_zh_a_daily_hfq-factor, or Sina's bars adjusted "
        "with hfq (stock_zh_a_daily_hfq)"
    )


def _actions(folder: Folder) -> pa.Table | None:
    rows = folder.read(DIVIDEND)
    if rows is None:
        return None
    collector = folder.collector
    rows = codes_kept(rows, DIVIDEND.files[0], collector)
    done = np.asarray(pc.fill_null(pc.equal(rows["progress"], "实施"), False))
    if not done.all():
        what = "of plans that are not carried out (yet) left out"
        collector.add("info", DIVIDEND.files[0], "plans", int((~done).sum()), what)
    rows = rows.filter(pa.array(done)).drop_columns(["progress"])
    rights = folder.read(RIGHTS)
    if rights is None:
        what = "rights issues are not in the source: their ex-dates show as losses"
        collector.assume("corporate_actions", what)
    else:
        rows = pa.concat_tables([rows, rights], promote_options="default")
    rows = rows.append_column("period_end", rows["announce_date"])
    return actions_of(rows, DIVIDEND.files[0], collector)


def _listing(folder: Folder) -> pa.Table | None:
    rows = folder.read(LISTED)
    if rows is None:
        return None
    rows = codes_kept(rows, "stock_info", folder.collector)
    if "delist_date" not in rows.column_names:
        rows = rows.append_column("delist_date", pa.nulls(rows.num_rows, pa.date32()))
    for column in ("list_date", "delist_date"):  # the lists of living and of gone stocks overlap
        days = rows.group_by("code").aggregate([(column, "min"), (column, "max")])
        apart = days.filter(pc.not_equal(days[f"{column}_min"], days[f"{column}_max"]))
        if apart.num_rows:
            row = apart.to_pylist()[0]
            raise DataError(
                f"stock_info: {row['code']} has two rows with the {column} {row[f'{column}_min']} "
                f"and {row[f'{column}_max']}; keep the right one"
            )
    merged = rows.group_by("code").aggregate([("list_date", "min"), ("delist_date", "max")])
    return merged.rename_columns(["code", "list_date", "delist_date"])


def _index_bars(folder: Folder) -> pa.Table | None:
    for table in INDICES:
        rows = folder.read(table)
        if rows is not None:
            return index_daily_of(rows.rename_columns(["code", *rows.column_names[1:]]))
    return None


def _yield_curve(folder: Folder) -> pa.Table | None:
    """Take the government curve; those of banks and companies are left out and counted."""
    rows = folder.read(YIELD_CURVE)
    if rows is None:
        return None
    wanted = pc.fill_null(pc.equal(rows["curve"], _GOVERNMENT), False)
    others = rows.num_rows - int(pc.sum(wanted).as_py() or 0)
    if others:
        what = f"of other curves than {_GOVERNMENT} left out"
        folder.collector.add("info", YIELD_CURVE.files[0], "other curves", others, what)
    terms = {term: term for term in TERMS.values() if term in rows.column_names}
    return curve_rows(rows.filter(wanted), "date", terms, 100.0, folder.collector)


def _statements(folder: Folder) -> pa.Table | None:
    parts = []
    for table in STATEMENTS:
        rows, name = folder.read(table), table.files[0]
        if rows is not None:
            rows = codes_kept(rows, name, folder.collector)
            parts.append((rows, REPORTED[name], name))
    return reports_of(parts, folder.collector)


def _holdings(folder: Folder) -> pa.Table | None:
    rows, name = folder.read(FUND_HOLDINGS), FUND_HOLDINGS.files[0]
    if rows is None:
        return None
    return holdings_of(codes_kept(rows, name, folder.collector), name, folder.collector)


def _forecasts(folder: Folder) -> pa.Table | None:
    rows, name = folder.read(RESEARCH), RESEARCH.files[0]
    if rows is None:
        return None
    rows = codes_kept(rows, name, folder.collector)
    return estimates_by_year(rows, "eps_", name, folder.collector)


def _industry(folder: Folder) -> pa.Table | None:
    rows = folder.read(INDUSTRY)
    if rows is None:
        return None
    rows = codes_kept(rows, INDUSTRY.files[0], folder.collector)
    numbers = rows["number"].combine_chunks().dictionary_encode()
    words = [industry_of_number(str(word)) for word in numbers.dictionary.to_pylist()]
    for place, name in enumerate(("industry", "name_zh", "name_en")):
        said = pa.array([word[place] for word in words], pa.string())
        rows = rows.append_column(name, said.take(numbers.indices))
    rows = rows.append_column("end", pa.nulls(rows.num_rows, pa.date32()))
    rows = spells_until_next(rows, "number", "industry", folder.collector)
    return rows.select(list(TABLES["industry"].column_names))


def _futures(folder: Folder, days: Any) -> pa.Table | None:
    known = folder.read(CONTRACTS)
    empty = np.empty(0, dtype="datetime64[D]")
    for table in (FUTURES, FUTURES_SINA):
        rows = folder.read(table)
        if rows is not None:
            return futures_of(
                rows, known, empty if days is None else days, table.files[0], folder.collector
            )
    return None


LAYOUT = Layout("tables of AkShare named as its functions", recognise, read)
