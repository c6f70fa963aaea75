"""Runs that hold contracts long: what is read from them afterwards knows the side."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.plan import prepare
from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import complete
from quanthedge.ledger import HedgeBook, layout, run_ledger
from quanthedge.limits import margin_days, replay_limits
from quanthedge.performance import Bridge, LedgerFigures, opened_lots
from quanthedge.report import specs
from quanthedge.report.chapters.hedge import hedge as hedge_chapter
from quanthedge.report.writer import Writer
from quanthedge.studies.capacity.measures import hedge_measures
from quanthedge.studies.stress import Accounts, days_to_margin_call, margin_outlook
from quanthedge.studies.stress.scenarios import _outcome as outcome
from quanthedge.studies.stress.shocks import index_moves, margin_rate
from tests.sample import sample_market, small_strategy

START, END = "2014-09-17", "2015-03-31"
LOT = 300.0  # yuan a point


@cache
def prepared(kind: str):
    """The sample's run with another hedge: ``long`` all the time, or ``turning`` month by month."""
    ready = prepare(small_strategy(), sample_market(), START, END)
    inputs = ready.inputs
    months = ready.dates.astype("datetime64[M]").astype(int)
    sign = np.where(months % 2 == 0, 1.0, -1.0) if kind == "turning" else np.full(months.size, -1.0)
    given = {"method": layout.GIVEN, "book_ratio": 0.9 * sign[:, None], "both_sides": True}
    hedge = HedgeBook.of([ready.leg.hedge._replace(**given)])
    return ready._replace(inputs=inputs._replace(hedge=hedge))


@cache
def run_of(kind: str) -> Result:
    return complete(prepared(kind))


@pytest.mark.parametrize("kind", ["long", "turning"])
def test_the_run_holds_what_it_is_about(kind: str) -> None:
    lots = run_of(kind).ledger["lots"]
    assert (lots > 0).any()
    assert (lots < 0).any() == (kind == "turning")


@pytest.mark.parametrize("kind", ["long", "turning"])
def test_the_bridge_has_no_rest_and_gives_long_lots_their_gain(kind: str) -> None:
    run = run_of(kind)
    daily = Bridge(run).yuan("day")
    equity = run.ledger["equity"].iloc[1:].to_numpy()
    assert np.abs(daily["residual"].to_numpy() / equity).max() < 1e-12
    assert np.abs(Bridge(run).returns("month")["residual"]).max() < 1e-12

    ledger, held = run.ledger, run.contracts
    move = ledger["index_close"].pct_change().fillna(0.0)
    price = {(one.date, one.contract): one.settlement_price for one in held.itertuples()}
    carried = pd.Series(0.0, index=ledger.index)
    days = list(ledger.index)
    for one in held[held["lots"] != 0].itertuples():
        place = days.index(one.date) + 1
        if place < len(days):
            after = price[days[place], one.contract]
            carried[days[place]] += one.lots * LOT * (after - one.settlement_price)
    index = ledger["futures_notional"].shift(1).fillna(0.0) * move  # of lots that follow the index
    np.testing.assert_allclose(daily["basis"], (carried + index).iloc[1:], atol=1e-6)


def test_exposures_add_long_contracts_to_the_stocks() -> None:
    ledger = run_of("long").ledger.iloc[1:]
    found = LedgerFigures(run_of("long").ledger).exposures()
    both = (ledger["stock_value"] + ledger["futures_notional"].abs()) / ledger["equity"]
    np.testing.assert_allclose(found["net_exposure"], both)
    np.testing.assert_allclose(found["gross_exposure"], both)
    assert (found["hedge_ratio"].dropna() <= 0.0).all()


@pytest.mark.parametrize("kind", ["long", "turning"])
def test_lots_opened_are_counted_trade_by_trade_on_both_sides(kind: str) -> None:
    trades, held, expected = run_of(kind).trades, {}, []
    for one in trades.itertuples():
        before = held.get(one.code, 0)
        now = before + (one.quantity if one.side == "buy" else -one.quantity)
        held[one.code] = now
        turned = abs(now) if before * now < 0 else max(0, abs(now) - abs(before))
        expected.append(turned if str(one.code).startswith("IF") else 0)
    assert opened_lots(trades).tolist() == expected
    limits = replay_limits(run_of(kind)).set_index("limit")
    by_day = opened_lots(trades).groupby(trades["date"]).sum()
    assert limits.loc[["daily_open"], "nearest"].max() == by_day.max()


