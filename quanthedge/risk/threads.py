"""Linear algebra of small matrices on one thread: several would wait for each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

__all__ = ["one_thread"]

_controller = cache(ThreadpoolController)  # looks through all libraries of the process: once


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the linear algebra inside use one thread."""
    with _controller().limit(limits=1, user_api="blas"):
        yield
