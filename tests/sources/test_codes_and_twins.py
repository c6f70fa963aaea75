"""One index under two codes is one index, foreign codes are left out, no index becomes a stock."""

from datetime import date

import pyarrow as pa
import pytest

from quanthedge.errors import DataError
from quanthedge.market.checks.findings import Collector
from quanthedge.market.checks.whole import check_tables
from quanthedge.market.codes import Code
from quanthedge.sources.twins import with_one_index
from quanthedge.sources.vendors.columns import MEANINGS
from quanthedge.sources.vendors.spells import members_of_snapshots
from tests.market.small_market import small_market

FIRST, LATER, LAST = date(2014, 1, 2), date(2014, 1, 22), date(2014, 2, 7)
STOCKS = ("000012.SZ", "600008.SH")


def lists(*rows):
    return pa.table(
        {
            "index_code": [row[0] for row in rows],
            "code": [row[1] for row in rows],
            "date": pa.array([row[2] for row in rows], pa.date32()),
        }
    )


def spells(*rows):
    return pa.table(
        {
            "index_code": [row[0] for row in rows],
            "code": [row[1] for row in rows],
            "start": pa.array([row[2] for row in rows], pa.date32()),
            "end": pa.array([row[3] for row in rows], pa.date32()),
        }
    )


def bars(*rows):
    return pa.table(
        {
            "code": [row[0] for row in rows],
            "date": pa.array([row[1] for row in rows], pa.date32()),
            "close": [row[2] for row in rows],
            "volume": [row[3] for row in rows],
        }
    )


@pytest.mark.parametrize("twin", ["399300.SZ", "399905.SZ", "399852.SZ", "399903.SZ"])
def test_lists_under_both_codes_are_one_index_in_order_of_time(twin):
    own = Code.TWINS[twin]
    early = [(twin, code, FIRST) for code in STOCKS]
    found = members_of_snapshots(
        lists(*early, (own, STOCKS[0], LATER), (twin, STOCKS[0], LATER), (own, STOCKS[1], LAST)),
        "index_members", Collector(),
    )  # fmt: skip
    rows = {(r["code"], r["start"], r["end"]) for r in found.to_pylist()}
    assert set(found["index_code"].to_pylist()) == {own}
    assert rows == {
        (STOCKS[0], FIRST, date(2014, 2, 6)), (STOCKS[1], FIRST, date(2014, 1, 21)),
        (STOCKS[1], LAST, None),
    }  # fmt: skip


def test_lists_of_one_day_that_differ_are_an_error_that_names_the_stock():
    table = lists(("000300.SH", STOCKS[0], FIRST), ("399300.SZ", STOCKS[1], FIRST))
    with pytest.raises(DataError, match=r"000300.SH .* 2014-01-02: 000012.SZ is in one of them"):
        members_of_snapshots(table, "index_members", Collector())


def joined(name, table):
    return with_one_index({name: table}, Collector())[name].to_pylist()


def test_spells_under_both_codes_are_joined_where_they_agree():
    table = spells(
        ("399300.SZ", STOCKS[0], FIRST, None), ("399300.SZ", STOCKS[1], FIRST, date(2014, 1, 21)),
        ("000300.SH", STOCKS[0], LATER, None),
    )  # fmt: skip
    rows = joined("index_members", table)
    assert {(r["index_code"], r["code"], r["start"], r["end"]) for r in rows} == {
        ("000300.SH", STOCKS[0], FIRST, None), ("000300.SH", STOCKS[1], FIRST, date(2014, 1, 21)),
    }  # fmt: skip


def test_spells_that_disagree_on_a_day_are_an_error():
    table = spells(("399300.SZ", STOCKS[0], FIRST, None), ("000300.SH", STOCKS[1], LATER, None))
    with pytest.raises(DataError, match=r"000300.SH and its other code disagree: 000012.SZ"):
        joined("index_members", table)


def test_bars_under_both_codes_are_one_series_and_equal_days_count_once():
    table = bars(("399300.SZ", FIRST, 2310.65, 1.0), ("399300.SZ", LATER, 2212.004, 1.0),
                 ("000300.SH", LATER, 2212.0, 2.0), ("000300.SH", LAST, 2220.0, 3.0))  # fmt: skip
    rows = [(r["date"], r["close"], r["volume"]) for r in joined("index_daily", table)]
    assert rows == [(FIRST, 2310.65, 1.0), (LATER, 2212.0, 2.0), (LAST, 2220.0, 3.0)]


