"""A point in time is the day that it was in Shanghai, however a source writes it."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanthedge.errors import DataError
from quanthedge.market.days import as_dates
from quanthedge.sources import import_market
from tests.market.small_market import small_market

THE_DAY = date(2014, 1, 2)
MIDNIGHT = datetime(2014, 1, 1, 16, tzinfo=UTC)  # of THE_DAY in Shanghai


@pytest.mark.parametrize(
    "written",
    [
        "2014-01-02 00:00:00+08:00",
        "2014-01-02T00:00:00+0800",
        "2014-01-02T00:00:00.000+08",
        "2014-01-02 15:00:00+08:00[Asia/Shanghai]",
        "2014-01-01T16:00:00Z",
        "2014-01-01 16:00:00.000 UTC",
        "2014-01-01T11:00:00-05:00",
        "20140102",
        "2014/01/02",
        "2014-01-02 09:30:00",
        "1388592000000",
    ],
)
def test_a_text_is_its_day_in_shanghai(written):
    assert as_dates(pa.array([written]), "file").to_pylist() == [THE_DAY]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_moment_counted_from_1970_is_its_day_in_shanghai(unit):
    moments = pa.array([MIDNIGHT.replace(tzinfo=None), datetime(1999, 9, 28, 16), None],
                       pa.timestamp("s"))  # fmt: skip
    numbers = moments.cast(pa.timestamp(unit)).cast(pa.int64())
    assert as_dates(numbers, "file").to_pylist() == [THE_DAY, date(1999, 9, 29), None]


@given(st.datetimes(datetime(1992, 1, 1), datetime(2030, 1, 1)), st.integers(-12, 14))
def test_text_and_stored_moment_agree_with_pandas_in_every_zone(moment, hours):
    zone = timezone(timedelta(hours=hours))
    aware = moment.replace(microsecond=0, tzinfo=zone)
    right = pd.Timestamp(aware).tz_convert("Asia/Shanghai").date()
    stored = pa.array([aware], pa.timestamp("us", "UTC"))
    assert as_dates(pa.array([aware.isoformat()]), "f").to_pylist() == [right]
    assert as_dates(stored, "f").to_pylist() == [right]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (["2014-01-02 16:00:00", "2014-01-03 16:00:00"], "midnight in Shanghai as UTC writes it"),
        ([datetime(2014, 1, 2, 16), None], "midnight in Shanghai as UTC writes it"),
        # Shanghai had summer time until 1991, and a list may hold a day of its own writing.
        (["1991-06-30 15:00:00", "1992-01-02 16:00:00"], "midnight in Shanghai as UTC writes it"),
        (["2014-01-02", "2014-01-02 16:00:00", ""], "midnight in Shanghai as UTC writes it"),
        ([datetime(1991, 6, 30, 15), datetime(1992, 1, 2, 16)], "midnight in Shanghai as UTC"),
        (["20140102 16:00", "20140103 16:00:00.000"], "midnight in Shanghai as UTC writes it"),
        (["20140102160000"], "midnight in Shanghai as UTC writes it"),
        ([20140102160000, 20140103160000], "midnight in Shanghai as UTC writes it"),
        (["2014-01-02T16:00:00", "2014-01-03T00:00:00Z"], "midnight in Shanghai as UTC writes it"),
        (["2014-01-02", "02/01/2014"], "'02/01/2014' is no date"),
        (["2014-02-30"], "'2014-02-30' is no date"),
        (["2014-01-02T00:00:00 Mars/Olympus"], "is no date; accepted: 20140917"),
        ([20140102, 1388592000], "20140102 stands among moments counted from 1970"),
        ([float("inf")], "inf is no date"),
    ],
)
def test_what_is_no_certain_day_is_refused_with_what_is_accepted(column, words):
    with pytest.raises(DataError, match=words):
        as_dates(pa.array(column), "bars.csv: column 'date'")


@pytest.mark.parametrize(
    "column",
    [
        ["2014-01-02 15:00:00", "2014-01-03 15:00:00"],  # the close of a day
        ["2014-01-02 16:00:00", "2014-01-03 17:30:00"],  # announcements
        ["2014-01-02", "2014-01-03 00:00:00", None],
        [20140102150000, 20140103],
    ],
)
def test_times_of_day_that_are_no_midnight_elsewhere_are_dropped(column):
    assert as_dates(pa.array(column), "f").to_pylist()[:2] == [date(2014, 1, 2), date(2014, 1, 3)]


def zoned(table):
    """Every date as midnight in Shanghai, stored with a zone."""
    for place, field in enumerate(table.schema):
        if pa.types.is_date(field.type):
            days = table[field.name].to_numpy().astype("datetime64[s]")
            moments = pa.array(days - np.timedelta64(8, "h"), pa.timestamp("s"))
            moments = pc.if_else(pc.is_null(table[field.name]).combine_chunks(), None, moments)
            table = table.set_column(place, field.name, moments.cast(pa.timestamp("s", "UTC")))
    return table


def test_a_market_stored_with_zones_is_the_market_of_its_days(tmp_path):
    fingerprints = []
    for name, change in (("plain", lambda table: table), ("zoned", zoned)):
        (tmp_path / name).mkdir()
        for table, rows in small_market().items():
            pq.write_table(change(rows), tmp_path / name / f"{table}.parquet")
        import_market(tmp_path / name, tmp_path / f"{name} m")
        fingerprints.append((tmp_path / f"{name} m" / "calendar.parquet").read_bytes())
        days = pq.read_table(tmp_path / f"{name} m" / "stock_daily.parquet")["date"]
        fingerprints.append(days.to_pylist())
    assert fingerprints[:2] == fingerprints[2:]
