"""The reference strategy over all years of the real market, kept again from its trades alone."""

from pathlib import Path

import pytest

from quanthedge.market import Market, import_market
from quanthedge.strategy import load_strategy
from tests.sample import NEUTRAL
from tests.test_replay import kept_again

SOURCE = Path(__file__).parents[2].parent / "shared" / "market"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not (SOURCE / "stock_daily.parquet").exists(),
        reason="the real market data are not beside the project (../shared/market)",
    ),
]
FIRST_FUTURE, LAST = "2010-04-16", "2018-12-28"


def test_every_yuan_of_all_years_with_futures_is_found_again(tmp_path):
    folder = tmp_path / "market"
    import_market(SOURCE, folder)
    tables = kept_again(load_strategy(NEUTRAL), Market.open(folder), folder, FIRST_FUTURE, LAST)
    assert len(tables["ledger"]) > 2_000
    reasons = set(tables["trades"]["reason"])
    assert {"rebalance", "retry", "hedge", "roll", "cash_cut", "margin_cut"} <= reasons
