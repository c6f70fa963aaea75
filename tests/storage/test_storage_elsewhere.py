"""Storage with another system's manners put in place of ours: as Windows does it."""

import errno
import gc
import os
from pathlib import Path

import numpy as np
import pytest

from quanthedge.errors import DataError
from quanthedge.market import Market, write_dataset
from quanthedge.market.checks.whole import check_dataset
from quanthedge.storage import folders as storage
from quanthedge.storage import workplace
from tests.market.small_market import small_market


def write(folder, seed=0):
    tables = small_market(seed)
    return write_dataset(folder, tables, name="small", source="random", overwrite=True)


def _refuse(path, what="Access is denied"):
    raise PermissionError(errno.EACCES, what, str(path))


@pytest.fixture
def windows(monkeypatch):
    """Rename fails on what exists and around open files; folders cannot be opened or flushed."""
    monkeypatch.setattr(storage, "WINDOWS", True)
    monkeypatch.setattr(workplace, "WINDOWS", True)
    monkeypatch.setattr(storage, "_exchange", lambda *_: False)
    plain = {name: getattr(os, name) for name in ("open", "fsync", "rename", "unlink")}
    readers = set()

    def opened(path, flags, *more, **named):
        walked = "dir_fd" in named or flags & getattr(os, "O_DIRECTORY", 0)  # shutil does so
        if not walked and os.path.isdir(path):
            _refuse(path)
        descriptor = plain["open"](path, flags, *more, **named)
        if flags & os.O_ACCMODE == os.O_RDONLY:
            readers.add(descriptor)
        else:
            readers.discard(descriptor)
        return descriptor

    def flushed(descriptor):
        flags = Path(f"/proc/self/fdinfo/{descriptor}").read_text().split("flags:")[1].split()[0]
        if int(flags, 8) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        plain["fsync"](descriptor)

    def renamed(source, target, **named):
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "Cannot create a file that exists", str(target))
        if any(_mapped_below(source)):
            _refuse(source, "The process cannot access the file: it is used by another process")
        plain["rename"](source, target, **named)

    def unlinked(path, **named):
        if os.fspath(path).endswith(".lock") and _is_open(path):
            _refuse(path, "The process cannot access the file: it is used by another process")
        plain["unlink"](path, **named)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "rename", renamed)
    monkeypatch.setattr(os, "unlink", unlinked)
    monkeypatch.setattr(os, "link", lambda *_, **__: _refuse("link", "no hard links here"))


def _mapped_below(folder):
    """Files below a folder that this process maps into memory, as Windows would hold them."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        names = {line.split(maxsplit=5)[5].strip() for line in maps if line.count("/")}
    root = os.path.realpath(folder) + os.sep
    return [name for name in names if name.startswith(root)]


def _is_open(path):
    real = os.path.realpath(path)
    links = (os.path.join("/proc/self/fd", number) for number in os.listdir("/proc/self/fd"))
    return any(os.path.realpath(link) == real for link in links)


pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self/fdinfo"), reason="asks Linux what is open and mapped"
)


def test_a_dataset_is_replaced_and_files_of_others_stay(tmp_path, windows):
    (tmp_path / "m").mkdir()
    write(tmp_path / "m")
    (tmp_path / "m" / "letters").mkdir()
    (tmp_path / "m" / "letters" / "client.txt").write_text("dear client")
    for seed in (1, 2):
        write(tmp_path / "m", seed)
        assert check_dataset(tmp_path / "m").ok
        assert (tmp_path / "m" / "letters" / "client.txt").read_text() == "dear client"
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_maps_of_this_process_are_closed_before_the_swap(tmp_path, windows):
    write(tmp_path / "m")
    market = Market.open(tmp_path / "m")
    total = float(np.nansum(market.panel("close")))
    assert _mapped_below(tmp_path / "m")
    write(tmp_path / "m", 1)
    assert float(np.nansum(Market.open(tmp_path / "m").panel("close"))) != total
    with pytest.raises(DataError, match="replaced by a newer one"):
        market.panel("open")


def test_a_map_that_is_in_use_is_a_clear_error_and_the_old_data_stay(tmp_path, windows):
    write(tmp_path / "m")
    close = Market.open(tmp_path / "m").panel("close")
    kept = close.copy()
    with pytest.raises(DataError, match="close the notebooks and programs that use it"):
        write(tmp_path / "m", 1)
    np.testing.assert_array_equal(close, kept)
    assert check_dataset(tmp_path / "m").ok
    del close
    gc.collect()
    write(tmp_path / "m", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_failure_between_the_two_renames_is_undone(tmp_path, windows, monkeypatch):
    write(tmp_path / "m")
    before = Market.open(tmp_path / "m").fingerprint
    rename = os.rename

    def second_fails(source, target, **named):
        if os.path.basename(source) == "content":
            _refuse(source)
        rename(source, target, **named)

    monkeypatch.setattr(os, "rename", second_fails)
    with pytest.raises(DataError, match="may not be written"):
        write(tmp_path / "m", 1)
    assert Market.open(tmp_path / "m").fingerprint == before
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_pages_are_written_and_locks_leave_nothing(tmp_path, windows):
    for text in ("one", "two"):
        storage.write_page(tmp_path / "a" / "page.html", text, "page")
        with storage.WholeFolder(tmp_path / "a" / "x").alone():
            pass
    assert (tmp_path / "a" / "page.html").read_text(encoding="utf-8") == "two"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["page.html"]


def test_markets_that_are_gone_are_not_remembered(tmp_path):
    write(tmp_path / "m")
    for _ in range(3):
        Market.open(tmp_path / "m")
        gc.collect()
    assert len(storage._holders[tmp_path / "m"]) <= 1
