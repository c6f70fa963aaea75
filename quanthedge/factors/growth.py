"""Growth: how profit, revenue, assets and shares changed against a year before.

Like is compared with like: trailing twelve months with trailing twelve months and, where either is
missing, last annual report with last annual report; never one with the other.
"""

from typing import Literal

import numpy as np
from pydantic import Field

from quanthedge.factors.base import Factor, Rows, as_rows, positive, rows_before
from quanthedge.factors.quality import quarterly_returns
from quanthedge.factors.reports import YEAR, ReportFactor
from quanthedge.market import Market, ReportHistory
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats

__all__ = [
    "AssetGrowth",
    "CapitalExpenditure",
    "GrowthAcceleration",
    "Issuance",
    "ProfitGrowth",
    "ReturnOnEquityChange",
    "RevenueGrowth",
]

Scale = Literal["book_equity", "base"]
_SCALE = "Divide the change by 'book_equity' (today's), or by the absolute 'base' of a year before."
_LAG = "Trading days of the year compared."
_ROUNDING = 1e-12  # what two logarithms leave of shares that did not change
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


class ReturnOnEquityChange(ReportFactor):
    """Return on equity of the newest quarter less that of the same quarter a year before.

    Notes
    -----
    Formula: roe_quarter - roe_quarter of the period four quarters before.
    Undefined: a report that either takes is missing, or an equity not positive.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["roe_change"] = "roe_change"

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the change after each publication."""
        history, returns = quarterly_returns(market, YEAR + 1)
        return history, returns[:, 0] - returns[:, YEAR]


class GrowthAcceleration(ReportFactor):
    """Profit growth of the last year less that of the year before.

    Notes
    -----
    Formula: g(0) - g(4) with g(j) = (trailing net_profit_parent of j quarters ago - that of j + 4
    quarters ago) / equity_parent of j quarters ago.
    Undefined: a report that either takes is missing (three years of them), or an equity not
    positive.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["growth_acceleration"] = "growth_acceleration"

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the acceleration after each publication."""
        history = market.statement_history("net_profit_parent", 2 * YEAR + 1, "ttm")
        equity = positive(market.statement_history("equity_parent", YEAR + 1).values)
        profit = history.values
        now = (profit[:, 0] - profit[:, YEAR]) / equity[:, 0]
        return history, now - (profit[:, YEAR] - profit[:, 2 * YEAR]) / equity[:, YEAR]


class AssetGrowth(ReportFactor):
    """Relative change of the total assets over four quarters.

    Notes
    -----
    Formula: total_assets / total_assets of four quarters before - 1.
    Undefined: either report missing, or the assets of then not positive.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["asset_growth"] = "asset_growth"

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the growth after each publication."""
        history = market.statement_history("total_assets", YEAR + 1)
        return history, history.values[:, 0] / positive(history.values[:, YEAR]) - 1


class CapitalExpenditure(ReportFactor):
    """Capital expenditure of twelve months for each yuan of assets at their begin.

    Notes
    -----
    Formula: trailing capex_paid / total_assets of four quarters before.
    Undefined: a report that the figures take is missing, or the assets of then not positive.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["capital_expenditure"] = "capital_expenditure"

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the expenditure after each publication."""
        spent = market.statement_history("capex_paid", 1, "ttm")
        assets = market.statement_history("total_assets", YEAR + 1)
        return spent, spent.values[:, 0] / positive(assets.values[:, YEAR])


class Issuance(Factor):
    """Growth of the market value over a year that is not return: shares issued, less bought back.

    Notes
    -----
    Formula: ln(market value[t] / market value[t - lag_days]) - the sum of ln(1 + total return)
    between. As prices cancel, ln of the growth of total_shares less ln of that of adj_factor:
    bonus shares and cash dividends move both.
    Undefined: no share count known on either day, or less than lag_days of history.
    Suspension: the last share count stands.
    Look-ahead: share counts and ex-dates up to the close of t.
    """

    kind: Literal["issuance"] = "issuance"
    lag_days: int = Field(default=TRADING_DAYS_A_YEAR, ge=1, le=1000, description=_LAG)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the log growth of shares beyond ex-dates, [R, N]."""
        days = as_rows(market, rows)
        before, exists = rows_before(days, self.lag_days)
        needed, place = np.unique([days, before], return_inverse=True)
        now, then = place.reshape(2, -1)
        shares, steps = (
            np.log(positive(market.panel(name)[needed])) for name in ("total_shares", "adj_factor")
        )
        issued = (shares[now] - shares[then]) - (steps[now] - steps[then])
        issued = np.where(np.abs(issued) < _ROUNDING, 0.0 * issued, issued)
        return np.where(exists, issued, np.nan)