def test_bars_of_one_day_that_differ_are_an_error():
    table = bars(("399905.SZ", LATER, 3800.0, 1.0), ("000905.SH", LATER, 3801.0, 1.0))
    with pytest.raises(DataError, match=r"000905.SH 2014-01-22 has the close 3801"):
        joined("index_daily", table)


@pytest.mark.parametrize(
    "code",
    ["899050.BJ", "899601.BJ", "400001.BJ", "420016.BJ", "880001.BJ", "820001.BJ", "810001.BJ",
     "900901.SH", "200011.SZ", "510300.SH", "588000.SH", "159919.SZ", "161725.SZ", "113001.SH",
     "123001.SZ", "000300.SH", "000001.SH", "399001.SZ", "880001.SH", "204001.SH", "131810.SZ"],
)  # fmt: skip
def test_what_is_no_a_share_is_no_stock(code):
    assert not Code(code).is_stock


@pytest.mark.parametrize(
    "code",
    ["600519.SH", "601318.SH", "603259.SH", "605499.SH", "688981.SH", "689009.SH", "000001.SZ",
     "001979.SZ", "002594.SZ", "003816.SZ", "300750.SZ", "301236.SZ", "302132.SZ", "430047.BJ",
     "835185.BJ", "873122.BJ", "920002.BJ"],
)  # fmt: skip
def test_every_board_of_a_shares_is_told(code):
    assert Code(code).is_stock
    assert not Code(code).is_index


@pytest.mark.parametrize(
    "text",
    ["H00300.CSI", "h30269.CSI", "801010.SI", "CI005001.CI", "HSI.HI", "SPX.GI", "HSI", "N225",
     "000001.OF", "00700.HK", "00700", "hk00700", "AAPL.O", "BK0475", "T00018.SH", "10000001.SH",
     "400001.NQ", "430047.OC", "830799.XNEE", "USDCNH.FXCM", "Au99.99.SGE", "Au(T+D).SGE",
     "BK1186.DC", "CBA00101.CS", "NH0100.NHF", "H30533.INDX", "IF.CFX", "IFL.CFX", "IF99", "IH0"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["index", "stock"])
def test_a_foreign_code_is_left_out_of_columns_of_stocks_and_indices_alike(text, kind):
    assert Code(text).is_foreign
    word = MEANINGS[kind](Code(text))
    assert not Code(word).is_stock
    assert not Code(word).is_index


@pytest.mark.parametrize(
    "text",
    ["SR405", "SR2405", "CF1405", "TA501", "m1707", "rb1410", "SHFE.cu2001", "CZCE.SR005",
     "IO1402-C-2300", "m1707-C-2800", "SR405C5000", "cu2001P50000", "m2501-MS-C-2800", "TF1403",
     "T1512", "510050C1403M01500", "RB0", "AU9999.XSGE", "510300.SH", "000300.CSI", "sh600000",
     "400001.NQ"],
)  # fmt: skip
def test_a_contract_of_another_product_is_left_out(text):
    assert MEANINGS["contract"](Code(text)) is None


@pytest.mark.parametrize(
    ("kind", "text", "accepted"),
    [("index", "沪深300", "accepted: 000300.SH"), ("index", "total", "accepted: 000300.SH"),
     ("stock", "6000.SH", "accepted: 600000.SH"), ("stock", "平安银行", "accepted: 600000.SH"),
     ("contract", "IF1413", "accepted: IF2406"), ("contract", "SR413", "accepted: IF2406"),
     ("contract", "主力", "accepted: IF2406")],
)  # fmt: skip
def test_a_text_that_is_no_code_is_refused_with_what_the_column_accepts(kind, text, accepted):
    with pytest.raises(DataError, match=accepted):
        MEANINGS[kind](Code(text))


def test_bare_numbers_of_indices_are_placed_by_their_exchange():
    found = [Code(word).index() for word in ("300", "399006", "899050", "980017", "930050")]
    assert found == ["000300.SH", "399006.SZ", "899050.BJ", "980017.SZ", "930050.SH"]
    assert Code("899050").stock() == "899050.BJ"


def test_an_index_among_the_stocks_of_a_dataset_is_an_error_and_a_fund_a_warning():
    tables = small_market(codes=("000001.SZ", "000002.SZ", "300001.SZ", "510300.SH", "600000.SH",
                                 "899050.BJ"))  # fmt: skip
    report = check_tables(tables)
    found = {(f.level, f.rule): f.text for f in report if f.table == "stocks"}
    assert "899050.BJ" in found["error", "index"]
    assert "510300.SH" in found["warning", "no A share"]
