"""A judgement of what a store keeps: its sweep, its trials, its failures; and the commands."""

import re
from pathlib import Path

import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.batch import Store, Sweep, judge
from quanthedge.batch.judgement import trials_of
from quanthedge.batch.sweeping import sweep
from quanthedge.errors import DataError
from tests.cli.inside import inside
from tests.sample import END, SAMPLE, START, sample_market, small_strategy

SETS = {"hedge.ratio": [0.8, 0.9, 1.0], "selector.n": [20, 25, 30, 200_000]}


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("judged") / "store"
    return sweep(small_strategy(), sample_market(), SETS, out=folder, start=START, end=END, keep=0)


def test_a_sweep_is_judged_by_what_its_plan_varies(swept: Sweep) -> None:
    found = swept.judgement()
    assert list(found.parameters) == ["hedge.ratio", "selector.n"]
    assert found.neighbours.kind == "grid"
    assert found.best == swept.table.index[0]
    assert len(found.failures) == len(swept.failures)
    assert found.trials == len(swept.table)
    best = swept.store.days(found.best)["unit_value"].pct_change().iloc[1:]
    ratio = best.mean() / best.std() * 243**0.5
    assert found.table["sharpe_net"].iloc[0] == pytest.approx(
        ratio, rel=0.01
    )  # unit values are rounded
    ours = found.returns[found.best]
    pd.testing.assert_series_equal(ours, best, check_names=False)


def test_runs_elsewhere_in_the_store_count_as_trials(swept: Sweep) -> None:
    before = swept.judgement()
    sweep(
        small_strategy(), sample_market(), {"hedge.roll_days": [1, 2, 3]}, out=swept.store.folder,
        start=START, end=END, keep=0,
    )  # fmt: skip
    after = judge(swept.store, swept.id)
    assert after.trials == before.trials + 3
    assert after.table["deflated"].iloc[0] < before.table["deflated"].iloc[0]
    part = judge(swept.store, swept.id, "selector.n = 30")
    assert len(part.table) == 3
    assert part.trials == after.trials  # what is left out was tried all the same
    assert "hedge.roll_days" in judge(swept.store, "all").parameters
    assert len(judge(swept.store).table) == 3  # the latest


def test_other_days_and_other_data_are_no_trials(swept: Sweep) -> None:
    runs = swept.store.runs(sweep=swept.id)
    known = trials_of(swept.store, runs)
    assert trials_of(swept.store, runs.assign(start="2010-01-04", end="2010-12-31")) == len(
        runs[runs["status"] == "done"]
    )
    other = runs.assign(market="another", fingerprint="0" * 64)
    assert trials_of(swept.store, other) <= known


def test_the_registry_counts_where_it_knows_of_more(
    swept: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quanthedge.trials import Trial, record

    monkeypatch.setenv("QUANTHEDGE_TRIALS", str(tmp_path))
    trials = [Trial("backtest", "x", f"{k:064x}") for k in range(500)]
    assert record(sample_market(), START, END, trials)
    assert swept.judgement().trials >= 500


def test_a_sweep_that_is_not_there_is_refused(swept: Sweep) -> None:
    with pytest.raises(DataError, match=f"there are {swept.id}"):
        judge(swept.store, "nothing")
    with pytest.raises(DataError, match="no run to judge"):
        judge(swept.store, swept.id, "selector.n = 7")


def test_the_command_writes_pages_and_table(swept: Sweep, tmp_path: Path) -> None:
    done = inside(
        "judge", swept.store.folder, "--sweep", swept.id, "--out", tmp_path / "pages",
        "--language", "en,zh",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "deflated Sharpe ratio" in " ".join(done.stdout.split())  # in the first language
    names = {path.name for path in (tmp_path / "pages").iterdir()}
    assert names == {"judgement_zh.html", "judgement_en.html", "judgement.csv"}
    wrong = inside("judge", tmp_path / "pages")
    assert wrong.returncode == 2
    assert wrong.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_sweep_ends_in_a_walk_forward_run_that_can_be_reported_and_made_again(
    tmp_path: Path,
) -> None:
    done = inside(
        "sweep", "strategies/market_neutral.toml", "--market", SAMPLE,
        "--set", "hedge.ratio=0.8,1.0", "--set", "selector.n=20,30",
        "--start", START, "--end", END, "--out", tmp_path / "store", "--walk-forward", "60,20",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    folder = re.search(r"kept whole: quanthedge report (.*?record)", done.stdout.replace("\n", ""))
    assert folder is not None
    assert inside("report", folder[1], "--language", "zh").returncode == 0
    page = (Path(folder[1]) / "report_zh.html").read_text("utf-8")
    assert "滚动样本外检验" in page
    store = Store.open(tmp_path / "store", make=False)
    row = store.runs()[store.runs()["tags"] == "walk-forward"]
    assert len(row) == 1
    again = inside("reproduce", row.index[0][:10], "--store", store.folder, "--market", SAMPLE)
    assert "the same to the byte" in again.stdout, again.stdout + again.stderr
    assert qh.judge(store).trials == 5


def test_wrong_days_of_a_walk_forward_are_refused(tmp_path: Path) -> None:
    for words in ("60", "60,x"):
        done = inside(
            "sweep", "strategies/market_neutral.toml", "--market", SAMPLE,
            "--set", "hedge.ratio=0.8,1.0", "--out", tmp_path / "store", "--walk-forward", words,
        )  # fmt: skip
        assert done.returncode == 2
        assert "--walk-forward" in done.stderr
    assert not (tmp_path / "store").exists()
