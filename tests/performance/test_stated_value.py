"""Statistics go by what the fund is stated at: suspended stocks revalued, the fee accrued."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.performance import Bridge, daily_returns, levels, period_returns
from quanthedge.valuation import suspension_spells
from tests.hand_made import hand_made
from tests.performance.test_bridge import busy_clients
from tests.sample import END, START, sample_market, sample_result, small_strategy


@pytest.fixture(scope="module")
def restated() -> Result:
    """A run in which every suspended holding is stated by its industry, however small."""
    changes = ("valuation.materiality=0.0", "fund.crystallisation=quarter")
    return backtest(small_strategy(*changes), sample_market(), START, END)


def test_the_revaluation_sums_to_zero_over_each_suspension(restated) -> None:
    days = pd.DatetimeIndex(restated.ledger.index)
    line = Bridge(restated).yuan("day")["revaluation"].to_numpy()
    stated = restated.ledger["revaluation"].to_numpy()
    by_day = restated.restated.groupby("date")["adjustment_yuan"].sum()
    np.testing.assert_allclose(stated, by_day.reindex(days, fill_value=0.0), atol=1e-6)
    some = np.flatnonzero(stated)
    assert some.size > 10
    spells = np.split(some, np.flatnonzero(np.diff(some) > 1) + 1)
    ended = [spell for spell in spells if spell[-1] + 1 < len(days)]
    assert ended
    for spell in ended:  # from the first close stated so to the close at which none is
        part = line[spell[0] - 1 : spell[-1] + 1]
        assert abs(part.sum()) < 1e-6
        assert np.abs(part).max() > 1.0
    assert line.sum() == pytest.approx(stated[-1], abs=1e-6)


def test_each_spell_of_a_holding_is_a_row_of_its_own(restated) -> None:
    days = pd.DatetimeIndex(restated.ledger.index)
    spells = suspension_spells(restated.restated, days)
    assert spells["days"].sum() == len(restated.restated)
    for spell in spells.itertuples():
        mine = restated.restated[restated.restated["code"] == spell.code]
        inside = mine[mine["date"].between(spell.begin, spell.last)]
        assert len(inside) == spell.days == days.get_loc(spell.last) - days.get_loc(spell.begin) + 1
        assert inside["adjustment_yuan"].min() == spell.lowest_yuan
        assert inside["adjustment_yuan"].max() == spell.highest_yuan
        assert inside["adjustment_yuan"].iloc[-1] == spell.last_yuan
        if pd.isna(spell.end):
            assert spell.last == days[-1]
        else:
            assert days.get_loc(spell.end) == days.get_loc(spell.last) + 1
            assert spell.end not in set(mine["date"])


def test_the_accrual_sums_to_zero_from_one_fee_date_to_the_next(restated) -> None:
    ledger = restated.ledger
    days = pd.DatetimeIndex(ledger.index)
    line = Bridge(restated).yuan("day")["accrual"]
    quarter = days.year * 4 + days.quarter
    fee_dates = days[np.append(quarter[1:] != quarter[:-1], False)]
    assert (ledger.loc[fee_dates, "performance_fee"] > 0).sum() >= 2
    for before, date in zip([days[0], *fee_dates[:-1]], fee_dates, strict=True):
        part = line[(line.index > before) & (line.index <= date)]
        assert part.sum() == pytest.approx(0.0, abs=1e-6)
        if ledger.loc[date, "performance_fee"] > 0:
            assert part.abs().max() > 1_000.0
            # what was charged had accrued: the last day adds its own share alone
            share = 0.25 * ledger.loc[before:date, "stock_pnl"].abs().max()
            assert abs(part[date] - ledger.loc[date, "performance_fee"]) < share
    left = ledger["accrued_performance_fee"].iloc[-1]
    assert line.sum() == pytest.approx(-left, abs=1e-6)


def test_a_fee_date_is_no_loss_of_its_own(restated) -> None:
    ledger = restated.ledger
    charged = ledger.index[ledger["performance_fee"] > 0.0]
    net, lump = daily_returns(ledger)["net"], ledger["equity"].pct_change().iloc[1:]
    gross = daily_returns(ledger)["gross"]
    for date in charged:
        fee = ledger.loc[date, "performance_fee"] / ledger.loc[date, "equity"]
        # a quarter of the day's own gain is due, besides the fees of every day
        assert abs(net[date] - gross[date]) < 0.26 * abs(gross[date]) + 2e-4
        assert net[date] - lump[date] > 0.7 * fee - 0.25 * abs(gross[date])


@pytest.mark.parametrize("method", [None, "whole_fund", "lot_units", "investor"])
def test_units_at_the_published_value_are_the_fund_less_the_accrued_fee(method) -> None:
    if method is None:
        ledger = sample_result().ledger
    else:
        strategy = small_strategy().model_copy(update={"clients": busy_clients(method)})
        ledger = backtest(strategy, sample_market(), START, END).ledger
    worth = ledger["equity"] - ledger["accrued_performance_fee"]
    off = (ledger["unit_value"] * ledger["units"] - worth).abs()
    assert (off <= 0.5e-4 * ledger["units"] + 0.01).all()
    before = (ledger["unit_value_before_accrual"] * ledger["units"] - ledger["equity"]).abs()
    assert (before <= 0.5e-4 * ledger["units"] + 0.01).all()
    assert (ledger["unit_value"] < ledger["unit_value_before_accrual"]).any()
    assert (ledger["unit_value"] <= ledger["unit_value_before_accrual"]).all()


PATHS = st.lists(
    st.tuples(st.floats(5e7, 2e8), st.floats(0.0, 2e7), st.booleans()), min_size=1, max_size=40
)


@settings(max_examples=100, deadline=None)
@given(PATHS)
def test_without_flows_net_returns_chain_to_the_growth_of_equity_less_the_accrued_fee(
    path: list[tuple[float, float, bool]],
) -> None:
    equity = np.array([1e8, *(day[0] for day in path)])
    accrued = np.array([0.0, *(0.0 if day[2] else day[1] for day in path)])  # charged: none is left
    charged = np.array([0.0, *(day[1] if day[2] else 0.0 for day in path)])
    ledger = hand_made(
        pd.DataFrame(
            {
                "equity": equity,
                "accrued_performance_fee": accrued,
                "accrued_fee_at_open": np.append(0.0, accrued[:-1]),
                "performance_fee": charged,
                "index_close": 1.0,
            },
            index=pd.bdate_range("2015-01-05", periods=len(equity)),
        )
    )
    grown = levels(ledger)["net"].to_numpy()
    np.testing.assert_allclose(grown, (equity - accrued) / 1e8, rtol=1e-12)
    np.testing.assert_allclose(
        levels(ledger)["gross"], np.cumprod(np.append(1.0, (equity + charged)[1:] / equity[:-1])),
        rtol=1e-12,
    )  # fmt: skip


def test_weeks_of_contributions_end_where_weeks_of_returns_end(restated) -> None:
    weeks = Bridge(restated).returns("week")
    expected = period_returns(levels(restated.ledger)["net"], "weekly")
    pd.testing.assert_series_equal(weeks["return"], expected, check_names=False, rtol=1e-12)
    assert weeks["residual"].abs().max() < 1e-12
