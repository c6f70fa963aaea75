"""Who watches simulated companies: analysts' forecasts, funds' holdings, and who owns them.

Analysts know the profitability of the quarter in which they write, which no report has said yet,
and err by a part of the equity of their own; they know nothing of later quarters.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market.simulation.companies import Companies, Lives
from quanthedge.market.simulation.earnings import Profitability
from quanthedge.market.simulation.figures import Habits
from quanthedge.market.simulation.reports import texts
from quanthedge.market.simulation.tables import days_column
from quanthedge.market.simulation.trading import Bars
from quanthedge.typing import Days

__all__ = ["estimates_table", "holdings_table", "owners_table"]

Array = np.ndarray[Any, Any]
_BROKERS = 8
_WRITES = 0.35  # part of the brokers that follow a company and write in a quarter
_ERROR = 0.015  # of the equity
_WINDOW = {3: (4, 22), 6: (8, 31), 9: (10, 26), 12: (3, 31)}


def estimates_table(
    calendar: Days,
    companies: Companies,
    lives: Lives,
    profitability: Profitability,
    bars: Bars,
    draw: np.random.Generator,
) -> pa.Table:
    """Return the table analyst_estimates: forecasts of this year and the next, by broker."""
    count = len(companies.codes)
    attention = np.clip(0.45 + 0.25 * _standard(np.log(companies.price * companies.shares)), 0, 1)
    follows = draw.random((_BROKERS, count)) < attention
    lean = draw.normal(0.0, 0.5, _BROKERS)  # brokers differ by habit
    parts: list[tuple[Array, ...]] = []
    ends = profitability.quarter_ends
    for quarter in np.flatnonzero(ends >= calendar[0]):
        begin = ends[quarter - 1] + 1
        book = bars.books.books[quarter - 1]
        length = int((ends[quarter] - begin).astype(int)) + 1
        for broker in range(_BROKERS):
            day = begin + draw.integers(0, length, count)
            row = np.searchsorted(calendar, day)
            writes = follows[broker] & (draw.random(count) < _WRITES) & (row < len(calendar))
            writes &= (lives.listed <= row) & (row < lives.gone) & np.isfinite(book)
            error = _ERROR * (draw.standard_normal((2, count)) + lean[broker])
            stock = np.flatnonzero(writes)
            year = begin.astype("datetime64[Y]").astype(int) + 1970
            for ahead in range(2):
                rate = profitability.rate[quarter] + error[ahead] * (1 + ahead)
                profit = np.round(book * (1 + 0.05 * ahead) * rate)
                end = np.datetime64(f"{year + ahead}-12-31")
                parts.append(
                    (stock, np.full(len(stock), broker), day[stock],
                     np.full(len(stock), end), profit[stock])
                )  # fmt: skip
    whose, who, when, period, expected = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.lexsort((when, who, period, whose))
    names = np.array([f"broker {number + 1}" for number in range(_BROKERS)])
    return pa.table(
        {
            "code": texts(companies.codes, whose[order]),
            "period_end": days_column(period[order]),
            "broker": texts(names, who[order]),
            "known_date": days_column(when[order]),
            "net_profit": pa.array(expected[order]),
        }
    )


def holdings_table(
    calendar: Days, companies: Companies, lives: Lives, bars: Bars, draw: np.random.Generator
) -> pa.Table:
    """Return the table fund_holdings: more funds hold what is large and has risen."""
    close, shares = bars.columns["close"], bars.columns["total_shares"]
    ends = np.flatnonzero(_quarter_ends(calendar))
    columns: dict[str, list[Any]] = {name: [] for name in ("stock", "row", "number", "held")}
    for row in ends:
        alive = lives.alive(int(row)) & bars.traded[: row + 1].any(axis=0)
        before = max(int(row) - 60, 0)
        risen = np.log(np.maximum(close[row], 0.01) / np.maximum(close[before], 0.01))
        appeal = _standard(np.log(np.maximum(close[row] * shares[row], 1.0))) + 2.0 * risen
        whole = calendar[row].astype("datetime64[M]").astype(int) % 6 == 5
        mean = np.exp(np.clip(1.2 + 0.9 * appeal - (0.0 if whole else 1.2), -5, 5))
        number = draw.poisson(mean)
        stock = np.flatnonzero(alive & (number > 0))
        part = np.minimum(0.004 * number[stock], 0.4) * draw.uniform(0.5, 1.5, len(stock))
        columns["stock"].append(stock)
        columns["row"].append(np.full(len(stock), row))
        columns["number"].append(number[stock].astype(np.float64))
        columns["held"].append(np.round(part * companies.float_fraction[stock]
                                        * shares[row, stock] * 0.5))  # fmt: skip
    whose, at, count, held = (
        np.concatenate(each) if each else np.empty(0) for each in columns.values()
    )
    whose, at = whose.astype(np.int64), at.astype(np.int64)
    months = calendar[at].astype("datetime64[M]") + 1
    period = months.astype("datetime64[D]") - np.timedelta64(1, "D")
    known = np.array([_published(one) for one in period], dtype="datetime64[D]")
    order = np.lexsort((period, whose))
    order = order[(known <= calendar[-1])[order]]
    return pa.table(
        {
            "code": texts(companies.codes, whose[order]),
            "period_end": days_column(period[order]),
            "known_date": days_column(known[order]),
            "full_holdings": pa.array(months[order].astype(int) % 6 == 0),
            "funds_holding": pa.array(count[order]),
            "shares_held": pa.array(held[order]),
            "value_held": pa.array(np.round(held[order] * close[at[order], whose[order]])),
        }
    )


def owners_table(
    calendar: Days,
    companies: Companies,
    lives: Lives,
    habits: Habits,
    draw: np.random.Generator,
) -> pa.Table:
    """Return the table owners: spells since the listing, few of which change hands."""
    count = len(companies.codes)
    kind = np.where(
        habits.state,
        np.where(draw.random(count) < 0.35, "central", "local"),
        np.where(draw.random(count) < 0.9, "private", "foreign"),
    )
    sold = np.where(draw.random(count) < 0.05, draw.integers(1, len(calendar), count), 0)
    sold = np.where(sold > lives.listed + 1, sold, 0)
    rows: list[tuple[int, Any, Any, str]] = []
    for stock in range(count):
        begin, at = lives.list_dates[stock], int(sold[stock])
        end = calendar[at] - np.timedelta64(1, "D") if at else np.datetime64("NaT", "D")
        rows.append((stock, begin, end, str(kind[stock])))
        if at:
            after = "other" if habits.state[stock] else "private"
            rows.append((stock, calendar[at], np.datetime64("NaT", "D"), after))
    return pa.table(
        {
            "code": texts(companies.codes, np.array([row[0] for row in rows])),
            "start": days_column([row[1] for row in rows]),
            "end": days_column([row[2] for row in rows]),
            "owner": pa.array([row[3] for row in rows], pa.string()),
        }
    )


def _standard(values: Array) -> Array:
    return np.asarray((values - values.mean()) / max(float(values.std()), 1e-9))


def _quarter_ends(calendar: Days) -> Array:
    """Return which days are the last trading days of a quarter that is over, bool [T]."""
    month = calendar.astype("datetime64[M]").astype(int)
    last = np.append(month[1:] != month[:-1], False)
    return np.asarray(last & (month % 3 == 2))


def _published(period: np.datetime64) -> np.datetime64:
    """Return the last day on which funds may publish what they held."""
    year, month = int(str(period)[:4]), int(str(period)[5:7])
    at = _WINDOW[month]
    return np.datetime64(f"{year + (month == 12)}-{at[0]:02d}-{at[1]:02d}")
