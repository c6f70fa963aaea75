"""Delisted stocks: there, silently gone, or left out by the vendor."""

import numpy as np
import pandas as pd

from quanthedge.market.blocks import Axes
from quanthedge.market.checks.findings import Collector
from quanthedge.market.checks.survival import check_survival, years_gone

CODES = np.array(["000001.SZ", "000002.SZ", "600000.SH"])


def survival(years, gone=(None, None, None), last=(None, None, None), share=1.0):
    """Check three stocks over some years; `last` is the date of a stock's last bar."""
    calendar = pd.bdate_range("2010-01-04", periods=years * 250).to_numpy().astype("datetime64[D]")
    traded = np.zeros((3, len(calendar)), dtype=bool)
    for place, day in enumerate(last):
        stop = len(calendar) if day is None else int(np.searchsorted(calendar, np.datetime64(day)))
        traded[place, :stop] = True
    traded[0, 1 : int((1 - share) * len(calendar))] = False
    collector = Collector()
    left = np.array(["NaT" if day is None else day for day in gone], "datetime64[D]")
    listed = np.full(3, np.datetime64("2000-01-04"))
    check_survival(Axes(calendar, CODES), listed, left, traded, collector)
    return {finding.rule: finding for finding in collector.report()}


def test_long_data_without_a_delisted_stock_is_likely_biased():
    finding = survival(6)["survivorship"]
    assert finding.level == "warning"
    assert "none of 3 stocks is gone in 5.7 years; survivorship bias likely" in finding.text


def test_short_data_say_nothing():
    assert survival(3) == {}


def test_delisted_stocks_are_counted_by_year():
    found = survival(6, gone=("2012-05-02", "2012-09-03", "2014-01-06"),
                     last=("2012-04-27", "2012-08-31", None))  # fmt: skip
    assert "survivorship" not in found
    assert "3 of 3 stocks are gone before the end (2012 2, 2014 1)" in found["gone"].text


def test_stocks_that_fall_silent_without_a_date_are_named_and_are_no_survivors():
    found = survival(6, last=(None, "2012-08-31", None))
    assert "survivorship" not in found
    assert found["silent"].examples == ["000002.SZ last 2012-08-30"]


def test_stocks_that_rarely_trade_are_named_with_their_share():
    assert survival(3, share=0.4)["rare"].examples == ["000001.SZ 40%"]
    assert "rare" not in survival(3, share=0.6)


def test_departures_outside_the_data_do_not_count():
    gone = np.array(["2009-01-05", "2011-03-01", "2011-12-01", "2020-01-02", "NaT"], "M8[D]")
    assert years_gone(gone, np.datetime64("2010-01-04"), np.datetime64("2015-12-31")) == {2011: 2}
