"""Leveraged products: published figures, a plain reference, and parts that add up."""

import csv
import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from quanthedge.cli.app import app
from quanthedge.errors import DataError, StrategyError
from quanthedge.hedge.policies import (
    AnyOf,
    Band,
    Calendar,
    Deviation,
    LeverageTrigger,
    NoTradeBand,
    PriceMove,
)
from quanthedge.products.leverage import LeveragedExposure, load_exposure, read_prices
from quanthedge.products.leverage.formulas import (
    equity_after,
    leverage_after,
    trade_to_rebalance,
    trigger_move,
    volatility_drag,
    wipe_out_move,
)
from tests.oracles.leverage import follow
from tests.sample import ROOT

CASES = list(csv.DictReader((Path(__file__).parent / "cases.csv").open(encoding="utf-8")))
DAILY = Calendar(every_days=1)
NEVER = Calendar(every_days=10_000)


def token(target, policy=DAILY, **changes):
    return LeveragedExposure(target=target, policy=policy, **changes)


def gain(target, *moves):
    return token(target).run(100.0 * np.cumprod([1.0, *(1 + m for m in moves)])).total_return


def path(target, *prices):
    return token(target).run(prices).total_return


def figures() -> dict[tuple[str, str], float]:
    """Everything that the cases ask for."""
    held = token(3.0, NEVER).run([100.0, 90.0]).frame.iloc[-1]
    back = token(3.0).run([100.0, 90.0, 100.0]).frame
    rounded = token(3.0).run([100.0, 90.0, 90.0 * 1.111]).frame
    up10, then11 = (1.1 * 1.1, 1.1 * 1.11)
    four_up, four_down, zigzag = 1.1**4, 0.9**4, (1.1 * 0.9) ** 2
    ftx = (10_000.0, 11_000.0)
    return {
        ("down_10", "position"): held["exposure"],
        ("down_10", "equity"): held["value"],
        ("down_10", "leverage"): held["leverage"],
        ("down_10", "position_after_rebalance"): back["exposure"].iloc[1],
        ("down_10", "sold"): -back["traded"].iloc[1],
        ("back_up", "price_move"): 1 / 0.9 - 1,
        ("back_up", "position"): back["leverage_before"].iloc[2] * back["value"].iloc[2],
        ("back_up", "equity"): back["value"].iloc[2],
        ("back_up", "loss"): 100 - back["value"].iloc[2],
        ("back_up_exact_11.1pct", "equity"): rounded["value"].iloc[2],
        ("two_up_10", "token"): gain(3.0, 0.1, 0.1),
        ("two_up_10", "index"): up10 - 1,
        ("two_up_10", "three_times_index"): 3 * (up10 - 1),
        ("up_10_then_11", "index"): then11 - 1,
        ("up_10_then_11", "three_times_index"): 3 * (then11 - 1),
        ("up_10_then_11", "token"): gain(3.0, 0.1, 0.11),
        ("ftx_10k_11k_10k", "token"): path(3.0, *ftx, 10_000.0),
        ("ftx_10k_11k_12.1k", "token"): path(3.0, *ftx, 12_100.0),
        ("ftx_10k_9.5k_9k", "token"): path(3.0, 10_000.0, 9_500.0, 9_000.0),
        ("mxc_up_10_x4", "token"): gain(3.0, 0.1, 0.1, 0.1, 0.1),
        ("mxc_up_10_x4", "three_times_index"): 3 * (four_up - 1),
        ("mxc_down_10_x4", "token"): gain(3.0, -0.1, -0.1, -0.1, -0.1),
        ("mxc_down_10_x4", "three_times_index"): 3 * (four_down - 1),
        ("mxc_zigzag_10_x4", "token"): gain(3.0, 0.1, -0.1, 0.1, -0.1),
        ("mxc_zigzag_10_x4", "three_times_index"): 3 * (zigzag - 1),
        ("trigger", "long3_to_4"): trigger_move(3.0, 4.0),
        ("trigger", "short3_to_4"): trigger_move(-3.0, -4.0),
        ("trigger", "short3_to_5"): trigger_move(-3.0, -5.0),
        ("trigger", "short1_to_4"): trigger_move(-1.0, -4.0),
        ("trigger", "long3_at_-15pct"): leverage_after(3.0, -0.15),
        ("trigger", "short3_at_+15pct"): -leverage_after(-3.0, 0.15),
        ("trigger", "long3_wipe_out"): wipe_out_move(3.0),
    }


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['case']} {c['key']}")
def test_published_figures(case):
    found = figures()[case["case"], case["key"]]
    tolerance = float(case["tolerance"]) / 2 * 1.001 or 1e-9
    assert abs(found - float(case["value"])) <= tolerance


