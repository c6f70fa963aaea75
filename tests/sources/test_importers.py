import errno

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

from quanthedge.errors import DataError
from quanthedge.market import Market, panels, write_dataset
from quanthedge.market.checks import Collector
from quanthedge.market.panels import PANELS
from quanthedge.sources import import_market
from quanthedge.sources.melting import melted
from tests.market.small_market import small_market


@pytest.fixture
def tables():
    return small_market()


def save(folder, tables, kind="parquet"):
    folder.mkdir()
    for name, table in tables.items():
        if kind == "csv":
            csv.write_csv(table, folder / f"{name}.csv")
        else:
            pq.write_table(table, folder / f"{name}.parquet", row_group_size=37)
    return folder


def written(folder, tables):
    write_dataset(folder, tables, name="small", source="random")
    return Market.open(folder)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_tables_in_our_schema_are_imported_from_parquet_or_csv(tmp_path, tables, kind):
    direct = written(tmp_path / "direct", tables)
    told = []
    report = import_market(
        save(tmp_path / "source", tables, kind), tmp_path / "m", progress=told.append
    )
    assert report.ok
    assert any("stock bars" in text for text in told)
    assert Market.open(tmp_path / "m").fingerprint == direct.fingerprint


def test_a_dataset_can_be_imported_again(tmp_path, tables):
    direct = written(tmp_path / "direct", tables)
    import_market(tmp_path / "direct", tmp_path / "m")
    assert Market.open(tmp_path / "m").fingerprint == direct.fingerprint


def test_a_csv_with_a_price_of_text_is_an_error(tmp_path, tables):
    source = save(tmp_path / "source", tables, "csv")
    text = (source / "cash_rate.csv").read_text().splitlines()
    text[3] = text[3].split(",")[0] + ",abc"
    (source / "cash_rate.csv").write_text("\n".join(text))
    with pytest.raises(DataError, match=r"cash_rate\.csv: .*abc"):
        import_market(source, tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_a_table_kept_twice_is_an_error(tmp_path, tables):
    source = save(tmp_path / "source", tables)
    csv.write_csv(tables["cash_rate"], source / "cash_rate.csv")
    with pytest.raises(DataError, match="'cash_rate' is there twice"):
        import_market(source, tmp_path / "m")


def test_a_disk_too_full_for_the_panels_is_told_and_the_data_still_serve(
    tmp_path, tables, monkeypatch
):
    direct = written(tmp_path / "direct", tables)

    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(panels, "_new_panel", full)
    import_market(save(tmp_path / "source", tables), tmp_path / "m")
    market = Market.open(tmp_path / "m")
    assert not market.build_panels()
    np.testing.assert_array_equal(market.panel("mark"), direct.panel("mark"))


def test_an_unknown_layout_or_folder_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"known are mapping: any.*tables: long"):
        import_market(tmp_path / "empty", tmp_path / "m")
    with pytest.raises(DataError, match="no such folder"):
        import_market(tmp_path / "nowhere", tmp_path / "m")
    with pytest.raises(DataError, match="no layout 'qlip'"):
        import_market(tmp_path / "empty", tmp_path / "m", layout="qlip")


