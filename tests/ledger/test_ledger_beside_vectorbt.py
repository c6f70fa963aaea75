"""With every rule switched off the stock leg is a plain simulation, as vectorbt does it."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.ledger import make_inputs, vectorbt_portfolio
from quanthedge.ledger import run_ledger


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_stock_leg_without_rules_equals_vectorbt(seed: int) -> None:
    inputs = make_inputs(stocks=30, days=120, names=8, every=10, seed=seed, rules=False)
    ours = run_ledger(inputs)
    theirs = vectorbt_portfolio(inputs)

    equity = pd.Series(ours.ledger[:, 0])
    # vectorbt buys fractions of a share, we whole ones: they differ by the price of a few shares.
    whole_share_noise = 8 * 2 * np.nanmax(inputs.bars.mark)
    difference = (equity - theirs.value().to_numpy()).abs()
    assert difference.max() <= whole_share_noise
    assert equity.iloc[-1] != pytest.approx(inputs.settings.capital_yuan, rel=1e-3)


def test_the_comparison_would_notice_a_cost(  # the tolerance above is not a licence
) -> None:
    inputs = make_inputs(stocks=30, days=120, names=8, every=10, seed=1, rules=False)
    dearer = inputs._replace(settings=inputs.settings._replace(slippage=1e-5))
    difference = run_ledger(inputs).ledger[-1, 0] - run_ledger(dearer).ledger[-1, 0]
    assert difference > 8 * 2 * np.nanmax(inputs.bars.mark)
