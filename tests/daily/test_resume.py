"""A run that goes on day by day is the run in one go, to the bit; a revised past is named."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting import backtest
from quanthedge.backtesting.result import Result
from quanthedge.daily import resume
from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.record.tables import TABLES
from quanthedge.strategy import load_strategy
from quanthedge.trials import count
from tests.daily.revised import earlier_market, revised_market
from tests.record.sealing import seal
from tests.sample import ROOT, sample_market, small_strategy

pytestmark = pytest.mark.slow
START = "2014-09-17"
# over a roll, ex-dates, a quarter's end with its fee, a rebalance and the retries after it
FROM, TO = "2015-06-12", "2015-07-03"


def days(first, last):
    market = sample_market()
    return market.dates[market.day(first) : market.day(last) + 1]


def gone_on(strategy, first, last, start=START, variants=()):
    """Run until a day, then go on a day at a time."""
    one, *more = days(first, last)
    result = backtest(strategy, sample_market().until(one), start, variants=variants)
    for day in more:
        result = resume(result, sample_market().until(day))
    return result


def assert_same(one, other):
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    for name in ("market_info", "versions", "timeline", "notes", "request", "state"):
        assert getattr(one, name) == getattr(other, name), name
    pd.testing.assert_frame_equal(one.past, other.past, check_exact=True)
    assert one.variants.keys() == other.variants.keys()
    for name, own in one.variants.items():
        pd.testing.assert_frame_equal(own.ledger, other.variants[name].ledger, check_exact=True)


def test_fifteen_days_one_by_one_are_the_run_in_one_go_to_the_byte(tmp_path):
    strategy = small_strategy()
    whole = backtest(strategy, sample_market().until(TO), START)
    reasons = set(whole.trades.loc[whole.trades["date"] > FROM, "reason"].astype(str))
    assert {"rebalance", "retry", "roll", "hedge"} <= reasons
    assert (whole.ledger.loc[FROM:TO, "dividends"] > 0).any()
    assert whole.ledger.loc["2015-06-30", "performance_fee"] > 0  # a crystallisation
    result = gone_on(strategy, FROM, TO)
    assert_same(result, whole)
    result = result.changed(trials=whole.trials)  # how many were known at each
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder, one in zip(folders, (result, whole), strict=True):
        one.to_parquet(folder)
    files = [sorted(path.name for path in folder.iterdir()) for folder in folders]
    assert files[0] == files[1]
    for name in files[0]:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


CHANGES = {
    "hedge by the book's own returns": (
        'beta={kind="ols", window=60, min_observations=20, method="top_down"}',
    ),
    "bands, average price, money of the next day": (
        'hedge.policy={kind="deviation", fraction=0.02}', "execution.fill=vwap",
        "execution.sale_proceeds=next_day",
    ),
    "a loan": ("invested_fraction=1.2", "accounts.borrowed=0.5"),
    "interest of the market, suspended stocks by beta": (
        "accounts.stock_cash_rate=market", "valuation.suspended=beta",
    ),
    "dividends taxed": ("costs.dividend_tax=public_fund",),
    "a hurdle": ('fund.hurdle={kind="fixed", rate=0.03, hard=true}',),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_other_strategies_go_on_as_well(name):
    strategy = small_strategy(*CHANGES[name])
    result = gone_on(strategy, "2015-06-29", "2015-07-01")
    assert_same(result, backtest(strategy, sample_market().until("2015-07-01"), START))


def test_a_fund_with_clients_goes_on_with_its_books():
    strategy = load_strategy(ROOT / "strategies" / "fund_with_clients.toml", ["selector.n=30"])
    result = gone_on(strategy, "2015-06-29", "2015-07-01")
    whole = backtest(strategy, sample_market().until("2015-07-01"), START)
    assert len(whole.investors) > 1
    assert_same(result, whole)


def with_orders_of(*days):
    """The fund with a client of class C, and with another who subscribes on these days."""
    strategy = load_strategy(ROOT / "strategies" / "fund_with_clients.toml", ["selector.n=30"])
    joins, _, of_class_c = strategy.clients.flows
    flows = [of_class_c.model_copy(update={"date": date(2014, 10, 10)})]
    flows += [joins.model_copy(update={"date": day}) for day in days]
    clients = strategy.clients.model_copy(update={"flows": tuple(flows)})
    return strategy.model_copy(update={"clients": clients})


def test_clients_may_place_orders_while_the_run_goes_on_but_not_in_its_past():
    run = backtest(with_orders_of(), sample_market().until("2014-12-29"), START)
    until, later = sample_market().until("2015-01-06"), with_orders_of(date(2014, 12, 10))
    result = resume(run, until, strategy=later)
    whole = backtest(later, until, START)
    assert "Client B" in set(whole.investors["investor"])  # in at the end of December
    assert_same(result, whole)
    with pytest.raises(DataError, match="books of the investors do not give"):
        resume(run, until, strategy=with_orders_of(date(2014, 11, 10)))


def test_variants_go_on_with_the_run():
    strategy = small_strategy()
    variants = ("long_only", "index_hedged")
    result = gone_on(strategy, "2015-06-30", "2015-07-02", variants=variants)
    until = sample_market().until("2015-07-02")
    assert_same(result, backtest(strategy, until, START, variants=variants))


def test_a_run_read_from_its_folder_goes_on_several_days_at_once(tmp_path):
    strategy = small_strategy()
    backtest(strategy, sample_market().until(FROM), START).to_parquet(tmp_path / "run")
    result = resume(tmp_path / "run", sample_market(), TO)
    assert_same(result, backtest(strategy, sample_market(), START, TO))


def test_a_dataset_that_was_updated_with_new_stocks_days_and_contracts_goes_on(tmp_path):
    strategy, last = small_strategy(), "2015-07-02"
    earlier_market(tmp_path / "market", "2015-06-12")
    yesterday = Market.open(tmp_path / "market")
    assert len(yesterday.codes) < len(sample_market().codes)
    assert str(yesterday.dates[-1]) == "2015-06-12"
    run = backtest(strategy, yesterday, START)
    today = sample_market().until(last)
    assert run.market_info["fingerprint"] != today.fingerprint
    assert_same(resume(run, today), backtest(strategy, today, START))


def test_an_update_that_revises_the_past_is_refused_and_named(made_once):
    run = backtest(small_strategy(), sample_market().until(FROM), START)
    folder = made_once("revised_market", revised_market)
    with pytest.raises(DataError) as caught:
        resume(run, Market.open(folder))
    told = str(caught.value)
    assert "revises the past" in told
    assert "close of 2015-03-02" in told


def test_going_on_is_no_other_trial(tmp_path, monkeypatch):
    monkeypatch.setenv("QUANTHEDGE_TRIALS", str(tmp_path))
    run = backtest(small_strategy(), sample_market().until(FROM), START)
    assert run.trials == 1
    result = resume(run, sample_market().until("2015-06-15"))
    assert result.trials == 1
    assert count(sample_market(), START, "2015-06-15") == 1


def test_what_cannot_go_on_says_why():
    run = backtest(small_strategy(), sample_market().until(FROM), START)
    for market, words in (
        (sample_market().until(FROM), "up to date"),
        (sample_market().until("2015-05-04"), "no day of the market"),
    ):
        with pytest.raises(DataError, match=words):
            resume(run, market)
    with pytest.raises(DataError, match=r"hedge\.ratio"):
        resume(run, sample_market().until(TO), strategy=small_strategy("hedge.ratio=0.9"))
    other = run.changed(request=run.request | {"code": "0" * 64})
    with pytest.raises(DataError, match="code of quanthedge"):
        resume(other, sample_market().until(TO))
    with pytest.raises(DataError, match="keeps no state"):
        resume(run.changed(state=None), sample_market().until(TO))


def test_the_state_is_readable_and_held_to_its_shape(tmp_path):
    run = backtest(small_strategy(), sample_market().until(FROM), START)
    run.to_parquet(tmp_path / "run")
    path = tmp_path / "run" / "state.json"
    state = json.loads(path.read_text(encoding="utf-8"))
    last = run.positions[run.positions["date"] == run.ledger.index[-1]]
    assert state["shares"] == dict(zip(last["code"], last["shares"].astype(float), strict=True))
    assert state["scalars"]["stock_cash"] == run.ledger["stock_cash"].iloc[-1]
    again = Result.open(tmp_path / "run")
    assert again.state == run.state
    pd.testing.assert_frame_equal(again.past, run.past, check_exact=True)
    for change in ({"shares": {"600000.SH": -1.0}}, {"date": "2015-05-29"}, {"more": 1}):
        path.write_text(json.dumps(state | change), encoding="utf-8")
        seal(tmp_path / "run")
        with pytest.raises(DataError, match=r"damaged \(state.json"):
            Result.open(tmp_path / "run")
    path.write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(DataError, match="changed since it was written"):
        Result.open(tmp_path / "run")


def test_the_digests_name_every_kind_of_input():
    run = backtest(small_strategy(), sample_market().until(FROM), START)
    kinds = set(run.past.columns)
    assert {
        "open", "close", "adj_factor", "price_limits", "corporate_actions", "futures",
        "futures_rules", "betas", "hedge", "targets", "interest", "terms_and_dates", "book_return",
    } <= kinds  # fmt: skip
    assert (run.past.drop(columns="book_return").dtypes == np.uint64).all()
