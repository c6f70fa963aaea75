import errno
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanthedge.batch.store import Store
from quanthedge.cli.app import app
from quanthedge.errors import DataError
from quanthedge.market import Manifest, Market, write_dataset, writer
from quanthedge.market.checks.whole import check_dataset
from quanthedge.market.fingerprint import file_sha256
from quanthedge.storage import folders as storage
from tests.market.small_market import small_market
from tests.sample import sample_result


def write(folder, seed=0, **more):
    more = {"overwrite": True, **more}
    return write_dataset(folder, small_market(seed), name="small", source="random", **more)


def differences(folder):
    return Manifest.read(folder).differences(folder)


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


def test_files_of_others_stay_in_a_folder_that_is_imported_into(tmp_path):
    (tmp_path / "m" / "letters").mkdir(parents=True)
    (tmp_path / "m" / "thesis.txt").write_text("years of work")
    (tmp_path / "m" / "letters" / "client.pdf").write_text("dear client")
    (tmp_path / "m" / "empty").mkdir()
    (tmp_path / "m" / "link").symlink_to("thesis.txt")
    for seed in (0, 1):
        write(tmp_path / "m", seed=seed)
        Market.open(tmp_path / "m").panel("close")
        (tmp_path / "m" / ".panels" / "notes.txt").write_text("mine")
        assert (tmp_path / "m" / "thesis.txt").read_text() == "years of work"
        assert (tmp_path / "m" / "letters" / "client.pdf").read_text() == "dear client"
        assert (tmp_path / "m" / "empty").is_dir()
        assert os.readlink(tmp_path / "m" / "link") == "thesis.txt"
    write(tmp_path / "m", seed=2)
    assert [path.name for path in (tmp_path / "m" / ".panels").iterdir()] == ["notes.txt"]
    assert only(tmp_path) == ["m"]


@pytest.mark.parametrize("name", ["manifest.json", "stock_daily.parquet", "industry.parquet"])
def test_a_file_of_others_where_a_table_has_to_go_is_refused(tmp_path, name):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / name).write_text("years of work")
    with pytest.raises(DataError, match=f"{name}: is in the way"):
        write(tmp_path / "m")
    assert (tmp_path / "m" / name).read_text() == "years of work"
    with pytest.raises(DataError, match="is a file"):
        write(tmp_path / "m" / name)
    assert only(tmp_path) == ["m"]


def test_a_dataset_is_not_laid_beside_a_run_or_a_store(tmp_path):
    run, store = tmp_path / "run", tmp_path / "store"
    sample_result().to_parquet(run)
    Store.open(store)
    for folder, kind in ((run, "run folder"), (store, "store of runs")):
        before = sorted(path.name for path in folder.iterdir())
        with pytest.raises(DataError, match=f"is a {kind}; what is written now takes"):
            write(folder)
        assert sorted(path.name for path in folder.iterdir()) == before


def test_the_same_dataset_is_recognised_and_another_one_refused(tmp_path):
    write(tmp_path / "m", overwrite=False)
    before = (tmp_path / "m").stat().st_ino
    assert write(tmp_path / "m", overwrite=False).already_there
    assert (tmp_path / "m").stat().st_ino == before
    with pytest.raises(DataError, match=r"older data of the same source.*--overwrite"):
        write(tmp_path / "m", seed=1, overwrite=False)
    with pytest.raises(DataError, match=r"another dataset.*--overwrite"):
        write_dataset(tmp_path / "m", small_market(1), name="other", source="random")
    assert (tmp_path / "m").stat().st_ino == before
    assert not write(tmp_path / "m", seed=1).already_there
    assert only(tmp_path) == ["m"]


def test_a_damaged_dataset_is_mended_by_the_same_import(tmp_path):
    write(tmp_path / "m")
    path = tmp_path / "m" / "stocks.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    assert not write(tmp_path / "m", overwrite=False).already_there
    assert check_dataset(tmp_path / "m").ok


