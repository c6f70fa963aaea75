"""The stated value of every stock on every day, as a multiple of its mark, in one pass."""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit
from quanthedge.ledger import Bars, StockBook
from quanthedge.ledger.kernels.prices import day_limits, reference_price
from quanthedge.rules import TICK
from quanthedge.typing import Floats

__all__ = ["add_returns", "restate"]

_HALF_TICK = TICK / 2


@njit(cache=True)
def add_returns(
    traded: NDArray[np.bool_],
    returns: Floats,
    mark: Floats,
    shares: Floats,
    group: NDArray[np.int16],
    value: Floats,
    gained: Floats,
) -> None:
    """Add each stock's value at the close before, and its gain, to its group and to all, [S, G].

    Counted is who traded on the day and the day before, with known shares; the last column is all.
    """
    last = value.shape[1] - 1
    for r in range(1, traded.shape[0]):
        for i in range(traded.shape[1]):
            if not (traded[r, i] and traded[r - 1, i]):
                continue
            worth = mark[r - 1, i] * shares[r - 1, i]
            gain = worth * returns[r, i]
            if worth > 0.0 and not np.isnan(gain):
                g = group[r, i]
                if g != last:
                    value[r, g] += worth
                    gained[r, g] += gain
                value[r, last] += worth
                gained[r, last] += gain


@njit(cache=True)
def resumed(t: int, i: int, price: float, carried: float, bars: Bars, stocks: StockBook) -> float:
    """Value over close on a day of trading after a suspension; NaN once the market is active.

    A close at the limit is no price of an active market: what the method said stands, unless the
    limit has been passed by.
    """
    high, low = day_limits(t, i, bars, stocks)
    if price <= low + _HALF_TICK:
        return min(carried, price) / price
    if price >= high - _HALF_TICK:
        return max(carried, price) / price
    return np.nan


@njit(cache=True)
def restate(
    first: int,
    close: Floats,
    group: NDArray[np.int16],
    growth: Floats,
    beta: Floats,
    bars: Bars,
    stocks: StockBook,
    ratio: Floats,
    days: NDArray[np.int16],
) -> None:
    """Write the stated value over the mark of each stock, NaN where it is its mark.

    Parameters
    ----------
    first : int
        Row of the first day of the span in ``close``, ``group`` and ``growth``.
    close : float64 [S, N], group : int16 [S, N], growth : float64 [S, G]
        Of the market's rows up to the span's last: closes (NaN = did not trade), the column of
        growth that each stock follows, and the index returns of the day.
    beta : float64 [T + 1, N] or [0, 0]
        By which an index return is multiplied, as known at the last close; without any it is 1.
    bars, stocks : of the span's T days
    ratio : float64 [T + 1, N], days : int16 [T + 1, N]
        Written: value over mark, and the number of the day of the suspension (0 = it trades).
    """
    rows, n = close.shape
    factor, risk = np.full(n, np.nan), np.ones(n)
    count = np.zeros(n, np.int16)
    begun = np.zeros(n, np.bool_)
    for r in range(rows):
        t = r - first
        for i in range(n):
            price = close[r, i]
            if np.isnan(price):
                if not begun[i]:
                    continue
                if np.isnan(factor[i]):
                    factor[i], risk[i] = 1.0, 1.0
                    if beta.size > 0:
                        risk[i] = beta[max(t, 0), i]
                factor[i] *= 1.0 + risk[i] * growth[r, group[r, i]]
                count[i] += 1
            else:
                begun[i] = True
                count[i] = 0
                if not np.isnan(factor[i]):
                    if t < 0:
                        factor[i] = np.nan
                    else:
                        moved = factor[i] * (1.0 + risk[i] * growth[r, group[r, i]])
                        carried = moved * reference_price(t, i, bars)
                        factor[i] = resumed(t, i, price, carried, bars, stocks)
        if t >= -1:
            ratio[t + 1], days[t + 1] = factor, count
