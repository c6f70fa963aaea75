"""The reference strategy over all years of the real market, kept again from its trades alone."""

import time

from quanthedge.backtesting.plan import prepare
from quanthedge.ledger import run_ledger
from quanthedge.strategy import load_strategy
from tests.backtesting.test_replay import kept_again
from tests.sample import NEUTRAL

FIRST_FUTURE, LAST = "2010-04-16", "2018-12-28"


def test_every_yuan_of_all_years_with_futures_is_found_again(real_market, real_folder):
    strategy = load_strategy(NEUTRAL)
    tables = kept_again(strategy, real_market, real_folder, FIRST_FUTURE, LAST)
    assert len(tables["ledger"]) > 2_000
    reasons = set(tables["trades"]["reason"])
    assert {"rebalance", "retry", "hedge", "roll", "cash_cut", "margin_cut"} <= reasons


def test_the_ledger_of_all_years_takes_a_fraction_of_a_second(real_market):
    # 0.13 to 0.25 s on two cores; a call with all inputs inside a loop over stocks made it 6 s
    inputs = prepare(load_strategy(NEUTRAL), real_market, FIRST_FUTURE, LAST).inputs
    run_ledger(inputs)  # compiled and paged in
    begun = time.process_time()
    run_ledger(inputs)
    assert time.process_time() - begun < 1.5
