"""The reference strategy on the real market, kept again from its trades alone.

Here through boom and crash; `python -m benchmarks.replays --market FOLDER` keeps all years again,
of the funds of one sleeve and of three.
"""

import time

import pytest

from quanthedge.backtesting.plan import prepare
from quanthedge.ledger import run_ledger
from quanthedge.strategy import load_strategy
from tests.backtesting.test_replay import kept_again, nothing_waits  # noqa: F401 -- a fixture
from tests.sample import NEUTRAL, ROOT

FIRST_FUTURE, LAST = "2010-04-16", "2018-12-28"
AROUND = "2014-01-02", "2016-06-30"  # both tests share what is read of it


def test_every_yuan_of_the_years_around_the_crash_is_found_again(real_market, real_folder):
    strategy = load_strategy(NEUTRAL)
    tables = kept_again(strategy, real_market, real_folder, *AROUND)
    assert len(tables["ledger"]) > 600
    reasons = set(tables["trades"]["reason"])
    assert {"rebalance", "retry", "hedge", "roll", "cash_cut", "margin_cut"} <= reasons


@pytest.mark.usefixtures("nothing_waits")
def test_every_yuan_of_three_sleeves_is_found_again(real_market, real_folder):
    strategy = load_strategy(ROOT / "strategies" / "multi_sleeve.toml")
    tables = kept_again(strategy, real_market, real_folder, *AROUND)
    traded = tables["trades"].groupby("sleeve").size()
    assert (traded[["stocks", "carry"]] > 3_000).all()
    assert traded["calendar"] > 25
    reasons = set(tables["trades"]["reason"])
    assert {"rebalance", "retry", "hedge", "roll", "delivery", "rights", "delisting"} <= reasons


def test_the_ledger_of_all_years_takes_a_fraction_of_a_second(real_market):
    # 0.13 to 0.25 s on two cores; a call with all inputs inside a loop over stocks made it 6 s
    inputs = prepare(load_strategy(NEUTRAL), real_market, FIRST_FUTURE, LAST).inputs
    run_ledger(inputs)  # compiled and paged in
    begun = time.process_time()
    run_ledger(inputs)
    assert time.process_time() - begun < 1.5
