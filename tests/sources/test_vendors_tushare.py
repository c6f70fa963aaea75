import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.market.checks import Collector
from quanthedge.sources.tushare import layout as tushare
from tests.market.exporters import vendors as export
from tests.sources.vendor_compare import differences, imported, texts

# What Tushare's tables cannot carry, or carry otherwise.
CARRIED_OTHERWISE = {
    "index_members": "rows",  # monthly lists instead of days of change
    "fundamentals": "rows",  # more items than ours, and no trailing sums of the first year
    "industry": {"industry", "name_en"},  # Tushare's own codes; English names are ours
    "industry_index_daily": "rows",  # codes of the sample alone get the ending of Shenwan
}

# What the statements are besides: trailing, of the last year, and as published.
OF_STATEMENTS = {
    "net_profit_ttm", "net_profit_last_annual", "net_profit_with_minorities_cum",
    "revenue_ttm", "revenue_last_annual", "operating_revenue_cum", "total_assets", "total_liab",
    "operate_profit_cum", "operating_cash_flow_ttm", "operating_cash_flow_last_annual",
    "n_cashflow_act_cum", "n_cashflow_inv_act_cum", "n_cash_flows_fnc_act_cum", "money_cap",
    "fix_assets", "lt_borr", "st_borr",
}  # fmt: skip


MARKET, EXPORT = 10, export.tushare


def change(source, name, edit):
    """Rewrite one table of the source."""
    path = source / f"{name}.csv"
    frame = pd.read_csv(path, dtype=str)
    edit(frame).to_csv(path, index=False)


@pytest.mark.parametrize(
    ("split", "kind"), [(None, "parquet"), ("ts_code", "csv"), ("trade_date", "parquet")]
)
def test_a_market_in_tushares_tables_comes_back(tmp_path, tables, split, kind):
    if split == "trade_date":  # a file for each day
        early = tables["stock_daily"]["date"] < "2013-04-01"
        tables = {**tables, "stock_daily": tables["stock_daily"][early]}
    export.tushare(tables, tmp_path / "source", split, kind)
    assert tushare.recognise(tmp_path / "source")
    found, report = imported(tushare, tmp_path / "source", tmp_path / "m")
    assert differences(tables, found) == CARRIED_OTHERWISE
    assert "399300.SZ called 000300.SH" in texts(report)
    assert "150 rows of continuous contracts or of other products left out" in texts(report)


def test_members_are_those_of_the_last_list_and_change_never_early(source, tmp_path, tables):
    found, _ = imported(tushare, source, tmp_path / "m")
    spells = found["index_members"]
    start, end = (pd.to_datetime(spells[name]) for name in ("start", "end"))
    lists = export.monthly_lists(tables["index_members"], tables["calendar"])
    days = tables["calendar"]["date"]
    for day in days[days >= lists["date"].min()].iloc[::20]:
        last = lists["date"][lists["date"] <= day].max()
        wanted = lists[lists["date"] == last]
        on = spells[(start <= day) & (end.isna() | (end >= day))]
        assert sorted(zip(on["index_code"], on["code"], strict=True)) == sorted(
            zip(wanted["index_code"], wanted["code"], strict=True)
        )


def test_ratios_and_equity_are_known_on_their_announcement(source, tmp_path, tables):
    found, _ = imported(tushare, source, tmp_path / "m")
    items = [*export.RATIOS, "book_equity"]
    given = tables["fundamentals"]
    given = given[given["item"].isin(items)].reset_index(drop=True)
    got = found["fundamentals"]
    assert set(got["item"]) == {*items, *OF_STATEMENTS}
    got = got[got["item"].isin(items)].reset_index(drop=True)
    assert differences({"fundamentals": given}, {"fundamentals": got}) == {}


