import shutil
import struct
import zlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanthedge.errors import DataError
from quanthedge.market.checks import Collector
from quanthedge.sources.qlib import layout as qlib
from tests.market.exporters.qlib import export_qlib, write_bin, write_pit
from tests.market.small_market import small_market, to_arrow
from tests.sample import SAMPLE
from tests.sources.spoiling import DAMAGE, contents, import_or_refuse, lay_out, spoilt
from tests.sources.vendor_compare import differences, imported, texts

FLOAT32 = 2.0**-23  # relative error of a product or quotient of two float32


@pytest.fixture(scope="module")
def sample():
    return {path.stem: pq.read_table(path) for path in SAMPLE.glob("*.parquet")}


@pytest.fixture(scope="module")
def sample_back(sample, tmp_path_factory):
    folder = tmp_path_factory.mktemp("qlib")
    export_qlib(folder / "source", sample)
    assert qlib.recognise(folder / "source")
    return imported(qlib, folder / "source", folder / "m")


@pytest.fixture
def tables():
    return small_market()


@pytest.fixture
def source(tmp_path, tables):
    export_qlib(tmp_path / "source", tables)
    return tmp_path / "source"


def refused(source, tmp_path):
    text = import_or_refuse(qlib, source, tmp_path / "refused")
    assert text is not None
    return text


def original(sample):
    frames = {name: table.to_pandas() for name, table in sample.items()}
    frames["fundamentals"]["item"] += "_q"
    return frames


def test_listed_codes_of_other_markets_are_counted(tmp_path, source):
    path = source / "instruments" / "all.txt"
    path.write_text(path.read_text() + "NYSEAAPL\t2014-01-02\t2014-03-03\n")
    _found, report = imported(qlib, source, tmp_path / "m")
    told = "1 code of other markets in instruments/all.txt left out (NYSEAAPL)"
    assert told in texts(report)


def test_a_folder_without_its_calendar_is_refused_as_a_missing_file(tmp_path, source):
    path = source / "calendars" / "day.txt"
    path.unlink()
    assert refused(source, tmp_path) == f"{path}: no such file"


