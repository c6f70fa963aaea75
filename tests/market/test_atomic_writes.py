import errno
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from quanthedge.errors import DataError
from quanthedge.market import Market, check_dataset, storage, write_dataset, writer
from quanthedge.market.fingerprint import file_sha256
from tests.market.small_market import small_market


def write(folder, seed=0, **more):
    return write_dataset(folder, small_market(seed), name="small", source="random", **more)


def hashes(folder):
    return {path.name: file_sha256(path) for path in folder.iterdir() if path.is_file()}


def only(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_same_data_give_the_same_bytes_and_other_data_another_fingerprint(tmp_path):
    write(tmp_path / "a")
    write(tmp_path / "b")
    write(tmp_path / "c", seed=1)
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")
    one, other = (Market.open(tmp_path / name).fingerprint for name in "ac")
    assert one != other


def test_a_new_dataset_replaces_the_old_one_and_leaves_nothing_behind(tmp_path):
    write(tmp_path / "m")
    old = Market.open(tmp_path / "m")
    close = old.panel("close")
    write(tmp_path / "m", seed=1)
    assert only(tmp_path) == ["m"]
    assert Market.open(tmp_path / "m").fingerprint != old.fingerprint
    assert np.nanmax(close) > 0  # the old memory map stays readable


def test_a_folder_of_something_else_is_never_replaced(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match="not empty and not a QuantHedge dataset"):
        write(tmp_path / "m")
    assert (tmp_path / "m" / "thesis.txt").read_text() == "years of work"
    with pytest.raises(DataError, match="is a file"):
        write(tmp_path / "m" / "thesis.txt")


@pytest.mark.parametrize("place", ["table", "manifest", "sync", "swap"])
@pytest.mark.parametrize("older", [True, False])
def test_a_full_disk_leaves_the_old_data_intact(tmp_path, monkeypatch, place, older):
    if older:
        write(tmp_path / "m")
    before = hashes(tmp_path / "m") if older else {}
    where = {
        "table": (writer._Writer, "_add"),
        "manifest": (writer.Manifest, "write"),
        "sync": (storage, "force_to_disk"),
        "swap": (storage, "_swap"),
    }[place]

    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*where, full)
    with pytest.raises(DataError, match="the disk is full"):
        write(tmp_path / "m", seed=1)
    monkeypatch.undo()
    assert only(tmp_path) == (["m"] if older else [])
    if older:
        assert hashes(tmp_path / "m") == before
        assert check_dataset(tmp_path / "m").ok


DIE_WHILE_WRITING = "storage.force_to_disk = die"
DIE_BEFORE_THE_SWAP = "storage._swap = die"
DIE_BETWEEN_TWO_RENAMES = """
storage._exchange = lambda *args: False
rename = Path.rename
def rename_and_die(self, target):
    rename(self, target)
    die()
Path.rename = rename_and_die
"""


@pytest.mark.parametrize(
    "moment", [DIE_WHILE_WRITING, DIE_BEFORE_THE_SWAP, DIE_BETWEEN_TWO_RENAMES]
)
def test_a_kill_during_the_import_leaves_the_old_data_intact(tmp_path, moment):
    write(tmp_path / "m")
    before = hashes(tmp_path / "m")
    script = f"""
import os, signal
from pathlib import Path
from quanthedge.market import storage, write_dataset
from tests.market.small_market import small_market
def die(*args):
    os.kill(os.getpid(), signal.SIGKILL)
{moment}
write_dataset({str(tmp_path / "m")!r}, small_market(1), name="small", source="random")
"""
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(only(tmp_path)) == 2  # the killed import's scratch folder
    assert Market.open(tmp_path / "m").panel("close").shape
    assert hashes(tmp_path / "m") == before
    write(tmp_path / "m", seed=2)
    assert only(tmp_path) == ["m"]


