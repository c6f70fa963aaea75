import json
import os
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from quanthedge.market import Market, panels, write_dataset
from quanthedge.market.checks.whole import check_dataset
from quanthedge.market.panels import PANELS, damaged_panels
from quanthedge.stages import StageFolder
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


def flip(path, place):
    """Change one bit and keep the file's time."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1 << (place % 8)
    path.write_bytes(bytes(content))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_flipped_bit_in_any_panel_is_found_mended_and_said(folder, caplog):
    def values(market):
        panel = {name: market.panel(name).copy() for name in PANELS}
        return {**panel, "fundamental.book_equity.latest": market.fundamental("book_equity").copy()}

    before = values(Market.open(folder))
    fingerprint = Market.open(folder).fingerprint
    draw = np.random.default_rng(3)
    for name in before:
        path = cache(folder) / f"{name}.npy"
        for place in (0, draw.integers(path.stat().st_size), -1):
            flip(path, int(place))
            assert damaged_panels(folder, fingerprint) == [name]
            market = Market.open(folder)
            now = market.fundamental("book_equity") if "." in name else market.panel(name)
            np.testing.assert_array_equal(now, before[name])
            assert market.damaged_panels == [name]
            assert f"{name}.npy: the cached panel is damaged" in caplog.text
            caplog.clear()
    assert check_dataset(folder).ok


def test_panels_of_another_form_are_made_anew_and_called_no_damage(folder, caplog):
    Market.open(folder).build_panels()
    before = Market.open(folder).fundamental("book_equity").copy()
    assert list(cache(folder).glob("fundamental.*.npy"))
    mark = cache(folder) / "panels.json"
    about = json.loads(mark.read_text())
    mark.write_text(json.dumps(about | {"format": about["format"] - 1}))
    for path in cache(folder).glob("*.npy"):
        flip(path, -1)
    market = Market.open(folder)
    assert damaged_panels(folder, market.fingerprint) == []
    market.build_panels()
    np.testing.assert_array_equal(market.fundamental("book_equity"), before)
    assert market.damaged_panels == []
    assert "damaged" not in caplog.text


def test_a_panel_in_the_place_of_another_is_found(folder):
    low, fingerprint = Market.open(folder).panel("low").copy(), Market.open(folder).fingerprint
    for name in ("high", "mark"):
        Market.open(folder).panel(name)
    shutil.copy(cache(folder) / "high.npy", cache(folder) / "low.npy")
    assert damaged_panels(folder, fingerprint) == ["low"]
    market = Market.open(folder)
    np.testing.assert_array_equal(market.panel("low"), low)
    assert market.damaged_panels == ["low"]


def test_a_panel_folder_of_somebody_else_is_left_alone(folder):
    close = expected(folder)
    path = cache(folder)
    for name in path.iterdir():
        name.unlink()
    (path / "close.npy").write_text("years of work")
    np.testing.assert_array_equal(Market.open(folder).panel("close"), close)
    assert [name.name for name in path.iterdir()] == ["close.npy"]
    assert (path / "close.npy").read_text() == "years of work"


def test_notes_beside_cached_panels_stay_when_these_are_made_anew(folder):
    close = expected(folder)
    (cache(folder) / "notes.txt").write_text("mine")
    tear(cache(folder) / "close.npy")
    np.testing.assert_array_equal(Market.open(folder).panel("close"), close)
    np.testing.assert_array_equal(np.load(cache(folder) / "close.npy"), close)
    assert (cache(folder) / "notes.txt").read_text() == "mine"


def test_a_new_dataset_takes_away_the_results_kept_beside_the_old_and_nothing_else(folder):
    expected(folder)
    results = Market.open(folder).kept_folder
    StageFolder(results).write("weights", "0" * 64, np.arange(3.0))
    (results / "weights" / "letter.txt").write_text("mine")
    write_dataset(folder, small_market(1), name="small", source="random", overwrite=True)
    left = [path for path in results.rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["letter.txt"]


@pytest.mark.parametrize("inner", [False, True])
def test_a_link_in_the_place_of_the_cache_is_not_followed(folder, tmp_path, inner):
    close = expected(folder)
    name = cache(folder).name
    shutil.rmtree(folder / ".panels")
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "close.npy").write_text("years of work")
    if inner:
        (folder / ".panels").mkdir()
    (folder / ".panels" / name if inner else folder / ".panels").symlink_to(victim)
    np.testing.assert_array_equal(Market.open(folder).panel("close"), close)
    write_dataset(folder, small_market(1), name="small", source="random", overwrite=True)
    assert [path.name for path in victim.iterdir()] == ["close.npy"]
    assert (victim / "close.npy").read_text() == "years of work"


def test_an_item_of_any_name_stays_inside_the_cache(tmp_path):
    tables = small_market()
    items = tables["fundamentals"]["item"].to_pylist()
    strange = {name: f"../../../{name}\x00 CON:" for name in set(items)}
    column = pa.array([strange[name] for name in items], tables["fundamentals"]["item"].type)
    place = tables["fundamentals"].column_names.index("item")
    tables["fundamentals"] = tables["fundamentals"].set_column(place, "item", column)
    write_dataset(tmp_path / "a" / "b" / "m", tables, name="small", source="random")
    market = Market.open(tmp_path / "a" / "b" / "m")
    market.panel("close")
    assert market.fundamental(market.fundamental_items()[0]).shape == market.panel("close").shape
    made = {path.name for path in cache(tmp_path / "a" / "b" / "m").iterdir()}
    assert len(made) == len(PANELS) + 2
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


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


@pytest.fixture
def users_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "quanthedge" / "panels"


@pytest.mark.skipif(sys.platform != "linux", reason="the user's cache is elsewhere")
@pytest.mark.parametrize("why", ["read-only", "installed"])
def test_a_folder_that_is_not_ours_to_write_is_cached_in_the_users(
    folder, users_cache, monkeypatch, why
):
    if why == "installed":
        monkeypatch.setattr(panels.sysconfig, "get_path", lambda _name: str(folder.parent))
    else:
        real = os.access
        monkeypatch.setattr(
            panels.os, "access", lambda path, mode: path != folder and real(path, mode)
        )
    before = sorted(folder.iterdir())
    market = Market.open(folder)
    assert market.build_panels()
    assert sorted(folder.iterdir()) == before
    (place,) = users_cache.iterdir()
    assert {path.name for path in place.iterdir()} >= {"verified.json", market.fingerprint[:16]}
    made = (place / market.fingerprint[:16] / "close.npy").stat().st_mtime_ns
    np.testing.assert_array_equal(Market.open(folder).panel("close"), market.panel("close"))
    assert (place / market.fingerprint[:16] / "close.npy").stat().st_mtime_ns == made


@pytest.mark.skipif(sys.platform != "linux", reason="the user's cache is elsewhere")
def test_a_cache_that_came_with_a_read_only_folder_is_read_there(folder, users_cache, monkeypatch):
    Market.open(folder).build_panels()
    monkeypatch.setattr(panels.os, "access", lambda *_: False)
    assert Market.open(folder).panel("close") is not None
    assert not users_cache.exists()
