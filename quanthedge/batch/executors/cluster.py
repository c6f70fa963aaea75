"""Jobs on a cluster, by Dask: its scheduler, its workers, its own ways with those that die.

The scheduler tries a job whose worker died on other workers, as often as its ``allowed-failures``
says (none on a cluster that was begun here), and then gives it up as ``KilledWorker``; it is then
split, and in the end tried alone (:mod:`quanthedge.batch.executors.rounds`). As many jobs are out
as the workers have threads.
A worker of other versions than the sweep's, or without its market and a disk to take it, is given
no jobs. When the scheduler is gone, so are the jobs that were out: they go out again when it is
back, and the sweep ends with one line when it does not come back.
"""

import logging
import math
import re
import signal
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any

from quanthedge.batch.executors import at_worker, market_place
from quanthedge.batch.executors.market_place import MOST_SENT, Absent
from quanthedge.batch.executors.processes import interrupts_later, share_of_memory
from quanthedge.batch.executors.rounds import Lost, Piece, Run, Running
from quanthedge.batch.executors.travelling import packed
from quanthedge.batch.variant import Outcome, Place
from quanthedge.documents import printable
from quanthedge.errors import DataError, QuantHedgeError, needs

__all__ = ["cluster"]

_log = logging.getLogger(__name__)
_PATIENCE = 60.0  # seconds for a scheduler, or its first worker, to be there (again)
_MOVES = 5  # times that a job comes back by no fault of its own before that is its failure
_RESTARTS = 5  # of the scheduler without a job that ended in between
_STARTS = 3  # of a cluster of our own
_TICK = 2.0  # seconds between looks at the workers


