"""When spreads are opened and closed, at what prices and costs, and that nothing looks ahead."""

from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.arbitrage.spread_costs import Fills, fees_of, lots_possible, margin_of
from quanthedge.arbitrage.spread_fills import fill_prices, tradable
from quanthedge.arbitrage.spread_legs import legs_of
from quanthedge.arbitrage.spread_trading import _walk
from quanthedge.errors import StrategyError
from quanthedge.rules import FuturesRules
from tests.arbitrage.spreads import plan_of_scores
from tests.oracles import arbitrage as oracle
from tests.sample import sample_market

OPTIONS = {"pair": "next/quarter", "rule": "carry"}


@cache
def trades(**options) -> pd.DataFrame:
    return qh.spread_trades(sample_market(), "IF", **(OPTIONS | options))


def walked(scores, **more):
    return [
        (t.decision, t.entry, t.exit_decision, t.exit, t.side, t.reason)
        for t in _walk(plan_of_scores(scores, **more))
    ]


def wandering(seed):
    """Scores that wander around 0, and contracts that do not trade on some days."""
    rng = np.random.default_rng(seed)
    scores = np.cumsum(rng.standard_normal(300)) * 0.5
    scores -= pd.Series(scores).ewm(span=30).mean().to_numpy()
    able = rng.random((300, 2)) > 0.15
    able[274:] = True
    return scores * 2.0, able


LEVELS = (1.5, 0.4, 3.0, 9, 5)


@pytest.mark.parametrize("seed", range(25))
def test_trades_are_those_of_a_slow_walk_through_the_days(seed):
    scores, able = wandering(seed)
    slow = oracle.spread_walk(
        scores, 280 - np.arange(300), lambda t, side: bool(able[t].all()), *LEVELS
    )
    fast = walked(scores, ends_at=280, levels=LEVELS, can=able)
    assert [t for t in fast if t[5] != "open"] == slow
    assert slow


def test_the_slow_walk_is_asked_about_every_reason():
    met = set()
    for seed in range(25):
        scores, able = wandering(seed)
        found = walked(scores, ends_at=280, levels=LEVELS, can=able)
        met |= {t[5] for t in found}
        assert all(later[0] >= one[3] for one, later in pairwise(found))
    assert met >= {"reverted", "time", "stop", "roll"}


def test_a_dear_spread_is_sold_and_closed_where_it_came_back():
    scores = [0.0, 0.0, 2.5, 2.2, 1.0, 0.4, 0.0, *[0.0] * 40]
    assert walked(scores) == [(2, 3, 5, 6, -1, "reverted")]
    assert walked([-s for s in scores]) == [(2, 3, 5, 6, 1, "reverted")]


def test_it_is_given_up_at_the_stop_and_after_the_time_and_waits_then():
    away = [0.0, 2.5, 3.0, 4.5, 3.0, 3.0, 3.0, 1.0, 2.5, 0.0, *[0.0] * 30]
    assert walked(away) == [(1, 2, 3, 4, -1, "stop"), (8, 9, 9, 10, -1, "reverted")]
    long = [0.0, *[2.5] * 30]
    found = walked(long, levels=(2.0, 0.5, 4.0, 5, 5))
    assert found == [(1, 2, 6, 7, -1, "time")]


def test_a_spread_is_never_held_within_the_days_before_delivery():
    plan = plan_of_scores([2.5] * 60, levels=(2.0, 0.5, 4.0, 100, 5))
    (one,) = _walk(plan)
    assert one.reason == "roll"
    assert plan.legs.days_left[one.exit, 0] == 5
    for scores in ([0.0] * k + [2.5] * (60 - k) for k in range(35, 60)):
        for one in _walk(plan_of_scores(scores)):
            assert one.exit > one.entry
            assert plan.legs.days_left[one.exit, 0] >= 5


def test_an_exit_that_cannot_be_done_waits_and_at_worst_ends_in_delivery():
    scores = [0.0, 2.5, 2.0, 0.0, *[0.0] * 56]
    can = np.ones((60, 2), dtype=bool)
    can[4:7, 1] = False
    assert walked(scores, can=can) == [(1, 2, 3, 7, -1, "reverted")]
    can[4:, 1] = False
    assert walked(scores, can=can) == [(1, 2, 3, 50, -1, "delivered")]
    can = np.ones((60, 2), dtype=bool)
    can[2, 0] = False  # the entry lapses, and the next close decides anew
    assert walked([0.0, 2.5, 2.0, 0.0, *[0.0] * 56], can=can) == [(2, 3, 3, 4, -1, "reverted")]


