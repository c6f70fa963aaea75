"""What was known about a stock on a day is said in words, and nothing later."""

import re

import numpy as np
import pytest

from quanthedge.errors import DataError
from quanthedge.market import Market, write_dataset
from quanthedge.market.checks.price_limits import LimitBook
from tests.market.small_market import CODES, INDEX, small_market
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
    market = sample_market()
    row = np.arange(len(market.dates))[:, None]
    alive = (row >= market.list_index()) & (row < market.delist_index())
    code, day = cell(lambda m: ~m.panel("traded") & np.isfinite(m.panel("mark")) & alive)
    found = facts(code, day)
    traded = market.panel("traded")[: market.day(day) + 1, market.column(code)]
    last = int(np.flatnonzero(traded)[-1])
    missed = len(traded) - 1 - last
    assert found["day", "traded"] == (
        f"no: suspended since {market.dates[last + 1]} ({missed:,} trading "
        f"day{'' if missed == 1 else 's'}), last traded on {market.dates[last]}"
    )
    assert "the last close" in found["day", "valued at"]
    assert ("rules", "price limit") not in found


def test_stocks_not_yet_listed_or_gone_are_no_suspended_ones(tmp_path):
    write_dataset(tmp_path / "m", small_market(3), name="small", source="random")
    market = Market.open(tmp_path / "m")
    late, gone = int(market.list_index().argmax()), int(market.delist_index().argmin())
    found = facts(market.codes[late], market.dates[0], market)
    assert found["listing", "listed"] == "not yet"
    assert found["day", "traded"] == "no: not yet listed"
    first = facts(market.codes[late], market.dates[market.list_index()[late]], market)
    assert first["listing", "listed"].endswith(", 1 trading day")
    found = facts(market.codes[gone], market.dates[-1], market)
    day = market.dates[market.delist_index()[gone]]
    assert found["listing", "status"] == f"delisted, gone from {day} on"
    assert found["day", "traded"].startswith("no: delisted, last traded on ")


def test_limits_are_those_against_which_the_data_are_checked():
    market = sample_market()
    store = market._store
    book = LimitBook(store.axes, store.stocks["list_date"].to_numpy(), market.stock_names())
    rng = np.random.default_rng(1)
    for block in store.blocks():
        limits = book.of(block)
        high, low = limits.prices(block.numbers("pre_close"))
        kinds = (limits.listing, limits.delisting, block.numbers("is_st").astype(bool))
        chosen = [rng.choice(len(high), 10), *(np.flatnonzero(kind)[:3] for kind in kinds)]
        for k in np.unique(np.concatenate(chosen)):
            code, day = str(market.codes[block.stock[k]]), store.axes.calendar[block.day[k]]
            told = facts(code, day)["rules", "price limit"]
            if np.isinf(high[k]):
                assert told == "none on this day"
            elif np.isnan(high[k]):
                assert told == "not known to the rule book"
            else:
                assert told.startswith(f"{low[k]:.2f} to {high[k]:.2f} (")


def test_a_close_at_the_limit_says_who_cannot_trade():
    def limit_up(market):
        top = np.floor(market.panel("pre_close") * 110 + 0.5 + 1e-6) / 100
        ordinary = ~market.panel("is_st") & (market.list_index() < 50)
        return (market.panel("close") >= top - 0.005) & ordinary

    code, day = cell(limit_up)
    assert facts(code, day)["rules", "at the close"].endswith("limit up: could be sold, not bought")
    n = sample_market().column(code)
    opened = sample_market().panel("open")[sample_market().day(day), n]
    assert facts(code, day)["rules", "at the open"].startswith(f"{opened:.2f}, ")


def test_st_ex_dates_and_memberships_are_named():
    assert facts(*cell(lambda m: m.panel("is_st")))["listing", "status"].startswith("special")
    step = lambda m: np.diff(m.panel("adj_factor"), axis=0, prepend=m.panel("adj_factor")[:1]) != 0  # noqa: E731
    assert "an ex-date" in facts(*cell(step))["corporate action", "factor"]
    code, day = cell(lambda m: m.members("000300.SH"))
    member = facts(code, day)
    spells = sample_market()._store.frame("index_members")
    mine = spells[(spells["code"] == code) & (spells["index_code"] == "000300.SH")]
    start = mine.loc[mine["start"] <= day, "start"].max()
    assert f"000300.SH since {start:%Y-%m-%d}" in member["belongs to", "indices"]
    assert member["belongs to", "industry"] != "unknown"


