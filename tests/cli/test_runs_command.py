"""`quanthedge runs` shows what a store holds, and changes what it is told to, nothing else."""

import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from quanthedge.batch import Store
from tests.batch.store.entries import entry, failed, files, key, series
from tests.cli.inside import inside
from tests.sample import NEUTRAL, SAMPLE


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    found = Store.open(tmp_path / "store")
    found.save_sweep("s1", "{}", [key(1), key(2)])
    found.add([entry(1, ratio=0.8, label="cautious"), entry(2, contract="next"), failed(3)])
    monkeypatch.setenv("QUANTHEDGE_STORE", str(found.folder))
    return found


def short(number: int) -> str:
    return key(number)[:8]


def test_runs_are_listed_filtered_and_sorted(store) -> None:
    everything = inside("runs", "list").stdout
    assert all(short(number) in everything for number in (1, 2, 3))
    assert "3 runs; 1 failed." in everything
    found = inside("runs", "list", "--where", "sharpe > 1 and hedge.contract = 'next'").stdout
    assert short(2) in found
    assert short(1) not in found
    assert "1 runs; 0 failed." in found
    ordered = inside("runs", "list", "--sort", "sharpe", "--columns", "sharpe,hedge.ratio").stdout
    assert ordered.index(short(2)) < ordered.index(short(1)) < ordered.index(short(3))
    assert "0.8" in ordered
    first = inside("runs", "list", "--sort", "sharpe", "--limit", "1").stdout
    assert "3 runs, 1 shown" in first
    assert short(1) not in first
    assert short(3) not in inside("runs", "list", "--sweep", "s1").stdout