def test_the_margin_of_long_lots_is_lost_in_a_fall_followed_day_by_day() -> None:
    ledger = run_of("long").ledger
    found = margin_days(ledger, 1.2)
    held = ledger.index[ledger["lots"] > 0]
    assert len(held) > 50
    for day in held[::10]:
        row = ledger.loc[day]
        value, rate = -row["futures_notional"], row["margin_required"] / -row["futures_notional"]
        fall = found.loc[day, "rise_to_call"]
        left = row["futures_cash"] - value * fall
        assert left == pytest.approx(1.2 * rate * value * (1.0 - fall), rel=1e-9)
        fall = found.loc[day, "rise_to_end"]
        left = row["futures_cash"] + row["stock_cash"] - value * fall
        assert left == pytest.approx(rate * value * (1.0 - fall), rel=1e-9)
        cash, price, count = row["futures_cash"], 1.0, 0
        while cash >= 1.2 * rate * value * price and count < 200:
            cash, price, count = cash - value * price * 0.02, price * 0.98, count + 1
        assert found.loc[day, "days_to_call"] == count
        accounts = Accounts(row["stock_cash"], row["futures_cash"], -value, rate, 1.2)
        assert days_to_margin_call(accounts, -0.02).call == max(1, count)


def test_the_outlook_of_long_lots_is_of_falls() -> None:
    table = margin_outlook(run_of("long"))
    last = run_of("long").ledger.iloc[-1]
    assert (table["daily_rise"] < 0.0).all()
    fall, value = table["one_day_rise_to_cut"].iloc[0], -last["futures_notional"]
    left = last["futures_cash"] + last["stock_cash"] + value * fall
    assert fall < 0.0
    assert left == pytest.approx(last["margin_required"] * (1.0 + fall), rel=1e-9)


def test_a_public_fund_s_cap_on_long_futures_is_replayed_only_where_there_are_any() -> None:
    run = run_of("long")
    limits = replay_limits(run).set_index("limit")
    part = -run.ledger["futures_notional"] / run.ledger["equity"]
    assert limits.loc["long_futures", "nearest"] == pytest.approx(part.max())
    assert limits.loc["short_futures", "nearest"] == 0.0
    assert limits.loc["hedge_range_low", "nearest"] < 0.0


def test_lots_cut_in_a_fall_are_counted_without_their_sign() -> None:
    inputs = margin_rate(prepared("long").inputs, 40, 0.30)
    inputs = index_moves(inputs, 40, np.full(5, -0.10))
    record = run_ledger(inputs)
    cut = record.trades[record.trades[:, 12] == layout.MARGIN_CUT_TRADE]
    found = outcome(record, inputs, 40, 45)
    inside = (cut[:, 0] >= 40) & (cut[:, 0] < 45)
    assert found["lots_cut"] == -cut[inside, 3].sum() > 0


def test_the_value_of_a_lot_and_the_basis_do_not_ask_for_the_side() -> None:
    run = run_of("turning")
    for one in (run, run_of("long")):
        assert hedge_measures(one.ledger, one.strategy.hedge)["smallest_hedged_yuan"] > 0.0
    shares = np.array(specs.basis(run.ledger, LOT)["data"][0]["y"], dtype=float)
    assert np.nanmax(np.abs(shares)) < 0.1
    bars = np.array(specs.lots(run.ledger)["data"][0]["y"])
    np.testing.assert_array_equal(bars, -run.ledger["lots"].iloc[1:])


def test_a_roll_of_long_lots_is_shown_with_the_contract_it_leaves_first() -> None:
    run = run_of("long")
    rolled = run.trades[run.trades["reason"].astype("str") == "roll"]
    assert set(rolled["side"]) == {"buy", "sell"}
    blocks = hedge_chapter(Writer(run, "en"))
    table = next(block for block in blocks if getattr(block, "id", "") == "table-rolls")
    for row in table.rows:
        assert row[1].text < row[3].text  # the old contract ends first
    assert len(table.rows) == rolled.loc[rolled["side"] == "sell", "date"].nunique()
