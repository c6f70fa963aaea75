"""Earnings quality: what a company earns on its equity, and how much of its assets is borrowed."""

from typing import Literal

import numpy as np
from pydantic import Field

from quanthedge.factors.base import Factor, Rows, as_rows, positive, trailing
from quanthedge.market import Market
from quanthedge.typing import Floats

__all__ = ["Leverage", "ReturnOnEquity"]


class ReturnOnEquity(Factor):
    """Net profit of the trailing twelve months over book equity.

    Notes
    -----
    Formula: net_profit_ttm / book_equity, both as last published. Ratios that companies report
    (roe_cum_pct) count from the start of the year and are not comparable between periods.
    Undefined: no profit or equity known, or equity not positive.
    Fallback: the last annual profit where the trailing one is missing, see EarningsYield.
    Suspension: plays no part.
    Look-ahead: day t uses reports known by the close of t.
    """

    kind: Literal["return_on_equity"] = "return_on_equity"
    fallback: bool = Field(
        default=True,
        description="Take the last annual profit where the trailing twelve months are missing.",
    )

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return net profit / book equity, [R, N]."""
        days = as_rows(market, rows)
        profit = trailing(market, "net_profit", days, fallback=self.fallback)
        return profit / positive(market.fundamental("book_equity")[days])


class Leverage(Factor):
    """Debt over assets, as a fraction.

    Notes
    -----
    Formula: debt_to_assets_pct / 100, as last published. Banks and insurers owe 0.9 by their
    trade: use it with ``industry_neutral = true``.
    Undefined: not published yet, or below 0, which no debt can be: a slip of the source would else
    be the best grade of the day.
    Suspension: plays no part.
    Look-ahead: day t uses reports known by the close of t.
    """

    kind: Literal["leverage"] = "leverage"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return debt / assets, [R, N]."""
        days = as_rows(market, rows)
        debt = market.fundamental("debt_to_assets_pct")[days] / 100.0
        return np.where(debt >= 0, debt, np.nan)