def test_every_published_figure_is_asked_for():
    assert set(figures()) == {(case["case"], case["key"]) for case in CASES}


def test_products_follow_the_closed_forms():
    frame = token(3.0, NEVER).run([100.0, 92.0]).frame.iloc[-1]
    assert frame["value"] == pytest.approx(equity_after(100.0, 3.0, -0.08))
    assert frame["leverage"] == pytest.approx(leverage_after(3.0, -0.08))
    traded = token(-2.0).run([100.0, 92.0]).frame["traded"].iloc[-1]
    assert traded == pytest.approx(trade_to_rebalance(100.0, -2.0, -0.08))


def test_volatility_costs_what_the_drag_says():
    moves = np.random.default_rng(0).normal(0.0005, 0.02, 60_000)
    prices = 100.0 * np.cumprod(np.append(1.0, 1 + moves))
    grown = np.log(token(2.0).run(prices).frame["value"].iloc[-1] / 100.0) / 60_000
    assert grown == pytest.approx(volatility_drag(2.0, 0.0005, 0.02), abs=2e-4)


POLICIES = [
    DAILY,
    Calendar(every="week"),
    Band(low=1.25, high=4.0),
    Band(low=2.0, high=4.0, margin=0.2, to="target"),
    Deviation(fraction=0.33, side="over"),
    PriceMove(fraction=0.15),
    LeverageTrigger(long=4.0, short=-5.0),
    NoTradeBand(cost=0.001, risk_aversion=3.0),
    AnyOf(of=(Calendar(every="month"), LeverageTrigger(long=4.0, short=-4.0))),
]


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    target=st.sampled_from([-3.0, -1.0, 2.0, 3.0]),
    policy=st.sampled_from(POLICIES),
    cost=st.sampled_from([0.0, 0.001, 0.02]),
    fee=st.sampled_from([0.0, 0.02]),
    funding=st.sampled_from([-0.05, 0.0, 0.1]),
)
def test_products_agree_with_a_plain_reference_and_their_parts_add_up(
    seed, target, policy, cost, fee, funding
):
    rng = np.random.default_rng(seed)
    prices = 100.0 * np.cumprod(np.append(1.0, 1 + rng.normal(0, 0.05, 60)))
    dates = pd.date_range("2021-01-01", periods=61)
    model = token(
        target, policy, trading_cost=cost, management_fee_per_year=fee, funding_rate=funding
    )
    found = model.run(pd.Series(prices, index=dates))
    slow = follow(model, [Fraction(p) for p in prices], dates.to_numpy())
    np.testing.assert_allclose(found.frame["value"], [float(row[0]) for row in slow], rtol=1e-9)
    np.testing.assert_allclose(
        found.frame["exposure"], [float(row[1]) for row in slow], rtol=1e-9, atol=1e-9
    )
    assert found.frame["rebalances"].tolist() == [row[2] for row in slow]
    assert math.isclose(sum(found.parts.values()), found.decay, rel_tol=1e-9, abs_tol=1e-9)
    if cost == fee == funding == 0.0:
        assert {found.parts[name] for name in ("trading_cost", "funding", "management_fee")} == {0}


def test_a_daily_product_of_constant_leverage_has_no_drift_part():
    prices = 100.0 * np.cumprod(np.append(1.0, 1 + np.random.default_rng(1).normal(0, 0.01, 200)))
    parts = token(3.0).run(prices).parts
    assert parts["leverage_drift"] == pytest.approx(0.0, abs=1e-9)
    assert parts["compounding"] == pytest.approx(token(3.0).run(prices).decay, abs=1e-9)
    lazy = token(3.0, NEVER).run(prices)
    assert lazy.decay == pytest.approx(0.0, abs=1e-9)  # bought and held: 1 + k x return
    assert lazy.parts["leverage_drift"] == pytest.approx(-lazy.parts["compounding"], abs=1e-9)


