"""What a calendar spread costs in and out, what it binds, and how many lots could be done.

All by the dated rule book, for an account that is not exempt: the fee of opening and closing, the
dearer one of closing on the day of opening, the fee of an order, the margin, and the limits of
2015 and after on opening and holding.
"""

from typing import NamedTuple

import numpy as np

from quanthedge.rules import FuturesRules
from quanthedge.typing import Ints

__all__ = ["Fills", "fees_of", "lots_possible", "margin_of"]

_ORDERS = 2  # of one leg: in and out


class Fills(NamedTuple):
    """One spread from entry to exit: rows, and prices of the near and the far leg, points."""

    entry: int
    exit: int
    near: tuple[float, float]  # in, out
    far: tuple[float, float]


def fees_of(fills: Fills, rules: FuturesRules, lots: int, *, delivered: bool = False) -> float:
    """Return the fees of both legs in and out, points a lot.

    Parameters
    ----------
    fills : Fills
    rules : FuturesRules
        Of the days that the rows of `fills` count.
    lots : int
        That share the fee of an order, one order a leg and side.
    delivered : bool
        The near leg was settled by delivery, and not closed.

    Examples
    --------
    >>> from quanthedge.rules import FuturesRules
    >>> rules = FuturesRules.between("IF", ["2016-03-01", "2016-03-02"], account="speculative")
    >>> overnight = Fills(0, 1, (3000.0, 3010.0), (2950.0, 2965.0))
    >>> round(fees_of(overnight, rules, lots=1), 4)  # 4 x about 0.07 points, 4 orders of 1 yuan
    0.2876
    >>> round(fees_of(overnight._replace(exit=0), rules, lots=1), 4)  # closed on the day: 100 x
    13.8927
    """
    t, u = fills.entry, fills.exit
    closing = rules.close_today_rate[u] if t == u else rules.fee_rate[u]
    near_out = rules.delivery_fee_rate[u] if delivered else closing
    traded = rules.fee_rate[t] * (fills.near[0] + fills.far[0])
    traded += near_out * fills.near[1] + closing * fills.far[1]
    orders = rules.order_fee_yuan[t] * _ORDERS
    orders += rules.order_fee_yuan[u] * (1 if delivered else _ORDERS)
    return float(traded + orders / lots / rules.multiplier)


def margin_of(fills: Fills, rules: FuturesRules, places: tuple[int, int]) -> float:
    """Return the margin of both legs at entry, points a lot.

    Both are charged at the rate of a short position, without the relief for opposite positions:
    that makes it too large where an exchange gives relief, and never too small.
    """
    t = fills.entry
    near, far = (rules.margin[t] if one < 2 else rules.margin_quarter[t] for one in places)
    return float(near * fills.near[0] + far * fills.far[0])


def lots_possible(rules: FuturesRules, wanted: int) -> Ints:
    """Return the spreads that one client could open on each day, at most those wanted, [T].

    Notes
    -----
    A spread opens a lot in each of two contracts: where the limit of opening counts a product, it
    takes two of it, else one of each contract. It holds one lot on one side of each contract.

    Examples
    --------
    >>> from quanthedge.rules import FuturesRules
    >>> days = ["2015-08-25", "2015-09-07", "2017-02-17", "2018-12-03"]
    >>> lots_possible(FuturesRules.between("IF", days, account="speculative"), 40).tolist()
    [40, 5, 10, 40]
    """
    legs = np.where(rules.daily_open_limit_per == "product", 2.0, 1.0)
    room = np.minimum(
        np.where(np.isnan(rules.daily_open_limit), np.inf, rules.daily_open_limit / legs),
        np.where(np.isnan(rules.position_limit), np.inf, rules.position_limit),
    )
    return np.floor(np.minimum(room, wanted)).astype(np.int64)
