"""Where jobs run: in this process, in others of this machine, on a cluster."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["executor_of", "threads_here"]


def threads_here() -> int:
    """Return the threads that a job may use."""
    return os.cpu_count() or 1


@contextmanager
def executor_of(jobs: int | None, cluster: str | None) -> Iterator[Any]:
    """Give an executor in this process."""
    yield lambda work, run: ((job, run(job)) for job in work)
