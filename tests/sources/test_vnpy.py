import os
import pickle
import sqlite3

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanthedge.errors import DataError
from quanthedge.market.checks import Collector
from quanthedge.sources.vnpy import layout as vnpy
from quanthedge.sources.vnpy.components import components
from tests.market.exporters.vnpy import export_vnpy, save_component
from tests.market.small_market import small_market
from tests.sample import SAMPLE
from tests.sources.spoiling import DAMAGE, contents, import_or_refuse, lay_out, spoilt
from tests.sources.vendor_compare import differences, imported, texts

LISTS = {
    "2014-01-02": ["600000.SSE", "000001.SZSE"],
    "2014-01-03": ["600000.SSE"],
    "2014-01-06": ["600000.SSE", "000001.SZSE"],
}


@pytest.fixture(scope="module")
def sample():
    return {path.stem: pq.read_table(path) for path in SAMPLE.glob("*.parquet")}


@pytest.fixture(scope="module")
def lab(sample, tmp_path_factory):
    folder = tmp_path_factory.mktemp("vnpy")
    export_vnpy(folder, sample, telling="adj_factor")
    return folder


@pytest.fixture
def tables():
    return small_market()


def read(folder):
    collector = Collector()
    return vnpy.read(folder, collector), collector.report()


def frames(tables):
    return {name: table.to_pandas() for name, table in tables.items()}


def test_a_market_comes_back_from_a_laboratory_with_factors(sample, lab, tmp_path):
    assert vnpy.recognise(lab)
    found, report = imported(vnpy, lab, tmp_path / "m")
    assert differences(frames(sample), found) == {
        "stocks": {"list_date", "delist_date"},
        "stock_daily": {"pre_close", "total_shares", "float_shares", "is_st", "is_delisting"},
        "futures_daily": {"settle"},
        "index_members": {"end"},  # the day before the next list, often a weekend's
        "fundamentals": "absent",
        "industry": "absent",
        "cash_rate": "absent",
        "stock_names": "absent",
        "index_weights": "absent",
        "statements": "absent",
        "analyst_estimates": "absent",
        "fund_holdings": "absent",
        "owners": "absent",
        "corporate_actions": "absent",
        "industry_index_daily": "absent",
        "government_yield_curve": "absent",
    }
    one = sample["stock_daily"].to_pandas()
    later = one["code"].astype(str).duplicated().to_numpy()
    assert (found["stock_daily"]["pre_close"][later] == one["pre_close"][later]).all()
    assert found["futures_daily"]["settle"].isna().all()
    one, two = (
        frame.sort_values(["index_code", "code", "start"])["end"].dropna().astype("datetime64[s]")
        for frame in (sample["index_members"].to_pandas(), found["index_members"])
    )
    days = sample["calendar"]["date"].to_numpy().astype("datetime64[s]")
    after = [np.searchsorted(days, ends.to_numpy(), side="right") for ends in (one, two)]
    assert after[0].tolist() == after[1].tolist()  # no trading day lies between the two ends
    warnings = texts(report, "warning")
    assert "settle is not in the source" in warnings
    assert "every day with a bar is a trading day" in warnings
    assert "the first bar is taken; none counts as delisted" in warnings


def test_stocks_without_a_factor_are_left_out_with_the_reason(tmp_path, tables):
    export_vnpy(tmp_path / "lab", tables)
    found, report = read(tmp_path / "lab")
    assert found.bars is None
    assert set(found.tables) == {"calendar", "index_daily", "futures_daily", "index_members"}
    assert "6 stocks left out: the files have neither adj_factor nor pre_close" in texts(
        report, "warning"
    )


def test_a_laboratory_of_such_stocks_only_is_refused(tmp_path, tables):
    export_vnpy(tmp_path / "lab", tables)
    for path in (tmp_path / "lab" / "daily").iterdir():
        if "CFFEX" in path.name or path.name.startswith("000300"):
            path.unlink()
    with pytest.raises(DataError, match=r"no bars that can be used.*adj_factor or pre_close"):
        read(tmp_path / "lab")


def test_previous_closes_serve_as_well_as_a_factor(tmp_path, tables):
    export_vnpy(tmp_path / "lab", tables, telling="pre_close")
    found, _report = imported(vnpy, tmp_path / "lab", tmp_path / "m")
    one = tables["stock_daily"].to_pandas()
    assert (found["stock_daily"]["pre_close"] == one["pre_close"]).all()
    assert len(found["stock_daily"]) == len(one)


