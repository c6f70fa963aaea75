"""Valuation: what a company earns, owns, sells and pays, for each yuan of its market value.

Market value is the last close times the total shares, both as last known: a suspended stock keeps
its last price, while new reports still move the numerator.
"""

from typing import Literal

import numpy as np
from pydantic import Field

from quanthedge.factors.base import Factor, Rows, as_rows, market_value, trailing
from quanthedge.market import Market
from quanthedge.typing import Floats

__all__ = ["BookYield", "DividendYield", "EarningsYield", "SalesYield"]

_FALLBACK = "Take the last annual report where the trailing twelve months are missing."


class EarningsYield(Factor):
    """Net profit of the trailing twelve months over market value.

    Notes
    -----
    Formula: net_profit_ttm / (close x total_shares). Losses give negative yields, if the source
    states them.
    Undefined: no profit known, or no price or share count yet.
    Fallback: data vendors leave the trailing profit of some loss makers empty, and know some
    stocks (among them most that were delisted) by their annual reports only; without the fallback
    these drop out, which flatters a backtest. The annual number is older, never early. Where the
    source gives profits above 0 only, a company that has just turned to a loss still shows the
    profit of its last good year, or none.
    Suspension: the last close stands.
    Look-ahead: day t uses reports known by the close of t.
    """

    kind: Literal["earnings_yield"] = "earnings_yield"
    fallback: bool = Field(default=True, description=_FALLBACK)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return net profit / market value, [R, N]."""
        days = as_rows(market, rows)
        profit = trailing(market, "net_profit", days, fallback=self.fallback)
        return profit / market_value(market, days)


class BookYield(Factor):
    """Book equity over market value.

    Notes
    -----
    Formula: book_equity / (close x total_shares). Negative equity gives a negative yield.
    Undefined: no equity known, or no price or share count yet.
    Suspension: the last close stands.
    Look-ahead: day t uses reports known by the close of t.
    """

    kind: Literal["book_yield"] = "book_yield"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return book equity / market value, [R, N]."""
        days = as_rows(market, rows)
        return np.asarray(market.fundamental("book_equity")[days]) / market_value(market, days)


class SalesYield(Factor):
    """Revenue of the trailing twelve months over market value.

    Notes
    -----
    Formula: revenue_ttm / (close x total_shares).
    Undefined: no revenue known, or no price or share count yet.
    Suspension: the last close stands.
    Look-ahead: day t uses reports known by the close of t.
    """

    kind: Literal["sales_yield"] = "sales_yield"
    fallback: bool = Field(default=True, description=_FALLBACK)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return revenue / market value, [R, N]."""
        days = as_rows(market, rows)
        revenue = trailing(market, "revenue", days, fallback=self.fallback)
        return revenue / market_value(market, days)


class DividendYield(Factor):
    """Cash dividends of the trailing twelve months over market value.

    Notes
    -----
    Formula: dividend_ttm / (close x total_shares).
    Undefined: no dividend known (a stock known to pay nothing has a yield of 0), or no price or
    share count yet.
    Suspension: the last close stands.
    Look-ahead: day t uses what was known by the close of t.
    """

    kind: Literal["dividend_yield"] = "dividend_yield"
    fallback: bool = Field(default=True, description=_FALLBACK)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return dividends / market value, [R, N]."""
        days = as_rows(market, rows)
        dividends = trailing(market, "dividend", days, fallback=self.fallback)
        return dividends / market_value(market, days)
