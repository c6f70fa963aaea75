"""Jobs go out as there is room, and once more where their worker was lost.

A worker that dies takes its whole job with it, and nobody knows which of its variants it was. So
the job is split, and each variant is tried once more by itself: those that were in bad company end,
and the one that kills its worker is named. Where a worker may have had more than one job, a variant
that is lost again is tried a last time when nothing else is out.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol, TypeAlias

from quanthedge.batch.variant import Failure, Job, Outcome

__all__ = ["LOST", "Lost", "Piece", "Places", "Run", "Running", "driven", "failed"]

LOST = "LostWorker"
Run: TypeAlias = Callable[[Job], list[Outcome]]


class Piece(NamedTuple):
    """A job on its way.

    Attributes
    ----------
    job : Job
    again : bool
        Its worker was lost once: what it is lost by now is its own doing.
    moved : int
        How often it was given back through no fault of its own.
    alone : bool
        Nothing else is out with it.
    """

    job: Job
    again: bool = False
    moved: int = 0
    alone: bool = False


class Lost(NamedTuple):
    """A job that did not come back.

    Attributes
    ----------
    reason : str
        What is known of it, for the failure.
    blameless : bool
        It had not begun, or the way to it broke: it goes out again as it was.
    in_company : bool
        Its worker may have had other jobs that were out, so that the loss may be another's doing.
    """

    reason: str
    blameless: bool = False
    in_company: bool = False


class Places(Protocol):
    """Where jobs can go: threads, processes, a cluster."""

    def room(self) -> bool:
        """Whether another job may go out."""

    def start(self, piece: Piece, run: Run) -> None:
        """Send a job out."""

    def ended(self) -> list[tuple[Piece, list[Outcome] | Lost]]:
        """Wait until at least one job is back."""

    def cancel(self) -> None:
        """Give up what is out and has not begun."""

    def count(self) -> int:
        """How many jobs run at a time."""


class Running:
    """An executor: takes jobs and what runs one, and yields jobs with their outcomes.

    Parameters
    ----------
    places : Places
    """

    def __init__(self, places: Places) -> None:
        self._places = places

    @property
    def workers(self) -> int:
        """How many jobs run at a time: so many, or some times as many, are worth making."""
        return self._places.count()

    def __call__(self, jobs: Iterable[Job], run: Run) -> Iterator[tuple[Job, list[Outcome]]]:
        """Yield jobs as they end; see :func:`driven`."""
        return driven(jobs, run, self._places)


def driven(jobs: Iterable[Job], run: Run, places: Places) -> Iterator[tuple[Job, list[Outcome]]]:
    """Yield jobs with their outcomes as they end; those of a split job one by one."""
    source, waiting, alone, out = iter(jobs), deque[Piece](), deque[Piece](), 0
    ready: list[tuple[Job, list[Outcome]]] = []
    try:
        while True:
            while places.room():
                piece = _next(waiting, source, deque() if out else alone)
                if piece is None:
                    break
                places.start(piece, run)
                out += 1
            yield from ready  # places are full again before anybody stores what came back
            ready.clear()
            if not out:
                return
            for piece, back in places.ended():
                out -= 1
                if not isinstance(back, Lost):
                    ready.append((piece.job, back))
                elif back.blameless:
                    waiting.appendleft(piece._replace(moved=piece.moved + 1))
                elif not piece.again:
                    waiting.extend(_split(piece))
                elif back.in_company and not piece.alone:
                    alone.append(piece._replace(alone=True))
                else:
                    ready.append((piece.job, failed(piece.job, LOST, back.reason)))
    finally:
        if out:
            places.cancel()


def _next(waiting: deque[Piece], source: Iterator[Job], alone: deque[Piece]) -> Piece | None:
    if waiting:
        return waiting.popleft()
    job = next(source, None)
    if job is not None:
        return Piece(job)
    return alone.popleft() if alone else None


def _split(piece: Piece) -> list[Piece]:
    return [Piece(piece.job._replace(variants=(one,)), again=True) for one in piece.job.variants]


def failed(job: Job, kind: str, reason: str, seconds: float = 0.0) -> list[Outcome]:
    """Return the outcomes of a job of which none came to anything."""
    share = seconds / max(len(job.variants), 1)
    return [
        Outcome(one.number, one.key, {}, None, Failure(kind, reason), share)
        for one in job.variants
    ]  # fmt: skip