def test_a_letter_written_while_the_dataset_is_replaced_is_not_lost(tmp_path, monkeypatch):
    write(tmp_path / "m")
    (tmp_path / "m" / "draft.txt").write_text("first")
    swap = storage._swap

    def busy(work, target):
        (target / "late.txt").write_text("dear client")
        (target / "draft.new").write_text("second, longer")
        (target / "draft.new").replace(target / "draft.txt")
        swap(work, target)

    monkeypatch.setattr(storage, "_swap", busy)
    write(tmp_path / "m", seed=1)
    assert (tmp_path / "m" / "late.txt").read_text() == "dear client"
    assert (tmp_path / "m" / "draft.txt").read_text() == "second, longer"


def test_the_folder_one_stands_in_and_a_whole_disk_are_not_replaced(tmp_path, monkeypatch):
    write(tmp_path / "m")
    monkeypatch.chdir(tmp_path / "m")
    with pytest.raises(DataError, match="the folder you are in"):
        write(".", seed=1)
    with pytest.raises(DataError, match="a disk of its own"):
        write("/")
    monkeypatch.setattr(storage, "_MOST_FOREIGN", 3)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="more than 3 files"):
        write(tmp_path / "m", seed=1)


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
    if self.name == 'm':
        die()
Path.rename = rename_and_die
"""


DIE_AFTER_THE_SWAP = "storage._rescue = die"
KILLED = """
import os, signal
from pathlib import Path
from quanthedge.market import write_dataset
from quanthedge.storage import folders as storage
from tests.market.small_market import small_market
from tests.sample import sample_result
def die(*args, **more):
    os.kill(os.getpid(), signal.SIGKILL)
{moment}
tables = small_market(1)
write_dataset({target!r}, tables, name="small", source="random", overwrite=True)
"""


@pytest.mark.parametrize(
    "moment", [DIE_WHILE_WRITING, DIE_BEFORE_THE_SWAP, DIE_BETWEEN_TWO_RENAMES]
)
def test_a_kill_during_the_import_leaves_the_old_data_intact(tmp_path, moment):
    write(tmp_path / "m")
    before = hashes(tmp_path / "m")
    script = KILLED.format(target=str(tmp_path / "m"), moment=moment)
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == -signal.SIGKILL
    assert only(tmp_path)[0] == ".quanthedge"  # what the killed import left
    assert Market.open(tmp_path / "m").panel("close").shape
    assert hashes(tmp_path / "m") == before
    write(tmp_path / "m", seed=2)
    assert only(tmp_path) == ["m"]


@pytest.mark.parametrize("moment", [DIE_WHILE_WRITING, DIE_BEFORE_THE_SWAP, DIE_AFTER_THE_SWAP])
def test_files_of_others_are_there_after_a_kill_at_any_moment(tmp_path, moment):
    write(tmp_path / "m")
    (tmp_path / "m" / "letter.txt").write_text("dear client")
    script = KILLED.format(target=str(tmp_path / "m"), moment=moment)
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "m" / "letter.txt").read_text() == "dear client"
    assert check_dataset(tmp_path / "m").ok
    Market.open(tmp_path / "m")
    assert only(tmp_path) == ["m"]


def test_a_letter_written_before_a_kill_right_after_the_swap_is_brought_over(tmp_path):
    write(tmp_path / "m")
    late = """
swap = storage._swap
def swap_and_die(work, target):
    (target / "late.txt").write_text("dear client")
    swap(work, target)
    die()
storage._swap = swap_and_die
"""
    script = KILLED.format(target=str(tmp_path / "m"), moment=late)
    subprocess.run([sys.executable, "-c", script], check=False)
    Market.open(tmp_path / "m")
    assert (tmp_path / "m" / "late.txt").read_text() == "dear client"
    assert only(tmp_path) == ["m"]


def test_without_an_exchange_of_names_the_replacement_still_works(tmp_path, monkeypatch):
    write(tmp_path / "m")
    monkeypatch.setattr(storage, "_exchange", lambda *_: False)
    write(tmp_path / "m", seed=1)
    assert only(tmp_path) == ["m"]
    assert check_dataset(tmp_path / "m").ok


def test_a_running_import_is_not_disturbed_by_another(tmp_path):
    script = f"""
import time
from pathlib import Path
from quanthedge.storage.workplace import working
with working(Path({str(tmp_path)!r}), "replace") as work:
    print(work.folder, flush=True)
    time.sleep(60)
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        folder = tmp_path / ".quanthedge" / os.path.basename(other.stdout.readline().strip())
        write(tmp_path / "m")
        assert (folder / "content").is_dir()
        other.kill()
    write(tmp_path / "m", seed=1)
    assert only(tmp_path) == ["m"]


