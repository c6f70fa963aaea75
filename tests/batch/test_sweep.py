"""A sweep is kept run by run, goes on where it was, and counts what it tried."""

import pytest

from quanthedge.backtesting import backtest
from quanthedge.batch import Plan
from quanthedge.batch import sweeping as module
from quanthedge.batch.executors import executor_of
from quanthedge.batch.store import Store
from quanthedge.batch.sweeping import Progress, SweepInterrupted, sweep
from quanthedge.batch.variant import Failure
from quanthedge.errors import DataError, StrategyError
from quanthedge.trials import known
from tests.sample import END, START, sample_market, small_strategy

SETS = ["hedge.ratio=0.8,0.9,1.0", "selector.n=20,30"]


def swept(out, sets=SETS, **options):
    return sweep(small_strategy(), sample_market(), sets, out=out, start=START, end=END, **options)


def never(*_: object) -> None:
    raise AssertionError("nothing is to be run")


def test_every_run_is_in_the_store_and_the_best_is_kept_whole(tmp_path):
    found = swept(tmp_path / "store")
    assert len(found.table) == 6
    assert found.table["sharpe_net"].is_monotonic_decreasing
    assert list(found.table.columns[:2]) == ["hedge.ratio", "selector.n"]
    assert found.kept == (found.table.index[0],)
    best = found.store.result(found.kept[0])
    changes = found.table.iloc[0]
    ratio, n = changes["hedge.ratio"], changes["selector.n"]
    strategy = small_strategy(f"hedge.ratio={ratio}", f"selector.n={n}")
    alone = backtest(strategy, sample_market(), START, END)
    assert best.ledger.equals(alone.ledger)
    assert found.table["sharpe_net"].iloc[0] == pytest.approx(
        alone.summary()["sharpe_net"].value, rel=1e-12
    )
    series = found.store.series(list(found.table.index), "unit_value")
    assert (
        series[found.kept[0]].to_numpy().tobytes()
        == alone.ledger["unit_value"].to_numpy().tobytes()
    )


def test_the_same_sweep_again_runs_nothing(tmp_path, monkeypatch):
    first = swept(tmp_path / "store")
    monkeypatch.setattr(module, "run_job", never)
    monkeypatch.setattr(module, "backtest", never)
    again = swept(tmp_path / "store")
    assert (again.id, again.fresh) == (first.id, 0)
    assert again.table.equals(first.table)


def test_a_larger_sweep_runs_what_is_new(tmp_path):
    swept(tmp_path / "store", ["hedge.ratio=0.8,0.9"])
    more = swept(tmp_path / "store", ["hedge.ratio=0.8,0.9,1.0"])
    assert (more.fresh, len(more.table)) == (1, 3)
    assert len(more.store.sweeps()) == 2


def test_what_is_done_stays_when_it_is_stopped_and_the_same_call_goes_on(tmp_path, monkeypatch):
    def stop_after_the_first(jobs, cluster):
        class Stopped:
            workers = 6

            def __enter__(self):
                return self

            def __exit__(self, *_):
                return None

            def __call__(self, work, run):
                for job in list(work)[:1]:
                    yield job, run(job)
                raise KeyboardInterrupt

        return Stopped()

    monkeypatch.setattr(module, "executor_of", stop_after_the_first)
    with pytest.raises(SweepInterrupted, match=r"stopped: 1 of 6 runs are in .* goes on"):
        swept(tmp_path / "store")
    monkeypatch.setattr(module, "executor_of", executor_of)
    found = swept(tmp_path / "store")
    assert (found.fresh, len(found.table)) == (5, 6)


def test_failures_are_named_and_tried_again(tmp_path):
    sets = ["capital_yuan=2e4,1e8", "accounts.margin_call=1.2,9.0"]
    found = swept(tmp_path / "store", sets, keep=0)
    assert len(found.table) == 1
    assert found.kept == ()
    assert list(found.failures["number"]) == [0, 1, 3]
    assert "too small" in found.failures["reason"][0]
    assert "margin_call" in found.failures["reason"][1]
    again = swept(tmp_path / "store", sets, keep=0)
    assert again.fresh == 1
    assert len(again.failures) == 3


