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

__all__ = [
    "BookYield",
    "CashFlowYield",
    "DividendYield",
    "EarningsYield",
    "EarningsYieldOwnHistory",
    "EbitYield",
    "FreeCashFlowYield",
    "SalesYield",
]

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


class EbitYield(Factor):
    """Earnings before interest and taxes over the value of the whole enterprise.

    Notes
    -----
    Formula: EBIT of the trailing twelve months / (close x total_shares + max(invested_capital -
    book_equity, 0)); the capital that is not equity stands for net debt at its book value. EBIT is
    trailing as cumulative + last annual - cumulative of a year before.
    Undefined: one of the figures unknown (so for most banks), or no price or share count yet.
    Suspension: the last close stands.
    Look-ahead: day t uses reports known by the close of t; where a source dates ratios by the
    legal deadline only, they come late, never early.
    """

    kind: Literal["ebit_ev"] = "ebit_ev"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return EBIT / enterprise value, [R, N]."""
        days = as_rows(market, rows)
        capital: Floats = np.asarray(market.fundamental("invested_capital")[days])
        debt: Floats = np.maximum(capital - market.fundamental("book_equity")[days], 0.0)
        ebit: Floats = np.asarray(market.fundamental_ttm("ebit")[days])
        return ebit / (market_value(market, days) + debt)


class CashFlowYield(Factor):
    """Operating cash flow of the trailing twelve months over market value.

    Notes
    -----
    Formula: operating_cash_flow of twelve months / (close x total_shares), from the statements.
    Undefined: a report that the twelve months take is missing, or no price or share count yet.
    Banks and insurers report flows of deposits here: use it neutral to industries.
    Suspension: the last close stands.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["cash_flow_yield"] = "cash_flow_yield"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return operating cash flow / market value, [R, N]."""
        days = as_rows(market, rows)
        flow = market.statement_history("operating_cash_flow", 1, "ttm")
        return flow.as_of(flow.values[:, 0], days) / market_value(market, days)


class FreeCashFlowYield(Factor):
    """Operating cash flow less capital expenditure over market value.

    Notes
    -----
    Formula: (operating_cash_flow - capex_paid, both of twelve months) / (close x total_shares),
    from the statements.
    Undefined: a report that the twelve months take is missing, or no price or share count yet.
    Suspension: the last close stands.
    Look-ahead: day t uses statements announced by the close of t.
    """

    kind: Literal["fcf_yield"] = "fcf_yield"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return free cash flow / market value, [R, N]."""
        days = as_rows(market, rows)
        flow = market.statement_history("operating_cash_flow", 1, "ttm")
        spent = market.statement_history("capex_paid", 1, "ttm")
        free = flow.values[:, 0] - spent.values[:, 0]
        return flow.as_of(free, days) / market_value(market, days)


class EarningsYieldOwnHistory(Factor):
    """How high the earnings yield stands in its own last three years.

    Notes
    -----
    Formula: (EP[t] - mean) / std of EP at t, t - step, t - 2 step, ... back to t - window; EP as
    `EarningsYield`, std with n - 1.
    Undefined: EP[t] unknown, fewer than half of the observations known (days before the data are
    unknown), or all of them alike.
    Suspension: the last close stands.
    Look-ahead: each observation is what was known on its own day.
    """

    kind: Literal["ep_own_history"] = "ep_own_history"
    window: int = Field(default=720, ge=2, le=2500, description="Trading days looked back on.")
    step: int = Field(
        default=20, ge=1, le=250, description="Days from one observation to the next."
    )
    fallback: bool = Field(default=True, description=_FALLBACK)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the earnings yield in deviations of its own history, [R, N]."""
        from quanthedge.factors.kernels import own_history

        days = as_rows(market, rows)
        yields = EarningsYield(fallback=self.fallback)
        back = days[:, None] - np.arange(0, self.window + 1, self.step)
        wanted = np.unique(back[back >= 0])
        known = yields.exposure(market, wanted)
        places = np.where(back >= 0, np.searchsorted(wanted, back), -1)
        found = np.full((days.size, len(market.codes)), np.nan)
        least = max(2, -(-places.shape[1] // 2))
        own_history(np.ascontiguousarray(known), places, least, found)
        return found