@pytest.mark.parametrize("mark", [None, "{}", "[]", '{"format": "quanthedge-work"'])
def test_what_bears_no_mark_of_ours_is_never_removed(tmp_path, mark):
    folder = tmp_path / ".quanthedge" / f"replace-{'0' * 32}"
    folder.mkdir(parents=True)
    (folder / "content").mkdir()
    (folder / "content" / "thesis.txt").write_text("years of work")
    if mark is not None:
        (folder / "owner.json").write_text(mark)
    outside = tmp_path / ".quanthedge" / f"replace-{'1' * 32}"
    outside.symlink_to(tmp_path / "elsewhere")
    write(tmp_path / "m")
    assert (folder / "content" / "thesis.txt").read_text() == "years of work"
    assert outside.is_symlink()


@pytest.mark.parametrize("target", ["../victim", "/victim", "..", "", 7, "victim"])
def test_the_mark_of_a_dead_work_is_not_trusted_with_a_path(tmp_path, target):
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "thesis.txt").write_text("years of work")
    folder = tmp_path / "data" / ".quanthedge" / f"replace-{'0' * 32}"
    (folder / "old").mkdir(parents=True)
    (folder / "old" / "thesis.txt").write_text("nonsense")
    state = {"format": "quanthedge-work", "state": "swap", "target": target, "ours": []}
    status = (tmp_path / "victim").stat()
    version = [status.st_dev, status.st_ino]
    (folder / "owner.json").write_text(json.dumps({**state, "version": version}))
    write(tmp_path / "data" / "m")
    assert (tmp_path / "victim" / "thesis.txt").read_text() == "years of work"
    assert not folder.exists()


def test_two_imports_at_once_leave_one_whole_dataset(tmp_path):
    script = f"""
import sys
from quanthedge.market import write_dataset
from tests.market.small_market import small_market
from tests.sample import sample_result
for _ in range(5):
    tables = small_market(int(sys.argv[1]))
    write_dataset({str(tmp_path / "m")!r}, tables, name="m", source="m", overwrite=True)
"""
    running = [subprocess.Popen([sys.executable, "-c", script, seed]) for seed in "12"]
    assert [process.wait() for process in running] == [0, 0]
    assert check_dataset(tmp_path / "m").ok
    assert only(tmp_path) == ["m"]


def test_of_two_datasets_at_once_the_later_one_is_refused(tmp_path):
    script = f"""
import sys, time
from quanthedge.market import write_dataset, writer
from quanthedge.errors import DataError
from tests.market.small_market import small_market
inspect = writer.inspect
def slowly(*arguments):
    time.sleep(1)  # both have looked at the folder
    inspect(*arguments)
writer.inspect = slowly
try:
    write_dataset({str(tmp_path / "m")!r}, small_market(), name=sys.argv[1], source="random")
except DataError as refusal:
    sys.exit(str(refusal))
"""
    both = [
        subprocess.Popen([sys.executable, "-c", script, name], stderr=subprocess.PIPE, text=True)
        for name in ("one", "other")
    ]
    told = [one.communicate()[1] for one in both]
    assert sorted(one.returncode for one in both) == [0, 1]
    assert "holds another dataset" in "".join(told)
    there = Market.open(tmp_path / "m").name
    assert there == ("one" if both[0].returncode == 0 else "other")


def test_a_place_that_may_not_be_written_is_a_clear_error(tmp_path, monkeypatch):
    def refused(*_args, **_more):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(storage.WholeFolder, "recover", refused)
    with pytest.raises(DataError, match="may not be written"):
        write(tmp_path / "m")


@pytest.mark.parametrize("target", ["stock_daily", "fundamentals", "calendar"])
def test_a_table_changed_behind_the_manifest_is_found_on_opening(tmp_path, target):
    write(tmp_path / "m")
    Market.open(tmp_path / "m")
    path = tmp_path / "m" / f"{target}.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    status = path.stat()
    path.write_bytes(bytes(content))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
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
        (json.dumps({**good, "schema_version": "a\nb"}), r"schema version 'a\\nb'"),
        (json.dumps({**good, "tables": {}}), "table 'calendar' is not listed"),
        (json.dumps({**good, "tables": {"calendar": {"rows": 1}}}), "calendar: bytes is None"),
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


