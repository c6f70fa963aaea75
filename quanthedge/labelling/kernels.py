"""The future of every purchase, compiled: when it could be bought, when sold, and why not."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit
from quanthedge.labelling.reasons import (
    AFTER_DATA,
    DELISTED,
    LATE_LIMIT_DOWN,
    LATE_OTHER,
    LATE_SUSPENDED,
    LIMIT_UNKNOWN,
    LIMIT_UP,
    NO_PRICE,
    NOT_LISTED,
    NOT_SOLD,
    SAME,
    SUSPENDED,
    TIMING,
)
from quanthedge.rules import TICK, limit_prices
from quanthedge.typing import Floats, Ints

__all__ = ["Bars", "Costs", "Outcome", "futures_of"]

_HALF_TICK = TICK / 2  # yuan
_limit_prices_of_one = njit(cache=True, allocates=False)(limit_prices)


class Bars(NamedTuple):
    """What the outcome of a purchase depends on: panels [T, N], and limits from row ``first`` on.

    ``dearest`` and ``cheapest`` are the prices of a day at which an order may have been done: the
    price itself, or the day's range for an average price.
    """

    price: Floats  # at which orders of a day are done; NaN = none
    dearest: Floats
    cheapest: Floats
    close: Floats  # NaN = no bar
    pre_close: Floats
    mark: Floats
    adj_factor: Floats
    delist: Ints  # [N] first row on which the stock is gone
    first: int
    place: NDArray[np.int8]  # [T - first, N] class of limits
    up: Floats  # [T - first, C]
    down: Floats
    inward: NDArray[np.bool_]  # [N]


class Costs(NamedTuple):
    """Costs by day from row ``first`` on and exchange [T - first, E]: fractions, and yuan a share.

    ``exchange`` [N] is each stock's column.
    """

    exchange: Ints
    buy: Floats
    sell: Floats
    per_share: Floats


class Outcome(NamedTuple):
    """What became of each purchase, [R, N]."""

    value: Floats
    naive: Floats
    can_buy: NDArray[np.bool_]
    can_sell: NDArray[np.bool_]
    reason: NDArray[np.int8]
    ends_by: NDArray[np.int32]


@njit()
def _purchase(t: int, n: int, bars: Bars) -> int:
    """Why the stock cannot be bought on row t, or SAME."""
    if t >= bars.delist[n] or np.isnan(bars.close[t, n]):
        return SUSPENDED
    if np.isnan(bars.price[t, n]):
        return NO_PRICE
    k, kind = t - bars.first, bars.place[t - bars.first, n]
    high, _ = _limit_prices_of_one(
        bars.pre_close[t, n], bars.up[k, kind], bars.down[k, kind], bars.inward[n]
    )
    if np.isnan(high):
        return LIMIT_UNKNOWN
    return LIMIT_UP if bars.cheapest[t, n] >= high - _HALF_TICK else SAME


@njit()
def _sale(t: int, n: int, bars: Bars) -> int:
    """Why the stock cannot be sold on row t, or SAME."""
    if np.isnan(bars.close[t, n]):
        return LATE_SUSPENDED
    if np.isnan(bars.price[t, n]):
        return LATE_OTHER
    k, kind = t - bars.first, bars.place[t - bars.first, n]
    _, low = _limit_prices_of_one(
        bars.pre_close[t, n], bars.up[k, kind], bars.down[k, kind], bars.inward[n]
    )
    if np.isnan(low):
        return LATE_OTHER
    return LATE_LIMIT_DOWN if bars.dearest[t, n] <= low + _HALF_TICK else SAME


@njit()
def _bought(t: int, n: int, bars: Bars, costs: Costs) -> float:
    """Yuan paid for the adjusted share bought on row t."""
    k, e = t - bars.first, costs.exchange[n]
    price = bars.price[t, n]
    return (price * (1.0 + costs.buy[k, e]) + costs.per_share[k, e]) * bars.adj_factor[t, n]


@njit()
def _sold(t: int, n: int, bars: Bars, costs: Costs) -> float:
    """Yuan got for the adjusted share sold on row t."""
    k, e = t - bars.first, costs.exchange[n]
    price = bars.price[t, n]
    return (price * (1.0 - costs.sell[k, e]) - costs.per_share[k, e]) * bars.adj_factor[t, n]


@njit()
def futures_of(
    rows: Ints, until: Ints, lag: int, recovery: float, bars: Bars, costs: Costs
) -> Outcome:
    """Return what became of a purchase of every stock after every decision.

    Parameters
    ----------
    rows, until : int64 [R]
        Rows of the decision and of the end of its naive return; T or more: after the data.
    lag : int
        Days from decision to purchase, and from the end of the naive return to the sale.
    recovery : float
        Share of the last mark that is paid for a delisted stock.
    bars : Bars
    costs : Costs

    Returns
    -------
    Outcome
    """
    days, stocks = bars.mark.shape
    shape = (len(rows), stocks)
    value, naive = np.full(shape, np.nan), np.full(shape, np.nan)
    can_buy, can_sell = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    reason, ends_by = np.zeros(shape, np.int8), np.empty(shape, np.int32)
    for r in range(len(rows)):
        t, end = rows[r], until[r]
        buy, sell = t + lag, min(end + lag, days)
        for n in range(stocks):
            ends_by[r, n] = sell
            gone = bars.delist[n]
            if np.isnan(bars.mark[t, n]) or t >= gone:
                reason[r, n] = NOT_LISTED
                continue
            start = bars.mark[t, n] * bars.adj_factor[t, n]
            if end < days:
                naive[r, n] = bars.mark[end, n] * bars.adj_factor[end, n] / start - 1.0
            if buy >= days:
                reason[r, n] = AFTER_DATA
                continue
            why = _purchase(buy, n, bars)
            can_buy[r, n] = why == SAME
            if sell < days and sell < gone:
                can_sell[r, n] = _sale(sell, n, bars) == SAME
            if sell >= days:
                reason[r, n] = AFTER_DATA
                continue
            if why != SAME:
                reason[r, n] = why
                continue
            paid = _bought(buy, n, bars, costs)
            day, first_why = sell, SAME
            while day < days and day < gone:
                later = _sale(day, n, bars)
                if later == SAME:
                    break
                if day == sell:
                    first_why = later
                day += 1
            if day >= gone and gone < days:
                last = bars.mark[gone - 1, n] * bars.adj_factor[gone - 1, n]
                value[r, n] = recovery * last / paid - 1.0
                reason[r, n] = DELISTED
                ends_by[r, n] = max(sell, gone)
            elif day >= days:
                reason[r, n] = NOT_SOLD
                ends_by[r, n] = days
            else:
                value[r, n] = _sold(day, n, bars, costs) / paid - 1.0
                ends_by[r, n] = day
                same = abs(value[r, n] - naive[r, n]) <= 1e-12
                reason[r, n] = first_why if first_why != SAME else (SAME if same else TIMING)
    return Outcome(value, naive, can_buy, can_sell, reason, ends_by)
