"""Every kind of bad input gives exactly one clear error, and nothing is written."""

import re
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from quanthedge.errors import DataError
from quanthedge.market import write_dataset
from quanthedge.market.checks.whole import check_tables
from tests.market.small_market import small_market, to_arrow


def frames(name, seed=0):
    return small_market(seed)[name].to_pandas()


def stock_daily(change):
    def spoil(tables):
        bars = tables["stock_daily"].to_pandas()
        tables["stock_daily"] = to_arrow(change(bars), "stock_daily")

    return spoil


def setting(column, value, row=7):
    def change(bars):
        bars.loc[row, column] = value
        return bars

    return stock_daily(change)


def with_last_day(found, day):
    """A table whose last row has another date, also one that pandas cannot hold."""
    days = pa.array([*found["date"].to_pylist()[:-1], date.fromisoformat(day)], pa.date32())
    return found.set_column(found.column_names.index("date"), "date", days)


def table(name, change):
    def spoil(tables):
        made = change(tables[name].to_pandas())
        tables[name] = made if isinstance(made, pa.Table) else to_arrow(made, name)

    return spoil


def renamed(name, old, new):
    def spoil(tables):
        names = [new if column == old else column for column in tables[name].column_names]
        tables[name] = tables[name].rename_columns(names)

    return spoil


def typed(name, column, kind):
    def spoil(tables):
        place = tables[name].column_names.index(column)
        values = tables[name][column].cast(kind)
        tables[name] = tables[name].set_column(place, column, values)

    return spoil


def emptied(name, column):
    def spoil(tables):
        place = tables[name].column_names.index(column)
        values = tables[name][column].to_pylist()
        values[3] = None
        kind = tables[name][column].type
        tables[name] = tables[name].set_column(place, column, pa.array(values, kind))

    return spoil


def missing(name):
    return lambda tables: tables.pop(name)


def called(name, other):
    def spoil(tables):
        tables[other] = tables.pop(name)

    return spoil


def swapped(bars):
    bars.loc[[4, 5]] = bars.loc[[5, 4]].to_numpy()
    return bars


def doubled(frame):
    return pd.concat([frame, frame.iloc[[2]]], ignore_index=True)


def another(frame, column):
    """Add a row of a key that is there already, with another value."""
    more = doubled(frame)
    more.loc[len(more) - 1, column] *= 1.01
    return more


def without_day(bars):
    return bars[bars["date"] != bars["date"].iloc[10]]


def hands(bars):
    bars["volume"] = bars["volume"] / 100
    return bars


def value(column, row, new):
    def change(frame):
        frame.loc[row, column] = new
        return frame

    return change


