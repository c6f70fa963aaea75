import json
import struct

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanthedge.errors import DataError
from quanthedge.market.checks import Collector
from quanthedge.sources.wtpy import layout as wtpy
from quanthedge.sources.wtpy.blocks import read_blocks
from quanthedge.sources.wtpy.files import read_series, series_of
from tests.market.exporters.wtpy import FLAG, block, export_wtpy, write_hot, write_series
from tests.market.small_market import small_market
from tests.sample import SAMPLE
from tests.sources.spoiling import DAMAGE, contents, import_or_refuse, lay_out, spoilt
from tests.sources.vendor_compare import differences, imported, texts


@pytest.fixture(scope="module")
def sample():
    return {path.stem: pq.read_table(path) for path in SAMPLE.glob("*.parquet")}


@pytest.fixture(scope="module")
def futures(sample):
    frame = sample["futures_daily"].to_pandas()
    return frame[frame["date"].astype(str).str.startswith("2014")]


@pytest.fixture
def tables():
    return small_market()


def read(folder):
    collector = Collector()
    return wtpy.read(folder, collector), collector.report()


@pytest.mark.parametrize("form", ["csv", "bin"])
def test_a_market_comes_back_from_wondertrader_with_factors(sample, tmp_path, form):
    export_wtpy(tmp_path / "source", sample, form)
    assert wtpy.recognise(tmp_path / "source")
    found, report = imported(wtpy, tmp_path / "source", tmp_path / "m")
    frames = {name: table.to_pandas() for name, table in sample.items()}
    assert differences(frames, found) == {
        "stocks": {"list_date", "delist_date"},
        "stock_daily": {
            "pre_close", "total_shares", "float_shares", "is_st", "is_delisting"
        },
        "index_members": "absent",
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
    }  # fmt: skip
    one, two = frames["stock_daily"], found["stock_daily"]
    later = one["code"].astype(str).duplicated().to_numpy()
    assert (two["pre_close"][later] == one["pre_close"][later]).all()
    assert "the first bar is taken; none counts as delisted" in texts(report, "warning")


@pytest.mark.parametrize("form", ["csv", "bin", "his"])
def test_every_place_and_form_holds_the_same_bars(tmp_path, tables, form):
    export_wtpy(tmp_path / "source", tables, form)
    found, _report = imported(wtpy, tmp_path / "source", tmp_path / "m")
    frames = {name: table.to_pandas() for name, table in tables.items()}
    told = differences(frames, found)
    assert "futures_daily" not in told
    assert told["index_daily"] == {"amount"}  # where it is undefined, the exporter writes 0
    assert len(found["stock_daily"]) == len(frames["stock_daily"])
    for name in ("open", "high", "low", "close", "volume", "amount"):
        assert (found["stock_daily"][name] == frames["stock_daily"][name]).all()


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_all_versions_of_binary_bars_are_read(tmp_path, futures, version):
    rows = futures[futures["contract"] == "IF1410"]
    path = tmp_path / "CFFEX.IF.1410_d.dsb"
    path.write_bytes(block(rows, version))
    found = read_series(path).to_pandas()
    for name in ("open", "high", "low", "close", "settle", "volume", "amount", "open_interest"):
        assert (found[name].to_numpy() == rows[name].to_numpy()).all()
    assert found["date"].tolist() == rows["date"].tolist()


def test_a_demo_header_with_blanks_slashes_and_settlement_is_read(tmp_path):
    path = tmp_path / "CFFEX.IF.1005_d.csv"
    path.write_text(
        "date, time, open,high,low,close,volume,turnover,settlement,open_interest\n"
        "2010/04/16,0, 3450.0,3488.0,3413.2,3415.6,48988.0,50538805320.0,3431.2,2702.0\n"
        "2010/04/19,0, 3396.0,3398.0,3166.2,3197.4,109733.0,108206412240.0,0,3954.0\n"
    )
    found = read_series(path).to_pandas()
    assert found["date"].astype(str).tolist() == ["2010-04-16", "2010-04-19"]
    assert found["settle"][0] == 3431.2
    assert np.isnan(found["settle"][1])
    assert found["amount"][0] == 50538805320.0


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("CFFEX.IF.2406", "contract", "IF2406"),
        ("CFFEX.IF2406", "contract", "IF2406"),
        ("CFFEX.IF.HOT", "continuous", "IF"),
        ("CFFEX.IF.2ND", "continuous", "IF"),
        ("CFFEX.IF.HOT-", "adjusted", ""),
        ("CFFEX.IO2406-C-3500", "other", ""),
        ("SSE.600000", "stock", "600000.SH"),
        ("SSE.STK.600000", "stock", "600000.SH"),
        ("SSE.600000Q", "adjusted", "600000.SH"),
        ("SZSE.STK.000001-", "adjusted", "000001.SZ"),
        ("SSE.000300", "index", "000300.SH"),
        ("SZSE.IDX.399006", "index", "399006.SZ"),
        ("SSE.510300", "other", ""),
        ("SHFE.rb.HOT", "other", ""),
        ("../../etc", "other", ""),
    ],
)
def test_names_say_what_a_series_is(tmp_path, name, kind, code):
    series = series_of(tmp_path, name)
    assert (series.kind, series.code) == (kind, code)


