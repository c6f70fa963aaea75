"""How far a fund without its allocation stands below its best, which an allocation goes by."""

import numpy as np

from quanthedge.backtesting.plan import _fallen_on_paper
from quanthedge.backtesting.run import backtest
from tests.sample import sample_market, small_strategy

START, END = "2014-09-17", "2015-02-27"


def test_it_is_that_of_the_unit_value_from_the_first_morning_on() -> None:
    strategy = small_strategy("layers.allocation={kind='drawdown'}")
    market = sample_market()
    first, last = market.day(START), market.day(END)
    found = _fallen_on_paper(strategy, market, market.dates[first - 1 : last + 1])
    whole = backtest(small_strategy(), market, START, END).ledger["unit_value"].to_numpy()
    best = np.maximum.accumulate(whole)
    assert found[0] == 0.0
    np.testing.assert_allclose(found, 1.0 - whole / best, atol=1e-12)
    assert found.max() > 0.005
