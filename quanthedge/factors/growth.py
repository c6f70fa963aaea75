"""Growth: how profit and revenue changed against what was known a year before."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from quanthedge.factors.base import FactorBase, Floats, Rows, as_rows
from quanthedge.factors.valuation import net_profit
from quanthedge.market import Market

__all__ = ["ProfitGrowth", "RevenueGrowth"]


def _lagged(days: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows ``lag`` days before and whether they exist."""
    before = days - lag
    return np.maximum(before, 0), before >= 0


class ProfitGrowth(FactorBase):
    """Change of the trailing net profit over a year, for each yuan of book equity.

    Notes
    -----
    Scaling by equity instead of last year's profit keeps the order sensible through losses. Both
    values
    are as published at the time: a later restatement is not seen.

    References
    ----------
    Chan, Karceski and Lakonishok (2003), The level and persistence of growth rates.
    """

    kind: Literal["profit_growth"] = "profit_growth"
    lag_days: int = Field(default=243, ge=1, description="Trading days in the year compared.")
    fallback: bool = Field(default=True, description="Last annual profit where TTM is missing.")
    family: ClassVar[str] = "growth"
    sign: ClassVar[int] = 1

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return (profit - profit a year before) / book equity, [R, N]."""
        days = as_rows(market, rows)
        before, exists = _lagged(days, self.lag_days)
        now = net_profit(market, days, fallback=self.fallback)
        then = net_profit(market, before, fallback=self.fallback)
        equity = market.fundamental("book_equity")[days]
        growth = (now - then) / np.where(equity > 0, equity, np.nan)
        return np.where(exists[:, None], growth, np.nan)


class RevenueGrowth(FactorBase):
    """Relative change of the trailing revenue over a year.

    References
    ----------
    Lakonishok, Shleifer and Vishny (1994), Contrarian investment, extrapolation, and risk, who
    find that past
    growth of sales is paid too dearly; the sign follows the growth label used by A-share
    practitioners.
    """

    kind: Literal["revenue_growth"] = "revenue_growth"
    lag_days: int = Field(default=243, ge=1, description="Trading days in the year compared.")
    family: ClassVar[str] = "growth"
    sign: ClassVar[int] = 1

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return revenue / revenue a year before - 1, [R, N]."""
        days = as_rows(market, rows)
        before, exists = _lagged(days, self.lag_days)
        then = market.fundamental("revenue_ttm")[before]
        growth = market.fundamental("revenue_ttm")[days] / np.where(then > 0, then, np.nan) - 1.0
        return np.where(exists[:, None], growth, np.nan)
