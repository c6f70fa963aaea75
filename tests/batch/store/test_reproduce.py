"""A run is made again to the same bytes, or what changed is said."""

import shutil
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.backtesting import Result, backtest
from quanthedge.batch import Store
from quanthedge.batch.store import key_of, reproduce
from quanthedge.batch.store.whole import entry_of
from quanthedge.errors import DataError
from quanthedge.factors import Reversal
from quanthedge.signals import given
from quanthedge.strategy import Strategy, load_strategy
from tests.batch.store.entries import files
from tests.cli.inside import inside
from tests.sample import NEUTRAL, SAMPLE, sample_market, small_strategy

DAYS = ("2015-07-01", "2015-07-10")


@cache
def made(ratio: float = 1.0) -> Result:
    return backtest(small_strategy(f"hedge.ratio={ratio}"), sample_market(), *DAYS)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A run that is kept whole and one of which the days are kept."""
    found = Store.open(tmp_path / "store")
    found.put(made())
    found.add([entry_of(made(0.9), seconds=1.0)])
    return found


def test_a_run_folder_comes_out_the_same_to_the_byte(tmp_path) -> None:
    run = backtest(small_strategy(), sample_market(), *DAYS, variants=("long_only",))
    folder = run.changed(trials=7).to_parquet(tmp_path / "run")
    before = files(tmp_path)
    found = reproduce(folder, sample_market())
    assert found.same
    assert found.changed == ()
    assert len(found.files) == len(before)  # every file of the folder was compared
    assert files(tmp_path) == before
    assert "the same bytes" in repr(found)


def test_runs_of_a_store_come_out_the_same_whole_or_by_their_days(store) -> None:
    whole, light = (key_of(made(ratio)) for ratio in (1.0, 0.9))
    assert store.result(whole).ledger.equals(made().ledger)
    with pytest.raises(DataError, match="days only"):
        store.result(light)
    first = reproduce(whole[:8], sample_market(), store=store)
    assert (first.same, first.changed) == (True, ())
    assert len(first.files) > 30
    second = reproduce(light[:8], sample_market(), store=store)
    assert (second.same, second.changed) == (True, ())
    assert second.files["file"].tolist() == ["series.parquet"]


def test_a_run_of_days_is_kept_whole_when_it_came_out_the_same(store) -> None:
    light = key_of(made(0.9))
    assert reproduce(light, sample_market(), store=store, keep=True).same
    assert store.result(light).ledger.equals(made(0.9).ledger)
    assert not len(store.check())


def test_a_result_of_another_run_is_not_kept(store) -> None:
    with pytest.raises(DataError, match="of another run"):
        store.keep(key_of(made(0.9)), made())
    with pytest.raises(DataError, match="no run"):
        store.keep(key_of(made(0.8)), made(0.8))


def test_a_damaged_run_folder_is_refused_found_and_made_again(store) -> None:
    whole = key_of(made())
    ledger = store.folder_of(whole) / "ledger.parquet"
    ledger.write_bytes(ledger.read_bytes()[:-1] + b"x")
    for use in (
        lambda: store.result(whole),
        lambda: reproduce(whole, sample_market(), store=store),
    ):
        with pytest.raises(DataError, match="changed since it was written"):
            use()
    assert store.check()["problem"].tolist() == ["damaged"]
    done = store.check(repair=True)["done"].tolist()
    assert done == ["counts as not kept whole", "taken away"]
    assert not store.is_whole(whole)
    assert store.series([whole]).shape == (9, 1)
    store.keep(whole, made())
    assert not len(store.check())
    assert store.result(whole).ledger.equals(made().ledger)


def test_a_run_folder_of_another_run_in_its_place_is_refused(store, tmp_path) -> None:
    whole = key_of(made())
    place = store.folder_of(whole)
    shutil.rmtree(place)
    made(0.9).to_parquet(place)
    with pytest.raises(DataError, match="changed since it was kept"):
        store.result(whole)
    assert store.check()["run"].tolist() == [whole]


def test_a_run_folder_without_its_row_is_taken_up(store) -> None:
    from quanthedge.trials import Catalogue

    (store.folder / Catalogue.NAME).unlink()
    assert store.check()["done"].tolist() == ["taken up"] * 3  # days of two runs, a run folder
    assert store.is_whole(key_of(made()))
    assert not len(store.check())


def test_other_data_are_named_as_what_changed(store, tmp_path) -> None:
    other = sample_market().until("2015-09-30")
    found = reproduce(key_of(made(0.9)), other, store=store)
    assert [line.partition(":")[0] for line in found.changed] == ["data"]
    assert found.same  # these days are alike in both
    folder = made().to_parquet(tmp_path / "run")
    whole = reproduce(folder, other)
    assert [line.partition(":")[0] for line in whole.changed] == ["data"]
    unlike = whole.files[~whole.files["same"]]
    assert unlike["file"].tolist() == ["run.json"]
    assert "market.fingerprint" in unlike["difference"].iloc[0]


def test_other_code_and_other_versions_are_named_as_what_changed(store, monkeypatch) -> None:
    from quanthedge.backtesting import request

    known = request.versions()
    monkeypatch.setattr(request, "code_digest", lambda: "c0" * 32)
    monkeypatch.setattr(request, "versions", lambda: {**known, "numpy": "9.9.9"})
    for ratio in (1.0, 0.9):
        found = reproduce(key_of(made(ratio)), sample_market(), store=store)
        assert [line.partition(":")[0] for line in found.changed] == ["versions", "code"]
        assert "numpy" in found.changed[0]
        assert "now 9.9.9" in found.changed[0]
        assert "c0c0c0c0c0c0" in found.changed[1]


def test_the_first_cell_that_differs_is_named(store, monkeypatch, tmp_path) -> None:
    module = "quanthedge.batch.store.reproduction"
    monkeypatch.setattr(f"{module}.backtest", lambda *_given, **_more: made(0.9))
    folder = made().to_parquet(tmp_path / "run")
    found = reproduce(folder, sample_market())
    assert not found.same
    assert found.changed == ()
    told = found.files.set_index("file")["difference"]
    one, other = made().ledger, made(0.9).ledger
    row = int((one["equity"] != other["equity"]).to_numpy().argmax())
    assert f"of {one.index[row]:%Y-%m-%d}: " in told["ledger.parquet"]
    assert "rows differ" in told["ledger.parquet"]
    assert told["indices.parquet"] == ""
    assert told["strategy.json"] == "hedge.ratio 1.0, now 0.9"
    assert "files differ" in repr(found)


def test_own_code_is_run_as_it_was_kept(tmp_path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    source = (
        "import numpy as np\nfrom typing import Literal\nfrom quanthedge.factors import Factor\n\n"
        "class Mine(Factor):\n    window: int = 5\n\n"
        "    def exposure(self, market, rows):\n"
        "        return np.asarray(market.panel('close')[rows], float) ** -1\n"
    )
    (mine / "own.py").write_text(source)
    text = NEUTRAL.read_text(encoding="utf-8")
    (mine / "s.toml").write_text(text, encoding="utf-8")
    one = 'factors=[{factor={kind="own:Mine"}, weight=1.0}]'
    strategy = load_strategy(mine / "s.toml", ["selector.n=30", one, "name='own'", "name_zh='own'"])
    result = backtest(strategy, sample_market(), *DAYS)
    store = Store.open(tmp_path / "store")
    store.add([entry_of(result, seconds=1.0)])
    (mine / "own.py").write_text(source.replace("** -1", "** 1"))
    found = reproduce(key_of(result), sample_market(), store=store)
    assert (found.same, found.changed) == (True, ())


def test_a_table_of_scores_is_kept_once_and_found_again(tmp_path, monkeypatch) -> None:
    market = sample_market()
    frame = pd.DataFrame(
        Reversal().exposure(market), index=pd.DatetimeIndex(market.dates), columns=market.codes
    ).loc["2015-05":"2015-07"]
    signal = qh.signal_from(frame, name="mine", sign=-1)
    store = Store.open(tmp_path / "store")
    keys = []
    for n in (20, 30):
        strategy = Strategy(name="mine", factors=[signal], selector={"n": n})
        result = backtest(strategy, market, *DAYS)
        store.add([entry_of(result, seconds=1.0)])
        keys.append(key_of(result))
    assert len(list((store.folder / "signals").iterdir())) == 1
    assert not len(store.check())
    monkeypatch.setattr(given, "_read", {})  # another process: the frame is at hand no more
    assert reproduce(keys[0], market, store=store).same
    store.remove(keys[:1])
    assert not len(store.check())
    (table,) = (store.folder / "signals").iterdir()
    table.write_bytes(table.read_bytes()[:-1] + b"x")
    assert store.check()["problem"].tolist() == ["damaged"]
    with pytest.raises(DataError, match="changed since it was written"):
        reproduce(keys[1], market, store=store)
    store.remove(keys[1:])
    assert store.check()["done"].tolist() == ["taken away"]
    assert files(store.folder / "signals") == set()


def test_the_command_says_same_or_what_differs_by_its_exit_code(store, monkeypatch) -> None:
    light = key_of(made(0.9))
    words = ("reproduce", light[:6], "--market", SAMPLE, "--store", store.folder)
    same = inside(*words)
    assert same.returncode == 0, same.stderr
    assert f"{light[:12]}: the same to the byte, 1 files." in same.stdout
    module = "quanthedge.batch.store.reproduction"
    monkeypatch.setattr(f"{module}.complete", lambda *_given, **_more: made())
    unlike = inside(*words)
    assert unlike.returncode == 1
    assert "differs: series.parquet: " in unlike.stdout
    assert "nothing that is known to decide figures has changed" in unlike.stdout


def test_wrong_words_of_the_command_end_in_one_line(store, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("QUANTHEDGE_STORE", raising=False)
    for words, told in (
        (("reproduce", "abcd"), "no store named"),
        (("reproduce", "xyz!", "--store", store.folder), "is no key of a run"),
        (("reproduce", tmp_path, "--keep"), "with the key of a run"),
        (("reproduce", tmp_path), "not a run folder"),
    ):
        done = inside(*words)
        assert done.returncode == 2
        assert told in done.stderr
        assert done.stderr.count("\n") == 1