def test_a_market_comes_back_from_qlib_but_for_what_it_cannot_hold(sample, sample_back):
    found, _report = sample_back
    assert differences(original(sample), found) == {
        "stock_daily": {
            "pre_close",  # of first bars
            "volume", "amount",  # to float32
            "adj_factor",  # another level
            "total_shares", "float_shares", "is_st", "is_delisting",
        },
        "index_daily": {"open", "high", "low", "close", "volume", "amount"},  # to float32
        "futures_daily": "absent",
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


def test_what_float32_holds_comes_back_to_its_precision(sample, sample_back):
    one = sample["stock_daily"].to_pandas()
    two = sample_back[0]["stock_daily"]
    np.testing.assert_allclose(two["volume"], one["volume"], rtol=2 * FLOAT32)
    np.testing.assert_allclose(two["amount"], one["amount"], rtol=FLOAT32)
    later = one["code"].astype(str).duplicated().to_numpy()
    assert (two["pre_close"][later] == one["pre_close"][later]).all()
    steps = (np.diff(np.log(frame["adj_factor"]))[later[1:]] for frame in (one, two))
    np.testing.assert_allclose(*steps, atol=3 * FLOAT32)
    one, two = sample["index_daily"].to_pandas(), sample_back[0]["index_daily"]
    np.testing.assert_allclose(two["close"], one["close"], rtol=2 * FLOAT32)
    np.testing.assert_allclose(two["volume"], one["volume"], rtol=2 * FLOAT32)


def test_the_report_says_what_was_converted_and_assumed(sample_back):
    report = sample_back[1]
    notes, warnings = texts(report), texts(report, "warning")
    assert "320,780 prices converted from float32 x factor to 0.01 yuan" in notes
    assert "120 files features/*/change.day.bin not imported" in notes
    assert "suspended" in notes
    assert "list_date and delist_date are the intervals of instruments/all.txt" in warnings
    assert "is_st is not in the source" in warnings


@pytest.mark.parametrize("scale", [True, False])
def test_the_level_of_the_factor_does_not_matter(tmp_path, tables, scale):
    export_qlib(tmp_path / "source", tables, scale=scale)
    found, _report = imported(qlib, tmp_path / "source", tmp_path / "m")
    one = tables["stock_daily"].to_pandas()
    for name in ("open", "high", "low", "close"):
        assert (found["stock_daily"][name] == one[name]).all()


def test_amounts_are_worked_out_from_the_vwap_when_there_is_no_amount(tmp_path, tables):
    export_qlib(tmp_path / "source", tables, amount="vwap")
    found, report = imported(qlib, tmp_path / "source", tmp_path / "m")
    one = tables["stock_daily"].to_pandas()
    np.testing.assert_allclose(found["stock_daily"]["amount"], one["amount"], rtol=6 * FLOAT32)
    assert "worked out as vwap x volume" in texts(report)


def test_without_amount_and_vwap_amounts_stay_undefined(tmp_path, tables):
    export_qlib(tmp_path / "source", tables, amount=None)
    found, report = imported(qlib, tmp_path / "source", tmp_path / "m")
    assert found["stock_daily"]["amount"].isna().all()
    assert "the unit of volume is not in the source" in texts(report, "warning")


def changed(tables, **columns):
    bars = tables["stock_daily"].to_pandas()
    for name, change in columns.items():
        bars[name] = change(bars)
    return {**tables, "stock_daily": to_arrow(bars, "stock_daily")}


def test_lots_and_thousands_of_yuan_are_told_from_their_ratio(tmp_path, tables):
    lots = changed(tables, volume=lambda b: b["volume"] / 100, amount=lambda b: b["amount"] / 1000)
    export_qlib(tmp_path / "source", lots)
    found, report = imported(qlib, tmp_path / "source", tmp_path / "m")
    one = tables["stock_daily"].to_pandas()
    np.testing.assert_allclose(found["stock_daily"]["volume"], one["volume"], rtol=2 * FLOAT32)
    np.testing.assert_allclose(found["stock_daily"]["amount"], one["amount"], rtol=2 * FLOAT32)
    assert "lots of 100 shares and amount in thousands of yuan" in texts(report, "warning")


def test_amounts_in_no_known_unit_stop_the_import(tmp_path, tables):
    export_qlib(tmp_path / "source", changed(tables, amount=lambda b: b["amount"] / 1000))
    assert "amount / (volume x price)" in refused(tmp_path / "source", tmp_path)


def test_amounts_on_a_scale_of_their_own_for_each_stock_are_left_out(tmp_path, tables):
    def scaled(bars):
        return bars["amount"] / bars["code"].map(lambda code: 1 + zlib.crc32(code.encode()) % 97)

    export_qlib(tmp_path / "source", changed(tables, amount=scaled))
    found, report = imported(qlib, tmp_path / "source", tmp_path / "m")
    assert found["stock_daily"]["amount"].isna().all()
    assert "another scale for each stock" in texts(report, "warning")


def test_adjusted_prices_without_a_factor_are_refused(tmp_path, tables):
    export_qlib(tmp_path / "source", tables, factor=False)
    text = refused(tmp_path / "source", tmp_path)
    assert "6 of 6 stocks have no factor.day.bin" in text
    assert "neither the traded prices nor the ex-dates" in text


def test_traded_prices_with_previous_closes_need_no_factor(tmp_path, tables):
    raw = changed(tables, adj_factor=lambda bars: bars["adj_factor"] * 0 + 1.0)
    export_qlib(tmp_path / "source", raw, factor=False, scale=False)
    bars = tables["stock_daily"].to_pandas()
    place = {day: number for number, day in enumerate(tables["calendar"]["date"].to_pylist())}
    for code, rows in bars.groupby("code"):
        days = [place[day] for day in rows["date"]]
        values = np.full(days[-1] - days[0] + 1, np.nan)
        values[np.array(days) - days[0]] = rows["pre_close"]
        name = (code[-2:] + code[:6]).lower()
        write_bin(tmp_path / "source" / "features" / name / "pre_close.day.bin", days[0], values)
    found, _report = imported(qlib, tmp_path / "source", tmp_path / "m")
    np.testing.assert_allclose(found["stock_daily"]["pre_close"], bars["pre_close"], rtol=1e-12)
    steps = found["stock_daily"].groupby("code", observed=True)["adj_factor"].nunique()
    assert (steps > 1).any()


def test_a_factor_that_does_not_lead_back_to_traded_prices_is_an_error(tmp_path, tables):
    split = {
        name: lambda bars, name=name: bars[name] / np.where(bars["date"] < bars["date"][40], 3, 1)
        for name in ("open", "high", "low", "close")
    }
    export_qlib(tmp_path / "source", changed(tables, **split))
    text = refused(tmp_path / "source", tmp_path)
    assert "do not lie near 0.01 yuan after dividing by the factor" in text
    assert "adjusted for splits" in text


def test_a_close_without_a_factor_is_refused_by_name_and_day(source, tables, tmp_path):
    path = source / "features" / "sh600519" / "factor.day.bin"
    stored = np.fromfile(path, "<f4")
    stored[1] = np.nan
    stored.tofile(path)
    day = tables["stock_daily"].to_pandas().query("code == '600519.SH'")["date"].iloc[0]
    assert f"600519.SH {day}, factor nan" in refused(source, tmp_path)


def test_a_stock_is_gone_on_the_trading_day_after_its_interval(source, tables, tmp_path):
    found, _report = imported(qlib, source, tmp_path / "m")
    one = tables["stocks"].to_pandas()
    assert found["stocks"]["delist_date"].tolist() == one["delist_date"].tolist()
    assert one["delist_date"].notna().sum() == 1


def test_bars_outside_a_stocks_interval_are_left_out_and_counted(source, tables, tmp_path):
    path = source / "instruments" / "all.txt"
    bars = tables["stock_daily"].to_pandas().query("code == '600519.SH'")
    cut = bars["date"].iloc[10]
    lines = path.read_text().splitlines()
    kept = [line for line in lines if "SH600519" not in line]
    kept.append(f"SH600519\t{cut}\t2099-12-31")
    path.write_text("\n".join(kept))
    found, report = imported(qlib, source, tmp_path / "m")
    assert found["stock_daily"].query("code == '600519.SH'")["date"].min() == cut
    assert "10 bars outside the stock's interval" in texts(report)


def test_without_a_list_of_stocks_the_first_bar_is_the_listing(source, tables, tmp_path):
    (source / "instruments" / "all.txt").unlink()
    found, report = imported(qlib, source, tmp_path / "m")
    first = tables["stock_daily"].to_pandas().groupby("code", observed=True)["date"].min()
    assert found["stocks"]["list_date"].tolist() == first.tolist()
    assert "6 stocks are not in instruments/all.txt" in texts(report, "warning")


def test_lists_of_unknown_indices_and_other_codes_are_named(source, tmp_path):
    (source / "instruments" / "mylist.txt").write_text("SH600000\t2014-01-02\t2014-02-03\n")
    with (source / "instruments" / "csi300.txt").open("a") as file:
        file.write("SH510300\t2014-01-02\t2014-02-03\n")
    _found, report = imported(qlib, source, tmp_path / "m")
    assert "1 list of no known index left out" in texts(report)
    assert "mylist.txt" in texts(report)
    assert "1 interval of codes that are no A share left out (SH510300)" in texts(report)


@pytest.mark.parametrize("name", ["SH600000", "600000.sh", "_qlib_sh600000", "sh.600000"])
def test_folders_may_spell_codes_in_any_usual_way(source, tmp_path, name):
    (source / "features" / "sh600000").rename(source / "features" / name)
    found, _report = imported(qlib, source, tmp_path / "m")
    assert "600000.SH" in found["stock_daily"]["code"].astype(str).tolist()


def test_two_folders_of_one_code_are_refused(source, tmp_path):
    features = source / "features"
    shutil.copytree(features / "sh600000", features / "600000.sh")
    assert "600000.sh and sh600000 are both 600000.SH" in refused(source, tmp_path)


def test_funds_and_foreign_codes_are_left_out_by_name(source, tmp_path):
    for name in ("sh510300", "aapl"):
        shutil.copytree(source / "features" / "sh600000", source / "features" / name)
    _found, report = imported(qlib, source, tmp_path / "m")
    assert "2 codes are neither an A share nor an index" in texts(report)


def test_an_index_without_a_factor_keeps_its_values_and_this_is_said(source, tables, tmp_path):
    one = tables["index_daily"].to_pandas()
    folder = source / "features" / "sh000300"
    (folder / "factor.day.bin").unlink()
    _found, report = imported(qlib, source, tmp_path / "scaled")
    assert "000300.SH is scaled to a first close of 1" in texts(report, "warning")
    start = np.fromfile(folder / "close.day.bin", "<f4")[0]
    for name in ("open", "high", "low", "close"):
        write_bin(folder / f"{name}.day.bin", start, one[name])
    found, report = imported(qlib, source, tmp_path / "m")
    np.testing.assert_allclose(found["index_daily"]["close"], one["close"], rtol=FLOAT32)
    assert "its values are taken to be the published ones" in texts(report, "warning")


def close_file(source):
    return source / "features" / "sh600000" / "close.day.bin"


def starting(source, start):
    stored = close_file(source).read_bytes()
    close_file(source).write_bytes(struct.pack("<f", start) + stored[4:])


DAMAGED = {
    "a value cut in the middle": (
        lambda s: close_file(s).write_bytes(close_file(s).read_bytes()[:-3]), "4 bytes each"),
    "an empty file": (lambda s: close_file(s).write_bytes(b""), "4 bytes each"),
    "more values than days": (
        lambda s: write_bin(close_file(s), 0, np.ones(500)), "has only 67 days"),
    "a start before the calendar": (lambda s: starting(s, -1), "begins with -1"),
    "a start behind the calendar": (lambda s: starting(s, 69), "begins with 69"),
    "a start that is no number": (lambda s: starting(s, np.nan), "begins with nan"),
    "a start between two days": (lambda s: starting(s, 2.5), "begins with 2.5"),
    "an endless start": (lambda s: starting(s, np.inf), "begins with inf"),
    "no closes": (lambda s: close_file(s).unlink(), "close.day.bin is missing"),
    "a file of terabytes": (
        lambda s: close_file(s).open("r+b").truncate(1 << 40), "has only 67 days"),
    "an empty calendar": (
        lambda s: (s / "calendars" / "day.txt").write_text("\n"), "holds no day"),
    "days in disorder": (
        lambda s: (s / "calendars" / "day.txt").write_text("2014-01-03\n2014-01-02\n"),
        "the days do not rise"),
    "a day that is none": (
        lambda s: (s / "calendars" / "day.txt").write_text("2014-02-30\n"), "'2014-02-30' is no"),
    "a calendar of another encoding": (
        lambda s: (s / "calendars" / "day.txt").write_bytes(b"\xff\xfe\x00"), "UTF-8"),
    "an interval without tabs": (
        lambda s: (s / "instruments" / "all.txt").write_text("SH600000 2014-01-02 2014-02-03"),
        "divided by tabs"),
    "an interval that ends first": (
        lambda s: (s / "instruments" / "all.txt").write_text("SH600000\t2014-02-03\t2014-01-02"),
        "ends before it starts"),
    "no code at all": (
        lambda s: [shutil.rmtree(path) for path in (s / "features").iterdir()],
        "no folder is a code"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_directory_is_one_clear_error(source, tmp_path, damage):
    spoil, message = DAMAGED[damage]
    spoil(source)
    assert message in refused(source, tmp_path)


def figures(folder, dates, periods, values, name="roe_q"):
    stem = folder / "financial" / "sh600000" / name
    stem.parent.mkdir(parents=True, exist_ok=True)
    write_pit(stem, dates, periods, values, 4 if name.endswith("_q") else 1)
    return stem


def read_figures(folder):
    from quanthedge.sources.qlib.fundamentals import fundamentals

    return fundamentals(folder / "financial", Collector()).to_pandas()


def test_revisions_of_a_figure_keep_the_days_on_which_they_became_known(tmp_path):
    figures(tmp_path, [20140425, 20140826, 20140930], [201401, 201402, 201401], [1.0, 2.0, 1.5])
    found = read_figures(tmp_path)
    assert found["known_date"].astype(str).tolist() == ["2014-04-25", "2014-08-26", "2014-09-30"]
    assert found["period_end"].astype(str).tolist() == ["2014-03-31", "2014-06-30", "2014-03-31"]
    assert found["value"].tolist() == [1.0, 2.0, 1.5]
    assert set(found["code"]) == {"600000.SH"}
    assert set(found["item"]) == {"roe_q"}


def test_annual_figures_end_with_the_year_and_undefined_values_are_kept(tmp_path):
    figures(tmp_path, [20140425, 20150425], [2013, 2014], [np.nan, 2.0], "dividend_a")
    found = read_figures(tmp_path)
    assert found["period_end"].astype(str).tolist() == ["2013-12-31", "2014-12-31"]
    assert np.isnan(found["value"][0])


def test_of_two_records_of_one_day_and_period_the_later_counts(tmp_path):
    figures(tmp_path, [20140425, 20140425], [201401, 201401], [1.0, 3.0])
    assert read_figures(tmp_path)["value"].tolist() == [3.0]


def patched(stem, suffix, place, word):
    path = stem.with_name(stem.name + suffix)
    stored = path.read_bytes()
    path.write_bytes(stored[:place] + struct.pack("<I", word) + stored[place + 4 :])


WRONG_FIGURES = {
    "a record cut off": (
        lambda stem: stem.with_name("roe_q.data").write_bytes(b"x" * 30), "records of 20 bytes"),
    "no index": (lambda stem: stem.with_name("roe_q.index").unlink(), "missing or cut off"),
    "an index cut off": (
        lambda stem: stem.with_name("roe_q.index").write_bytes(b"abcde"), "missing or cut off"),
    "an offset between records": (lambda stem: patched(stem, ".index", 4, 7), "leads to byte 7"),
    "an offset behind the end": (lambda stem: patched(stem, ".index", 4, 4000), "no record of it"),
    "another first year": (lambda stem: patched(stem, ".index", 0, 2010), "no record of it"),
    "a day that is none": (lambda stem: patched(stem, ".data", 0, 20140231), "is no day"),
    "a fifth quarter": (lambda stem: patched(stem, ".data", 4, 201405), "201405 is no period"),
    "days in disorder": (lambda stem: patched(stem, ".data", 20, 20140101), "order of their days"),
    "a revision before itself": (lambda stem: patched(stem, ".data", 36, 0), "further on"),
}  # fmt: skip


@pytest.mark.parametrize("damage", WRONG_FIGURES)
def test_damaged_figures_are_one_clear_error(tmp_path, damage):
    stem = figures(tmp_path, [20140425, 20140826], [201401, 201402], [1.0, 2.0])
    spoil, message = WRONG_FIGURES[damage]
    spoil(stem)
    with pytest.raises(DataError, match=message):
        read_figures(tmp_path)


@pytest.fixture(scope="module")
def small_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    export_qlib(folder, small_market(codes=("000001.SZ", "600000.SH")))
    return contents(folder)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(damages=st.lists(DAMAGE, min_size=1, max_size=3))
def test_any_damage_ends_in_a_market_or_one_error(small_files, tmp_path, damages):
    lay_out(spoilt(small_files, damages), tmp_path / "source")
    import_or_refuse(qlib, tmp_path / "source", tmp_path / "m")


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    field=st.sampled_from(["close", "open", "volume", "factor", "amount"]),
    word=st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -1.0, 1e-38, 3e38]),
    row=st.integers(1, 20),
)
def test_any_number_ends_in_a_market_or_one_error(small_files, tmp_path, field, word, row):
    lay_out(small_files, tmp_path / "source")
    path = tmp_path / "source" / "features" / "sh600000" / f"{field}.day.bin"
    stored = np.fromfile(path, "<f4")
    stored[row] = word
    stored.tofile(path)
    import_or_refuse(qlib, tmp_path / "source", tmp_path / "m")


def test_other_folders_are_not_taken_for_qlibs(tmp_path):
    pq.write_table(pa.table({"date": []}), tmp_path / "calendar.parquet")
    (tmp_path / "features").mkdir()
    assert not qlib.recognise(tmp_path)
    assert not qlib.recognise(SAMPLE)


def test_a_calendar_with_times_of_day_is_read(source, tmp_path):
    path = source / "calendars" / "day.txt"
    path.write_text("".join(f"{line} 00:00:00\n" for line in path.read_text().splitlines()))
    found, _report = imported(qlib, source, tmp_path / "m")
    assert len(found["calendar"]) == 67
    assert pd.to_datetime(found["calendar"]["date"]).is_monotonic_increasing
