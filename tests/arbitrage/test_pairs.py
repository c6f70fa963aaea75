"""The book of pairs on a market: weights, trades, what was tried, and no look ahead."""

from functools import cache
from typing import Literal

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.arbitrage.pairs import PairsBook
from quanthedge.arbitrage.pairs_estimate import _possible
from quanthedge.errors import DataError, StrategyError
from quanthedge.ledger import Costs
from quanthedge.market import Market
from quanthedge.rules import StockCosts
from quanthedge.universe import AllUniverse, Universe
from tests.sample import sample_market

METHODS = ("distance", "cointegration", "residual")
OPTIONS = {"most": 10, "start": "2014-01-20", "trading_days": 60, "entry": 1.5}
DAY = "2015-03-31"


@cache
def book(method: str, **options) -> PairsBook:
    return qh.pairs_targets(sample_market(), AllUniverse(), method=method, **(OPTIONS | options))


@pytest.mark.parametrize("method", METHODS)
def test_weights_are_the_spreads_that_stand_open(method):
    found, most = book(method), OPTIONS["most"]
    assert len(found.trades) > 10
    for day, row in found.weights.iloc[::7].iterrows():
        over = found.trades["exit_decision"] <= day
        over &= found.trades["reason"] != "open"
        held = found.trades[(found.trades["decision"] <= day) & ~over]
        wanted = held["code"].value_counts() / most
        pd.testing.assert_series_equal(
            row[row > 0].sort_index(), wanted.sort_index(), check_names=False, check_dtype=False
        )
    assert found.weights.sum(axis=1).max() <= 1.0 + 1e-12
    assert (found.weights.diff().iloc[1:] != 0).any(axis=1).all()


@pytest.mark.parametrize("method", METHODS)
def test_who_is_bought_may_be_held_and_both_are_of_one_industry(method):
    market = sample_market()
    number, names = market.industry()
    for one in book(method).trades.itertuples():
        row = np.array([market.day(one.decision)])
        mask = AllUniverse().mask(market, row)[0][0]
        codes = [one.code, one.other] if one.other else [one.code]
        columns = [market.column(code) for code in codes]
        assert mask[columns[0]]
        formed = book(method).tried["formation"]
        day = market.day(formed[formed <= one.decision].max())
        assert {names["industry"][number[day, n]] for n in columns} == {one.industry}


class Changing(Universe):
    """Other stocks every day: four of five, by the day's date."""

    kind: Literal["changing"] = "changing"

    def holdable(self, market: Market, rows: np.ndarray) -> np.ndarray:
        days = market.dates[rows].astype(np.int64)
        return (days[:, None] + np.arange(len(market.codes))) % 5 > 0


@pytest.mark.parametrize("method", METHODS)
def test_the_universe_is_asked_on_the_day_of_the_formation_and_of_the_decision(method):
    market = sample_market()
    found = qh.pairs_targets(market, Changing(), method=method, **OPTIONS)
    assert len(found.pairs) > 20
    columns = {code: n for n, code in enumerate(market.codes)}
    held = Changing().holdable(market, np.arange(len(market.dates)))
    for one in found.pairs.itertuples():
        codes = [one.code, one.other] if one.other else [one.code]
        assert all(held[market.day(one.formation), columns[code]] for code in codes)
    for one in found.trades.itertuples():
        column, first = columns[one.code], market.day(one.decision)
        assert held[first, column]
        # every stock is left out once in five days: sold then, if it trades
        traded = market.panel("traded")[first + 1 : market.day(one.exit_decision), column]
        assert held[first + 1 : market.day(one.exit_decision), column][traded].all()
    assert "left" in set(found.trades["reason"])


@pytest.mark.parametrize("method", METHODS)
def test_everything_is_closed_when_the_next_formation_begins(method):
    found = book(method)
    formed = found.tried["formation"].unique()
    for one in found.trades.itertuples():
        window = formed[formed <= one.decision].max()
        later = formed[formed > window]
        assert one.reason == "open" or not later.size or one.exit_decision <= later.min()
        assert (one.reason == "end") == bool(later.size and one.exit_decision == later.min())


def test_a_trade_is_what_the_bars_and_the_rule_book_say():
    market = sample_market()
    index = market.index_bars("000300.SH")["open"]
    factor = market.panel("adj_factor")
    done = book("distance").trades.query("done and exit == exit")
    assert len(done) > 5
    for one in done.iloc[::5].itertuples():
        n, t, u = market.column(one.code), market.day(one.entry), market.day(one.exit)
        prices = [market.panel("open")[row, n] * factor[row, n] for row in (t, u)]
        assert one.gross == pytest.approx(prices[1] / prices[0] - 1)
        assert one.index == pytest.approx(index[one.exit] / index[one.entry] - 1)
        days = market.dates[[t, u]]
        rates = StockCosts.between(days, [one.code], Costs(), list_dates=market.list_dates()[[n]])
        share = [rates.yuan_per_share[k, 0] / market.panel("open")[row, n] for k, row in
                 enumerate((t, u))]  # fmt: skip
        cost = rates.buy_rate[0, 0] + share[0]
        cost += (rates.sell_rate[1, 0] + share[1]) * (1 + one.gross)
        assert one.cost == pytest.approx(cost)
        assert one.net == pytest.approx(one.gross - one.cost - one.index)
        assert t == market.day(one.decision) + 1 + one.waited_in
        assert u == market.day(one.exit_decision) + 1 + one.waited_out


