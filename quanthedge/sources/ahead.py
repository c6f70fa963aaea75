"""Read pieces ahead in a thread of their own, so that reading and checking share the machine."""

from collections.abc import Iterable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any

import pyarrow as pa

__all__ = ["read_ahead"]

_PIECES = 2
_PATIENCE = 0.2  # seconds between looks at whether the reader of the pieces has gone


def read_ahead(pieces: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield the same pieces; an error of the source is raised at its place.

    At most two pieces wait. When the consumer stops early the thread stops too.
    """
    waiting: Queue[tuple[str, Any]] = Queue(_PIECES)
    stopped = Event()

    def read() -> None:
        try:
            for piece in pieces:
                if not _put(waiting, ("piece", piece), stopped):
                    return
            _put(waiting, ("end", None), stopped)
        except BaseException as problem:
            _put(waiting, ("problem", problem), stopped)

    thread = Thread(target=read, name="read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            try:
                kind, value = waiting.get(timeout=_PATIENCE)
            except Empty:
                continue
            if kind == "problem":
                raise value
            if kind == "end":
                return
            yield value
    finally:
        stopped.set()
        thread.join()


def _put(waiting: Queue[tuple[str, Any]], item: tuple[str, Any], stopped: Event) -> bool:
    """Hand over an item; False when nobody wants it any more."""
    while not stopped.is_set():
        try:
            waiting.put(item, timeout=_PATIENCE)
        except Full:
            continue
        return True
    return False
