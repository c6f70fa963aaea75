"""Figures as first published and as restated, and trailing years made of them, day by day."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import DataError
from quanthedge.market import Market, write_dataset
from quanthedge.market.vintages import as_of, kept_rows, trailing
from tests.market.small_market import CODES, small_market

DAYS = np.arange("2014-01-01", "2014-04-01", dtype="datetime64[D]")
ENDS = [
    np.datetime64(f"{y}-{m}", "D")
    for y in (2011, 2012, 2013)
    for m in ("03-31", "06-30", "09-30", "12-31")
]


@st.composite
def publications(draw):
    """Rows of one item: (stock, known day, period or None, value), in any order of periods."""
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 2), st.integers(-20, 100), st.sampled_from(range(len(ENDS))),
                st.one_of(st.just(float("nan")), st.integers(-50, 50).map(float)),
            ),
            max_size=25, unique_by=lambda row: row[:3],
        )
    )  # fmt: skip
    return sorted(rows, key=lambda row: row[:3])


def known_figures(rows, stock, day, vintage):
    """Every period's figure on a day: the first or the last publication up to it."""
    figures = {}
    for owner, known, period, value in rows:
        if (
            owner == stock
            and DAYS[0] + known <= day
            and not (vintage == "first" and period in figures)
        ):
            figures[period] = value
    return figures


def newest(figures):
    return figures[max(figures)] if figures else np.nan


def trailing_year(figures):
    if not figures:
        return np.nan
    p = max(figures)
    if p % 4 == 3:
        return figures[p]
    annual, before = figures.get(p - p % 4 - 1, np.nan), figures.get(p - 4, np.nan)
    return figures[p] + annual - before


def single_quarter(figures):
    if not figures:
        return np.nan
    p = max(figures)
    return figures[p] if p % 4 == 0 else figures[p] - figures.get(p - 1, np.nan)


def arrays(rows):
    stock = np.array([row[0] for row in rows], dtype=np.int64)
    known = DAYS[0] + np.array([row[1] for row in rows], dtype=np.int64)
    period = np.array([ENDS[row[2]] for row in rows], dtype="datetime64[D]")
    values = np.array([row[3] for row in rows], dtype=np.float64)
    return stock, known, period, values


@pytest.mark.parametrize("vintage", ["latest", "first"])
@given(rows=publications())
@settings(max_examples=150, deadline=None)
def test_each_day_knows_what_was_published_by_then(vintage, rows):
    stock, known, period, values = arrays(rows)
    keep = kept_rows(stock, period, vintage)
    found = {
        newest: as_of(DAYS, 3, stock[keep], known[keep], values[keep]),
        trailing_year: as_of(
            DAYS, 3, stock, known, trailing(stock, period, values, vintage, year=True)
        ),
        single_quarter: as_of(
            DAYS, 3, stock, known, trailing(stock, period, values, vintage, year=False)
        ),
    }
    for figure, table in found.items():
        expected = [
            [figure(known_figures(rows, n, day, vintage)) for n in range(3)] for day in DAYS[::9]
        ]
        np.testing.assert_array_equal(table[::9], expected, err_msg=figure.__name__)


def reports(*rows):
    """(known, period, value) of one stock as a fundamentals table beside the small market's."""
    return pa.table(
        {
            "code": [CODES[0]] * len(rows), "item": ["profit_cum"] * len(rows),
            "known_date": [date.fromisoformat(row[0]) for row in rows],
            "period_end": [date.fromisoformat(row[1]) for row in rows],
            "value": [row[2] for row in rows],
        }
    )  # fmt: skip


ROWS = (
    ("2013-03-28", "2012-12-31", 100.0),
    ("2013-04-25", "2013-03-31", 30.0),
    ("2014-01-21", "2012-12-31", 104.0),  # a restatement of an older period
    ("2014-01-24", "2013-12-31", 120.0),
    ("2014-02-14", "2014-03-31", 36.0),
    ("2014-02-19", "2014-03-31", 34.0),  # the newest period restated
    ("2014-03-07", "2013-12-31", 121.0),
    ("2014-03-13", "2013-03-31", 29.0),
)