def test_a_kill_between_the_two_renames_is_repaired_at_the_next_opening(tmp_path):
    write(tmp_path / "m")
    before = hashes(tmp_path / "m")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    name = storage.scratch_name("m", "old").replace(f"-{os.getpid()}-", f"-{dead.pid}-")
    (tmp_path / "m").rename(tmp_path / name)
    assert Market.open(tmp_path / "m").dates.size
    assert hashes(tmp_path / "m").items() >= before.items()
    assert only(tmp_path) == ["m"]


def test_without_an_exchange_of_names_the_replacement_still_works(tmp_path, monkeypatch):
    write(tmp_path / "m")
    monkeypatch.setattr(storage, "_exchange", lambda *_: False)
    write(tmp_path / "m", seed=1)
    assert only(tmp_path) == ["m"]
    assert check_dataset(tmp_path / "m").ok


def test_a_running_import_is_not_disturbed_by_another(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    name = storage.scratch_name("m", "new").replace(f"-{os.getpid()}-", f"-{other.pid}-")
    try:
        (tmp_path / name).mkdir()
        write(tmp_path / "m")
        assert (tmp_path / name).exists()
    finally:
        other.kill()
        other.wait()
    write(tmp_path / "m")
    assert only(tmp_path) == ["m"]


def test_two_imports_at_once_leave_one_whole_dataset(tmp_path):
    script = f"""
import sys
from quanthedge.market import write_dataset
from tests.market.small_market import small_market
for _ in range(5):
    write_dataset({str(tmp_path / "m")!r}, small_market(int(sys.argv[1])), name="m", source="m")
"""
    running = [subprocess.Popen([sys.executable, "-c", script, seed]) for seed in "12"]
    assert [process.wait() for process in running] == [0, 0]
    assert check_dataset(tmp_path / "m").ok
    assert only(tmp_path) == ["m"]


def test_a_place_that_may_not_be_written_is_a_clear_error(tmp_path, monkeypatch):
    def refused(*_args, **_more):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(storage, "recover", refused)
    with pytest.raises(DataError, match="may not be written"):
        write(tmp_path / "m")


@pytest.mark.parametrize("target", ["stock_daily", "fundamentals", "calendar"])
def test_a_table_changed_behind_the_manifest_is_found_on_opening(tmp_path, target):
    write(tmp_path / "m")
    Market.open(tmp_path / "m")
    path = tmp_path / "m" / f"{target}.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    time.sleep(0.01)
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=f"{target}.parquet: its contents differ"):
        Market.open(tmp_path / "m")
    assert "differs from the manifest" in check_dataset(tmp_path / "m").errors[0].text
    path.write_bytes(bytes(content[:-7]))
    with pytest.raises(DataError, match="changed or cut off"):
        Market.open(tmp_path / "m")
    path.unlink()
    with pytest.raises(DataError, match="missing, though the manifest lists it"):
        Market.open(tmp_path / "m")


def test_what_is_no_dataset_is_called_so(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        Market.open(tmp_path / "nowhere")
    with pytest.raises(DataError, match="not a QuantHedge dataset"):
        Market.open(tmp_path)
    write(tmp_path / "m")
    path = tmp_path / "m" / "manifest.json"
    good = json.loads(path.read_text())
    for text, words in (
        ("{", "unreadable"),
        ("[]", "not the manifest"),
        (json.dumps({**good, "schema_version": 99}), "schema version 99"),
        (json.dumps({**good, "tables": {}}), "table 'calendar' is not listed"),
        (json.dumps({**good, "tables": {"calendar": {"rows": 1}}}), "incomplete"),
    ):
        path.write_text(text)
        with pytest.raises(DataError, match=words):
            Market.open(tmp_path / "m")


def test_truth_is_kept_beside_the_tables(tmp_path):
    tables = small_market()
    write(tmp_path / "m", truth={"rates": tables["cash_rate"], "seed": 7})
    assert json.loads((tmp_path / "m" / "truth" / "truth.json").read_text()) == {"seed": 7}
    assert only(tmp_path / "m" / "truth") == ["rates.parquet", "truth.json"]
    write(tmp_path / "n", truth=tmp_path / "m" / "truth")
    assert only(tmp_path / "n" / "truth") == ["rates.parquet", "truth.json"]