def test_a_sweep_of_failures_alone_is_told(tmp_path):
    found = swept(tmp_path / "store", ["capital_yuan=2e4,3e4"])
    assert len(found.table) == 0
    assert len(found.failures) == 2
    assert "0 runs, 2 failed" in repr(found)


def test_every_run_counts_as_the_trial_of_a_single_run(tmp_path, monkeypatch):
    monkeypatch.setenv("QUANTHEDGE_TRIALS", str(tmp_path / "trials"))
    swept(tmp_path / "store", ["hedge.ratio=0.8,0.9,1.0"], keep=0)
    assert len(known()) == 3
    result = backtest(small_strategy("hedge.ratio=0.8"), sample_market(), START, END)
    assert len(known()) == 3
    assert result.trials == 3


def test_progress_tells_what_is_done_failed_and_left(tmp_path):
    told: list[Progress] = []
    swept(tmp_path / "store", ["capital_yuan=2e4,5e7,1e8"], keep=0, progress=told.append)
    assert (told[0].total, told[0].left, told[0].running) == (3, 3, "capital_yuan=20000.0")
    assert (told[-1].done, told[-1].failed, told[-1].left, told[-1].running) == (2, 1, 0, "")
    told.clear()
    swept(tmp_path / "store", ["capital_yuan=5e7,1e8"], keep=0, progress=told.append)
    assert (told[-1].known, told[-1].done, told[-1].left) == (2, 0, 0)


def test_a_worker_that_was_lost_is_a_failure_in_the_store(tmp_path, monkeypatch):
    plan = Plan.of(small_strategy(), sample_market(), "hedge.ratio=0.8,0.9", start=START, end=END)
    real = module.run_job

    def lost(job):
        outcomes = real(job)
        reason = Failure("LostWorker", "killed by the system")
        return [
            one._replace(figures={}, series=None, failure=reason) if one.number == 0 else one
            for one in outcomes
        ]

    monkeypatch.setattr(module, "run_job", lost)
    found = module.Sweep.of(plan, out=tmp_path / "store", keep=0)
    assert list(found.failures["kind"]) == ["LostWorker"]
    runs = Store.open(tmp_path / "store").runs(sweep=plan.id)
    assert list(runs["status"]) == ["failed", "done"]


def test_a_figure_that_is_none_is_told_when_the_first_run_has_ended(tmp_path, monkeypatch):
    ran = []
    real = module.run_job
    monkeypatch.setattr(module, "run_job", lambda job: ran.append(job) or real(job))
    sets = ["selector.n=10:34:2"]
    with pytest.raises(StrategyError, match="by 'sharpe_nett': no figure of a run"):
        swept(tmp_path / "store", sets, by="sharpe_nett")
    assert len(ran) == 1
    known = Store.open(tmp_path / "store").runs()
    assert len(known) == len(ran[0].variants)  # what has ended is not lost


@pytest.mark.parametrize("cluster", ["nonsense", "local:0"])
def test_a_cluster_that_is_none_is_told_before_anything_is_written(tmp_path, cluster):
    with pytest.raises(DataError, match="cluster: "):
        swept(tmp_path / "store", ["hedge.ratio=0.8"], cluster=cluster)
    assert not (tmp_path / "store").exists()
    swept(tmp_path / "store", ["hedge.ratio=0.8"])
    with pytest.raises(DataError, match="cluster: "):  # though there is nothing left to run
        swept(tmp_path / "store", ["hedge.ratio=0.8"], cluster=cluster)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"by": "sharpe"}, "by 'sharpe': no figure of a run; there are .*sharpe_net"),
        ({"keep": -1}, "keep -1"),
        ({"random": 0}, "--random 0"),
        ({"by": "label"}, "by 'label': no figure of a run"),
    ],
)
def test_wrong_words_are_refused(tmp_path, options, words):
    with pytest.raises(StrategyError, match=words):
        swept(tmp_path / "store", ["hedge.ratio=0.8"], **options)
