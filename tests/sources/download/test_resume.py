"""Going on after an interruption, new days, days that were not over, and changed history."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from quanthedge.sources.download.run import PATIENCE
from tests.sources.download.clock import FakeClock
from tests.sources.download.conftest import Fetch
from tests.sources.download.tushare_server import TOKEN, TushareServer, failing

DAYS = 23  # trading days of July 2015 in the small market


def contents(folder: Path) -> dict[str, pd.DataFrame]:
    return {
        str(path.relative_to(folder)): pq.read_table(path).to_pandas()
        for path in sorted(folder.glob("[!.]*/**/*.parquet"))
    }


def same(one: dict[str, pd.DataFrame], two: dict[str, pd.DataFrame]) -> None:
    assert list(one) == list(two)
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, two[name])


def test_a_second_run_makes_no_request(fetch: Fetch, server: TushareServer) -> None:
    first = fetch("daily", "index_daily")
    asked = len(server.asked)
    again = fetch("daily", "index_daily")
    assert first.complete
    assert again.complete
    assert len(server.asked) == asked
    assert (again.requested, again.files, again.kept) == (0, 0, first.files)


def test_a_server_that_fails_in_the_middle_leaves_a_folder_that_goes_on(
    fetch: Fetch, server: TushareServer, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    fetch("daily", folder=whole)
    server.counts.clear()
    server.trouble.append(failing(503, "daily", after=7))
    broken = fetch("daily", attempts=2)
    assert not broken.complete
    assert "run the same command again" in broken.to_text()
    assert len(broken.missing) == PATIENCE
    assert server.counts["daily"] == 7 + 2 * PATIENCE
    server.trouble.clear()
    server.counts.clear()
    assert fetch("daily").complete
    assert server.counts["daily"] == DAYS - 7
    assert server.counts["trade_cal"] == 0
    same(contents(whole), contents(tmp_path / "t"))


def test_ctrl_c_leaves_a_folder_that_goes_on(
    fetch: Fetch, server: TushareServer, tmp_path: Path
) -> None:
    def interrupt(done: int, every: int, text: str) -> None:
        if text == "daily/20150720":  # the newest days come first
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch("daily", progress=interrupt)
    assert len(list((tmp_path / "t" / "daily").iterdir())) == 9
    server.counts.clear()
    assert fetch("daily").complete
    assert server.counts["daily"] == DAYS - 9


KILLED = """
import sys, os, signal
from datetime import date
from pathlib import Path
from quanthedge.sources.download.folder import DownloadFolder
from quanthedge.sources.download.run import download
from quanthedge.sources.download.secret import Token
from quanthedge.sources.tushare.client import Tushare
from tests.sources.download.clock import FakeClock

def tell(done, every, text):
    if text == "daily/20150714":
        os.kill(os.getpid(), signal.SIGKILL)

download(Tushare(Token(sys.argv[3]), sys.argv[1]), Path(sys.argv[2]), date(2015, 7, 1),
         date(2015, 7, 31), tables=["daily"], clock=FakeClock().clock(), progress=tell)
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_killed_process_leaves_a_folder_that_goes_on_and_no_lock(
    fetch: Fetch, server: TushareServer, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, server.url, str(tmp_path / "t"), TOKEN], check=False
    )
    assert ended.returncode == -signal.SIGKILL
    server.counts.clear()
    assert fetch("daily").complete
    assert server.counts["daily"] == DAYS - 13


def test_a_crash_between_file_and_journal_costs_one_request(
    fetch: Fetch, server: TushareServer, tmp_path: Path
) -> None:
    fetch("daily")
    journal = tmp_path / "t" / "download.jsonl"
    text = journal.read_text(encoding="utf-8")
    journal.write_text(text[:-40], encoding="utf-8")  # the last line is cut off
    server.counts.clear()
    assert fetch("daily").complete
    assert server.counts["daily"] == 1


