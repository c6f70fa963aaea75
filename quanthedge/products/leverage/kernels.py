"""A leveraged product bar by bar, compiled."""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.hedge.policies import Program
from quanthedge.hedge.policies.kernels import due
from quanthedge.typing import Floats

__all__ = ["COLUMNS", "REASONS", "TRIGGERS", "follow_exposure"]


COLUMNS = (
    "value", "exposure", "leverage_before", "leverage", "traded", "trading_cost", "funding",
    "management_fee", "rebalances", "reason", "log_held", "log_trading_cost", "log_funding",
    "log_management_fee",
)  # fmt: skip
_VALUE, _EXPOSURE, _BEFORE, _LEVERAGE, _TRADED, _COST, _FUNDING, _FEE, _REBALANCES, _REASON = range(
    10
)
_LOG_HELD, _LOG_COST, _LOG_FUNDING, _LOG_FEE = range(10, 14)
REASONS = ("", "calendar", "limit", "inside the bar", "wiped out")
NONE, _CALENDAR, _LIMIT, _INSIDE, _WIPED_OUT = range(5)
_HALVINGS = 60  # of the way to a bar's extreme, in search of the price that triggers
TRIGGERS = 50  # most rebalancings within one bar; more is an error
_NOTHING = 1e-12  # of the exposure: what rounding leaves of a value that is gone


@njit(cache=True)
def _moved(value: float, exposure: float, move: float) -> tuple[float, float]:
    """Value and exposure after a relative price move; nothing below zero."""
    least = _NOTHING * abs(exposure)
    value += exposure * move
    exposure *= 1.0 + move
    if value <= least:
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
    row[_TRADED] += traded
    row[_COST] += cost
    row[_REBALANCES] += 1.0
    if cost >= value:
        return 0.0, 0.0
    row[_LOG_COST] += np.log1p(-cost / value)
    return value - cost, after


@njit(cache=True)
def _hold(value: float, exposure: float, move: float, row: Floats) -> tuple[float, float]:
    """Hold through a move and note its logarithm."""
    after, moved = _moved(value, exposure, move)
    row[_LOG_HELD] += np.log(after / value) if after > 0.0 else -np.inf
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
) -> int:
    """Follow a product over T bars; returns a bar with too many rebalancings, or -1.

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
    rows[0, _VALUE], rows[0, _EXPOSURE] = value, exposure
    rows[0, _BEFORE], rows[0, _LEVERAGE] = target, target
    for t in range(1, prices.size):
        row = rows[t]
        row[_BEFORE] = np.nan
        if value <= 0.0:
            row[_LEVERAGE] = np.nan
            continue
        price = prices[t - 1]
        extreme = low[t] if exposure > 0.0 else high[t]
        done = 0
        while True:  # what happens on the way to the bar's worst price
            if np.isnan(extreme) or (extreme - price) * exposure >= 0.0:
                break
            if done == TRIGGERS:
                return t
            done += 1
            worst, moved = _moved(value, exposure, extreme / price - 1.0)
            if worst > 0.0:
                asked, landing = due(program, quiet, target, moved / worst, extreme, last_price)
                if not asked or landing != target:
                    break  # an edge would be met again at once: it acts at the bar's price
            near, far = price, extreme
            for _ in range(_HALVINGS):
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
            row[_REASON] = _INSIDE
            last_price = price
            if value <= 0.0:
                break
        if value > 0.0:
            value, exposure = _hold(value, exposure, prices[t] / price - 1.0, row)
        if value > 0.0:
            row[_FUNDING] = funding_rate[t] * exposure * years[t]
            row[_FEE] = fee_rate * value * years[t]
            left = value - row[_FUNDING]
            row[_LOG_FUNDING] = np.log(left / value) if left > 0.0 else -np.inf
            after = left - row[_FEE]
            row[_LOG_FEE] = np.log(after / left) if left > 0.0 and after > 0.0 else 0.0
            value = after
            if value <= 0.0:
                value, exposure = 0.0, 0.0
        if value > 0.0:
            row[_BEFORE] = exposure / value
            asked, landing = due(program, t, target, row[_BEFORE], prices[t], last_price)
            if asked:
                by_limit, _ = due(program, quiet, target, row[_BEFORE], prices[t], last_price)
                value, exposure = _trade(value, exposure, landing, cost_rate, row)
                row[_REASON] = _LIMIT if by_limit else _CALENDAR
                last_price = prices[t]
        if value <= 0.0:
            row[_REASON] = _WIPED_OUT
        row[_VALUE], row[_EXPOSURE] = value, exposure
        row[_LEVERAGE] = exposure / value if value > 0.0 else np.nan
    return -1