def test_stocks_without_factors_are_left_out_with_the_reason(tmp_path, tables):
    export_wtpy(tmp_path / "source", tables, factors=False)
    found, report = read(tmp_path / "source")
    assert found.bars is None
    assert set(found.tables) == {"calendar", "index_daily", "futures_daily"}
    assert "6 stocks left out: adjfactors.json is not there" in texts(report, "warning")


def test_a_stock_that_the_factors_do_not_name_is_told(tmp_path, tables):
    export_wtpy(tmp_path / "source", tables)
    path = tmp_path / "source" / "adjfactors.json"
    root = json.loads(path.read_text())
    del root["SSE"]["600519"]
    path.write_text(json.dumps(root))
    _found, report = read(tmp_path / "source")
    assert "1 of 6 stocks are not in adjfactors.json" in texts(report, "warning")


def test_a_stock_whose_file_has_no_bar_is_told(tmp_path, tables):
    export_wtpy(tmp_path / "source", tables)
    path = tmp_path / "source" / "csv" / "SZSE.000001_d.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    found, report = imported(wtpy, tmp_path / "source", tmp_path / "m")
    assert "000001.SZ" not in set(found["stocks"]["code"])
    assert "stocks: 1 stock whose file has no bar left out (000001.SZ)" in texts(report, "warning")


def test_adjusted_series_are_left_out_and_refused_under_a_plain_name(tmp_path, tables):
    export_wtpy(tmp_path / "source", tables)
    plain = tmp_path / "source" / "csv" / "SSE.600519_d.csv"
    frame = pd.read_csv(plain)
    frame[["open", "high", "low", "close"]] *= 0.83177
    frame.to_csv(plain.with_name("SSE.600519Q_d.csv"), index=False)
    _found, report = read(tmp_path / "source")
    assert "1 file of adjusted series left out" in texts(report)
    frame.to_csv(plain, index=False)
    text = import_or_refuse(wtpy, tmp_path / "source", tmp_path / "m")
    assert "do not lie near 0.01 yuan" in text


def test_a_continuous_series_becomes_contracts_by_the_rules(tmp_path, futures):
    series = write_hot(tmp_path, "IF", futures)
    found, report = read(tmp_path)
    rows = found.tables["futures_daily"].to_pandas()
    wanted = series.sort_values(["contract", "date"])
    assert rows["contract"].tolist() == wanted["contract"].tolist()
    assert rows["date"].tolist() == wanted["date"].tolist()
    assert (rows["close"].to_numpy() == wanted["close"].to_numpy()).all()
    assert rows["last_trading_day"].tolist() == wanted["last_trading_day"].tolist()
    assert "are given to contracts by the rule file" in texts(report, "warning")


def test_a_series_that_switches_before_its_rules_is_left_out(tmp_path, futures):
    write_hot(tmp_path, "IF", futures)
    rules = json.loads((tmp_path / "hots.json").read_text())
    days = sorted(set(futures["date"].astype(str).str.replace("-", "").astype(int)))
    for rule in rules["CFFEX"]["IF"][1:4]:  # the rules come a day late: the close is another one
        rule["date"] = days[days.index(rule["date"]) + 1]
    (tmp_path / "hots.json").write_text(json.dumps(rules))
    found, report = read(tmp_path)
    assert "3 stretches of CFFEX.IF.HOT left out: series and rules do not fit" in texts(
        report, "warning"
    )
    left = {rule["to"] for rule in rules["CFFEX"]["IF"][:3]}
    assert not left & set(found.tables["futures_daily"]["contract"].to_pylist())