def test_one_stock_without_a_factor_among_others_is_refused_by_name(tmp_path, tables):
    export_vnpy(tmp_path / "lab", tables, telling="adj_factor")
    path = tmp_path / "lab" / "daily" / "600519.SSE.parquet"
    pd.read_parquet(path).drop(columns="adj_factor").to_parquet(path)
    with pytest.raises(
        DataError, match=r"600519\.SSE\.parquet: has no such column, other stocks adj_factor"
    ):
        read(tmp_path / "lab")


def test_files_that_tell_the_ex_dates_in_different_columns_are_refused(tmp_path, tables):
    export_vnpy(tmp_path / "lab", tables, telling="adj_factor")
    path = tmp_path / "lab" / "daily" / "600519.SSE.parquet"
    pd.read_parquet(path).rename(columns={"adj_factor": "pre_close"}).to_parquet(path)
    with pytest.raises(DataError, match=r"600519.*has pre_close, other stocks adj_factor"):
        read(tmp_path / "lab")


def test_adjusted_prices_are_told_by_their_cents(tmp_path, tables):
    export_vnpy(tmp_path / "lab", tables, telling="adj_factor")
    for path in (tmp_path / "lab" / "daily").glob("60*.SSE.parquet"):
        frame = pd.read_parquet(path)
        for name in ("open", "high", "low", "close"):
            frame[name] *= 0.83177
        frame.to_parquet(path)
    text = import_or_refuse(vnpy, tmp_path / "lab", tmp_path / "m")
    assert "do not lie near 0.01 yuan" in text
    assert "adjusted prices" in text


def test_continuous_futures_and_other_symbols_are_left_out_by_name(tmp_path, tables):
    export_vnpy(tmp_path / "lab", tables)
    daily = tmp_path / "lab" / "daily"
    contract = next(daily.glob("IF*.CFFEX.parquet"))
    others = ("rb2410.SHFE", "IO2406-C-3500.CFFEX", "510300.SSE")
    for name in ("IF888.CFFEX", "IF99.CFFEX", *others):
        (daily / f"{name}.parquet").write_bytes(contract.read_bytes())
    found, report = read(tmp_path / "lab")
    assert set(found.tables["futures_daily"]["product"].to_pylist()) == {"IF"}
    assert "2 files of continuous futures left out" in texts(report)
    assert "3 files are neither an A share, an index nor an index future" in texts(report)


def test_days_of_zeros_are_left_out_and_a_turnover_of_zero_stays_undefined(tmp_path, tables):
    export_vnpy(tmp_path / "lab", tables)
    path = tmp_path / "lab" / "daily" / "000300.SSE.parquet"
    frame = pd.read_parquet(path)
    frame.loc[3, frame.columns[1:]] = 0.0
    frame.to_parquet(path)
    found, report = read(tmp_path / "lab")
    assert found.tables["index_daily"].num_rows == len(frame) - 1
    assert np.isnan(found.tables["index_daily"]["amount"].to_numpy()).all()  # exported as 0
    assert "1 bar of nothing but zeros left out" in texts(report)
    assert "turnover of 0" in texts(report)


@pytest.mark.parametrize("shelf", ["sqlite", "dumb"])
def test_members_are_read_from_either_form_of_a_shelf(tmp_path, shelf):
    save_component(tmp_path / "000300.SSE", LISTS, shelf)
    found = components(tmp_path, Collector()).to_pandas()
    assert set(found["index_code"]) == {"000300.SH"}
    told = {str(day): sorted(rows["code"]) for day, rows in found.groupby("date")}
    assert told == {
        "2014-01-02": ["000001.SZ", "600000.SH"],
        "2014-01-03": ["600000.SH"],
        "2014-01-06": ["000001.SZ", "600000.SH"],
    }


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_lists_pickled_by_any_protocol_are_read(tmp_path, protocol):
    symbols = ["600000.SSE", "000001.SZSE", "600000.SSE"]
    database(tmp_path, pickle.dumps(symbols, protocol))
    found = components(tmp_path, Collector())
    assert sorted(found["code"].to_pylist()) == ["000001.SZ", "600000.SH"]


def database(folder, value, ddl="CREATE TABLE Dict (key BLOB UNIQUE NOT NULL, value BLOB)"):
    with sqlite3.connect(folder / "000300.SSE") as made:
        made.execute(ddl)
        if ddl.startswith("CREATE TABLE Dict "):
            made.execute("INSERT INTO Dict VALUES (?, ?)", (b"2014-01-02", value))
    made.close()


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


