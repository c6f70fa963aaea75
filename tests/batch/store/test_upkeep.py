"""What is damaged, missing, left over or not ours is found; runs are taken away, nothing else."""

import os
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from quanthedge.batch import Store
from quanthedge.batch.store.files import Files
from quanthedge.errors import DataError
from quanthedge.trials import Catalogue
from tests.batch.store.entries import entry, failed, files, key

POSIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a process that it forks")
KILLED = 9


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = Store.open(tmp_path / "store")
    found.add([entry(1), entry(2, ratio=0.8), failed(3)])
    return found


def days_of(store: Store, number: int) -> Path:
    return store.folder / "runs" / key(number)[:2] / key(number) / "series.parquet"


def killed(work: Callable[[], object]) -> None:
    """Do something in a process of its own that ends at once where it is told to."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


def ending(*_args: object, **_options: object) -> None:
    os._exit(KILLED)


def test_a_sound_store_has_no_finding(store) -> None:
    assert not len(store.check())


@pytest.mark.parametrize("place", [0, 100, -1])
def test_a_flipped_bit_in_the_days_is_found_and_refused(store, place) -> None:
    path = days_of(store, 1)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match="changed since it was written"):
        store.series([key(2), key(1)])
    found = store.check()
    assert found[["run", "problem"]].to_numpy().tolist() == [[key(1), "damaged"]]
    assert store.known([key(1)]) == {key(1)}
    assert "sweep runs it again" in store.check(repair=True)["done"].iloc[0]
    assert store.known([key(1), key(2)]) == {key(2)}
    assert store.runs()["reason"].iloc[0].startswith("Damaged: ")
    assert store.add([entry(1)]) == 1
    assert not len(store.check())


def test_days_that_are_missing_are_found(store) -> None:
    days_of(store, 2).unlink()
    found = store.check()
    assert found["run"].tolist() == [key(2)]
    assert "cannot be read" in found["what"].iloc[0]


def test_a_flipped_bit_in_the_catalogue_is_told_found_or_changes_no_run(store) -> None:
    path = store.folder / Catalogue.NAME
    content, before = path.read_bytes(), store.runs()
    done = before.index[before["status"] == "done"]  # of a failure there is no file to tell
    draw, seen = random.Random(1), Counter[str]()
    used = [place for place, byte in enumerate(content) if byte]
    for place in [17, 100, *draw.sample(used, 25)]:  # two of the head, 25 of what is filled
        spoilt = bytearray(content)
        spoilt[place] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(spoilt))
        try:
            now = store.runs()
        except DataError:
            seen["told"] += 1
            continue
        same = set(done) <= set(now.index) and set(before.columns) <= set(now.columns)
        if same and now.loc[done, before.columns].equals(before.loc[done]):
            seen["the same"] += 1
        else:
            assert (store.check()["problem"] == "damaged").any()
            seen["found"] += 1
    path.write_bytes(content)
    assert seen["told"] > 0
    assert seen["found"] > 0
    assert not len(store.check())


def test_a_figure_that_was_changed_in_the_catalogue_is_found_and_mended(store) -> None:
    before = store.runs()
    figures = '{"sharpe_net": 9.0}'
    with closing(sqlite3.connect(store.folder / Catalogue.NAME)) as catalogue, catalogue:
        catalogue.execute("UPDATE runs SET figures = ? WHERE key = ?", [figures, key(1)])
        catalogue.execute("UPDATE parts SET content = replace(content, '0.8', '0.7')")
    assert store.runs().loc[key(1), "sharpe_net"] == 9.0
    assert store.check()["run"].tolist() == [key(1), key(2)]
    assert store.check(repair=True)["done"].tolist() == ["taken from its file"] * 2
    pd.testing.assert_frame_equal(store.runs(), before)
    assert not len(store.check())


@pytest.mark.parametrize("lost", ["away", "empty"])
def test_a_store_whose_catalogue_was_lost_is_no_empty_store(store, lost, caplog) -> None:
    done = int((store.runs()["status"] == "done").sum())
    assert not caplog.records
    (store.folder / Catalogue.NAME).unlink()
    if lost == "empty":
        (store.folder / Catalogue.NAME).touch()
    assert not len(store.runs())
    assert "`quanthedge runs check` makes it again" in caplog.text
    store.check()
    assert len(store.runs()) == done


def test_a_catalogue_that_was_lost_is_made_again_from_the_files(store) -> None:
    before = store.runs()
    (store.folder / Catalogue.NAME).write_bytes(b"nothing of a catalogue" * 200)
    found = store.check()
    assert found["problem"].tolist() == ["damaged"]
    assert "move it away" in found["done"].iloc[0]
    with pytest.raises(DataError, match="damaged"):
        store.runs()
    (store.folder / Catalogue.NAME).unlink()
    taken = store.check()
    assert taken["done"].tolist() == ["taken up"] * 2
    done = before[before["status"] == "done"]  # a failure has no file
    pd.testing.assert_frame_equal(store.runs().loc[done.index], done)
    assert not len(store.check())
    assert store.series([key(1)]).shape == (6, 1)


def test_a_file_of_another_run_is_never_taken_up(store) -> None:
    other = days_of(store, 9)
    other.parent.mkdir(parents=True)
    other.write_bytes(days_of(store, 1).read_bytes())
    assert store.check()["done"].tolist() == ["taken away"]
    assert not other.parent.exists()
    assert set(store.runs().index) == {key(1), key(2), key(3)}


@POSIX
def test_a_writer_killed_before_its_files_are_placed_leaves_nothing(store, monkeypatch) -> None:
    before = files(store.folder)
    monkeypatch.setattr(Path, "replace", ending)  # as it moves the first file
    killed(lambda: store.add([entry(4), entry(5)]))
    monkeypatch.undo()
    again = Store.open(store.folder)
    assert not len(again.check())
    assert files(store.folder) == before
    assert again.known([key(4), key(5)]) == set()


@POSIX
def test_a_writer_killed_before_it_commits_leaves_whole_runs_or_none(store, monkeypatch) -> None:
    monkeypatch.setattr("quanthedge.batch.store.store.join", ending)  # after files and rows
    killed(lambda: store.add([entry(4), entry(5)]))
    monkeypatch.undo()
    again = Store.open(store.folder)
    assert again.known([key(4), key(5)]) == set()  # not committed: never was
    assert set(again.check()["done"]) == {"taken up"}
    assert again.known([key(4), key(5)]) == {key(4), key(5)}
    assert again.series([key(4), key(5)]).notna().all(axis=None)
    assert not len(again.check())
    assert not (store.folder / ".quanthedge").exists()


@POSIX
def test_what_a_killed_writer_left_is_no_hindrance_to_the_next(store, monkeypatch) -> None:
    monkeypatch.setattr("quanthedge.batch.store.store.join", ending)
    killed(lambda: store.add([entry(4)]))
    monkeypatch.undo()
    assert Store.open(store.folder).add([entry(4)]) == 1
    assert not len(store.check())


@POSIX
def test_a_removal_that_is_cut_short_is_ended_by_the_next_check(store, monkeypatch) -> None:
    monkeypatch.setattr("quanthedge.batch.store.upkeep._take_away", ending)
    killed(lambda: store.remove([key(1)]))
    monkeypatch.undo()
    assert key(1) not in store.runs().index
    assert not len(store.check())
    assert not days_of(store, 1).exists()
    assert set(store.runs().index) == {key(2), key(3)}


def test_runs_are_taken_away_with_their_files(store) -> None:
    store.tag([key(1)], "gone")
    assert store.remove([key(1), key(3)]) == []
    assert store.runs().index.tolist() == [key(2)]
    assert files(store.folder / "runs") == {f"{key(2)[:2]}/{key(2)}/series.parquet"}
    assert store.add([entry(1)]) == 1
    assert store.runs().loc[key(1), "tags"] == ""


def test_of_several_runs_none_is_taken_away_when_one_is_not_there(store) -> None:
    with pytest.raises(DataError, match="no run"):
        store.remove([key(1), key(8)])
    assert key(1) in store.runs().index
    assert days_of(store, 1).exists()


def test_files_of_others_stay_and_are_named(store, tmp_path) -> None:
    letter = days_of(store, 1).with_name("letter.txt")
    letter.write_text("dear client")
    (store.folder / "runs" / "notes").mkdir()
    (store.folder / "runs" / "notes" / "mine.txt").write_text("mine")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "series.parquet").write_text("of another")
    link = store.folder / "runs" / key(7)[:2] / key(7)
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside)
    named = store.check()
    assert set(named["problem"]) == {"not ours"}
    assert {Path(one).name for one in named["what"]} == {"letter.txt", "mine.txt", key(7)}
    assert store.remove([key(1)]) == [str(letter)]
    assert letter.read_text() == "dear client"
    assert (outside / "series.parquet").exists()
    assert (store.folder / "runs" / "notes" / "mine.txt").exists()


def test_a_link_in_the_place_of_a_run_is_not_followed_when_it_is_removed(store, tmp_path) -> None:
    outside = tmp_path / "outside"
    days_of(store, 1).parent.rename(outside)
    days_of(store, 1).parent.symlink_to(outside)
    store.remove([key(1)])
    assert (outside / "series.parquet").exists()


def test_sections_that_no_run_has_any_more_are_forgotten(store) -> None:
    def sections() -> int:
        with Catalogue(store.folder / Catalogue.NAME).reading() as connection:
            return int(connection.execute("SELECT count(*) FROM parts").fetchone()[0])

    before = sections()
    store.remove([key(2)])
    store.check()
    assert sections() == before - 1  # its section [hedge]


def test_the_digest_of_a_file_is_not_believed_for_another(store) -> None:
    with pytest.raises(DataError, match="changed"):
        Files(store.folder).read(days_of(store, 1), "0" * 64)


def test_a_catalogue_that_is_gone_is_told_where_the_store_is_opened(store, caplog) -> None:
    Store.open(store.folder)
    assert not caplog.messages
    (store.folder / Catalogue.NAME).unlink()
    Store.open(store.folder, make=False)
    assert "the catalogue is missing, though runs lie in the folder" in caplog.text
    assert f"quanthedge runs check --store {store.folder}" in caplog.text


@POSIX
@pytest.mark.parametrize("what", ["pipe", "device", "folder"])
def test_what_is_no_file_in_the_place_of_the_catalogue_is_refused(store, what) -> None:
    place = store.folder / Catalogue.NAME
    place.unlink()
    if what == "pipe":
        os.mkfifo(place)
    elif what == "folder":
        place.mkdir()
    else:
        place.symlink_to("/dev/zero")
    for ask in (store.runs, store.check, lambda: Store.open(store.folder)):
        with pytest.raises(DataError, match="is no plain file, so no catalogue; move it away"):
            ask()
