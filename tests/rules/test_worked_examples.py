"""Worked examples from notices: each names the source of its figure, and the book must cite it.

A code stands for its board, whether or not that stock was listed on the day.
"""

import numpy as np
import pytest

from quanthedge.rules import FuturesRules, StockRules

OLD = "1999-01-04"
MAIN, MAIN_ST, CHINEXT, CHINEXT_ST, STAR, BSE, BSE_ST = 0, 1, 2, 3, 4, 6, 7


def book(day, code, listed=OLD):
    return StockRules.between([day], [code], [listed])


def cited(rules, table):
    """Return the source ids of the rows of a table that were used."""
    rows = rules.used[rules.used["table"] == table]
    return {source for ids in rows["source_ids"] for source in ids.split(";")}


@pytest.mark.parametrize(
    ("day", "buyer", "seller", "source"),
    [
        ("2005-01-24", 0.001, 0.001, "P07"),  # MoF/STA notice on the cut to 0.1%
        ("2007-05-30", 0.003, 0.003, "P08"),  # 0.1% to 0.3% over night
        ("2008-04-24", 0.001, 0.001, "P09"),
        ("2008-09-19", 0, 0.001, "P01"),  # one-sided
        ("2023-08-28", 0, 0.0005, "P12"),  # halved
    ],
)
def test_stamp_duty(day, buyer, seller, source):
    got = book(day, "600519.SH")
    assert (got.stamp_duty_buy[0], got.stamp_duty_sell[0]) == (buyer, seller)
    assert source in cited(got, "stock_stamp_duty")


@pytest.mark.parametrize(
    ("day", "code", "transfer", "handling_and_regulatory", "source"),
    [
        (
            "2015-08-03",
            "600519.SH",
            0.02e-3,
            0.0487e-3 + 0.02e-3,
            "P15",
        ),  # answers on the 2015 cuts
        ("2022-04-29", "000001.SZ", 0.01e-3, 0.0487e-3 + 0.02e-3, "P18"),  # transfer fee halved
        ("2023-08-28", "600519.SH", 0.01e-3, 0.0341e-3 + 0.02e-3, "P26"),  # handling fees lowered
        ("2023-08-28", "920002.BJ", 0.01e-3, 0.125e-3 + 0.02e-3, "P26"),  # Beijing halved as well
        ("2022-12-01", "920002.BJ", 0.01e-3, 0.25e-3 + 0.02e-3, "P26"),
    ],
)
def test_fees_on_the_amount(day, code, transfer, handling_and_regulatory, source):
    got = book(day, code)
    col = int(got.exchange[0])
    assert got.transfer_rate[0, col] == pytest.approx(transfer, rel=1e-12)
    assert got.exchange_rate[0, col] == pytest.approx(handling_and_regulatory, rel=1e-12)
    assert source in cited(got, "stock_fees")


@pytest.mark.parametrize(
    ("day", "code", "lot", "step", "source"),
    [
        ("2019-07-22", "688001.SH", 200, 1, "P36"),  # STAR: 200 shares and one more at a time
        ("2021-11-15", "832000.BJ", 100, 1, "P38"),  # Beijing: 100 and one more at a time
        ("2020-08-24", "300750.SZ", 100, 100, "P35"),
        ("2015-09-07", "600519.SH", 100, 100, "G02"),
    ],
)
def test_lots(day, code, lot, step, source):
    got = book(day, code)
    assert (got.lot[0], got.step[0], got.tick[0]) == (lot, step, 0.01)
    assert source in cited(got, "stock_lots_ticks")


@pytest.mark.parametrize(
    ("day", "code", "column", "limit", "source"),
    [
        ("1996-12-16", "000001.SZ", MAIN, 0.1, "P40"),  # the first day of the limit
        ("2020-08-21", "300750.SZ", CHINEXT, 0.1, "G02"),
        ("2020-08-24", "300750.SZ", CHINEXT, 0.2, "P43"),  # old and new stocks alike
        ("2020-08-24", "300750.SZ", CHINEXT_ST, 0.2, "P43"),
        ("2019-07-22", "688001.SH", STAR, 0.2, "P44"),
        ("2021-11-15", "832000.BJ", BSE, 0.3, "P38"),
        ("2021-11-15", "832000.BJ", BSE_ST, 0.3, "G02"),
        ("2025-06-30", "600519.SH", MAIN_ST, 0.05, "P40"),  # 10% was consulted on, not in force
        ("2026-07-03", "600519.SH", MAIN_ST, 0.05, "P40"),
        ("2026-07-06", "600519.SH", MAIN_ST, 0.1, "G09"),
        ("2026-07-06", "600519.SH", MAIN, 0.1, "P40"),
    ],
)
def test_price_limits(day, code, column, limit, source):
    got = book(day, code)
    assert got.limit_up[0, column] == got.limit_down[0, column] == limit
    assert source in cited(got, "stock_price_limit")


@pytest.mark.parametrize(
    ("listed", "code", "days", "up", "down", "source"),
    [
        ("2014-01-17", "603699.SH", 1, 0.44, 0.36, "P45"),  # the first new listing under 44%
        ("2014-06-26", "002700.SZ", 1, 0.44, 0.36, "P47"),
        ("2020-08-20", "300000.SZ", 1, 0.44, 0.36, "P47"),  # ChiNext before registration
        ("2020-08-24", "300000.SZ", 5, np.inf, np.inf, "P43"),  # ChiNext under registration
        ("2023-04-07", "600000.SH", 1, 0.44, 0.36, "P45"),
        ("2023-04-10", "600000.SH", 5, np.inf, np.inf, "P48"),  # the main boards under registration
        ("2019-07-22", "688001.SH", 5, np.inf, np.inf, "P36"),
        ("2021-11-15", "832000.BJ", 1, np.inf, np.inf, "P38"),
    ],
)
def test_the_first_days_of_a_listing(listed, code, days, up, down, source):
    got = book(listed, code, listed)
    assert (got.ipo_days[0], got.ipo_up[0], got.ipo_down[0]) == (days, up, down)
    assert source in cited(got, "stock_price_limit")


@pytest.mark.parametrize(
    ("day", "product", "field", "value", "source"),
    [
        ("2014-09-01", "IF", "margin", 0.10, "F04"),
        ("2015-09-07", "IF", "close_today_rate", 0.0023, "F32"),  # 0.23%, copy of the measures
        ("2015-09-07", "IC", "margin", 0.20, "F30"),
        ("2017-02-17", "IC", "margin", 0.20, "F34"),  # first relaxation
        ("2017-09-18", "IF", "margin", 0.15, "F37"),  # second: IF and IH only
        ("2018-12-03", "IH", "margin", 0.10, "F40"),  # third, notice 20181202 of the exchange
        ("2019-04-22", "IC", "margin", 0.12, "F42"),  # fourth
        ("2020-12-30", "IC", "margin", 0.14, "F46"),
        ("2016-01-04", "IF", "limit", 0.07, "F12"),
        ("2015-08-03", "IF", "order_fee_yuan", 1.0, "F58"),
        ("2018-12-21", "IF", "limit_last_day", 0.2, "F67"),
        ("2023-03-20", "IM", "close_today_rate", 0.00023, "F57"),
    ],
)
def test_futures(day, product, field, value, source):
    got = FuturesRules.between(product, [day])
    assert getattr(got, field)[0] == value
    tables = {
        "margin": "fut_margin",
        "limit": "fut_price_limit",
        "limit_last_day": "fut_price_limit",
    }
    assert source in cited(got, tables.get(field, "fut_fees"))
