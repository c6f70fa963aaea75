"""Simulated stock bars obey the exchange's rules, and the events say why they move."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from quanthedge.market.simulation import SimulationSettings, simulate_tables
from quanthedge.rules import StockRules
from tests.market.simulation.simulated import panels


def _limit_price(pre_close: float, limit: float) -> float:
    exact = Decimal(f"{pre_close:.2f}") * (1 + Decimal(f"{limit:.2f}"))
    return float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def _bars() -> pd.DataFrame:
    """Bars with their previous row of the same stock (first_bar: none)."""
    bars = panels().bars.copy()
    bars["first_bar"] = bars["code"] != bars["code"].shift()
    for name in ("close", "adj_factor", "total_shares", "float_shares"):
        bars[f"previous_{name}"] = bars[name].shift()
    return bars


def test_no_price_is_beyond_the_limit_of_its_day() -> None:
    market = panels()
    stocks = market.market.tables["stocks"].to_pandas()
    rules = StockRules.between(market.dates, market.codes, stocks["list_date"].to_numpy())
    bars = market.bars
    special = bars["is_st"].to_numpy().astype(int)
    kind = rules.board[market.stock].astype(int) * 2 + special
    up, down = rules.limit_up[market.row, kind], rules.limit_down[market.row, kind]
    listed = stocks["list_date"].to_numpy().astype("datetime64[D]")[market.stock]
    ordinary = listed < bars["date"].to_numpy().astype("datetime64[D]")
    pairs = zip(bars["pre_close"][ordinary], up[ordinary], down[ordinary], strict=True)
    bounds = np.array([(_limit_price(p, -d), _limit_price(p, u)) for p, u, d in pairs])
    assert (bars["low"][ordinary] >= bounds[:, 0] - 1e-9).all()
    assert (bars["high"][ordinary] <= bounds[:, 1] + 1e-9).all()
    at_limit = np.isclose(bars["close"][ordinary], bounds[:, 1])
    assert at_limit.sum() > 50  # limits bind
    assert (special[ordinary.astype(bool)] == 1).any()
    one_price = bars["high"] == bars["low"]
    assert one_price.any()


def test_prices_are_in_ticks_and_in_order() -> None:
    bars = panels().bars
    for name in ("open", "high", "low", "close", "pre_close"):
        assert (bars[name] == bars[name].round(2)).all()
        assert (bars[name] > 0).all()
    assert (bars["high"] >= bars[["open", "close", "low"]].max(axis=1)).all()
    assert (bars["low"] <= bars[["open", "close", "high"]].min(axis=1)).all()
    vwap = bars["amount"] / bars["volume"]
    assert (vwap >= bars["low"] - 1e-4).all()
    assert (vwap <= bars["high"] + 1e-4).all()
    assert (bars["volume"] % 100 == 0).all()


def test_adj_factor_is_the_product_of_previous_close_over_pre_close() -> None:
    bars = _bars()
    later = bars[~bars["first_bar"]]
    step = later["adj_factor"] / later["previous_adj_factor"]
    assert np.allclose(step, later["previous_close"] / later["pre_close"], rtol=1e-12)
    assert (bars.loc[bars["first_bar"], "adj_factor"] == 1).all()


def test_ex_dates_follow_the_exchange_formula_and_change_the_shares() -> None:
    bars = _bars().set_index(["code", "date"])
    events = panels().market.truth["events"].to_pandas()
    actions = events[events["event"] == "ex_date"]
    assert (actions["bonus_per_share"] > 0).any()
    assert (actions["cash_per_share"] > 0).any()
    for action in actions.itertuples():
        bar = bars.loc[(action.code, action.date)]
        plain = (bar["previous_close"] - action.cash_per_share) / (1 + action.bonus_per_share)
        assert abs(bar["pre_close"] - plain) <= 0.00501
        grown = bar["total_shares"] / bar["previous_total_shares"]
        assert np.isclose(grown, 1 + action.bonus_per_share)
    moved = bars[(bars["pre_close"] != bars["previous_close"]) & ~bars["first_bar"]]
    assert set(moved.index) <= set(zip(actions["code"], actions["date"], strict=True))


def test_suspended_listed_and_delisted_stocks_have_no_bars() -> None:
    market = panels()
    traded = market.panel(1.0, 0.0) > 0
    events = market.market.truth["events"].to_pandas()
    for event in events.itertuples():
        row = np.searchsorted(market.dates, np.datetime64(event.date))
        stock = np.searchsorted(market.codes, event.code)
        if event.event == "suspended":
            assert not traded[row, stock]
        elif event.event == "resumed":
            assert traded[row, stock]
        elif event.event == "listed":
            assert not traded[:row, stock].any()
        elif event.event == "delisted":
            assert not traded[row:, stock].any()
    kinds = set(events["event"])
    assert {"suspended", "listed", "delisted", "special_treatment", "delisting_period"} <= kinds
    suspended = 1 - traded[:, : len(market.codes)].mean()
    assert 0.01 < suspended < 0.2


def test_flags_and_names_follow_the_events() -> None:
    market = panels()
    names = market.market.tables["stock_names"].to_pandas()
    bars = market.bars
    for flag, mark in (("is_st", "*ST"), ("is_delisting", "退")):
        codes = set(bars.loc[bars[flag], "code"])
        assert codes
        assert codes == set(names.loc[names["name"].str.contains(mark, regex=False), "code"])
    assert not (bars["is_st"] & bars["is_delisting"]).any()


def test_new_shares_rise_to_the_limit_for_days() -> None:
    market = panels()
    stocks = market.market.tables["stocks"].to_pandas()
    first_limited = pd.Timestamp("2014-01-01").date()
    young = stocks[stocks["list_date"] > first_limited]["code"]
    assert len(young) > 3
    gains = []
    for code in young:
        bars = market.bars[market.bars["code"] == code].iloc[:4]
        gains.append(bars["close"].iloc[0] / bars["pre_close"].iloc[0] - 1)
        assert bars["close"].iloc[1] >= bars["close"].iloc[0]
    assert np.allclose(gains, 0.44, atol=0.002)


def test_turnover_persists() -> None:
    market = panels()
    turnover = market.panel(np.log(market.bars["volume"] / market.bars["float_shares"]))
    now, before = turnover[1:], turnover[:-1]
    known = np.isfinite(now) & np.isfinite(before)
    centred = turnover - np.nanmean(turnover, axis=0)
    correlation = np.corrcoef(centred[1:][known], centred[:-1][known])[0, 1]
    assert correlation > 0.5


def test_stocks_that_have_fallen_stop_trading_and_come_back_at_their_value():
    calm = {"stocks": 40, "years": 2, "seed": 3, "styles": {}, "suspensions_per_year": 0.0,
            "market_volatility_per_day": 0.025, "special_treatments_per_year": 0.0}  # fmt: skip
    tables = {}
    for chance in (0.0, 0.3):
        settings = SimulationSettings(**calm, suspension_after_fall=chance)
        bars = simulate_tables(settings).tables["stock_daily"].to_pandas()
        value = bars["close"] * bars["adj_factor"]
        tables[chance] = bars.assign(value=value).pivot_table("value", "date", "code")
    open_, halted = tables[0.0], tables[0.3].reindex(tables[0.0].index)
    missing = halted.isna() & open_.notna()
    assert missing.to_numpy().sum() > 200
    fall = open_ / open_.rolling(16, min_periods=16).max() - 1.0
    begins = missing & ~missing.shift(1, fill_value=False)
    before = fall.shift(1).to_numpy()[begins.to_numpy()]
    assert (
        before < -0.24
    ).mean() > 0.9  # 1% for cents and ex-dates; a limit shows a part of a fall
    assert before.max() < -0.15
    # nine days later the limits have let the value through
    lately = missing.astype(float).rolling(9, min_periods=1).sum() > 0
    settled = missing.shift(9, fill_value=False) & ~lately
    ratio = (halted / open_).to_numpy()[settled.to_numpy()]
    assert ratio.size > 20
    assert np.quantile(np.abs(ratio - 1.0), 0.8) < 0.02
