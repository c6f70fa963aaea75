"""Company reports: what became public when.

Annual reports come out by the end of April, the first quarter's by then too and not before the
annual report, the half year's by the end of August, the third quarter's by the end of October.
A company that lists shows its last report on the listing day.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market.schema import STATEMENT_ITEMS
from quanthedge.market.simulation.companies import Companies, Lives
from quanthedge.market.simulation.earnings import Profitability
from quanthedge.market.simulation.figures import Habits, further_figures
from quanthedge.market.simulation.trading import Bars
from quanthedge.typing import Days

__all__ = ["report_tables", "texts"]

Array = np.ndarray[Any, Any]
_FIRST_TTM = 3  # quarters before the first trailing year is complete


def _announcement_days(quarter_ends: Days, count: int, draw: np.random.Generator) -> Array:
    """Return when each quarter's report becomes public, datetime64[D] [Q, count]."""
    days = np.empty((len(quarter_ends), count), dtype="datetime64[D]")
    lag = draw.beta(2.2, 1.4, (len(quarter_ends), count))
    for quarter, end in enumerate(quarter_ends):
        month = int(end.astype("datetime64[M]").astype(np.int64)) % 12 + 1
        first, last = {12: (25, 119), 3: (8, 29), 6: (14, 61), 9: (9, 30)}[month]
        days[quarter] = end + np.round(first + lag[quarter] * (last - first)).astype(int)
        if month == 3 and quarter:
            days[quarter] = np.maximum(days[quarter], days[quarter - 1])
    return days


def report_tables(
    calendar: Days,
    companies: Companies,
    lives: Lives,
    profitability: Profitability,
    bars: Bars,
    habits: Habits,
    streams: Mapping[str, np.random.Generator],
) -> tuple[pa.Table, pa.Table]:
    """Return fundamentals and statements of all reports public by the last day.

    What was there first is drawn from the stream "reports", further items from "figures".
    """
    draw = streams["reports"]
    ends = profitability.quarter_ends
    public = _announcement_days(ends, len(companies.codes), draw)
    over = profitability.closing_row < len(calendar)
    gone = np.append(calendar, calendar[-1] + 1)[np.minimum(lives.gone, len(calendar))]
    names, parts = [], []
    items = _items(ends, companies, bars, draw)
    for item, values in items.items():
        quarter, stock = np.nonzero(np.isfinite(values) & over[:, None])
        rows = stock, public[quarter, stock], ends[quarter], values[quarter, stock]
        names.append(item)
        parts.append(_since_listing(rows, lives))
    names.append("dividend_ttm")
    parts.append(_dividends(calendar, companies, profitability, bars))
    place = np.repeat(np.arange(len(names)), [len(part[0]) for part in parts])
    stock, known, period, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    alphabetical = np.argsort(np.argsort(np.array(names)))
    order = np.lexsort((period, known, stock, alphabetical[place]))
    order = order[((known <= calendar[-1]) & (known < gone[stock]))[order]]
    fundamentals = pa.table(
        {
            "code": texts(companies.codes, stock[order]),
            "item": texts(np.array(names), place[order]),
            "known_date": pa.array(known[order].astype("datetime64[D]")),
            "period_end": pa.array(period[order].astype("datetime64[D]")),
            "value": pa.array(value[order]),
        }
    )
    figures = _statement_figures(ends, items, companies, bars)
    figures |= further_figures(ends, figures, companies, habits, streams["figures"])
    quarter, reporter = np.nonzero(np.isfinite(figures["total_assets"]) & over[:, None])
    day = public[quarter, reporter]
    fit = (day <= calendar[-1]) & (day < gone[reporter])
    fit &= (lives.listed[reporter] < 0) | (day >= lives.list_dates[reporter])
    statements = _statements(companies, ends, quarter[fit], reporter[fit], day[fit], figures)
    return fundamentals, statements


