"""Checks of the small tables: calendar, stocks, indices, spells, fundamentals, cash."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market.checks.findings import Collector, Level
from quanthedge.market.checks.further import (
    check_curve,
    check_estimates,
    check_holdings,
    check_owners,
    check_statements,
    check_weights,
)
from quanthedge.market.checks.levels import check_level
from quanthedge.market.checks.rows import Rows
from quanthedge.market.checks.turnover import check_index_units
from quanthedge.market.codes import Code
from quanthedge.market.schema import CODE_FORMAT, CODE_PATTERN, TABLES

__all__ = ["check_others"]

Array = np.ndarray[Any, Any]
_LONGEST_HOLIDAY_DAYS = 12
_SMALL_RATE = 5e-4  # a tenth of what overnight money ever cost: percents divided twice
_DAILY = (
    "index_daily",
    "index_dividend_yield",
    "industry_index_daily",
    "index_weights",
    "futures_daily",
)
_OF_STOCKS = (
    "index_members",
    "index_weights",
    "industry",
    "fundamentals",
    "statements",
    "fund_holdings",
    "analyst_estimates",
    "owners",
    "stock_names",
    "corporate_actions",
)


def check_others(tables: Mapping[str, pa.Table], collector: Collector) -> None:
    """Check the small tables (sorted, in the schema's types), each alone and against stocks."""
    rows = {name: Rows(table, TABLES[name], collector) for name, table in tables.items()}
    for table in rows.values():
        table.repeated()
        table.defined()
        if table.table.num_rows == 0:
            needed = table.schema.name in ("calendar", "stocks")
            level: Level = "error" if needed else "warning"
            collector.add(level, table.schema.name, "empty", 0, "the table has no rows")
    calendar = _calendar(rows["calendar"]) if "calendar" in rows else None
    stocks = _stocks(rows["stocks"]) if "stocks" in rows else None
    for name in _DAILY:
        if name in rows and calendar is not None:
            _trading_days(rows[name], calendar)
    for name, check in _CHECKS.items():
        if name in rows:
            check(rows[name])
    for name in _OF_STOCKS:
        if name in rows and stocks is not None:
            _without_prices(rows[name], stocks)
            if name in ("industry", "fundamentals", "statements"):
                _uncovered(rows[name], stocks)


def _calendar(rows: Rows) -> Array:
    dates = rows.numbers("date")
    gap = np.zeros(len(dates), dtype=bool)
    gap[1:] = np.diff(dates).astype(int) > _LONGEST_HOLIDAY_DAYS
    what = f"follow the day before by more than {_LONGEST_HOLIDAY_DAYS} days (are days missing?)"
    rows.flag("warning", "gap", gap, what)
    weekend = (dates.astype("datetime64[D]").astype(int) + 3) % 7 >= 5
    rows.flag("warning", "weekend", weekend, "are Saturdays or Sundays")
    return dates


def _stocks(rows: Rows) -> Array:
    codes = rows.texts("code")
    malformed = np.array([CODE_PATTERN.fullmatch(code) is None for code in codes], dtype=bool)
    rows.flag("error", "code", malformed, "have a malformed code", cure=f"accepted: {CODE_FORMAT}")
    index = np.array([Code(code).is_index for code in codes], dtype=bool)
    rows.flag(
        "error", "index", index, "are indices, not stocks",
        cure="remove them here and from stock_daily; their bars belong into index_daily",
    )  # fmt: skip
    stock = np.array([Code(code).is_stock for code in codes], dtype=bool)
    others = ~(malformed | index | stock)
    rows.flag(
        "warning", "no A share", others,
        "are no A shares (funds, bonds, B shares ...): no rule of the book holds for them",
    )  # fmt: skip
    order = rows.numbers("delist_date") <= rows.numbers("list_date")
    rows.flag(
        "error", "dates", order, "are gone before they were listed",
        show=("list_date", "delist_date"),
    )  # fmt: skip
    return codes


def _trading_days(rows: Rows, calendar: Array) -> None:
    date = rows.numbers("date")
    absent = ~np.isin(date, calendar)
    if not absent.any() or len(calendar) == 0:
        return
    inside = (date >= calendar[0]) & (date <= calendar[-1])
    rows.flag(
        "error", "not a trading day", absent & inside, "have a date that is not in the calendar",
        cure="complete the calendar or remove the rows",
    )  # fmt: skip
    rows.flag("info", "outside", absent & ~inside, "lie before or after the calendar")


def _index_bars(rows: Rows) -> None:
    high, low, close = rows.numbers("high"), rows.numbers("low"), rows.numbers("close")
    rows.flag("error", "close <= 0", close <= 0, "have close <= 0", show=("close",))
    crossed = high < low
    level: Level = "warning" if rows.schema.name == "industry_index_daily" else "error"
    rows.flag(level, "high < low", crossed, "have high < low", show=("high", "low"))
    slack = 1e-4 * close
    outside = ~crossed & ((close > high + slack) | (close < low - slack))
    rows.flag(
        "warning", "close outside", outside, "close outside the day's low to high",
        show=("close", "low", "high"),
    )  # fmt: skip
    check_index_units(rows)
    check_level(rows, "close", ("code",))


def _spells(rows: Rows, owner: tuple[str, ...]) -> None:
    start, end = rows.numbers("start"), rows.numbers("end")
    rows.flag("error", "ends first", end < start, "end before they start", show=("end",))
    same = np.ones(max(len(start) - 1, 0), dtype=bool)
    for name in owner:
        values = rows.coded(name).indices.to_numpy()
        same &= values[1:] == values[:-1]
    overlap = np.zeros(len(start), dtype=bool)
    if len(start):
        overlap[1:] = same & (np.isnat(end[:-1]) | (start[1:] <= end[:-1]))
    rows.flag(
        "error", "overlap", overlap, f"overlap the spell before of the same {' and '.join(owner)}",
        cure="end the earlier spell the day before the next one starts",
    )  # fmt: skip


def _without_prices(rows: Rows, stocks: Array) -> None:
    level: Level = "info" if rows.schema.name in ("industry", "stock_names") else "warning"
    codes = rows.words("code")
    unknown = codes[~np.isin(codes, stocks)].tolist()
    if unknown:
        what = "without prices (not in the table stocks): their rows are kept but never used"
        rows.collector.add(
            level, rows.schema.name, "no prices", len(unknown), what, unknown, unit="code"
        )


def _uncovered(rows: Rows, stocks: Array) -> None:
    """Note the stocks that a table says nothing about."""
    silent = stocks[~np.isin(stocks, rows.words("code"))].tolist()
    if silent:
        what = f"without any row in {rows.schema.name}"
        rows.collector.add(
            "info", rows.schema.name, "no rows", len(silent), what, silent, unit="stock"
        )


def _industry_names(rows: Rows) -> None:
    pairs = sorted(
        set(zip(*(rows.texts(n).tolist() for n in ("industry", "name_zh")), strict=True))
    )
    several = sorted({one[0] for one, two in pairwise(pairs) if one[0] == two[0]})
    if several:
        what = "with more than one name (the first one is used)"
        rows.collector.add(
            "warning", "industry", "names", len(several), what, several, unit="industry"
        )


def _fundamentals(rows: Rows) -> None:
    known, period = rows.numbers("known_date"), rows.numbers("period_end")
    periods = np.where(np.isnat(period), np.datetime64("1800-01-01", "D"), period).astype(int)
    group = np.zeros(len(known), dtype=np.int64)  # numbers the (item, code) pairs
    item, code = rows.coded("item").indices.to_numpy(), rows.coded("code").indices.to_numpy()
    group[1:] = np.cumsum((item[1:] != item[:-1]) | (code[1:] != code[:-1]))
    reached = np.maximum.accumulate(group * 1_000_000 + periods)
    rows.flag(
        "warning", "older period", ~np.isnat(period) & (reached > group * 1_000_000 + periods),
        "report an older period than one already known (a restatement: it changes trailing "
        "figures, not the latest value)",
        show=("period_end",),
    )  # fmt: skip
    rows.flag(
        "warning", "known early", known < period, "were known before their period ended",
        show=("known_date", "period_end"),
    )  # fmt: skip


def _cash_rate(rows: Rows) -> None:
    rate = rows.numbers("rate")
    if len(rate) and np.nanmedian(np.abs(rate)) > 0.2:
        rows.collector.add(
            "error", "cash_rate", "unit", 0, f"the median rate is {np.nanmedian(rate):.3g}",
            cure="rates are fractions per year: write 2.5% as 0.025",
        )  # fmt: skip
    paid = rate[rate > 0]
    if len(paid) and np.median(paid) < _SMALL_RATE:
        rows.collector.add(
            "warning", "cash_rate", "small", 0, f"the median rate is {np.median(paid):.3g}",
            cure="rates are fractions per year: write 2.5% as 0.025",
        )  # fmt: skip
    check_level(rows, "rate", (), rate=True)


def _members(rows: Rows) -> None:
    _spells(rows, ("index_code", "code"))


def _industry(rows: Rows) -> None:
    _spells(rows, ("code",))
    _industry_names(rows)


def _stock_names(rows: Rows) -> None:
    _spells(rows, ("code",))


def _owners(rows: Rows) -> None:
    _spells(rows, ("code",))
    check_owners(rows)


def _corporate_actions(rows: Rows) -> None:
    cash, bonus = rows.numbers("cash_per_share"), rows.numbers("bonus_per_share")
    rows.flag("error", "cash < 0", cash < 0, "have cash_per_share < 0", show=("cash_per_share",))
    rows.flag(  # a reverse split takes shares away, but never all
        "error", "bonus <= -1", bonus <= -1, "have bonus_per_share <= -1",
        show=("bonus_per_share",),
    )  # fmt: skip
    rights, price = rows.numbers("rights_per_share"), rows.numbers("rights_price")
    rows.flag(
        "error", "rights < 0", rights < 0, "have rights_per_share < 0", show=("rights_per_share",)
    )
    rows.flag(
        "error", "rights without a price", (rights > 0) & ~(price > 0),
        "have rights but no rights_price", show=("rights_price",),
    )  # fmt: skip
    nothing = (cash == 0) & (bonus == 0) & (rights == 0)
    rows.flag("warning", "nothing", nothing, "say that nothing happened")
    announced, ex_date = rows.numbers("announce_date"), rows.numbers("ex_date")
    rows.flag(
        "warning", "announced late", announced > ex_date, "were announced after their ex_date",
        show=("announce_date",),
    )  # fmt: skip
    early = rows.numbers("pay_date") < ex_date
    rows.flag("warning", "paid early", early, "were paid before their ex_date", show=("pay_date",))
    late = rows.numbers("record_date") >= ex_date
    rows.flag(
        "warning", "recorded late", late, "have a record_date that is not before their ex_date",
        show=("record_date",),
    )  # fmt: skip
    early = rows.numbers("list_date") < ex_date
    rows.flag(
        "warning", "listed early", early, "have new shares listed before their ex_date",
        show=("list_date",),
    )  # fmt: skip


_CHECKS: dict[str, Callable[[Rows], None]] = {
    "index_daily": _index_bars,
    "industry_index_daily": _index_bars,
    "index_weights": check_weights,
    "statements": check_statements,
    "fund_holdings": check_holdings,
    "analyst_estimates": check_estimates,
    "owners": _owners,
    "government_yield_curve": check_curve,
    "index_members": _members,
    "industry": _industry,
    "stock_names": _stock_names,
    "fundamentals": _fundamentals,
    "corporate_actions": _corporate_actions,
    "cash_rate": _cash_rate,
}
