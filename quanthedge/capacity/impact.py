"""Market impact that grows with the size of an order, by the square-root law."""

import numpy as np
import pandas as pd

from quanthedge.market import Market
from quanthedge.result import Result

__all__ = ["modelled_impact"]

COEFFICIENT = 1.0
WINDOW = 20


def modelled_impact(result: Result, market: Market, coefficient: float = COEFFICIENT) -> pd.Series:
    """Return the impact of each stock order in yuan, by the square-root law, indexed as trades.

    Notes
    -----
    ``coefficient x daily volatility x sqrt(order / turnover of the day) x order``, volatility over
    the 20 days before. A coefficient near 1 is what studies of several markets find (Almgren, Thum,
    Hauptmann and Li, 2005, "Direct estimation of equity market impact", report 0.3 to 0.6 power
    laws of this kind; Toth et al., 2011, the square root with a prefactor of order one). It is
    worked out after the run and not fed back into it; the run's own costs already hold the fixed
    slippage of the strategy.
    """
    trades = result.trades
    stocks = trades[trades["commission"] + trades["stamp_duty"] > 0]
    days = pd.DatetimeIndex(market.dates)
    row = days.get_indexer(pd.DatetimeIndex(stocks["date"]))
    column = pd.Index(market.codes).get_indexer(pd.Index(stocks["code"]))
    amount = np.asarray(market.panel("amount"))[row, column].astype(np.float64)
    begin = max(0, int(row.min()) - WINDOW) if len(row) else 0
    returns = pd.DataFrame(np.asarray(market.panel("simple_return"))[begin : days.size])
    spread = returns.rolling(WINDOW, min_periods=5).std().shift(1).to_numpy()
    volatility = spread[row - begin, column]
    volatility = np.where(np.isfinite(volatility), volatility, np.nanmedian(volatility))
    order = stocks["amount"].to_numpy(dtype=np.float64)
    part = np.divide(order, amount, out=np.zeros_like(order), where=amount > 0)
    cost = coefficient * volatility * np.sqrt(part) * order
    return pd.Series(cost, index=stocks.index, name="impact")
