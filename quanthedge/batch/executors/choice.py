"""Which executor is meant by a number of processes and the name of a cluster."""

import re
from contextlib import AbstractContextManager

from quanthedge.batch.executors.inline import inline
from quanthedge.batch.executors.rounds import Running
from quanthedge.documents import printable
from quanthedge.errors import DataError

__all__ = ["executor_of"]

_MOST = 1_000
_ACCEPTED = (
    "tcp://HOST:PORT or tls://HOST:PORT of a Dask scheduler, local:N (a cluster of N workers on "
    "this machine) or threads:N"
)
_LOCAL = re.compile(r"(local|threads):([0-9]{1,4})")
_ADDRESS = re.compile(r"(tcp|tls)://[^\s/]+:[0-9]{1,5}")


def executor_of(
    jobs: int | None = None, cluster: str | None = None
) -> AbstractContextManager[Running]:
    """Return what runs jobs, to be entered with ``with``.

    Parameters
    ----------
    jobs : int, optional
        Processes of this machine; None or 1: this process, in which a job uses all processors.
        With a cluster: the most jobs that are out at a time.
    cluster : str, optional
        tcp://HOST:PORT or tls://HOST:PORT of a Dask scheduler; local:N, N workers of Dask on this
        machine; threads:N, threads of this process.

    Raises
    ------
    DataError
        A number or name that means none of them, or Dask is not installed.

    Examples
    --------
    >>> with executor_of() as run_all:
    ...     list(run_all([], len))
    []
    """
    if jobs is not None and not 1 <= jobs <= _MOST:
        raise DataError(f"jobs: {jobs}; accepted: 1 to {_MOST:,}")
    if cluster is None:
        if jobs is None or jobs == 1:
            return inline()
        from quanthedge.batch.executors.processes import processes

        return processes(jobs)
    local = _LOCAL.fullmatch(cluster)
    if local is not None and not 1 <= int(local[2]) <= _MOST:
        raise DataError(f"cluster: {cluster!r}; accepted: 1 to {_MOST:,} workers")
    if local is not None and local[1] == "threads":
        return inline(int(local[2]))
    if local is None and not _ADDRESS.fullmatch(cluster):
        raise DataError(f"cluster: {printable(cluster[:80])!r}; accepted: {_ACCEPTED}")
    from quanthedge.batch.executors.cluster import cluster as on_cluster

    return on_cluster(cluster, jobs)
