"""Whether each recorded holding stood at its price limit at the close, or did not trade."""

import numpy as np
from numpy.typing import NDArray

from quanthedge.ledger import layout
from quanthedge.ledger.inputs import LedgerInputs
from quanthedge.rules import limit_prices

__all__ = ["STATES", "holding_states"]

STATES = ("traded", "suspended", "limit_up", "limit_down")


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
    Limit prices are those of the orders (docs/ledger.md, step 4). A close within half a tick of its
    limit stands at it. A limit that is not known is none.
    """
    bars, rules = inputs.bars, inputs.stocks
    close, before = bars.close[day, stock], bars.pre_close[day, stock]
    kind = bars.limit_class[day, stock]
    high, low = limit_prices(
        before, rules.limit_up[day, kind], rules.limit_down[day, kind], rules.inward[stock]
    )
    state = np.zeros(day.size, dtype=np.int64)
    state[close >= high - layout.HALF_TICK] = STATES.index("limit_up")
    state[close <= low + layout.HALF_TICK] = STATES.index("limit_down")
    state[np.isnan(close)] = STATES.index("suspended")
    return state