@pytest.mark.parametrize("method", METHODS)
def test_fills_are_those_of_the_first_open_at_which_one_could_trade(method):
    market = sample_market()
    opens, before = market.panel("open"), market.panel("pre_close")
    with np.errstate(invalid="ignore"):  # nobody here is ST: a tenth, rounded to the fen
        dear = opens >= np.round(before * 1.1 + 1e-9, 2) - 0.001
        cheap = opens <= np.round(before * 0.9 + 1e-9, 2) + 0.001
    for one in book(method).trades.query("done").itertuples():
        n, t = market.column(one.code), market.day(one.decision) + 1
        while not np.isfinite(opens[t, n]) or dear[t, n]:
            t += 1
        assert pd.Timestamp(market.dates[t]) == one.entry
        u = max(market.day(one.exit_decision), t) + 1
        while u < len(opens) and (not np.isfinite(opens[u, n]) or cheap[u, n]):
            u += 1
        wanted = pd.Timestamp(market.dates[u]) if u < len(opens) else pd.NaT
        assert one.exit is wanted or one.exit == wanted


def test_nothing_is_bought_at_the_upper_limit_nor_sold_at_the_lower_one():
    market = sample_market()
    t = market.day("2014-10-15")
    normal = market.panel("traded")[t] & ~market.panel("is_st")[t]
    used = np.flatnonzero(normal)[:6]
    before = market.panel("pre_close")[:, used]
    for factor, can_buy, can_sell in ((1.1, False, True), (0.9, True, False), (1.0, True, True)):
        price = np.round(before * factor + 1e-9, 2)
        buy, sell = _possible(market, used, price, before)
        assert (buy[t] == can_buy).all()
        assert (sell[t] == can_sell).all()
    assert not _possible(market, used, np.full_like(before, np.nan), before)[0].any()


def test_the_table_of_tries_counts_every_pair_of_an_industry():
    tried = book("cointegration").tried
    assert (tried["spreads"] == tried["stocks"] * (tried["stocks"] - 1) // 2).all()
    by_formation = tried.groupby("formation")
    assert (by_formation["tested"].sum() <= 5 * OPTIONS["most"]).all()
    chosen = book("cointegration").pairs.groupby("formation").size()
    assert by_formation["chosen"].sum()[chosen.index].tolist() == chosen.tolist()
    assert book("cointegration").pairs["figure"].max() <= 0.05


@pytest.mark.parametrize("method", METHODS)
def test_the_past_is_the_same_without_the_future(method):
    cut = qh.pairs_targets(sample_market().until(DAY), AllUniverse(), method=method, **OPTIONS)
    same_until(cut, book(method), DAY)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of figures that are absurd on purpose
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("alteration", ["scrambled", "restated"])
def test_another_future_leaves_the_past_as_it_was(method, alteration):
    market = sample_market()
    other = market.altered(market.day(DAY), alteration)
    same_until(qh.pairs_targets(other, AllUniverse(), method=method, **OPTIONS), book(method), DAY)


def same_until(one: PairsBook, whole: PairsBook, day: str) -> None:
    """Both books want the same, by the same trades, up to a day."""
    days = pd.Timestamp(day)
    mine, theirs = (b.weights[b.weights.index <= days] for b in (one, whole))
    codes = mine.columns.union(theirs.columns)
    pd.testing.assert_frame_equal(
        mine.reindex(columns=codes, fill_value=0.0), theirs.reindex(columns=codes, fill_value=0.0)
    )
    done = [b.trades[b.trades["exit"] <= days].reset_index(drop=True) for b in (one, whole)]
    assert len(done[0]) > 3
    pd.testing.assert_frame_equal(*done, check_dtype=False, rtol=1e-9)
    tried = [b.tried[b.tried["formation"] <= days].reset_index(drop=True) for b in (one, whole)]
    pd.testing.assert_frame_equal(*tried)


def test_targets_are_what_a_strategy_takes():
    found = book("distance")
    assert qh.weights_from(found.weights, sample_market()).kind == "weights"


def test_the_rule_and_its_tests_are_counted_as_trials(tmp_path, monkeypatch):
    monkeypatch.setenv("QUANTHEDGE_TRIALS", str(tmp_path))
    market = sample_market()
    for method, tests in (("distance", 0), ("cointegration", None)):
        before = qh.trials.count(market, market.dates[0], market.dates[-1]) or 0
        for _ in range(2):  # the same again counts once
            found = qh.pairs_targets(market, AllUniverse(), method=method, **OPTIONS)
        made = found.tried["tested"].sum() if tests is None else tests
        assert qh.trials.count(market, market.dates[0], market.dates[-1]) - before == made + 1
    known = qh.trials.known()
    tests = known[known["label"].str.startswith("pair ")]
    assert tests["p"].between(0, 1).all()
    assert known["start"].min() == OPTIONS["start"]


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"formation_days": 10}, StrategyError, "formation_days 10; accepted: 60 or more"),
        ({"trading_days": 0}, StrategyError, "trading_days 0; accepted: 1 or more"),
        ({"most": 0}, StrategyError, "most 0; accepted: 1 or more"),
        ({"entry": 1.0, "exit": 2.0}, StrategyError, "0 <= exit < entry < stop"),
        ({"method": "nearest"}, StrategyError, "method"),
        ({"start": "2013-03-01"}, DataError, "a formation takes 250 days"),
        ({"formation_days": 2000}, DataError, "lower formation_days"),
    ],
)
def test_wrong_input_is_one_clear_error(options, error, says):
    with pytest.raises(error, match=says):
        qh.pairs_targets(sample_market(), AllUniverse(), **options)
