"""Closed forms of leveraged exposure, target L, relative price move r since the last time."""

import math

from quanthedge.errors import StrategyError

__all__ = [
    "equity_after",
    "leverage_after",
    "trade_to_rebalance",
    "trigger_move",
    "volatility_drag",
    "wipe_out_move",
]


def equity_after(equity: float, target: float, move: float) -> float:
    """Return ``E (1 + L r)``.

    >>> round(equity_after(100.0, 3.0, -0.10), 9)
    70.0
    """
    return equity * (1.0 + target * move)


def leverage_after(target: float, move: float) -> float:
    """Return ``L (1 + r) / (1 + L r)``, signed as the target.

    >>> round(leverage_after(3.0, -0.10), 6)
    3.857143
    """
    return target * (1.0 + move) / (1.0 + target * move)


def trade_to_rebalance(equity: float, target: float, move: float) -> float:
    """Return the exposure to be bought (sold, below 0) after a move: ``E L r (L - 1)``.

    >>> round(trade_to_rebalance(100.0, 3.0, -0.10), 9)
    -60.0
    """
    return equity * target * move * (target - 1.0)


def trigger_move(target: float, level: float) -> float:
    """Return the move that brings the leverage to a level, both signed alike.

    Long: ``r = (L - K) / (L (K - 1))``; short, with sizes s and K: ``r = (K - s) / (s (K + 1))``.

    Raises
    ------
    StrategyError
        When the level is not beyond the target on its side.

    Examples
    --------
    >>> round(trigger_move(3.0, 4.0), 6), round(trigger_move(-3.0, -5.0), 6)
    (-0.111111, 0.111111)
    """
    if not (level > target > 1.0 or level < target < 0.0):
        raise StrategyError(
            f"leverage {level} is not beyond a target of {target}; accepted: above a target above "
            "1, or below one below 0"
        )
    return (target - level) / (target * (level - 1.0))


def wipe_out_move(target: float) -> float:
    """Return the move at which nothing is left, ``-1 / L``.

    >>> round(wipe_out_move(3.0), 6)
    -0.333333
    """
    return -1.0 / target


def volatility_drag(target: float, mean: float, volatility: float) -> float:
    """Return the expected logarithmic growth a period, ``L mu - L^2 sigma^2 / 2``.

    >>> round(volatility_drag(3.0, 0.0, 0.04), 6)
    -0.0072
    """
    return target * mean - target**2 * volatility**2 / 2.0 if math.isfinite(target) else math.nan
