"""Orders as text, page and files of order systems: what stands in which column, and how."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from quanthedge.daily import SYSTEMS
from quanthedge.daily.tomorrow import Orders
from quanthedge.errors import StrategyError
from tests.sample import small_strategy


def order(account, code, side, quantity, price, offset="", reason="rebalance"):
    return {
        "account": account, "code": code, "name": "平安<银行>" if account == "stock" else "",
        "side": side, "offset": offset, "quantity": quantity, "reference_price": price,
        "limit_up": price * 1.1, "limit_down": price * 0.9, "amount": price * quantity,
        "fees": 1.234, "impact": 5.678, "usual_volume": 1e6, "participation": 0.01,
        "reason": reason, "reason_en": "enters", "reason_zh": "买入新股",
    }  # fmt: skip


@pytest.fixture
def orders():
    frame = pd.DataFrame(
        [
            order("futures", "IF2401", "sell", 3, 3400.2, "open", "hedge"),
            order("futures", "IF2312", "buy", 2, 3401.0, "close", "roll"),
            order("stock", "000001.SZ", "sell", 300, 10.5),
            order("stock", "688981.SH", "buy", 201, 50.0),
            order("stock", "830799.BJ", "buy", 100, 5.0),
        ]
    )
    refused = pd.DataFrame(
        [("600519.SH", "贵州茅台", "buy", 100, 0, "suspended", "suspended", "停牌")],
        columns=["code", "name", "side", "wanted", "done", "reason", "reason_en", "reason_zh"],
    )
    transfers = pd.DataFrame(
        [("stock", "futures", 1e6, "margin call level", "触及追保线")],
        columns=["from", "to", "yuan", "reason_en", "reason_zh"],
    )
    book = pd.DataFrame(
        [("stock", "000001.SZ", "平安<银行>", 300, 0, 10.5, 0.0, 0.01, 0.0)],
        columns=["kind", "code", "name", "before", "after", "price", "value", "weight_before",
                 "weight_after"],
    )  # fmt: skip
    figures = {"equity": 1e8, "net_exposure": 0.01, "beta": np.nan, "names": 3.0}
    totals = pd.DataFrame({"before": figures, "after": figures}).rename_axis("figure")
    return Orders(
        small_strategy(), "market", "0" * 64, "2024-01-04", "2024-01-05", frame, refused,
        transfers, book, totals, [{"kind": "forced", "en": "As asked for.", "zh": "按要求。"}],
    )  # fmt: skip


def rows_of(orders, system, encoding):
    content = orders.files([system], account="8001", futures_account="9001")[f"orders_{system}.csv"]
    return list(csv.DictReader(io.StringIO(content.decode(encoding))))


def test_qmt_gets_the_arguments_of_passorder(orders):
    rows = rows_of(orders, "qmt", "gbk")
    told = [(r["opType"], r["orderCode"], r["volume"], r["price"], r["accountid"]) for r in rows]
    assert told == [
        ("3", "IF2401.IF", "3", "3400.2", "9001"),  # 开空
        ("9", "IF2312.IF", "2", "3401.0", "9001"),  # 平空, 优先平昨
        ("24", "000001.SZ", "300", "10.50", "8001"),
        ("23", "688981.SH", "201", "50.00", "8001"),
        ("23", "830799.BJ", "100", "5.00", "8001"),
    ]
    assert {(row["orderType"], row["prType"], row["quickTrade"]) for row in rows} == {
        ("1101", "11", "1")
    }


def test_myquant_gets_its_order_file(orders):
    rows = rows_of(orders, "myquant", "utf-8-sig")
    told = [(r["symbol"], r["order_business(order_biz)"], r["order_type"]) for r in rows]
    assert told == [
        ("CFFEX.IF2401", "14", "1"), ("CFFEX.IF2312", "15", "1"), ("SZSE.000001", "2", "1"),
        ("SHSE.688981", "1", "1"), ("BJSE.830799", "1", "1"),
    ]  # fmt: skip
    assert len({row["sid"] for row in rows}) == len(rows)
    raw = orders.files(["myquant"])["orders_myquant.csv"]
    assert raw.startswith(b"\xef\xbb\xbf")


def test_ctp_gets_contracts_only_with_the_flags_of_a_hedge(orders):
    rows = rows_of(orders, "ctp", "utf-8")
    told = [
        (r["InstrumentID"], r["Direction"], r["CombOffsetFlag"], r["CombHedgeFlag"]) for r in rows
    ]
    assert told == [("IF2401", "1", "0", "3"), ("IF2312", "0", "1", "3")]
    assert {(r["OrderPriceType"], r["TimeCondition"], r["VolumeCondition"]) for r in rows} == {
        ("2", "3", "1")
    }


def test_hundsun_gets_stocks_only(orders):
    rows = rows_of(orders, "hundsun", "gbk")
    told = [(r["JYSC"], r["ZQDM"], r["WTFX"], r["WTJG"], r["WTSL"]) for r in rows]
    assert told == [
        ("2", "000001", "2", "10.50", "300"), ("1", "688981", "1", "50.00", "201"),
        ("r", "830799", "1", "5.00", "100"),
    ]  # fmt: skip


def test_every_system_has_its_row_of_sources(orders):
    from importlib.resources import files

    text = files("quanthedge.daily").joinpath("systems.csv").read_text(encoding="utf-8")
    told = {row["system"]: row for row in csv.DictReader(io.StringIO(text))}
    assert told.keys() == SYSTEMS.keys()
    assert {row["confidence"] for row in told.values()} <= {"A", "B", "C"}
    with pytest.raises(StrategyError, match="accepted: qmt"):
        orders.files(["o32"])


@pytest.mark.parametrize(("language", "words"), [("zh", "代码"), ("en", "code")])
def test_own_tables_have_headings_in_a_language_and_open_in_excel(orders, language, words):
    for table in ("orders", "refused", "transfers", "book", "totals"):
        raw = orders.csv(table, language)
        assert raw.startswith(b"\xef\xbb\xbf")
        text = raw.decode("utf-8-sig")
        head = next(csv.reader(io.StringIO(text)))
        assert len(set(head)) == len(head), head  # a reader by names loses no column
        rows = list(csv.DictReader(io.StringIO(text)))
        assert rows
        if table == "orders":
            assert rows[0][words] == "IF2401"
            assert {row["方向" if language == "zh" else "side"] for row in rows} == (
                {"买入", "卖出"} if language == "zh" else {"buy", "sell"}
            )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_text_keeps_to_eighty_columns(orders, language):
    text = orders.text(language)
    assert "IF2401" in text
    assert "600519.SH" in text
    for line in text.splitlines():
        assert sum(2 if ord(letter) > 0x2E7F else 1 for letter in line) <= 80


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_stands_alone_and_takes_names_for_text(orders, language):
    page = orders.page(language)
    assert "平安&lt;银行&gt;" in page
    assert "<银行>" not in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "font-src data:" in page
    for code in ("IF2401", "688981.SH", "600519.SH"):
        assert code in page
