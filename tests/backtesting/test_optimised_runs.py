"""The index-relative strategies as shipped, run on the sample: record, notes, hedge, stages."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.backtesting.risk_stage import risk_tables
from quanthedge.stages import keep_stages
from quanthedge.stages.keyed import forget_stages
from tests.sample import ROOT, sample_market

NAMES = ("index_relative", "index_relative_500")


@cache
def run(name: str) -> qh.Result:
    strategy = qh.load_strategy(ROOT / "strategies" / f"{name}.toml")
    return qh.backtest(strategy, sample_market(), "2015-05-04", "2015-07-31")


@pytest.mark.parametrize("name", NAMES)
def test_every_month_is_decided_and_told(name):
    result = run(name)
    table = result.decisions
    days = sorted({pd.Timestamp(day) for day in result.targets["date"]})
    assert list(table["date"]) == days
    assert len(table) == 3
    assert (table["status"] != "infeasible").all()
    assert (table["beta_left"].abs() < 0.01).all()
    assert table["lot_loss_bp"].between(0, 2).all()
    told = {one["kind"]: one for one in result.notes}
    assert "optimised" in told
    assert "3" in told["optimised"]["zh"]
    assert ("optimised_relaxed" in told) == (table["relaxed"] != "").any()


@pytest.mark.parametrize("name", NAMES)
def test_the_hedge_sells_about_the_contracts_that_were_decided(name):
    """The ledger's equity is not the paper book's, and prices move overnight: within two lots."""
    result = run(name)
    lots = result.ledger["lots"].abs()
    for _, row in result.decisions.iterrows():
        day = lots.index[lots.index.searchsorted(row["date"]) + 1]
        assert abs(lots[day] - row["contracts"]) <= 2


def test_a_run_keeps_its_decisions_in_its_folder(tmp_path):
    run(NAMES[0]).to_parquet(tmp_path / "run")
    again = qh.Result.open(tmp_path / "run")
    pd.testing.assert_frame_equal(again.decisions, run(NAMES[0]).decisions, check_dtype=False)


def test_without_a_section_risk_the_forecasts_of_the_model_that_decides_are_kept(tmp_path):
    result = run(NAMES[0])
    assert result.strategy.risk is None
    kept = result.risk_forecasts
    days = result.ledger.index
    traded = {days[days.searchsorted(day) + 1] for day in result.targets["date"].unique()}
    assert traded <= set(kept["date"])  # at the close of the day on which the book is traded
    assert kept["volatility"].between(0.001, 0.2).all()  # of 20 days
    named = result.changed(strategy=result.strategy.change({"risk": {}}))
    forecasts, parts = risk_tables(named, sample_market())
    pd.testing.assert_frame_equal(kept, forecasts)
    pd.testing.assert_frame_equal(result.risk_parts, parts)
    again = qh.Result.open(result.to_parquet(tmp_path / "run")).risk()  # without the market
    pd.testing.assert_frame_equal(again.forecasts, kept, check_dtype=False)
    summed = again.parts.groupby("date")["variance"].sum()
    np.testing.assert_allclose(summed, again.forecasts["volatility"] ** 2, rtol=1e-12)


def test_other_selectors_have_the_table_without_rows():
    six = qh.load_strategy(ROOT / "strategies" / "market_neutral.toml", ["selector.n=30"])
    result = qh.backtest(six, sample_market(), "2015-06-01", "2015-06-30")
    assert len(result.decisions) == 0
    assert list(result.decisions.columns) == list(run(NAMES[0]).decisions.columns)


def test_a_decision_that_is_kept_on_disk_is_the_one_that_was_made(tmp_path):
    keep_stages(tmp_path)
    try:
        six = qh.load_strategy(ROOT / "strategies" / "market_neutral.toml").factors  # cheaper
        strategy = qh.load_strategy(ROOT / "strategies" / "index_relative.toml")
        strategy = strategy.change({"alpha": None, "factors": six, "risk": {"eigen": 0.0}})
        span = "2015-05-04", "2015-06-03"
        made = qh.backtest(strategy, sample_market(), *span)
        forget_stages()
        read = qh.backtest(strategy, sample_market(), *span)
    finally:
        keep_stages(None)
    pd.testing.assert_frame_equal(made.decisions, read.decisions)
    np.testing.assert_array_equal(made.ledger["equity"], read.ledger["equity"])
