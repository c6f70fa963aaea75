"""How near a run came to its limits, against counts made by hand and against the ledger's rules."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.limits import margin_days, replay_limits
from quanthedge.studies.stress import days_to_margin_call
from quanthedge.studies.stress.outlook import Accounts
from tests.sample import sample_market, small_strategy

SPAN = ("2015-06-01", "2015-12-31")


@cache
def run(account: str = "hedging", *changes: str) -> Result:
    strategy = small_strategy(f"hedge.account={account}", *changes)
    return backtest(strategy, sample_market(), *SPAN)


def one(limits: pd.DataFrame, limit: str, start: str | None = None) -> pd.Series:
    found = limits[limits["limit"] == limit]
    if start is not None:
        found = found[found["start"] == pd.Timestamp(start)]
    assert len(found) == 1
    return found.iloc[0]


def lots_sold(result: Result) -> dict[pd.Timestamp, int]:
    """Lots sold on each day, one trade after the other."""
    sold: dict[pd.Timestamp, int] = {}
    for trade in result.trades.to_dict("records"):
        if str(trade["code"]).startswith("IF") and trade["side"] == "sell":
            sold[trade["date"]] = sold.get(trade["date"], 0) + int(trade["quantity"])
    return sold


@pytest.mark.parametrize("account", ["hedging", "speculative"])
def test_lots_opened_under_each_limit_are_those_of_the_trades(account: str) -> None:
    result = run(account)
    limits, sold = result.limits(), lots_sold(result)
    spells = {
        "2015-08-26": ("2015-08-30", 600), "2015-08-31": ("2015-09-06", 100),
        "2015-09-07": ("2015-12-31", 10),
    }  # fmt: skip
    for start, (end, lots) in spells.items():
        row = one(limits, "daily_open", start)
        days = [d for d in result.ledger.index if pd.Timestamp(start) <= d <= pd.Timestamp(end)]
        counts = [sold.get(day, 0) for day in days]
        assert row["level"] == lots
        assert row["nearest"] == max(counts)
        assert row["headroom"] == lots - max(counts)
        assert row["days_at_or_beyond"] == sum(count >= lots for count in counts)
        assert row["days"] == len(days)
        assert row["standing"] == ("exempt" if account == "hedging" else "binding")
    before = one(limits, "daily_open", "2015-06-01")
    assert before["standing"] == "none"
    assert np.isnan(before["level"])


def test_a_speculative_account_keeps_the_limit_and_a_hedging_one_does_not() -> None:
    assert one(run("speculative").limits(), "daily_open", "2015-09-07")["headroom"] >= 0
    assert one(run().limits(), "daily_open", "2015-09-07")["headroom"] < 0


def test_lots_not_done_are_those_refused() -> None:
    result = run("speculative")
    lots, days = 0, set()
    for refusal in result.refusals.to_dict("records"):
        if refusal["reason"] == "open_limit" and refusal["date"] >= pd.Timestamp("2015-09-07"):
            lots += int(refusal["wanted"] - refusal["done"])
            days.add(refusal["date"])
    row = one(result.limits(), "daily_open", "2015-09-07")
    assert lots > 0
    assert (row["refused"], row["refused_days"]) == (lots, len(days))
    assert one(run().limits(), "daily_open", "2015-09-07")["refused"] == 0


def test_a_given_quota_binds_and_a_missing_one_is_said_to_be_assumed() -> None:
    assumed = one(run().limits(), "hedge_quota")
    assert assumed["standing"] == "assumed"
    assert assumed["nearest"] == run().ledger["lots"].abs().max()
    given = one(run("hedging", "hedge.quota_lots=20").limits(), "hedge_quota")
    assert (given["standing"], given["level"], given["headroom"]) == ("own", 20, 0)
    assert given["refused"] > 0
    assert not len(run("speculative").limits().query("limit == 'hedge_quota'"))


def test_the_days_to_a_call_are_those_of_the_account_followed_day_by_day() -> None:
    ledger = run().ledger
    found = margin_days(ledger, 1.2)
    checked = 0
    for day in found.index[::9]:
        row = ledger.loc[day]
        if not row["lots"]:
            continue
        value, money = row["futures_notional"], row["futures_cash"]
        accounts = Accounts(row["stock_cash"], money, value, row["margin_required"] / value, 1.2)
        peer = days_to_margin_call(accounts, 0.02).call
        mine = found.loc[day, "days_to_call"]
        if money < 1.2 * row["margin_required"]:
            assert mine <= 1  # below the level already; the peer only looks from tomorrow on
        else:
            assert mine == peer
        rise = found.loc[day, "rise_to_end"]
        left = money + row["stock_cash"] - value * rise
        assert left == pytest.approx(row["margin_required"] * (1 + rise))
        checked += 1
    assert checked > 10


def test_the_risk_degree_is_margin_over_the_money_of_the_account() -> None:
    result = run()
    ledger = result.ledger[result.ledger["lots"] != 0]
    degrees = ledger["margin_required"] / ledger["futures_cash"]
    row = one(result.limits(), "risk_degree_call")
    assert row["nearest"] == pytest.approx(degrees.max())
    assert row["date"] == degrees.idxmax()
    below = ledger["futures_cash"] <= 1.2 * ledger["margin_required"]
    assert row["days_at_or_beyond"] == below.sum()
    cut = result.trades[result.trades["reason"] == "margin_cut"]
    assert one(result.limits(), "risk_degree_cut")["refused"] == cut["quantity"].sum()


def test_the_range_of_the_hedge_is_counted_day_by_day() -> None:
    result = run("speculative")
    limits = result.limits()
    ratios = [
        row["futures_notional"] / row["stock_value"]
        for row in result.ledger.iloc[1:].to_dict("records")
        if row["stock_value"] > 0
    ]
    assert one(limits, "hedge_range_low")["days_at_or_beyond"] == sum(r <= 0.8 for r in ratios)
    assert one(limits, "hedge_range_low")["nearest"] == pytest.approx(min(ratios))
    longest = run_length = 0
    for ratio in ratios:
        run_length = run_length + 1 if ratio < 0.8 or ratio > 1.2 else 0
        longest = max(longest, run_length)
    spell = one(limits, "outside_range_days")
    assert spell["nearest"] == longest
    assert spell["standing"] == "later"  # the rule is of 2024


def test_a_range_of_the_strategy_is_its_own_limit() -> None:
    result = run("hedging", "hedge.range=[0.9, 1.1]")
    row = one(result.limits(), "own_range_low")
    assert (row["standing"], row["level"]) == ("own", 0.9)


def test_stocks_and_cash_against_the_rules_of_public_funds() -> None:
    result = run()
    limits = result.limits()
    heaviest = result.positions["weight"].max()
    assert one(limits, "single_stock")["nearest"] == pytest.approx(heaviest)
    assert one(limits, "single_stock")["headroom"] == pytest.approx(0.10 - heaviest)
    cash = (result.ledger["stock_cash"] / result.ledger["equity"]).iloc[1:]
    assert one(limits, "cash_reserve")["nearest"] == pytest.approx(cash.min())
    assert one(limits, "cash_reserve")["days_at_or_beyond"] == (cash <= 0.05 + 1e-9).sum()
    up = result.refusals["reason"] == "limit_up"
    stocks = ~result.refusals["code"].astype(str).str.startswith("IF")
    assert one(limits, "stock_limit_up")["refused"] == (up & stocks).sum()


def test_holdings_at_a_limit_or_suspended_are_those_of_the_market_s_own_prices() -> None:
    result, market = run(), sample_market()
    close, volume = market.panel("close"), market.panel("volume")
    suspended: dict[pd.Timestamp, float] = {}
    for row in result.positions.to_dict("records"):
        t = market.day(row["date"])
        i = list(market.codes).index(row["code"])
        suspended.setdefault(row["date"], 0.0)
        if not volume[t, i] > 0:
            suspended[row["date"]] += row["weight"]
        elif row["state"] in ("limit_up", "limit_down"):
            move = close[t, i] / market.panel("pre_close")[t, i] - 1
            assert abs(move) > 0.045
            assert (move > 0) == (row["state"] == "limit_up")
    line = one(result.limits(), "stock_suspended")
    assert line["nearest"] == pytest.approx(max(suspended.values()))
    assert line["nearest"] > 0


def test_every_line_has_a_source_or_is_the_strategy_s_own() -> None:
    limits = run().limits()
    foreign = limits[limits["standing"].isin(["exempt", "yardstick", "later", "assumed"])]
    assert (foreign["source"] != "").all()
    assert foreign["confidence"].isin(list("ABCM")).all()
    assert limits["limit"].notna().all()


def test_a_run_without_futures_has_no_line_of_futures() -> None:
    result = run("hedging", "hedge.ratio=0")
    limits = replay_limits(result)
    assert not limits["limit"].isin(["daily_open", "risk_degree_cut", "hedge_quota"]).any()