class _Cluster:
    """The places of a cluster: one for each thread of its workers."""

    def __init__(
        self,
        address: str,
        client: Any,
        most_jobs: int | None,
        patience: float,
        exits: "_Exits | None" = None,
    ) -> None:
        self._address, self._client, self._exits = address, client, exits
        self._most_jobs, self._patience = most_jobs or 10**6, patience
        self._session = uuid.uuid4().hex[:12]
        self._number, self._threads, self._looked = 0, 0, -math.inf
        self._out: dict[str, tuple[Piece, Any]] = {}
        self._back: SimpleQueue[str] = SimpleQueue()
        self._sent: set[str] = set()  # fingerprints of markets that went to a worker
        self._markets: list[Place] = []
        self._shunned: dict[str, str] = {}  # workers that get no jobs, and why
        self._restarts = 0
        self._here = at_worker.facts()
        self._check_versions()

    # -- what `driven` asks for

    def room(self) -> bool:
        places = self._places()  # and some at the door, so that many workers do not wait for one
        return len(self._out) < min(self._most_jobs, places + places // 4)

    def start(self, piece: Piece, run: Run) -> None:
        payload = packed(piece.job, run)
        place = piece.job.market
        if place not in self._markets:
            self._markets.append(place)
            self._supply(place)
        self._number += 1
        key = f"quanthedge-{self._session}-{self._number}"
        where = self._where()
        future = self._asked(
            lambda client: client.submit(
                at_worker.work, payload, self._here, key=key, pure=False, **where
            )
        )
        self._out[key] = piece, future
        future.add_done_callback(lambda done: self._back.put(done.key))

    def ended(self) -> list[tuple[Piece, list[Outcome] | Lost]]:
        found: list[tuple[Piece, list[Outcome] | Lost]] = []
        while not found:
            try:
                keys = [self._back.get(timeout=_TICK)]
            except Empty:
                keys = []
            while not self._back.empty():
                keys.append(self._back.get())
            found = [self._came(key) for key in keys if key in self._out]
            if not found or self._client.status != "running":
                found += self._look_after()
        return found

    def count(self) -> int:
        return min(self._most_jobs, self._places())

    def cancel(self) -> None:
        futures = [future for _, future in self._out.values()]
        self._out.clear()
        with suppress(Exception):  # the scheduler may be what is gone
            self._client.cancel(futures, force=True)

    def close(self) -> None:
        """Give up what is out, and remove what was sent."""
        self.cancel()
        if self._sent and self._client.status == "running":
            with suppress(Exception):
                for fingerprint in self._sent:
                    self._client.run(at_worker.forget, fingerprint, on_error="ignore")
        with suppress(Exception):
            self._client.close(timeout=5)

    # -- jobs that come back

    def _came(self, key: str) -> tuple[Piece, list[Outcome] | Lost]:
        piece, future = self._out.pop(key)
        back = self._result(piece, future)
        # a scheduler may give a worker more than it has threads; each is lost with it
        return piece, back._replace(in_company=True) if isinstance(back, Lost) else back

    def _result(self, piece: Piece, future: Any) -> list[Outcome] | Lost:
        from distributed import KilledWorker

        if future.status in ("cancelled", "lost"):
            return self._moved(piece, "the scheduler was lost while it was out")
        try:
            back = future.result(timeout=self._patience)
        except KilledWorker as problem:
            return Lost(self._why(problem.last_worker))
        except Exception as problem:
            if self._client.status != "running" or future.status in ("cancelled", "lost"):
                return self._moved(piece, "the scheduler was lost while it was out")
            return Lost(f"{type(problem).__name__}: {printable(str(problem)[:300])}")
        finally:
            future.release()
        if isinstance(back, Absent):
            return self._absent(piece, back)
        self._restarts = 0
        result: list[Outcome] | Lost = back
        return result

    def _moved(self, piece: Piece, reason: str) -> Lost:
        if piece.moved >= _MOVES:
            return Lost(f"{reason}, {piece.moved + 1} times")
        return Lost(reason, blameless=True)

    def _absent(self, piece: Piece, back: Absent) -> Lost:
        """Send a worker what it lacks, or give it no more jobs."""
        if back.sendable and back.worker not in self._shunned:
            self._supply(piece.job.market, [back.worker])
        else:
            self._shun(back.worker, back.reason)
        return self._moved(piece, back.reason)

    def _why(self, worker: Any) -> str:
        """Return what the scheduler knows of a worker's end."""
        where = f"its worker {worker.address} died"
        with suppress(Exception):  # a reason is welcome, and not worth a sweep
            for _, event in self._client.get_events("worker-restart-memory"):
                if event.get("worker") == worker.address:
                    return (
                        f"out of memory: its worker {worker.address} had taken "
                        f"{event['rss'] / 1e9:.2f} GB of its {worker.memory_limit / 1e9:.2f} GB"
                    )
        end = self._exits.of(worker.pid) if self._exits is not None else ""
        return f"{where} ({end})" if end else where

    # -- workers

    def _places(self) -> int:
        """Return the threads of the workers that may be given jobs, at least one."""
        if time.monotonic() - self._looked > _TICK and self._client.status == "running":
            with suppress(Exception):
                there: Mapping[str, int] = self._client.nthreads()
                self._threads = sum(n for at, n in there.items() if at not in self._shunned)
                self._looked = time.monotonic()
        return max(1, self._threads)

    def _where(self) -> dict[str, Any]:
        if not self._shunned:
            return {}
        good = [one for one in self._asked(_threads_of) if one not in self._shunned]
        return {"workers": good, "allow_other_workers": True} if good else {}

    def _shun(self, worker: str, reason: str) -> None:
        if worker not in self._shunned:
            _log.warning("%s is given no jobs: %s", worker, reason)
            self._shunned[worker] = reason
            self._looked = -math.inf
        there = self._asked(_threads_of)
        if there and all(one in self._shunned for one in there):
            raise DataError(f"{self._address}: no worker can run this sweep: {reason}")

    def _check_versions(self) -> None:
        """Shun the workers whose versions are others.

        Raises
        ------
        DataError
            There is none left; what differs.
        """
        answers = self._asked(lambda client: client.run(at_worker.facts, on_error="return"))
        for worker, there in answers.items():
            if _went(there):
                continue
            if isinstance(there, BaseException):
                self._shun(worker, f"QuantHedge cannot be imported there ({_line(there)})")
            elif there != self._here:
                self._shun(worker, at_worker.difference(self._here, there))

    def _look_after(self) -> list[tuple[Piece, list[Outcome] | Lost]]:
        """Wait for a scheduler or for workers that are gone; give back what was out."""
        if self._client.status == "running" and self._has_workers():
            return []
        self._wait()
        lost = [key for key, (_, one) in self._out.items() if one.status in ("cancelled", "lost")]
        if lost:
            self._restarts += 1
            if self._restarts > _RESTARTS:
                raise QuantHedgeError(
                    f"{self._address}: the scheduler was lost {self._restarts} times before a job "
                    "ended; what is done is kept"
                )
            self._check_versions()
            for place in self._markets:
                self._supply(place)
        return [self._came(key) for key in lost]

    def _wait(self) -> None:
        """Wait until there is a scheduler with a worker.

        Raises
        ------
        QuantHedgeError
            There is none within the time.
        """
        _log.info("%s: scheduler or all workers are gone; waiting for them", self._address)
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            if self._client.status == "running":
                if self._has_workers():
                    return
            elif self._client.status in ("closed", "closing"):
                with suppress(OSError, TimeoutError):
                    self._client = _connected(self._address, min(5.0, self._patience))
            time.sleep(0.2)
        raise QuantHedgeError(
            f"{self._address}: scheduler or workers are gone, and did not come back within "
            f"{self._patience:.0f} s; what is done is kept, and the same command goes on from there"
        )

    def _has_workers(self) -> bool:
        with suppress(Exception):
            return bool(self._client.nthreads())
        return False

    def _asked(self, ask: Callable[[Any], Any]) -> Any:
        """Return what a scheduler answers; one that goes meanwhile is waited for."""
        for _ in range(_RESTARTS):
            try:
                return ask(self._client)
            except Exception as problem:  # of a connection that breaks, Dask raises many
                _log.debug("%s: %s", self._address, _line(problem))
                self._wait()
        return ask(self._client)

    # -- the market

    def _supply(self, place: Place, workers: list[str] | None = None) -> None:
        """Send a market to those workers that cannot open it where it lies.

        A worker that cannot take it is shunned.
        """
        asked = self._asked(
            lambda client: client.run(at_worker.lacks, place, workers=workers, on_error="return")
        )
        lacking = {
            one: answer for one, answer in asked.items() if answer is not None and not _went(answer)
        }
        if not lacking:
            return
        size = market_place.sent_bytes(place.folder)
        if size > MOST_SENT:
            for worker, reason in lacking.items():
                self._shun(
                    worker,
                    f"{_line(reason)}; the market has {size / 1e9:.1f} GB and no more than "
                    f"{MOST_SENT / 1e9:.1f} GB are sent: share its folder under the same path",
                )
            return
        _log.info("%s: sent to %s workers, %.1f MB each", place.folder, len(lacking), size / 1e6)
        fingerprint = market_place.fingerprint_of(place)
        self._sent.add(fingerprint)
        left = self._told(list(lacking), at_worker.begin, fingerprint, size)
        for parcel in market_place.parcels(place.folder):
            left = self._told(left, at_worker.take, fingerprint, parcel)
        self._told(left, at_worker.finish, fingerprint)

    def _told(self, workers: list[str], what: Any, *words: Any) -> list[str]:
        """Let workers do something; return those that could."""
        if not workers:
            return []
        answers = self._asked(
            lambda client: client.run(what, *words, workers=workers, on_error="return")
        )
        for worker, answer in answers.items():
            if isinstance(answer, BaseException) and not _went(answer):
                self._shun(worker, _line(answer))
        return [one for one in workers if not isinstance(answers.get(one), BaseException)]


@contextmanager
def cluster(
    address: str, jobs: int | None = None, *, patience: float = _PATIENCE, memory: str = ""
) -> Iterator[Running]:
    """Give an executor on a cluster.

    Parameters
    ----------
    address : str
        tcp://HOST:PORT or tls://HOST:PORT of a scheduler; local:N, N workers on this machine.
    jobs : int, optional
        The most jobs that are out at a time; as many as the workers have threads.
    patience : float
        Seconds to wait for a scheduler or its workers to be there, or there again.
    memory : str
        What each worker of local:N may have, as Dask writes it ("2GB"); its share of nine tenths
        of the machine's.

    Raises
    ------
    DataError
        Dask is not installed, nothing answers, or no worker has our versions.
    QuantHedgeError
        The scheduler was lost and did not come back.
    """
    with needs("dask"):
        import distributed  # noqa: F401
    exits = None
    with ExitStack() as stack:
        if address.startswith("local:"):
            count = int(address.partition(":")[2])
            begun, exits = stack.enter_context(_begun(count, memory))
            with interrupts_later():
                client = _connected(begun, patience)
                stack.callback(client.close, timeout=5)
            client.wait_for_workers(1, timeout=patience)
        else:
            client = _joined(address, patience)
        places = _Cluster(address, client, jobs, patience, exits)
        stack.callback(places.close)
        yield Running(places)


def _went(answer: object) -> bool:
    """Whether a worker died while it was asked: that says nothing of the next one."""
    from distributed.comm import CommClosedError

    return isinstance(answer, CommClosedError | TimeoutError)


def _threads_of(client: Any) -> Any:
    return client.nthreads()


def _joined(address: str, patience: float) -> Any:
    """Return a connection to a scheduler that has a worker; both may still be coming up."""
    deadline, told = time.monotonic() + patience, False
    while True:
        left, client = max(0.1, deadline - time.monotonic()), None
        try:
            _knock(address, min(5.0, left))
            client = _connected(address, min(10.0, left))
            client.wait_for_workers(1, timeout=left)
        except TypeError as problem:  # how Dask says that it has no certificates
            raise DataError(
                f"cluster {address}: no certificates ({_line(problem)}); docs/cluster.md says "
                "where Dask looks for them"
            ) from problem
        except (OSError, TimeoutError) as problem:
            if client is not None:
                client.close(timeout=1)
            if time.monotonic() >= deadline or isinstance(problem, socket.gaierror):
                raise DataError(
                    f"cluster {address}: no scheduler with a worker answers within {patience:.0f} "
                    f"s ({_line(problem)}); docs/cluster.md says how to bring one up"
                ) from problem
            if not told:
                _log.warning("cluster %s: no scheduler with a worker yet; waiting", address)
            told = True
            time.sleep(min(1.0, left))
        else:
            return client


def _knock(address: str, timeout: float) -> None:
    """Raise OSError where nobody listens: a client that fails to connect is slow to go."""
    host, _, port = address.partition("://")[2].rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=timeout):
        pass