@pytest.fixture
def market(tmp_path):
    tables = small_market()
    tables["fundamentals"] = pa.concat_tables([tables["fundamentals"], reports(*ROWS)])
    write_dataset(tmp_path / "m", tables, name="small", source="random")
    return Market.open(tmp_path / "m")


def on(market, values, day):
    return values[market.day(day), list(market.codes).index(CODES[0])]


def test_restatements_count_from_the_day_on_which_they_were_published(market):
    latest, first = (market.fundamental("profit_cum", v) for v in ("latest", "first"))
    assert on(market, latest, "2014-01-22") == 30.0  # not the older period's new figure
    assert (on(market, latest, "2014-02-18"), on(market, first, "2014-02-18")) == (36.0, 36.0)
    assert (on(market, latest, "2014-02-19"), on(market, first, "2014-02-19")) == (34.0, 36.0)
    assert (on(market, latest, "2014-03-10"), on(market, first, "2014-03-10")) == (34.0, 36.0)


def test_trailing_years_take_the_vintage_asked_for(market):
    latest, first = (market.fundamental_ttm("profit_cum", v) for v in ("latest", "first"))
    assert np.isnan(
        on(market, latest, "2014-01-22")
    )  # 30 + 104 - the unknown first quarter of 2012
    assert on(market, latest, "2014-02-14") == 36.0 + 120.0 - 30.0
    assert on(market, latest, "2014-02-19") == 34.0 + 120.0 - 30.0
    assert on(market, latest, "2014-03-07") == 34.0 + 121.0 - 30.0
    assert on(market, latest, "2014-03-13") == 34.0 + 121.0 - 29.0
    assert on(market, first, "2014-03-13") == 36.0 + 120.0 - 30.0
    assert on(market, market.fundamental_quarter("profit_cum"), "2014-03-13") == 34.0


def test_every_publication_can_be_read(market):
    rows = market.fundamental_rows("profit_cum", CODES[0])
    assert len(rows) == len(ROWS)
    annual = rows[rows["period_end"] == pd.Timestamp("2013-12-31")]
    assert annual["value"].tolist() == [120.0, 121.0]
    assert annual["revision"].tolist() == [0, 1]
    cut = market.until("2014-02-18").fundamental_rows("profit_cum")
    assert cut["known_date"].max() <= pd.Timestamp("2014-02-18")


@pytest.mark.parametrize("vintage", ["latest", "first"])
def test_a_market_cut_off_knows_the_same(market, vintage):
    day = market.dates[35]
    cut = market.until(day)
    for name in ("fundamental", "fundamental_ttm", "fundamental_quarter"):
        whole = getattr(market, name)("profit_cum", vintage)[:36]
        np.testing.assert_array_equal(getattr(cut, name)("profit_cum", vintage), whole)


def test_a_report_of_a_weekend_counts_from_the_next_trading_day(tmp_path):
    tables = small_market()
    days = tables["calendar"]["date"].to_pylist()
    saturday = next(d for d in days[20:] if d.weekday() == 4 and d + timedelta(days=3) in days)
    weekend = reports(((saturday + timedelta(days=1)).isoformat(), "2013-12-31", 5.0))
    tables["fundamentals"] = pa.concat_tables([tables["fundamentals"], weekend])
    write_dataset(tmp_path / "m", tables, name="small", source="random")
    market = Market.open(tmp_path / "m")
    values = market.fundamental("profit_cum")
    assert np.isnan(on(market, values, saturday))
    assert on(market, values, saturday + timedelta(days=3)) == 5.0


