"""Tushare's HTTP interface: pages, failures that pass, refusals, and the shape of tables."""

import json
import time as real_time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import DataError
from quanthedge.sources.download.pace import Caller
from quanthedge.sources.download.plan import Request
from quanthedge.sources.download.problems import Failed
from quanthedge.sources.download.secret import Token
from quanthedge.sources.tushare.client import Tushare
from quanthedge.sources.tushare.plan import TABLES
from tests.sources.download.clock import FakeClock
from tests.sources.download.conftest import Fetch
from tests.sources.download.tushare_server import (
    PERMISSION,
    QUOTA,
    RATE,
    TOKEN,
    TushareServer,
    failing,
    refusing,
)

DAILY = next(table for table in TABLES if table.name == "daily")


def ask(server: TushareServer, clock: FakeClock, day: str = "20150701") -> pa.Table:
    client = Tushare(Token(TOKEN), server.url, time_out=5.0)
    caller = Caller(6_000, clock=clock.clock())
    return client.ask(Request(DAILY, day, {"trade_date": day}), caller)


def many(rows: int) -> pd.DataFrame:
    codes = [f"{number:06d}.SZ" for number in range(rows)]
    return pd.DataFrame({"ts_code": codes, "trade_date": "20150701", "close": range(rows)})


def test_a_day_becomes_a_file_in_the_vendors_columns_and_units(
    fetch: Fetch, server: TushareServer, tmp_path: Path
) -> None:
    assert fetch("daily").complete
    found = pq.read_table(tmp_path / "t" / "daily" / "20150702.parquet").to_pandas()
    wanted = server.tables["daily"]
    wanted = wanted[wanted["trade_date"] == "20150702"].reset_index(drop=True)
    pd.testing.assert_frame_equal(found[wanted.columns], wanted, check_dtype=False)
    files = sorted((tmp_path / "t" / "daily").iterdir())
    assert len(files) == server.tables["daily"]["trade_date"].nunique()


@pytest.mark.parametrize("rows", [0, 1, 99, 100, 137, 138, 250, 299, 300, 1000])
@pytest.mark.parametrize("cap", [100, 137, 300])
def test_every_row_comes_whatever_the_cap_that_the_vendor_does_not_state(
    server: TushareServer, time: FakeClock, rows: int, cap: int
) -> None:
    server.tables["daily"] = many(rows)
    server.caps["daily"] = cap
    found = ask(server, time)
    assert found["ts_code"].to_pylist() == server.tables["daily"]["ts_code"].tolist()
    assert server.counts["daily"] <= rows // cap + 2


@settings(max_examples=25, deadline=None)
@given(cap=st.integers(100, 400), days=st.lists(st.integers(0, 900), min_size=1, max_size=8))
def test_no_day_is_cut_off_whatever_came_before(cap: int, days: list[int]) -> None:
    names = [f"201507{number + 1:02d}" for number in range(len(days))]
    tables = [many(rows).assign(trade_date=day) for day, rows in zip(names, days, strict=True)]
    it = TushareServer({"daily": pd.concat(tables)})
    it.caps["daily"] = cap
    client = Tushare(Token(TOKEN))

    def post(question: dict[str, Any]) -> tuple[int, str, float]:
        return 200, json.dumps(it.answer({**question, "token": TOKEN})[1]), 0.0

    vars(client)["_post"] = post
    caller = Caller(6_000, clock=FakeClock().clock())
    for day, rows in zip(names, days, strict=True):
        assert client.ask(Request(DAILY, day, {"trade_date": day}), caller).num_rows == rows


def test_pages_that_are_plainly_whole_cost_one_request(
    server: TushareServer, time: FakeClock
) -> None:
    days = [f"201507{number:02d}" for number in range(1, 11)]
    sizes = range(257, 247, -1)
    server.tables["daily"] = pd.concat(
        [many(rows).assign(trade_date=day) for day, rows in zip(days, sizes, strict=True)]
    )
    client, caller = Tushare(Token(TOKEN), server.url), Caller(6_000, clock=time.clock())
    for day in days:
        client.ask(Request(DAILY, day, {"trade_date": day}), caller)
    assert server.counts["daily"] == len(days) + 1


def test_a_page_that_says_there_is_more_is_followed(server: TushareServer, time: FakeClock) -> None:
    server.tables["daily"] = many(7)

    def three_rows(_: TushareServer, question: dict[str, Any]) -> tuple[int, Any]:
        offset = question["params"]["offset"]
        items = [[f"{k:06d}.SZ"] for k in range(offset, min(offset + 3, 7))]
        return 200, {"code": 0, "data": {"fields": ["ts_code"], "items": items,
                                         "has_more": offset + 3 < 7}}  # fmt: skip

    server.trouble.append(three_rows)
    assert ask(server, time)["ts_code"].to_pylist() == many(7)["ts_code"].tolist()


def test_an_interface_that_ignores_the_offset_is_not_taken_for_a_whole_answer(
    fetch: Fetch, server: TushareServer, tmp_path: Path
) -> None:
    server.tables["daily"] = many(500)
    server.caps["daily"], server.ignores_offset = 200, True
    summary = fetch("daily", end="2015-07-01")
    assert "does not page" in summary.to_text()
    assert not (tmp_path / "t" / "daily").exists()


def test_rows_that_stand_on_two_pages_betray_that_others_are_missing(
    server: TushareServer, time: FakeClock
) -> None:
    server.tables["daily"] = many(300)
    server.caps["daily"] = 100

    def reorder(it: TushareServer, _: dict[str, Any]) -> None:
        it.tables["daily"] = it.tables["daily"].sort_values("close", ascending=False)
        it.trouble.clear()

    def first(it: TushareServer, _: dict[str, Any]) -> None:
        it.trouble[:] = [reorder]

    server.trouble.append(first)
    with pytest.raises(Failed, match="stand on two pages"):
        ask(server, time)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 0])