def test_a_broken_parquet_file_is_named(tmp_path, tables):
    source = save(tmp_path / "source", tables)
    (source / "cash_rate.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(DataError, match=r"cash_rate\.parquet: unreadable as Parquet"):
        import_market(source, tmp_path / "m")


# -- the `tables` layout


def as_long_tables(tables):
    """Turn our tables into the layout of the public long tables."""
    bars = tables["stock_daily"].to_pandas()
    for name in ("open", "high", "low", "close", "pre_close", "amount", "adj_factor"):
        bars[name] = bars[name].astype(np.float32)
    bars["volume"] = bars["volume"].astype(np.int64)
    last = bars.groupby("code")["date"].max()
    stocks = tables["stocks"].to_pandas()
    listed = pd.DataFrame(
        {
            "code": stocks["code"],
            "first_date": stocks["list_date"],
            "last_date": last.loc[stocks["code"]].to_numpy(),
            "delisted_by_2018": stocks["delist_date"].notna(),
        }
    )
    industry = tables["industry"].rename_columns(
        ["code", "start", "end", "level1_code", "level1_name", "level1_name_en"]
    )
    members = tables["index_members"].to_pandas()
    members["end"] = members["end"].fillna(pd.Timestamp("2014-12-31").date())
    cash = tables["cash_rate"].to_pandas()
    made = {
        "stock_daily": pa.Table.from_pandas(bars, preserve_index=False),
        "stock_list": pa.Table.from_pandas(listed, preserve_index=False),
        "trading_calendar": tables["calendar"],
        "index_daily": tables["index_daily"].append_column(
            "source", pa.nulls(tables["index_daily"].num_rows, pa.string())
        ),
        "index_members": pa.Table.from_pandas(members, preserve_index=False),
        "industry_sw": industry,
        "futures_contract_daily": tables["futures_daily"],
        "cash_rate_shibor_overnight": pa.table(
            {"date": tables["cash_rate"]["date"], "shibor_on_pct": cash["rate"] * 100}
        ),
        **wide_fundamentals(),
    }
    made["valuation_month_end"] = pa.table({"code": ["600519.SH"], "pe": [10.0]})
    return made


def wide_fundamentals():
    day = [pd.Timestamp(d).date() for d in ("2014-01-10", "2014-01-20", "2014-02-03")]
    pit = {"code": ["600519.SH"] * 3, "effective_date": day}
    for item in ("net_profit_ttm", "revenue_ttm", "dividend_ttm", "net_profit_last_annual"):
        pit[item] = [1.0, 1.0, None]
    for item in ("book_equity", "revenue_last_annual", "dividend_last_annual"):
        pit[item] = [1.0, 2.0, 2.0]
    periods = [pd.Timestamp(d).date() for d in ("2013-12-31", "2013-09-30")]
    quarterly = {"code": ["600519.SH"] * 2, "period_end": periods, "usable_from": [day[1]] * 2}
    for item in ("roe_cum_pct", "roa_cum_pct", "debt_to_assets_pct", "fcff_ps"):
        quarterly[item] = pa.array([12.5, 9.5], pa.float32())
    for item in ("ebit", "invested_capital"):
        quarterly[item] = [7.0, None]
    return {"fundamentals_pit": pa.table(pit), "fundamentals_quarterly": pa.table(quarterly)}


def test_long_tables_become_the_same_panels_with_prices_in_whole_cents(tmp_path, tables):
    direct = written(tmp_path / "direct", tables)
    source = save(tmp_path / "source", as_long_tables(tables))
    report = import_market(source, tmp_path / "m")
    market = Market.open(tmp_path / "m")
    assert report.warnings == []
    for name in PANELS:
        exact = name not in ("amount", "adj_factor")
        np.testing.assert_allclose(
            market.panel(name), direct.panel(name), rtol=0 if exact else 1e-7
        )
    np.testing.assert_array_equal(market.delist_index(), direct.delist_index())
    np.testing.assert_array_equal(market.list_index(), direct.list_index())
    np.testing.assert_array_equal(market.members("000300.SH"), direct.members("000300.SH"))
    np.testing.assert_allclose(market.cash_rate(), direct.cash_rate(), rtol=1e-15)
    assert market.futures("IF").equals(direct.futures("IF"))
    notes = "\n".join(finding.text for finding in report.of("info"))
    assert "valuation_month_end: 1 row not imported (table not used)" in notes
    assert "close converted from 32-bit to 0.01 yuan" in notes
    assert "repeat an item's value unchanged" in notes


def test_melted_fundamentals_hold_until_the_next_row_and_take_the_latest_period(tmp_path, tables):
    import_market(save(tmp_path / "source", as_long_tables(tables)), tmp_path / "m")
    market = Market.open(tmp_path / "m")
    stock = list(market.codes).index("600519.SH")
    day = [market.day(d) for d in ("2014-01-10", "2014-01-20", "2014-02-03")]
    assert market.fundamental("net_profit_ttm")[day, stock].tolist()[:2] == [1.0, 1.0]
    assert np.isnan(market.fundamental("net_profit_ttm")[day[2] :, stock]).all()
    assert market.fundamental("book_equity")[day, stock].tolist() == [1.0, 2.0, 2.0]
    assert np.isnan(market.fundamental("roe_cum_pct")[day[1] - 1, stock])
    assert market.fundamental("roe_cum_pct")[day[1], stock] == 12.5
    assert market.fundamental("ebit")[day[2], stock] == 7.0
    rows = pq.read_table(tmp_path / "m" / "fundamentals.parquet").to_pandas()
    assert (rows["item"] == "roe_cum_pct").sum() == 2  # both revisions kept
    assert (rows["item"] == "book_equity").sum() == 2  # the unchanged repeat left out


def test_a_stock_keeps_its_first_value_even_when_the_stock_before_ends_on_the_same():
    day = [pd.Timestamp(d).date() for d in ("2014-01-10", "2014-01-20")]
    wide = pa.table({"code": ["000001.SZ", "000002.SZ"], "known": day, "book_equity": [5.0, 5.0]})
    rows = melted(wide, "known", None, ["book_equity"], Collector())
    assert rows["code"].to_pylist() == ["000001.SZ", "000002.SZ"]


def test_a_price_that_is_no_cent_is_an_error_not_rounded_away(tmp_path, tables):
    made = as_long_tables(tables)
    bars = made["stock_daily"].to_pandas()
    bars.loc[5, "close"] = np.float32(bars.loc[5, "close"] + 0.004)
    made["stock_daily"] = pa.Table.from_pandas(bars, preserve_index=False)
    with pytest.raises(DataError, match=r"1 row has a close that is no multiple of 0\.01 yuan"):
        import_market(save(tmp_path / "source", made), tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("name", ["stock_daily", "fundamentals_quarterly"])
def test_a_missing_file_of_the_layout_is_named(tmp_path, tables, name):
    source = save(tmp_path / "source", as_long_tables(tables))
    (source / f"{name}.parquet").unlink()
    with pytest.raises(DataError, match=rf"missing {name}\.parquet"):
        import_market(source, tmp_path / "m")


def test_a_missing_column_of_the_layout_is_named(tmp_path, tables):
    made = as_long_tables(tables)
    made["stock_daily"] = made["stock_daily"].rename_columns(
        ["colse" if name == "close" else name for name in made["stock_daily"].column_names]
    )
    with pytest.raises(DataError, match="column 'close' is missing"):
        import_market(save(tmp_path / "source", made), tmp_path / "m")


def test_what_a_source_assumes_counts_only_for_the_tables_that_are_used(tmp_path, tables):
    whole = save(tmp_path / "whole", tables)
    bars = tmp_path / "bars"
    bars.mkdir()
    (bars / "mapping.toml").write_text(
        '[stock_daily]\nfiles = "stock_daily.parquet"\n[cash_rate]\nfiles = "cash_rate.parquet"\n'
    )
    for name in ("stock_daily", "cash_rate"):
        (bars / f"{name}.parquet").write_bytes((whole / f"{name}.parquet").read_bytes())
    alone = import_market(bars, tmp_path / "alone").to_text()
    assert "calendar" in alone
    report = import_market(whole, tmp_path / "m", more=[bars]).to_text()
    assert "the one of the source before it is used" in report
    assert Market.open(tmp_path / "m").assumptions == ()
