import contextlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quanthedge as qh
from quanthedge.errors import DataError
from quanthedge.market.checks import Collector
from quanthedge.market.schema import TABLES
from quanthedge.sources.mapping import layout as mapping
from quanthedge.sources.mapping.document import read_mapping
from tests.market.exporters import vendors as export
from tests.sources.vendor_compare import differences, imported, texts

# What the exported mapping does not name.
NOT_NAMED = {
    "stock_daily": {"float_shares", "is_delisting"},
    "index_daily": {"high", "low", "volume", "amount"},
    "index_members": "rows",  # one of two indices
    "industry": "absent",
    "stock_names": "absent",
    "index_weights": "absent",
    "statements": "absent",
    "analyst_estimates": "absent",
    "corporate_actions": "absent",
    "industry_index_daily": "absent",
    "government_yield_curve": "absent",
}


ROOT = Path(__file__).parents[2]
MARKET, EXPORT = 12, export.mapped


def rewritten(source, old, new):
    path = source / "mapping.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return source


def test_a_users_own_files_come_in_through_a_mapping(source, tmp_path, tables):
    assert mapping.recognise(source)
    found, report = imported(mapping, source, tmp_path / "m")
    assert differences(tables, found) == NOT_NAMED
    assert "float_shares is not in the source and stays undefined" in texts(report, "warning")


def documented(block):
    """A block of the module's documentation as a mapping."""
    text = mapping.__doc__.split("::")[block].rsplit("\n\n", 1)[0]
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ") or not line]
    return "\n".join(lines) + "\n"


def with_further(source, tables):
    """The documented example of forecasts and owners, with files of that shape."""
    codes = tables["stocks"]["code"].tolist()[:2]
    bare = [code[:6] for code in codes]
    export.save(
        pd.DataFrame(
            {
                "证券代码": [bare[0], bare[0], bare[1]],
                "报告日期": ["2014-02-10", "2014-02-10", "20140311"],
                "研究机构": ["华西证券", "华西证券", "国泰君安"],
                "预测年度": [2014, 2015, 2014],
                "预测净利润": [5_000.0, 6_000.5, -120.0],
            }
        ),
        source,
        "forecasts",
    )
    export.save(
        pd.DataFrame(
            {
                "证券代码": [bare[0], bare[1], bare[0]],
                "公告日期": ["2016-07-02", "2013-01-05", "2013-01-05"],
                "控制人性质": ["民营企业", "中央国有企业", "地方国有企业"],
            }
        ),
        source,
        "controllers",
    )
    path = source / "mapping.toml"
    path.write_text(path.read_text(encoding="utf-8") + documented(2), encoding="utf-8")
    return codes


def test_forecasts_and_owners_of_any_vendor_come_in_by_the_documented_example(
    source, tmp_path, tables
):
    codes = with_further(source, tables)
    found, report = imported(mapping, source, tmp_path / "m")
    forecasts = found["analyst_estimates"]
    assert forecasts["code"].tolist() == [codes[0], codes[0], codes[1]]
    assert [str(day) for day in forecasts["period_end"]] == [
        "2014-12-31", "2015-12-31", "2014-12-31"
    ]  # fmt: skip
    assert [str(day) for day in forecasts["known_date"]] == [
        "2014-02-10", "2014-02-10", "2014-03-11"
    ]  # fmt: skip
    assert forecasts["net_profit"].tolist() == [5e7, 6.0005e7, -1.2e6]
    owners = found["owners"]
    assert [
        (row.code, str(row.start), str(row.end), row.owner) for row in owners.itertuples()
    ] == [
        (codes[0], "2013-01-05", "2016-07-01", "local"),
        (codes[0], "2016-07-02", "None", "private"),
        (codes[1], "2013-01-05", "None", "central"),
    ]  # fmt: skip
    assert "controllers.csv" not in texts(report)
    market = qh.Market.open(tmp_path / "m")
    state = qh.factors.StateOwned().exposure(market, [len(market.dates) - 1])[0]
    assert state[market.codes.tolist().index(codes[1])] == 1.0


