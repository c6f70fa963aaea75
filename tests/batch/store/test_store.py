"""A store keeps each run once, gives it back bit for bit, and refuses what is none."""

import json
import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quanthedge.batch import Store
from quanthedge.batch.variant import SERIES
from quanthedge.errors import DataError
from quanthedge.trials import Catalogue, known
from tests.batch.store.entries import DAYS, MARKET, entry, failed, files, key, series, strategy


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def test_what_was_added_comes_back_bit_for_bit(store) -> None:
    assert store.add([entry(1, ratio=0.8, label="first"), entry(2)]) == 2
    again = Store.open(store.folder, make=False)
    table = again.runs()
    assert table.index.tolist() == [key(1), key(2)]
    row = table.loc[key(1)]
    assert row["label"] == "first"
    assert (row["status"], row["market"], row["start"], row["end"]) == (
        "done",
        MARKET["name"],
        "2015-07-01",
        "2015-07-07",
    )
    assert (row["sharpe_net"], row["hedge.ratio"], row["hedge.contract"]) == (1.0, 0.8, "front")
    for column in SERIES:
        found = again.series([key(2), key(1)], column)
        assert found.columns.tolist() == [key(2), key(1)]
        assert found.index.equals(DAYS)
        assert found.index.dtype == DAYS.dtype
        np.testing.assert_array_equal(found[key(1)], series(1)[column])
    pd.testing.assert_frame_equal(again.days(key(2)), series(2), check_freq=False)
    assert again.strategy(key(1)) == strategy(0.8)


def test_the_same_run_is_kept_once_and_nothing_is_written_again(store) -> None:
    store.add([entry(1)])
    path = store.folder / "runs" / key(1)[:2] / key(1) / "series.parquet"
    before = path.stat().st_ino, path.stat().st_mtime_ns, store.runs()
    assert store.add([entry(1, label="other words"), entry(1)]) == 0
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == before[:2]
    pd.testing.assert_frame_equal(store.runs(), before[2])
    assert store.known([key(1), key(2)]) == {key(1)}


def test_a_failure_is_kept_with_its_reason_and_makes_room_for_an_outcome(store) -> None:
    store.add([failed(1), entry(2)])
    table = store.runs()
    assert table["status"].tolist() == ["failed", "done"]
    assert table["reason"].iloc[0] == "StrategyError: the universe is empty"
    assert np.isnan(table["sharpe_net"].iloc[0])
    assert store.known([key(1), key(2)]) == {key(2)}
    with pytest.raises(DataError, match="that is done"):
        store.series([key(1)])
    store.tag([key(1)], "looked at")
    store.add([failed(1, "another reason")])
    assert store.runs()["reason"].iloc[0] == "StrategyError: another reason"
    assert store.add([entry(1)]) == 1
    row = store.runs().loc[key(1)]
    assert (row["status"], row["reason"], row["tags"]) == ("done", "", "looked at")
    store.add([failed(1)])  # what is done stays done
    assert store.known([key(1)]) == {key(1)}


def test_sections_that_runs_have_in_common_are_kept_once(store) -> None:
    store.add([entry(number, ratio=number / 100) for number in range(1, 31)])
    with closing(sqlite3.connect(store.folder / Catalogue.NAME)) as catalogue:
        names = [json.loads(text)[0] for (text,) in catalogue.execute("SELECT content FROM parts")]
    assert names.count("strategy.hedge") == 30
    assert len(names) == len(set(names)) + 29


def test_a_sweep_lists_its_runs_in_the_order_of_its_plan(store) -> None:
    store.add([entry(3)])  # known before
    store.save_sweep("s1", '{"sets": []}', [key(5), key(3), key(4)])
    store.add([entry(4, sweep=""), failed(5)])
    found = store.runs(sweep="s1")
    assert found.index.tolist() == [key(5), key(3), key(4)]
    assert found["number"].tolist() == [0, 1, 2]
    assert found["sweep"].tolist() == ["s1"] * 3
    listed = store.sweeps().iloc[0]
    assert (listed["id"], listed["plan"]) == ("s1", '{"sets": []}')
    assert (listed["variants"], listed["done"], listed["failed"]) == (3, 2, 1)
    store.add([entry(9, sweep="s2")])  # by the entries alone
    assert store.runs(sweep="s2")["number"].tolist() == [9]
    with pytest.raises(DataError, match="no sweep 'none'"):
        store.runs(sweep="none")


