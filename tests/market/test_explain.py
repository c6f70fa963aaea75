"""What was known about a stock on a day is said in words, and nothing later."""

import numpy as np
import pytest

from quanthedge.errors import DataError
from tests.sample import sample_market


def facts(code, day, market=None):
    table = (market or sample_market()).explain(code, day).facts
    return {(row.subject, row.fact): row.value for row in table.itertuples()}


def cell(condition):
    """A stock and day of the sample where a condition holds, not on the first days."""
    market = sample_market()
    t, n = (axis[0] for axis in np.nonzero(condition(market)[100:]))
    return str(market.codes[n]), market.dates[100 + t]


def test_a_day_of_trading_is_told_with_its_prices_and_limits():
    market = sample_market()
    code, day = cell(lambda m: m.panel("traded") & ~m.panel("is_st"))
    found = facts(code, day)
    t, n = market.day(day), list(market.codes).index(code)
    assert found["day", "traded"] == "yes"
    assert f"close {market.panel('close')[t, n]:.2f}" in found["day", "bar"]
    before = market.panel("pre_close")[t, n]
    assert found["rules", "price limit"].startswith(f"{round(before * 0.9 + 1e-9, 2):.2f} to ")
    assert "(-10%, +10%)" in found["rules", "price limit"]


def test_a_suspended_stock_is_said_to_be_so_since_when():
    code, day = cell(lambda m: ~m.panel("traded") & np.isfinite(m.panel("mark")))
    found = facts(code, day)
    assert found["day", "traded"].startswith("no: suspended for ")
    assert "the last close" in found["day", "valued at"]
    assert ("rules", "price limit") not in found


def test_a_close_at_the_limit_says_who_cannot_trade():
    def limit_up(market):
        top = np.floor(market.panel("pre_close") * 110 + 0.5 + 1e-6) / 100
        ordinary = ~market.panel("is_st") & (market.list_index() < 50)
        return (market.panel("close") >= top - 0.005) & ordinary

    code, day = cell(limit_up)
    assert (
        "at the close limit up: nobody sells, no buy" in facts(code, day)["rules", "at the limit"]
    )


def test_st_ex_dates_and_memberships_are_named():
    assert facts(*cell(lambda m: m.panel("is_st")))["listing", "status"].startswith("special")
    step = lambda m: np.diff(m.panel("adj_factor"), axis=0, prepend=m.panel("adj_factor")[:1]) != 0  # noqa: E731
    assert "an ex-date" in facts(*cell(step))["corporate action", "factor"]
    member = facts(*cell(lambda m: m.members("000300.SH")))
    assert "000300.SH" in member["belongs to", "indices"]
    assert member["belongs to", "industry"] != "unknown"


def test_figures_carry_the_day_on_which_they_became_known():
    market = sample_market()
    code, day = cell(lambda m: np.isfinite(m.fundamental("book_equity")))
    text = facts(code, day)["known figures", "book_equity"]
    rows = market.until(day).fundamental_rows("book_equity", code)
    assert f"known {rows['known_date'].max():%Y-%m-%d}" in text


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_told_that_came_later(seed):
    market = sample_market()
    rng = np.random.default_rng(seed)
    for _ in range(5):
        day, code = rng.choice(market.dates[5:]), str(rng.choice(market.codes))
        assert facts(code, day, market.until(day)) == facts(code, day)


def test_text_and_table_say_the_same():
    market = sample_market()
    told = market.explain(str(market.codes[0]), "2014-09-17")
    assert str(told).startswith(f"{market.codes[0]}")
    for value in told.facts["value"]:
        assert value in told.to_text()
    assert told._repr_html_().count("<tr>") == len(told.facts)


def test_wrong_codes_and_days_are_answered_with_near_ones():
    market = sample_market()
    with pytest.raises(DataError, match=r"no stock '000000\.SZ'.*near it are 000001\.SZ"):
        market.explain("000000.SZ", "2014-09-17")
    with pytest.raises(DataError, match="not a trading day; the nearest are"):
        market.explain(str(market.codes[0]), "2014-09-20")
