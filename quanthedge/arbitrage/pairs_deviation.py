"""How far chosen spreads are from their mean on the days after, in their own deviations."""

import numpy as np

from quanthedge.arbitrage.pairs_formation import Chosen, Method, Stocks
from quanthedge.typing import Floats

__all__ = ["deviations"]


def deviations(
    stocks: Stocks, row: int, days: int, last: int, of: Chosen, method: Method
) -> Floats:
    """Return the deviations z of spreads from `row` to `last`, [last - row + 1, K].

    Prices go on from where the formation's window began (`days` up to `row`), dividends kept in.
    """
    returns = stocks.returns[row - days + 1 : last + 1]
    if method == "residual":
        spread = _residual_paths(returns, days, of)
    else:
        levels = np.cumsum(np.log1p(returns[:, of.first]), axis=0)
        others = np.cumsum(np.log1p(returns[:, of.second]), axis=0)
        if method == "distance":
            levels, others = np.exp(levels), np.exp(others)
        spread = (levels - of.beta * others)[days - 1 :]
    result: Floats = (spread - of.mean) / of.sigma
    return result


def _residual_paths(returns: Floats, days: int, of: Chosen) -> Floats:
    """Return cumulated returns less beta times those of the rest, from 0 at the window's end."""
    after = returns[days:]
    result = np.zeros((len(after) + 1, of.first.size))
    for k, (stock, members) in enumerate(zip(of.first, of.rest, strict=True)):
        others = members[members != stock]
        own = after[:, stock] - of.beta[k] * after[:, others].mean(axis=1)
        result[1:, k] = np.cumsum(own)
    return result
