"""A market with the next trading day behind it: last closes, and what is announced of the day."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.market import Market, write_dataset
from tests.market.small_market import small_market, to_arrow


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """The small market with an action on a day inside, and a stock that has no bar yet."""
    tables = small_market(seed=3)
    bars = tables["stock_daily"].to_pandas()
    days = sorted(pd.to_datetime(bars["date"]).unique())
    stocks = tables["stocks"].to_pandas()
    new = pd.DataFrame({"code": ["688001.SH"], "list_date": [days[-1] + pd.Timedelta(9, "D")],
                        "delist_date": [pd.NaT]})  # fmt: skip
    tables["stocks"] = to_arrow(pd.concat([stocks, new]), "stocks")
    traded = bars[pd.to_datetime(bars["date"]) == days[29]]["code"].tolist()
    actions = pd.DataFrame(
        {
            "code": traded[:2], "ex_date": [days[30], days[30]], "cash_per_share": [0.5, 0.5],
            "bonus_per_share": [0.2, 0.0], "rights_per_share": 0.0, "rights_price": np.nan,
            "announce_date": [days[20], days[30]], "record_date": [days[29]] * 2,
            "pay_date": [days[30]] * 2,
        }
    )  # fmt: skip
    tables["corporate_actions"] = to_arrow(actions, "corporate_actions")
    folder = tmp_path_factory.mktemp("next") / "market"
    write_dataset(folder, tables, name="small", source="made")
    return Market.open(folder), traded, str(days[29].date()), str(days[30].date())


def test_stocks_open_stay_and_close_where_they_closed(market):
    data, _, day, following = market
    ahead = data.with_next_day(day)
    row = data.day(day)
    assert [str(one) for one in ahead.dates[-2:]] == [day, following]
    assert ahead.is_altered
    traded = data.panel("traded")[row]
    close = data.panel("close")[row]
    plain = traded.copy()
    plain[data.column(market[1][0])] = False  # its ex-date
    for name in ("open", "high", "low", "close", "pre_close", "mark"):
        np.testing.assert_array_equal(ahead.panel(name)[-1][plain], close[plain])
    for name in ("open", "close", "volume", "amount", "simple_return"):
        assert np.isnan(ahead.panel(name)[-1][~traded]).all()
    np.testing.assert_array_equal(
        ahead.panel("mark")[-1][~traded], data.panel("mark")[row][~traded]
    )
    for name in ("open", "mark", "adj_factor", "is_st"):
        np.testing.assert_array_equal(ahead.panel(name)[:-1], data.panel(name)[: row + 1])


def test_an_ex_date_that_was_announced_lowers_the_price_and_a_later_one_is_not_known(market):
    data, traded, day, _ = market
    ahead = data.with_next_day(day)
    row, announced, unknown = data.day(day), data.column(traded[0]), data.column(traded[1])
    close = data.panel("close")[row]
    reference = (close[announced] - 0.5) / 1.2
    assert ahead.panel("open")[-1, announced] == pytest.approx(round(reference, 2))
    grown = ahead.panel("adj_factor")[-1, announced] / data.panel("adj_factor")[row, announced]
    assert grown == pytest.approx(close[announced] / reference)
    assert ahead.panel("open")[-1, unknown] == close[unknown]
    assert ahead.corporate_actions()["code"].tolist() == [traded[0]]


def test_contracts_and_indices_stay_and_what_ends_before_is_gone(market):
    data, _, day, following = market
    ahead = data.with_next_day(day)
    bars = ahead.futures("IF")
    last, before = (bars[bars["date"] == one].set_index("contract") for one in (following, day))
    alive = before[before["last_trading_day"] >= following]
    assert set(last.index) == set(alive.index)
    np.testing.assert_array_equal(last["open"], alive.loc[last.index, "close"])
    np.testing.assert_array_equal(last["settle"], alive.loc[last.index, "settle"])
    assert last["amount"].isna().all()
    close = ahead.index_close("000300.SH")
    assert close[-1] == close[-2]


def test_nothing_later_is_there(market):
    data, _, day, following = market
    ahead = data.with_next_day(day)
    assert ahead.dates[-1] == np.datetime64(following)
    for table in ("futures_daily", "index_daily", "cash_rate", "industry", "index_members"):
        rows = ahead._store.table(table).to_pandas()
        public = "date" if "date" in rows else "start"
        assert pd.to_datetime(rows[public]).max() <= pd.Timestamp(following)
    for item in ahead._store.items:
        known = ahead._store.fundamental_rows(item)["known_date"].to_pandas()
        assert pd.to_datetime(known).max() <= pd.Timestamp(day)


def test_the_volume_is_the_median_of_twenty_traded_days(market):
    data, traded, day, _ = market
    ahead = data.with_next_day(day)
    i, row = data.column(traded[1]), data.day(day)
    own = data.panel("volume")[: row + 1, i]
    own = own[np.isfinite(own)][-20:]
    assert ahead.panel("volume")[-1, i] == np.median(own)


def test_the_next_day_is_the_calendars_then_a_weekday_or_what_is_given(market):
    data, _, day, following = market
    assert str(data.next_trading_day(day)) == following
    end = data.calendar[-1]
    if data.dates[-1] == end:
        ahead = data.with_next_day()
        assert ahead.dates[-1] == np.busday_offset(end, 1, roll="backward")
    given = data.with_next_day(day, "2030-01-07")
    assert str(given.dates[-1]) == "2030-01-07"
    assert str(given.calendar[-1]) == "2030-01-07"
    for wrong in (day, "2030-01-05", "2030-01-06"):  # a Saturday and a Sunday
        with pytest.raises(DataError, match="accepted: a day after"):
            data.with_next_day(day, wrong)


def test_a_stock_without_a_bar_is_undefined_and_not_zero(market):
    data = market[0]
    assert data.build_panels()
    i = data.column("688001.SH")
    for name in ("open", "mark", "volume"):
        assert np.isnan(data.panel(name)[:, i]).all()
    assert (data.panel("adj_factor")[:, i] == 1.0).all()
