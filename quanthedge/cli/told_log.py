"""`quanthedge --verbose`: the package's log on stderr, with times."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from quanthedge.documents import visible

__all__ = ["shown_log"]

_FORMAT = "%(asctime)s.%(msecs)03d %(name)s: %(message)s"


class _OnStderr(logging.Handler):
    """Writes where stderr leads at the moment: a live progress line moves it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; signs that would move the terminal are shown as they are."""
        typer.echo(visible(self.format(record)), err=True)


@contextmanager
def shown_log(times: int) -> Iterator[None]:
    """Show the log: nothing at 0, what is done at 1, every file and request from 2 on."""
    log = logging.getLogger("quanthedge")
    if times < 1:
        yield
        return
    handler, before = _OnStderr(), log.level
    handler.setFormatter(logging.Formatter(_FORMAT, "%H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.INFO if times == 1 else logging.DEBUG)
    try:
        yield
    finally:
        log.setLevel(before)
        log.removeHandler(handler)
