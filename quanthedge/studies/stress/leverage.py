"""The same strategy with less and more gross exposure, side by side."""

from collections.abc import Iterable

import pandas as pd

from quanthedge.backtesting import Result, complete, prepare
from quanthedge.errors import StrategyError
from quanthedge.ledger import line_names
from quanthedge.market import Market
from quanthedge.performance import (
    MINIMUM_DAYS,
    Drawdowns,
    LedgerFigures,
    annual_return,
    daily_returns,
    levels,
    volatility,
)
from quanthedge.strategy import Strategy

__all__ = ["compare_leverage", "levered"]

_MARGIN_RESERVE = 0.25  # of the stock value, kept for margin where a loan must be sized


def levered(strategy: Strategy, gross: float) -> Strategy:
    """Return the strategy with another gross exposure (stocks + futures, in units of equity).

    Half of it are stocks. What stocks and a margin reserve of a quarter of their value need beyond
    the fund's own money is borrowed.

    Raises
    ------
    StrategyError
        When the gross exposure is not between 0 and 6.

    Examples
    --------
    >>> from quanthedge.strategy import load_strategy
    >>> twice = levered(load_strategy("strategies/market_neutral.toml"), 2.0)
    >>> twice.invested_fraction, twice.accounts.borrowed
    (1.0, 0.25)
    """
    if not 0 < gross <= 6:
        raise StrategyError(f"gross exposure {gross}; accepted: above 0, up to 6 times equity")
    stocks = gross / 2.0
    borrowed = max(0.0, stocks * (1.0 + _MARGIN_RESERVE) - 1.0)
    accounts = strategy.accounts.model_copy(update={"borrowed": borrowed})
    return strategy.model_copy(update={"invested_fraction": stocks, "accounts": accounts})


def compare_leverage(
    strategy: Strategy,
    market: Market,
    start: str | None = None,
    end: str | None = None,
    *,
    gross: Iterable[float] = (1.0, 1.5, 2.0),
) -> pd.DataFrame:
    """Return what changes when the same strategy runs with other gross exposures.

    Returns
    -------
    DataFrame
        Indexed by gross exposure aimed at: borrowed, gross_held (mean), return_per_year,
        return_before_fund_fees, volatility, max_drawdown, costs_per_year and
        loan_interest_per_year (fractions of mean equity), lowest_multiple (futures account / margin
        at a close), call_days, lots_cut, stocks_sold (yuan), insolvent. Figures a year are NaN
        below 20 trading days.

    Notes
    -----
    The runs are no trials of the registry (:mod:`quanthedge.trials`): the same stocks and hedge
    with more or less money.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> table = qh.compare_leverage(strategy, market, "2014-09-17", "2014-12-31", gross=(1.0, 1.2))
    >>> table[["gross_held", "return_per_year"]].round(3)
           gross_held  return_per_year
    gross
    1.0         0.942            0.033
    1.2         1.130            0.034
    """
    rows = {
        one: _row(complete(prepare(levered(strategy, one), market, start, end))) for one in gross
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "gross"
    return table


def _row(result: Result) -> dict[str, object]:
    """Figures of one run."""
    ledger, trades = result.ledger, result.trades
    level = levels(ledger)
    inside = ledger.iloc[1:]
    held = inside[inside["margin_required"] > 0]
    multiple = held["futures_cash"] / held["margin_required"]
    reason = trades["reason"]
    # annualised figures need as many days as those of the summary
    long = len(inside) >= MINIMUM_DAYS
    of_ledger = LedgerFigures(ledger)
    yearly = of_ledger.costs()["per_year"]
    if not long:
        yearly = yearly * float("nan")
    return {
        "borrowed": result.strategy.accounts.borrowed,
        "gross_held": float(of_ledger.exposures()["gross_exposure"].mean()),
        "return_per_year": annual_return(level["net"]) if long else float("nan"),
        "return_before_fund_fees": annual_return(level["gross"]) if long else float("nan"),
        "volatility": volatility(daily_returns(ledger)["net"]) if long else float("nan"),
        "max_drawdown": float(Drawdowns(level["net"]).depth.min()),
        "costs_per_year": float(yearly[list(line_names("cost"))].sum() - yearly["loan_interest"]),
        "loan_interest_per_year": float(yearly["loan_interest"]),
        "lowest_multiple": float(multiple.min()) if len(multiple) else float("nan"),
        "call_days": int((multiple < result.strategy.accounts.margin_call).sum()),
        "lots_cut": int(trades.loc[reason == "margin_cut", "quantity"].sum()),
        "stocks_sold": float(trades.loc[reason == "cash_cut", "amount"].sum()),
        "insolvent": any(note["kind"] == "insolvent" for note in result.notes),
    }
