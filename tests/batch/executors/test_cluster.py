"""A real scheduler and real workers, some of them killed: the rest ends, failures are named."""

import os
import shutil
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quanthedge.batch.executors import at_worker, executor_of, market_place
from quanthedge.batch.executors.cluster import cluster
from quanthedge.batch.variant import Job, Outcome, Place
from quanthedge.errors import DataError, QuantHedgeError
from quanthedge.strategy import Strategy, load_strategy
from tests.batch.executors.fakes import jobs_of, place, run
from tests.batch.executors.real_cluster import RealCluster
from tests.sample import NEUTRAL, SAMPLE

if find_spec("distributed") is None:
    pytest.skip("distributed is not installed", allow_module_level=True)
pytestmark = pytest.mark.skipif(os.name != "posix", reason="groups of processes and signals")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    there = RealCluster(tmp_path_factory.mktemp("cluster"))
    try:
        there.wait_for_workers()
        yield there
    finally:
        there.close()


def outcomes(address: str, jobs: list[Job], patience: float = 40.0) -> dict[int, Outcome]:
    with cluster(address, patience=patience) as run_all:
        found = [one for _, some in run_all(jobs, run) for one in some]
    assert sorted(one.number for one in found) == list(range(len(found)))
    return {one.number: one for one in found}


def failures(found: dict[int, Outcome]) -> dict[int, str]:
    return {one.number: one.failure.reason for one in found.values() if one.failure}


def test_jobs_run_in_the_workers_with_one_thread_each_and_the_shared_market(
    real: RealCluster,
) -> None:
    found = outcomes(real.address, jobs_of([{"sleep": 0.05} for _ in range(12)]))
    assert len(found) == 12
    assert not failures(found)
    assert len({one.figures["process"] for one in found.values()}) == 2
    assert os.getpid() not in {one.figures["process"] for one in found.values()}
    assert {one.figures["threads"] for one in found.values()} == {1.0}
    assert {one.figures["sent"] for one in found.values()} == {0.0}
    assert all(one.series is not None and len(one.series) == 3 for one in found.values())


def test_variants_that_kill_their_worker_are_named_and_all_others_end(real: RealCluster) -> None:
    doings: list[dict[str, Any]] = [{} for _ in range(10)]
    doings[3], doings[6] = {"do": "exit"}, {"do": "memory", "most": 10**10}
    found = outcomes(real.address, jobs_of(doings))
    assert len(found) == 10
    assert sorted(failures(found)) == [3, 6]
    assert "died" in failures(found)[3]
    assert "out of memory" in failures(found)[6]
    assert {one.failure.kind for one in found.values() if one.failure} == {"LostWorker"}


def test_a_worker_killed_in_the_middle_costs_no_variant(real: RealCluster) -> None:
    found, killed = dict[int, Outcome](), 0
    with cluster(real.address) as run_all:
        for _, some in run_all(jobs_of([{"sleep": 0.2} for _ in range(10)]), run):
            found.update((one.number, one) for one in some)
            if not killed:
                killed = int(some[0].figures["process"])
                os.kill(killed, signal.SIGKILL)
    assert sorted(found) == list(range(10))
    assert not failures(found)


def test_a_machine_that_is_lost_leaves_its_work_to_the_others(real: RealCluster) -> None:
    real.start_worker()
    found = dict[int, Outcome]()
    with cluster(real.address) as run_all:
        for _, some in run_all(jobs_of([{"sleep": 0.2} for _ in range(12)]), run):
            found.update((one.number, one) for one in some)
            if len(found) == 2:
                real.kill(real.workers.pop(0))
    assert sorted(found) == list(range(12))
    assert not failures(found)


