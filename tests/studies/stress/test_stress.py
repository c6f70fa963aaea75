"""Shocks change what they say and nothing before; the accounts hold, or say that they do not."""

from functools import cache

import numpy as np
import pytest

from quanthedge.backtesting.plan import Prepared, prepare
from quanthedge.backtesting.run import backtest
from quanthedge.errors import StrategyError
from quanthedge.ledger import layout, run_ledger
from quanthedge.market import Market
from quanthedge.studies.stress import Accounts, compare_leverage, days_to_margin_call, run_stress
from quanthedge.studies.stress.leverage import levered
from quanthedge.studies.stress.outlook import margin_outlook
from quanthedge.studies.stress.scenarios import _outcome as outcome
from quanthedge.studies.stress.shocks import basis_jump, index_moves, margin_rate, suspensions
from tests.sample import SAMPLE, small_strategy

START, END, DAY = "2014-09-17", "2015-02-27", 40


@cache
def prepared() -> Prepared:
    return prepare(small_strategy(), Market.open(SAMPLE), START, END)


def column(record, name):
    return record.ledger[:, layout.COLUMNS.index(name)]


def test_the_index_moves_as_told_and_keeps_its_true_returns_afterwards():
    inputs = prepared().inputs
    moved = index_moves(inputs, DAY, np.full(3, 0.10))
    level, true = (one.hedge.index_level[:, 0] for one in (moved, inputs))
    returns, before = level[1:] / level[:-1] - 1, true[1:] / true[:-1] - 1
    np.testing.assert_allclose(returns[DAY : DAY + 3], 0.10)
    np.testing.assert_allclose(np.delete(returns, range(DAY, DAY + 3)),
                               np.delete(before, range(DAY, DAY + 3)))  # fmt: skip
    np.testing.assert_array_equal(moved.bars.mark[: DAY + 1], inputs.bars.mark[: DAY + 1])
    np.testing.assert_allclose(
        moved.bars.close / moved.bars.pre_close - 1,
        (1 + inputs.bars.close / inputs.bars.pre_close - 1)
        * ((1 + returns) / (1 + before))[:, None]
        - 1,
        atol=1e-12,
    )
    np.testing.assert_allclose(moved.hedge.index_return[1:], returns, atol=1e-12)


@pytest.mark.parametrize(
    "shock",
    [
        lambda i: index_moves(i, DAY, np.full(3, 0.10)),
        lambda i: basis_jump(i, DAY, 0.05),
        lambda i: margin_rate(i, DAY, 0.40),
        lambda i: suspensions(i, DAY, 10, 0.5),
    ],
)
def test_nothing_changes_before_a_shock(shock):
    inputs = prepared().inputs
    before, after = run_ledger(inputs), run_ledger(shock(inputs))
    np.testing.assert_array_equal(before.ledger[:DAY], after.ledger[:DAY])
    assert not np.array_equal(before.ledger[DAY : DAY + 5], after.ledger[DAY : DAY + 5])


def test_a_basis_jump_costs_the_short_at_once_and_fades_to_the_delivery():
    inputs = prepared().inputs
    base, shocked = run_ledger(inputs), run_ledger(basis_jump(inputs, DAY, 0.05))
    lost = column(base, "futures_pnl")[DAY] - column(shocked, "futures_pnl")[DAY]
    assert lost == pytest.approx(0.05 * column(base, "futures_notional")[DAY], rel=0.05)
    futures = basis_jump(inputs, DAY, 0.05).futures
    for c, end in enumerate(futures.last_day):
        if DAY <= end < inputs.days.size:
            assert futures.settlement[end + 1, c] == inputs.futures.settlement[end + 1, c]


def test_suspended_stocks_do_not_trade_and_keep_their_mark():
    inputs = suspensions(prepared().inputs, DAY, 10)
    record = run_ledger(inputs)
    stocks = record.trades[record.trades[:, 1] == layout.STOCK]
    inside = (stocks[:, 0] >= DAY) & (stocks[:, 0] < DAY + 10)
    assert not inside.any()
    assert np.abs(column(record, "stock_pnl")[DAY : DAY + 10]).max() < 1e-6


def test_a_day_outside_the_span_is_refused():
    with pytest.raises(StrategyError, match="inside the span"):
        margin_rate(prepared().inputs, 10_000, 0.4)


def test_the_report_has_a_row_for_each_scenario_and_says_what_it_could_not_replay():
    report = run_stress(small_strategy(), Market.open(SAMPLE), ["2014-12-01"])
    table = report.table.set_index("scenario")
    assert len(table) >= 9
    assert any("stated spells: outside the market" in gap for gap in report.gaps)
    assert table.loc["index +10% three days, all suspended", "equity_change"] < -0.03
    assert table.loc["as it was", "lots_cut"] == 0
    assert "not replayed" in report.text()
    with pytest.raises(StrategyError, match="no scenario could be run"):
        run_stress(small_strategy(), Market.open(SAMPLE), history=False)


