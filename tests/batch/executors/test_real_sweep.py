"""The sweep itself on other processes: the same runs, the same bytes, also after a worker died."""

import os
import signal
from pathlib import Path

import psutil
import pytest

import quanthedge as qh
from quanthedge.batch import Progress
from tests.batch.executors.stored import series_of
from tests.sample import END, NEUTRAL, SAMPLE, START

SETS = ["hedge.ratio=0.8:1.0:0.1", "selector.n=20,30"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("whole") / "store"
    qh.sweep(NEUTRAL, SAMPLE, SETS, out=out, start=START, end=END, keep=0)
    return series_of(out)


@pytest.mark.parametrize(("jobs", "cluster"), [(2, None), (None, "local:2")])
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_sweep_whose_worker_is_killed_gives_the_same_bytes(
    whole: dict[str, str], tmp_path: Path, jobs: int | None, cluster: str | None
) -> None:
    killed: list[int] = []

    def kill_one(now: Progress) -> None:
        if not killed and now.done:
            for one in psutil.Process().children(recursive=True):
                words = " ".join(one.cmdline())
                if "LokyProcess" in words or "spawn_main" in words:
                    killed.append(one.pid)
                    os.kill(one.pid, signal.SIGKILL)
                    return

    found = qh.sweep(
        NEUTRAL, SAMPLE, SETS, out=tmp_path / "store", start=START, end=END, keep=0,
        jobs=jobs, cluster=cluster, progress=kill_one,
    )  # fmt: skip
    assert killed
    assert len(whole) == 6
    assert series_of(tmp_path / "store") == whole
    assert not len(found.failures)
