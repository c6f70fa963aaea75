"""BaoStock through a module of the same queries, and through the package itself where it is."""

import json
import socketserver
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanthedge.errors import DataError
from quanthedge.sources.baostock.client import BaoStock
from quanthedge.sources.download.run import download
from quanthedge.sources.download.summary import Summary
from tests.sources.download.clock import FakeClock
from tests.sources.download.fake_baostock import BaoStockModule, Result

BARS = "query_history_k_data_plus"
SHARES = ["sh.600000", "sh.600087", "sz.000001"]


def fetch(folder: Path, package: Any, *tables: str, **more: Any) -> Summary:
    days = {"start": date(2015, 7, 1), "end": date(2015, 7, 31)}
    client = BaoStock(package, indices=["sh.000300"], time_out=more.pop("time_out", 5.0))
    return download(
        client, folder, tables=list(tables) or None, clock=FakeClock().clock(), **{**days, **more}
    )


def names(folder: Path, table: str) -> list[str]:
    return sorted(path.stem for path in (folder / table).glob("**/*.parquet"))


def test_a_whole_market_comes_as_text_in_baostocks_columns(tmp_path: Path) -> None:
    bao = BaoStockModule()
    summary = fetch(tmp_path, bao.module())
    assert summary.complete, summary.to_text()
    assert names(tmp_path, BARS) == ["sh.000300", *SHARES]
    found = pq.read_table(tmp_path / BARS / "sh.600000.parquet")
    assert found.num_rows == 23  # three pages of ten
    assert set(found.schema.types) == {pa.string()}
    assert found["date"].to_pylist()[0] == "2015-07-01"
    assert found["adjustflag"].to_pylist() == ["3"] * 23
    assert pq.read_table(tmp_path / BARS / "sh.600087.parquet").num_rows == 8  # until its last day
    assert names(tmp_path, "query_hs300_stocks") == ["20150731"]
    assert (bao.logins, bao.logouts) == (1, 1)


def test_dividends_are_asked_for_by_stock_and_year_of_the_ex_date(tmp_path: Path) -> None:
    bao = BaoStockModule()
    summary = fetch(tmp_path, bao.module(), "query_dividend_data", start=date(2014, 1, 1))
    asked = [params for name, params in bao.asked if name == "query_dividend_data"]
    assert [(p["code"], p["year"]) for p in asked] == [
        (c, y) for c in SHARES for y in ("2014", "2015")
    ]
    assert {params["yearType"] for params in asked} == {"operate"}
    assert summary.empty["query_dividend_data"] == 4
    assert (tmp_path / "query_dividend_data" / "sh.600000" / "2014.parquet").is_file()


def test_an_answer_that_the_package_ends_too_early_is_fetched_again(tmp_path: Path) -> None:
    bao = BaoStockModule()
    cut = [True, True]

    def breaks(name: str, params: dict[str, str]) -> Result | None:
        if name != BARS or params["code"] != "sh.600000" or not cut or not bao.logged_in:
            return None
        cut.pop()
        whole = bao.query_history_k_data_plus(**params)
        return Result(whole.fields, whole._rows, breaks_after=2)

    bao.trouble.append(breaks)
    summary = fetch(tmp_path, bao.module(), BARS)
    assert summary.complete
    assert pq.read_table(tmp_path / BARS / "sh.600000.parquet").num_rows == 23
    assert bao.logins == 3  # a broken line needs a new session


@pytest.mark.parametrize("rows", [0, 9, 10, 11, 20, 21])
def test_answers_of_whole_pages_are_not_taken_for_cut_off_ones(tmp_path: Path, rows: int) -> None:
    bao = BaoStockModule()
    many = [[f"sh.6{k:05d}", "名", "1999-11-10", "", "1", "1"] for k in range(rows)]
    fields = ["code", "code_name", "ipoDate", "outDate", "type", "status"]
    bao.trouble.append(
        lambda name, _: Result(fields, many) if name == "query_stock_basic" else None
    )
    summary = fetch(tmp_path, bao.module(), "query_stock_basic")
    assert summary.rows == rows
    assert summary.complete == (rows > 0)
    assert summary.retried == 0


def test_a_session_that_ended_is_opened_again(tmp_path: Path) -> None:
    bao = BaoStockModule()

    def forget(name: str, _: dict[str, str]) -> None:
        if name == BARS and len(bao.asked) == 4:
            bao.logged_in = False

    bao.trouble.append(forget)
    assert fetch(tmp_path, bao.module(), BARS).complete
    assert bao.logins == 2


@pytest.mark.parametrize("code", ["10002003", "10002007", "10005001", "10004001"])
def test_errors_of_the_network_are_tried_again(tmp_path: Path, code: str) -> None:
    bao = BaoStockModule()
    left = [1, 2]
    bao.trouble.append(
        lambda name, _: (
            Result.refused(code, "网络接收错误") if name == BARS and left and left.pop() else None
        )
    )
    summary = fetch(tmp_path, bao.module(), BARS)
    assert summary.complete
    assert summary.retried == 2


