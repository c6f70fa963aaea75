"""One process at a time, whole files, and folders that are not ours."""

import hashlib
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pyarrow as pa
import pytest

from quanthedge.errors import DataError
from quanthedge.sources.download.folder import DownloadFolder, opened
from quanthedge.sources.download.plan import Period, Request, Table
from tests.sources.download.clock import TODAY
from tests.sources.download.conftest import Fetch

TABLE = Table("daily", "day", ("code",))
ROWS = pa.table({"code": ["600000.SH"]})
HOLDER = """
import sys
from pathlib import Path
from quanthedge.sources.download.folder import opened
with opened(Path(sys.argv[1]), "tushare"):
    print("in", flush=True)
    sys.stdin.read()
"""


def request(key: str = "20150701") -> Request:
    return Request(TABLE, key, {}, date(2015, 7, 1), date(2015, 7, 1))


def test_a_second_process_is_refused_while_the_first_is_at_work(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        with (
            pytest.raises(DataError, match=f"another download .* \\(process {process.pid}\\)"),
            opened(tmp_path, "tushare"),
        ):
            pass
    with opened(tmp_path, "tushare"):
        pass


def test_a_second_download_in_the_same_process_is_refused(fetch: Fetch, tmp_path: Path) -> None:
    with opened(tmp_path / "t", "tushare"), pytest.raises(DataError, match="another download"):
        fetch("daily")


def test_a_folder_of_another_vendor_is_refused(fetch: Fetch, tmp_path: Path) -> None:
    with opened(tmp_path / "t", "baostock"):
        pass
    with pytest.raises(DataError, match="holds tables of baostock, not of tushare"):
        fetch("daily")


@pytest.mark.parametrize(
    "text", ["{}\n", "nonsense\n", '{"format": 2, "vendor": "tushare"}\n', "[1]\n",
             '{"format": 1, "vendor": "tushare"}\n{"table": "daily"}\n',
             '{"format": 1, "vendor": "tushare"}\n\x00\n'],
)  # fmt: skip
def test_a_damaged_journal_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "download.jsonl").write_text(text, encoding="utf-8")
    with (
        pytest.raises(DataError, match=r"download.jsonl|holds tables"),
        opened(tmp_path, "tushare"),
    ):
        pass


@pytest.mark.parametrize(
    "key", ["../up", "a/../../up", "/etc/passwd", "a/b/c", "", ".hidden", "a b", "a\x00"]
)
def test_codes_that_would_leave_the_folder_are_refused(key: str) -> None:
    with pytest.raises(DataError, match="no plain file name"):
        request(key)


def test_a_full_disk_is_said_and_leaves_no_torn_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def write() -> None:
        with opened(tmp_path, "tushare") as store:
            monkeypatch.setattr(os, "fsync", full)
            store.store(request(), ROWS, TODAY)

    with pytest.raises(DataError, match="disk is full"):
        write()
    assert not list(tmp_path.glob("daily/*"))


def test_a_reader_sees_the_old_file_or_the_new_one_and_nothing_between(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    tables = [pa.table({"code": random.random(150_000)}) for _ in range(8)]
    seen: list[str] = []
    done = Event()
    with opened(tmp_path, "tushare") as store:
        path = store.file_of(request())
        known = {store.store(request(), tables[0], TODAY).sha256}

        def read() -> None:
            while not done.is_set():
                seen.append(hashlib.sha256(path.read_bytes()).hexdigest())

        reader = Thread(target=read)
        reader.start()
        known |= {store.store(request(), table, TODAY).sha256 for table in tables * 3}
        done.set()
        reader.join()
    assert len(seen) > 5
    assert set(seen) <= known


def test_a_file_is_on_the_disk_before_it_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    plain = Path.replace

    def moved(self: Path, target: Path) -> Path:
        order.append(f"move {target.name}")
        return plain(self, target)

    monkeypatch.setattr(os, "fsync", lambda _: order.append("force"))
    monkeypatch.setattr(Path, "replace", moved)
    with opened(tmp_path, "tushare") as store:
        order.clear()
        store.store(request(), ROWS, TODAY)
    # The file, its folder, and only then the line in the journal.
    assert order == ["force", "move 20150701.parquet", "force", "force"]


def test_leftovers_of_a_kill_are_removed_and_files_of_others_stay(tmp_path: Path) -> None:
    foreign = {"daily/.mine.part": b"1", "letters/client.pdf": b"2", "daily/20150701.parquet": b"3"}
    for name, content in foreign.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        process.kill()
    assert (tmp_path / ".quanthedge").exists()
    with opened(tmp_path, "tushare") as store:
        store.store(request(), ROWS, TODAY)
    assert not (tmp_path / ".quanthedge").exists()
    foreign[".replaced/daily/20150701.1.parquet"] = foreign.pop("daily/20150701.parquet")
    assert {name: (tmp_path / name).read_bytes() for name in foreign} == foreign


@pytest.mark.parametrize(
    "line",
    [
        '{"table": ["daily"]}', '{"key": {}}', '{"rows": -1}', '{"bytes": 1e400}',
        '{"bytes": true}',
        '{"first": 7}', '{"last": "x"}', '{"params": []}', '{"sha256": null}', '{"fetched": null}',
        '{"rows": ' + "9" * 5000 + "}", "[" * 100_000, "null",
    ],
)  # fmt: skip
def test_a_journal_of_another_shape_is_one_clear_error(tmp_path: Path, line: str) -> None:
    with opened(tmp_path, "tushare") as store:
        store.store(request(), ROWS, TODAY)
    journal = tmp_path / "download.jsonl"
    head, entry = journal.read_text(encoding="utf-8").splitlines()
    changed = line
    if line.startswith("{") and len(line) < 100:
        changed = entry[:-1] + ", " + line[1:]
    journal.write_text(f"{head}\n{changed}\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2"), opened(tmp_path, "tushare"):
        pass
    journal.write_bytes(b"\xff\xfe\n")
    with pytest.raises(DataError, match="is damaged"), opened(tmp_path, "tushare"):
        pass


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("x")
    with pytest.raises(DataError, match="may not be written"), opened(tmp_path / "t", "tushare"):
        pass


def test_the_journal_does_not_grow_with_every_run(tmp_path: Path) -> None:
    sizes = []
    for _ in range(3):
        with opened(tmp_path, "tushare") as store:
            assert isinstance(store, DownloadFolder)
            store.store(request(), ROWS, TODAY)
        with opened(tmp_path, "tushare"):
            sizes.append((tmp_path / "download.jsonl").stat().st_size)
    assert len(set(sizes)) == 1


def test_months_and_quarters_cover_the_period_and_nothing_else() -> None:
    period = Period(date(2014, 11, 15), date(2015, 2, 10))
    assert list(period.months()) == [
        (date(2014, 11, 15), date(2014, 11, 30)), (date(2014, 12, 1), date(2014, 12, 31)),
        (date(2015, 1, 1), date(2015, 1, 31)), (date(2015, 2, 1), date(2015, 2, 10)),
    ]  # fmt: skip
    assert list(period.quarter_ends()) == [date(2014, 12, 31)]
