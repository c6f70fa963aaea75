"""Which executor is meant, what is refused, and that Dask is left alone until it is asked for."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from quanthedge.batch.executors import executor_of, threads_here
from quanthedge.batch.executors.threads import processors
from quanthedge.errors import DataError, MissingExtraError
from tests.batch.executors.fakes import jobs_of, run


@pytest.mark.parametrize(
    ("cluster", "told"),
    [
        ("10.0.0.1:8786", "tcp://HOST:PORT"),
        ("tcp://host", "tcp://HOST:PORT"),
        ("tcp://host:70000", "tcp://HOST:PORT"),
        ("http://host:8786", "tcp://HOST:PORT"),
        ("local", "local:N"),
        ("local:0", "1 to 1,000 workers"),
        ("threads:5000", "1 to 1,000 workers"),
        ("local:2\nrm", "local:N"),
    ],
)
def test_a_name_that_is_no_cluster_is_refused_with_what_is_accepted(
    cluster: str, told: str
) -> None:
    with pytest.raises(DataError, match=told) as caught:
        executor_of(None, cluster)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("jobs", [0, -1, 1_001])
def test_a_number_of_jobs_out_of_bounds_is_refused(jobs: int) -> None:
    with pytest.raises(DataError, match="1 to 1,000"):
        executor_of(jobs)


def test_a_scheduler_that_does_not_answer_ends_in_one_line() -> None:
    from quanthedge.batch.executors.cluster import cluster

    with (
        pytest.raises(DataError, match=r"no scheduler with a worker answers.*docs/cluster\.md"),
        cluster("tcp://127.0.0.1:9", patience=0.5),
    ):
        pass


def test_a_host_that_is_none_is_told_at_once() -> None:
    from quanthedge.batch.executors.cluster import cluster

    with (
        pytest.raises(DataError, match=r"tcp://no\.such\.host\.invalid:8786: no scheduler"),
        cluster("tcp://no.such.host.invalid:8786"),
    ):
        pass


def test_a_missing_dask_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(MissingExtraError, match=r"pip install 'quanthedge\[dask\]'"),
        executor_of(None, "local:2"),
    ):
        pass


def test_neither_dask_nor_loky_is_imported_until_it_is_used() -> None:
    asked = (
        "import sys; from quanthedge.batch.executors import executor_of\n"
        "with executor_of() as run_all: list(run_all([], len))\n"
        "print([one for one in ('dask', 'distributed', 'loky') if one in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked],
        capture_output=True, text=True, timeout=300, check=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert told.stdout.strip() == "[]"


def test_in_this_process_a_job_has_all_processors() -> None:
    with executor_of() as run_all:
        found = [one for _, outcomes in run_all(jobs_of([{}] * 4), run) for one in outcomes]
    assert {one.figures["process"] for one in found} == {os.getpid()}
    assert {one.figures["thread"] for one in found} == {threading.get_ident()}
    assert {one.figures["threads"] for one in found} == {processors()}


def test_on_threads_jobs_run_side_by_side_and_share_the_processors() -> None:
    doings = [{"sleep": 0.05} for _ in range(8)]
    with executor_of(None, "threads:4") as run_all:
        found = [one for _, outcomes in run_all(jobs_of(doings, 1), run) for one in outcomes]
    assert sorted(one.number for one in found) == list(range(8))
    assert len({one.figures["thread"] for one in found}) > 1
    assert {one.figures["threads"] for one in found} == {max(1, processors() // 4)}
    assert threads_here() == processors()


def test_what_a_job_raises_is_a_failure_of_its_variants_with_the_reason() -> None:
    with executor_of() as run_all:
        found = [
            one
            for _, outcomes in run_all(jobs_of([{}, {}, {"do": "error"}, {}, {}]), run)
            for one in outcomes
        ]
    failures = {one.number: one.failure for one in found if one.failure}
    assert sorted(failures) == [2, 3]
    assert failures[2] == ("OSError", "[Errno 28] No space left on device")


@pytest.mark.parametrize("where", [(None, None), (None, "threads:2"), (2, None)])
def test_what_is_no_exception_is_a_failure_too(where) -> None:  # type: ignore[no-untyped-def]
    with executor_of(*where) as run_all:
        found = [one for _, back in run_all(jobs_of([{"do": "panic"}, {}], 1), run) for one in back]
    failures = {one.number: one.failure for one in found}
    assert failures == {0: ("Panic", "as of a package that is made in Rust"), 1: None}
