"""An index future as a risk: its members by their weights, and the basis as a factor of its own."""

from typing import NamedTuple

import numpy as np

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.risk.factor_covariance import newey_west
from quanthedge.risk.index_weights import index_weights
from quanthedge.rules import index_of
from quanthedge.typing import Floats

__all__ = ["BasisRisk", "basis_risk", "future_members"]

_HALF_LIFE, _LAGS, _LEAST = 84.0, 10, 20


class BasisRisk(NamedTuple):
    """Variance of a day of the return of a product less its index, by day.

    Attributes
    ----------
    returns : float64 [T]
        Of the contract that had the most open interest the day before, less the index; NaN without.
    plain, adjusted : float64 [T]
        Without lags and with them (the basis comes back: with lags it is smaller); NaN at first.
    """

    returns: Floats
    plain: Floats
    adjusted: Floats


def future_members(market: Market, product: str, row: int) -> Floats:
    """Return what one yuan of a future is in stocks at the close of a day, [N].

    Raises
    ------
    DataError
        The members of its index are not known, or not yet.
    """
    index = index_of(product)
    found: Floats = index_weights(market, index).on(np.array([row]))[0]
    if not np.isfinite(found).all():
        raise DataError(f"risk of {product}: no member of {index} is known on {market.dates[row]}")
    return found


def _basis_returns(market: Market, product: str) -> Floats:
    """Return the return of a product's main contract less its index's, [T].

    The contract is the one with the most open interest at the close before; its return is from
    settlement to settlement.
    """
    bars = market.futures(product)
    day = np.searchsorted(market.dates, bars["date"].to_numpy().astype("datetime64[D]"))
    table = bars.assign(row=day).set_index(["row", "contract"])
    main = table.groupby("row")["open_interest"].idxmax()
    found = np.full(len(market.dates), np.nan)
    close = market.index_close(index_of(product))
    price = table["settle"].to_dict()
    for row, contract in main:
        later, now = price.get((row + 1, contract)), price.get((row, contract))
        if later and now and row + 1 < len(found):
            found[row + 1] = later / now - close[row + 1] / close[row]
    return found


def basis_risk(market: Market, product: str) -> BasisRisk:
    """Return the variance of a product's basis at the close of each day."""
    from quanthedge.risk.kernels.moments import factor_moments

    returns = _basis_returns(market, product)
    plain, adjusted = np.full(len(returns), np.nan), np.full(len(returns), np.nan)
    moments, weight = np.zeros((_LAGS + 1, 1, 1)), np.zeros(_LAGS + 1)
    history, seen = np.full((_LAGS, 1), np.nan), 0
    for t, one in enumerate(returns):
        if np.isfinite(one):
            factor_moments(np.array([one]), 0.5 ** (1.0 / _HALF_LIFE), moments, history, weight)
            history[1:] = history[:-1].copy()
            history[0] = one
            seen += 1
        if seen >= _LEAST:
            plain[t] = moments[0, 0, 0] / weight[0]
            adjusted[t] = max(float(newey_west(moments, weight, _LAGS)[0, 0]), 0.1 * plain[t])
    return BasisRisk(returns, plain, adjusted)