def test_a_fee_date_is_no_loss_of_a_day():
    at, record = prepared(), run_ledger(prepared().inputs)
    fee = column(record, "performance_fee")
    day = int(np.flatnonzero(fee)[0])
    lump = fee[day] / column(record, "equity")[day - 1]
    assert lump > 0.0005
    found = outcome(record, at.inputs, day, day + 1)
    worth = column(record, "equity") - column(record, "accrued_performance_fee")
    assert found["worst_day"] == pytest.approx(worth[day] / worth[day - 1] - 1, abs=1e-12)
    assert found["equity_change"] == pytest.approx(found["worst_day"], abs=1e-12)
    plain = column(record, "equity")[day] / column(record, "equity")[day - 1] - 1
    assert found["worst_day"] - plain > 0.7 * lump


def test_days_to_a_margin_call_are_those_of_the_ledger():
    # suspended stocks can neither rise nor be sold, so the ledger has nothing but its cash
    inputs = suspensions(prepared().inputs, DAY, 30)
    base = run_ledger(inputs)
    at = DAY - 1
    # the future follows the index exactly from here on
    accounts = Accounts(
        column(base, "stock_cash")[at], column(base, "futures_cash")[at],
        column(base, "futures_notional")[at],
        column(base, "margin_required")[at] / column(base, "futures_notional")[at],
        inputs.settings.call_multiple,
    )  # fmt: skip
    rise = 0.06
    expected = days_to_margin_call(accounts, rise)
    futures, path = inputs.futures, np.ones(inputs.days.size + 1)
    path[DAY + 1 :] = (1 + rise) ** np.arange(1, inputs.days.size - DAY + 1)
    level = np.where(
        np.arange(path.size)[:, None] > DAY, futures.settlement[DAY] * path[:, None],
        futures.settlement,
    )  # fmt: skip
    never = np.full(futures.last_day.shape, 10_000)
    hold = np.repeat(futures.hold[DAY - 1 : DAY], inputs.days.size, axis=0)
    hold[:DAY] = futures.hold[:DAY]
    shocked = inputs._replace(
        futures=futures._replace(
            settlement=level, fill_price=level[1:], hold=hold, last_day=never,
            margin_rate=np.full(futures.margin_rate.shape, accounts.margin_rate),
        )
    )  # fmt: skip
    record = run_ledger(shocked)
    cut = record.trades[record.trades[:, 12] == layout.MARGIN_CUT_TRADE]
    assert expected.cut is not None
    assert abs(int(cut[0, 0]) - DAY + 1 - expected.cut) <= 1
    assert expected.call <= expected.raise_cash <= expected.cut


def test_the_outlook_of_a_run_shortens_with_the_rise():
    result = backtest(small_strategy(), Market.open(SAMPLE), START, END)
    table = margin_outlook(result)
    assert (table["call"].dropna().diff().dropna() <= 0).all()
    single = table["one_day_rise_to_cut"].iloc[0]
    last = result.ledger.iloc[-1]
    rate = last["margin_required"] / last["futures_notional"]
    cash = last["stock_cash"] + last["futures_cash"] - last["futures_notional"] * single
    assert cash == pytest.approx(rate * last["futures_notional"] * (1 + single))


def test_more_gross_exposure_is_borrowed_and_shown():
    table = compare_leverage(small_strategy(), Market.open(SAMPLE), START, END, gross=(1.0, 2.0))
    assert table.loc[1.0, "borrowed"] == 0.0
    assert table.loc[2.0, "borrowed"] == pytest.approx(0.25)
    assert table.loc[2.0, "loan_interest_per_year"] > 0.01
    assert table["gross_held"].to_list() == pytest.approx([1.0, 2.0], rel=0.15)
    assert table.loc[2.0, "volatility"] > 1.5 * table.loc[1.0, "volatility"]
    with pytest.raises(StrategyError, match="up to 6 times"):
        levered(small_strategy(), 7.0)


def test_a_market_that_meets_no_stated_spell_replays_its_own_worst_weeks(monkeypatch):
    market = Market.open(SAMPLE)
    monkeypatch.setattr(
        "quanthedge.studies.stress.scenarios.HISTORY", (("x", "2031-01-02", "2031-02-03"),)
    )
    report = run_stress(small_strategy(), market)
    assert report.table["scenario"].tolist() == [
        "largest fall of 20 trading days", "largest rise of 20 trading days",
    ]  # fmt: skip
    first = market.day(report.table["date"].iloc[0])
    daily = np.nan_to_num(
        np.nanmean(market.panel("close")[61:] / market.panel("pre_close")[61:] - 1, axis=1)
    )
    moves = [np.prod(1 + daily[k + 1 : k + 21]) for k in range(len(daily) - 20)]
    assert first == 61 + int(np.argmin(moves)) + 1
