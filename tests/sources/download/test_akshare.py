"""AkShare through a module of the same functions, columns and errors."""

import http.server
import threading
import time as real_time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

from quanthedge.errors import MissingExtraError
from quanthedge.sources.akshare.client import AkShare
from quanthedge.sources.download.frames import table_of
from quanthedge.sources.download.run import download
from quanthedge.sources.download.summary import Summary
from tests.sources.download import fake_akshare
from tests.sources.download.clock import FakeClock


def fetch(
    folder: Path, *tables: str, package: Any = None, time: FakeClock | None = None, **more: Any
) -> Summary:
    days = {"start": date(2015, 7, 1), "end": date(2015, 7, 31)}
    client = AkShare(package or fake_akshare.module(), indices=["000300"], time_out=0.3)
    return download(
        client, folder, tables=list(tables) or None, clock=(time or FakeClock()).clock(),
        **{**days, **more},
    )  # fmt: skip


def names(folder: Path, table: str) -> list[str]:
    return sorted(path.stem for path in (folder / table).glob("**/*.parquet"))


def test_a_whole_market_comes_in_akshares_columns(tmp_path: Path) -> None:
    summary = fetch(tmp_path)
    assert summary.complete, summary.to_text()
    assert names(tmp_path, "stock_zh_a_hist") == ["000001", "600000", "600087", "600519"]
    found = pq.read_table(tmp_path / "stock_zh_a_hist" / "600519.parquet")
    wanted = fake_akshare.bars("600519", "20150701", "20150731")
    assert found.column_names == list(wanted.columns)
    assert found.schema.field("日期").type == pa.date32()
    pd.testing.assert_frame_equal(found.to_pandas(), wanted, check_dtype=False)
    assert names(tmp_path, "index_stock_cons_weight_csindex") == ["20150803"]
    assert len(names(tmp_path, "get_futures_daily")) == 23


def test_shares_delisted_before_the_period_and_other_securities_are_left_out(
    tmp_path: Path,
) -> None:
    fetch(tmp_path, "stock_zh_a_hist")
    found = names(tmp_path, "stock_zh_a_hist")
    assert "600001" not in found  # delisted in 2009
    assert "688001" not in found  # listed in 2019
    assert "200002" not in found  # a B share
    assert "600087" in found  # delisted within the period


def test_dividends_and_rights_issues_stand_in_tables_of_their_own(tmp_path: Path) -> None:
    tables = ("stock_history_dividend_detail", "stock_history_dividend_detail_rights")
    summary = fetch(tmp_path, *tables)
    assert summary.complete
    assert names(tmp_path, tables[0]) == ["600000"]
    assert dict(summary.empty) == {tables[0]: 3, tables[1]: 4}
    paid = pq.read_table(tmp_path / tables[0] / "600000.parquet")
    assert paid["派息"].to_pylist() == [7.57, 1.0]
    assert paid["除权除息日"].to_pylist() == [date(2015, 6, 1), None]


@pytest.mark.parametrize(
    "problem",
    [
        requests.exceptions.ConnectionError("Remote end closed connection without response"),
        requests.exceptions.JSONDecodeError("Expecting value", "", 0),
        KeyError("data"),
        TypeError("'NoneType' object is not subscriptable"),
        ValueError("No tables found"),
        IndexError("list index out of range"),
    ],
)
def test_a_function_that_fails_is_called_again(tmp_path: Path, problem: Exception) -> None:
    left = [problem, problem]

    def index_zh_a_hist(
        symbol: str = "", period: str = "", start_date: str = "", end_date: str = ""
    ) -> pd.DataFrame:
        if left:
            raise left.pop()
        return fake_akshare.index_zh_a_hist(symbol, period, start_date, end_date)

    package = fake_akshare.module(index_zh_a_hist=index_zh_a_hist)
    summary = fetch(tmp_path, "index_zh_a_hist", package=package)
    assert summary.complete
    assert (summary.requested, summary.retried) == (3, 2)


def test_a_function_that_goes_on_failing_is_missing_with_its_own_words(tmp_path: Path) -> None:
    def index_zh_a_hist(
        symbol: str = "", period: str = "", start_date: str = "", end_date: str = ""
    ) -> pd.DataFrame:
        raise KeyError("data")

    package = fake_akshare.module(index_zh_a_hist=index_zh_a_hist)
    text = fetch(tmp_path, "index_zh_a_hist", package=package, attempts=2).to_text()
    assert "missing: index_zh_a_hist 000300: akshare 1.19.5: KeyError: 'data'" in text


def test_another_version_of_the_package_is_named_not_guessed_at(tmp_path: Path) -> None:
    package = fake_akshare.module(
        index_zh_a_hist=lambda code: pd.DataFrame(), macro_china_shibor_all=None
    )
    refused = fetch(tmp_path, "index_zh_a_hist", "macro_china_shibor_all", package=package).refused
    assert "takes other parameters" in refused["index_zh_a_hist"]
    assert "akshare 1.19.5 has no function" in refused["macro_china_shibor_all"]