def test_what_cannot_be_trailing_is_refused(market):
    with pytest.raises(DataError, match="accepted: latest, first"):
        market.fundamental("profit_cum", "final")
    with pytest.raises(DataError, match="no fundamental 'x'"):
        market.fundamental_rows("x")
    with pytest.raises(DataError, match=r"no stock '600001\.SH'"):
        market.fundamental_rows("profit_cum", "600001.SH")


def test_trailing_figures_need_periods_that_end_with_quarters(tmp_path):
    tables = small_market()
    odd = reports(("2014-01-24", "2013-11-30", 1.0))
    tables["fundamentals"] = pa.concat_tables([tables["fundamentals"], odd])
    write_dataset(tmp_path / "m", tables, name="small", source="random")
    wrong = rf"1 rows .*first: {CODES[0]}, known 2014-01-24, period_end 2013-11-30\)"
    with pytest.raises(DataError, match=wrong):
        Market.open(tmp_path / "m").fundamental_ttm("profit_cum")


def with_reports(folder, *tables):
    parts = small_market()
    parts["fundamentals"] = pa.concat_tables([parts["fundamentals"], *tables])
    write_dataset(folder, parts, name="small", source="random")
    return Market.open(folder)


def test_annual_and_first_quarter_published_on_one_day_make_a_trailing_year(tmp_path):
    market = with_reports(
        tmp_path / "m",
        reports(
            ("2013-04-25", "2013-03-31", 30.0),
            ("2014-01-24", "2014-03-31", 36.0),  # sorted after the annual report of the same day
            ("2014-01-24", "2013-12-31", 120.0),
        ),
    )
    for vintage in ("latest", "first"):
        assert on(market, market.fundamental("profit_cum", vintage), "2014-01-24") == 36.0
        assert on(market, market.fundamental_ttm("profit_cum", vintage), "2014-01-24") == 126.0
    before = on(market, market.fundamental_ttm("profit_cum"), "2014-01-23")
    assert np.isnan(before)  # one quarter is no year


def test_a_late_annual_report_completes_the_trailing_year(tmp_path):
    market = with_reports(
        tmp_path / "m",
        reports(
            ("2013-04-25", "2013-03-31", 30.0),
            ("2014-01-24", "2014-03-31", 36.0),
            ("2014-02-14", "2013-12-31", 120.0),
        ),
    )
    values = market.fundamental_ttm("profit_cum")
    assert np.isnan(on(market, values, "2014-02-13"))
    assert on(market, values, "2014-02-14") == 126.0
    assert on(market, market.fundamental("profit_cum"), "2014-02-14") == 36.0


def test_rows_without_a_period_replace_each_other(tmp_path):
    rows = reports(("2014-01-24", "2013-12-31", 1.0), ("2014-02-14", "2013-12-31", 2.0))
    none = pa.array([None, None], pa.date32())
    market = with_reports(tmp_path / "m", rows.set_column(3, "period_end", none))
    for vintage in ("latest", "first"):
        values = market.fundamental("profit_cum", vintage)
        assert (on(market, values, "2014-02-13"), on(market, values, "2014-02-14")) == (1.0, 2.0)
    assert market.fundamental_rows("profit_cum")["period_end"].isna().all()


def test_items_of_similar_names_are_never_mixed_up(tmp_path):
    plain = reports(("2013-04-25", "2013-03-31", 30.0), ("2014-01-24", "2013-12-31", 120.0))
    names = ("profit_cum.ttm", "profit_cum.latest", "ttm.profit_cum")
    others = []
    for number, name in enumerate(names):
        row = reports(("2014-01-24", "2013-12-31", float(number)))
        others.append(row.set_column(1, "item", pa.array([name])))
    market = with_reports(tmp_path / "m", plain, *others)
    for name in ("profit_cum", *names):
        market.fundamental_ttm(name), market.fundamental(name)
    again = Market.open(tmp_path / "m")  # from the cache on disk
    assert on(again, again.fundamental_ttm("profit_cum"), "2014-01-24") == 120.0
    for number, name in enumerate(names):
        assert on(again, again.fundamental(name), "2014-01-24") == number
