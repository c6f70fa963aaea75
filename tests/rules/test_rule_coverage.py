"""Every day of 2005 to 2026 has exactly one rule per key, or a refusal that says what is missing.

The oracle reads the packaged files line by line, compares dates as text and shares no code with
the look-up.
"""

import csv
from functools import cache
from importlib.resources import files
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import RuleError
from quanthedge.rules import DividendTax, FuturesRules, StockRules
from quanthedge.rules.tables import TABLES, read_table, single_keys

DATA = files("quanthedge.rules") / "data"
DAYS = np.arange("2005-01-01", "2027-01-01", dtype="datetime64[D]")
TEXTS = DAYS.astype(str).tolist()
STOCKS = {  # code: (exchange, boards in the tables, listing date)
    "600519.SH": ("SSE", ("main", "main_sse"), "2001-08-27"),
    "000001.SZ": ("SZSE", ("main", "main_szse"), "1991-04-03"),
    "300001.SZ": ("SZSE", ("chinext",), "2009-10-30"),
    "688001.SH": ("SSE", ("star",), "2019-07-22"),
    "920002.BJ": ("BSE", ("bse",), "2021-11-15"),
}
LISTED = {"IF": "2010-04-16", "IH": "2015-04-16", "IC": "2015-04-16", "IM": "2022-07-22"}
# What ends, begins late or has a hole: every other key holds from its first day to the last.
KNOWN_SPANS = {
    ("circuit_breaker", "index"): "2016-01-01..2016-01-07",
    ("circuit_breaker", "threshold_1"): "2016-01-01..2016-01-07",
    ("circuit_breaker", "threshold_1_late"): "2016-01-01..2016-01-07",
    ("circuit_breaker", "threshold_2"): "2016-01-01..2016-01-07",
    ("circuit_breaker", "event"): "2016-01-04..2016-01-04, 2016-01-07..2016-01-07",
    ("dividend_tax", "individual"): "2005-01-01..2012-12-31",  # from 2013 on by holding period
    ("fut_price_limit", "inner band IF"): "2016-01-01..2016-01-07",
    ("fut_price_limit", "inner band IH"): "2016-01-01..2016-01-07",
    ("fut_price_limit", "inner band IC"): "2016-01-01..2016-01-07",
    ("stock_fees", "transfer_fee_broker_part SSE"): "2012-09-01..2015-07-31",
    ("stock_price_limit", "chinext ST 2"): "2009-10-30..2020-08-23",  # "from day 2" then "6"
    ("stock_price_limit", "chinext normal 2"): "2009-10-30..2020-08-23",
    ("stock_price_limit", "chinext ipo 1"): "2009-10-30..2013-12-12, 2014-06-13..2026-12-31",
    ("stock_price_limit", "main_szse ipo 1"): "2005-01-01..2013-12-12, 2014-06-13..2026-12-31",
    ("stock_trading_rules", "close_price SSE main"): "2005-01-01..2018-08-19",
}


