"""Real processes, some of which are killed: the rest ends, failures are named."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from quanthedge.batch.executors import executor_of
from quanthedge.batch.executors.processes import interrupts_later, processes
from quanthedge.batch.executors.threads import processors
from quanthedge.batch.variant import Outcome
from tests.batch.executors.fakes import jobs_of, run

ROOT = Path(__file__).parents[3]
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def outcomes(doings: list[dict[str, Any]], size: int = 2) -> dict[int, Outcome]:
    with executor_of(2) as run_all:
        found = [one for _, some in run_all(jobs_of(doings, size), run) for one in some]
    assert sorted(one.number for one in found) == list(range(len(doings)))
    return {one.number: one for one in found}


# what Python itself remarks when Ctrl-C falls into a callback of its import lock
_IGNORED = re.compile(
    r"Exception ignored in: <function _get_module_lock.*\n"
    r"Traceback.*\n(?: +.*\n)+KeyboardInterrupt: *\n"
)


def wait_until(there: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, "not within the time"
        time.sleep(0.02)


def test_variants_that_kill_their_process_are_named_and_all_others_end() -> None:
    doings: list[dict[str, Any]] = [{} for _ in range(12)]
    doings[3], doings[5], doings[8] = {"do": "exit"}, {"do": "kill"}, {"do": "segfault"}
    found = outcomes(doings)
    failures = {one.number: one.failure for one in found.values() if one.failure}
    assert {number: failure.kind for number, failure in failures.items()} == dict.fromkeys(
        (3, 5, 8), "LostWorker"
    )
    assert "exit code 7" in failures[3].reason
    assert "SIGKILL" in failures[5].reason
    assert "SIGSEGV in fakes.py, line" in failures[8].reason
    ended = [one for one in found.values() if not one.failure]
    assert all(one.series is not None and len(one.series) == 3 for one in ended)
    assert os.getpid() not in {one.figures["process"] for one in ended}
    assert {one.figures["threads"] for one in ended} == {max(1, processors() // 2)}


@pytest.mark.skipif(sys.platform != "linux", reason="private memory is counted on Linux")
def test_a_variant_that_asks_for_all_memory_fails_alone() -> None:
    doings: list[dict[str, Any]] = [{}, {"do": "memory", "most": 10**10}, {}, {}]
    with processes(1, most=2**30) as run_all:
        found = {one.number: one for _, some in run_all(jobs_of(doings), run) for one in some}
    assert [one.number for one in found.values() if one.failure] == [1]
    assert "out of memory" in found[1].failure.reason  # type: ignore[union-attr]


@POSIX
def test_a_process_killed_from_outside_costs_no_variant() -> None:
    doings: list[dict[str, Any]] = [{"sleep": 0.3} for _ in range(8)]
    killed = 0
    found: list[Outcome] = []
    with executor_of(2) as run_all:
        for _, some in run_all(jobs_of(doings), run):
            found += some
            if not killed:
                killed = int(some[0].figures["process"])
                os.kill(killed, signal.SIGKILL)
    assert sorted(one.number for one in found) == list(range(8))
    assert not any(one.failure for one in found)
    assert any(int(one.figures["process"]) != killed for one in found)


# -- the program itself is stopped


@pytest.fixture(params=["2 none", "0 local:2"])
def sweeping(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    jobs, cluster = str(request.param).split()
    words = [str(tmp_path), jobs, "" if cluster == "none" else cluster]
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.batch.executors.sweeping", *words],
        cwd=ROOT, start_new_session=True, stderr=(tmp_path / "stderr").open("wb"),
    )  # fmt: skip
    try:
        wait_until((tmp_path / "one-ended").exists)
        yield program
    finally:
        program.kill()
        program.wait(10)


def children(program: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    return psutil.Process(program.pid).children(recursive=True)


def none_left(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != "zombie" for one in processes)


@POSIX
def test_ctrl_c_begins_nothing_more_and_leaves_no_process(
    sweeping: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    there = children(sweeping)
    assert len(there) >= 2
    os.killpg(sweeping.pid, signal.SIGINT)  # as a terminal does it
    assert sweeping.wait(120) == 130  # beside tests that compile
    wait_until(lambda: none_left(there))
    assert (tmp_path / "interrupted").exists()
    begun = len(list(tmp_path.glob("*-*-*")))
    time.sleep(0.5)
    assert len(list(tmp_path.glob("*-*-*"))) == begun < 50
    assert "Traceback" not in _IGNORED.sub("", (tmp_path / "stderr").read_text(encoding="utf-8"))


@POSIX
def test_a_killed_program_leaves_no_worker_behind(sweeping: "subprocess.Popen[bytes]") -> None:
    there = children(sweeping)
    assert len(there) >= 2
    sweeping.kill()
    sweeping.wait(10)
    wait_until(lambda: none_left(there))


def interrupted(done: list[str], fault: str = "") -> None:
    with interrupts_later():
        os.kill(os.getpid(), signal.SIGINT)
        done.append("the whole block")
        if fault:
            raise OSError(fault)


@POSIX
@pytest.mark.parametrize("fault", ["", "of a worker that heard it too"])
def test_ctrl_c_is_heard_when_the_block_has_ended_and_before_its_fault(fault: str) -> None:
    done: list[str] = []
    other = threading.Event()
    thread = threading.Thread(target=other.wait)  # which the system may tell of it
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted(done, fault)
    finally:
        other.set()
        thread.join()
    assert done == ["the whole block"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@POSIX
def test_a_process_that_is_begun_meanwhile_does_not_hear_it() -> None:
    look = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    with interrupts_later():
        found = subprocess.run([sys.executable, "-c", look], capture_output=True, check=True)
    assert found.stdout.strip() == b"True"