@pytest.mark.parametrize("pair", ["front/next", "next/quarter", "quarter/second quarter"])
@pytest.mark.parametrize("rule", ["z", "band", "carry"])
def test_a_trade_is_what_the_bars_and_the_rule_book_say(pair, rule):
    found = trades(pair=pair, rule=rule, roll_days=3, slippage_ticks=2.0)
    bars = sample_market().futures("IF").set_index(["contract", "date"])
    dates = pd.DatetimeIndex(sample_market().dates)
    for one in found.itertuples():
        prices = [bars.loc[(name, day), "open"] for name in (one.near, one.far)
                  for day in (one.entry, one.exit)]  # fmt: skip
        if one.reason == "open":
            prices[1], prices[3] = (bars.loc[(n, one.exit), "settle"] for n in (one.near, one.far))
        spread_in, spread_out = prices[2] - prices[0], prices[3] - prices[1]
        sign = 1 if one.side == "buy far" else -1
        assert one.gross == pytest.approx(sign * (spread_out - spread_in))
        assert one.slippage == pytest.approx(4 * 2 * 0.2)
        assert one.net == pytest.approx(one.gross - one.fees - one.slippage)
        assert one.net_on_margin == pytest.approx(one.net / one.margin)
        assert one.net_yuan == pytest.approx(300 * one.net * one.lots)
        assert dates.get_loc(one.entry) == dates.get_loc(one.decision) + 1
        if one.reason != "open":
            assert dates.get_loc(one.exit) > dates.get_loc(one.exit_decision)
            last = bars.loc[(one.near, one.exit), "last_trading_day"]
            assert ((dates > one.exit) & (dates <= last)).sum() >= 3 or last > dates[-1]
        assert np.sign(one.score_in) == -sign
    assert len(found) or rule == "z"


def test_something_is_traded():
    assert len(trades()) > 5
    assert set(trades()["reason"]) >= {"roll", "stop", "reverted"}


def test_fees_go_by_the_day_and_closing_on_the_day_is_dear():
    days = ["2015-08-25", "2015-08-26", "2015-09-07", "2017-02-17", "2017-09-18"]
    rules = FuturesRules.between("IF", days, account="speculative")
    # CFFEX: 0.0115% from 26 August 2015, 0.23% from 7 September, 0.092% and 0.069% in 2017
    for row, rate in enumerate((0.000023, 0.000115, 0.0023, 0.00092, 0.00069)):
        same_day = Fills(row, row, (3000.0, 3100.0), (2900.0, 3000.0))
        wanted = 0.000023 * 5900 + rate * 6100 + 4 / 300
        assert fees_of(same_day, rules, 1) == pytest.approx(wanted)
    overnight = Fills(2, 3, (3000.0, 3100.0), (2900.0, 3000.0))
    assert fees_of(overnight, rules, 1) == pytest.approx(0.000023 * 12000 + 4 / 300)
    assert fees_of(overnight, rules, 4) == pytest.approx(0.000023 * 12000 + 1 / 300)
    delivered = fees_of(overnight, rules, 1, delivered=True)
    assert delivered == pytest.approx(0.000023 * 8900 + 0.0001 * 3100 + 3 / 300)


def test_margin_is_that_of_both_legs_and_dearer_for_quarter_months_until_june_2012():
    rules = FuturesRules.between("IF", ["2012-06-28", "2015-09-07"], account="speculative")
    fills = Fills(0, 1, (2000.0, 0.0), (2100.0, 0.0))
    assert margin_of(fills, rules, (1, 2)) == pytest.approx(0.15 * 2000 + 0.18 * 2100)
    assert margin_of(fills._replace(entry=1), rules, (0, 1)) == pytest.approx(0.4 * 4100)