CASES = {
    "missing table": (missing("calendar"), "calendar: the table is missing"),
    "misspelt table": (
        called("stocks", "stock"),
        r"stocks: the table is missing \(found 'stock'\)",
    ),
    "table too many": (
        lambda tables: tables.update(bonds=tables["cash_rate"]),
        "bonds: no table has this name",
    ),
    "misspelt column": (
        renamed("stock_daily", "close", "colse"),
        r"stock_daily: column 'close' is missing \(found 'colse', expected 'close'\)",
    ),
    "missing column": (
        lambda tables: tables.update(cash_rate=tables["cash_rate"].drop_columns(["rate"])),
        r"cash_rate: column 'rate' is missing \(found date\)",
    ),
    "text for numbers": (
        typed("stock_daily", "close", pa.string()),
        "stock_daily: column 'close' is string; expected a number",
    ),
    "text for dates": (
        typed("calendar", "date", pa.string()),
        "calendar: column 'date' is string; expected a date",
    ),
    "a year of no market": (
        lambda tables: tables.update(cash_rate=with_last_day(tables["cash_rate"], "9999-12-31")),
        "cash_rate: 1 row has a date before 1900 or after 2199; fix the source",
    ),
    "number for a flag": (
        typed("stock_daily", "is_st", pa.int8()),
        "column 'is_st' is int8; expected true/false",
    ),
    "null price": (emptied("stock_daily", "close"), "stock_daily: 1 row has no close"),
    "null code": (emptied("stocks", "code"), "stocks: 1 row has no code"),
    "close 0": (
        setting("close", 0.0),
        r"stock_daily: 1 row has close <= 0, NaN or infinite \(000001.SZ 2014-\d\d-\d\d, close 0\)",
    ),
    "close NaN": (setting("close", np.nan), "1 row has close <= 0, NaN or infinite .*close nan"),
    "negative low": (setting("low", -1.0), "1 row has low <= 0"),
    "infinite high": (setting("high", np.inf), "1 row has high <= 0, NaN or infinite"),
    "negative volume": (setting("volume", -100.0), "1 row has volume <= 0"),
    "no adj_factor": (setting("adj_factor", np.nan), "1 row has adj_factor <= 0, NaN"),
    "high below low": (
        stock_daily(lambda bars: value("high", 7, bars.loc[7, "low"] - 0.5)(bars)),
        "1 row has high < low",
    ),
    "close above high": (
        stock_daily(lambda bars: value("close", 7, bars.loc[7, "high"] + 0.01)(bars)),
        "1 row has close outside the day's low to high",
    ),
    "duplicate next to it": (
        stock_daily(lambda bars: another(bars, "volume").sort_values(["code", "date"])),
        r"1 row repeats the \(code, date\) of another row",
    ),
    "duplicate at the end": (
        stock_daily(doubled),
        r"1 row repeats the \(code, date\) of another row \(000001.SZ 2014",
    ),
    "unsorted dates": (stock_daily(swapped), "1 row is not in order .*sort the table by code"),
    "unknown code": (
        stock_daily(lambda bars: pd.concat([bars, bars.iloc[[-1]].assign(code="603999.SH")])),
        "1 row has a code that is not in the table stocks .*603999.SH",
    ),
    "malformed code": (
        table("stocks", lambda f: pd.concat([f, f.iloc[[-1]].assign(code="sh600000")])),
        "stocks: 1 row has a malformed code .*accepted: six digits",
    ),
    "not a trading day": (
        setting("date", pd.Timestamp("2014-01-19").date(), row=7),
        "stock_daily: 1 row has a date that is not in the calendar",
    ),
    "a day missing": (stock_daily(without_day), "1 day has index bars but no stock bar"),
    "volume in hands": (stock_daily(hands), "volume must be in shares"),
    "bars before listing": (
        table("stocks", value("list_date", 4, pd.Timestamp("2014-01-15").date())),
        "are before the stock's list_date",
    ),
    "bars after delisting": (
        table("stocks", value("delist_date", 4, pd.Timestamp("2014-02-28").date())),
        "are on or after the stock's delist_date",
    ),
    "members overlap": (
        table("index_members", lambda f: pd.concat([f, f.iloc[[0]].assign(
            start=f["start"].iloc[0] + pd.Timedelta(1, "D"))])),
        "index_members: 1 row overlaps the spell before",
    ),
    "industry overlaps": (
        table("industry", lambda f: f.assign(end=None)), "industry: 3 rows overlap the spell before"
    ),
    "spell ends first": (
        table("industry", value("end", 0, pd.Timestamp("1999-01-01").date())),
        "industry: 1 row ends before they start|ends before",
    ),
    "fundamental twice": (
        table("fundamentals", lambda frame: another(frame, "value")),
        "fundamentals: 1 row repeats the .item, code, known_date",
    ),
    "infinite fundamental": (
        table("fundamentals", value("value", 1, np.inf)), "1 row has an infinite value"
    ),
    "index close 0": (table("index_daily", value("close", 1, 0.0)), "index_daily: 1 row has close"),
    "rate in percent": (
        table("cash_rate", lambda f: f.assign(rate=f["rate"] * 100)), "write 2.5% as 0.025"
    ),
    "contract of another product": (
        table("futures_daily", value("product", 1, "IC")), "has a contract of another product"
    ),
    "malformed contract": (
        table("futures_daily", value("contract", 1, "IF1413")), "1 row has a malformed contract"
    ),
    "futures after expiry": (
        table("futures_daily", lambda f: f.assign(last_trading_day=f["last_trading_day"].where(
            f["contract"] != "IF1403", pd.Timestamp("2014-03-03").date()))),
        "are after the contract's last_trading_day",
    ),
    "settlement 0": (table("futures_daily", value("settle", 1, 0.0)), "1 row has settle <= 0"),
    "futures high below low": (
        table("futures_daily", value("high", 1, 1.0)), "futures_daily: 1 row has high < low"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_input_gives_exactly_one_error_and_writes_nothing(case, tmp_path):
    spoil, words = CASES[case]
    tables = small_market()
    spoil(tables)
    errors = check_tables(tables).errors
    assert len(errors) == 1, [error.text for error in errors]
    assert re.search(words, errors[0].text), errors[0].text
    with pytest.raises(DataError) as raised:
        write_dataset(tmp_path / "market", tables, name="bad", source="test")
    assert errors[0].text in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_the_sound_market_has_no_error_and_no_warning():
    for seed in range(5):
        report = check_tables(small_market(seed, 50))
        assert report.ok
        assert report.warnings == [], str(report)


WARNINGS = {
    "member without prices": (
        table("index_members", lambda f: pd.concat([f, f.iloc[[0]].assign(code="600001.SH")])),
        r"index_members: 1 code without prices .*600001.SH",
    ),
    "beyond the limit": (
        stock_daily(lambda bars: value("low", 7, 1.0)(value("close", 7, 1.0)(bars))),
        "beyond the day's price limit",
    ),
    "adj_factor step": (
        stock_daily(lambda bars: value("adj_factor", 9, bars.loc[8, "adj_factor"] * 1.05)(bars)),
        "adj_factor step that differs",
    ),
    "first bar late": (
        stock_daily(lambda bars: bars.drop(bars[bars["code"] == "300001.SZ"].index[:3])),
        r"stocks: 1 stock with a first bar later than its list_date \(300001.SZ",
    ),
    "one wild VWAP": (setting("amount", 1e3), "VWAP"),
    "settle missing": (
        table("futures_daily", value("settle", 3, np.nan)), "1 row has no settlement price"
    ),
    "contract stops": (
        table("futures_daily", lambda f: f.drop(f[f["contract"] == "IF1402"].index[-3:])),
        "1 contract ends before their last trading day|ends before its last",
    ),
    "known before the period": (
        table("fundamentals", value("period_end", 0, pd.Timestamp("2014-12-31").date())),
        "known before their period ended",
    ),
    "an older period later": (
        table("fundamentals", lambda f: pd.concat([f, f.iloc[[0]].assign(
            known_date=pd.Timestamp("2014-06-02").date(),
            period_end=pd.Timestamp("2011-09-30").date())])),
        "1 row reports an older period than one already known",
    ),
    "industry with two names": (
        table("industry", value("name_zh", 1, "银行二")), "with more than one name"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WARNINGS)
def test_doubtful_data_is_counted_and_named_as_a_warning(case):
    spoil, words = WARNINGS[case]
    tables = small_market()
    spoil(tables)
    report = check_tables(tables)
    assert report.ok, str(report)
    assert any(re.search(words, finding.text) for finding in report.warnings), str(report)


def test_conversions_are_noted_not_silent():
    tables = small_market()
    tables["cash_rate"] = tables["cash_rate"].take(pa.array([1, 0, *range(2, 30)]))
    note = pa.nulls(tables["index_daily"].num_rows, pa.string())
    tables["index_daily"] = tables["index_daily"].append_column("note", note)
    notes = [finding.text for finding in check_tables(tables).of("info")]
    assert "cash_rate: rows sorted by date" in notes
    assert "index_daily: columns not part of the schema, not stored: note" in notes
