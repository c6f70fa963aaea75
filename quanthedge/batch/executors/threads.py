"""How many threads a job may use: the processors of a machine are shared by its workers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

__all__ = ["ENVIRONMENT", "limit", "limited", "processors", "threads_here"]

# What libraries of linear algebra and compiled loops ask when they are loaded.
ENVIRONMENT = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)
_of_a_job: list[int] = []


def processors() -> int:
    """Return the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads_here() -> int:
    """Return the threads that a job may use here: all processors, or a worker's share of them.

    >>> threads_here() >= 1
    True
    """
    return _of_a_job[-1] if _of_a_job else processors()


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """Hold every job of the block, and the libraries it calls, to so many threads."""
    _of_a_job.append(threads)
    try:
        with threadpool_limits(threads):
            yield
    finally:
        _of_a_job.pop()


def limit(threads: int) -> None:
    """Hold this process, a worker, to so many threads a job, and libraries loaded until now."""
    _of_a_job[:] = [threads]
    threadpool_limits(threads)
