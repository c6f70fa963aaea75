"""Holdings at their price limit: the limit prices of the ledger itself, and of a plain look."""

import numpy as np

from quanthedge.backtesting.plan import prepare
from quanthedge.ledger.kernels.prices import day_limits
from quanthedge.ledger.states import STATES, holding_states
from tests.sample import sample_market, small_strategy


def test_states_are_those_of_the_ledger_s_own_limit_prices() -> None:
    prepared = prepare(small_strategy("selector.n=60"), sample_market(), "2014-01-02", "2015-12-31")
    inputs = prepared.inputs
    days, stocks = (part.ravel() for part in np.indices(inputs.bars.close.shape))
    listed = np.isfinite(inputs.bars.mark[days + 1, stocks])
    days, stocks = days[listed], stocks[listed]
    found = holding_states(days, stocks, inputs)
    counts = dict.fromkeys(STATES, 0)
    for t, i, state in zip(days, stocks, found, strict=True):
        close = inputs.bars.close[t, i]
        high, low = day_limits(t, i, inputs.bars, inputs.stocks)
        expected = "traded"
        if np.isnan(close):
            expected = "suspended"
        elif close <= low + 0.005:
            expected = "limit_down"
        elif close >= high - 0.005:
            expected = "limit_up"
        assert STATES[state] == expected, (t, i)
        counts[expected] += 1
        if sum(counts.values()) > 6000 and min(counts.values()) > 5:
            break
    assert min(counts.values()) > 5
