"""What the log says of the time that things take.

Each room logs under its own name below ``quanthedge``: INFO is what one wants to know of a long
command (stages with their seconds, what was read and written, what was tried again), DEBUG every
file, panel and request. Nothing of it is shown unless somebody configures `logging`, or asks
``quanthedge --verbose``; warnings reach stderr as `logging` does by itself.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from quanthedge.typing import Tell

__all__ = ["logged_stages", "timed"]


@contextmanager
def timed(log: logging.Logger, what: str, *words: object) -> Iterator[None]:
    """Log what was done in a block, with its seconds; nothing where the block fails."""
    begun = time.perf_counter()
    yield
    log.info(f"{what}: %.2f s", *words, time.perf_counter() - begun)


@contextmanager
def logged_stages(log: logging.Logger, tell: Tell | None) -> Iterator[Tell]:
    """Give a teller of stages that logs each one with its seconds once it is over.

    >>> with logged_stages(logging.getLogger("quanthedge"), print) as say:
    ...     say("running the ledger")
    running the ledger
    """
    stage, begun = "", 0.0

    def over() -> None:
        if stage:
            log.info("%s: %.2f s", stage, time.perf_counter() - begun)

    def say(text: str) -> None:
        nonlocal stage, begun
        over()
        stage, begun = text, time.perf_counter()
        if tell is not None:
            tell(text)

    yield say
    over()