@cache
def lines(table):
    with (DATA / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def lines_with(table, cells):
    """Return the lines of a table whose cells are among those given."""
    return [
        line
        for line in lines(table)
        if all(set(line[name].split(";")) & set(wanted) for name, wanted in cells)
    ]


def in_force(table, day, **cells):
    """Return the lines of a table in force on a day whose cells are among those given."""
    return [
        line
        for line in lines_with(table, tuple(cells.items()))
        if (line["effective_from"] or "0") <= day <= (line["effective_to"] or "9")
    ]


def only(table, day, column, **cells):
    """Return the one number that a table has for a day; NaN where it has none."""
    found = in_force(table, day, **cells)
    assert len(found) <= 1, (table, day, cells)
    return float(found[0][column]) if found else np.nan


@pytest.mark.parametrize("table", [name for name in TABLES if name != "fut_expiry_moved"])
def test_no_day_has_two_rules_for_one_thing_and_every_hole_is_known(table):
    counts = {}
    for row in read_table(table):
        first = np.datetime64(row.first or "1900", "D")
        last = np.datetime64(row.last or "2100", "D")
        inside = (first <= DAYS) & (last >= DAYS)
        for key in single_keys(row):
            counts[key] = counts.get(key, 0) + inside.astype(int)
    for key, count in counts.items():
        assert count.max() <= 1, (table, key)
        known = KNOWN_SPANS.get((table, " ".join(filter(None, key))))
        if known is not None:
            assert spans(count) == known, (table, key)
        elif count.any():
            whole = spans(count)
            assert whole.endswith("..2026-12-31"), (table, key)
            assert "," not in whole, (table, key)


def spans(count):
    """Return the spans of days with a rule, as text."""
    places = [
        [t for t, _ in group] for held, group in groupby(enumerate(count), lambda one: one[1] > 0)
        if held
    ]  # fmt: skip
    return ", ".join(f"{TEXTS[place[0]]}..{TEXTS[place[-1]]}" for place in places)


def test_every_day_of_2005_to_2026_has_the_duties_fees_and_limits_of_the_tables():
    got = StockRules.between(DAYS, list(STOCKS), [listed for _, _, listed in STOCKS.values()])
    for t, day in enumerate(TEXTS):
        for side in ("buy", "sell"):
            duty = only("stock_stamp_duty", day, f"{side}_rate", security=("A",))
            assert getattr(got, f"stamp_duty_{side}")[t] == duty
    for place, (exchange, boards, listed) in enumerate(STOCKS.values()):
        col, board = int(got.exchange[place]), int(got.board[place])
        for t, day in enumerate(TEXTS):
            if day < listed:
                continue
            where = {"exchange": (exchange, "ALL")}
            transfer = only("stock_fees", day, "buy_rate", fee=("transfer_fee",), **where)
            broker = only("stock_fees", day, "buy_rate", fee=("transfer_fee_broker_part",), **where)
            others = sum(
                only("stock_fees", day, "buy_rate", fee=(fee,), **where)
                for fee in ("handling_fee", "regulatory_fee")
            )
            charged = got.transfer_rate[t, col] + got.transfer_par_rate[t, col]
            assert charged == transfer + np.nan_to_num(broker)
            assert got.exchange_rate[t, col] == others
            for is_st, status in enumerate(("normal", "ST")):
                for side in ("up", "down"):
                    limit = only(
                        "stock_price_limit", day, f"{side}_limit", board=boards, status=(status,)
                    )
                    assert getattr(got, f"limit_{side}")[t, 2 * board + is_st] == limit


@pytest.mark.parametrize("account", ["hedging", "speculative"])
@pytest.mark.parametrize("product", LISTED)
def test_every_day_from_the_listing_to_2026_has_the_futures_rules_of_the_tables(product, account):
    days = DAYS[np.datetime64(LISTED[product]) <= DAYS]
    got = FuturesRules.between(product, days, account=account)
    side = "hedge_short" if account == "hedging" else "spec_short"
    of = {"products": (product,)}
    for t, day in enumerate(days.astype(str).tolist()):
        for array, tier in (
            (got.margin, "two nearest"),
            (got.margin_quarter, "two quarter months"),
        ):
            expected = only("fut_margin", day, side, product=(product,), contracts=("all", tier))
            assert array[t] == expected
        fee = only("fut_fees", day, "rate", fee=("open_close",), **of)
        today = in_force("fut_fees", day, fee=("close_today",), **of)[0]["rate"]
        assert got.fee_rate[t] == fee
        assert got.close_today_rate[t] == (fee if today.startswith("same") else float(today))
        order = only("fut_fees", day, "rate", fee=("order_fee",), **of)
        assert got.order_fee_yuan[t] == np.nan_to_num(order)
        for array, rule in (
            (got.limit, "daily"),
            (got.limit_last_day, "last trading day"),
            (got.limit_listing_day, "listing day of a quarter-month contract"),
        ):
            assert array[t] == only("fut_price_limit", day, "down", rule=(rule,), **of)
        for array, per, limit in (
            (got.position_limit, got.position_limit_per, "position_speculative"),
            (got.daily_open_limit, got.daily_open_limit_per, "daily_open"),
        ):
            found = in_force("fut_limits", day, limit=(limit,), **of)
            if account == "hedging" or not found:
                assert np.isnan(array[t])
                assert per[t] == ""
            else:
                assert array[t] == float(found[0]["lots"])
                assert per[t] == found[0]["per"]


def is_covered(day, exchange, boards):
    """Say whether the tables have everything that a stock needs on a day."""
    where = {"exchange": (exchange, "ALL")}
    return all(
        [
            in_force("stock_stamp_duty", day, security=("A",), exchange=("ALL",)),
            in_force("stock_price_limit", day, board=boards, status=("normal",)),
            *(
                in_force("stock_fees", day, fee=(fee,), **where)
                for fee in ("transfer_fee", "handling_fee", "regulatory_fee")
            ),
        ]
    )


@settings(deadline=None, max_examples=200)
@given(st.integers(-7000, len(DAYS) - 1), st.sampled_from(sorted(STOCKS)))
def test_any_day_is_answered_whole_or_refused_with_table_and_dates(offset, code):
    day = DAYS[0] + offset
    exchange, boards, _ = STOCKS[code]
    if not is_covered(str(day), exchange, boards):
        with pytest.raises(RuleError, match=rf"stock_.*{day}.*covered: "):
            StockRules.between([day], [code], ["NaT"])
        return
    got = StockRules.between([day], [code], ["NaT"])  # listed at an unknown date: always live
    col, board = int(got.exchange[0]), 2 * int(got.board[0])
    answers = [
        got.stamp_duty_buy, got.stamp_duty_sell, got.transfer_rate[:, col],
        got.exchange_rate[:, col], got.limit_up[:, board], got.limit_down[:, board + 1],
    ]  # fmt: skip
    assert np.isfinite(np.concatenate(answers)).all()
    assert {"stock_stamp_duty", "stock_fees", "stock_price_limit"} <= set(got.used["table"])


def test_every_day_of_2005_to_2026_has_its_dividend_tax():
    assert np.isfinite(DividendTax.between("individual", DAYS).rate).all()
    assert np.isfinite(DividendTax.between("private fund", DAYS).at_payment).all()
    fund = DividendTax.between("public securities fund", DAYS[np.datetime64("2013-01-01") <= DAYS])
    assert np.isfinite(fund.rate).all()