def test_inside_a_bar_a_trigger_acts_at_its_price():
    policy = LeverageTrigger(long=4.0)
    found = token(3.0, policy).run([100.0, 95.0], high=[100.0, 100.0], low=[100.0, 85.0])
    at = 100.0 * (1 - 1 / 9)
    value = 100.0 * (1 + 3.0 * (at / 100.0 - 1))
    # on to 85, which does not trigger again, and back to 95
    assert found.frame["rebalances"].iloc[-1] == 1
    assert found.frame["value"].iloc[-1] == pytest.approx(value * (1 + 3.0 * (95.0 / at - 1)))
    deeper = token(3.0, policy).run([100.0, 95.0], high=[100.0, 100.0], low=[100.0, 75.0])
    assert deeper.frame["rebalances"].iloc[-1] == 2
    short = token(-3.0, LeverageTrigger(short=-5.0)).run(
        [100.0, 100.0], high=[100.0, 112.0], low=[100.0, 100.0]
    )
    assert short.frame["rebalances"].iloc[-1] == 1


def test_a_product_that_is_wiped_out_stays_so():
    found = token(3.0, NEVER, trading_cost=0.001).run([100.0, 80.0, 66.0, 90.0, 120.0])
    assert found.frame["value"].tolist()[2:] == [0.0, 0.0, 0.0]
    assert found.wiped_out
    assert found.total_return == -1.0
    assert sum(found.parts.values()) == pytest.approx(found.decay)


@pytest.mark.parametrize(
    ("venue", "product", "level"),
    [("FTX", "BULL", 4.0), ("FTX", "BEAR", -4.0), ("Huobi", "3S", -5.0), ("Huobi", "1S", -4.0)],
)
def test_venues_act_at_their_published_leverage(venue, product, level):
    model = LeveragedExposure.venue(venue, product)
    move = trigger_move(model.target, level)
    hours = pd.date_range("2021-01-01 01:00", periods=3, freq="h")
    for step, expected in ((move * 0.999, 0), (move * 1.001, 1)):
        prices = pd.Series([100.0, 100.0, 100.0 * (1 + step)], index=hours)
        assert model.run(prices).frame["rebalances"].sum() == expected


def test_venues_with_moves_and_bands_act_where_they_say():
    hours = pd.date_range("2021-01-01 01:00", periods=2, freq="h")
    mxc = LeveragedExposure.venue("MXC", "3L")
    falls = [mxc.run(pd.Series([100.0, p], index=hours)).frame["rebalances"].sum()
             for p in (85.1, 84.9, 120.0)]  # fmt: skip
    assert falls == [0, 1, 0]
    binance = LeveragedExposure.venue("Binance", "UP").run(pd.Series([100.0, 85.0], index=hours))
    assert binance.frame["leverage"].iloc[-1] == pytest.approx(4.0)
    with pytest.raises(StrategyError, match="there are FTX BULL"):
        LeveragedExposure.venue("FTX", "HALF")


@pytest.mark.parametrize(
    ("prices", "text"),
    [
        ([100.0], "two or more"),
        ([100.0, float("nan")], "positive numbers"),
        ([100.0, -5.0], "positive numbers"),
        (pd.Series([1.0, 2.0]), "holds no times"),
        (pd.Series([1.0, 2.0], index=pd.to_datetime(["2020-01-02", "2020-01-01"])), "must rise"),
    ],
)
def test_bad_prices_are_refused(prices, text):
    with pytest.raises(DataError, match=text):
        token(3.0).run(prices)


