"""What a decision asks of betas and contracts, held against a run and the tables."""

from functools import cache

import numpy as np
import pytest

from quanthedge.backtesting.hedge_leg import (
    contracts_held,
    known_betas,
    known_returns,
    value_of_contracts,
)
from quanthedge.backtesting.plan import prepare
from quanthedge.errors import DataError
from quanthedge.market import Market
from tests.sample import sample_market, small_strategy

START, END = "2015-04-20", "2015-07-10"
OLS = "beta={kind='ols', window=60}"
YUAN_A_POINT = 300  # of IF, by the contract


@cache
def whole():
    """A run's preparation: what it gives the ledger for every day."""
    return prepare(small_strategy(OLS), sample_market(), START, END)


def closes():
    """Some closes of the run, the first is that of the eve of its first day."""
    first = whole().first
    return np.array([first - 1, first + 2, first + 11, first + 40], dtype=np.int64)


@pytest.mark.parametrize("begin", [0, 1, 3])
def test_betas_of_decisions_are_those_of_the_run(begin) -> None:
    rows = closes()[begin:]
    found = known_betas(whole().strategy, sample_market(), rows)
    own = whole().leg.hedge.beta[rows - (whole().first - 1)]
    assert found.shape == (rows.size, len(sample_market().codes), 1)
    assert np.isfinite(found).any(axis=1).all()
    np.testing.assert_allclose(found, own, rtol=1e-10)  # windows are summed from another day on


@pytest.mark.parametrize("product", ["IF", ["IF", "IC"]])
def test_contracts_of_decisions_are_those_of_the_run_at_their_settlement_prices(product) -> None:
    market, rows = sample_market(), closes()[1:]
    strategy = small_strategy(OLS).change({"hedge.product": product})
    run = prepare(strategy, market, START, END)
    names = contracts_held(strategy, market, rows)
    yuan = value_of_contracts(strategy, market, rows)
    assert yuan.shape == (rows.size, len(run.leg.schedules))
    for p, one in enumerate(run.leg.schedules):
        assert names[p] == [one.contracts[held] for held in one.hold[rows - run.first]]
        bars = market.futures(one.product).set_index(["date", "contract"])["settle"]
        days = market.dates[rows].astype("datetime64[s]")
        told = [bars[(day, name)] for day, name in zip(days, names[p], strict=True)]
        multiplier = YUAN_A_POINT if one.product == "IF" else 200
        np.testing.assert_allclose(yuan[:, p], multiplier * np.array(told), rtol=1e-12)


def test_before_a_future_is_listed_no_contract_is_held() -> None:
    market = sample_market()
    begun = market.futures("IC")["date"].min().to_datetime64()
    row = int(np.searchsorted(market.dates, begun)) - 20
    strategy = small_strategy().change({"hedge.product": "IC", "beta.index": "000905.SH"})
    assert contracts_held(strategy, market, np.array([row, row + 1])) == [["", ""]]


def test_a_strategy_that_sells_nothing_knows_the_index_where_the_market_does(monkeypatch) -> None:
    market, free = sample_market(), small_strategy("hedge.ratio=0.0")
    close = market.index_close("000300.SH")
    known = known_returns(free, market)
    assert known.shape == (len(market.dates), 1)
    np.testing.assert_allclose(known[1:, 0], close[1:] / close[:-1] - 1.0, rtol=1e-9)
    monkeypatch.setattr(Market, "index_codes", lambda _self: [])
    unknown = known_returns(free, market)
    assert unknown.shape == known.shape
    assert np.isnan(unknown).all()
    monkeypatch.undo()
    with pytest.raises(DataError, match="index"):
        known_returns(small_strategy("beta.index='999999.SH'"), market)
