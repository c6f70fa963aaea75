"""Stocks in blocks on threads of their own, for kernels that treat each stock alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

__all__ = ["by_blocks"]

_MOST = 4  # threads: what is left to gain with more is lost in memory


def by_blocks(stocks: int, size: int, work: Callable[[int, int], None]) -> None:
    """Call ``work(first, stop)`` for blocks of so many stocks, several at once.

    As many threads as numba was given (``NUMBA_NUM_THREADS``), four at most. The work must leave
    Python's lock to others, as kernels with ``nogil`` do.
    """
    import numba

    firsts = range(0, stocks, size)

    def one(first: int) -> None:
        work(first, min(first + size, stocks))

    threads = min(_MOST, numba.config.NUMBA_NUM_THREADS, len(firsts))
    if threads < 2:
        for first in firsts:
            one(first)
        return
    with ThreadPoolExecutor(threads, "stocks") as pool:
        list(pool.map(one, firsts))
