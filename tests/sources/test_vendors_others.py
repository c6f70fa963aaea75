import shutil

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.market.checks import Collector
from quanthedge.sources.akshare import layout as akshare
from quanthedge.sources.baostock import layout as baostock
from quanthedge.sources.joinquant import layout as joinquant
from tests.market.exporters import vendors as export
from tests.sources.vendor_compare import differences, imported, texts

MARKET = 17


@pytest.fixture(scope="module")
def exported(tables, tmp_path_factory):
    """Export once per way of exporting, and give each test its own copy."""
    root, made = tmp_path_factory.mktemp("exported"), {}

    def copy(write, to, *more, **named):
        key = (write.__name__, more, *named.items())
        if key not in made:
            made[key] = root / str(len(made))
            write(tables, made[key], *more, **named)
        shutil.copytree(made[key], to)

    return copy


def opened(tables):
    """The tables with each stock's first pre_close at its open: all that factors can give back."""
    bars = tables["stock_daily"].copy()
    first = ~bars.duplicated("code")
    bars.loc[first, "pre_close"] = bars.loc[first, "open"]
    return {**tables, "stock_daily": bars}


# -- BaoStock

BAOSTOCK = {
    "stock_daily": {"total_shares", "is_delisting"},
    "index_members": "rows",  # lists
    "fundamentals": "rows",  # fewer items
    "stock_names": "absent",
    "industry": "absent",  # not exported
    "futures_daily": "absent",
    "cash_rate": "absent",
    "index_weights": "absent",
    "statements": "absent",
    "analyst_estimates": "absent",
    "corporate_actions": "absent",
    "industry_index_daily": "absent",
    "government_yield_curve": "absent",
}


def test_a_market_in_baostocks_tables_comes_back(tmp_path, tables, exported):
    exported(export.baostock, tmp_path / "source")
    assert baostock.recognise(tmp_path / "source")
    found, report = imported(baostock, tmp_path / "source", tmp_path / "m")
    assert differences(tables, found) == BAOSTOCK
    notes = texts(report)
    assert "40 rows with adjusted prices beside the unadjusted ones left out" in notes
    assert "without trading (volume 0 or empty) left out" in notes
    assert "float_shares worked out from the turnover rate" in notes


def test_baostocks_ratios_and_earnings_are_ours(tmp_path, tables, exported):
    exported(export.baostock, tmp_path / "source")
    found, _ = imported(baostock, tmp_path / "source", tmp_path / "m")
    items = ["roe_cum_pct", "net_profit_ttm", "debt_to_assets_pct"]

    def of(frame):
        return {"fundamentals": frame[frame["item"].isin(items)].reset_index(drop=True)}

    assert differences(of(tables["fundamentals"]), of(found["fundamentals"])) == {}


@pytest.mark.parametrize("mark", ["1", "2"])
def test_baostocks_adjusted_bars_alone_are_refused(tmp_path, exported, mark):
    exported(export.baostock, tmp_path / "source")
    folder = tmp_path / "source" / "query_history_k_data_plus"
    (folder / "adjusted.csv").unlink()
    for path in folder.iterdir():
        frame = pd.read_csv(path, dtype=str)
        frame.assign(adjustflag=mark).to_csv(path, index=False)
    with pytest.raises(DataError, match="holds only adjusted prices"):
        baostock.read(tmp_path / "source", Collector())


def test_baostocks_dividends_explain_the_ex_dates(tmp_path, tables, exported):
    exported(export.baostock, tmp_path / "source")
    paid = export.dividends_of(tables)
    day = paid["ex_date"]
    frame = pd.DataFrame(
        {
            "code": export.baostock_code(paid["code"]), "dividPlanAnnounceDate": "2013-03-01",
            "dividPlanDate": export.dashed(day - pd.Timedelta(5, "D")),
            "dividRegistDate": export.dashed(day - pd.Timedelta(1, "D")),
            "dividOperateDate": export.dashed(day), "dividPayDate": export.dashed(day),
            "dividCashPsBeforeTax": (paid["cash10"] / 10).map(repr), "dividStocksPs": "",
            "dividReserveToStockPs": (paid["bonus10"] / 10).map(repr),
        }
    )  # fmt: skip
    export.save(frame, tmp_path / "source", "query_dividend_data")
    found, report = imported(baostock, tmp_path / "source", tmp_path / "m")
    assert len(found["corporate_actions"]) == len(paid)
    assert "corporate_actions leave" not in texts(report, "warning")