def _connected(address: Any, timeout: float) -> Any:
    from distributed import Client

    return Client(address, timeout=timeout, set_as_default=False, name="quanthedge")


# -- a cluster of our own on this machine


@contextmanager
def _begun(count: int, memory: str) -> Iterator[tuple[Any, "_Exits"]]:
    """Give a cluster of workers on this machine; it ends with the block, or with this process."""
    import dask
    from distributed import LocalCluster

    settings = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.scheduler.worker-saturation": 1.0,
    }
    with dask.config.set(settings), _exits() as exits, ExitStack() as ended:
        for tries_left in reversed(range(_STARTS)):
            try:
                with interrupts_later():  # a cluster that is half up cannot be ended
                    begun = LocalCluster(
                        n_workers=count,
                        threads_per_worker=1,
                        memory_limit=memory or share_of_memory(count) or "auto",
                        dashboard_address="127.0.0.1:0",
                        preload=[at_worker.__name__],
                        silence_logs=logging.CRITICAL,
                        security=_certificates(),
                    )
                    ended.callback(_end, begun)
                break
            except (RuntimeError, OSError) as problem:  # of a worker that died while it began
                if not tries_left:
                    raise QuantHedgeError(
                        f"cluster local:{count}: its workers did not come up ({_line(problem)})"
                    ) from problem
        yield begun, exits


