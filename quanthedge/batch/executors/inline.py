"""Jobs in this process: one after the other, or on threads."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

from quanthedge.batch.executors.rounds import Lost, Piece, Run, Running
from quanthedge.batch.executors.threads import limited, processors
from quanthedge.batch.executors.travelling import guarded
from quanthedge.batch.variant import Outcome

__all__ = ["inline"]


class _Here:
    """One place, in this thread: a job runs when it is asked for."""

    def __init__(self) -> None:
        self._next: list[tuple[Piece, Run]] = []

    def room(self) -> bool:
        return not self._next

    def start(self, piece: Piece, run: Run) -> None:
        self._next.append((piece, run))

    def ended(self) -> list[tuple[Piece, list[Outcome] | Lost]]:
        piece, run = self._next.pop()
        return [(piece, guarded(run, piece.job))]

    def cancel(self) -> None:
        self._next.clear()

    def count(self) -> int:
        return 1


class _Threads:
    """So many places, each a thread."""

    def __init__(self, pool: ThreadPoolExecutor, count: int) -> None:
        self._pool, self._count = pool, count
        self._out: dict[Future[list[Outcome] | Lost], Piece] = {}

    def room(self) -> bool:
        return len(self._out) < self._count

    def start(self, piece: Piece, run: Run) -> None:
        self._out[self._pool.submit(guarded, run, piece.job)] = piece

    def ended(self) -> list[tuple[Piece, list[Outcome] | Lost]]:
        done, _ = wait(self._out, return_when=FIRST_COMPLETED)
        return [(self._out.pop(one), one.result()) for one in done]

    def cancel(self) -> None:
        for one in self._out:
            one.cancel()

    def count(self) -> int:
        return self._count


@contextmanager
def inline(threads: int = 1) -> Iterator[Running]:
    """Give an executor in this process.

    Parameters
    ----------
    threads : int
        Jobs at a time. One job may use all processors; of several each uses its share.

    Notes
    -----
    A variant that kills its process kills the sweep: what is done is in the store.
    """
    if threads <= 1:
        yield Running(_Here())
        return
    with limited(max(1, processors() // threads)), ThreadPoolExecutor(threads) as pool:
        yield Running(_Threads(pool, threads))
