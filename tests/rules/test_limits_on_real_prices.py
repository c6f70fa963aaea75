"""The price limits of the rule book against what really traded, 2009 to 2018."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from quanthedge.market.checks.price_limits import LimitBook
from quanthedge.rules.boards import Board
from quanthedge.rules.stock_limits import LimitClass

REAL = Path(__file__).parents[3] / "shared" / "market"
COLUMNS = ["code", "date", "high", "low", "close", "pre_close", "is_st", "is_delisting"]
REASON = "the real market data is not beside the project"


@pytest.fixture(scope="module")
def bars():
    """Every bar with its limits, and where its close, high and low stand against them."""
    if not REAL.is_dir():
        pytest.skip(REASON)
    table = pq.read_table(REAL / "stock_daily.parquet", columns=COLUMNS).unify_dictionaries()
    code = table["code"].combine_chunks()
    words = np.array(code.dictionary.to_pylist())
    codes, place = np.unique(words, return_inverse=True)
    stock = place[code.indices.to_numpy()]
    day = table["date"].to_numpy().astype("datetime64[D]")
    order = np.lexsort((day, stock))
    stock, day = stock[order], day[order]
    calendar = np.unique(day)
    stocks = pd.read_parquet(REAL / "stock_list.parquet").set_index("code")
    listed = stocks["first_date"].reindex(codes).to_numpy().astype("datetime64[D]")
    names = pd.read_parquet(REAL / "stock_names.parquet")
    names = names.astype({"start": "datetime64[s]", "end": "datetime64[s]"})
    names = names[names["code"].isin(codes)]
    values = {name: table[name].to_numpy()[order] for name in COLUMNS[2:]}
    book = LimitBook.on(calendar, codes, listed, names)
    place = np.searchsorted(calendar, day)
    limits = book.of_rows(stock, place, values)
    high, low = limits.prices(values["pre_close"].astype(np.float64).round(2))
    close = values["close"].astype(np.float64)
    board = np.array([Board.of(one).places[1] for one in codes])[stock]
    leaving = values["is_delisting"].astype(bool)
    begins = leaving & ~np.append(False, leaving[:-1] & ~limits.first[1:])
    gap = np.diff(place, prepend=-1) - 1
    return pd.DataFrame(
        {
            "code": codes[stock], "date": day, "board": board, "place": limits.place,
            "listing": limits.listing, "relisting": limits.relisting, "begins": begins,
            "unknown": np.isnan(high), "suspended": limits.first | (gap > 0),
            "at": (np.abs(close - high) < 0.0051) | (np.abs(close - low) < 0.0051),
            "beyond": (close > high + 0.0051) | (close < low - 0.0051),
            "range_beyond": (values["high"] > high + 0.0051) | (values["low"] < low - 0.0051),
        }
    )  # fmt: skip


@pytest.mark.real
def test_no_price_leaves_its_limits_but_on_free_days_that_no_name_tells(bars):
    odd = pd.read_csv(REAL / "odd_moves.csv")
    known = set(zip(odd["code"], odd["date"].astype(str), strict=True))
    left = bars[bars["range_beyond"]]
    left = [one for one in zip(left["code"], left["date"].astype(str), strict=True)
            if one not in known]  # fmt: skip
    # of 4,771,534: relistings in Shenzhen, new shares listed in 2009 and 2010, mergers
    assert len(left) <= 40
    assert bars["unknown"].sum() < 40  # listing days in Shenzhen between two rules


@pytest.mark.real
def test_each_board_and_status_has_closes_at_its_limit_and_none_beyond_in_an_ordinary_day(bars):
    ordinary = bars[~bars["listing"] & ~bars["relisting"] & ~bars["suspended"]]
    for place, least in ((0, 0.02), (1, 0.1), (2, 0.03), (LimitClass.UNREFORMED, 0.1)):
        group = ordinary[ordinary["place"] == place]
        assert group["at"].mean() > least, place  # the limits do bind: they are not merely wide
        assert group["beyond"].sum() <= 5, place  # new shares listed, a day without limit
    assert ordinary.loc[ordinary["place"] == LimitClass.UNREFORMED, "beyond"].sum() == 0


@pytest.mark.real
def test_every_first_day_of_a_delisting_period_closed_at_the_limit(bars):
    first = bars[bars["begins"]]
    assert len(first) == 9
    assert first["at"].all()


@pytest.mark.real
def test_listings_since_2014_closed_at_the_limit_of_their_day(bars):
    listings = bars[bars["listing"] & (bars["date"] >= pd.Timestamp("2014-06-13"))]
    assert listings["at"].mean() > 0.97
    earlier = bars[bars["listing"] & (bars["date"] < pd.Timestamp("2013-12-13"))]
    assert not earlier["at"].any()  # they had none