def _end(begun: Any) -> None:
    with interrupts_later(), suppress(TimeoutError):  # workers slow to go end with this process
        begun.close(timeout=10)


def _certificates() -> Any:
    """Return certificates for this cluster alone, so that nobody else can give it code to run."""
    from distributed.security import Security

    with needs("dask"):  # certificates are made with another package
        return Security.temporary()


class _Exits(logging.Handler):
    """Knows how workers of this process's cluster ended, which a nanny tells its log alone."""

    _told = re.compile(r"Worker process (\d+) (?:was killed by signal|exited with status) (\d+)")

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._ends: dict[int, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Note a worker's end."""
        found = self._told.match(record.getMessage())
        if found is not None:
            signalled = "killed by signal" in found[0]
            self._ends[int(found[1])] = (
                _signal_name(int(found[2])) if signalled else f"exit code {found[2]}"
            )

    def of(self, process: int, patience: float = 2.0) -> str:
        """Return how a worker ended; the scheduler may know of it before its nanny does."""
        deadline = time.monotonic() + patience
        while process not in self._ends and time.monotonic() < deadline:
            time.sleep(0.02)
        return self._ends.get(process, "")


@contextmanager
def _exits() -> Iterator[_Exits]:
    nanny_log, watch = logging.getLogger("distributed.nanny"), _Exits()
    before = nanny_log.level
    nanny_log.addHandler(watch)
    nanny_log.setLevel(logging.INFO)
    try:
        yield watch
    finally:
        nanny_log.removeHandler(watch)
        nanny_log.setLevel(before)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _line(problem: object) -> str:
    text = str(problem) or type(problem).__name__
    return printable(" ".join(text.split())[:300])
