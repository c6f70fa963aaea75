"""Jobs in other processes of this machine, by loky.

Every place is a pool of loky's with one worker. loky gives up a pool whose worker died, so the job
that the worker had is known for certain, and the other places go on. A worker ends by itself when
this process is gone, however it went; on systems that count private memory (Linux) it is held to
its share of the machine's, so that a variant that asks for more fails alone.
"""

import faulthandler
import itertools
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from quanthedge.batch.executors.rounds import Lost, Piece, Run, Running
from quanthedge.batch.executors.threads import ENVIRONMENT, limit, processors
from quanthedge.batch.executors.travelling import packed, run_packed
from quanthedge.batch.variant import Outcome
from quanthedge.errors import QuantHedgeError

__all__ = ["interrupts_later", "processes", "share_of_memory"]

_SHARE = 0.9  # of the machine's memory that all workers may have
_LIBRARY = Path(os.__file__).parent  # Python's own, and what is installed beside it
_NO_START = 5  # workers that end before they can be asked anything, before any job has ended


@dataclass
class _Lane:
    """A worker and the job that it has."""

    pool: Any
    last_words: Path
    hello: "Future[int]"
    piece: Piece | None = None


class _Processes:
    """So many places, each a process."""

    def __init__(self, count: int, most: int | None, folder: Path) -> None:
        self._count, self._most, self._folder = count, most, folder
        self._lanes: list[_Lane] = []
        self._back: SimpleQueue[tuple[_Lane, Piece, Future[Any]]] = SimpleQueue()
        self._no_start, self._works = 0, False
        self._numbers = itertools.count()

    def room(self) -> bool:
        return sum(lane.piece is not None for lane in self._lanes) < self._count

    def start(self, piece: Piece, run: Run) -> None:
        payload = packed(piece.job, run)
        lane, future = self._submitted(payload)
        lane.piece = piece
        future.add_done_callback(lambda done: self._back.put((lane, piece, done)))

    def _submitted(self, payload: bytes) -> tuple[_Lane, "Future[Any]"]:
        """Give a job to a worker that has none; one that died since is left out."""
        from concurrent.futures.process import BrokenProcessPool

        for lane in [one for one in self._lanes if one.piece is None]:
            try:
                return lane, lane.pool.submit(run_packed, payload)
            except BrokenProcessPool:
                self._lanes.remove(lane)
        lane = self._begun()
        return lane, lane.pool.submit(run_packed, payload)

    def ended(self) -> list[tuple[Piece, list[Outcome] | Lost]]:
        found = [self._back.get()]
        while not self._back.empty():
            found.append(self._back.get())
        return [(piece, self._came(lane, future)) for lane, piece, future in found]

    def cancel(self) -> None:
        self.close()

    def count(self) -> int:
        return self._count

    def close(self) -> None:
        """End every worker at once, and wait until they are gone."""
        for lane in self._lanes:
            lane.pool.shutdown(wait=True, kill_workers=True)
        self._lanes.clear()

    def _begun(self) -> _Lane:
        from loky import ProcessPoolExecutor

        threads = max(1, processors() // self._count)
        last_words = self._folder / f"{next(self._numbers)}.txt"
        pool = ProcessPoolExecutor(
            max_workers=1,
            initializer=_begin,
            initargs=(os.getpid(), threads, self._most, last_words),
            env=dict.fromkeys(ENVIRONMENT, str(threads)),
        )
        with _uninterrupted():  # the worker is begun here
            hello = pool.submit(os.getpid)
        lane = _Lane(pool, last_words, hello)
        self._lanes.append(lane)
        return lane

    def _came(self, lane: _Lane, future: "Future[Any]") -> list[Outcome] | Lost:
        from concurrent.futures.process import BrokenProcessPool

        try:
            back: list[Outcome] | Lost = future.result()
        except (BrokenProcessPool, CancelledError) as problem:
            return self._broke(lane, problem)
        except Exception as problem:  # what a job raises comes back as outcomes: this is the way
            lane.piece = None
            return Lost(f"{type(problem).__name__}: {str(problem)[:300]}")
        lane.piece, self._works = None, True
        return back

    def _broke(self, lane: _Lane, problem: BaseException) -> Lost:
        """Tell what a job was lost by, and give its place to the next worker."""
        self._lanes.remove(lane)
        reason = _told(problem) + _where(lane.last_words)
        lane.pool.shutdown(wait=False, kill_workers=True)
        if lane.hello.done() and lane.hello.exception() is None:
            return Lost(reason)
        self._no_start += 1
        if self._no_start >= _NO_START and not self._works:
            raise QuantHedgeError(
                f"processes: {self._no_start} workers ended before their first job ({reason}); try "
                "--jobs 1, which runs in this process"
            )
        moved = lane.piece.moved if lane.piece is not None else 0
        return Lost(reason, blameless=moved < _NO_START)


@contextmanager
def processes(count: int, most: int | None = None) -> Iterator[Running]:
    """Give an executor on other processes of this machine.

    Parameters
    ----------
    count : int
        Processes.
    most : int, optional
        Bytes of private memory that each may have; its share of nine tenths of the machine's.
    """
    most = share_of_memory(count) if most is None else most
    with tempfile.TemporaryDirectory(prefix="quanthedge-", ignore_cleanup_errors=True) as folder:
        places = _Processes(count, most, Path(folder))
        try:
            yield Running(places)
        finally:
            places.close()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Begin processes that Ctrl-C does not reach: this process hears of it, and ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def interrupts_later() -> Iterator[None]:
    """Hear of Ctrl-C when the block has ended; processes begun in it never do.

    Whichever thread the system tells of a signal, Python tells the main thread: to block it there
    is not enough where others run.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    resource_tracker.ensure_running()  # whose start lets signals through again
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        with _uninterrupted():
            yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
        if heard:
            signal.raise_signal(signal.SIGINT)


def share_of_memory(count: int) -> int | None:
    """Return the bytes of this machine's memory for each of some workers, where it is known."""
    found: list[int] = []
    with suppress(ValueError, OSError, AttributeError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(ValueError, OSError):
            found.append(int(Path("/sys/fs/cgroup", name).read_text(encoding="ascii")))
    whole = min((one for one in found if one > 0), default=None)
    return None if whole is None else int(_SHARE * whole / count)


# -- in the worker


_open_files: list[Any] = []  # what a process in its last moment writes into


def _begin(parent: int, threads: int, most: int | None, last_words: Path) -> None:
    """Prepare a worker: its threads, its memory, whom it outlives (nobody)."""
    from loky import process_executor

    # begun with Ctrl-C blocked; a library that begins a process of its own may let it through again
    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    # loky starts a worker anew that grew by 300 MB: a market and its stages are that large
    setattr(process_executor, "_USE_PSUTIL", False)  # noqa: B010
    limit(threads)
    _open_files.append(last_words.open("w", encoding="utf-8"))
    faulthandler.enable(_open_files[-1])
    if most is not None and sys.platform == "linux":
        _hold_memory(most)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _hold_memory(most: int) -> None:
    """Let an allocation of private memory beyond so many bytes fail."""
    try:
        import resource
    except ImportError:
        return
    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (bound, hard))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _where(last_words: Path) -> str:
    """Return the line of Python that a process died in, where it could still write it."""
    with suppress(OSError):
        _, _, told = last_words.read_text(encoding="utf-8").partition("Current thread")
        frames = re.findall(r'File "(.{1,1000})", line (\d+) in', told)
        own = [one for one in frames if not Path(one[0]).is_relative_to(_LIBRARY)]
        for file, line in (own or frames)[:1]:
            return f" in {Path(file).name}, line {line}"
    return ""


def _told(problem: BaseException) -> str:
    """Return what loky knows of a worker's end: its exit code or signal."""
    found = re.search(r"\{(\w+)\((-?\d+)\)", str(problem))
    if found is None:
        return "its process ended"
    name, code = found[1], int(found[2])
    if name == "SIGKILL":
        return "its process was killed (SIGKILL: by hand, or by the system that was out of memory)"
    return (
        f"its process ended by {name}" if code < 0 else f"its process ended with exit code {code}"
    )