def test_a_market_that_workers_do_not_have_is_sent_once_and_removed(
    real: RealCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real.wait_for_workers()
    shutil.copytree(SAMPLE, tmp_path / "only_here")
    monkeypatch.chdir(tmp_path)  # workers stand elsewhere
    there = Place(place().fingerprint, Path("only_here"))
    begun = list[str]()
    parcels = market_place.parcels
    monkeypatch.setattr(
        market_place, "parcels", lambda folder: begun.append(str(folder)) or parcels(folder)
    )
    jobs = jobs_of([{"sleep": 0.05} for _ in range(8)], market=there)
    with cluster(real.address) as run_all:
        found = [one for _, some in run_all(jobs, run) for one in some]
        marks = list(real.folder.rglob("quanthedge-sent.json"))
    assert {one.figures["sent"] for one in found} == {1.0}
    assert begun == ["only_here"]
    assert len(marks) == 2
    assert not list(real.folder.rglob("quanthedge-sent.json"))


def test_a_market_too_large_to_send_and_a_full_disk_are_told(
    real: RealCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SAMPLE, tmp_path / "only_here")
    monkeypatch.chdir(tmp_path)
    jobs = jobs_of([{}], market=Place(place().fingerprint, Path("only_here")))
    monkeypatch.setattr(market_place, "sent_bytes", lambda folder: 10**18)
    with pytest.raises(DataError, match=r"no worker can run this sweep: .* share its folder"):
        outcomes(real.address, jobs)
    monkeypatch.setattr("quanthedge.batch.executors.cluster.MOST_SENT", 10**19)
    with pytest.raises(DataError, match=r"no worker can run this sweep: .* MB free"):
        outcomes(real.address, jobs)


def test_workers_of_other_versions_are_refused_with_what_differs(
    real: RealCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {**at_worker.facts(), "numpy": "1.0"}
    monkeypatch.setattr(at_worker, "facts", lambda: here)
    with pytest.raises(DataError, match=r"numpy [0-9.]+ there, 1\.0 here"):
        outcomes(real.address, jobs_of([{}]))


OWN = """
import numpy as np
from quanthedge.factors import Factor

SCALE = {scale}

class Mine(Factor):
    window: int = 20
    def exposure(self, market, rows):
        return SCALE * np.log(market.panel("close")[rows])
"""


def own_run(job: Job) -> list[Outcome]:
    """Return what a user's own factor is made of where it runs, after it was asked something."""
    from quanthedge.kinds import OwnCode, parts_in
    from quanthedge.market import Market

    one = job.variants[0]
    (cls,) = OwnCode.of(one.strategy).classes.values()
    (part,) = [part for part in parts_in(one.strategy) if type(part) is cls]
    exposure = part.exposure(Market.open(job.market.folder), np.array([300]))  # type: ignore[attr-defined]
    scale = cls.exposure.__globals__["SCALE"]  # type: ignore[attr-defined]
    assert part.window == 5  # type: ignore[attr-defined]
    assert np.isfinite(exposure).any()
    return [Outcome(one.number, one.key, {"scale": float(scale)}, None, None, 0.0)]


def own_strategy(folder: Path, kind: str) -> Strategy:
    shutil.copy(NEUTRAL, folder / "own.toml")
    factors = f"factors=[{{factor={{kind='{kind}', window=5}}}}]"
    return load_strategy(
        folder / "own.toml", ["selector.n=30", "name=Own", "name_zh=自有", factors]
    )


def ran_by_a_worker(address: str, strategy: Strategy) -> Outcome:
    (job,) = jobs_of([{}])
    job = job._replace(variants=(job.variants[0]._replace(strategy=strategy),))
    with cluster(address) as run_all:
        ((_, (found,)),) = run_all([job], own_run)
    return found


def test_own_code_beside_a_strategy_travels_with_it(real: RealCluster, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN.format(scale=3), encoding="utf-8")
    strategy = own_strategy(tmp_path, "mine:Mine")
    (tmp_path / "mine.py").unlink()  # as on a machine that never had it
    found = ran_by_a_worker(real.address, strategy)
    assert found.failure is None
    assert found.figures == {"scale": 3.0}


def test_a_module_that_workers_cannot_import_travels_by_its_value(
    real: RealCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "my_own_module.py").write_text(OWN.format(scale=4), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    found = ran_by_a_worker(real.address, own_strategy(tmp_path, "my_own_module:Mine"))
    assert found.failure is None
    assert found.figures == {"scale": 4.0}


def test_a_scheduler_that_restarts_costs_no_variant(tmp_path: Path) -> None:
    there, found = RealCluster(tmp_path, workers=1), dict[int, Outcome]()
    try:
        with cluster(there.address, patience=40) as run_all:
            for _, some in run_all(jobs_of([{"sleep": 0.1} for _ in range(8)]), run):
                found.update((one.number, one) for one in some)
                if len(found) == 2:
                    there.kill(there.scheduler)
                    there.kill(there.workers.pop())
                    there.start_scheduler()
                    there.start_worker()
        assert sorted(found) == list(range(8))
        assert not failures(found)
        assert len({one.figures["process"] for one in found.values()}) == 2
    finally:
        there.close()


def test_a_scheduler_that_is_gone_for_good_ends_the_sweep_with_one_line(tmp_path: Path) -> None:
    there, found = RealCluster(tmp_path, workers=1), list[Outcome]()
    try:
        assert len(outcomes(there.address, jobs_of([{}]))) == 1  # it is up
        with cluster(there.address, patience=2) as run_all:
            running = run_all(jobs_of([{"sleep": 0.1} for _ in range(8)]), run)
            found += next(running)[1]
            there.kill(there.scheduler)
            with pytest.raises(QuantHedgeError, match="did not come back within 2 s; what is done"):
                found += [one for _, some in running for one in some]
        assert len(found) >= 2
    finally:
        there.close()


def test_ctrl_c_while_a_cluster_comes_up_ends_it_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    class Slow:
        def __init__(self, **_: Any) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            told.append("up")

        def close(self, timeout: float) -> None:
            os.kill(os.getpid(), signal.SIGINT)  # once more, out of impatience
            told.append("ended")

    monkeypatch.setattr("distributed.LocalCluster", Slow)
    with pytest.raises(KeyboardInterrupt), executor_of(None, "local:1"):
        told.append("used")
    assert told == ["up", "ended"]
