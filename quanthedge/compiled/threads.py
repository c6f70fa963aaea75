"""Parts of a work on threads of their own, for kernels that treat each part alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numba

__all__ = ["by_blocks"]

_MOST = 4  # threads: what is left to gain with more is lost in memory


def by_blocks(count: int, size: int, work: Callable[[int, int], None]) -> None:
    """Call ``work(first, stop)`` for blocks of the parts ``0 .. count - 1``, several at once.

    As many threads as numba was given (``NUMBA_NUM_THREADS``), four at most. The work must leave
    Python's lock to others, as kernels with ``nogil`` do.
    """
    firsts = range(0, count, size)

    def one(first: int) -> None:
        work(first, min(first + size, count))

    threads = min(_MOST, numba.config.NUMBA_NUM_THREADS, len(firsts))
    if threads < 2:
        for first in firsts:
            one(first)
        return
    with ThreadPoolExecutor(threads, "blocks") as pool:
        list(pool.map(one, firsts))