def test_baostocks_industries_are_spells_from_lists(tmp_path, tables, exported):
    exported(export.baostock, tmp_path / "source")
    codes = export.baostock_code(tables["stocks"]["code"])
    for day, name in (("2013-01-04", "J66货币金融服务"), ("2014-06-30", "K70房地产业")):
        frame = pd.DataFrame({"updateDate": day, "code": codes, "industry": name})
        export.write(frame, tmp_path / "source" / "query_stock_industry" / f"{day}.csv")
    found, _ = imported(baostock, tmp_path / "source", tmp_path / "m")
    spells = found["industry"]
    assert len(spells) == 2 * len(codes)
    first = spells[spells["industry"] == "J66"]
    assert set(first["start"].astype(str)) == {"2013-01-04"}
    assert set(first["end"].astype(str)) == {"2014-06-29"}
    assert spells[spells["industry"] == "K70"]["end"].isna().all()


# -- JoinQuant

JOINQUANT = {
    "stock_daily": {"is_delisting"},
    "index_members": "rows",  # lists
    "fundamentals": "rows",  # fewer items
    "stock_names": "absent",
    "industry": "absent",  # not exported
    "statements": "absent",  # the whole reports (STK_...) are not exported
    "analyst_estimates": "absent",
    "corporate_actions": "absent",  # not exported
    "industry_index_daily": "absent",
    "government_yield_curve": "absent",
    "cash_rate": "absent",
}


@pytest.mark.parametrize("fq", ["pre", "post", None])
def test_a_market_in_joinquants_tables_comes_back_as_traded(tmp_path, tables, exported, fq):
    exported(export.joinquant, tmp_path / "source", fq)
    assert joinquant.recognise(tmp_path / "source")
    found, _ = imported(joinquant, tmp_path / "source", tmp_path / "m")
    if fq == "pre":  # the factor ends at 1 instead of beginning there
        bars = found["stock_daily"]
        first = bars.groupby("code", observed=True)["adj_factor"].transform("first")
        bars["adj_factor"] = bars["adj_factor"] / first
        bars["adj_factor"] *= tables["stock_daily"].groupby("code")["adj_factor"].transform("first")
    assert differences(tables, found) == JOINQUANT


def test_prices_that_joinquant_rounded_are_counted_and_nearly_right(tmp_path, tables, exported):
    exported(export.joinquant, tmp_path / "source", "pre", rounded=True)
    found, report = imported(joinquant, tmp_path / "source", tmp_path / "m")
    off = np.abs(found["stock_daily"]["close"] - tables["stock_daily"]["close"])
    assert 0 < (off > 1e-9).mean() < 0.1
    assert off.max() < 0.0101
    assert "whose traded price is not certain to the cent" in texts(report, "warning")


def prices(source):
    return source / "get_price" / "stocks.parquet"


def test_joinquants_adjusted_prices_without_a_factor_are_refused(tmp_path, exported):
    exported(export.joinquant, tmp_path / "source")
    for path in (tmp_path / "source" / "get_price").iterdir():
        frame = pd.read_parquet(path)
        frame.drop(columns="factor", errors="ignore").to_parquet(path, index=False)
    with pytest.raises(DataError, match="column 'factor' is missing; JoinQuant adjusts prices"):
        joinquant.read(tmp_path / "source", Collector())


def test_joinquants_unadjusted_prices_that_show_no_ex_date_are_refused(tmp_path, exported):
    exported(export.joinquant, tmp_path / "source", None)
    frame = pd.read_parquet(prices(tmp_path / "source"))
    before = frame.sort_values(["code", "time"]).groupby("code")["close"].shift()
    frame["pre_close"] = before.fillna(frame["pre_close"])
    frame.to_parquet(prices(tmp_path / "source"), index=False)
    with pytest.raises(DataError, match="pre_close shows no ex-date"):
        joinquant.read(tmp_path / "source", Collector())


def test_few_unadjusted_bars_without_an_ex_date_are_read_with_a_warning(tmp_path, tables):
    early = tables["stock_daily"]
    early = early[(early["date"] < "2013-03-01") & (early["code"] < "000004.SZ")]
    export.joinquant({**tables, "stock_daily": early}, tmp_path / "source", None)
    _, report = imported(joinquant, tmp_path / "source", tmp_path / "m")
    assert "factor is 1 everywhere and pre_close is the close before" in texts(report, "warning")


