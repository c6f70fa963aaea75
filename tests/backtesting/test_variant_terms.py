"""What is said of a variant beside its ledger, from accounts made by hand, and how funds run."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.execute import _terms, run_fund_of, run_variant
from quanthedge.backtesting.plan import prepare
from quanthedge.backtesting.run import backtest
from quanthedge.errors import DataError
from quanthedge.market import Market, write_dataset
from tests.backtesting.test_run_without_tables import plain, sample_tables
from tests.sample import START, sample_market, small_strategy

END = "2014-12-31"
DAYS = pd.to_datetime(["2014-09-16", "2014-09-17", "2014-09-18", "2014-09-19", "2014-09-22"])
# called below 1.5 times the margin: on the second day alone; without lots none is asked for, and
# lots long and short that add up to nothing have one
LEDGER = pd.DataFrame(
    {
        "lots": [0, -1, -1, 0, -1],
        "futures_cash": [0.0, 149.0, 150.0, 10.0, 151.0],
        "margin_required": [0.0, 100.0, 100.0, 0.0, 100.0],
    },
    index=DAYS,
)
TRADES = pd.DataFrame(
    {
        "date": DAYS[[1, 1, 2, 3, 4, 1]],
        "reason": ["margin_cut", "margin_cut", "hedge", "margin_cut", "hedge", "roll"],
    }
)


def told(*changes: str, insolvent_day: int | None = None) -> dict[str, object]:
    strategy = small_strategy("accounts.margin_call=1.5", "accounts.margin_target=1.6", *changes)
    record = SimpleNamespace(insolvent_day=insolvent_day)
    tables = {"ledger": LEDGER, "trades": TRADES}
    return _terms(SimpleNamespace(strategy=strategy), record, tables)


def test_calls_and_cuts_are_counted_by_the_day() -> None:
    found = told()
    assert (found["called_days"], found["cut_days"]) == (1, 2)


def test_a_hedge_and_a_loan_are_what_the_strategy_says() -> None:
    assert told()["hedged"] is True
    assert told("hedge.ratio=0.0")["hedged"] is False
    assert told("hedge.ratio=1.0")["hedged"] is True
    loan = told("invested_fraction=1.2", "accounts.borrowed=0.6", "accounts.borrowing_rate=0.07")
    assert (loan["stocks"], loan["loan"], loan["loan_rate"]) == (1.2, 0.6, 0.07)


def test_the_end_of_an_insolvent_fund_is_its_last_day() -> None:
    assert told()["insolvent"] == ""
    assert told(insolvent_day=3)["insolvent"] == "2014-09-22"


def test_every_variant_has_the_days_of_the_run() -> None:
    known = prepare(small_strategy(), sample_market(), START, END)
    for name in ("long_only", "index_hedged"):
        days = run_variant(known, name).ledger.index.to_numpy().astype("datetime64[D]")
        np.testing.assert_array_equal(days, known.dates)


def test_only_the_benchmark_by_default_may_be_missing(tmp_path) -> None:
    tables = {key: table for key, table in sample_tables().items() if key != "index_daily"}
    write_dataset(tmp_path / "m", tables, name="part", source="sample")
    market = Market.open(tmp_path / "m")
    found = backtest(plain(), market, START, "2014-10-31")
    assert found.ledger["index_close"].isna().all()
    with pytest.raises(DataError, match="index"):
        backtest(plain().change(benchmark="000905.SH"), market, START, "2014-10-31")
    known = backtest(plain().change(benchmark="000905.SH"), sample_market(), START, "2014-10-31")
    close = sample_market().index_bars("000905.SH")["close"].reindex(known.ledger.index)
    np.testing.assert_array_equal(known.ledger["index_close"], close)


@pytest.mark.parametrize(
    ("change", "event"),
    [
        ("fund.hurdle={rate=0.02}", "performance_fee"),
        ("fund.winding_up='2014-11-28'", "liquidation"),
    ],
)
def test_a_hurdle_or_an_end_alone_makes_the_books_keep_the_fund(change: str, event: str) -> None:
    events = run_fund_of(prepare(small_strategy(change), sample_market(), START, "2015-04-30"))
    assert event in set(events.events["event"])
    bare = run_fund_of(prepare(small_strategy(), sample_market(), START, END))
    assert bare.events.empty
