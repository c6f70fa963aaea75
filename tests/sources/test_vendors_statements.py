"""Trailing sums and point-in-time items against a slow reference that reads day by day."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.market.checks import Collector
from quanthedge.sources.tushare import layout as tushare
from quanthedge.sources.vendors.statements import Statement, fundamentals_of
from quanthedge.sources.vendors.trailing import trailing
from tests.market.exporters import vendors as export
from tests.sources.vendor_compare import imported, texts

QUARTERS = pd.date_range("2012-03-31", "2014-12-31", freq="QE")


def reports(seed, stocks=2):
    """Reports and later corrections, some of them missing."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(stocks):
        for quarter in QUARTERS:
            if rng.random() < 0.1:
                continue
            delay = int(rng.integers(10, 110))
            for again in range(int(rng.integers(1, 3))):
                known = quarter + pd.Timedelta(delay + 200 * again, "D")
                value = round(float(rng.normal(100, 30)), 2)
                rows.append((f"00000{number + 1}.SZ", known, quarter, value))
    frame = pd.DataFrame(rows, columns=["code", "known_date", "period_end", "profit"])
    return frame.drop_duplicates(["code", "known_date", "period_end"])


def as_table(frame):
    columns = {name: frame[name] for name in frame.columns}
    for name in ("known_date", "period_end"):
        columns[name] = pa.array(frame[name].dt.date, pa.date32())
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def known_figures(frame, code, day):
    """The last figure of each period that was public by a day."""
    rows = frame[(frame["code"] == code) & (frame["known_date"] <= day)]
    rows = rows.sort_values("known_date").drop_duplicates("period_end", keep="last")
    return dict(zip(rows["period_end"], rows["profit"], strict=True))


def slow_sum(figures, period, reported):
    if reported == "single":
        needed = [period - pd.offsets.QuarterEnd(k) for k in range(4)]
        if any(quarter not in figures for quarter in needed):
            return None
        return sum(figures[quarter] for quarter in needed)
    if period.month == 12:
        return figures.get(period)
    year, before = pd.Timestamp(period.year - 1, 12, 31), period - pd.offsets.QuarterEnd(4)
    if any(quarter not in figures for quarter in (period, year, before)):
        return None
    return figures[period] + figures[year] - figures[before]


@pytest.mark.parametrize("reported", ["cumulative", "single"])
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_trailing_sum_uses_what_was_public_on_the_day(reported, seed):
    frame = reports(seed)
    got = trailing(as_table(frame), "profit", "profit_ttm", reported).to_pandas()
    for name in ("known_date", "period_end"):
        got[name] = pd.to_datetime(got[name])
    for code in frame["code"].unique():
        for day in pd.date_range("2012-06-01", "2016-03-01", freq="37D"):
            figures = known_figures(frame, code, day)
            rows = got[(got["code"] == code) & (got["known_date"] <= day)]
            rows = rows.sort_values("known_date").drop_duplicates("period_end", keep="last")
            found = dict(zip(rows["period_end"], rows["value"], strict=True))
            wanted = {q: slow_sum(figures, q, reported) for q in QUARTERS}
            wanted = {q: value for q, value in wanted.items() if value is not None}
            assert found.keys() == wanted.keys()
            for quarter, value in wanted.items():
                assert found[quarter] == pytest.approx(value)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_value_of_a_day_is_the_newest_periods_last_public_figure(seed):
    frame = reports(seed)
    statement = Statement({"profit": "profit_cum"}, {})
    table = fundamentals_of(as_table(frame), statement, "income", Collector())
    got = table.to_pandas()
    for name in ("known_date", "period_end"):
        got[name] = pd.to_datetime(got[name])
    for code in frame["code"].unique():
        for day in pd.date_range("2012-06-01", "2016-03-01", freq="37D"):
            figures = known_figures(frame, code, day)
            rows = got[(got["code"] == code) & (got["known_date"] <= day)]
            if not figures:
                assert rows.empty
                continue
            last = rows.sort_values(["known_date", "period_end"]).iloc[-1]
            assert last["period_end"] == max(figures)
            assert last["value"] == figures[max(figures)]


def income(**changes):
    rows = {
        "ts_code": "600000.SH", "ann_date": "20140328", "f_ann_date": "20140328",
        "end_date": "20131231", "report_type": "1", "update_flag": "0",
        "n_income_attr_p": 100.0, "total_revenue": 900.0, "basic_eps": 0.5,
    }  # fmt: skip
    return {**rows, **changes}


def test_corrections_and_comparatives_count_from_the_day_they_were_published(tmp_path):
    tables = export.sample_tables(3)
    export.tushare(tables, tmp_path / "source")
    code = tables["stocks"]["code"].iloc[0]
    rows = [
        income(f_ann_date="20130420", end_date="20130331", n_income_attr_p=20.0),
        income(report_type="5"),  # the annual report as first published
        income(f_ann_date="20140610", n_income_attr_p=90.0, update_flag="1"),  # its correction
        income(f_ann_date="20140420", end_date="20140331", n_income_attr_p=30.0),
        # last year's first quarter, restated in this year's report
        income(f_ann_date="20140420", end_date="20130331", report_type="4", n_income_attr_p=25.0),
        income(f_ann_date="20140420", end_date="20140331", report_type="6", n_income_attr_p=7.0),
        income(f_ann_date="20140420", end_date="20140331", n_income_attr_p=31.0, update_flag="1"),
        income(f_ann_date=None, ann_date=None, end_date="20140630", n_income_attr_p=1.0),
    ]
    export.save(pd.DataFrame(rows).assign(ts_code=code), tmp_path / "source", "income")
    found, report = imported(tushare, tmp_path / "source", tmp_path / "m")
    facts = found["fundamentals"]
    facts = facts[facts["code"] == code].assign(known=lambda f: f["known_date"].astype(str))

    def values(item):
        rows = facts[facts["item"] == item]
        return dict(zip(rows["known"], rows["value"], strict=True))

    assert values("net_profit_ttm") == {
        "2014-03-28": 100.0,
        "2014-04-20": 31.0 + 100.0 - 25.0,
        "2014-06-10": 31.0 + 90.0 - 25.0,
    }
    assert values("net_profit_last_annual") == {"2014-03-28": 100.0, "2014-06-10": 90.0}
    assert values("basic_eps_cum") == {"2013-04-20": 0.5, "2014-03-28": 0.5, "2014-04-20": 0.5}
    notes = texts(report)
    assert "income: 1 row of other report types" in notes
    assert "income: 1 row left out: another version of the same report" in notes
    assert "income: 1 row without an announcement date or a period left out" in notes
    assert "income: 2 rows of a period older than one already public" in notes