def test_a_store_is_named_by_argument_option_or_environment(store, monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("QUANTHEDGE_STORE")
    for words in ((store.folder,), ("--store", store.folder)):
        assert "3 runs" in inside("runs", "list", *words).stdout
    assert "no store named" in inside("runs", "list").stderr
    other = inside("runs", "list", tmp_path / "none")
    assert other.returncode == 2
    assert "is no store of runs" in other.stderr
    assert not (tmp_path / "none").exists()


def test_a_run_is_shown_with_figures_parameters_and_place(store) -> None:
    store.note(key(1), "shown in March")
    text = inside("runs", "show", short(1)).stdout
    for words in (key(1), "cautious", "shown in March", "sharpe_net", "hedge.ratio", "0.8"):
        assert words in text
    assert str(store.folder / "runs") in text
    broken = inside("runs", "show", short(3)).stdout
    assert "StrategyError: the universe is empty" in broken


def test_two_runs_are_compared_by_what_was_asked_and_what_came(store) -> None:
    text = inside("runs", "compare", short(1), short(2)).stdout
    asked, figures = text.split("Figures")
    assert "hedge.ratio" in asked
    assert "hedge.contract" in asked
    assert "selector.n" not in asked
    assert "Sharpe ratio (net)" in figures
    assert "Return (net)" in figures


def test_figures_and_parameters_are_named_in_the_language_of_the_reader(store) -> None:
    shown = inside("runs", "show", short(1), "--language", "zh").stdout
    assert re.search(r"夏普比率（费后） +\S+ +sharpe_net", shown)
    assert "对冲比例（hedge.ratio）" in shown
    beside = inside("runs", "compare", short(1), short(2), "--language", "zh").stdout
    asked, figures = beside.split("差\n")
    assert "对冲合约（hedge.contract）" in asked
    assert "夏普比率（费后）" in figures
    assert "sharpe_net" not in figures
    columns = ("--columns", "sharpe_net,return_net,hedge.ratio")
    assert "Sharpe ratio (net)" in inside("runs", "list", *columns).stdout
    listed = inside("runs", "list", *columns, "--language", "zh").stdout
    for title in ("夏普比率（费后）", "区间收益率（费后）", "对冲比例"):
        assert title in listed


def test_runs_are_taken_away_by_key_and_by_condition(store) -> None:
    asked = inside("runs", "remove", "--where", "status = 'failed'").stdout
    assert "1 runs meet the condition; --yes" in asked
    assert len(store) == 3
    inside("runs", "remove", "--where", "status = 'failed'", "--yes")
    assert inside("runs", "remove", short(1)).stdout == "1 runs were taken away.\n"
    assert store.runs().index.tolist() == [key(2)]
    assert len([name for name in files(store.folder) if name.endswith("series.parquet")]) == 1


def test_tags_and_notes_are_given_and_taken_away(store) -> None:
    inside("runs", "tag", "best", short(1), short(2))
    inside("runs", "tag", "ours", "--where", "hedge.ratio < 1")
    assert store.runs()["tags"].tolist() == ["best, ours", "best", ""]
    inside("runs", "tag", "best", short(2), "--off")
    inside("runs", "note", short(2), "为三月会议")
    assert store.runs()["tags"].tolist() == ["best, ours", "", ""]
    assert store.runs().loc[key(2), "note"] == "为三月会议"
    assert "2 variants" not in inside("runs", "sweeps").stderr
    assert "s1" in inside("runs", "sweeps").stdout


def test_a_table_of_runs_and_their_days_are_exported(store, tmp_path) -> None:
    table = tmp_path / "runs.parquet"
    done = inside("runs", "export", "--out", table, "--where", "sharpe > 0")
    assert done.returncode == 0, done.stderr
    found = pd.read_parquet(table)
    assert found.index.tolist() == [key(1), key(2)]
    assert found["hedge.ratio"].tolist() == [0.8, 1.0]
    days = tmp_path / "days.csv"
    inside("runs", "export", short(1), "--out", days)
    read = pd.read_csv(days)
    assert read["run"].unique().tolist() == [key(1)]
    assert read["equity"].tolist() == pytest.approx(series(1)["equity"].tolist(), abs=1e-15)
    again = inside("runs", "export", short(2), "--out", days)
    assert again.returncode == 2
    assert "--overwrite" in again.stderr


def test_a_parameter_of_two_kinds_is_a_text_in_the_exported_table(store, tmp_path) -> None:
    from tests.sample import small_strategy

    other = entry(4)
    changed = small_strategy("beta.signal_to_noise=0.3")
    store.add([other._replace(variant=other.variant._replace(strategy=changed))])
    assert inside("runs", "export", "--out", tmp_path / "runs.parquet").returncode == 0
    found = pd.read_parquet(tmp_path / "runs.parquet")["beta.signal_to_noise"]
    assert found.tolist() == ["estimated", "estimated", "estimated", "0.3"]


def test_duckdb_reads_a_store_as_it_lies(store, tmp_path) -> None:
    days = f"'{store.folder}/runs/*/*/series.parquet'"
    found = duckdb.sql(
        f"SELECT run, max(date), last(unit_value) FROM {days} GROUP BY run"
    ).fetchall()
    assert {row[0] for row in found} == {key(1), key(2)}
    assert {str(row[1]) for row in found} == {"2015-07-07"}
    runs = store.runs().reset_index()  # DuckDB finds a frame by its name
    query = (
        f'SELECT key, "hedge.ratio", arg_max(unit_value, date) FROM runs JOIN {days} ON key = run '
        "WHERE sharpe_net > 1 GROUP BY ALL"
    )
    assert duckdb.sql(query).fetchall() == [(key(2), 1.0, series(2)["unit_value"].iloc[-1])]
    assert len(runs) == 3
    inside("runs", "export", "--out", tmp_path / "runs.parquet")
    count = duckdb.sql(f"SELECT count(*) FROM '{tmp_path}/runs.parquet' WHERE status = 'failed'")
    assert count.fetchall() == [(1,)]


def test_a_check_says_what_is_amiss_by_its_exit_code(store) -> None:
    sound = inside("runs", "check")
    assert (sound.returncode, sound.stdout) == (0, "3 runs, 0 damaged.\n")
    path = store.folder / "runs" / key(1)[:2] / key(1) / "series.parquet"
    path.write_bytes(b"PAR1")
    damaged = inside("runs", "check", store.folder)
    assert damaged.returncode == 1
    assert f"damaged: {path}: changed since it was written" in damaged.stdout
    assert "3 runs, 1 damaged." in damaged.stdout
    assert "a sweep runs it again" in inside("runs", "check", "--repair").stdout
    assert inside("runs", "check").returncode == 0
    assert "2 runs; 2 failed." in inside("runs", "list", "--where", "status = 'failed'").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "abc"), "is no key of a run"),
        (("show", "00000000"), "no run 00000000"),
        (("list", "--where", "sharp > 1"), "did you mean sharpe"),
        (("list", "--where", "sharpe >"), "accepted here"),
        (("list", "--sort", "sharp"), "did you mean sharpe"),
        (("list", "--columns", "nothing.here"), "no figure or parameter"),
        (("list", "--sweep", "none"), "no sweep 'none'"),
        (("remove",), "name RUN"),
        (("tag", "a,b", key(1)), "no comma"),
        (("export", "--out", "runs.txt"), "one of them"),
        (("export", key(1), "--out", "folder"), "days only"),
        (("compare", key(1), "ffff0000"), "no run"),
    ],
)
def test_wrong_words_end_in_one_line(store, words, told, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = files(tmp_path)
    done = inside("runs", *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert files(tmp_path) == before


@pytest.mark.slow
def test_a_run_goes_into_a_store_and_is_not_run_again(tmp_path, monkeypatch) -> None:
    words = ["run", NEUTRAL, "--market", SAMPLE, "--set", "selector.n=30", "--quiet"]
    words += ["--start", "2015-07-01", "--end", "2015-07-10", "--store", tmp_path / "store"]
    first = inside(*words)
    assert first.returncode == 0, first.stderr
    store = Store.open(tmp_path / "store", make=False)
    (run,) = store.runs().index
    assert f"run {run[:12]}" in first.stderr
    monkeypatch.setattr("quanthedge.backtesting.run.prepare", None)  # nothing may be run now
    again = inside(*words, "--out", tmp_path / "out")
    assert again.returncode == 0, again.stderr
    assert f"already there: {tmp_path / 'store'} has this run as {run[:12]}" in again.stderr
    kept = store.folder_of(run)
    assert files(tmp_path / "out") == files(kept)
    for name in files(kept):
        assert (tmp_path / "out" / name).read_bytes() == (kept / name).read_bytes()
    done = inside("runs", "export", run, "--store", tmp_path / "store", "--out", tmp_path / "copy")
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "copy") == files(kept)


def test_a_store_without_its_catalogue_says_what_takes_the_runs_up(store) -> None:
    (store.folder / "catalogue.sqlite").unlink()
    listed = inside("runs", "list")
    assert listed.stderr.startswith(f"{store.folder}: the catalogue is missing")
    assert f"quanthedge runs check --store {store.folder}" in listed.stderr
    inside("runs", "check")
    again = inside("runs", "list")
    assert (again.stderr, "2 runs" in again.stdout) == ("", True)