def test_joinquants_missing_st_marks_are_an_error(tmp_path, exported):
    exported(export.joinquant, tmp_path / "source")
    path = tmp_path / "source" / "get_extras_is_st.csv"
    frame = pd.read_csv(path)
    frame.iloc[5:].to_csv(path, index=False)
    with pytest.raises(DataError, match=r"get_extras_is_st: .* bars have no mark"):
        joinquant.read(tmp_path / "source", Collector())


def test_joinquants_files_by_code_need_no_code_column(tmp_path, tables, exported):
    exported(export.joinquant, tmp_path / "source")
    frame = pd.read_parquet(prices(tmp_path / "source"))
    prices(tmp_path / "source").unlink()
    for code, rows in frame.groupby("code"):
        path = tmp_path / "source" / "get_price" / f"{code}.csv"
        rows.drop(columns="code").set_index("time").rename_axis(None).to_csv(path)
    found, _ = imported(joinquant, tmp_path / "source", tmp_path / "m")
    found["stock_daily"]["adj_factor"] = tables["stock_daily"]["adj_factor"]
    assert differences(tables, found) == JOINQUANT


def test_joinquants_payments_are_per_ten_shares(tmp_path, tables, exported):
    exported(export.joinquant, tmp_path / "source")
    paid = export.dividends_of(tables)
    frame = pd.DataFrame(
        {
            "code": export.jq_code(paid["code"]), "plan_progress": "实施方案",
            "bonus_ratio_rmb": paid["cash10"], "dividend_ratio": 0.0,
            "transfer_ratio": paid["bonus10"], "report_date": "2013-12-31",
            "implementation_pub_date": export.dashed(paid["ex_date"] - pd.Timedelta(5, "D")),
            "a_registration_date": export.dashed(paid["ex_date"] - pd.Timedelta(1, "D")),
            "a_xr_date": export.dashed(paid["ex_date"]),
            "a_bonus_date": export.dashed(paid["ex_date"]),
        }
    )  # fmt: skip
    export.save(frame, tmp_path / "source", "STK_XR_XD")
    found, _ = imported(joinquant, tmp_path / "source", tmp_path / "m")
    wanted = paid.sort_values(["code", "ex_date"])
    actions = found["corporate_actions"]
    np.testing.assert_allclose(actions["cash_per_share"], wanted["cash10"] / 10)
    np.testing.assert_allclose(actions["bonus_per_share"], wanted["bonus10"] / 10)


# -- AkShare

AKSHARE = {
    "index_weights": "rows",  # the list of one day
    "government_yield_curve": "rows",  # the vendor's shortest term is 3 months
    "statements": "absent",  # not exported
    "analyst_estimates": "absent",  # not exported
    "industry_index_daily": "absent",
    "corporate_actions": "absent",
    "stock_daily": {"total_shares", "float_shares", "is_st", "is_delisting"},
    "index_members": "rows",  # the list of one day
    "industry": {"industry", "name_zh", "name_en"},  # Shenwan's numbers
    "fundamentals": "absent",
    "stock_names": "absent",
}


@pytest.mark.parametrize("adjusted", ["dividends", "factor", "hfq"])
def test_a_market_in_akshares_tables_comes_back(tmp_path, tables, exported, adjusted):
    exported(export.akshare, tmp_path / "source", adjusted)
    assert akshare.recognise(tmp_path / "source")
    found, _ = imported(akshare, tmp_path / "source", tmp_path / "m")
    wanted = dict(AKSHARE)
    if adjusted == "dividends":
        wanted["corporate_actions"] = {  # read from the steps of prices, on days of their own
            "announce_date", "record_date", "pay_date", "cash_per_share", "bonus_per_share"
        }  # fmt: skip
    if adjusted == "hfq":  # the quotient of two rounded prices
        factor = found["stock_daily"]["adj_factor"]
        np.testing.assert_allclose(factor, tables["stock_daily"]["adj_factor"], rtol=1e-4)
        found["stock_daily"]["adj_factor"] = tables["stock_daily"]["adj_factor"]
    assert differences(opened(tables), found) == wanted
    curve = tables["government_yield_curve"]
    curve = curve[(curve["term"] != "0S") & curve["rate"].notna()]
    name = "government_yield_curve"
    assert differences({name: curve}, {name: found[name]}) == {}


