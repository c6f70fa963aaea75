"""Files of holdings and cash as trading systems export them: every row is taken or named."""

import zipfile

import pandas as pd
import pytest

from quanthedge.daily.holdings import Cash, StockHolding, read_cash, read_holdings
from quanthedge.errors import DataError

TONGHUASHUN = """资金股份查询
人民币: 余额:1000.00  可用:1000.00
----------------------------------------
证券代码\t证券名称\t股票余额\t可用余额\t冻结数量\t成本价\t市价\t市值
="600519"\t贵州茅台\t200\t100\t0\t1500.0\t1700.0\t340000
000001\t平安银行\t1,000\t1,000\t0\t10.0\t11.0\t11000
511880\t银华日利\t500\t500\t0\t100.0\t100.1\t50050
204001\tGC001\t1000\t0\t0\t100.0\t100.0\t100000
合计\t\t\t\t\t\t\t
"""


def written(tmp_path, name, text, encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_an_export_with_lines_before_its_headings_is_read(tmp_path, encoding):
    book = read_holdings(written(tmp_path, "持仓.xls", TONGHUASHUN, encoding))
    assert book.stocks == {
        "600519.SH": StockHolding(200, today=100), "000001.SZ": StockHolding(1000),
    }  # fmt: skip
    named = [(left.code, left.kind) for left in book.left]
    assert named == [
        ("600519.SH", "bought_today"), ("511880", "no_stock"), ("204001", "no_stock"),
        ("", "total"),
    ]  # fmt: skip
    assert book.left[1].values == {"value": "50050", "quantity": "500"}
    assert "line 7" in book.left[1].place


@pytest.mark.parametrize("code", ["600519", "SH600519", "600519.SH", "sh.600519", "SHSE.600519"])
def test_codes_are_taken_in_every_spelling(tmp_path, code):
    book = read_holdings(written(tmp_path, "a.csv", f"证券代码,持仓数量\n{code},300\n"))
    assert book.stocks == {"600519.SH": StockHolding(300)}
    assert not book.left


def test_leading_zeros_that_a_spreadsheet_took_away_come_back(tmp_path):
    book = read_holdings(written(tmp_path, "a.csv", "code,quantity,available\n1,300,300\n"))
    assert book.stocks == {"000001.SZ": StockHolding(300)}


def test_a_stock_in_two_rows_is_added_up_and_named(tmp_path):
    text = "证券代码,持仓数量,可用数量\n600519,300,300\n600519.SH,200,100\n"
    book = read_holdings(written(tmp_path, "a.csv", text))
    assert book.stocks == {"600519.SH": StockHolding(500, today=100)}
    assert [left.kind for left in book.left] == ["added", "bought_today"]


@pytest.mark.parametrize(
    ("direction", "lots"),
    [("空", -5), ("卖", -5), ("short", -5), ("多", 5), ("买", 5), ("LONG", 5), ("3", -5), ("2", 5)],
)
def test_contracts_have_a_direction(tmp_path, direction, lots):
    text = f"合约,方向,手数,今仓\nIF2401,{direction},5,2\n"
    book = read_holdings(written(tmp_path, "a.csv", text, "gbk"))
    assert book.futures == {"IF2401": lots}
    assert [(left.kind, left.values["lots"]) for left in book.left] == [("opened_today", "2")]


def test_stocks_and_contracts_come_from_one_workbook_or_several_files(tmp_path):
    stocks = pd.DataFrame({"证券代码": ["600519"], "持仓数量": [300], "冻结数量": [100]})
    futures = pd.DataFrame({"合约代码": ["IC2403"], "买卖方向": ["卖"], "持仓量": [7]})
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        stocks.to_excel(book, sheet_name="股票", index=False)
        futures.to_excel(book, sheet_name="期货", index=False)
    found = read_holdings(path)
    assert found.stocks == {"600519.SH": StockHolding(300, frozen=100)}
    assert found.futures == {"IC2403": -7}
    apart = read_holdings(
        [
            written(tmp_path, "s.csv", stocks.to_csv(index=False)),
            written(tmp_path, "f.csv", futures.to_csv(index=False), "gbk"),
        ]
    )
    assert (apart.stocks, apart.futures) == (found.stocks, found.futures)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("证券代码,持仓数量\n600519,三百\n", "no number"),
        ("证券代码,持仓数量\n600519,\n", "whole numbers"),
        ("证券代码,持仓数量\n600519,100.5\n", "whole numbers"),
        ("证券代码,持仓数量\n600519,-100\n", "0 or more"),
        ("证券代码,持仓数量,冻结数量\n600519,100,200\n", "frozen"),
        ("证券代码,持仓数量,可用数量\n600519,100,200\n", "200 of 100 shares of 600519.SH avail"),
        ("证券代码,持仓数量,可用数量\n600519,100,-1\n", "-1 of 100 shares of 600519.SH available"),
        ("证券代码,成本价\n600519,10\n", "no column of quantities"),
        ("代号,股数\n600519,100\n", "without a heading"),
        ("合约,手数\nIF2401,5\n", "without a direction"),
        ("合约,方向,手数\nIF2401,上,5\n", "accepted: 多, 空"),
        ("", "without a heading"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path, text, words):
    with pytest.raises(DataError, match=words):
        read_holdings(written(tmp_path, "a.csv", text))


@pytest.mark.parametrize(
    "raw", [b"\xd0\xcf\x11\xe0old", b"PK\x03\x04broken", b"\x00\x01\x02", b"\xff"]
)
def test_files_of_other_kinds_are_refused(tmp_path, raw):
    path = tmp_path / "a.xls"
    path.write_bytes(raw)
    with pytest.raises(DataError):
        read_holdings(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_holdings(tmp_path / "none.csv")


def test_cash_is_told_by_account_or_by_item(tmp_path):
    table = '账户,可用资金,保证金占用,期货权益\n股票账户,"1,000.5",,\n期货账户,300,200,500\n'
    assert read_cash(written(tmp_path, "a.csv", table, "gbk")) == Cash(1000.5, 500.0, 200.0)
    items = "item,yuan\nstock_cash,1000.5\nfutures_available,300\nfutures_margin,200\nloan,7\n"
    expected = Cash(1000.5, 500.0, 200.0, loan=7.0)
    assert read_cash(written(tmp_path, "b.csv", items)) == expected
    assert read_cash(written(tmp_path, "c.csv", "账户,可用资金\n股票,12\n")) == Cash(12.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("账户,可用资金,期货权益\n期货,,500\n", "stock account is not told"),
        ("账户,可用资金\n股票,12\n股票,13\n", "told twice"),
        ("账户,可用资金\n股票,-12\n", "0 or more"),
        ("账户,可用资金\n外汇,12\n", "accepted: 股票, 期货"),
        ("item,yuan\nstock_cash,many\n", "no number"),
        ("item,yuan\nbeer,12\n", "accepted: stock_cash"),
    ],
)
def test_cash_that_cannot_be_read_is_refused(tmp_path, text, words):
    with pytest.raises(DataError, match=words):
        read_cash(written(tmp_path, "a.csv", text))


def test_a_contract_in_several_rows_is_netted_and_named(tmp_path):
    text = "合约,方向,手数\nIF2401,空,5\nIF2401,多,2\nIC2401,空,1\n"
    found = read_holdings(written(tmp_path, "f.csv", text))
    assert found.futures == {"IF2401": -3, "IC2401": -1}
    assert [(one.code, one.kind, one.values) for one in found.left] == [
        ("IF2401", "added_lots", {"lots": "-3"})
    ]


FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
LONG = b'<row r="9"><c r="A9" t="inlineStr"><is><t>LONG</t></is></c></row>'


@pytest.mark.parametrize(
    ("row", "words"), [(FAR, "more than 200,000 lines or"), (LONG, "claims 60,0.* a bomb")]
)
def test_a_workbook_of_a_few_bytes_that_claims_gigabytes_is_refused(tmp_path, row, words):
    pd.DataFrame({"证券代码": ["600519"], "持仓数量": [300]}).to_excel(
        tmp_path / "a.xlsx", index=False
    )
    row = row.replace(b"LONG", b"x" * 60_000_000)
    with (
        zipfile.ZipFile(tmp_path / "a.xlsx") as sound,
        zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for part in sound.infolist():
            data = sound.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                data = data.replace(b"</sheetData>", row + b"</sheetData>")
            bomb.writestr(part.filename, data)
    assert read_holdings(tmp_path / "a.xlsx").stocks == {"600519.SH": StockHolding(300)}
    with pytest.raises(DataError, match=words):
        read_holdings(tmp_path / "b.xlsx")
