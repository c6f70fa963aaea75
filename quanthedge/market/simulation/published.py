"""What else is public of a simulated market: actions, weights, industry indices, the curve."""

from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market.simulation.companies import Companies, Lives
from quanthedge.market.simulation.factors import mean_reverting
from quanthedge.market.simulation.indices import IndexPath
from quanthedge.market.simulation.names import INDUSTRIES
from quanthedge.market.simulation.reports import texts
from quanthedge.market.simulation.trading import Bars
from quanthedge.typing import Days

__all__ = [
    "corporate_actions_table",
    "government_curve_table",
    "index_weights_table",
    "industry_indices_table",
]

Array = np.ndarray[Any, Any]
FAMILY = "simulated"
_BASE_LEVEL = 1_000.0
_ANNOUNCED_BEFORE = 5  # trading days before the ex-date
_TERMS = {"0S": 0.003, "3M": 0.25, "6M": 0.5, "1Y": 1.0, "3Y": 3.0, "5Y": 5.0, "10Y": 10.0,
         "30Y": 30.0}  # fmt: skip
_DECAY_YEARS = 2.5  # of the curve's slope


def corporate_actions_table(calendar: Days, companies: Companies, bars: Bars) -> pa.Table:
    """Return every ex-date with what a share got; cash is paid on the ex-date."""
    rows = np.array([action.row for action in bars.ex_dates], dtype=np.int64)
    stock = np.array([action.stock for action in bars.ex_dates], dtype=np.int64)
    ex_date = calendar[rows]
    numbers = {
        "cash_per_share": [action.cash_per_share for action in bars.ex_dates],
        "bonus_per_share": [action.bonus_per_share for action in bars.ex_dates],
        "rights_per_share": [0.0] * len(rows),
        "rights_price": [np.nan] * len(rows),
    }
    dates = {
        "announce_date": calendar[np.maximum(rows - _ANNOUNCED_BEFORE, 0)],
        "record_date": calendar[np.maximum(rows - 1, 0)],
        "pay_date": ex_date,
    }
    return pa.table(
        {
            "code": texts(companies.codes, stock),
            "ex_date": pa.array(ex_date, pa.date32()),
            **{name: pa.array(values, pa.float64()) for name, values in numbers.items()},
            **{name: pa.array(days, pa.date32()) for name, days in dates.items()},
        }
    )


def index_weights_table(
    calendar: Days, companies: Companies, indices: list[IndexPath], bars: Bars
) -> pa.Table:
    """Return the weights at the close of each month's last trading day."""
    month = calendar.astype("datetime64[M]")
    rows = np.flatnonzero(np.append(month[1:] != month[:-1], False))
    value = bars.columns["close"][rows] * bars.columns["float_shares"][rows]
    parts = []
    for index in indices:
        held = np.where(index.members[rows], value, 0.0)
        place, stock = np.nonzero(held > 0)
        weight = held[place, stock] / held.sum(axis=1)[place]
        parts.append((index.code, rows[place], stock, weight))
    counts = [len(part[1]) for part in parts]
    stock = np.concatenate([part[2] for part in parts])
    return pa.table(
        {
            "index_code": pa.array(np.repeat([part[0] for part in parts], counts).tolist()),
            "date": pa.array(calendar[np.concatenate([part[1] for part in parts])], pa.date32()),
            "code": texts(companies.codes, stock),
            "weight": pa.array(np.concatenate([part[3] for part in parts])),
        }
    )


def industry_indices_table(
    calendar: Days, companies: Companies, lives: Lives, bars: Bars
) -> pa.Table:
    """Return a price index of each industry: the chained float value of those listed on both days.

    Bonus shares move the share count and not the value, dividends take from it.
    """
    value = bars.columns["close"] * bars.columns["float_shares"]
    listed = np.vstack([lives.alive(row) for row in range(len(calendar))]) & (value > 0)
    both = listed[1:] & listed[:-1]
    groups = int(companies.industry.max()) + 1
    codes, families, names, dates, closes = [], [], [], [], []
    for group in range(groups):
        mine = both & (companies.industry == group)
        now = np.where(mine, value[1:], 0.0).sum(axis=1)
        before = np.where(mine, value[:-1], 0.0).sum(axis=1)
        step = np.where(before > 0, now / np.where(before > 0, before, 1.0), 1.0)
        closes.append(np.round(_BASE_LEVEL * np.append(1.0, np.cumprod(step)), 4))
        codes += [f"SIM{group + 1:02d}"] * len(calendar)
        families += [FAMILY] * len(calendar)
        names += [INDUSTRIES[group][1]] * len(calendar)
        dates.append(calendar)
    blank = np.full(groups * len(calendar), np.nan)
    return pa.table(
        {
            "code": codes,
            "family": families,
            "name": names,
            "date": pa.array(np.concatenate(dates), pa.date32()),
            "open": blank,
            "high": blank,
            "low": blank,
            "close": np.concatenate(closes),
        }
    )


def government_curve_table(calendar: Days, draw: np.random.Generator) -> pa.Table:
    """Return a curve of level and slope: ``level - slope x (1 - exp(-t / d)) / (t / d)``."""
    days = len(calendar)
    level = 0.036 * np.exp(mean_reverting(days, 0.15, 250, draw))
    slope = 0.014 + mean_reverting(days, 0.004, 120, draw)
    columns = []
    for years in _TERMS.values():
        scaled = years / _DECAY_YEARS
        columns.append(level - slope * (1 - np.exp(-scaled)) / scaled)
    rates = np.round(np.maximum(np.column_stack(columns), 0.0005), 6)
    return pa.table(
        {
            "date": pa.array(np.repeat(calendar, len(_TERMS)), pa.date32()),
            "term": [*_TERMS] * days,
            "rate": rates.ravel(),
        }
    )