def test_the_page_on_importing_shows_the_example_that_is_imported():
    page = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")
    assert documented(2).strip() in page


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('{period_end = "%Y"}', '{period_en = "%Y"}', "no column 'period_en'; did you mean period"),
        ('{period_end = "%Y"}', '{broker = "%Y"}', "date_format.broker: broker is no date"),
        ("[owners.words.owner]", "[owners.words.start]", "words.start: start is no text"),
        ('ends = "next row"', 'ends = "next"', "ends: Input should be 'column' or 'next row'"),
        ('"民营企业" = "private"', '"民营" = "private"', "no owner is called .民营企业"),
        ('owner = "控制人性质"', 'owner = "控制人性质"\nend = "公告日期"', "beside a column `end`"),
        ('files = "forecasts.csv"', 'files = "forecasts.csv"\nends = "next row"', "no table of sp"),
    ],
)
def test_a_mistake_in_words_or_formats_is_named(source, tmp_path, tables, old, new, said):
    with_further(source, tables)
    with pytest.raises(DataError, match=said):
        imported(mapping, rewritten(source, old, new), tmp_path / "m")


def test_the_documented_example_is_a_mapping(tmp_path):
    path = tmp_path / "mapping.toml"
    path.write_text(documented(1) + documented(2), encoding="utf-8")
    found = read_mapping(path)
    assert set(found) == {
        "stock_daily", "index_daily", "corporate_actions", "cash_rate", "index_members",
        "analyst_estimates", "owners",
    }  # fmt: skip
    assert found["stock_daily"].factor("stock_daily", "volume") == 100


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[cash_rate]", "[cash_rates]", "no table 'cash_rates'; did you mean cash_rate"),
        ('percent = ["rate"]', 'pecent = ["rate"]', "no key 'pecent'; did you mean percent"),
        ('high = "高"', 'hihg = "高"', r"has no column 'hihg'; did you mean high"),
        ('volume = "lots"', 'volume = "lot"', "units.volume: no 'lot'; did you mean lots"),
        ('percent = ["rate"]', 'percent = ["date"]', "units.date: no 'percent'"),
        ('files = "list.csv"', 'files = "../list.csv"', "leads outside the folder"),
        ('files = "list.csv"', 'files = "/etc/list.csv"', "leads outside the folder"),
        ('files = "list.csv"', 'files = "nothing*.csv"', "no file is named 'nothing"),
        ('files = "list.csv"', "", "give `files` .* or `wide`"),
        ('code = "file name"', 'code = "name"', "code: Input should be 'column' or 'file name'"),
        ('date_format = "%d/%m/%Y"', 'date_format = "%Y-%m"', "is not written as %Y-%m"),
        ('true = ["是"]', 'true = ["真"]', "'是' is no flag; accepted: 1, 0, true, false, 真, 否"),
        ('high = "高"', 'high = "最高"', "column '最高' is missing"),
        ('index_code = "000300.SH"', "index_code = 300.5", "accepted: text"),
    ],
)
def test_a_mistake_in_the_mapping_is_named_with_what_is_accepted(source, old, new, said):
    with pytest.raises(DataError, match=said):
        mapping.read(rewritten(source, old, new), Collector())


def test_files_that_the_mapping_does_not_name_are_told(source, tmp_path):
    (source / "notes.csv").write_text("a\n1\n")
    _, report = imported(mapping, source, tmp_path / "m")
    assert "mapping: 1 file that mapping.toml does not name not imported (notes.csv)" in texts(
        report
    )


def test_a_pattern_that_reaches_a_link_outside_is_refused(source, tmp_path):
    outside = tmp_path / "outside.csv"
    outside.write_text("日期,开,高,低,收,手,额,昨收,总股本,ST\n")
    (source / "bars" / "600001.csv").symlink_to(outside)
    with pytest.raises(DataError, match="leads outside the folder"):
        mapping.read(source, Collector())


def wide_source(tables, folder, prices="raw", volume=False, rounded=False):
    """The bars as pandas users keep them: a frame of dates x codes per field."""
    bars = tables["stock_daily"]
    fields = ["open", "high", "low", "close", "volume", "amount", "adj_factor", "is_st"]
    folder.mkdir()
    factor = bars["adj_factor"]
    if prices == "forward_adjusted":
        factor = factor / factor.groupby(bars["code"]).transform("last")
    for name in fields:
        values = bars[name].astype(float)
        if name in ("open", "high", "low", "close") and prices != "raw":
            values = (values * factor).round(2) if rounded else values * factor
        if name == "adj_factor":
            values = factor
        if name == "volume" and volume:
            values = values / factor
        grid = export.grid(bars.assign(value=values), "date", "code", "value")
        grid.columns = [f"{code[7:]}{code[:6]}" for code in grid.columns]
        grid.to_csv(folder / f"{name}.csv")
    lines = [f'{name} = "{name}.csv"' for name in fields]
    text = f'[stock_daily]\nprices = "{prices}"\nadjusted_volume = {str(volume).lower()}\n'
    text += "[stock_daily.wide]\n" + "\n".join(lines)
    text += '\n[stocks]\nfiles = "stocks.csv"\n'
    (folder / "mapping.toml").write_text(text, encoding="utf-8")
    export.save(tables["stocks"], folder, "stocks")
    return folder


