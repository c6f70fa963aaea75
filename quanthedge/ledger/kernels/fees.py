"""Unit value and performance fee in exact whole-number arithmetic, for the ledger's kernel.

Assets are in cents, units in hundredths, unit values in ticks of 0.0001 yuan, rates in whole basis
points. Everything rounds half up. The plain twins are in :mod:`quanthedge.fund.values`.

Exact, without overflow, for assets below 9e12 yuan (at any number of units up to 9e12) and fees
below 9e16 yuan.
"""

import math

import numpy as np

from quanthedge.compiled import njit

__all__ = ["crystallise", "performance_fee_cents", "to_cents", "unit_value_ticks"]


@njit(cache=True, allocates=False)
def to_cents(yuan: float) -> np.int64:
    """Return yuan (float) in whole cents, half up.

    Half up of the float: 0.285 yuan is 28.4999... cents in binary and becomes 28.
    """
    return np.int64(math.floor(yuan * 100.0 + 0.5))


@njit(cache=True, allocates=False)
def unit_value_ticks(equity_cents: np.int64, units_hundredths: np.int64) -> np.int64:
    """Return the unit value in ticks of 0.0001 yuan, rounded half up (away from zero).

    Parameters
    ----------
    equity_cents : int64
    units_hundredths : int64
        Above 0.
    """
    size = abs(equity_cents)
    whole = size // units_hundredths
    rest = (size - whole * units_hundredths) * 10_000
    ticks = rest // units_hundredths
    rest -= ticks * units_hundredths
    ticks += whole * 10_000
    if rest >= units_hundredths - rest:
        ticks += 1
    return ticks if equity_cents >= 0 else -ticks


@njit(cache=True, allocates=False)
def performance_fee_cents(
    unit_ticks: np.int64, mark_ticks: np.int64, units_hundredths: np.int64, rate: float
) -> np.int64:
    """Return the fee on the gain above the mark in cents, rounded half up; 0 at or below it.

    Parameters
    ----------
    unit_ticks, mark_ticks : int64
        Unit value before the fee and high-water mark, ticks of 0.0001 yuan.
    units_hundredths : int64
    rate : float64
        Fraction of the gain, in whole basis points.

    Notes
    -----
    ``cents = basis_points * gain * units / 1e8``, where the product of 1e24 and more is taken apart
    so that each part fits into 64 bits.
    """
    if unit_ticks <= mark_ticks:
        return np.int64(0)
    part = np.int64(100_000_000)
    points = np.int64(math.floor(rate * 10_000.0 + 0.5))
    gain = unit_ticks - mark_ticks
    low = points * (gain % part)
    high = points * (gain // part) + low // part
    low %= part
    many, few = units_hundredths // part, units_hundredths % part
    rest = low * few
    cents = (high * part + low) * many + high * few + rest // part
    if 2 * (rest % part) >= part:
        cents += 1
    return cents


@njit(cache=True, allocates=False)
def crystallise(
    equity_cents: np.int64,
    units_hundredths: np.int64,
    mark_ticks: np.int64,
    rate: float,
    post_fee: bool,
) -> tuple[np.int64, np.int64, np.int64, np.int64]:
    """Return what a fee date does: (fee in cents, unit value before, unit value after, new mark).

    Parameters
    ----------
    equity_cents, units_hundredths, mark_ticks : int64
    rate : float64
    post_fee : bool
        The mark becomes the unit value after (True) or before (False) the fee; it never falls.
    """
    before = unit_value_ticks(equity_cents, units_hundredths)
    fee = performance_fee_cents(before, mark_ticks, units_hundredths, rate)
    after = unit_value_ticks(equity_cents - fee, units_hundredths) if fee > 0 else before
    mark = mark_ticks
    if before > mark_ticks:
        mark = max(mark_ticks, after if post_fee else before)
    return fee, before, after, mark