def test_the_names_of_files_alone_recognise_the_layout(tmp_path):
    for name in ("daily.csv", "index_daily.csv"):
        (tmp_path / name).touch()
    assert not tushare.recognise(tmp_path)
    (tmp_path / "adj_factor").mkdir()
    assert tushare.recognise(tmp_path)


def test_downloads_that_overlap_count_equal_rows_once(source, tmp_path, tables):
    daily = pd.read_csv(source / "daily.csv")
    (source / "daily.csv").unlink()
    export.write(daily.iloc[:5000], source / "daily" / "one.csv")
    export.write(daily.iloc[4000:], source / "daily" / "two.csv")
    found, report = imported(tushare, source, tmp_path / "m")
    assert differences(tables, found) == CARRIED_OTHERWISE
    assert "daily: 1,000 rows that stand twice with the same values counted once" in texts(report)


def test_downloads_that_differ_are_an_error_that_names_both_files(source, tmp_path):
    daily = pd.read_csv(source / "daily.csv")
    (source / "daily.csv").unlink()
    export.write(daily, source / "daily" / "one.csv")
    export.write(daily.iloc[7:8].assign(close=1.0), source / "daily" / "two.csv")
    with pytest.raises(DataError, match=r"daily: .*one\.csv and .*two\.csv differ in the row"):
        tushare.read(source, Collector())


def test_a_row_that_is_twice_in_one_file_counts_once(source, tmp_path, tables):
    change(source, "daily", lambda frame: pd.concat([frame, frame.head(1)]))
    found, report = imported(tushare, source, tmp_path / "m")
    assert differences(tables, found) == CARRIED_OTHERWISE
    assert "daily: 1 row that stand twice with the same values counted once" in texts(report)


def test_a_table_that_is_a_file_and_a_folder_is_an_error(source):
    (source / "daily").mkdir()
    (source / "daily" / "x.csv").touch()
    with pytest.raises(DataError, match="table 'daily' is there twice"):
        tushare.read(source, Collector())


def test_bars_without_a_factor_are_named(source):
    change(source, "adj_factor", lambda frame: frame.drop(index=[3]))
    with pytest.raises(DataError, match="adj_factor: 1 of 8,627 bars have no factor"):
        tushare.read(source, Collector())


def test_without_the_factor_it_follows_from_pre_close(source, tmp_path, tables):
    (source / "adj_factor.csv").unlink()
    found, _ = imported(tushare, source, tmp_path / "m")
    assert differences(tables, found) == CARRIED_OTHERWISE


def test_funds_bonds_and_b_shares_are_left_out_and_counted(source, tmp_path, tables):
    def more(frame):
        others = [frame.head(2).assign(ts_code=code) for code in ("510300.SH", "900901.SH")]
        return pd.concat([frame, *others])

    change(source, "daily", more)
    found, report = imported(tushare, source, tmp_path / "m")
    assert differences(tables, found) == CARRIED_OTHERWISE
    note = "daily: 4 rows of 2 securities that are no A shares left out (first: 510300.SH; 900901"
    assert note in texts(report)


@pytest.mark.parametrize("code", ["SH600000", "600000.XSHG", "sh.600000", "600000"])
def test_codes_are_read_in_every_spelling(source, tmp_path, tables, code):
    first = tables["stock_daily"]["code"].iloc[0]
    number, exchange = first.split(".")
    spelled = (
        code.replace("600000", number)
        .replace("SH", exchange)
        .replace("sh", exchange.lower())
        .replace("XSZG", "XSHE")
    )
    change(source, "daily", lambda frame: frame.replace({"ts_code": {first: spelled}}))
    found, _ = imported(tushare, source, tmp_path / "m")
    assert differences(tables, found) == CARRIED_OTHERWISE


def test_a_code_that_is_none_is_named_with_its_file(source, tmp_path, tables):
    daily = pd.read_csv(source / "daily.csv")
    (source / "daily.csv").unlink()
    export.write(daily, source / "daily" / "one.csv")
    export.write(daily.head(1).assign(ts_code="6000.SH"), source / "daily" / "two.csv")
    with pytest.raises(DataError, match=r"two\.csv: column 'code': code '6000\.SH'"):
        tushare.read(source, Collector())


