"""The calendar spread of two contract months by day, against its fair value.

The nearer contract is bought and the farther one sold, or the other way round: what is left of the
index is nothing but the carry between two deliveries. With the index S, the deposit rate r and the
dividends D that are expected until a delivery,

    fair spread = S r (days between the deliveries) / 365 - (D far - D near).

References
----------
J. C. Hull, "Options, futures, and other derivatives", chapter on forward and futures prices: the
cost of carry of an index with known income.
"""

from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from quanthedge.arbitrage.spread_legs import Legs, legs_of
from quanthedge.errors import StrategyError
from quanthedge.market import Market
from quanthedge.rules import CALENDAR_DAYS_A_YEAR
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["Live", "Pair", "live_pairs", "spread_panel"]

Pair = Literal["front/next", "next/quarter", "front/quarter", "quarter/second quarter"]
_PLACES = ("front", "next", "quarter", "second quarter")


class Live(NamedTuple):
    """The pair that is live on each day of the product.

    Attributes
    ----------
    rows : int64 [R]
        Days on which there is one.
    near, far : int64 [R]
        Its contracts.
    """

    rows: Ints
    near: Ints
    far: Ints

    @property
    def rolled(self) -> Bools:
        """Whether the pair is another than on the live day before, [R]."""
        changed: Bools = np.zeros(self.rows.size, dtype=np.bool_)
        changed[1:] = (np.diff(self.near) != 0) | (np.diff(self.far) != 0)
        return changed


def live_pairs(legs: Legs, pair: Pair, roll_days: int) -> Live:
    """Return the pair of two places of the day that is live on each day.

    Raises
    ------
    StrategyError
        There is no such pair, or `roll_days` is below 1.
    """
    if pair not in get_args(Pair):
        raise StrategyError(f"spread: pair {pair!r}; accepted: {', '.join(get_args(Pair))}")
    if roll_days < 1:
        raise StrategyError(
            f"spread: roll_days {roll_days}; accepted: 1 or more trading days before the near "
            "contract's last"
        )
    near, far = (_at(legs.places, _PLACES.index(name)) for name in pair.split("/"))
    both = (near >= 0) & (far >= 0)
    left = legs.days_left[np.arange(near.size), near]
    rows = np.flatnonzero(both & (left > roll_days)).astype(np.int64)
    return Live(rows, near[rows], far[rows])


def _at(places: Ints, place: int) -> Ints:
    """Return the contract at a place on each day, -1 where there is none, [T]."""
    here = places == place
    return np.where(here.any(axis=1), here.argmax(axis=1), -1).astype(np.int64)


def spread_panel(
    market: Market, product: str = "IF", *, pair: Pair = "front/next", roll_days: int = 5
) -> pd.DataFrame:
    """Return the calendar spread of two contract months by day, against its fair value.

    Parameters
    ----------
    market : Market
        With the product's bars, its index and the cash rate.
    product : {"IF", "IH", "IC", "IM"}
    pair : {"front/next", "next/quarter", "front/quarter", "quarter/second quarter"}
        Two places in the chain of the day.
    roll_days : int
        Trading days before the near contract's last day on which its pair is no longer live, 1 or
        more.

    Returns
    -------
    DataFrame
        A row a day with a live pair: date, near, far, days_left (trading days to the near
        delivery), between (calendar days from delivery to delivery), near_price, far_price
        (settlement, points), index (close), spread = far - near (points), log_spread = ln(far /
        near), carry = log_spread x 365 / between (a year), fair (points), deviation = spread - fair
        (points), deviation_a_year = deviation / index x 365 / between, deviation_before (the same
        of the same two contracts at the close before; NaN where one was not listed), rolled (the
        pair is another than on the row before).

    Raises
    ------
    StrategyError
        There is no such pair, or `roll_days` is below 1.
    DataError
        The market lacks the product, its index or the cash rate.

    Notes
    -----
    Fair value goes by the one-year deposit benchmark of the day and by the dividends expected
    between the two deliveries (:func:`quanthedge.hedge.basis_table`); it is NaN where those are not
    known yet. Row t uses what was public at the close of day t; last trading days are known ahead.

    Examples
    --------
    >>> import quanthedge as qh
    >>> panel = qh.spread_panel(qh.sample_market(), "IF").set_index("date")
    >>> panel.loc["2015-03-31", ["near", "far"]].tolist()
    ['IF1504', 'IF1505']
    >>> panel[["spread", "fair", "deviation_a_year"]].loc["2015-03-31"].round(3).tolist()
    [-1.8, 3.991, -0.021]
    """
    legs = legs_of(market, product)
    return _table(legs, live_pairs(legs, pair, roll_days))


def _table(legs: Legs, live: Live) -> pd.DataFrame:
    rows, near, far = live
    names = np.asarray(legs.contracts)
    near_price, far_price = legs.mark[rows, near], legs.mark[rows, far]
    between = legs.between(near, far)
    fair = legs.fair(rows, near, far)
    log_spread = np.log(far_price / near_price)
    return pd.DataFrame(
        {
            "date": legs.dates[rows].astype("datetime64[ms]"),
            "near": pd.array(names[near], dtype="str"),
            "far": pd.array(names[far], dtype="str"),
            "days_left": legs.days_left[rows, near],
            "between": between,
            "near_price": near_price,
            "far_price": far_price,
            "index": legs.index[rows],
            "spread": far_price - near_price,
            "log_spread": log_spread,
            "carry": log_spread * CALENDAR_DAYS_A_YEAR / between,
            "fair": fair,
            "deviation": far_price - near_price - fair,
            "deviation_a_year": legs.deviation(rows, near, far),
            "deviation_before": _before(legs, live),
            "rolled": live.rolled,
        }
    )


def _before(legs: Legs, live: Live) -> Floats:
    """Return the deviation a year of the day's two contracts at the close before, [R]."""
    found = legs.deviation(np.maximum(live.rows - 1, 0), live.near, live.far)
    return np.where(live.rows > 0, found, np.nan)
