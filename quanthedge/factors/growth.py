"""Growth: how profit and revenue changed against what was known a year before.

Like is compared with like: trailing twelve months with trailing twelve months and, where either is
missing, last annual report with last annual report; never one with the other.
"""

from typing import Literal

import numpy as np
from pydantic import Field

from quanthedge.factors.base import Factor, Rows, as_rows, positive, rows_before
from quanthedge.market import Market
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats

__all__ = ["ProfitGrowth", "RevenueGrowth"]

Scale = Literal["book_equity", "base"]
_SCALE = "Divide the change by 'book_equity' (today's), or by the absolute 'base' of a year before."
_LAG = "Trading days of the year compared."
_FALLBACK = "Compare annual reports where the trailing twelve months are missing."


class _Growth(Factor):
    """The change of an item over a year, scaled."""

    lag_days: int = Field(default=TRADING_DAYS_A_YEAR, ge=1, le=1000, description=_LAG)
    fallback: bool = Field(default=True, description=_FALLBACK)

    def _growth(self, market: Market, item: str, scale: Scale, rows: Rows) -> Floats:
        """Return (item now - item a year before) / scale, [R, N]."""
        days = as_rows(market, rows)
        before, exists = rows_before(days, self.lag_days)
        kinds = [f"{item}_ttm"]
        if self.fallback and f"{item}_last_annual" in market.fundamental_items():
            kinds.append(f"{item}_last_annual")
        growth = np.full((days.size, len(market.codes)), np.nan)
        for kind in kinds:
            panel = market.fundamental(kind)
            now, then = panel[days], panel[before]
            by = np.abs(then) if scale == "base" else market.fundamental("book_equity")[days]
            growth = np.where(np.isnan(growth), (now - then) / positive(by), growth)
        return np.where(exists, growth, np.nan)


class ProfitGrowth(_Growth):
    """Change of the net profit over a year, for each yuan of book equity.

    Notes
    -----
    Formula: (net_profit_ttm[t] - net_profit_ttm[t - lag_days]) / book_equity[t]. Book equity, not
    last year's profit, stands below: after a loss or a profit near 0 the usual growth rate has the
    wrong sign or explodes. ``scale="base"`` divides by the absolute base instead.
    Undefined: either profit unknown, equity not positive, or less than lag_days of history.
    Suspension: plays no part.
    Look-ahead: both values as published at the time; a later restatement is not seen.
    """

    kind: Literal["profit_growth"] = "profit_growth"
    scale: Scale = Field(default="book_equity", description=_SCALE)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return (profit - profit a year before) / scale, [R, N]."""
        return self._growth(market, "net_profit", self.scale, rows)


class RevenueGrowth(_Growth):
    """Relative change of the revenue over a year.

    Notes
    -----
    Formula: revenue_ttm[t] / revenue_ttm[t - lag_days] - 1; with ``scale="book_equity"`` the change
    is divided by today's book equity.
    Undefined: either revenue unknown, the base not positive, or less than lag_days of history.
    Suspension: plays no part.
    Look-ahead: both values as published at the time; a later restatement is not seen.
    Sign: +1 as growth investors use it; the paper finds that fast past sales growth was paid too
    dearly. Give a negative weight to take its side.
    """

    kind: Literal["revenue_growth"] = "revenue_growth"
    scale: Scale = Field(default="base", description=_SCALE)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return (revenue - revenue a year before) / scale, [R, N]."""
        return self._growth(market, "revenue", self.scale, rows)
