"""The catalogue's transactions are whole or were never, and its errors say what is wrong."""

import sqlite3
import threading

import pytest

from quanthedge.errors import DataError
from quanthedge.trials import Catalogue, catalogue
from quanthedge.trials.catalogue import CatalogueBusyError

ROW = "INSERT INTO sweeps VALUES (?, 'plan', 'now')"
COUNT = "SELECT count(*) FROM sweeps"


def count(one: Catalogue) -> int:
    with one.reading() as connection:
        return int(connection.execute(COUNT).fetchone()[0])


def test_a_block_that_raises_has_written_nothing(tmp_path) -> None:
    one = Catalogue(tmp_path / Catalogue.NAME)
    with one.writing() as connection:
        connection.execute(ROW, ("first",))
    with pytest.raises(DataError, match="no such table"), one.writing() as connection:
        connection.execute(ROW, ("second",)).execute("INSERT INTO no_such VALUES (1)")
    assert count(one) == 1


def test_the_first_block_that_raises_leaves_no_catalogue(tmp_path) -> None:
    one = Catalogue(tmp_path / Catalogue.NAME)
    with pytest.raises(KeyError), one.writing():
        raise KeyError
    assert not one.exists
    with pytest.raises(DataError, match="there is no catalogue"), one.reading():
        pass


def test_a_reader_changes_nothing_and_sees_one_moment(tmp_path) -> None:
    one = Catalogue(tmp_path / Catalogue.NAME)
    with one.writing() as connection:
        connection.execute(ROW, ("first",))
    with pytest.raises(DataError, match="may not be written"), one.reading() as connection:
        connection.execute(ROW, ("second",))
    assert count(one) == 1


def test_a_writer_waits_for_another_and_says_when_it_took_too_long(tmp_path) -> None:
    path = tmp_path / Catalogue.NAME
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with Catalogue(path).writing() as connection:
            connection.execute(ROW, ("held",))
            held.set()
            let_go.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(30)
    try:
        hasty = Catalogue(path, patience=0.05)
        with pytest.raises(CatalogueBusyError, match="other processes hold its lock"):
            hasty.writing().__enter__()
    finally:
        let_go.set()
    with Catalogue(path).writing() as connection:
        connection.execute(ROW, ("patient",))
    other.join()
    assert count(Catalogue(path)) == 2


def test_a_folder_that_is_not_there_is_told(tmp_path) -> None:
    with pytest.raises(DataError, match="its folder must be there"):
        Catalogue(tmp_path / "none" / Catalogue.NAME).writing().__enter__()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "the disk is full"),
        (sqlite3.SQLITE_IOERR, "refuses to read, write or lock"),
        (sqlite3.SQLITE_IOERR | 15 << 8, "refuses to read, write or lock"),
        (sqlite3.SQLITE_PROTOCOL, "does not grant locks"),
        (sqlite3.SQLITE_CORRUPT, "is damaged"),
    ],
)
def test_what_sqlite_refuses_is_one_line(tmp_path, code, words) -> None:
    error = sqlite3.OperationalError("two\nlines")
    error.sqlite_errorcode = code
    one = Catalogue(tmp_path / Catalogue.NAME)
    with pytest.raises(DataError, match=words) as told, one.writing():
        raise error
    assert str(one.path) in str(told.value)
    assert not one.exists or count(one) == 0


def test_an_older_sqlite_is_refused_before_it_writes(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(catalogue.sqlite3, "sqlite_version_info", (3, 31, 1))
    with pytest.raises(DataError, match=r"3\.37 or newer"):
        Catalogue(tmp_path / Catalogue.NAME).writing().__enter__()
    assert list(tmp_path.iterdir()) == []


def test_a_name_with_letters_that_addresses_know_is_a_file_like_any(tmp_path) -> None:
    folder = tmp_path / "50% ?mode=memory#x 基金"
    folder.mkdir()
    one = Catalogue(folder / Catalogue.NAME)
    with one.writing() as connection:
        connection.execute(ROW, ("first",))
    assert count(one) == 1
    assert [path.name for path in folder.iterdir()] == [Catalogue.NAME]
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
