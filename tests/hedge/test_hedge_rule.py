"""What the hedge rule accepts, its days and its lots."""

import numpy as np
import pytest
from pydantic import ValidationError

from quanthedge.hedge import HedgeRule, contract_chain
from quanthedge.hedge.rule import target_lots


def test_misspelt_keys_and_unknown_products_are_refused():
    with pytest.raises(ValidationError, match="rollday"):
        HedgeRule(rollday=3)
    with pytest.raises(ValidationError, match="'IF', 'IH', 'IC' or 'IM'"):
        HedgeRule(product="TF")


@pytest.mark.parametrize(
    ("value", "beta", "ratio", "lots"),
    [
        (75e6, 0.96, 1.0, 100),
        (75e6, 0.96, 0.5, 50),
        (360_000.0, 1.0, 1.0, 1),  # half a lot is rounded up
        (359_999.0, 1.0, 1.0, 0),
        (75e6, -0.5, 1.0, 0),
        (0.0, 1.0, 1.0, 0),
    ],
)
def test_lots_are_whole_and_never_negative(value, beta, ratio, lots):
    assert target_lots(value, beta, ratio, 2400.0, 300.0) == lots


def test_the_chain_lists_contracts_by_day(market):
    chain = contract_chain(market, "IF")
    row = int(np.searchsorted(market.dates, np.datetime64("2014-09-19")))
    names = [chain.contracts[m] for m in chain.listed(row)]
    assert names == ["IF1409", "IF1410"]
    front = chain.front(row)
    assert chain.contracts[front] == "IF1409"  # on its last trading day
    assert chain.contracts[chain.front(row + 1)] == "IF1410"
    assert chain.contracts[chain.successor(front)] == "IF1410"
    assert chain.quarters(row) == []