@pytest.mark.parametrize(
    ("code", "advice"),
    [("10001011", "lower --per-minute"), ("10001004", "pip install -U baostock"),
     ("10001002", "password is wrong"), ("10001005", "too many sessions")],
)  # fmt: skip
def test_a_refused_log_in_ends_the_download_with_what_to_do(
    tmp_path: Path, code: str, advice: str
) -> None:
    bao = BaoStockModule()
    bao.trouble.append(lambda name, _: Result.refused(code, "不行") if name == "login" else None)
    with pytest.raises(DataError, match=advice):
        fetch(tmp_path, bao.module())
    assert bao.logins == 1


def test_a_wrong_parameter_costs_one_request_and_is_named(tmp_path: Path) -> None:
    bao = BaoStockModule()

    def wrong(name: str, params: dict[str, str]) -> Result | None:
        bad = name == BARS and params["code"] == "sz.000001"
        return Result.refused("10004011", "无效的证券代码") if bad else None

    bao.trouble.append(wrong)
    summary = fetch(tmp_path, bao.module(), BARS)
    assert summary.missing == [(BARS, "sz.000001", "无效的证券代码 (code 10004011)")]
    assert summary.retried == 0


def test_the_session_is_closed_when_the_download_fails(tmp_path: Path) -> None:
    bao = BaoStockModule()

    def interrupt(done: int, every: int, text: str) -> None:
        if text.startswith(BARS):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, bao.module(), BARS, progress=interrupt)
    assert bao.logouts == 1


def test_a_query_that_the_package_lacks_is_named(tmp_path: Path) -> None:
    package = BaoStockModule().module()
    del package.query_stock_industry
    refused = fetch(tmp_path, package, "query_stock_industry").refused
    assert "baostock 0.9.4 has no query" in refused["query_stock_industry"]


class Vendor(socketserver.ThreadingTCPServer):
    daemon_threads = True
    rows: ClassVar[list[list[str]]]
    breaks: ClassVar[list[str]]


class Line(socketserver.StreamRequestHandler):
    """BaoStock's own protocol: a header, a body of parts, a sum; the answer ends with a mark."""

    server: Vendor

    def handle(self) -> None:
        for line in self.rfile:
            kind = line[:21].split(b"\1")[1]
            parts = line[21:].decode().rstrip("\n").split("\1")
            if self.server.breaks and kind == b"95" and self.server.breaks.pop() == parts[2]:
                return  # the line breaks
            body = self.answer(kind.decode(), parts)
            packed = zlib.compress(body.encode()) if kind == b"95" else body.encode()
            head = f"00.9.40\1{int(kind) + 1:02d}\1{len(packed):010d}".encode()
            self.wfile.write(head + packed + b"<![CDATA[]]>\n")

    def answer(self, kind: str, parts: list[str]) -> str:
        if kind in ("00", "02"):
            return "\1".join(["0", "success", parts[0], "anonymous"]) + "\1"
        page, rows = int(parts[2]), self.server.rows
        record = json.dumps({"record": rows[(page - 1) * 2000 : page * 2000]})
        done = ["0", "success", parts[0], "anonymous", str(page), "2000", record]
        if kind == "95":
            return "\1".join([*done, *parts[4:6], "a", "b", "d", "3"]) + "\1"
        return "\1".join([*done, "a", "b", "calendar_date,is_trading_day"]) + "\1"


@contextmanager
def line(rows: list[list[str]], breaks: list[str]) -> Iterator[int]:
    with Vendor(("127.0.0.1", 0), Line) as server:
        Vendor.rows, Vendor.breaks = rows, breaks
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.mark.parametrize("breaks", [[], ["1"], ["2", "1"], ["2", "0", "2", "0"]])
def test_the_package_itself_is_kept_from_hanging_and_from_cutting_answers_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: list[str]
) -> None:
    package = pytest.importorskip("baostock")
    constants = pytest.importorskip("baostock.common.contants")
    fields = "date,code,open,high,low,close,preclose,volume,amount"
    rows = [[f"{2000 + k // 300}-01-01", "sh.600000", *["1.5"] * 7] for k in range(4_500)]
    with line(rows, breaks) as port:
        monkeypatch.setattr(constants, "BAOSTOCK_SERVER_IP", "127.0.0.1")
        monkeypatch.setattr(constants, "BAOSTOCK_SERVER_PORT", port)
        client = BaoStock(package, time_out=2.0)
        from quanthedge.sources.baostock.plan import TABLES
        from quanthedge.sources.download.pace import Caller
        from quanthedge.sources.download.plan import Request

        table = next(table for table in TABLES if table.name == BARS)
        params = {"code": "sh.600000", "fields": fields, "start_date": "2000-01-01",
                  "end_date": "2015-07-31"}  # fmt: skip
        caller = Caller(6_000, clock=FakeClock().clock())
        found = client.ask(Request(table, "sh.600000", params), caller)
        client.close()
    assert found.num_rows == 4_500
    assert found.column_names == fields.split(",")
    assert not breaks
