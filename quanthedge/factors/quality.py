"""Earnings quality: what the company earns on its equity, and how much of it is borrowed."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from quanthedge.factors.base import FactorBase, Floats, Rows, as_rows
from quanthedge.factors.valuation import net_profit
from quanthedge.market import Market

__all__ = ["Leverage", "ReturnOnEquity"]


class ReturnOnEquity(FactorBase):
    """Trailing net profit over book equity; not defined where the equity is not positive.

    References
    ----------
    Novy-Marx (2013), The other side of value: the gross profitability premium;
    Fama and French (2015), A five-factor asset pricing model.
    """

    kind: Literal["return_on_equity"] = "return_on_equity"
    fallback: bool = Field(default=True, description="Last annual profit where TTM is missing.")
    family: ClassVar[str] = "quality"
    sign: ClassVar[int] = 1

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return net profit / book equity, [R, N]."""
        days = as_rows(market, rows)
        equity = market.fundamental("book_equity")[days]
        profit = net_profit(market, days, fallback=self.fallback)
        return profit / np.where(equity > 0, equity, np.nan)


class Leverage(FactorBase):
    """Debt over assets, as a fraction.

    References
    ----------
    Penman, Richardson and Tuna (2007), The book-to-price effect in stock returns: accounting for
    leverage.
    """

    kind: Literal["leverage"] = "leverage"
    family: ClassVar[str] = "quality"
    sign: ClassVar[int] = -1

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return debt / assets, [R, N]."""
        days = as_rows(market, rows)
        return np.asarray(market.fundamental("debt_to_assets_pct")[days]) / 100.0