def test_what_is_missing_is_said(tmp_path):
    tables = small_market()
    needed = {name: tables[name] for name in ("calendar", "stocks", "stock_daily")}
    write_dataset(tmp_path / "bare", needed, name="bare", source="random")
    market = Market.open(tmp_path / "bare")
    found = facts(CODES[3], market.dates[20], market)
    assert found["missing", "tables"] == (
        "stock_names, index_members, industry, corporate_actions, fundamentals"
    )
    assert found["listing", "name"] == "not in the data"
    assert "belongs to" not in {subject for subject, _ in found}
    write_dataset(tmp_path / "whole", tables, name="whole", source="random")
    whole = Market.open(tmp_path / "whole")
    t, n = (axis[-1] for axis in np.nonzero(np.isnan(whole.fundamental("net_profit_ttm"))))
    found = facts(whole.codes[n], whole.dates[t], whole)
    missing = found.get(("missing", "undefined figures"), "") + found.get(
        ("missing", "never reported"), ""
    )
    assert "net_profit_ttm" in missing
    assert found["missing", "tables"] == "corporate_actions"
    assert whole.members(INDEX)[t, n] == (INDEX in found["belongs to", "indices"])


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


def both(market, code, day):
    """The facts of both languages beside one another."""
    english, chinese = (market.explain(code, day, one).facts for one in ("en", "zh"))
    assert len(english) == len(chinese)
    return zip(english.itertuples(index=False), chinese.itertuples(index=False), strict=True)


def told_in_both(tmp_path):
    """Cells of the sample at random, and those of which something special is said."""
    market, rng = sample_market(), np.random.default_rng(2)
    for _ in range(6):
        yield market, str(rng.choice(market.codes)), rng.choice(market.dates[5:])
    for panel in ("is_st", "is_delisting"):
        yield market, *cell(lambda m, panel=panel: m.panel(panel))
    yield market, *cell(lambda m: ~m.panel("traded"))
    yield market, *cell(lambda m: np.diff(m.panel("adj_factor"), axis=0, prepend=0) > 0)
    write_dataset(tmp_path / "m", small_market(3), name="small", source="random")
    small = Market.open(tmp_path / "m")
    for code in small.codes:
        for day in small.dates[::50]:
            yield small, str(code), day


def test_the_chinese_explanation_says_what_the_english_one_says(tmp_path):
    figures = re.compile(r"\d+(?:[.,]\d+)*")
    for market, code, day in told_in_both(tmp_path):
        names = {*market.fundamental_items(), *market.industry()[1]["name_en"]}
        for english, chinese in both(market, code, day):
            assert re.search("[\u4e00-\u9fff]", chinese.subject)
            assert chinese.fact in names or re.search("[\u4e00-\u9fff]", chinese.fact)
            if english.subject == "missing":
                continue  # names of tables and items
            found, wanted = (figures.findall(one.value) for one in (chinese, english))
            if english.subject == "size" and found:  # in hundreds of millions, and in billions
                yuan, billions = (float(one[0].replace(",", "")) for one in (found, wanted))
                assert yuan / 10 == pytest.approx(billions, abs=1.1e-3)
                found, wanted = found[1:], wanted[1:]
            assert sorted(found) == sorted(wanted)
            left = chinese.value
            for name in names:
                left = left.replace(name, "")
            left = re.sub(r"\bST|\bA 股|（S）|\.S[HZ]|e[+-]\d+|^\*?S?\*?ST", "", left)
            if english.fact != "name":
                assert not re.search("[A-Za-z]{2,}", left), chinese


def test_text_and_table_say_the_same():
    market = sample_market()
    told = market.explain(str(market.codes[0]), "2014-09-17")
    assert str(told).startswith(f"{market.codes[0]}")
    for value in told.facts["value"]:
        assert value in told.to_text()
    assert told._repr_html_().count("<tr>") == len(told.facts)


def test_wrong_codes_and_days_are_answered_with_near_ones():
    market = sample_market()
    with pytest.raises(DataError, match=r"no stock '000000\.SZ'.*near it: 000001\.SZ"):
        market.explain("000000.SZ", "2014-09-17")
    code = str(market.codes[0])
    with pytest.raises(DataError, match=rf"no stock '{code[:6]}'.*near it: {code} "):
        market.explain(code[:6], "2014-09-17")
    for wrong in (1, None, 600519.0):
        with pytest.raises(DataError, match=f"{wrong} is no code .codes look like 600519.SH"):
            market.column(wrong)
    with pytest.raises(DataError, match="not a trading day; the nearest are"):
        market.explain(str(market.codes[0]), "2014-09-20")
    with pytest.raises(DataError, match="language 'fr'; accepted: en, zh"):
        market.explain(code, "2014-09-17", "fr")