def test_bad_products_are_refused(tmp_path):
    with pytest.raises(StrategyError, match="no exposure"):
        token(0.0)
    with pytest.raises(DataError, match="holds the price"):
        token(3.0).run([100.0, 95.0], low=[100.0, 96.0])
    with pytest.raises(StrategyError, match="cannot be read"):
        load_exposure(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("target = 3\nleverage = 2\n[policy]\nkind = 'band'\n")
    with pytest.raises(StrategyError, match=r"leverage: unknown key; accepted here: .*target"):
        load_exposure(tmp_path / "bad.toml")


def test_the_command_writes_bars_and_figures_that_agree(tmp_path):
    product = ROOT / "strategies" / "leveraged_token.toml"
    data = tmp_path / "prices.csv"
    dates = pd.date_range("2021-01-01", periods=50)
    values = 100.0 * np.cumprod(1 + np.random.default_rng(2).normal(0, 0.03, 50))
    pd.DataFrame({"date": dates, "price": values}).to_csv(data, index=False)
    out = tmp_path / "out"
    arguments = ["token", str(product), "--prices", str(data), "--out", str(out)]
    result = CliRunner().invoke(app, [*arguments, "--set", "target=2"])
    assert result.exit_code == 0, result.output
    bars = pd.read_csv(out / "bars.csv")
    summary = json.loads((out / "summary.json").read_text())
    assert summary["product"]["target"] == 2
    total = bars["value"].iloc[-1] / bars["value"].iloc[0] - 1
    assert summary["figures"]["total_return"] == pytest.approx(total)
    data.write_text("day,price\n2021-01-01,3\n")
    assert "needed are date" in str(CliRunner().invoke(app, arguments).exception)


def daily(prices: list[float]) -> pd.Series:
    return pd.Series(prices, index=pd.date_range("2021-01-01", periods=len(prices)))


def test_leverage_is_not_a_number_once_nothing_is_left() -> None:
    token = LeveragedExposure(target=3.0, policy=Calendar(every_days=1))
    frame = token.run(daily([100, 110, 60, 70, 80])).frame
    assert frame["leverage"].isna().tolist() == [False, False, True, True, True]
    assert frame["leverage_before"].isna().tolist() == [False, False, True, True, True]
    assert frame["reason"].tolist() == ["", "calendar", "wiped out", "", ""]
    assert token.run(daily([100, 110, 60, 70, 80])).summary()["leverage_lowest"] == 3.0


@pytest.mark.parametrize("leverage", [-3.0, -7.0, 3.0, 0.1 + 5.9])
def test_a_move_of_one_over_the_leverage_leaves_nothing_at_all(leverage: float) -> None:
    token = LeveragedExposure(target=leverage, policy=Calendar(every_days=1))
    prices = [97.3, 97.3 * (1.0 - 1.0 / leverage), 97.3, 90.0]
    frame = token.run(daily(prices)).frame
    assert frame["value"].tolist()[1:] == [0.0, 0.0, 0.0]


def test_the_parts_add_up_where_funding_takes_all() -> None:
    token = LeveragedExposure(target=5.0, policy=Calendar(every_days=1), funding_rate=0.9)
    prices = pd.Series([100.0, 100.0], index=pd.to_datetime(["2021-01-01", "2021-06-01"]))
    found = token.run(prices)
    assert found.wiped_out
    assert sum(found.parts.values()) == pytest.approx(found.decay)
    assert found.parts["funding"] == pytest.approx(-1.0)


def test_more_rebalancings_in_a_bar_than_are_followed_is_an_error() -> None:
    token = LeveragedExposure(target=3.0, policy=LeverageTrigger(long=3.0001))
    prices = daily([100.0, 100.0])
    with pytest.raises(DataError, match="more than 50 times"):
        token.run(prices, high=[100.0, 100.0], low=[100.0, 50.0])


def test_days_are_counted_as_days_on_minutes() -> None:
    times = pd.date_range("2021-01-01", periods=3 * 48, freq="30min")
    prices = pd.Series(np.linspace(100, 130, times.size), index=times)
    token = LeveragedExposure(target=2.0, policy=Calendar(every_days=1))
    frame = token.run(prices).frame
    assert [str(t) for t in frame.index[frame["reason"] == "calendar"]] == [
        "2021-01-02 00:00:00", "2021-01-03 00:00:00",
    ]  # fmt: skip


def test_times_of_a_zone_are_taken_in_utc() -> None:
    zone = pd.date_range("2021-01-01 08:00", periods=4, freq="h", tz="Asia/Shanghai")
    prices = [100.0, 101.0, 99.0, 103.0]
    token = LeveragedExposure(target=3.0, policy=Calendar(every="day", at="01:00"))
    plain = pd.Series(prices, index=pd.date_range("2021-01-01", periods=4, freq="h"))
    found = token.run(pd.Series(prices, index=zone))
    pd.testing.assert_frame_equal(found.frame, token.run(plain).frame, check_freq=False)


def test_a_policy_with_a_time_of_day_needs_prices_with_times() -> None:
    token = LeveragedExposure(
        target=3.0, policy=AnyOf(of=(Calendar(every="day", at="00:00"), LeverageTrigger(long=4.0)))
    )
    with pytest.raises(StrategyError, match="needs bars with a time of day, found days"):
        token.run(daily([100.0, 101.0]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date,price\n20210101,100\n31/01/2021,101\n", "line 3, column date: '31/01/2021'"),
        ("date,price\n2021-01-01,100\n2021-01-02,abc\n", "line 3, column price: 'abc'"),
        ("date,price\n1609459200,100\n", "line 2, column date"),
    ],
)
def test_a_csv_file_is_read_strictly(tmp_path, text: str, message: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_prices(path)


def test_eight_digits_are_a_date(tmp_path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("date,price\n20210101,100\n2021-01-02,101\n", encoding="utf-8")
    assert [str(day.date()) for day in read_prices(path).index] == ["2021-01-01", "2021-01-02"]