BAD_VALUES = {
    "a number": pickle.dumps(5),
    "a dictionary": pickle.dumps({"600000.SSE": 1}),
    "a list in a list": pickle.dumps([["600000.SSE"]]),
    "a list that holds itself": b"\x80\x04]\x94h\x00a.",
    "nothing": b"",
    "no pickle": b"hello",
    "a text longer than the file": b"\x80\x04]\x94X\xff\xff\xff\x7fab.",
    "an unknown memory": b"\x80\x04]\x94(h\x07e.",
    "a large number": b"\x80\x04\x8b\xff\xff\xff\x7f.",
    "a long list": pickle.dumps(["600000.SSE"] * 30_000),
    "text instead of bytes": "abc",
}


@pytest.mark.parametrize("kind", BAD_VALUES)
def test_a_shelf_of_anything_but_lists_of_symbols_is_refused(tmp_path, kind):
    database(tmp_path, BAD_VALUES[kind])
    with pytest.raises(DataError, match=r"000300\.SSE"):
        components(tmp_path, Collector())


def test_nothing_in_a_shelf_is_ever_run(tmp_path):
    folder = tmp_path / "component"
    folder.mkdir()
    database(folder, pickle.dumps([Evil(tmp_path / "run")]))
    with pytest.raises(DataError, match="instruction"):
        components(folder, Collector())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "ddl",
    [
        "CREATE VIEW Dict AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) "
        "SELECT x AS key, x AS value FROM n",
        "CREATE TABLE Other (key BLOB)",
    ],
)
def test_an_sqlite_file_that_is_no_shelf_is_refused(tmp_path, ddl):
    database(tmp_path, b"", ddl)
    with pytest.raises(DataError, match="no Python shelf"):
        components(tmp_path, Collector())


def test_half_a_shelf_is_refused(tmp_path):
    save_component(tmp_path / "000300.SSE", LISTS, "dumb")
    data = tmp_path / "000300.SSE.dat"
    data.write_bytes(data.read_bytes()[:60])
    with pytest.raises(DataError, match=r"behind the file's end|no pickled list"):
        components(tmp_path, Collector())
    (tmp_path / "000300.SSE.dir").unlink()
    with pytest.raises(DataError, match=r"000300\.SSE\.dir beside it is missing"):
        components(tmp_path, Collector())


def test_a_shelf_in_a_form_of_the_system_is_named(tmp_path):
    (tmp_path / "000300.SSE").write_bytes(b"\xce\x9a\x57\x13" + bytes(100))
    collector = Collector()
    assert components(tmp_path, collector) is None
    assert "opening and saving it with Python 3.13" in texts(collector.report(), "warning")


def test_a_missing_column_is_named(tmp_path, tables):
    export_vnpy(tmp_path / "lab", tables)
    path = tmp_path / "lab" / "daily" / "000300.SSE.parquet"
    pd.read_parquet(path).drop(columns="turnover").to_parquet(path)
    with pytest.raises(DataError, match=r"000300\.SSE\.parquet: column 'turnover' is missing"):
        read(tmp_path / "lab")


@pytest.fixture(scope="module")
def small_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    tables = small_market(codes=("000001.SZ", "600000.SH"))
    export_vnpy(folder, tables, telling="adj_factor")
    return contents(folder)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(damages=st.lists(DAMAGE, min_size=1, max_size=3))
def test_any_damage_ends_in_a_market_or_one_error(small_files, tmp_path, damages):
    lay_out(spoilt(small_files, damages), tmp_path / "source")
    import_or_refuse(vnpy, tmp_path / "source", tmp_path / "m")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(["600000.SSE", "000300.SSE", "IF1403.CFFEX"]),
    column=st.sampled_from(["datetime", "open", "close", "volume", "turnover", "open_interest"]),
    cell=st.sampled_from([np.nan, np.inf, -1.0, 0.0, 1e300, None, "x"]),
    row=st.integers(0, 19),
)
def test_any_cell_ends_in_a_market_or_one_error(small_files, tmp_path, name, column, cell, row):
    lay_out(small_files, tmp_path / "source")
    path = tmp_path / "source" / "daily" / f"{name}.parquet"
    frame = pd.read_parquet(path)
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = cell
    if isinstance(cell, str):
        frame[column] = frame[column].astype(str)
    elif column != "datetime":
        frame[column] = frame[column].astype(float)
    else:
        frame[column] = pd.to_datetime(frame[column], errors="coerce")
    frame.to_parquet(path)
    import_or_refuse(vnpy, tmp_path / "source", tmp_path / "m")


def test_other_folders_are_not_taken_for_laboratories(tmp_path):
    (tmp_path / "daily").mkdir()
    (tmp_path / "daily" / "20140917.parquet").write_bytes(b"")
    assert not vnpy.recognise(tmp_path)
    assert not vnpy.recognise(SAMPLE)