def test_limits_of_opening_and_holding_bind_the_lots():
    days = ["2011-01-04", "2015-08-25", "2015-08-26", "2015-08-31", "2015-09-07", "2017-02-17",
            "2018-12-03"]  # fmt: skip
    rules = FuturesRules.between("IF", days, account="speculative")
    # held 100 lots a side until 2012; opened a day 600, 100, 10, 20 of the product, then 50 each
    assert lots_possible(rules, 1000).tolist() == [100, 1000, 300, 50, 5, 10, 50]
    assert lots_possible(rules, 3).tolist() == [3] * 7


def test_a_limit_that_binds_is_said_in_the_trade():
    wide = trades(lots=400)
    after = wide[wide["entry"] >= "2015-09-07"]
    assert (wide["limited"] == (wide["lots"] < 400)).all()
    assert not wide[wide["entry"] < "2015-08-26"]["limited"].any()
    assert (after["lots"] == 5).all()


def test_nothing_is_bought_at_the_upper_limit_nor_sold_at_the_lower_one():
    legs = legs_of(sample_market(), "IF")
    rules = FuturesRules.between("IF", legs.dates, account="speculative")
    price = fill_prices(legs, "open").copy()
    t, m = 100, int(np.flatnonzero(np.isfinite(price[100]))[1])
    before = legs.mark[99, m]
    for factor, can_buy, can_sell in ((1.10, False, True), (0.90, True, False), (1.05, True, True)):
        price[t, m] = np.round(before * factor / 0.2) * 0.2
        buy, sell = tradable(legs, price, rules)
        assert (buy[t, m], sell[t, m]) == (can_buy, can_sell)
    price[t, m] = np.nan
    assert not any(side[t, m] for side in tradable(legs, price, rules))


@pytest.mark.parametrize("rule", ["z", "band", "carry"])
def test_the_past_is_the_same_without_the_future(rule):
    whole = trades(rule=rule, window=60)
    assert len(whole) > 3
    for day in ("2014-08-01", "2015-03-31", "2015-09-30"):
        cut = qh.spread_trades(
            sample_market().until(day), "IF", pair="next/quarter", rule=rule, window=60
        )
        done = whole[whole["exit"] <= pd.Timestamp(day)].reset_index(drop=True)
        closed = cut[cut["reason"] != "open"].reset_index(drop=True)
        pd.testing.assert_frame_equal(closed, done)
        begun = whole[whole["entry"] <= pd.Timestamp(day)]
        assert cut["entry"].tolist() == begun["entry"].tolist()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of figures that are absurd on purpose
@pytest.mark.parametrize("alteration", ["scrambled", "absurd"])
def test_another_future_leaves_finished_trades_as_they_were(alteration):
    market, day = sample_market(), "2015-03-31"
    other = qh.spread_trades(market.altered(market.day(day), alteration), "IF", **OPTIONS)
    whole = trades()
    pd.testing.assert_frame_equal(
        other[other["exit"] <= pd.Timestamp(day)].reset_index(drop=True),
        whole[whole["exit"] <= pd.Timestamp(day)].reset_index(drop=True),
    )


def test_what_is_decided_at_a_close_is_known_before_the_open_that_fills_it():
    market = sample_market()
    for one in trades().iloc[:3].itertuples():
        row = market.day(one.decision)
        other = qh.spread_trades(market.altered(row, "opened"), "IF", **OPTIONS)
        assert pd.Timestamp(one.decision) in set(other["decision"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"rule": "carry", "entry": 0.01, "exit": 0.02}, "0 <= exit < entry < stop"),
        ({"stop": 1.0, "rule": "z"}, "0 <= exit < entry < stop"),
        ({"most_days": 0}, "most_days 0; accepted: 1 or more"),
        ({"window": 3}, "window 3; accepted: 20 or more"),
        ({"slippage_ticks": -1.0}, "slippage_ticks -1.0; accepted: 0 or more"),
        ({"lots": 0}, "lots 0; accepted: 1 or more"),
        ({"rule": "zz"}, "rule"),
        ({"fill": "vwap"}, "fill"),
        ({"roll_days": 0}, "roll_days 0; accepted: 1 or more"),
    ],
)
def test_wrong_input_is_one_clear_error(options, says):
    with pytest.raises(StrategyError, match=says):
        qh.spread_trades(sample_market(), "IF", **options)
