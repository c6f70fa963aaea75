"""What a worker of a cluster does for a sweep: it is of Dask, and knows this file of ours alone.

Dask calls these functions in the worker's process; where one asks for ``dask_worker`` it is given
the worker.
"""

import shutil
import signal
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from quanthedge.batch.executors import market_place
from quanthedge.batch.executors.market_place import Absent, Parcel
from quanthedge.batch.executors.rounds import Lost
from quanthedge.batch.executors.threads import limit
from quanthedge.batch.executors.travelling import run_packed
from quanthedge.batch.variant import Outcome, Place
from quanthedge.errors import DataError

__all__ = [
    "begin",
    "dask_setup",
    "difference",
    "facts",
    "finish",
    "forget",
    "lacks",
    "take",
    "work",
]


def dask_setup(worker: Any) -> None:
    """Leave Ctrl-C to the process that began this worker, which ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@cache
def facts() -> dict[str, str]:
    """Return what two processes must have in common to give the same figures."""
    from quanthedge.backtesting import made_by, versions

    return {**versions(), "code of quanthedge": made_by()}


def difference(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Return in words what two processes do not have in common."""
    told = [
        f"{name} {there.get(name, 'none')} there, {value} here"
        for name, value in here.items()
        if there.get(name) != value
    ]
    return "; ".join(told)


def work(payload: bytes, here: dict[str, str]) -> "list[Outcome] | Lost | Absent":
    """Run a job in a worker, or say what it lacks for that."""
    from distributed import get_worker

    worker = get_worker()
    there = facts()
    if there != here:
        return Absent(worker.address, difference(here, there), sendable=False)
    limit(1)  # a worker runs as many jobs at a time as it has threads
    try:
        return run_packed(payload, Path(worker.local_directory))
    except DataError as problem:
        return Absent(worker.address, str(problem), sendable=True)


def lacks(place: Place, dask_worker: Any) -> str | None:
    """Return why a market is not at hand; None where it is."""
    try:
        market_place.at_hand(place, Path(dask_worker.local_directory))
    except DataError as problem:
        return str(problem)
    return None


def begin(fingerprint: str, size: int, dask_worker: Any) -> None:
    """Make room for a market."""
    market_place.begin(Path(dask_worker.local_directory), fingerprint, size)


def take(fingerprint: str, parcel: Parcel, dask_worker: Any) -> None:
    """Write a part of a market's file."""
    market_place.take(Path(dask_worker.local_directory), fingerprint, parcel)


def finish(fingerprint: str, dask_worker: Any) -> None:
    """Check a market that was sent, and give it its name."""
    market_place.finish(Path(dask_worker.local_directory), fingerprint)


def forget(fingerprint: str, dask_worker: Any) -> None:
    """Remove what was sent."""
    below = Path(dask_worker.local_directory)
    market_place.remove(below, fingerprint)
    shutil.rmtree(below / "quanthedge-own", ignore_errors=True)