def test_rules_without_closes_prove_nothing(tmp_path, futures):
    write_hot(tmp_path, "IF", futures)
    rules = json.loads((tmp_path / "hots.json").read_text())
    for rule in rules["CFFEX"]["IF"]:
        del rule["oldclose"]
    (tmp_path / "hots.json").write_text(json.dumps(rules))
    found, report = read(tmp_path)
    last = rules["CFFEX"]["IF"][-1]["to"]
    assert set(found.tables["futures_daily"]["contract"].to_pylist()) == {last}
    assert "by the rules unknown" in texts(report, "warning")


def test_a_contracts_own_file_is_used_and_shows_a_series_that_switches_late(tmp_path, futures):
    write_hot(tmp_path, "IF", futures, late=1)
    contract = futures[futures["contract"] == "IF1410"]
    write_series(tmp_path, "CFFEX.IF.1410", contract)
    found, report = read(tmp_path)
    assert "IF1410" in texts(report, "warning")
    assert "in the contract's file" in texts(report, "warning")
    rows = found.tables["futures_daily"].to_pandas()
    rows = rows[rows["contract"] == "IF1410"]
    assert len(rows) == len(contract)
    assert (rows["close"].to_numpy() == contract["close"].to_numpy()).all()


def test_days_of_a_contracts_own_file_are_not_doubled(tmp_path, futures):
    write_hot(tmp_path, "IF", futures)
    write_series(tmp_path, "CFFEX.IF.1410", futures[futures["contract"] == "IF1410"])
    found, _report = read(tmp_path)
    rows = found.tables["futures_daily"].to_pandas()
    assert not rows.duplicated(["contract", "date"]).any()


def test_rules_that_end_before_the_series_do_not_carry_a_contract_past_its_end(tmp_path, futures):
    write_hot(tmp_path, "IF", futures)
    rules = json.loads((tmp_path / "hots.json").read_text())
    rules["CFFEX"]["IF"] = rules["CFFEX"]["IF"][:5]
    (tmp_path / "hots.json").write_text(json.dumps(rules))
    found, report = read(tmp_path)
    rows = found.tables["futures_daily"].to_pandas()
    assert (rows["date"] <= rows["last_trading_day"]).all()
    assert "after the last contract's last day, left out" in texts(report)


def test_a_continuous_series_without_rules_is_left_out(tmp_path, futures):
    write_hot(tmp_path, "IF", futures)
    (tmp_path / "hots.json").unlink()
    write_series(tmp_path, "CFFEX.IF.1410", futures[futures["contract"] == "IF1410"])
    found, report = read(tmp_path)
    assert set(found.tables["futures_daily"]["contract"].to_pylist()) == {"IF1410"}
    assert "a continuous series cannot be traded" in texts(report, "warning")


def test_only_a_continuous_series_without_rules_is_refused(tmp_path, futures):
    write_hot(tmp_path, "IF", futures)
    (tmp_path / "hots.json").unlink()
    with pytest.raises(DataError, match=r"no bars that can be used.*hots\.json"):
        read(tmp_path)


def test_a_series_in_two_files_is_read_once(tmp_path, futures):
    rows = futures[futures["contract"] == "IF1410"]
    for form in ("csv", "bin", "his"):
        write_series(tmp_path, "CFFEX.IF.1410", rows, form)
    found, report = read(tmp_path)
    assert found.tables["futures_daily"].num_rows == len(rows)
    assert "2 files hold a series that another file holds too" in texts(report)


def head(kind=23, version=4):
    return FLAG + struct.pack("<HH", kind, version)


def packed(body, stated=None):
    frame = pa.Codec("zstd").compress(body, asbytes=True)
    return struct.pack("<Q", len(frame) if stated is None else stated) + frame


def lying(body, size):
    """A frame whose header says another size: 4-byte field, single segment."""
    frame = bytearray(pa.Codec("zstd").compress(body, asbytes=True))
    assert frame[4] >> 6 == 2
    frame[5:9] = struct.pack("<I", size)
    return struct.pack("<Q", len(frame)) + bytes(frame)