def test_dividends_added_back_instead_of_multiplied_give_no_factor(tmp_path, exported):
    exported(export.akshare, tmp_path / "source", "east")
    with pytest.raises(DataError, match="adds dividends back instead of multiplying"):
        akshare.read(tmp_path / "source", Collector())


def test_unadjusted_bars_alone_are_refused(tmp_path, exported):
    exported(export.akshare, tmp_path / "source", "hfq")
    for path in (tmp_path / "source" / "stock_zh_a_hist_hfq").iterdir():
        path.unlink()
    with pytest.raises(DataError, match="unadjusted prices alone do not say what happened"):
        akshare.read(tmp_path / "source", Collector())


@pytest.mark.parametrize("told", ["folder", "file", "column"])
def test_adjusted_bars_alone_are_refused(tmp_path, exported, told):
    exported(export.akshare, tmp_path / "source", "hfq")
    raw, hfq = (tmp_path / "source" / f"stock_zh_a_hist{end}" for end in ("", "_hfq"))
    for path in raw.iterdir():
        path.unlink()
    if told != "folder":
        for path in hfq.iterdir():
            frame = pd.read_csv(path, dtype=str)
            if told == "column":
                frame = frame.assign(adjust="hfq")
            name = path.stem if told == "column" else f"{path.stem}_hfq"
            frame.to_csv(raw / f"{name}.csv", index=False)
            path.unlink()
    with pytest.raises(DataError, match=r"holds only adjusted prices \(hfq\)"):
        akshare.read(tmp_path / "source", Collector())


def test_sinas_bars_have_shares_and_the_code_in_the_files_name(tmp_path, tables, exported):
    source = tmp_path / "source"
    exported(export.akshare, source, "factor")
    for path in (source / "stock_zh_a_hist").iterdir():
        path.unlink()
    for code, bars in tables["stock_daily"].groupby("code"):
        frame = bars[["date", "open", "high", "low", "close", "volume", "amount"]]
        frame = frame.assign(outstanding_share=bars["float_shares"], turnover=0.01)
        export.write(frame, source / "stock_zh_a_daily" / f"{code[7:].lower()}{code[:6]}.csv")
    found, _ = imported(akshare, source, tmp_path / "m")
    shares = AKSHARE["stock_daily"] - {"float_shares"}
    assert differences(opened(tables), found) == {**AKSHARE, "stock_daily": shares}


def test_rights_issues_beside_dividends_move_the_previous_close(tmp_path, tables, exported):
    source = tmp_path / "source"
    exported(export.akshare, source)
    code = tables["stocks"]["code"].iloc[0]
    bars = tables["stock_daily"][tables["stock_daily"]["code"] == code]
    before, day = bars["close"].iloc[99], bars["date"].iloc[100]
    frame = pd.DataFrame(
        {
            "公告日期": ["2013-01-01"], "配股方案": [3.0], "配股价格": [5.0],
            "除权日": export.dashed(pd.Series([day])), "股权登记日": [""],
        }
    )  # fmt: skip
    export.write(frame, source / "stock_history_dividend_detail_配股" / f"{code[:6]}.csv")
    found, _ = imported(akshare, source, tmp_path / "m")
    bar = found["stock_daily"]
    bar = bar[(bar["code"] == code) & (pd.to_datetime(bar["date"]) == day)]
    assert bar["pre_close"].item() == pytest.approx((before + 0.3 * 5) / 1.3, abs=0.0051)


def test_shenwans_numbers_become_industries_of_level_one(tmp_path, exported):
    exported(export.akshare, tmp_path / "source")
    rows = pd.DataFrame(
        {
            "symbol": ["000001", "000001", "000002"],
            "start_date": ["1991-04-03", "2014-01-01", "1991-01-29"],
            "industry_code": ["440101", "480101", "430101"],
            "update_time": "2015-10-27",
        }
    )
    export.save(rows, tmp_path / "source", "stock_industry_clf_hist_sw")
    found, _ = imported(akshare, tmp_path / "source", tmp_path / "m")
    spells = found["industry"]
    assert spells["industry"].tolist() == ["44", "48", "43"]
    assert spells["name_en"].tolist()[1:] == ["Banks", "Real estate"]
    assert str(spells["end"].iloc[0]) == "2013-12-31"
    assert spells["end"].isna().tolist() == [False, True, True]
