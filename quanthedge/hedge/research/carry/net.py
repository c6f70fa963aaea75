"""What a lot of carry earns until delivery, net of every cost, by day and contract.

MacKinlay, A. C. and Ramaswamy, K., 1988, "Index-futures arbitrage and the behavior of stock index
futures prices".
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from quanthedge.hedge.research.carry.basket import STOCK_PARTS
from quanthedge.hedge.research.carry.lending import lent_on
from quanthedge.hedge.research.carry.quotes import Quotes
from quanthedge.hedge.research.carry.terms import CarryTerms, Side
from quanthedge.typing import Floats

__all__ = ["PARTS", "NetCarry", "annual", "net_carry"]

PARTS = (*STOCK_PARTS, "futures_fee", "futures_slippage", "delivery_fee", "lending_fee",
         "financing")  # fmt: skip
_HELD = ("delivery_fee", "lending_fee", "financing")  # what holding on costs


@dataclass(frozen=True)
class NetCarry:
    """One side of carry on R days and M contracts, yuan a lot.

    Attributes
    ----------
    side : {"carry", "reverse"}
    gross : float64 [R, M]
        Basis and expected dividends, to the side's favour above 0.
    parts : dict of float64 [R, M]
        What is paid, by the names of PARTS.
    capital : float64 [R, M]
        Basket (or the collateral of the one that is lent), margin and reserve.
    available : float64 [R]
        Yuan of the basket that can be borrowed; infinite for carry, NaN where it is not known.

    """

    side: Side
    gross: Floats
    parts: dict[str, Floats]
    capital: Floats
    available: Floats

    @property
    def net(self) -> Floats:
        """Gain until delivery less all parts, [R, M]."""
        return self.gross - sum(self.parts.values())

    @property
    def on_stocks(self) -> Floats:
        """What the basket costs, in and out, [R, M]."""
        found: Floats = sum((self.parts[name] for name in STOCK_PARTS), np.zeros(1))
        return found

    @property
    def order(self) -> Floats:
        """What an order in the future costs, one way, [R, M]."""
        return self.parts["futures_fee"] + self.parts["futures_slippage"]

    @property
    def held(self) -> Floats:
        """Gain of holding until delivery, stocks bought and futures sold already, [R, M]."""
        return self.gross - sum(self.parts[name] for name in _HELD)


def annual(gain: Floats, net: NetCarry, quotes: Quotes) -> Floats:
    """Return a gain until delivery as a return a year on the capital, [R, M]."""
    found: Floats = gain / net.capital / quotes.years
    return found


def net_carry(
    quotes: Quotes, terms: CarryTerms, side: Side, lending: pd.DataFrame | None = None
) -> NetCarry:
    """Return what a side earns, from quotes; all NaN for the reverse without a lending table.

    Notes
    -----
    With the basket's value ``V = k S`` and the lot's ``W = k F``: gross is ``k (F - S + D)`` of
    carry and its negative of the reverse. The basket is bought and sold at V, one order in the
    future is done at W and delivery settled at V. Capital is ``V (1 + reserve) + margin W``, and
    for the reverse ``V (collateral + reserve) + margin W``.
    """
    value, lot = quotes.basket_value, quotes.future_value
    sign = 1.0 if side == "carry" else -1.0
    shape = quotes.price.shape
    fee, capital, available = _borrowed(quotes, terms, side, lending)
    both = quotes.basket.bought + quotes.basket.sold
    rules = quotes.rules
    stocks = {name: value * both[k][:, None] for k, name in enumerate(STOCK_PARTS)}
    futures = {
        "futures_fee": rules.fee_rate[:, None] * lot + rules.order_fee_yuan[:, None],
        "futures_slippage": terms.futures_slippage_bp / 1e4 * lot,
        "delivery_fee": rules.delivery_fee_rate[:, None] * value,
        "lending_fee": fee[:, None] * value * quotes.years,
        "financing": quotes.rate[:, None] * capital * quotes.years,
    }
    nothing = np.where(quotes.quoted, 0.0, np.nan)
    return NetCarry(
        side=side,
        gross=sign * quotes.multiplier
        * (quotes.price - quotes.index[:, None] + quotes.dividends),
        parts={name: part + nothing for name, part in (stocks | futures).items()},
        capital=np.broadcast_to(capital, shape),
        available=available,
    )  # fmt: skip


def _borrowed(
    quotes: Quotes, terms: CarryTerms, side: Side, lending: pd.DataFrame | None
) -> tuple[Floats, Floats, Floats]:
    """Return the lending fee [R], the capital [R, M] and what can be borrowed [R]."""
    value, lot = quotes.basket_value, quotes.future_value
    days = len(quotes.rows)
    if side == "carry":
        capital = value * (1.0 + terms.reserve) + quotes.short_margin * lot
        return np.zeros(days), capital, np.full(days, np.inf)
    if lending is None:
        unknown = np.full(days, np.nan)
        return unknown, np.full(lot.shape, np.nan), unknown
    lent = lent_on(lending, quotes.chain.dates[quotes.rows])
    capital = value * (lent.collateral[:, None] + terms.reserve) + quotes.long_margin * lot
    return lent.fee, capital, lent.available
