"""Valuation: what the company earns, owns, sells and pays, for each yuan of its market value."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from quanthedge.factors.base import FactorBase, Floats, Rows, as_rows, market_value
from quanthedge.market import Market

__all__ = ["BookYield", "DividendYield", "EarningsYield", "SalesYield"]


class EarningsYield(FactorBase):
    """Net profit over market value.

    Notes
    -----
    Trailing twelve months as last published; where the source gives none (it leaves some loss
    makers empty),
    ``fallback`` takes the last annual profit, which may be negative.

    References
    ----------
    Basu (1977), Investment performance of common stocks in relation to their price-earnings ratios.
    """

    kind: Literal["earnings_yield"] = "earnings_yield"
    fallback: bool = Field(default=True, description="Last annual profit where TTM is missing.")
    family: ClassVar[str] = "valuation"
    sign: ClassVar[int] = 1

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return net profit / market value, [R, N]."""
        days = as_rows(market, rows)
        return net_profit(market, days, fallback=self.fallback) / market_value(market, days)


class BookYield(FactorBase):
    """Book equity over market value.

    References
    ----------
    Fama and French (1992), The cross-section of expected stock returns.
    """

    kind: Literal["book_yield"] = "book_yield"
    family: ClassVar[str] = "valuation"
    sign: ClassVar[int] = 1

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return book equity / market value, [R, N]."""
        days = as_rows(market, rows)
        return market.fundamental("book_equity")[days] / market_value(market, days)


class SalesYield(FactorBase):
    """Revenue of the trailing twelve months over market value.

    References
    ----------
    Barbee, Mukherji and Raines (1996), Do sales-price and debt-equity explain stock returns better?
    """

    kind: Literal["sales_yield"] = "sales_yield"
    family: ClassVar[str] = "valuation"
    sign: ClassVar[int] = 1

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return revenue / market value, [R, N]."""
        days = as_rows(market, rows)
        return market.fundamental("revenue_ttm")[days] / market_value(market, days)


class DividendYield(FactorBase):
    """Cash dividends of the trailing twelve months over market value.

    References
    ----------
    Litzenberger and Ramaswamy (1979), The effect of personal taxes and dividends on capital asset
    prices.
    """

    kind: Literal["dividend_yield"] = "dividend_yield"
    family: ClassVar[str] = "valuation"
    sign: ClassVar[int] = 1

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return dividends / market value, [R, N]."""
        days = as_rows(market, rows)
        return market.fundamental("dividend_ttm")[days] / market_value(market, days)


def net_profit(market: Market, days: np.ndarray, *, fallback: bool) -> Floats:
    """Return the trailing net profit as last published, yuan, [R, N]."""
    profit = np.asarray(market.fundamental("net_profit_ttm")[days])
    if fallback:
        annual = market.fundamental("net_profit_last_annual")[days]
        profit = np.where(np.isnan(profit), annual, profit)
    return profit
