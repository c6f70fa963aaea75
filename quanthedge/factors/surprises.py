"""Surprises: what a report brought against the year before, and how the price took it."""

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from quanthedge.factors.base import Factor, Rows, as_rows, positive
from quanthedge.factors.reports import YEAR, ReportFactor, deviation
from quanthedge.market import Market, ReportHistory
from quanthedge.typing import Floats, Ints

__all__ = ["AnnouncementReturn", "EarningsChange", "EarningsSurprise", "RevenueSurprise"]

_QUARTERS = "Earlier seasonal differences that the newest is held against."
_LEAST = "How many of them must be known."


class _Surprise(ReportFactor):
    """A seasonal difference of single quarters in deviations of those before it."""

    quarters: int = Field(default=8, ge=2, le=20, description=_QUARTERS)
    least: int = Field(default=6, ge=2, le=20, description=_LEAST)

    def _surprise(self, market: Market, item: str) -> tuple[ReportHistory, Floats]:
        history = market.statement_history(item, self.quarters + 1 + YEAR, "quarter")
        change = history.values[:, :-YEAR] - history.values[:, YEAR:]
        return history, change[:, 0] / deviation(change[:, 1:], self.least)


class EarningsSurprise(_Surprise):
    """Change of the quarterly profit against a year before, in deviations of such changes.

    Notes
    -----
    Formula: d(0) / std (n - 1) of d(1) ... d(quarters), d(j) the net_profit_parent of the single
    quarter j quarters ago less that of four quarters earlier: a seasonal random walk's surprise.
    Undefined: d(0) unknown, fewer than ``least`` of the others known, or all of them alike.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["earnings_surprise"] = "earnings_surprise"

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the surprise after each publication."""
        return self._surprise(market, "net_profit_parent")


class RevenueSurprise(_Surprise):
    """Change of the quarterly revenue against a year before, in deviations of such changes.

    Notes
    -----
    Formula: as `EarningsSurprise`, of the revenue.
    Undefined: the newest change unknown, fewer than ``least`` of the others known, or all alike.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["revenue_surprise"] = "revenue_surprise"

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the surprise after each publication."""
        return self._surprise(market, "revenue")


class EarningsChange(ReportFactor):
    """Change of the quarterly profit against a year before, for each yuan of equity.

    Notes
    -----
    Formula: (net_profit_parent of the newest single quarter - that of four quarters earlier) /
    equity_parent of the newest report. Loss makers count with their losses.
    Undefined: a report that the two quarters take is missing, or the equity not positive.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["earnings_change"] = "earnings_change"

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the change after each publication."""
        history = market.statement_history("net_profit_parent", YEAR + 1, "quarter")
        equity = market.statement_history("equity_parent", 1)
        change = history.values[:, 0] - history.values[:, YEAR]
        return history, change / positive(equity.values[:, 0])


class AnnouncementReturn(Factor):
    """Return of the three days around the last announcement of a report, less the index.

    Notes
    -----
    Formula: P[a + 1] / P[a - 2] - I[a + 1] / I[a - 2], a the first trading day on or after the day
    of announcement, P the close with dividends, I the index's close.
    Undefined: no announcement in the last ``memory`` trading days (counted to a + 1), no day of
    announcement in the data (a legal deadline is none), or a stock that did not trade on any of
    the three days. Only the first publication of a period counts.
    Suspension: days without trading have no return.
    Look-ahead: known from the close of a + 1 on.
    """

    kind: Literal["announcement_return"] = "announcement_return"
    memory: int = Field(
        default=60, ge=1, le=250, description="Trading days for which a reaction counts."
    )
    index: str = Field(default="000300.SH", description="Index whose return is taken off.")

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the reaction to the last announcement, [R, N]."""
        days = as_rows(market, rows)
        history, begin = _announcements(market)
        level: Floats = np.asarray(pd.Series(market.index_close(self.index)).ffill())
        worth, traded = market.panel("mark"), market.panel("traded")
        factor = market.panel("adj_factor")
        end, n = begin + 3, history.stock
        own: Floats = worth[end, n] * factor[end, n] / positive(worth[begin, n] * factor[begin, n])
        reaction = own - level[end] / positive(level[begin])
        seen = traded[begin + 1, n] | traded[begin + 2, n] | traded[end, n]
        found = history.as_of(np.where(seen, reaction, np.nan), days)
        since = days[:, None] - history.as_of(history.day.astype(np.float64), days)
        return np.where(since < self.memory, found, np.nan)


def _announcements(market: Market) -> tuple[ReportHistory, Ints]:
    """Return the announcements whose three days are over, and the row before the three."""
    reports = market.statements()
    first = reports.drop_duplicates(["code", "period_end"])  # sorted by period and known date
    first = first[first["announce_date"].notna()]
    codes = first["code"].to_numpy(dtype=str)
    place = np.minimum(np.searchsorted(market.codes, codes), len(market.codes) - 1)
    announced = first["announce_date"].to_numpy().astype("datetime64[D]")
    known = first["known_date"].to_numpy().astype("datetime64[D]")
    begin = np.searchsorted(market.dates, announced) - 2
    day = np.maximum(begin + 3, np.searchsorted(market.dates, known))
    kept = (market.codes[place] == codes) & (begin >= 0) & (day < len(market.dates))
    order = np.lexsort((begin, day, place))
    order = order[kept[order]]
    history = ReportHistory(
        place[order].astype(np.int64), day[order].astype(np.int64),
        np.empty((len(order), 0)), len(market.codes),
    )  # fmt: skip
    return history, begin[order].astype(np.int64)