def test_a_run_is_found_by_its_first_letters(store) -> None:
    store.add([entry(number) for number in range(40)])
    assert store.find(key(7)[:12]) == key(7)
    for text in ("abc", "", "xyzw", "../..", key(7).upper()):
        with pytest.raises(DataError, match="is no key of a run"):
            store.find(text)
    missing = next(f"{n:04x}" for n in range(65536) if not any(
        key(k).startswith(f"{n:04x}") for k in range(40)
    ))  # fmt: skip
    with pytest.raises(DataError, match="no run"):
        store.find(missing)


def test_letters_that_several_runs_begin_with_are_refused(store) -> None:
    one, other = entry(1), entry(2)
    twin = key(1)[:6] + key(2)[6:]
    store.add([one, other._replace(outcome=other.outcome._replace(key=twin))])
    with pytest.raises(DataError, match="several runs begin with"):
        store.find(key(1)[:6])
    assert store.find(twin[:8]) == twin


def test_tags_and_notes_are_kept_taken_away_and_checked(store) -> None:
    store.add([entry(1), entry(2)])
    store.tag([key(1), key(2)], "best")
    store.tag([key(1)], "最好")
    store.tag([key(1)], "best")
    store.note(key(2), "shown in March\n再看")
    table = store.runs()
    assert table["tags"].tolist() == ["best, 最好", "best"]
    assert table["note"].tolist() == ["", "shown in March\n再看"]
    store.untag([key(1)], "best")
    store.note(key(2), "")
    assert store.runs()["tags"].tolist() == ["最好", "best"]
    assert store.runs()["note"].tolist() == ["", ""]
    for tag in ("", "a,b", "a\nb", "x" * 101, "\x1b[2J"):
        with pytest.raises(DataError, match="accepted"):
            store.tag([key(1)], tag)
    with pytest.raises(DataError, match="no run"):
        store.tag([key(1), key(9)], "half")
    assert "half" not in store.runs()["tags"].iloc[0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"series": None}, "neither a series nor a failure"),
        ({"series": series(1).drop(columns="equity")}, "no column equity"),
        ({"series": series(1).iloc[::-1]}, "not in ascending order"),
        ({"figures": {"sharpe_net": "high"}}, "no number"),
        ({"key": "../../x"}, "is no key of a run"),
    ],
)
def test_an_outcome_that_is_none_is_refused_and_leaves_nothing(store, wrong, words) -> None:
    bad = entry(1)
    before = files(store.folder)
    with pytest.raises(DataError, match=words):
        store.add([entry(2), bad._replace(outcome=bad.outcome._replace(**wrong))])
    assert files(store.folder) == before
    assert len(store) == 0


def test_a_figure_that_is_no_number_is_missing(store) -> None:
    store.add([entry(1, sharpe=float("nan")), entry(2, sharpe=float("inf"))])
    assert store.runs()["sharpe_net"].isna().all()


def test_a_folder_that_is_no_store_is_left_alone(tmp_path) -> None:
    (tmp_path / "letter.txt").write_text("dear client")
    with pytest.raises(DataError, match="holds other things"):
        Store.open(tmp_path)
    with pytest.raises(DataError, match="there is nothing"):
        Store.open(tmp_path / "none", make=False)
    with pytest.raises(DataError, match="is no path"):
        Store.open(None)
    assert files(tmp_path) == {"letter.txt"}
    assert not (tmp_path / "none").exists()


