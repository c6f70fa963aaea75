"""Cash-and-carry on real tables: two trades worked by hand, and what was public decides alone."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.hedge import CarryTerms, carry_opportunity, carry_trades

FRONT = {"months": ("front",), "exit": -np.inf, "financing": 0.0}


def test_a_trade_after_2015_from_entry_to_delivery_to_the_yuan(real_market):
    """IF1801: sold at the close of 2017-12-22, delivered on 2018-01-19; no member paid between.

    4069.2 and 4054.598 are closes of the future and of the CSI 300, 4290.99 the delivery price (the
    exchange's, in the bars). One lot is 300 yuan a point.
    """
    trades = carry_trades(
        real_market, "IF", "2017-12-01", "2018-01-31", CarryTerms(entry=0.005, **FRONT)
    )
    row = trades[trades["contract"] == "IF1801"].iloc[0]
    days = [f"{row[name]:%Y-%m-%d}" for name in ("decided", "entered", "exit_decided", "exited")]
    assert days == ["2017-12-21", "2017-12-22", "2018-01-18", "2018-01-19"]
    assert (row["reason"], row["exit_reason"], row["days"]) == ("premium", "expiry", 28)
    prices = [4069.2, 4054.598, 4290.99, 4290.99, 0.0]
    names = ["futures_in", "index_in", "futures_out", "index_out", "dividends"]
    assert row[names].tolist() == pytest.approx(prices, abs=1e-3)
    bought, sold = 300 * 4054.598, 300 * 4290.99  # 1,216,379.40 and 1,287,297.00
    paid = {
        "commission": 2002.94,  # 0.08% of both
        "stamp_duty": 1287.30,  # 0.1% of the sale
        "transfer_fee": 50.07,  # 0.02 per mille of both, from 2015-08-01
        "exchange_fee": 0.0,  # inside the commission
        "basket_slippage": 1251.84,  # 5 bp of both
        "futures_fee": 29.08,  # 0.23 per ten thousand of 1,220,760, and one order of 1 yuan
        "futures_slippage": 61.04,  # 0.5 bp
        "delivery_fee": 128.73,  # 1 per ten thousand
        "lending_fee": 0.0,
        "financing": 0.0,
    }
    assert paid["commission"] == pytest.approx(0.0008 * (bought + sold), abs=0.01)
    for name, yuan in paid.items():
        assert row[name] == pytest.approx(yuan, abs=0.01), name
    # the future falls short of its price by 221.79 points and the basket gains 236.392
    assert row["gross"] == pytest.approx(300 * (4069.2 - 4290.99 + 4290.99 - 4054.598), abs=0.01)
    assert row["gross"] == pytest.approx(4380.60, abs=0.01)
    assert row["net"] == pytest.approx(-430.40, abs=0.02)
    # margin of hedges from 2017-09-18: 15%; 10% of the basket are kept beside it
    assert row["capital"] == pytest.approx(1.10 * bought + 0.15 * 300 * 4069.2, abs=0.01)


def test_a_trade_before_2015_pays_the_fee_on_par_value(real_market):
    """IF1101: sold at the close of 2010-12-21 at 3303.4, delivered on 2011-01-21 at 2986.03."""
    trades = carry_trades(
        real_market, "IF", "2010-12-21", "2011-02-01", CarryTerms(entry=0.05, **FRONT)
    )
    row = trades.iloc[0]
    assert (row["contract"], f"{row['entered']:%F}", f"{row['exited']:%F}") == (
        "IF1101", "2010-12-21", "2011-01-21",
    )  # fmt: skip
    bought, sold = 300 * 3249.51, 300 * 2986.03
    assert row["gross"] == pytest.approx(300 * (3303.4 - 3249.51), abs=0.01)  # 16,167
    assert row["commission"] == pytest.approx(1496.53, abs=0.01)
    assert row["stamp_duty"] == pytest.approx(895.81, abs=0.01)
    assert row["futures_fee"] == pytest.approx(0.00005 * 300 * 3303.4, abs=0.01)  # 49.55
    assert row["delivery_fee"] == pytest.approx(89.58, abs=0.01)
    # Shanghai 0.001 yuan a share, Shenzhen 0.0255 per mille; weights from the last list
    expected = _transfer(real_market, "2010-12-21", "2010-12-21", bought) + _transfer(
        real_market, "2010-12-31", "2011-01-21", sold
    )
    assert row["transfer_fee"] == pytest.approx(expected, abs=1.0)
    paid = 1496.53 + 895.81 + expected + 0.0005 * (bought + sold) + 49.55 + 49.55 + 89.58
    assert row["net"] == pytest.approx(16167.0 - paid, abs=1.0)
    assert row["capital"] == pytest.approx(1.10 * bought + 0.15 * 300 * 3303.4, abs=0.01)


def _transfer(market, listed: str, day: str, amount: float) -> float:
    """Return the transfer fee of an amount of the CSI 300 by the weights of a list."""
    lists = market.index_weight_lists("000300.SH")
    own = lists[lists["date"] == pd.Timestamp(listed)]
    assert len(own) == 300
    close = market.panel("mark")[market.day(day)]
    fee = 0.0
    for code, weight in zip(own["code"], own["weight"] / own["weight"].sum(), strict=True):
        yuan = amount * weight
        shanghai = code.endswith(".SH")
        fee += yuan / close[market.column(code)] * 0.001 if shanghai else yuan * 0.0000255
    return fee


def test_what_comes_later_changes_no_trade(real_market):
    day = "2012-06-29"
    terms = CarryTerms(entry=0.02)
    whole = carry_trades(real_market, "IF", "2010-04-16", "2013-06-28", terms)
    cut = carry_trades(real_market.until(day), "IF", "2010-04-16", day, terms)
    assert len(cut) > 10
    for name, columns in (("entered", list(whole.columns[:6])), ("exited", list(whole.columns))):
        seen = [
            frame.loc[frame[name] <= day, columns].reset_index(drop=True) for frame in (cut, whole)
        ]
        pd.testing.assert_frame_equal(*seen)


def test_the_premium_was_there_until_2015_and_not_after(real_market):
    panel = carry_opportunity(real_market, "IF", CarryTerms(financing=0.0))
    best = panel.max(axis=1)
    pays = (best > 0.05).groupby(best.index.year).mean()
    assert pays[2010] > 0.3
    assert (pays[[2017, 2018]] < 0.05).all()
    assert np.isfinite(best[best.index.year == 2018]).all()