def changed(good, *path, value):
    """A manifest with one value changed."""
    content = json.loads(json.dumps(good))
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(content)


def test_nothing_in_a_manifest_is_believed_unlooked_at(tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "thesis.txt").write_text("years of work")
    write(tmp_path / "m")
    path = tmp_path / "m" / "manifest.json"
    good = json.loads(path.read_text())
    huge = 10**400
    wrong = [
        *(changed(good, "fingerprint", value=v) for v in ("../../victim", str(victim), "a" * 64)),
        changed(good, "tables", "stocks", "content", value="a" * 64),
        *(
            changed(good, "fingerprint", value=v)
            for v in (None, 7, ["a"], "a" * 63, "a" * 64 + "\n")
        ),
        *(changed(good, "name", value=v) for v in (None, 7, ["a"], "a\nb", "a\x00b", "a" * 9999)),
        *(changed(good, "source", value=v) for v in (None, {}, "a\x1b[2Jb")),
        *(changed(good, "assumptions", value=v) for v in (None, "text", [7], [None])),
        *(changed(good, "tables", value=v) for v in (None, 7, [], ["calendar"], "calendar")),
        *(changed(good, "tables", v, value={}) for v in ("../victim", "thesis", "a\x00", "")),
        *(
            changed(good, "tables", "stocks", key, value=v)
            for key in ("rows", "bytes")
            for v in (-1, None, "7", 1.5, True, huge, [1])
        ),
        *(
            changed(good, "tables", "stocks", key, value=v)
            for key in ("sha256", "content")
            for v in (None, 7, "../..", "a" * 65)
        ),
        *(changed(good, "schema_version", value=v) for v in (None, "1", [1], huge)),
        json.dumps(good)[:-1] + ', "extra": ' + "[" * 100_000,
        '{"fingerprint": ' + "9" * 5_000 + "}",
        "null",
        "7",
        "",
        "\x00",
    ]
    for text in wrong:
        path.write_text(text, encoding="utf-8")
        for opening in (Market.open, check_dataset):
            with pytest.raises(DataError) as caught:
                opening(tmp_path / "m")
            assert "\n" not in str(caught.value)
            assert len(str(caught.value)) < 600
    assert (victim / "thesis.txt").read_text() == "years of work"


def test_the_fingerprint_is_computed_again_from_the_values(tmp_path):
    write(tmp_path / "m")
    assert differences(tmp_path / "m") == []
    other = small_market(1)
    path = tmp_path / "m" / "stocks.parquet"
    good = path.read_bytes()
    rows = pq.read_table(path)
    flags = [None] * rows.num_rows
    pq.write_table(rows.set_column(2, rows.schema.field(2), pa.array(flags, pa.date32())), path)
    line, whole = differences(tmp_path / "m")
    assert line.startswith("stocks: its 6 rows have the fingerprint")
    assert whole.startswith("the tables have the fingerprint")
    path.write_bytes(good[:-9])
    assert [line[:20] for line in differences(tmp_path / "m")] == ["stocks: unreadable ("]
    path.unlink()
    assert [line[:20] for line in differences(tmp_path / "m")] == ["stocks: unreadable ("]
    pq.write_table(other["cash_rate"], path)
    assert "not those of the schema" in differences(tmp_path / "m")[0]


def test_check_fingerprint_says_in_one_line_what_differs(tmp_path, capsys):
    def check():
        with pytest.raises(SystemExit) as ended:
            app(["check", str(tmp_path / "m"), "--fingerprint"])
        return ended.value.code, capsys.readouterr().out

    write(tmp_path / "m")
    assert check()[0] == 0
    path = tmp_path / "m" / "cash_rate.parquet"
    rows = pq.read_table(path)
    rate = rows["rate"].to_numpy() + 0.01
    pq.write_table(rows.set_column(1, rows.schema.field(1), pa.array(rate)), path)
    code, said = check()
    assert code == 1
    assert "cash_rate: its" in said
    assert "manifest says" in said