def test_several_make_one_store_at_once(tmp_path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for turn in range(5):
            opened = pool.map(Store.open, [tmp_path / str(turn)] * 8)
            assert [len(one) for one in opened] == [0] * 8
            assert files(tmp_path / str(turn)) == {"quanthedge-store.json"}


@pytest.mark.parametrize(
    ("text", "words"),
    [("{}", "damaged"), ("[1]", "damaged"), ('{"format": 2}', "format 2"), ("", "damaged")],
)
def test_a_mark_of_another_shape_is_refused(store, text, words) -> None:
    (store.folder / "quanthedge-store.json").write_text(text)
    with pytest.raises(DataError, match=words):
        Store.open(store.folder)


def test_the_catalogue_of_another_program_or_format_is_refused(store) -> None:
    store.add([entry(1)])
    path = store.folder / Catalogue.NAME
    with closing(sqlite3.connect(path)) as catalogue:
        catalogue.execute("PRAGMA user_version=2")
    with pytest.raises(DataError, match="format 2, this version reads 1"):
        store.runs()
    with closing(sqlite3.connect(path)) as catalogue:
        catalogue.execute("PRAGMA user_version=1")
        catalogue.execute("CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM runs; END")
    for use in (store.runs, lambda: store.add([entry(2)])):
        with pytest.raises(DataError, match="other tables than this program makes"):
            use()
    path.unlink()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE runs (key TEXT)")
    with pytest.raises(DataError, match="another program"):
        store.add([entry(2)])


def test_threads_that_write_together_lose_nothing(store) -> None:
    def write(first: int) -> None:
        for number in range(first, first + 10):
            store.add([entry(number)])

    threads = [threading.Thread(target=write, args=(5 * k,)) for k in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert set(store.runs().index) == {key(number) for number in range(25)}
    assert not len(store.check())


def test_runs_of_a_store_count_as_trials_of_the_user(store, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("QUANTHEDGE_TRIALS", str(tmp_path / "trials"))
    store.add([entry(1, ratio=0.8), entry(2, ratio=0.9), failed(3)])
    store.add([entry(1, ratio=0.8)])
    found = known()
    assert found is not None
    assert found[["kind", "start", "end"]].drop_duplicates().to_numpy().tolist() == [
        ["backtest", "2015-07-01", "2015-07-07"]
    ]
    assert len(found) == 2


def test_the_registry_may_live_in_the_catalogue_of_the_store(store, monkeypatch) -> None:
    monkeypatch.setenv("QUANTHEDGE_TRIALS", str(store.folder))
    store.add([entry(1), entry(2, ratio=0.5)])
    found = known()
    assert found is not None
    assert len(found) == len(store) == 2
    assert files(store.folder) == {
        Catalogue.NAME,
        "quanthedge-store.json",
        *(f"runs/{key(n)[:2]}/{key(n)}/series.parquet" for n in (1, 2)),
    }


def test_a_folder_of_the_registry_becomes_a_store(monkeypatch, tmp_path) -> None:
    from quanthedge.trials import Trial, record
    from tests.trials.test_registry import Data

    monkeypatch.setenv("QUANTHEDGE_TRIALS", str(tmp_path))
    record(Data(), "2015-01-01", "2015-06-30", [Trial("evaluation", "a factor", "x")])
    store = Store.open(tmp_path)
    store.add([entry(1)])
    found = known()
    assert found is not None
    assert found["kind"].tolist() == ["evaluation", "backtest"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_that_may_not_be_written_is_read(store) -> None:
    store.add([entry(1)])
    places = [store.folder, *store.folder.rglob("*")]
    for path in places:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        again = Store.open(store.folder, make=False)
        assert len(again.runs()) == 1
        assert again.series([key(1)]).shape == (6, 1)
        with pytest.raises(DataError, match="may not be written"):
            again.add([entry(2)])
        assert (again.check()["problem"] == "left over").all()
    finally:
        for path in places:
            path.chmod(0o700)


def test_an_empty_store_has_a_table_without_rows(store) -> None:
    assert len(store.runs()) == len(store.runs("sharpe > 1")) == 0
    assert store.series([]).shape == (0, 0)
    assert store.known([key(1)]) == set()
    assert not len(store.check())
    assert repr(store).endswith("0 runs>")


def test_a_parameter_that_a_run_does_not_have_is_missing(store) -> None:
    from tests.sample import small_strategy

    other = entry(2)
    plain = small_strategy("beta={kind='ols', window=60}")
    store.add([entry(1), other._replace(variant=other.variant._replace(strategy=plain))])
    table = store.runs()
    assert table["beta.kind"].tolist() == ["kalman", "ols"]
    assert table["beta.window"].isna().tolist() == [True, False]
    assert table["beta.grid.0"].isna().tolist() == [False, True]
