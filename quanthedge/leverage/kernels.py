"""A leveraged product bar by bar, compiled."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from quanthedge.rebalancing.kernels import due
from quanthedge.rebalancing.program import Program

__all__ = ["COLUMNS", "follow_exposure"]

Floats = NDArray[np.float64]

COLUMNS = (
    "value", "exposure", "leverage_before", "leverage", "traded", "trading_cost", "funding",
    "management_fee", "rebalances", "log_held", "log_trading_cost", "log_funding",
    "log_management_fee",
)  # fmt: skip
VALUE, EXPOSURE, BEFORE, LEVERAGE, TRADED, COST, FUNDING, FEE, REBALANCES = range(9)
LOG_HELD, LOG_COST, LOG_FUNDING, LOG_FEE = range(9, 13)
HALVINGS = 60  # of the way to a bar's extreme, in search of the price that triggers
TRIGGERS = 50  # most rebalancings within one bar


@njit(cache=True)
def _moved(value: float, exposure: float, move: float) -> tuple[float, float]:
    """Value and exposure after a relative price move; nothing below zero."""
    value += exposure * move
    exposure *= 1.0 + move
    if value <= 0.0:
        return 0.0, 0.0
    return value, exposure


@njit(cache=True)
def _trade(
    value: float, exposure: float, landing: float, rate: float, row: Floats
) -> tuple[float, float]:
    """Bring the leverage to a landing, its cost included; returns value and exposure."""
    side = 1.0 if landing * value > exposure else -1.0
    after = landing * (value + rate * side * exposure) / (1.0 + landing * rate * side)
    if (after - exposure) * side < 0.0:  # the cost itself leaves nothing to trade
        return value, exposure
    traded = after - exposure
    cost = abs(traded) * rate
    row[TRADED] += traded
    row[COST] += cost
    row[REBALANCES] += 1.0
    if cost >= value:
        return 0.0, 0.0
    row[LOG_COST] += np.log1p(-cost / value)
    return value - cost, after


@njit(cache=True)
def _hold(value: float, exposure: float, move: float, row: Floats) -> tuple[float, float]:
    """Hold through a move and note its logarithm."""
    after, moved = _moved(value, exposure, move)
    row[LOG_HELD] += np.log(after / value) if after > 0.0 else -np.inf
    return after, moved


@njit(cache=True)
def follow_exposure(
    prices: Floats,
    high: Floats,
    low: Floats,
    years: Floats,
    target: float,
    initial: float,
    cost_rate: float,
    fee_rate: float,
    funding_rate: Floats,
    program: Program,
    rows: Floats,
) -> None:
    """Follow a product over T bars.

    Parameters
    ----------
    prices : float64 [T]
    high, low : float64 [T]
        Of each bar, NaN where unknown: then policies are asked at the bar's price only.
    years : float64 [T]
        Since the bar before; 0 for the first.
    target, initial, cost_rate, fee_rate : float
    funding_rate : float64 [T]
        Of the exposure's value a year, paid by longs.
    program : Program
        Policy; the last row of its flags is a bar without calendar events.
    rows : float64 [T, len(COLUMNS)]
        Filled in place.

    """
    value, exposure = initial, target * initial
    last_price = prices[0]
    quiet = program.flags.shape[0] - 1
    rows[:] = 0.0
    rows[0, VALUE], rows[0, EXPOSURE] = value, exposure
    rows[0, BEFORE], rows[0, LEVERAGE] = target, target
    for t in range(1, prices.size):
        row = rows[t]
        if value <= 0.0:
            continue
        price = prices[t - 1]
        extreme = low[t] if exposure > 0.0 else high[t]
        for _ in range(TRIGGERS):  # what happens on the way to the bar's worst price
            if np.isnan(extreme) or (extreme - price) * exposure >= 0.0:
                break
            worst, moved = _moved(value, exposure, extreme / price - 1.0)
            if worst > 0.0:
                asked, landing = due(program, quiet, target, moved / worst, extreme, last_price)
                if not asked or landing != target:
                    break  # an edge would be met again at once: it acts at the bar's price
            near, far = price, extreme
            for _ in range(HALVINGS):
                middle = 0.5 * (near + far)
                some, held = _moved(value, exposure, middle / price - 1.0)
                asked = some <= 0.0
                if some > 0.0:
                    asked, landing = due(program, quiet, target, held / some, middle, last_price)
                if asked:
                    far = middle
                else:
                    near = middle
            value, exposure = _hold(value, exposure, far / price - 1.0, row)
            price = far
            if value <= 0.0:
                break
            asked, landing = due(program, quiet, target, exposure / value, price, last_price)
            if not asked:
                break
            value, exposure = _trade(value, exposure, landing, cost_rate, row)
            last_price = price
            if value <= 0.0:
                break
        if value > 0.0:
            value, exposure = _hold(value, exposure, prices[t] / price - 1.0, row)
        if value > 0.0:
            row[FUNDING] = funding_rate[t] * exposure * years[t]
            row[FEE] = fee_rate * value * years[t]
            left = value - row[FUNDING]
            row[LOG_FUNDING] = np.log(left / value) if left > 0.0 else -np.inf
            after = left - row[FEE]
            row[LOG_FEE] = np.log(after / left) if left > 0.0 and after > 0.0 else 0.0
            value = after
            if value <= 0.0:
                value, exposure = 0.0, 0.0
        if value > 0.0:
            row[BEFORE] = exposure / value
            asked, landing = due(program, t, target, row[BEFORE], prices[t], last_price)
            if asked:
                value, exposure = _trade(value, exposure, landing, cost_rate, row)
                last_price = prices[t]
        row[VALUE], row[EXPOSURE] = value, exposure
        row[LEVERAGE] = exposure / value if value > 0.0 else np.nan
