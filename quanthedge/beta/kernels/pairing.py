"""Which stock return goes with which index return: suspensions, listings and locked days."""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit

__all__ = [
    "DROP",
    "KEEP",
    "LISTING",
    "OWN",
    "UNTIL_FREE",
    "pair_returns",
]

KEEP, DROP, OWN = 0, 1, 2  # OWN: pair with the index over the same days
UNTIL_FREE = -1
NEW = 60  # listed so many days before the first row, a stock may still be running up
_ASKED, LISTING, _RESUMED, _LOCKED, _MERGED, _UNPAIRED = range(6)  # places in counts


@njit(cache=True, error_model="numpy")
def _over(level: NDArray[np.float64], gaps: NDArray[np.int64], after: int, last: int) -> float:
    """Return of the index after day `after` up to day `last`; NaN when a day is unknown."""
    if after < -1 or gaps[last + 1] != gaps[after + 1]:
        return np.nan
    return level[last + 1] / level[after + 1] - 1.0


@njit(cache=True, error_model="numpy")
def pair_returns(
    returns: NDArray[np.float64],
    traded: NDArray[np.bool_],
    locked: NDArray[np.bool_],
    listed: NDArray[np.int64],
    level: NDArray[np.float64],
    gaps: NDArray[np.int64],
    resumption: int,
    limit_days: int,
    listing_days: int,
    paired: NDArray[np.float64],
    own_index: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> None:
    """Fill the returns to regress with, and the index return that belongs to each.

    Parameters
    ----------
    returns : float64 [T, N], traded, locked : bool [T, N]
        Simple returns; whether there is a bar; whether it closed at its price limit.
    listed : int64 [N]
        Row of the listing, negative before the first row, very negative when listed long ago.
    level : float64 [T + 1], gaps : int64 [T + 1]
        Index compounded and number of unknown returns, before the first day and after each.
    resumption, limit_days : int
        KEEP, DROP or OWN (match, merge).
    listing_days : int
        Bars left out after a listing; UNTIL_FREE = all up to the first that closes off its limit,
        of stocks listed NEW days before the first row or later.
    paired : float64 [T, N]
        Filled in place; NaN where there is no pair.
    own_index : float64 [T, N] or [0, 0]
        Filled in place with the index return over the same days, unless it is empty.
    counts : int64 [6]
        Added to: bars, and those that were changed by kind.

    """
    days, stocks = returns.shape
    own = own_index.shape[0] > 0
    for s in range(stocks):
        last = -2  # day of the close before, -2 = unknown
        bars = max(-listed[s], 0)  # since the listing
        young = listing_days == UNTIL_FREE and listed[s] >= -NEW
        pending = False  # locked days wait for the first free close
        spoiled = False  # one of them is to be left out
        start = -2
        growth = 1.0
        for t in range(days):
            paired[t, s] = np.nan
            if own:
                own_index[t, s] = np.nan
            if not traded[t, s]:
                continue
            counts[_ASKED] += 1
            at_listing = listed[s] == t
            resumed = last < t - 1 and not at_listing and t > 0
            before = last
            if at_listing or (t == 0 and last == -2):
                before = t - 1
            last = t
            fresh = young or bars < listing_days
            young = young and locked[t, s]
            bars += 1
            if fresh:
                counts[LISTING] += 1
                pending = False
                continue
            y = returns[t, s]
            counts[_RESUMED] += resumed and resumption != KEEP
            dropped = resumed and resumption == DROP
            if locked[t, s] and limit_days != KEEP:
                counts[_LOCKED] += 1
                if limit_days == OWN:
                    if not pending:
                        pending, spoiled, start, growth = True, False, before, 1.0
                    growth *= 1.0 + y
                    spoiled = spoiled or dropped
                continue
            if pending:
                pending = False
                counts[_MERGED] += 1
                pair_y = growth * (1.0 + y) - 1.0
                pair_x = _over(level, gaps, start, t)
                dropped = dropped or spoiled
            else:
                pair_y = y
                whole = resumed and resumption == OWN
                pair_x = _over(level, gaps, before if whole else t - 1, t)
            if dropped:
                continue
            if own:
                counts[_UNPAIRED] += np.isfinite(pair_y) and not np.isfinite(pair_x)
                own_index[t, s] = pair_x
            paired[t, s] = pair_y
