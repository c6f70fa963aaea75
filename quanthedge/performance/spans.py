"""How the fund did over spells of days: months, years, up to its last day, stress of the market.

A spell up to the last day is one in which the trade quotes a fund. It starts at the close of the
last valuation day on or before the same calendar date so many days or months earlier (31 July less
one month is 30 June), or of the last valuation day of the year before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.ledger import line_names
from quanthedge.performance.book import LedgerFigures
from quanthedge.performance.drawdown import Drawdowns
from quanthedge.performance.measures import MINIMUM_DAYS
from quanthedge.performance.relation import Pair
from quanthedge.performance.returns import daily_returns, levels, period_returns, volatility

__all__ = ["Spans", "Window"]


class Window(NamedTuple):
    """A spell from one day to another, both counted."""

    name: str
    start: str
    end: str


_STEPS: dict[str, pd.DateOffset] = {
    "week": pd.DateOffset(days=7),
    "month": pd.DateOffset(months=1),
    "three_months": pd.DateOffset(months=3),
    "six_months": pd.DateOffset(months=6),
    "year": pd.DateOffset(years=1),
}
_TRAILING = ("start", "end", "days", "net", "gross", "index", "excess", "max_drawdown")
_WINDOW = (
    "start", "end", "days", "net", "gross", "index", "max_drawdown", "worst_day", "beta",
    "hedge_ratio",
)  # fmt: skip
_FEWEST = 2  # stated windows inside a run, below which its own worst spells are added
_FOUND_DAYS = 20  # trading days of a spell that is found


@dataclass(frozen=True, eq=False)
class Spans:
    """A ledger by spells of its days.

    Attributes
    ----------
    ledger : DataFrame
        Its first row holds the opening balances.
    TRAILING : tuple of str
        The spells of :meth:`trailing`.
    STATED : tuple of Window
        Spells of the market that everybody remembers.

    Examples
    --------
    >>> days = pd.to_datetime(["2015-05-29", "2015-06-30", "2015-07-24", "2015-07-31"])
    >>> from quanthedge.ledger import line_names
    >>> ledger = pd.DataFrame({"equity": [1.0, 1.0, 1.1, 1.21], "index_close": 1.0}, index=days)
    >>> ledger = ledger.assign(subscriptions=0, redemptions=0, distributions=0)
    >>> accrued = ("accrued_performance_fee", "accrued_fee_at_open")
    >>> ledger = ledger.assign(**dict.fromkeys((*line_names("fee"), *accrued), 0.0))
    >>> Spans(ledger).trailing()["net"].round(2).tolist()
    [0.1, 0.21, nan, nan, nan, nan, 0.21]
    """

    ledger: pd.DataFrame

    TRAILING: ClassVar = (*_STEPS, "year_to_date", "inception")
    STATED: ClassVar = (
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

    @cached_property
    def _level(self) -> pd.DataFrame:
        return levels(self.ledger)

    @cached_property
    def _returns(self) -> pd.DataFrame:
        return daily_returns(self.ledger)

    def monthly(self, returns: Literal["net", "gross", "index"] = "net") -> pd.DataFrame:
        """Return the return of each month, and of the year, as years x months.

        Returns
        -------
        DataFrame
            Index year; columns 1 to 12 and "year". NaN where the run has no day. A month or year
            that the run covers in part shows the part. The months of a row compound to its year.
        """
        monthly = period_returns(self._level[returns], "monthly")
        days = pd.DatetimeIndex(monthly.index)
        flat = pd.DataFrame({"year": days.year, "month": days.month, "r": monthly.to_numpy()})
        table = flat.pivot_table(index="year", columns="month", values="r", dropna=False)
        table = table.reindex(columns=pd.Index(range(1, 13))).astype(np.float64)
        table.columns = pd.Index([*range(1, 13)], dtype=object)
        table["year"] = (1.0 + table).prod(axis=1) - 1.0
        table.index.name = "year"
        return table

    def yearly(self) -> pd.DataFrame:
        """Return one row a calendar year.

        Returns
        -------
        DataFrame
            Index year: net, gross, index (returns), excess (geometric, net over index), volatility
            (annualised, NaN below 20 days), max_drawdown (deepest fall from the year's own highest
            value, its opening included; zero when there was none), hedge_ratio (mean), turnover
            (two-way, times of the year's mean equity, not annualised), costs and fees (yuan), days
            (trading days).
        """
        ledger = self.ledger
        hedge = LedgerFigures(ledger).exposures()["hedge_ratio"]
        year_of = np.asarray(pd.DatetimeIndex(ledger.index).year)
        rows = {}
        for year in np.unique(year_of[1:]).tolist():
            inside = np.flatnonzero(year_of == year)
            inside = inside[inside > 0]
            first, stop = int(inside[0]), int(inside[-1]) + 1
            own = self._level.iloc[first - 1 : stop]
            change = own.iloc[-1] / own.iloc[0] - 1.0
            part, daily = ledger.iloc[first:stop], self._returns["net"].iloc[first - 1 : stop - 1]
            traded = float(part["bought"].sum() + part["sold"].sum())
            rows[year] = {
                "net": float(change["net"]),
                "gross": float(change["gross"]),
                "index": float(change["index"]),
                "excess": float((1.0 + change["net"]) / (1.0 + change["index"]) - 1.0),
                "volatility": volatility(daily) if len(daily) >= MINIMUM_DAYS else np.nan,
                "max_drawdown": float(Drawdowns(own["net"]).depth.min()),
                "hedge_ratio": float(hedge.iloc[first - 1 : stop - 1].mean()),
                "turnover": traded / float(part["equity"].mean()),
                "costs": float(part[list(line_names("cost"))].to_numpy().sum()),
                "fees": float(part[list(line_names("fee"))].to_numpy().sum()),
                "days": len(part),
            }
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.index.name = "year"
        return table

    def trailing(self, end: str | pd.Timestamp | None = None) -> pd.DataFrame:
        """Return the fund's figures over the last week, months, year, this year and the whole run.

        Parameters
        ----------
        end : date, optional
            Last day of the spells, or the trading day before it; the last of the run by default.

        Returns
        -------
        DataFrame
            Indexed by ``TRAILING``: start (day of the first value), end, days (trading days), net,
            gross, index (returns), excess (geometric, net over index), max_drawdown (net, from the
            spell's own highest value, its first included). A spell that begins before the opening
            day has no figures: NaT, 0 and NaN.
        """
        level = self._level.loc[:end]
        days = pd.DatetimeIndex(level.index)
        rows: dict[str, dict[str, object]] = {}
        for name in self.TRAILING:
            at = _start(name, days)
            if at is None:
                rows[name] = {"start": pd.NaT, "end": pd.NaT, "days": 0}
                continue
            own = level.iloc[at:]
            grown = own.iloc[-1] / own.iloc[0]
            rows[name] = {
                "start": days[at],
                "end": days[-1],
                "days": len(own) - 1,
                **{basis: float(grown[basis]) - 1.0 for basis in ("net", "gross", "index")},
                "excess": float(grown["net"] / grown["index"]) - 1.0,
                "max_drawdown": float(Drawdowns(own["net"]).depth.min()),
            }
        table = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=list(_TRAILING))
        table.index.name = "period"
        return table

    def windows(self, windows: Iterable[Window]) -> pd.DataFrame:
        """Return the fund's figures in each window.

        Returns
        -------
        DataFrame
            Indexed by name: start, end (first and last trading day inside; NaT without one), days,
            net, gross, index (returns), max_drawdown (net, from the window's own highest value, its
            opening included), worst_day (net), beta (net on index, daily, NaN below ten days),
            hedge_ratio (mean). A window that the run covers in part shows the part; NaN where it
            has no day.
        """
        ledger, level, returns = self.ledger, self._level, self._returns
        stocks = ledger["stock_value"]
        ratio = ledger["futures_notional"] / stocks.where(stocks > 0.0)
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
                "max_drawdown": float(Drawdowns(own["net"]).depth.min()),
                "worst_day": float(daily["net"].min()),
                "beta": slope.value if slope.observations >= Pair.FEWEST else np.nan,
                "hedge_ratio": float(ratio.iloc[first:stop].mean()),
            }
        table = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=list(_WINDOW))
        table.index.name = "window"
        return table

    def stress(self) -> list[Window]:
        """Return the stated windows that the run meets, and its own worst ones where few fit."""
        days = pd.DatetimeIndex(self.ledger.index)[1:]
        met = [
            one
            for one in self.STATED
            if ((days >= pd.Timestamp(one.start)) & (days <= pd.Timestamp(one.end))).any()
        ]
        return met if len(met) >= _FEWEST else [*met, *self.found()]

    def found(self) -> list[Window]:
        """Return the run's own spells of stress: the largest fall and rise of its index, its worst.

        Returns
        -------
        list of Window
            market_fall, market_rise and fund_fall: the 20 trading days over which the index
            fell and rose most and the fund (net) lost most; a spell that an earlier one overlaps is
            left out, and all of them where the run is shorter than two spells. Known afterwards
            only.
        """
        level, days = self._level, _FOUND_DAYS
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


def _start(name: str, days: pd.DatetimeIndex) -> int | None:
    """Return the position of a spell's first value; None where the run is shorter."""
    last = days[-1]
    if name == "inception":
        return 0
    new_year = pd.Timestamp(last.year - 1, 12, 31)
    begin = new_year if name == "year_to_date" else last - _STEPS[name]
    at = int(np.searchsorted(days.to_numpy(), begin.to_datetime64(), side="right")) - 1
    return at if at >= 0 else None
