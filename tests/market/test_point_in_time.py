import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import DataError
from quanthedge.market import Market, write_dataset
from quanthedge.market.panels import PANELS
from quanthedge.market.schema import TABLES
from quanthedge.market.vintages import as_of
from tests.market.small_market import CODES, INDEX, small_market


def opened(folder, tables):
    write_dataset(folder, tables, name="small", source="random")
    return Market.open(folder)


def slow_fundamental(table, item, market):
    """Look every day and stock up on its own."""
    rows = table.to_pandas()
    rows = rows[rows["item"] == item].sort_values(["known_date", "period_end"])
    answer = np.full((len(market.dates), len(market.codes)), np.nan)
    for n, code in enumerate(market.codes):
        of_stock = rows[rows["code"] == code]
        for t, day in enumerate(market.dates):
            known = of_stock[pd.to_datetime(of_stock["known_date"]) <= pd.Timestamp(day)]
            if len(known):
                answer[t, n] = known["value"].iloc[-1]
    return answer


def truncated(tables, date):
    """Return the tables as somebody would have had them at the close of `date`."""
    cut = pa.scalar(date, pa.date32())
    made = {}
    for name, table in tables.items():
        begins = {"fundamentals": "known_date"}.get(name)
        begins = begins or ("start" if "start" in table.column_names else "date")
        kept = table if name == "stocks" else table.filter(pc.less_equal(table[begins], cut))
        for column in ("end", "delist_date"):
            if column in kept.column_names:
                known = pc.if_else(
                    pc.less_equal(kept[column], cut), kept[column], pa.scalar(None, pa.date32())
                )
                place = kept.column_names.index(column)
                kept = kept.set_column(place, column, known)
        made[name] = kept
    return made


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_fundamentals_are_the_last_row_known_by_each_day(seed, tmp_path_factory):
    tables = small_market(seed, 40)
    market = opened(tmp_path_factory.mktemp("market") / "m", tables)
    for item in market.fundamental_items():
        expected = slow_fundamental(tables["fundamentals"], item, market)
        np.testing.assert_array_equal(market.fundamental(item), expected)


def test_members_hold_from_start_to_end_inclusive(tmp_path):
    tables = small_market(5)
    market = opened(tmp_path / "m", tables)
    expected = np.zeros((len(market.dates), len(market.codes)), dtype=bool)
    for row in tables["index_members"].to_pylist():
        n = list(market.codes).index(row["code"])
        end = np.datetime64(row["end"] or "2099-01-01", "D")
        start = np.datetime64(row["start"], "D")
        expected[(market.dates >= start) & (market.dates <= end), n] = True
    np.testing.assert_array_equal(market.members(INDEX), expected)


