"""How the fund did in stated spells of the market."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from quanthedge.performance.drawdown import drawdowns
from quanthedge.performance.relation import Pair
from quanthedge.performance.returns import daily_returns, levels

__all__ = ["WINDOWS", "Window", "found_windows", "stress_windows", "window_table"]


class Window(NamedTuple):
    """A spell from one day to another, both counted."""

    name: str
    start: str
    end: str


COLUMNS = (
    "start", "end", "days", "net", "gross", "index", "max_drawdown", "worst_day", "beta",
    "hedge_ratio",
)  # fmt: skip
WINDOWS = (
    Window("rally_2014", "2014-11-21", "2015-01-05"),
    Window("crash_2015", "2015-06-15", "2015-09-30"),
    Window("circuit_breaker_2016", "2016-01-04", "2016-01-29"),
    Window("size_reversal_2017", "2017-01-03", "2017-06-30"),
    Window("fall_2018", "2018-01-29", "2018-02-28"),
    Window("long_fall_2018", "2018-06-01", "2018-10-31"),
    Window("reopening_2020", "2020-02-03", "2020-02-28"),
    Window("rally_2020", "2020-07-01", "2020-07-31"),
    Window("crowded_2021", "2021-02-18", "2021-03-31"),
    Window("lockdown_2022", "2022-04-01", "2022-04-29"),
    Window("small_caps_2024", "2024-01-02", "2024-02-29"),
    Window("rally_2024", "2024-09-24", "2024-10-31"),
)
_FEWEST = 2  # stated windows inside a run, below which its own worst spells are added
_FOUND_DAYS = 20  # trading days of a spell that is found


def found_windows(ledger: pd.DataFrame, days: int = _FOUND_DAYS) -> list[Window]:
    """Return the run's own spells of stress: the largest fall and rise of its index, its worst.

    Returns
    -------
    list of Window
        market_fall, market_rise and fund_fall: the `days` trading days over which the index fell
        and rose most and the fund (net) lost most; a spell that an earlier one overlaps is left
        out, and all of them where the run is shorter than two spells. Known afterwards only.
    """
    level = levels(ledger)
    if len(level) <= 2 * days:
        return []
    found: list[Window] = []
    dates = pd.DatetimeIndex(level.index)
    for name, column, sign in (("market_fall", "index", 1.0), ("market_rise", "index", -1.0),
                               ("fund_fall", "net", 1.0)):  # fmt: skip
        value = level[column].to_numpy()
        if np.isnan(value).all():  # a market without its index
            continue
        last = days + int(np.nanargmin(sign * (value[days:] / value[:-days] - 1.0)))
        first, end = dates[last - days + 1], dates[last]
        if all(end < pd.Timestamp(one.start) or first > pd.Timestamp(one.end) for one in found):
            found.append(Window(name, f"{first:%Y-%m-%d}", f"{end:%Y-%m-%d}"))
    return found


def stress_windows(ledger: pd.DataFrame) -> list[Window]:
    """Return the stated windows that a run meets, and its own worst ones where hardly any fits."""
    days = pd.DatetimeIndex(ledger.index)[1:]
    met = [
        one
        for one in WINDOWS
        if ((days >= pd.Timestamp(one.start)) & (days <= pd.Timestamp(one.end))).any()
    ]
    return met if len(met) >= _FEWEST else [*met, *found_windows(ledger)]


def window_table(ledger: pd.DataFrame, windows: Iterable[Window] = WINDOWS) -> pd.DataFrame:
    """Return the fund's figures in each window.

    Returns
    -------
    DataFrame
        Indexed by name: start, end (first and last trading day inside; NaT without one), days, net,
        gross, index (returns), max_drawdown (net, from the window's own highest value, its opening
        included), worst_day (net), beta (net on index, daily, NaN below ten days), hedge_ratio
        (mean). A window that the run covers in part shows the part; NaN where it has no day.
    """
    level, returns = levels(ledger), daily_returns(ledger)
    ratio = ledger["futures_notional"] / ledger["stock_value"].where(ledger["stock_value"] > 0.0)
    days = pd.DatetimeIndex(ledger.index)
    rows = {}
    for window in windows:
        first_day, last_day = pd.Timestamp(window.start), pd.Timestamp(window.end)
        inside = np.flatnonzero((days >= first_day) & (days <= last_day))
        inside = inside[inside > 0]
        if not inside.size:
            rows[window.name] = {"start": pd.NaT, "end": pd.NaT, "days": 0}
            continue
        first, stop = int(inside[0]), int(inside[-1]) + 1
        own, daily = level.iloc[first - 1 : stop], returns.iloc[first - 1 : stop - 1]
        change = own.iloc[-1] / own.iloc[0] - 1.0
        slope = Pair(daily["net"], daily["index"]).beta()
        rows[window.name] = {
            "start": days[first],
            "end": days[stop - 1],
            "days": stop - first,
            "net": float(change["net"]),
            "gross": float(change["gross"]),
            "index": float(change["index"]),
            "max_drawdown": float(drawdowns(own["net"]).min()),
            "worst_day": float(daily["net"].min()),
            "beta": slope.value if slope.observations >= Pair.FEWEST else np.nan,
            "hedge_ratio": float(ratio.iloc[first:stop].mean()),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=list(COLUMNS))
    table.index.name = "window"
    return table
