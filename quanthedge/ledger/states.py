"""Whether each recorded holding stood at its price limit at the close, or did not trade."""

import numpy as np
from numpy.typing import NDArray

from quanthedge.ledger import layout
from quanthedge.ledger.inputs import LedgerInputs

__all__ = ["STATES", "holding_states"]

STATES = ("traded", "suspended", "limit_up", "limit_down")
_ROUND = 0.5 + 1e-6  # half a cent up, as limit prices are rounded


def holding_states(
    day: NDArray[np.int64], stock: NDArray[np.int64], inputs: LedgerInputs
) -> NDArray[np.int64]:
    """Return the state at the close of each holding, positions in ``STATES``, [p].

    Parameters
    ----------
    day, stock : int64 [p]
        Day of the span and place of the stock.
    inputs : LedgerInputs

    Notes
    -----
    Limit prices as in docs/ledger.md: the previous close times 1 -+ the limit of board and status,
    rounded half up; the listing rule on the first days; none on the first day with the delisting
    flag. A close within half a tick of its limit stands at it. A limit that is not known is none.
    """
    bars, rules = inputs.bars, inputs.stocks
    close, before = bars.close[day, stock], bars.pre_close[day, stock]
    leaving = bars.is_delisting[day + 1, stock]
    special = bars.is_st[day, stock] & ~leaving
    kind = rules.board[stock] * 2 + special
    age = day - bars.listed[stock] + 1
    young = (age >= 1) & (age <= rules.ipo_days[stock])
    up = np.where(young, rules.ipo_up[stock], rules.limit_up[day, kind])
    down = np.where(young, rules.ipo_down[stock], rules.limit_down[day, kind])
    free = leaving & ~bars.is_delisting[day, stock]
    high = np.floor(before * (1.0 + up) * 100.0 + _ROUND) / 100.0
    low = np.floor(before * (1.0 - down) * 100.0 + _ROUND) / 100.0
    state = np.zeros(day.size, dtype=np.int64)
    state[~free & (close >= high - layout.HALF_TICK)] = STATES.index("limit_up")
    state[~free & (close <= low + layout.HALF_TICK)] = STATES.index("limit_down")
    state[np.isnan(close)] = STATES.index("suspended")
    return state
