"""The stack machine that answers a compiled policy."""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.hedge.policies.program import (
    ALL,
    ANY,
    BAND_EDGE,
    BAND_TARGET,
    CALENDAR,
    DAILY_BAND,
    DEVIATION,
    NO_TRADE,
    NOTHING,
    PRICE_MOVE,
    TRIGGER,
    Program,
)

__all__ = ["due"]


@njit(cache=True)
def _leaf(
    op: int, a: float, b: float, flag: bool, target: float, current: float, move: float
) -> tuple[bool, float]:
    """Answer of one policy: due, and the landing."""
    side = -1.0 if target < 0.0 or (target == 0.0 and current < 0.0) else 1.0
    size, goal = side * current, side * target
    if op == CALENDAR:
        return flag, target
    if op == BAND_EDGE or op == BAND_TARGET:
        if a <= size <= b:
            return False, target
        landing = target if op == BAND_TARGET else side * (a if size < a else b)
        return True, landing
    if op == DEVIATION:
        if goal == 0.0:
            return size != 0.0, target
        off = size / goal - 1.0
        # A hair's breadth of rounding must not hold back a deviation that is just reached.
        reached = a - 1e-12
        return off >= reached or (b > 0.0 and -off >= reached), target
    if op == PRICE_MOVE:
        against = -side * move
        reached = a - 1e-12
        return against >= reached or (b > 0.0 and -against >= reached), target
    if op == TRIGGER:
        return current >= a - 1e-12 or current <= b + 1e-12, target
    if op == NO_TRADE:
        drift = b if not np.isnan(b) else ((target * (1.0 - target)) ** 2) ** (1.0 / 3.0)
        half = a * drift
        if abs(current - target) <= half:
            return False, target
        return True, target + half if current > target else target - half
    return False, target


@njit(cache=True)
def _outside(
    low: float, high: float, to_edge: bool, target: float, current: float
) -> tuple[bool, float]:
    """Answer of a day's band in parts of the target: due, and the landing."""
    side = -1.0 if target < 0.0 or (target == 0.0 and current < 0.0) else 1.0
    size, least, most = side * current, low * side * target, high * side * target
    if least - 1e-12 <= size <= most + 1e-12:
        return False, target
    if not to_edge:
        return True, target
    return True, side * (least if size < least else most)


@njit(cache=True)
def due(
    program: Program, t: int, target: float, current: float, price: float, last_price: float
) -> tuple[bool, float]:
    """Return whether to rebalance on bar t, and the exposure on which it lands.

    Parameters
    ----------
    program : Program
    t : int
        Bar, by position in the dates for which the policy was compiled.
    target, current : float
        Exposure aimed at and held, signed.
    price, last_price : float
        Price now and at the last rebalancing; a NaN counts as no move.

    """
    move = price / last_price - 1.0
    if np.isnan(move):
        move = 0.0
    n = program.ops.size
    answers = np.zeros(n, dtype=np.bool_)
    landings = np.zeros(n)
    top = 0
    for k in range(n):
        op = program.ops[k]
        if op == NOTHING:
            break
        if op == DAILY_BAND:
            column = 2 * int(program.a[k])
            low, high = program.bands[t, column], program.bands[t, column + 1]
            answers[top], landings[top] = _outside(low, high, program.b[k] > 0.0, target, current)
            top += 1
            continue
        if op != ANY and op != ALL:
            flag = program.flags[t, int(program.a[k])] if op == CALENDAR else False
            answers[top], landings[top] = _leaf(
                op, program.a[k], program.b[k], flag, target, current, move
            )
            top += 1
            continue
        first = top - int(program.a[k])
        answer = op == ALL
        for m in range(first, top):
            answer = (answer and answers[m]) if op == ALL else (answer or answers[m])
        landing = target
        nearest = np.inf
        for m in range(first, top):
            if answer and answers[m]:
                goal = current if op == ALL else target
                if abs(landings[m] - goal) < nearest:
                    nearest, landing = abs(landings[m] - goal), landings[m]
        answers[first], landings[first] = answer, landing
        top = first + 1
    return answers[0], landings[0]