def test_failures_that_pass_are_tried_again_with_growing_pauses(
    server: TushareServer, time: FakeClock, status: int
) -> None:
    server.trouble.append(failing(status, times=4))
    assert ask(server, time).num_rows == 3
    assert server.counts["daily"] == 5
    pauses = [pause for pause in time.slept if pause >= 1]
    assert len(pauses) == 4
    assert all(2**k <= pause <= 2**k + 1 for k, pause in enumerate(pauses))


def test_the_pause_that_the_server_asks_for_is_kept(server: TushareServer, time: FakeClock) -> None:
    server.retry_after = "37"
    server.trouble.append(failing(429, times=1))
    ask(server, time)
    assert max(time.slept) == 37


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>busy</html>", b"[]", b'{"code": 0}', b'{"code": 0, "data": {"fields": ["a"]}}',
     b'{"code": 0, "data": {"fields": ["a"], "items": [[1, 2]]}}',
     b'{"code": 0, "data": {"fields": ["a"], "items": [[{"b": 1}]]}}'],
)  # fmt: skip
def test_an_answer_of_another_form_is_tried_again_and_never_written(
    fetch: Fetch, server: TushareServer, tmp_path: Path, body: bytes
) -> None:
    server.trouble.append(lambda _, q: (200, body) if q["api_name"] == "daily" else None)
    summary = fetch("daily", end="2015-07-01", attempts=2)
    assert server.counts["daily"] == 2
    assert [entry[:2] for entry in summary.missing] == [("daily", "20150701")]
    assert not (tmp_path / "t" / "daily").exists()


def test_a_server_that_is_silent_is_given_up_after_the_time_limit(
    fetch: Fetch, server: TushareServer
) -> None:
    server.trouble.append(lambda *_: real_time.sleep(0.6))
    summary = fetch("trade_cal", attempts=1, limit=0.2)
    assert "ReadTimeout" in summary.to_text()


def test_the_vendors_rate_is_learnt_from_its_message_and_kept(
    server: TushareServer, time: FakeClock
) -> None:
    server.trouble.append(refusing(RATE, times=1))
    client = Tushare(Token(TOKEN), server.url)
    caller = Caller(6_000, clock=time.clock())
    for day in ("20150701", "20150702", "20150703"):
        client.ask(Request(DAILY, day, {"trade_date": day}), caller)
    assert caller.slower == {"daily": 50}
    assert time.slept[0] >= 60  # the minute of the refusal is over
    assert time.slept[-1] == pytest.approx(60 / 50)


def test_a_wrong_token_ends_the_download_at_once(fetch: Fetch, server: TushareServer) -> None:
    with pytest.raises(DataError, match="refuses the token"):
        fetch("daily", token="another0token0another0token")
    assert len(server.asked) == 1


@pytest.mark.parametrize(("message", "word"), [(PERMISSION, "points"), (QUOTA, "quota")])
def test_a_table_without_permission_is_asked_for_once_and_named(
    fetch: Fetch, server: TushareServer, message: str, word: str
) -> None:
    server.trouble.append(refusing(message, "adj_factor"))
    summary = fetch("daily", "adj_factor")
    assert server.counts["adj_factor"] == 1
    assert server.counts["daily"] == 23
    assert not summary.complete
    assert word in summary.refused["adj_factor"]


def test_other_messages_are_told_apart_by_their_words(fetch: Fetch, server: TushareServer) -> None:
    server.trouble.append(refusing("必填参数缺失", "daily"))
    summary = fetch("daily", end="2015-07-02")
    assert server.counts["daily"] == 2  # not repeated
    assert len(summary.missing) == 2
    server.trouble[:] = [refusing("用户不存在", "daily")]
    with pytest.raises(DataError, match="refuses the token"):
        fetch("daily", end="2015-07-02")


def test_columns_that_the_vendor_no_longer_gives_are_named(
    fetch: Fetch, server: TushareServer
) -> None:
    def without_close(_: TushareServer, question: dict[str, Any]) -> tuple[int, Any] | None:
        if question["api_name"] != "daily":
            return None
        return 200, {"code": 0, "data": {"fields": ["ts_code"], "items": [["600000.SH"]]}}

    server.trouble.append(without_close)
    assert "no column 'trade_date'" in fetch("daily").refused["daily"]


def test_numbers_are_numbers_and_codes_are_texts_in_every_file(
    fetch: Fetch, server: TushareServer, tmp_path: Path
) -> None:
    server.tables["daily"].loc[5, "vol"] = None
    server.tables["daily"]["change"] = None
    fetch("daily", "stock_basic")
    for path in (tmp_path / "t" / "daily").iterdir():
        schema = pq.read_schema(path)
        assert schema.field("change").type == pa.float64()
        assert schema.field("trade_date").type == pa.string()
    listing = pq.read_table(tmp_path / "t" / "stock_basic" / "L.parquet")
    assert listing.schema.field("delist_date").type == pa.string()
    assert listing["delist_date"].null_count == 3


def test_an_address_that_is_none_is_refused() -> None:
    for url in ("ftp://a", "file:///etc/passwd", "127.0.0.1", "http://user:word@host/"):
        with pytest.raises(DataError, match="accepted: http"):
            Tushare(Token(TOKEN), url)


def test_a_redirection_is_not_followed_with_the_token(fetch: Fetch, server: TushareServer) -> None:
    server.trouble.append(failing(307, times=1))
    assert "HTTP status 307" in fetch("trade_cal").to_text()
    assert len(server.asked) == 1