def test_columns_that_changed_are_named(tmp_path: Path) -> None:
    package = fake_akshare.module(
        macro_china_shibor_all=lambda: pd.DataFrame({"date": ["2015-07-01"], "O/N": [1.2]})
    )
    refused = fetch(tmp_path, "macro_china_shibor_all", package=package).refused
    assert "no column '日期' (found date, O/N)" in refused["macro_china_shibor_all"]


def test_a_list_that_may_be_cut_off_is_not_written(tmp_path: Path) -> None:
    row = fake_akshare.stock_info_sh_delist().iloc[:1]
    package = fake_akshare.module(
        stock_info_sh_delist=lambda symbol: pd.concat([row] * 500, ignore_index=True)
    )
    summary = fetch(tmp_path, "stock_info_sh_delist", package=package)
    assert "may be cut off" in summary.to_text()
    assert not (tmp_path / "stock_info_sh_delist").exists()


def test_tables_whose_plan_lacks_a_list_are_named(tmp_path: Path) -> None:
    def broken(symbol: str) -> pd.DataFrame:
        raise KeyError("result")

    package = fake_akshare.module(stock_info_sz_name_code=broken)
    text = fetch(tmp_path, "stock_zh_a_hist", package=package, attempts=1).to_text()
    assert "stock_zh_a_hist all: cannot be planned without stock_info_sz_name_code" in text


def test_an_empty_day_of_futures_is_missing(tmp_path: Path) -> None:
    def get_futures_daily(start_date: str, end_date: str, market: str) -> pd.DataFrame:
        if start_date == "20150715":
            return pd.DataFrame()
        return fake_akshare.get_futures_daily(start_date, end_date, market)

    package = fake_akshare.module(get_futures_daily=get_futures_daily)
    summary = fetch(tmp_path, "get_futures_daily", package=package)
    assert [entry[1] for entry in summary.missing] == ["20150715"]


def test_an_update_asks_for_the_new_days_of_each_stock_only(tmp_path: Path) -> None:
    asked: Counter[str] = Counter()

    def stock_zh_a_hist(
        symbol: str, period: str, start_date: str, end_date: str, adjust: str
    ) -> pd.DataFrame:
        asked[f"{start_date}-{end_date}"] += 1
        return fake_akshare.bars(symbol, start_date, end_date)

    package = fake_akshare.module(stock_zh_a_hist=stock_zh_a_hist)
    table, time = "stock_zh_a_hist", FakeClock(datetime(2015, 7, 18, 4, tzinfo=UTC))
    fetch(tmp_path / "a", table, package=package, time=time, end=date(2015, 7, 17))
    asked.clear()
    fetch(tmp_path / "a", table, package=package)
    assert asked == {"20150708-20150731": 3}  # not of the one delisted on 10 July
    fetch(tmp_path / "b", table)
    for code in names(tmp_path / "b", table):
        one, two = (pq.read_table(tmp_path / k / table / f"{code}.parquet") for k in "ab")
        assert one.equals(two)


def test_each_day_of_downloading_adds_a_list_of_members(tmp_path: Path) -> None:
    time = FakeClock()
    for _ in range(2):
        fetch(tmp_path, "index_stock_cons_weight_csindex", time=time)
        time.later(days=1)
    lists = names(tmp_path, "index_stock_cons_weight_csindex")
    assert lists == ["20150803", "20150804"]


def test_what_a_function_prints_does_not_reach_the_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def macro_china_shibor_all() -> pd.DataFrame:
        print("100%|#####| 5/5")
        return fake_akshare.macro_china_shibor_all()

    package = fake_akshare.module(macro_china_shibor_all=macro_china_shibor_all)
    fetch(tmp_path, "macro_china_shibor_all", package=package)
    assert capsys.readouterr().out == ""


def test_a_page_that_never_answers_is_given_up(tmp_path: Path) -> None:
    class Silent(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            real_time.sleep(1.0)

        def log_message(self, *args: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def macro_china_shibor_all() -> pd.DataFrame:
        return pd.DataFrame(requests.get(f"http://127.0.0.1:{server.server_port}").json())

    before = requests.Session.request
    package = fake_akshare.module(macro_china_shibor_all=macro_china_shibor_all)
    summary = fetch(tmp_path, "macro_china_shibor_all", package=package, attempts=1)
    assert "ReadTimeout" in summary.to_text()
    assert requests.Session.request is before
    server.shutdown()
    server.server_close()


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "akshare", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'quanthedge\[akshare\]'"):
        AkShare()


def test_frames_keep_their_types_and_mixed_columns_become_text() -> None:
    frame = pd.DataFrame(
        {
            "day": [date(2015, 7, 1), None],
            "number": [1.5, np.nan],
            "whole": [1, 2],
            "text": ["a", None],
            "mixed": [1, "--"],
            "empty": [None, None],
        }
    )
    found = table_of(frame)
    assert [str(field.type) for field in found.schema][:3] == ["date32[day]", "double", "int64"]
    assert found["mixed"].to_pylist() == ["1", "--"]
    assert found["day"].to_pylist() == [date(2015, 7, 1), None]
    assert found["empty"].type == pa.string()