def test_a_crash_while_a_file_is_written_leaves_the_old_one(
    fetch: Fetch, server: TushareServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch("daily")
    before = contents(tmp_path / "t")
    server.tables["daily"]["close"] += 1.0

    def crash(_: int) -> None:
        if list(tmp_path.glob("t/.quanthedge/*/content/*.part")):
            raise RuntimeError("power cut")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(RuntimeError):
        fetch("daily", refresh=100)
    monkeypatch.undo()
    same(before, contents(tmp_path / "t"))
    assert not list((tmp_path / "t").glob("**/*.part"))


def test_files_altered_by_others_are_fetched_again(
    fetch: Fetch, server: TushareServer, tmp_path: Path
) -> None:
    fetch("daily")
    before = contents(tmp_path / "t")
    shorter = tmp_path / "t" / "daily" / "20150702.parquet"
    shorter.write_bytes(shorter.read_bytes()[:-9])
    (tmp_path / "t" / "daily" / "20150703.parquet").unlink()
    server.counts.clear()
    fetch("daily")
    assert server.counts["daily"] == 2
    flipped = tmp_path / "t" / "daily" / "20150706.parquet"
    data = bytearray(flipped.read_bytes())
    data[40] ^= 0xFF
    flipped.write_bytes(data)
    summary = fetch("daily", verify=True)
    assert server.counts["daily"] == 3
    assert "daily/20150706: was damaged" in summary.to_text()
    same(before, contents(tmp_path / "t"))


def test_new_days_are_added_and_old_ones_kept(
    fetch: Fetch, server: TushareServer, tmp_path: Path
) -> None:
    fetch("daily", "index_daily", end="2015-07-17")
    server.counts.clear()
    server.asked.clear()
    fetch("daily", "index_daily")
    assert server.counts["daily"] == 10
    asked = [question for question in server.asked if question["api_name"] == "index_daily"]
    assert [question["start_date"] for question in asked] == ["20150708"]  # ten days of overlap
    fetch("daily", "index_daily", folder=tmp_path / "at_once")
    same(contents(tmp_path / "at_once"), contents(tmp_path / "t"))


def test_earlier_days_are_fetched_too(fetch: Fetch, tmp_path: Path) -> None:
    fetch("daily", "index_daily", start="2015-07-20")
    fetch("daily", "index_daily")
    fetch("daily", "index_daily", folder=tmp_path / "at_once")
    same(contents(tmp_path / "at_once"), contents(tmp_path / "t"))


@pytest.mark.parametrize("table", ["daily", "index_daily"])
def test_a_day_that_was_not_over_is_fetched_again_and_is_no_change_of_history(
    fetch: Fetch, server: TushareServer, time: FakeClock, tmp_path: Path, table: str
) -> None:
    time.begun = datetime(2015, 7, 31, 3, 0, tzinfo=UTC)  # 11:00 in China
    full = server.tables[table]
    rows = full.index[full["trade_date"] == "20150731"]
    morning = full.drop(rows[1:])
    morning.loc[rows[:1], "close"] = 1.0
    server.tables[table] = morning
    fetch(table)
    files = 2 if table == "daily" else 1  # by day, the calendar is read too
    assert fetch(table).unfinished == files  # a moment later there is nothing to gain
    server.tables[table] = full
    time.later(days=1)
    summary = fetch(table)
    assert (summary.files, summary.changes, summary.unfinished) == (files, {}, 0)
    fetch(table, folder=tmp_path / "at_once")
    same(contents(tmp_path / "at_once"), contents(tmp_path / "t"))


def test_days_to_come_are_not_asked_for(
    fetch: Fetch, server: TushareServer, time: FakeClock
) -> None:
    time.begun = datetime(2015, 7, 17, 12, 0, tzinfo=UTC)
    fetch("daily")
    assert server.counts["daily"] == 13


def test_a_trading_day_without_rows_is_missing_until_it_comes(
    fetch: Fetch, server: TushareServer
) -> None:
    full = server.tables["daily"]
    server.tables["daily"] = full[full["trade_date"] != "20150715"]
    summary = fetch("daily")
    assert summary.missing == [("daily", "20150715", "the vendor gives no rows")]
    server.tables["daily"] = full
    server.counts.clear()
    assert fetch("daily").complete
    assert server.counts["daily"] == 1


def test_days_on_which_nothing_happened_are_remembered_without_a_file(
    fetch: Fetch, server: TushareServer, tmp_path: Path
) -> None:
    summary = fetch("dividend")
    assert summary.complete
    assert summary.empty["dividend"] == DAYS - 1
    assert [path.name for path in (tmp_path / "t" / "dividend").iterdir()] == ["20150713.parquet"]
    server.counts.clear()
    fetch("dividend")
    assert server.counts["dividend"] == 0


@pytest.mark.parametrize("table", ["daily", "index_daily"])
def test_refreshing_says_what_the_vendor_changed_and_keeps_the_older_file(
    fetch: Fetch, server: TushareServer, tmp_path: Path, table: str
) -> None:
    fetch(table)
    before = contents(tmp_path / "t")
    rows = server.tables[table]
    code = rows["ts_code"].iloc[0]
    where = (rows["trade_date"] == "20150729") & (rows["ts_code"] == code)
    was = rows.loc[where, "close"].item()
    server.tables[table].loc[where, "close"] = 99.5
    summary = fetch(table, refresh=5)
    (name, changes), *others = summary.changes.items()
    assert not others
    assert name == ("daily/20150729" if table == "daily" else "index_daily/000300.SH")
    assert (changes.added, changes.removed, changes.changed) == (0, 0, 1)
    assert changes.changed_examples == (f"{code} 20150729 close {was} -> 99.5",)
    kept = pq.read_table(next((tmp_path / "t" / ".replaced").glob("**/*.parquet"))).to_pandas()
    pd.testing.assert_frame_equal(kept, before[f"{name}.parquet"])


def test_refreshing_asks_for_the_last_days_only(fetch: Fetch, server: TushareServer) -> None:
    fetch("daily")
    server.counts.clear()
    fetch("daily", refresh=7)
    assert server.counts["daily"] == 5  # trading days after 24 July
    assert server.counts["trade_cal"] == 1


def test_rows_that_came_and_went_are_told(fetch: Fetch, server: TushareServer) -> None:
    fetch("daily")
    rows = server.tables["daily"]
    gone = rows.index[(rows["trade_date"] == "20150731") & (rows["ts_code"] == "600000.SH")]
    new = rows.loc[gone].assign(ts_code="601318.SH")
    server.tables["daily"] = pd.concat([rows.drop(gone), new])
    text = fetch("daily", refresh=3).to_text()
    assert "daily/20150731: 1 row added (601318.SH 20150731), 1 row removed (600000.SH" in text


def test_a_changed_overlap_makes_the_whole_series_be_fetched_again(
    fetch: Fetch, server: TushareServer, tmp_path: Path
) -> None:
    fetch("index_daily", end="2015-07-17")
    server.tables["index_daily"]["close"] *= 2  # the vendor rebased the series
    summary = fetch("index_daily")
    assert summary.changes["index_daily/000300.SH"].changed == 13
    fetch("index_daily", folder=tmp_path / "at_once")
    same(
        {k: v for k, v in contents(tmp_path / "at_once").items() if "index" in k},
        {k: v for k, v in contents(tmp_path / "t").items() if "index" in k},
    )


def test_an_answer_that_became_empty_does_not_replace_what_is_known(
    fetch: Fetch, server: TushareServer, tmp_path: Path
) -> None:
    fetch("daily", "dividend")
    before = contents(tmp_path / "t")
    server.tables["dividend"] = server.tables["dividend"].iloc[:0]
    summary = fetch("daily", "dividend", refresh=100)
    assert "no rows any more; the older file is kept" in summary.to_text()
    same(before, contents(tmp_path / "t"))


def test_lists_of_today_are_fetched_once_a_day(
    fetch: Fetch, server: TushareServer, time: FakeClock
) -> None:
    fetch("stock_basic")
    fetch("stock_basic")
    assert server.counts["stock_basic"] == 3  # listed, delisted, paused
    time.later(days=1)
    server.tables["stock_basic"].loc[0, "name"] = "改名"
    summary = fetch("stock_basic")
    assert server.counts["stock_basic"] == 6
    assert "平安 -> 改名" in summary.to_text()


def test_the_journal_says_what_was_fetched_when(
    fetch: Fetch, tmp_path: Path, time: FakeClock
) -> None:
    fetch("daily")
    lines = (tmp_path / "t" / "download.jsonl").read_text(encoding="utf-8").splitlines()
    head, *entries = map(json.loads, lines)
    assert head == {"format": 1, "vendor": "tushare"}
    entry = next(entry for entry in entries if entry["key"] == "20150701")
    assert entry["rows"] == 3
    assert entry["params"] == {"trade_date": "20150701"}
    assert entry["fetched"].startswith("2015-08-03T12:")
    assert len(entry["sha256"]) == 64