def _statement_figures(
    ends: Days, items: dict[str, Array], companies: Companies, bars: Bars
) -> dict[str, Array]:
    """Return the items of the statements, yuan, [Q, N]; flows since 1 January.

    They are those of the fundamentals: the same equity, debt ratio, annual profit and revenue.
    Revenue comes in equally through the year.
    """
    month = ends.astype("datetime64[M]").astype(np.int64) % 12 + 1
    part = (month // 3)[:, None]
    equity = items["book_equity"]
    assets = np.round(equity / (1 - companies.leverage))
    profit = np.round(items["roe_cum_pct"] * bars.books.books / 100)
    profit = np.where(part == 4, items["net_profit_ttm"], profit)
    revenue = np.round(items["revenue_ttm"] * part / 4)
    return {
        "total_assets": assets,
        "total_liabilities": np.round(assets * items["debt_to_assets_pct"] / 100),
        "equity_parent": equity,
        "revenue": revenue,
        "total_revenue": revenue,
        "net_profit": profit,
        "net_profit_parent": profit,
    }


def _statements(
    companies: Companies,
    ends: Days,
    quarter: Array,
    stock: Array,
    known: Array,
    figures: dict[str, Array],
) -> pa.Table:
    days = pa.array(known.astype("datetime64[D]"), pa.date32())
    columns: dict[str, Any] = {
        "code": texts(companies.codes, stock),
        "period_end": pa.array(ends[quarter].astype("datetime64[D]"), pa.date32()),
        "known_date": days,
        "announce_date": days,
    }
    for item in STATEMENT_ITEMS:
        values = figures.get(item)
        blank = np.full(len(stock), np.nan)
        columns[item] = pa.array(blank if values is None else values[quarter, stock])
    return pa.table(columns)


def texts(words: Array, position: Array) -> pa.Array:
    """Return a text column from the positions of its words."""
    coded = pa.array(position.astype(np.int32))
    return pa.DictionaryArray.from_arrays(coded, pa.array(words.tolist(), pa.string())).cast(
        pa.string()
    )


def _items(
    ends: Days, companies: Companies, bars: Bars, draw: np.random.Generator
) -> dict[str, Array]:
    """Return every reported item by quarter, [Q, N]; NaN where there is no such report."""
    earnings, book = bars.books.earnings, bars.books.books
    month = ends.astype("datetime64[M]").astype(np.int64) % 12 + 1
    annual = month[:, None] == 12
    trailing = np.full_like(earnings, np.nan)
    year_to_date = np.full_like(earnings, np.nan)
    for quarter in range(_FIRST_TTM, len(ends)):
        trailing[quarter] = earnings[quarter - 3 : quarter + 1].sum(axis=0)
        part = int(month[quarter]) // 3
        year_to_date[quarter] = earnings[quarter - part + 1 : quarter + 1].sum(axis=0)
    noise = draw.standard_normal((3, *earnings.shape))
    revenue = np.abs(book) * 0.08 / companies.margin * np.exp(0.05 * noise[0])
    assets = book / (1 - companies.leverage)
    debt = np.clip(100 * companies.leverage + 1.5 * noise[1], 2, 97)
    payout = companies.payout * np.maximum(trailing, 0.0)
    known = np.isfinite(trailing)
    cash_flow = trailing * 0.8 + 0.03 * book * noise[2]
    items = {
        "net_profit_ttm": trailing,
        "net_profit_last_annual": np.where(annual, trailing, np.nan),
        "revenue_ttm": np.where(known, revenue, np.nan),
        "revenue_last_annual": np.where(annual & known, revenue, np.nan),
        "dividend_last_annual": np.where(annual, payout, np.nan),
        "book_equity": np.where(known, book, np.nan),
        "ebit": np.where(known, trailing * 1.25 + 0.02 * (assets - book), np.nan),
        "invested_capital": np.where(known, 0.85 * assets, np.nan),
    }
    items = {name: np.round(values) for name, values in items.items()}
    percent = {
        "roe_cum_pct": 100 * year_to_date / book,
        "roa_cum_pct": 100 * year_to_date / assets,
        "debt_to_assets_pct": np.where(known, debt, np.nan),
        "fcff_ps": cash_flow / companies.shares,
    }
    return items | {name: np.round(values, 4) for name, values in percent.items()}


Rows = tuple[Array, Array, Array, Array]  # stock, known date, period end, value


def _since_listing(rows: Rows, lives: Lives) -> Rows:
    """Return reports of one item as the market sees them: the last one on the listing day."""
    stock, known, period, value = rows
    order = np.lexsort((period, stock))
    stock, known, period, value = (column[order] for column in (stock, known, period, value))
    listing = np.where(lives.listed >= 0, lives.list_dates, np.datetime64("1900-01-01"))[stock]
    known = np.maximum(known, listing)
    replaced = np.zeros(len(stock), dtype=bool)
    replaced[:-1] = (stock[1:] == stock[:-1]) & (known[1:] == listing[1:])
    kept = ~replaced
    return stock[kept], known[kept], period[kept], value[kept]


def _dividends(
    calendar: Days, companies: Companies, profitability: Profitability, bars: Bars
) -> Rows:
    """Return the cash dividends of twelve months in yuan, known on the ex-date.

    Without a further ex-date they end after a year.
    """
    year = calendar[0].astype("datetime64[Y]")
    count = len(companies.codes)
    last = int(np.searchsorted(profitability.quarter_ends, (year - 1).astype("datetime64[D]")))
    paid = companies.payout * np.maximum(bars.books.earnings[last - 4 : last].sum(axis=0), 0.0)
    stock = [*range(count)]
    known = [(year - 1).astype("datetime64[D]") + np.timedelta64(181, "D")] * count
    value = np.round(paid).tolist()
    for action in bars.ex_dates:
        stock.append(action.stock)
        known.append(calendar[action.row])
        shares = bars.columns["total_shares"][action.row, action.stock]
        value.append(round(action.cash_per_share * shares / (1 + action.bonus_per_share)))
    stocks, days, values = np.array(stock), np.array(known), np.array(value, dtype=np.float64)
    order = np.lexsort((days, stocks))
    stocks, days, values = stocks[order], days[order], values[order]
    following = np.append(days[1:], np.datetime64("2200-01-01"))
    following[np.append(stocks[1:] != stocks[:-1], True)] = np.datetime64("2200-01-01")
    lapse = days + np.timedelta64(380, "D")
    ends = np.flatnonzero((following > lapse) & (values > 0))
    stocks = np.concatenate([stocks, stocks[ends]])
    values = np.concatenate([values, np.zeros(len(ends))])
    days = np.concatenate([days, lapse[ends]])
    period = days.astype("datetime64[Y]").astype("datetime64[D]") - np.timedelta64(1, "D")
    return stocks, days, period, values
