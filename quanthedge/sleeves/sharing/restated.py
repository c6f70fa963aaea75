"""What a sleeve wants once its share is known: decisions times it, and changes said anew."""

from collections.abc import Mapping
from math import isnan
from typing import TypeVar

import numpy as np

from quanthedge.market import Market
from quanthedge.sleeves.base import Wishes
from quanthedge.sleeves.sharing.base import shares_at
from quanthedge.typing import Floats, Ints

__all__ = ["restated"]

_Key = TypeVar("_Key", int, str)


def restated(wishes: Wishes, market: Market, reviews: Ints, shares: Floats) -> Wishes:
    """Return a sleeve's wishes times its share.

    Where a review changes the share while something is held and the sleeve decides nothing itself,
    it is said again: the last decision, its stocks in the proportions into which they have grown
    since, so that nothing but the size is traded. A contract left to its delivery (NaN) stays so.

    Parameters
    ----------
    wishes : Wishes
        Of the whole budget.
    market : Market
    reviews : int64 [R]
        Days of the reviews, rising.
    shares : float64 [R]
        After each.
    """
    moved = reviews[np.append(1.0, shares)[:-1] != shares]
    before = np.searchsorted(wishes.rows, moved, side="right") - 1
    held = [
        row
        for row, r in zip(moved.tolist(), before.tolist(), strict=True)
        if r >= 0 and _holds(wishes, r)
    ]
    rows = np.union1d(wishes.rows, np.array(held, dtype=np.int64)).astype(np.int64)
    of = np.searchsorted(wishes.rows, rows, side="right") - 1
    share = shares_at(reviews, shares, rows).tolist()
    stocks = [_grown(market, wishes, int(r), int(row)) for r, row in zip(of, rows, strict=True)]
    return Wishes(
        rows,
        tuple(_times(one, g) for one, g in zip(stocks, share, strict=True)),
        tuple(_times(wishes.contracts[r], g) for r, g in zip(of, share, strict=True)),
    )


def _holds(wishes: Wishes, r: int) -> bool:
    """Return whether a decision wants anything that can be made larger or smaller."""
    parts = wishes.contracts[r].values()
    return bool(wishes.weights[r]) or not all(isnan(part) for part in parts)


def _times(parts: Mapping[_Key, float], share: float) -> dict[_Key, float]:
    """Return parts times a share; at 0 what is not left to its delivery is gone."""
    return {key: part * share for key, part in parts.items() if share > 0.0 or isnan(part)}


def _grown(market: Market, wishes: Wishes, r: int, row: int) -> Mapping[int, float]:
    """Return the weights of a decision in the proportions of a later close, of the same sum."""
    weights = wishes.weights[r]
    begun = int(wishes.rows[r])
    if row == begun or not weights:
        return weights
    stocks = np.fromiter(weights, dtype=np.int64, count=len(weights))
    wanted = np.fromiter(weights.values(), dtype=np.float64, count=len(weights))
    daily = market.panel("simple_return")[begun + 1 : row + 1][:, stocks]
    grown = wanted * (1.0 + np.nan_to_num(daily)).prod(axis=0)
    grown *= wanted.sum() / grown.sum() if grown.sum() > 0.0 else 0.0
    return dict(zip(stocks.tolist(), grown.tolist(), strict=True))
