"""States of the market around each decision: index up or down, hedging dear or cheap, calm or not.

The index's direction is that over the label itself and known only afterwards. Discount and
volatility are known at the decision, and split at the median of the decisions evaluated, so that
both states have as many of them: a description of the period, not a rule that could be followed.
"""

from typing import NamedTuple

import numpy as np

from quanthedge.hedge import futures_leg
from quanthedge.labelling import Labels
from quanthedge.rules import index_of
from quanthedge.typing import Floats, Ints

__all__ = ["STATES", "Regime", "regimes_of"]

_VOLATILITY_DAYS = 20
STATES = {
    "index": ("down", "up"),
    "discount": ("narrow", "wide"),
    "volatility": ("calm", "stormy"),
}


class Regime(NamedTuple):
    """``state`` int64 [R]: 0, 1, or -1 where it is not known; what it goes by, ``value`` [R]."""

    name: str
    state: Ints
    value: Floats


def regimes_of(labels: Labels, product: str) -> list[Regime]:
    """Return the states of the decisions by the index behind a future, and by its discount."""
    market, rows, days = labels.market, labels.rows, len(labels.market.dates)
    close = np.append(market.index_close(index_of(product)), np.nan)
    move = close[np.minimum(labels.ends, days)] / close[np.minimum(labels.begins, days)] - 1.0
    daily = np.full(days, np.nan)
    daily[1:] = close[1:days] / close[: days - 1] - 1.0
    calm = np.array([_deviation(daily[max(0, t - _VOLATILITY_DAYS + 1) : t + 1]) for t in rows])
    carry = np.full(days, np.nan)
    known = np.flatnonzero(np.isfinite(close[:days]))
    first = _first_future(labels, product, int(known[0]))
    carry[first:] = futures_leg(market, product, first, days - 1).carry[:, 0]
    return [
        Regime("index", _split(move, 0.0), move),
        Regime("discount", _split(carry[rows], None), carry[rows]),
        Regime("volatility", _split(calm, None), calm),
    ]


def _first_future(labels: Labels, product: str, otherwise: int) -> int:
    bars = labels.market.futures(product)
    day = np.datetime64(bars["date"].min(), "D")
    return max(otherwise, int(np.searchsorted(labels.market.dates, day)))


def _deviation(returns: Floats) -> float:
    known = returns[np.isfinite(returns)]
    return float(known.std(ddof=1)) if known.size >= _VOLATILITY_DAYS // 2 else float("nan")


def _split(values: Floats, at: float | None) -> Ints:
    known = np.isfinite(values)
    if not known.any():
        return np.full(values.shape, -1, dtype=np.int64)
    border = float(np.median(values[known])) if at is None else at
    return np.where(known, values > border, -1).astype(np.int64)
