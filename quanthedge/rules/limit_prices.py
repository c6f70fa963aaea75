"""The limit prices of a stock's day, defined once, for arrays and (compiled) for numbers.

Sources: the trading rules of the exchanges as listed in ``data/stock_trading_rules.csv``, topic
``limit_price_rounding``. Shanghai and Shenzhen round the previous close times 1 -+ the limit half
up to the tick; Beijing cuts it towards the previous close, so that no price is farther than the
limit. A limit price is at least one tick away from the previous close and at least one tick.
"""

from typing import Any

import numpy as np

__all__ = ["TICK", "limit_prices"]

TICK = 0.01  # yuan
_LOST = 1e-6  # of a tick: what floating point loses below a half or a whole


def limit_prices(pre_close: Any, up: Any, down: Any, inward: Any) -> tuple[Any, Any]:
    """Return the highest and lowest price allowed, in yuan.

    Parameters
    ----------
    pre_close : float or array
        The exchange's previous close, yuan.
    up, down : float or array
        Limits as fractions of it; infinite = none, NaN = not known.
    inward : bool or array
        Whether limit prices are cut towards the previous close (Beijing), not rounded half up.

    Notes
    -----
    Without a limit the highest price is inf and the lowest -inf; a limit that is not known is NaN.

    Examples
    --------
    >>> limit_prices(np.array([0.36, 14.75]), 0.10, np.array([0.10, 0.05]), False)
    (array([ 0.4 , 16.23]), array([ 0.32, 14.01]))
    >>> limit_prices(np.array([84.63]), 0.30, 0.30, True)
    (array([110.01]), array([59.25]))
    >>> limit_prices(np.array([0.04]), 0.05, 0.05, False)
    (array([0.05]), array([0.03]))
    """
    # A choice by multiplication: compiled for numbers, np.where would make three arrays of them.
    outward = 1 - inward
    raised = inward * _LOST + outward * (0.5 + _LOST)
    lowered = inward * (1.0 - _LOST) + outward * (0.5 + _LOST)
    highest = np.floor(pre_close * (1.0 + up) * 100.0 + raised) / 100.0
    lowest = np.floor(pre_close * (1.0 - down) * 100.0 + lowered) / 100.0
    highest = np.maximum(highest, pre_close + TICK)
    # the least tick, but no floor where there is no limit: -inf stays
    lowest = np.maximum(np.minimum(lowest, pre_close - TICK), np.minimum(TICK, lowest + 1.0))
    return highest, lowest