@pytest.mark.parametrize(
    ("prices", "volume"),
    [("raw", False), ("backward_adjusted", False), ("forward_adjusted", True)],
)
def test_wide_files_become_bars_as_traded(tmp_path, tables, prices, volume):
    source = wide_source(tables, tmp_path / "source", prices, volume)
    found, _ = imported(mapping, source, tmp_path / "m")
    if prices == "forward_adjusted":
        found["stock_daily"]["adj_factor"] = tables["stock_daily"]["adj_factor"]
    bars = tables["stock_daily"].copy()
    first = ~bars.duplicated("code")
    bars.loc[first, "pre_close"] = bars.loc[first, "open"]
    given = {name: tables[name] for name in ("stocks",)} | {"stock_daily": bars}
    found = {name: found[name] for name in given}
    shares = {"total_shares", "float_shares", "is_delisting"}
    assert differences(given, found) == {"stock_daily": shares}


def test_adjusted_prices_without_a_factor_are_refused(tmp_path, tables):
    source = wide_source(tables, tmp_path / "source", "backward_adjusted")
    rewritten(source, 'adj_factor = "adj_factor.csv"\n', "")
    with pytest.raises(DataError, match="without the factor nobody knows what was traded"):
        mapping.read(source, Collector())


def test_a_missing_flag_of_a_wide_file_is_no_false(tmp_path, tables):
    source = wide_source(tables, tmp_path / "source")
    frame = pd.read_csv(source / "is_st.csv")
    frame.iloc[5, 3] = np.nan
    frame.to_csv(source / "is_st.csv", index=False)
    with pytest.raises(DataError, match="1 row has no is_st"):
        imported(mapping, source, tmp_path / "m")


def test_wide_files_that_say_two_things_of_one_cell_are_an_error(tmp_path, tables):
    source = wide_source(tables, tmp_path / "source")
    frame = pd.read_csv(source / "close.csv")
    frame["600000"] = frame["600000.SH"] = 1.0
    frame.to_csv(source / "close.csv", index=False)
    with pytest.raises(DataError, match=r"columns '600000' and '600000\.SH' are both 600000\.SH"):
        mapping.read(source, Collector())


def test_every_unit_of_the_documented_ones_is_used_as_it_says(tmp_path):
    path = tmp_path / "mapping.toml"
    wanted = {
        ("stock_daily", "volume", "ten_thousand_shares"): 1e4,
        ("stock_daily", "amount", "thousand_yuan"): 1e3,
        ("stock_daily", "total_shares", "hundred_million_shares"): 1e8,
        ("cash_rate", "rate", "percent"): 0.01,
        ("index_dividend_yield", "dividend_yield", "basis_points"): 1e-4,
        ("corporate_actions", "cash_per_share", "yuan_per_10_shares"): 0.1,
        ("fundamentals", "value", "ten_thousand_yuan"): 1e4,
        ("fundamentals", "value", "percent"): 0.01,
    }
    for (table, column, unit), factor in wanted.items():
        path.write_text(f'[{table}]\nfiles = "x.csv"\nunits = {{{column} = "{unit}"}}\n')
        assert read_mapping(path)[table].factor(table, column) == factor


KEYS = st.sampled_from(["files", "wide", "columns", "units", "constants", "percent", "code", "x"])
VALUES = st.one_of(
    st.text(max_size=8), st.integers(), st.floats(), st.booleans(),
    st.lists(st.text(max_size=4), max_size=3),
    st.dictionaries(st.sampled_from(["close", "rate", "y"]), st.text(max_size=5), max_size=2),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(table=st.sampled_from([*TABLES, "stok_daily"]), section=st.dictionaries(KEYS, VALUES))
def test_any_mapping_is_read_or_refused_with_a_reason(tmp_path_factory, table, section):
    folder = tmp_path_factory.mktemp("mapping")
    path = folder / "mapping.toml"
    path.write_text(_toml({table: section}), encoding="utf-8")
    with contextlib.suppress(DataError):  # anything else fails the test
        mapping.read(folder, Collector())


def _toml(document):
    lines = []
    for table, section in document.items():
        lines.append(f"[{table}]")
        lines += [f"{key} = {_value(value)}" for key, value in section.items()]
    return "\n".join(lines)


def _value(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