def test_a_list_of_living_stocks_only_is_told(source, tmp_path):
    change(source, "stock_basic", lambda frame: frame[frame["list_status"] == "L"])
    found, report = imported(tushare, source, tmp_path / "m")
    assert found["stocks"]["delist_date"].isna().all()
    assert "3 stocks with bars have no list_date in the source" in texts(report, "warning")
    assert "no delisted stock is in the source's list" in texts(report, "warning")


def test_a_last_bar_after_the_delisting_moves_it_and_is_told(source, tmp_path):
    def early(frame):
        gone = frame["delist_date"].notna()
        return frame.assign(delist_date=frame["delist_date"].where(~gone, "20140102"))

    change(source, "stock_basic", early)
    _, report = imported(tushare, source, tmp_path / "m")
    assert "stocks: 3 stocks whose delist_date is moved behind their last bar" in texts(report)


def test_names_that_are_listed_twice_or_overlap_are_put_in_order(source, tmp_path, tables):
    def announced(frame):
        frame = frame.assign(end_date=None)  # Tushare leaves ends open now and then
        return pd.concat([frame, frame.head(3).assign(ann_date="20130101")])

    change(source, "namechange", announced)
    found, report = imported(tushare, source, tmp_path / "m")
    wanted = tables["stock_names"].drop(columns="end")
    got = (
        found["stock_names"]
        .drop(columns="end")
        .assign(start=lambda frame: pd.to_datetime(frame["start"]))
    )
    pd.testing.assert_frame_equal(got, wanted, check_dtype=False)
    assert "stock_names: 3 spells that say the same as another one left out" in texts(report)


def test_an_industry_ends_the_day_before_it_is_left(source, tmp_path, tables):
    code = tables["stocks"]["code"].iloc[0]

    def moved(frame):
        mine = frame["ts_code"] == code
        old = frame[mine].assign(out_date="20140221", is_new="N")
        new = frame[mine].assign(in_date="20140221", l1_code="801780.SI", l1_name="银行")
        return pd.concat([frame[~mine], old, new])

    change(source, "index_member_all", moved)
    found, report = imported(tushare, source, tmp_path / "m")
    assert "industry: 1 spell ended the day before" not in texts(report)  # nothing to repair
    spells = found["industry"][found["industry"]["code"] == code]
    assert str(spells["end"].iloc[0]) == "2014-02-20"
    assert str(spells["start"].iloc[1]) == "2014-02-21"
    assert spells[["industry", "name_zh", "name_en"]].iloc[1].tolist() == [
        "801780.SI", "银行", "Banks"
    ]  # fmt: skip


