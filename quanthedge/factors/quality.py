"""Quality: what a company earns on what it owns, how steadily, how much of it in cash or borrowed.

Single quarters and trailing years are those of the statements, dated by their announcement.
"""

from typing import Literal

import numpy as np
from pydantic import Field

from quanthedge.factors.base import Factor, Rows, as_rows, positive, trailing
from quanthedge.factors.reports import YEAR, ReportFactor, deviation
from quanthedge.market import Market, ReportHistory
from quanthedge.typing import Floats

__all__ = [
    "Accruals",
    "AssetTurnover",
    "EarningsStability",
    "GrossProfitability",
    "Leverage",
    "Margin",
    "ReturnOnAssetsQuarter",
    "ReturnOnEquity",
    "ReturnOnEquityQuarter",
    "ReturnOnInvestedCapital",
    "quarterly_returns",
]


def quarterly_returns(market: Market, quarters: int) -> tuple[ReportHistory, Floats]:
    """Return the return on equity of the newest single quarters, [E, quarters].

    Profit of the quarter attributable to shareholders over their equity at its begin; NaN where
    either is unknown or the equity not positive.
    """
    profit = market.statement_history("net_profit_parent", quarters, "quarter")
    equity = market.statement_history("equity_parent", quarters + 1)
    return profit, profit.values / positive(equity.values[:, 1:])


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
    Formula: debt_to_assets_pct / 100, as last published. Banks and insurers owe 0.9 by the
    nature of their trade; use it with ``industry_neutral = true``.
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


class ReturnOnEquityQuarter(ReportFactor):
    """Net profit of the newest single quarter over the equity at its begin.

    Notes
    -----
    Formula: net_profit_parent of the quarter / equity_parent of the quarter before. A quarter is
    the difference of two cumulative reports.
    Undefined: one of the three reports missing, or the equity not positive.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["roe_quarter"] = "roe_quarter"

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the quarter's return on equity after each publication."""
        history, returns = quarterly_returns(market, 1)
        return history, returns[:, 0]


class ReturnOnAssetsQuarter(ReportFactor):
    """Net profit of the newest single quarter over the assets at its begin.

    Notes
    -----
    Formula: net_profit (with minorities) of the quarter / total_assets of the quarter before.
    Undefined: one of the reports missing, or the assets not positive.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["roa_quarter"] = "roa_quarter"

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the quarter's return on assets after each publication."""
        profit = market.statement_history("net_profit", 1, "quarter")
        assets = market.statement_history("total_assets", 2)
        return profit, profit.values[:, 0] / positive(assets.values[:, 1])


class ReturnOnInvestedCapital(Factor):
    """Earnings before interest and taxes over the capital that works for them.

    Notes
    -----
    Formula: EBIT of the trailing twelve months / invested_capital.
    Undefined: either unknown (so for most banks), or the capital not positive.
    Suspension: plays no part.
    Look-ahead: day t uses reports known by the close of t; where a source dates ratios by the
    legal deadline only, they come late, never early.
    """

    kind: Literal["roic"] = "roic"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return EBIT / invested capital, [R, N]."""
        days = as_rows(market, rows)
        ebit = np.asarray(market.fundamental_ttm("ebit")[days])
        return ebit / positive(market.fundamental("invested_capital")[days])


class Margin(ReportFactor):
    """Operating profit for each yuan of revenue, twelve months.

    Notes
    -----
    Formula: operating_profit / revenue, both trailing. Operating profit is after financing costs,
    as Chinese statements have it.
    Undefined: a report that the twelve months take is missing, or the revenue not positive.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["margin"] = "margin"

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the margin after each publication."""
        profit = market.statement_history("operating_profit", 1, "ttm")
        revenue = market.statement_history("revenue", 1, "ttm")
        return profit, profit.values[:, 0] / positive(revenue.values[:, 0])


class AssetTurnover(ReportFactor):
    """Revenue of twelve months for each yuan of assets.

    Notes
    -----
    Formula: trailing revenue / total_assets of the same report.
    Undefined: a report that the twelve months take is missing, or the assets not positive.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["asset_turnover"] = "asset_turnover"

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the turnover of assets after each publication."""
        revenue = market.statement_history("revenue", 1, "ttm")
        assets = market.statement_history("total_assets", 1)
        return revenue, revenue.values[:, 0] / positive(assets.values[:, 0])


class GrossProfitability(ReportFactor):
    """Gross profit of twelve months for each yuan of assets.

    Notes
    -----
    Formula: (revenue - cost_of_sales, both trailing) / total_assets of the same report.
    Undefined: a report that the twelve months take is missing, the assets not positive, or no cost
    of sales reported: banks, brokers and insurers have none.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["gross_profitability"] = "gross_profitability"

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the gross profitability after each publication."""
        revenue = market.statement_history("revenue", 1, "ttm")
        cost = market.statement_history("cost_of_sales", 1, "ttm")
        assets = market.statement_history("total_assets", 1)
        profit = revenue.values[:, 0] - cost.values[:, 0]
        return revenue, profit / positive(assets.values[:, 0])


class Accruals(ReportFactor):
    """The part of the profit that is not cash, for each yuan of assets.

    Notes
    -----
    Formula: (net_profit - operating_cash_flow, both of twelve months) / mean of total_assets now
    and four quarters before. Taken from the cash flow statement, not from differences of balance
    sheets, which acquisitions distort.
    Undefined: a report that the figures take is missing, or the mean assets not positive.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["accruals"] = "accruals"

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the accruals after each publication."""
        profit = market.statement_history("net_profit", 1, "ttm")
        cash = market.statement_history("operating_cash_flow", 1, "ttm")
        assets = market.statement_history("total_assets", YEAR + 1).values
        mean = (assets[:, 0] + assets[:, YEAR]) / 2
        return profit, (profit.values[:, 0] - cash.values[:, 0]) / positive(mean)


class EarningsStability(ReportFactor):
    """How little the quarterly return on equity moves, as a negative deviation.

    Notes
    -----
    Formula: -std (n - 1) of the return on equity of the newest ``quarters`` single quarters, each
    as `ReturnOnEquityQuarter`.
    Undefined: fewer than ``least`` of them known, or all alike.
    Suspension: plays no part.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["earnings_stability"] = "earnings_stability"
    quarters: int = Field(default=8, ge=2, le=20, description="Single quarters looked back on.")
    least: int = Field(default=6, ge=2, le=20, description="How many of them must be known.")

    def per_report(self, market: Market) -> tuple[ReportHistory, Floats]:
        """Return the negative deviation after each publication."""
        history, returns = quarterly_returns(market, self.quarters)
        return history, -deviation(returns, self.least)
