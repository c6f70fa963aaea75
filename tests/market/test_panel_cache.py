import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from quanthedge.market import Market, check_dataset, panels, write_dataset
from tests.market.small_market import small_market


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "m"
    write_dataset(path, small_market(), name="small", source="random")
    return path


def cache(folder):
    (found,) = [path for path in (folder / ".panels").iterdir() if path.is_dir()]
    return found


def expected(folder):
    return Market.open(folder).panel("close").copy()


def tear(path):
    path.write_bytes(path.read_bytes()[:-50])


def empty(path):
    path.write_bytes(b"")


def reshape(path):
    np.save(path, np.zeros((3, 3)))


def retype(path):
    np.save(path, np.load(path).astype(np.float32))


def foreign(path):
    about = json.loads((path.parent / "panels.json").read_text())
    (path.parent / "panels.json").write_text(json.dumps({**about, "fingerprint": "another"}))
    np.save(path, np.load(path) * 2)


@pytest.mark.parametrize("spoil", [tear, empty, reshape, retype, foreign, os.remove])
def test_a_spoilt_cache_is_found_and_rebuilt(folder, spoil):
    close = expected(folder)
    spoil(cache(folder) / "close.npy")
    np.testing.assert_array_equal(Market.open(folder).panel("close"), close)
    np.testing.assert_array_equal(np.load(cache(folder) / "close.npy"), close)
    assert [path.name for path in (folder / ".panels").iterdir() if ".new-" in path.name] == []


def test_a_flipped_bit_in_a_panel_is_found_by_check(folder):
    expected(folder)
    path = cache(folder) / "close.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    assert [error.rule for error in check_dataset(folder).errors] == ["close"]


def test_a_spoilt_fundamental_panel_is_rebuilt(folder):
    before = Market.open(folder).fundamental("book_equity").copy()
    Market.open(folder).panel("close")
    Market.open(folder).fundamental("book_equity")
    tear(cache(folder) / "fundamental.book_equity.latest.npy")
    np.testing.assert_array_equal(Market.open(folder).fundamental("book_equity"), before)


def test_a_folder_that_cannot_be_written_is_served_from_memory(folder, monkeypatch):
    close = expected(folder)
    traded = Market.open(folder).panel("traded").copy()
    for path in cache(folder).iterdir():
        path.unlink()

    def refused(*_args, **_more):
        raise PermissionError("read-only")

    monkeypatch.setattr(panels, "_new_panel", refused)
    market = Market.open(folder)
    np.testing.assert_array_equal(market.panel("close"), close)
    np.testing.assert_array_equal(market.panel("traded"), traded)
    assert market.fundamental("book_equity").shape == close.shape
    assert not market.panel("close").flags.writeable


def test_two_processes_opening_at_once_both_read_the_same(folder):
    script = f"""
from quanthedge.market import Market
print(repr(float(Market.open({str(folder)!r}).panel("mark")[-1].sum())))
"""
    running = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) for _ in range(3)
    ]
    answers = {process.communicate()[0] for process in running}
    assert {process.returncode for process in running} == {0}
    assert answers == {f"{float(Market.open(folder).panel('mark')[-1].sum())!r}\n".encode()}
    assert sorted(path.name for path in (folder / ".panels").iterdir() if path.is_dir()) == [
        cache(folder).name
    ]


def test_a_market_travels_to_another_process(folder):
    market = Market.open(folder)
    again = pickle.loads(pickle.dumps(market))
    assert again.fingerprint == market.fingerprint
    cut = pickle.loads(pickle.dumps(market.until("2014-02-14")))
    assert cut.fingerprint == market.until("2014-02-14").fingerprint
    assert str(cut.dates[-1]) == "2014-02-14"
