"""The basket that stands for an index: what it costs to trade, what is suspended, its depth."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.hedge.research.carry.terms import CarryTerms
from quanthedge.hedge.research.dividends import basket_weights
from quanthedge.market import Market
from quanthedge.rules import StockCosts
from quanthedge.typing import Floats, Ints

__all__ = ["STOCK_PARTS", "Basket", "basket", "basket_depth"]

STOCK_PARTS = ("commission", "stamp_duty", "transfer_fee", "exchange_fee", "basket_slippage")
_DEPTH_DAYS = 20  # trading days of a stock's usual turnover
_DEPTH_LEFT_OUT = 0.05  # part of the basket that may go beyond its share of the turnover


class Basket(NamedTuple):
    """The basket of an index by day, [R] each; costs are fractions of the amount.

    `bought` and `sold` have the parts of :data:`STOCK_PARTS` in that order, [5, R].
    """

    bought: Floats
    sold: Floats
    suspended: Floats  # weight of members that did not trade on the day


def basket(market: Market, code: str, rows: Ints, terms: CarryTerms) -> Basket:
    """Return what buying and selling the basket of an index costs on some days.

    Parameters
    ----------
    market : Market
    code : str
        Index.
    rows : int64 [R]
        Days, ascending.
    terms : CarryTerms

    Notes
    -----
    A stock is weighed as in the index at the day's close. The fee on par value (Shanghai until
    2015-07-31) is taken at the stock's last close, at a par value of 1 yuan. NaN on days without
    weights. Uses day t only.
    """
    columns, every = basket_weights(market, code)
    weights = every[rows]
    known = weights.sum(axis=1) > 0
    codes = np.asarray(market.codes)[columns]
    rates = StockCosts.between(market.dates[rows], codes, terms)
    mark = np.nan_to_num(np.asarray(market.panel("mark")[rows][:, columns], dtype=np.float64))
    shares = np.divide(weights, mark, out=np.zeros_like(weights), where=mark > 0)
    transfer = _by_exchange(rates.transfer_rate, weights, rates.exchange)
    transfer += _by_exchange(rates.transfer_par_rate, shares, rates.exchange)
    fees = np.zeros_like(transfer)
    if not rates.fees_included:
        fees = _by_exchange(rates.exchange_rate, weights, rates.exchange)
    one = np.ones(len(rows))
    bought, sold = (
        np.where(
            known,
            [rates.commission_rate * one, duty, transfer, fees, rates.slippage * one],
            np.nan,
        )
        for duty in (rates.stamp_duty_buy, rates.stamp_duty_sell)
    )
    traded = np.asarray(market.panel("traded")[rows][:, columns], dtype=np.bool_)
    suspended = np.where(known, (weights * ~traded).sum(axis=1), np.nan)
    return Basket(bought, sold, suspended)


def _by_exchange(rate: Floats, weights: Floats, exchange: NDArray[np.int8]) -> Floats:
    """Return the mean of a rate [R, 3] by weights [R, M]."""
    share = np.stack(
        [weights[:, exchange == place].sum(axis=1) for place in range(rate.shape[1])], axis=1
    )
    found: Floats = np.where(share > 0, share * rate, 0.0).sum(axis=1)
    return found


def basket_depth(market: Market, code: str, rows: Ints, participation: float) -> Floats:
    """Return the amount of the basket that a day can trade, yuan [R].

    Notes
    -----
    The largest amount at which 95% of the weight that traded on the day stays within
    `participation` of its stock's mean turnover of 20 trading days (none on suspended ones).
    """
    columns, weights = basket_weights(market, code)
    amount = market.panel("amount")
    traded = market.panel("traded")
    return np.array([
        _depth(
            weights[t] * traded[t, columns],
            np.nan_to_num(amount[max(t - _DEPTH_DAYS + 1, 0) : t + 1][:, columns]).mean(axis=0),
            participation,
        )
        for t in rows
    ])  # fmt: skip


def _depth(weight: Floats, turnover: Floats, participation: float) -> float:
    on = weight > 0
    if not on.any():
        return 0.0
    most = participation * turnover[on] / weight[on]
    order = np.argsort(most)
    beyond = np.cumsum(weight[on][order]) / weight[on].sum()
    return float(most[order][int(np.argmax(beyond > _DEPTH_LEFT_OUT))])