def test_futures_in_another_unit_stop_the_import(source, tmp_path):
    def wrong(frame):
        return frame.assign(amount=frame["amount"].astype(float) / 10_000)

    change(source, "fut_daily", wrong)
    with pytest.raises(DataError, match=r"have a turnover .* times volume x price x multiplier"):
        imported(tushare, source, tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_without_fut_basic_contracts_end_on_the_third_friday(source, tmp_path, tables):
    (source / "fut_basic.csv").unlink()
    found, report = imported(tushare, source, tmp_path / "m")
    assert differences(tables, found) == CARRIED_OTHERWISE
    assert "the last trading days of 53 contracts are not in the source" in texts(report, "warning")


def test_futures_alone_are_a_source_of_their_own(source, tmp_path, tables):
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in ("fut_daily", "fut_basic"):
        (source / f"{name}.csv").rename(alone / f"{name}.csv")
    assert tushare.recognise(alone)
    found = tushare.read(alone, Collector())
    assert found.bars is None
    assert found.tables["futures_daily"].num_rows == len(tables["futures_daily"])


def dividends(tables):
    paid = export.dividends_of(tables)
    day = paid["ex_date"]
    return pd.DataFrame(
        {
            "ts_code": paid["code"], "end_date": "20131231", "div_proc": "实施",
            "ann_date": export.compact(day - pd.Timedelta(90, "D")),
            "imp_ann_date": export.compact(day - pd.Timedelta(9, "D")),
            "record_date": export.compact(day - pd.Timedelta(1, "D")),
            "ex_date": export.compact(day), "pay_date": export.compact(day),
            "div_listdate": export.compact(day + pd.Timedelta(1, "D")),
            "cash_div": paid["cash10"] / 10 * 0.8, "cash_div_tax": paid["cash10"] / 10,
            "stk_div": paid["bonus10"] / 10,
        }
    )  # fmt: skip


def test_dividends_become_actions_that_agree_with_the_ex_day(source, tmp_path, tables):
    paid = dividends(tables)
    plan = paid.head(2).assign(div_proc="预案", ex_date=None)
    export.save(pd.concat([paid, plan]), source, "dividend")
    found, report = imported(tushare, source, tmp_path / "m")
    actions = found["corporate_actions"]
    assert len(actions) == len(paid)
    np.testing.assert_allclose(
        actions["cash_per_share"], paid.sort_values(["ts_code", "ex_date"])["cash_div_tax"]
    )
    public = pd.to_datetime(actions["ex_date"]) - pd.to_datetime(actions["announce_date"])
    assert (public.dt.days == 9).all()  # the notice of the payment, not the plan's
    listed = pd.to_datetime(actions["list_date"]) - pd.to_datetime(actions["ex_date"])
    assert (listed.dt.days == 1).all()
    assert "dividend: 2 rows of plans that are not carried out (yet) left out" in texts(report)
    assert "corporate_actions leave" not in texts(report, "warning")


def test_dividends_that_disagree_with_the_ex_day_are_counted(source, tmp_path, tables):
    paid = dividends(tables)
    paid.loc[paid.index[0], "cash_div_tax"] += 0.5
    export.save(paid, source, "dividend")
    _, report = imported(tushare, source, tmp_path / "m")
    warning = texts(report, "warning")
    assert "1 row has a pre_close that differs by more than a cent" in warning


def test_two_periods_paid_on_one_ex_date_are_added_up(source, tmp_path, tables):
    paid = dividends(tables)
    half = paid.assign(cash_div_tax=paid["cash_div_tax"] / 2, stk_div=paid["stk_div"] / 2)
    export.save(pd.concat([half, half.assign(end_date="20140630")]), source, "dividend")
    found, report = imported(tushare, source, tmp_path / "m")
    assert len(found["corporate_actions"]) == len(paid)
    assert "corporate_actions leave" not in texts(report, "warning")
    assert f"dividend: {len(paid)} rows added to another one" in texts(report)


def test_a_link_out_of_the_folder_is_refused(source, tmp_path):
    (source / "stk_limit").mkdir()
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    (source / "stk_limit" / "x.csv").symlink_to(outside)
    with pytest.raises(DataError, match="leads outside its folder"):
        tushare.read(source, Collector())


def test_what_is_not_used_is_named(source, tmp_path):
    export.save(pd.DataFrame({"ts_code": ["600000.SH"]}), source, "stk_limit")
    _, report = imported(tushare, source, tmp_path / "m")
    assert "stk_limit: 1 file not imported (the day's limits follow from the rule book)" in texts(
        report
    )


def test_a_name_that_is_missing_is_an_error_that_names_the_stock(source, tmp_path):
    def unnamed(frame):
        frame.loc[3, "name"] = None
        return frame

    change(source, "namechange", unnamed)
    with pytest.raises(DataError, match=r"stock_names: 1 row has no name \(00"):
        imported(tushare, source, tmp_path / "m")