def test_industries_change_on_their_day_and_are_unknown_before(tmp_path):
    market = opened(tmp_path / "m", small_market())
    number, names = market.industry()
    middle = len(market.dates) // 2
    assert names["industry"].tolist() == ["43", "48", "71"]
    assert number.dtype == np.int16
    assert [names["name_en"][k] for k in number[middle - 1]] == ["Real estate", "Banks"] * 3
    assert [names["name_en"][k] for k in number[middle]] == ["Computers", "Banks"] * 3


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("row", [17, 30, 54])
def test_a_cut_market_equals_one_rebuilt_from_what_was_known(tmp_path, seed, row):
    tables = small_market(seed, 60)
    whole = opened(tmp_path / "whole", tables)
    date = whole.dates[min(row, len(whole.dates) - 1)].item()
    cut = whole.until(date)
    late = pc.greater(tables["stocks"]["list_date"], pa.scalar(date, pa.date32()))
    rebuilt_tables = truncated(tables, date)
    write_dataset(tmp_path / "cut", rebuilt_tables, name="small", source="random")
    rebuilt = Market.open(tmp_path / "cut")
    np.testing.assert_array_equal(cut.dates, rebuilt.dates)
    for name in PANELS:
        np.testing.assert_array_equal(cut.panel(name), rebuilt.panel(name))
    assert cut.fundamental_items() == rebuilt.fundamental_items()
    for item in rebuilt.fundamental_items():
        np.testing.assert_array_equal(cut.fundamental(item), rebuilt.fundamental(item))
    np.testing.assert_array_equal(cut.members(INDEX), rebuilt.members(INDEX))
    np.testing.assert_array_equal(cut.industry()[0], rebuilt.industry()[0])
    pd.testing.assert_frame_equal(cut.industry()[1], rebuilt.industry()[1])
    pd.testing.assert_frame_equal(cut.index_bars(INDEX), rebuilt.index_bars(INDEX))
    np.testing.assert_array_equal(cut.index_close(INDEX), rebuilt.index_close(INDEX))
    pd.testing.assert_frame_equal(cut.futures("IF"), rebuilt.futures("IF"))
    pd.testing.assert_frame_equal(cut.stock_names(), rebuilt.stock_names())
    np.testing.assert_array_equal(cut.cash_rate(), rebuilt.cash_rate())
    assert cut.cash_rate_carried_days() == rebuilt.cash_rate_carried_days()
    np.testing.assert_array_equal(cut.delist_index(), rebuilt.delist_index())
    np.testing.assert_array_equal(cut.list_index(), rebuilt.list_index())
    assert (cut.list_index()[late.to_numpy(zero_copy_only=False)] == len(cut.dates)).all()


def test_a_cut_market_names_its_cut_and_cannot_be_extended_again(tmp_path):
    market = opened(tmp_path / "m", small_market())
    cut = market.until("2014-02-14")
    assert cut.fingerprint == market.fingerprint + "@2014-02-14"
    assert len(cut.until("2014-03-14").dates) == len(cut.dates)


def test_rows_of_unknown_stocks_and_later_dates_are_never_seen():
    days = np.array(["2014-01-02", "2014-01-03"], dtype="datetime64[D]")
    known = np.array(["2014-01-02", "2014-01-01", "2014-01-04"], dtype="datetime64[D]")
    made = as_of(days, 1, np.array([-1, 0, 0]), known, np.array([9.0, 1.0, 7.0]))
    assert made.ravel().tolist() == [1.0, 1.0]


def test_corporate_actions_are_cut_at_their_ex_date(tmp_path):
    tables = small_market()
    days = tables["calendar"]["date"].to_pylist()
    names = TABLES["corporate_actions"].column_names
    rows = [
        dict.fromkeys(names) | {"code": CODES[0], "ex_date": day, "announce_date": days[10]}
        | {"cash_per_share": 0.1, "bonus_per_share": 0.0, "rights_per_share": 0.0}
        for day in (days[20], days[40])
    ]  # fmt: skip
    tables["corporate_actions"] = pa.Table.from_pylist(rows, TABLES["corporate_actions"].arrow)
    market = opened(tmp_path / "m", tables)
    assert len(market.corporate_actions()) == 2
    assert len(market.until(days[20]).corporate_actions()) == 1
    assert len(market.until(days[19]).corporate_actions()) == 0


def test_a_market_of_bars_alone_says_which_table_is_absent(tmp_path):
    tables = small_market()
    needed = {name: tables[name] for name in ("calendar", "stocks", "stock_daily")}
    market = opened(tmp_path / "m", needed)
    assert market.fundamental_items() == []
    assert market.member_indices() == []
    assert market.futures_products() == []
    assert market.stock_names() is None
    assert market.corporate_actions() is None
    asked = {
        "index_members": lambda: market.members(INDEX),
        "industry": market.industry,
        "index_daily": lambda: market.index_close(INDEX),
        "index_dividend_yield": lambda: market.index_dividend_yield(INDEX),
        "futures_daily": lambda: market.futures("IF"),
        "cash_rate": market.cash_rate,
    }
    for table, ask in asked.items():
        with pytest.raises(DataError, match=f"market 'small' has no table {table}; import"):
            ask()
    with pytest.raises(DataError, match="no fundamental 'net_profit_ttm'; there are none"):
        market.fundamental("net_profit_ttm")
