"""When and at which prices the legs of a spread could be traded: the next day's open or close."""

from typing import Literal

import numpy as np

from quanthedge.arbitrage.spread_legs import Legs
from quanthedge.rules import FuturesRules
from quanthedge.typing import Bools, Floats

__all__ = ["Fill", "fill_prices", "tradable"]

Fill = Literal["open", "close"]


def fill_prices(legs: Legs, fill: Fill) -> Floats:
    """Return the prices of the day's orders, [T, M]; NaN where nothing was traded."""
    price = legs.open if fill == "open" else legs.close
    return np.where(legs.volume > 0, price, np.nan)


def tradable(legs: Legs, price: Floats, rules: FuturesRules) -> tuple[Bools, Bools]:
    """Return whether a contract could be bought, and sold, at the price of the day, [T, M] each.

    Notes
    -----
    At the upper limit nobody sells, at the lower one nobody buys. Limits are the day's fraction
    around the settlement price of the day before, cut to whole ticks towards it; on a contract's
    first day, whose reference the data do not have, none is applied.
    """
    tick = rules.tick
    before = np.vstack([np.full((1, legs.mark.shape[1]), np.nan), legs.mark[:-1]])
    limit = np.where(legs.days_left == 0, rules.limit_last_day[:, None], rules.limit[:, None])
    high = np.floor(before * (1.0 + limit) / tick + 1e-6) * tick
    low = np.ceil(before * (1.0 - limit) / tick - 1e-6) * tick
    known = np.isfinite(price)
    with np.errstate(invalid="ignore"):
        buy = known & ~(price >= high - tick / 2)
        sell = known & ~(price <= low + tick / 2)
    return buy, sell
