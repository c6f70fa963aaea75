"""Which fills of a day know of which, by the dated trading hours."""

import numpy as np
import pytest

from quanthedge.errors import RuleError, StrategyError
from quanthedge.hedge import HedgeRule, Knowledge
from quanthedge.rules import trading_hours
from quanthedge.strategy import Strategy

DAYS = np.array(["2015-12-30", "2015-12-31", "2016-01-04", "2018-12-28"], dtype="datetime64[D]")
NEVER, ALWAYS = [False] * 4, [True] * 4
UNTIL, SINCE = [True, True, False, False], [False, False, True, True]


def known(fill, stocks, completed=None):
    return Knowledge.of(HedgeRule(fill=fill), stocks, completed or stocks, DAYS)


@pytest.mark.parametrize(
    ("fill", "stocks", "expected"),
    [
        ("open", "open", SINCE),  # futures opened at 9:15 beside the stocks' auction of 9:25
        ("vwap", "open", ALWAYS), ("settlement", "open", ALWAYS), ("close", "open", ALWAYS),
        ("open", "vwap", NEVER), ("vwap", "vwap", ALWAYS), ("settlement", "vwap", ALWAYS),
        ("close", "vwap", ALWAYS),
        ("open", "close", NEVER), ("vwap", "close", NEVER), ("settlement", "close", NEVER),
        ("close", "close", UNTIL),  # futures traded to 15:15 beside the stocks' 15:00
    ],
)  # fmt: skip
def test_lots_are_those_of_the_stock_fills_where_these_come_first(fill, stocks, expected):
    found = known(fill, stocks)
    assert found.after_stocks.tolist() == expected
    assert found.possible.tolist() == expected
    assert (found.used is not None) == (expected in (SINCE, UNTIL))


@pytest.mark.parametrize("stocks", ["open", "vwap", "close"])
def test_a_fill_as_that_of_the_stocks_knows_no_more_than_the_same_price_by_name(stocks):
    mine, named = known("stocks", stocks), known(stocks, stocks)
    assert mine.after_stocks.tolist() == named.after_stocks.tolist() == mine.possible.tolist()


def test_purchases_that_wait_for_the_money_of_sales_are_not_known_at_any_open():
    assert known("open", "open", "vwap").after_stocks.tolist() == NEVER
    assert known("vwap", "open", "vwap").after_stocks.tolist() == ALWAYS


def test_lots_of_the_stock_fills_at_the_futures_open_were_impossible_before_2016():
    found = known("open_after_stocks", "open")
    assert found.after_stocks.tolist() == ALWAYS
    assert found.possible.tolist() == SINCE
    assert HedgeRule(fill="open_after_stocks").fill_price("open") == "open"


@pytest.mark.parametrize("change", ["execution.fill=vwap", "execution.sale_proceeds=after_fill"])
def test_lots_of_later_stock_fills_at_the_futures_open_are_refused(change):
    plan = {"name": "one", "factors": [{"factor": {"kind": "size"}}]}
    strategy = Strategy.model_validate(plan).change("hedge.fill=open_after_stocks")
    with pytest.raises((StrategyError, ValueError), match="open_after_stocks needs stocks filled"):
        strategy.change(change)


def test_hours_come_with_the_rows_that_say_so():
    hours = trading_hours(["IF", "IC"], DAYS)
    assert hours.stock_auction.tolist() == [9 * 60 + 25] * 4
    assert hours.futures_entry.tolist() == [9 * 60 + 14] * 2 + [9 * 60 + 29] * 2
    assert hours.futures_close.tolist() == [15 * 60 + 15] * 2 + [15 * 60] * 2
    assert sorted(hours.used["table"]) == ["fut_sessions"] * 2 + ["stock_trading_rules"]
    assert set(hours.used["confidence"]) == {"A"}


@pytest.mark.parametrize("text", ["9.14-9:15", "09:10", "09:60-09:70", "09:14-09:10", ""])
def test_hours_that_are_no_hours_are_refused(tmp_path, text):
    header = (
        "effective_from,effective_to,products,call_order_entry,call_match,morning,afternoon,"
        "last_trading_day_afternoon,source_ids,confidence,note\n"
    )
    row = f"2010-04-16,,IF,{text},09:14-09:15,09:15-11:30,13:00-15:15,13:00-15:00,F02,A,\n"
    (tmp_path / "fut_sessions.csv").write_text(header + row, encoding="utf-8")
    with pytest.raises(RuleError, match="call_order_entry"):
        trading_hours(["IF"], DAYS, folder=tmp_path)


def test_a_day_without_hours_is_refused():
    with pytest.raises(RuleError, match=r"fut_sessions.*no rule on 2015-12-30"):
        trading_hours(["IM"], DAYS)
