"""Many factors on some days: the days, the names, what is left out, and what is refused."""

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.errors import QuantHedgeError
from quanthedge.factors import (
    CATALOGUE,
    BookYield,
    Factor,
    Size,
    Turnover,
    Volatility,
    panel,
    period_ends,
)
from quanthedge.factors.base import as_rows
from quanthedge.factors.sharing import shared, sharing
from tests.market_fake import fake_market
from tests.sample import sample_market


class Odd(Factor):
    """Gives what it is told to give."""

    gives: str = "nothing"

    def exposure(self, market, rows=None):
        days = as_rows(market, rows)
        made = np.full((days.size, len(market.codes)), np.nan)
        if self.gives == "infinities":
            made[-1, 3] = np.inf
        if self.gives == "objects":
            return made.astype(object)
        if self.gives == "another shape":
            return made[:, :2]
        return made


def test_values_are_the_exposures_of_each_factor():
    market = fake_market()
    found = panel(market, [BookYield(), "size", {"kind": "turnover", "window": 9}], [30, 50, 89])
    assert found.names == ("book_yield", "size", "turnover")
    assert found.values.shape == (3, len(market.codes), 3)
    assert found.values.dtype == np.float32
    for k, factor in enumerate([BookYield(), Size(), Turnover(window=9)]):
        expected = factor.exposure(market, [30, 50, 89]).astype(np.float32)
        np.testing.assert_array_equal(found.values[:, :, k], expected)
        assert found.values[:, :, k].flags["C_CONTIGUOUS"]
    assert found.signs.tolist() == [1, -1, -1]
    frame = found.frame("size")
    assert frame.index.equals(pd.DatetimeIndex(market.dates[[30, 50, 89]], name="date"))
    assert frame.columns.tolist() == market.codes.tolist()


def test_names_are_distinct_and_say_what_differs():
    market = fake_market()
    factors = [Turnover(), Turnover(window=10), Volatility(window=10), "turnover"][:3]
    found = panel(market, factors, [70])
    assert found.names == ("turnover", "turnover(window=10)", "volatility")
    assert found.labels("en")[:2] == ("turnover", "turnover(window=10)")
    assert found.labels("zh")[2] == "波动率"


def test_months_and_weeks_end_where_the_calendar_says():
    market = sample_market()
    dates = pd.DatetimeIndex(market.dates)
    for period, key in (("month", "M"), ("week", "W-SUN")):
        ends = pd.Series(np.arange(len(dates))).groupby(dates.to_period(key)).last()
        found = period_ends(market, period)
        assert set(found) <= set(ends)
        assert len(ends) - len(found) <= 1  # the last, where the calendar does not go on
    assert period_ends(market, "day").size == len(dates)
    middle = market.dates[period_ends(market, "month")[5]] - np.timedelta64(9, "D")
    cut = market.until(middle)
    whole = period_ends(market, "month")
    np.testing.assert_array_equal(period_ends(cut, "month"), whole[whole < len(cut.dates)])
    some = panel(market, "size", "month", start="2014-03-01", end="2014-06-15")
    assert [str(day)[:7] for day in some.dates] == ["2014-03", "2014-04", "2014-05"]


def test_a_family_or_the_library_leaves_out_what_the_market_cannot_carry():
    market = fake_market()
    del market.fundamentals["book_equity"]
    found = panel(market, "valuation", [60])
    of_family = {kind for kind, e in CATALOGUE.entries.items() if e["family"] == "valuation"}
    assert set(found.names) | set(found.skipped) == of_family
    assert "book_equity" in found.skipped["book_yield"]
    assert found.values.shape[2] == len(found.names)
    with pytest.raises(QuantHedgeError, match="book_equity"):
        panel(market, "book_yield", [60])
    table = found.coverage()
    assert "book_equity" in table.loc["book_yield", "skipped"]
    both = panel(market, pd.DataFrame({"kind": ["size", "turnover"]}), [60])
    assert both.names == ("size", "turnover")
    library = qh.panel(sample_market(), rows=[400])
    assert set(library.names) | set(library.skipped) == set(CATALOGUE.entries)


def test_coverage_counts_the_stocks_that_traded():
    market = fake_market()
    rows = [5, 40, 80]
    found = panel(market, ["size", "turnover"], rows)
    table = found.coverage()
    traded = market.panel("traded")[rows]
    share = (np.isfinite(found.values[:, :, 1]) & traded).sum(1) / traded.sum(1)
    assert table.loc["turnover", "first"] == pd.Timestamp(market.dates[40])
    assert table.loc["turnover", "days"] == pytest.approx(2 / 3)
    assert table.loc["turnover", "lowest"] == pytest.approx(share[1:].min())
    assert table.loc["size", "mean"] == 1.0
    nobody = found.coverage(np.zeros(traded.shape, bool))
    assert (nobody["mean"] == 0).all()


BAD = {
    "no factor": (lambda m: panel(m, "turnoverr", [50]), "accepted: library, the families"),
    "no parameter": (lambda m: panel(m, {"kind": "turnover", "windw": 2}, [50]), "windw"),
    "a number": (lambda m: panel(m, [3], [50]), "a int"),
    "none": (lambda m: panel(m, [], [50]), "none is asked for"),
    "one twice": (lambda m: panel(m, ["size", Size()], [50]), "size is asked for twice"),
    "a table of something else": (lambda m: panel(m, pd.DataFrame({"a": [1]}), [50]), "'kind'"),
    "another period": (lambda m: panel(m, "size", "quarter"), "month, week, day"),
    "rows backward": (lambda m: panel(m, "size", [50, 40]), "ascending"),
    "half rows": (lambda m: panel(m, "size", [1.5]), "whole numbers"),
    "rows outside": (lambda m: panel(m, "size", [-1]), "reach outside"),
    "a span and rows": (lambda m: panel(m, "size", [1], start="2014-02-01"), "go with rows in a"),
    "another name": (lambda m: panel(m, "size", [50]).frame("beta9"), "no factor 'beta9'"),
    "nothing": (lambda m: panel(m, Odd(), [50]), "not defined for any stock"),
    "infinities": (lambda m: panel(m, Odd(gives="infinities"), [50]), "infinite"),
    "objects": (lambda m: panel(m, Odd(gives="objects"), [50]), "object"),
    "another shape": (lambda m: panel(m, Odd(gives="another shape"), [50]), "shape"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_wrong_factors_and_days_end_in_one_line(name):
    call, told = BAD[name]
    with pytest.raises(QuantHedgeError, match=told) as caught:
        call(fake_market())
    assert "\n" not in str(caught.value)


def test_what_factors_share_changes_no_exposure() -> None:
    market = sample_market()
    made = panel(market, "library", "month")
    for factor, name in zip(made.factors, made.names, strict=True):
        alone = np.asarray(factor.checked_exposure(market, made.rows), dtype=np.float32)
        np.testing.assert_array_equal(made.values[:, :, made.place(name)], alone, err_msg=name)


def test_a_part_of_one_market_is_never_handed_to_another() -> None:
    days = np.array([3])
    with sharing():
        for value in range(50):  # each market is gone before the next is made

            class Gone:
                pass

            found = shared(Gone(), days, "part", lambda v=value: np.full((1, 2), float(v)))
            assert (found == value).all()