BAD_BLOCKS = {
    "another file": (b"hello world, hello world", "first 8 bytes"),
    "nothing": (b"", "first 8 bytes"),
    "minutes": (head(kind=21) + packed(b""), "kind 21"),
    "a later version": (head(version=9) + packed(b""), "version 9"),
    "half a bar": (head() + packed(bytes(100)), "88 bytes each"),
    "half an old bar": (head(version=1) + bytes(100), "68 bytes each"),
    "no size": (head() + b"abc", "packed bytes"),
    "a wrong size": (head() + packed(bytes(88), 3), "packed bytes"),
    "no zstd": (head() + struct.pack("<Q", 40) + bytes(40), "unknown number"),
    "a bomb": (head() + packed(bytes(88 * 400_000)), "at most"),
    "a hidden bomb": (head() + lying(bytes(88 * 400_000), 88), "damaged"),
    "fewer bytes than said": (head() + lying(bytes(88 * 1_000), 88 * 2_000), "damaged"),
    "a day that is none": (head(version=3) + struct.pack("<IIQ9d", 20140231, *[0] * 11), "no date"),
}


@pytest.mark.parametrize("kind", BAD_BLOCKS)
def test_a_damaged_block_is_one_clear_error(tmp_path, kind):
    stored, message = BAD_BLOCKS[kind]
    path = tmp_path / "CFFEX.IF.2406_d.dsb"
    path.write_bytes(stored)
    with pytest.raises(DataError, match=message):
        read_series(path)


def test_a_block_of_terabytes_is_refused_unread(tmp_path):
    path = tmp_path / "CFFEX.IF.2406_d.dsb"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(DataError, match="at most"):
        read_blocks(path)


BAD_RULES = {
    "no JSON": ("{", "unreadable as JSON"),
    "too deep": ("[" * 100_000, "unreadable as JSON"),
    "a list": ("[]", "an object by exchange"),
    "entries that are none": ('{"CFFEX": {"IF": [1]}}', "a list of entries"),
    "no date": ('{"CFFEX": {"IF": [{"to": "IF1410"}]}}', "no date"),
    "a day that is none": ('{"CFFEX": {"IF": [{"to": "IF1410", "date": 20140231}]}}', "no date"),
    "no contract": ('{"CFFEX": {"IF": [{"date": 20140919}]}}', "no contract in 'to'"),
    "a name that is none": ('{"CFFEX": {"IF": [{"date": 20140919, "to": "XX"}]}}', "no contract"),
    "a product twice": ('{"CFFEX": {"IF": [], "IF": []}}', "'IF' stands twice"),
    "two on one day": (
        '{"CFFEX": {"IF": [{"date": 20140919, "to": "IF1410"}, '
        '{"date": 20140919, "to": "IF1411"}]}}', "two entries"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_RULES)
def test_a_damaged_rule_file_is_one_clear_error(tmp_path, futures, kind):
    text, message = BAD_RULES[kind]
    write_hot(tmp_path, "IF", futures)
    (tmp_path / "hots.json").write_text(text)
    with pytest.raises(DataError, match=message):
        read(tmp_path)


def test_a_factor_of_zero_is_refused(tmp_path, tables):
    export_wtpy(tmp_path / "source", tables)
    text = '{"SSE": {"600000": [{"date": 20140919, "factor": 0}]}}'
    (tmp_path / "source" / "adjfactors.json").write_text(text)
    with pytest.raises(DataError, match="no number above 0"):
        read(tmp_path / "source")


def test_a_missing_column_is_named(tmp_path):
    (tmp_path / "CFFEX.IF.1410_d.csv").write_text("date,open,high,low\n20140917,1,1,1\n")
    with pytest.raises(DataError, match=r"IF\.1410_d\.csv: column 'close' is missing"):
        read(tmp_path)


@pytest.fixture(scope="module", params=["csv", "bin"])
def small_files(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("small")
    tables = small_market(codes=("000001.SZ", "600000.SH"))
    export_wtpy(folder, tables, request.param)
    write_hot(folder, "IF", tables["futures_daily"].to_pandas(), request.param)
    return contents(folder)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(damages=st.lists(DAMAGE, min_size=1, max_size=3))
def test_any_damage_ends_in_a_market_or_one_error(small_files, tmp_path, damages):
    lay_out(spoilt(small_files, damages), tmp_path / "source")
    import_or_refuse(wtpy, tmp_path / "source", tmp_path / "m")


def test_other_folders_are_not_taken_for_wondertraders(tmp_path):
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "600000_d.csv").write_text("")
    assert not wtpy.recognise(tmp_path)
    assert not wtpy.recognise(SAMPLE)
