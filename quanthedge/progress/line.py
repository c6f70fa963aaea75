"""A line that says how far a long work is: in a terminal, in a notebook, and nowhere else.

Work of less than two seconds shows nothing, and neither does work inside work that shows something
already, in another thread or process, in a pipe, a file or a log. ``QUANTHEDGE_PROGRESS=off`` keeps
it silent everywhere, as for notebooks whose outputs are stored.
"""

import html
import os
import re
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import parent_process
from typing import Any, Protocol

from quanthedge.words import default_language, texts

__all__ = ["Teller", "telling"]

_SWITCH = "QUANTHEDGE_PROGRESS"
_SHOWS_ANYWAY = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")  # as rich asks for them
_PATIENCE = 2.0  # seconds of work that nobody needs to be told of
_ALIKE = 12  # letters by which two texts count the same
_BEAT = 0.5  # seconds between two pictures of a notebook
_COUNT = re.compile(r"(\d[\d,]*) of (\d[\d,]*)")  # in what is told: how far, of how many
_LINES: "list[_Line]" = []  # the one that is shown
_SHOWN = threading.Lock()  # held by the work that shows its line


class Teller(Protocol):
    """What a long work calls to say what it is doing."""

    def __call__(
        self, text: str = "", /, *, done: float | None = None, total: float | None = None
    ) -> None:
        """Say what is being done, and how much of the total is done where that is known."""


@contextmanager
def telling(
    title: str,
    total: float | None = None,
    *,
    steps: Mapping[str, float] | None = None,
    after: float = _PATIENCE,
) -> Iterator[Teller]:
    """Show how far a work is, with the time it has taken and, where it can be known, has left.

    It can be known where a total is given, where a text counts ("row 2,000 of 80,000"), or where it
    is one of the steps.

    Parameters
    ----------
    title
        What is being done, in a word or two.
    total
        How much there is to do, in any unit; ``done`` of the teller counts in the same.
    steps
        What will be told, with the share of the whole time that is over by then, as measured.
    after
        Seconds until something is shown.

    Examples
    --------
    >>> with telling("adding", total=3) as tell:
    ...     for number in range(3):
    ...         tell(f"number {number}", done=number)
    """
    kind = _screen()
    if kind is None:
        yield _silent
        return
    if not _SHOWN.acquire(blocking=False):
        with _inside(total, steps or {}) as tell:
            yield tell
        return
    line = kind(title, total, steps or {})
    _LINES.append(line)
    end = threading.Event()
    watch = threading.Thread(target=_watched, args=(line, end, after), daemon=True)
    watch.start()
    try:
        yield line
    finally:
        end.set()
        watch.join()
        line.close()
        _LINES.remove(line)
        _SHOWN.release()


@contextmanager
def _inside(total: float | None, steps: Mapping[str, float]) -> Iterator[Teller]:
    """Lend a work the line of the one around it, where that does not know how far it is itself."""
    outer = _LINES[-1] if _LINES else None
    if outer is None or outer.total is not None or outer.steps:
        yield _silent
        return
    outer.begin(total, steps)
    try:
        yield outer
    finally:
        outer.begin(None, {})


def _translated(text: str) -> str:
    """Return what is told in the language of the environment, where it has a translation."""
    if default_language() == "en":
        return text
    return str(texts("quanthedge.progress", "words")["told"].get(text, {}).get("zh", text))


def _silent(_text: str = "", /, *, done: float | None = None, total: float | None = None) -> None:
    """Say nothing."""


def _watched(line: "_Line", end: threading.Event, after: float) -> None:
    """Show a line once the work has taken long enough, and keep its clock going."""
    if end.wait(after):
        return
    line.show()
    while not end.wait(_BEAT):
        line.beat()


def _screen() -> "type[_Line] | None":
    """Return where progress can be seen; None where nobody looks."""
    if os.environ.get(_SWITCH, "").lower() in ("off", "0", "no"):
        return None
    if threading.current_thread() is not threading.main_thread() or parent_process() is not None:
        return None
    if _kernel() is not None:
        return _InNotebook
    if sys.stderr.isatty() or any(map(os.environ.get, _SHOWS_ANYWAY)):
        return _InTerminal
    return None


def _kernel() -> Any:
    """Return the notebook's kernel that we run in; None elsewhere."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None)


class _Line:
    """What is known of a work, and how it is shown."""

    def __init__(self, title: str, total: float | None, steps: Mapping[str, float]) -> None:
        self.title, self.text, self.steps = title, "", steps
        self.done, self.total = 0.0, total
        self.begun = self.at = time.monotonic()  # at: when `done` was told
        self.counted = ""  # what is being counted, where a text counts
        self.since = (self.begun, 0.0)  # when counting began, and at what

    def __call__(
        self, text: str = "", /, *, done: float | None = None, total: float | None = None
    ) -> None:
        self.text = text or self.text
        if done is None and text in self.steps:
            done, total = self.steps[text], 1.0
        elif done is None and (found := _COUNT.search(text)):
            done, total = (float(one.replace(",", "")) for one in found.groups())
            if self.counted != _COUNT.sub("", text)[:_ALIKE]:
                self.counted = _COUNT.sub("", text)[:_ALIKE]
                self.since = (time.monotonic(), done)
        if done is not None:
            self.done, self.at = done, time.monotonic()
        self.total = self.total if total is None else total
        self.told()

    def begin(self, total: float | None, steps: Mapping[str, float]) -> None:
        """Count anew, from here on."""
        self.done, self.total, self.steps = 0.0, total, steps
        self.at, self.counted = time.monotonic(), ""
        self.since = (self.at, 0.0)

    @property
    def words(self) -> str:
        title, text = _translated(self.title), _translated(self.text)
        return f"{title}: {text}" if text else title

    @property
    def seconds_left(self) -> float | None:
        """Time left if the rest goes as fast as what is done."""
        began, first = self.since
        if not self.total or self.done <= first or self.at <= began:
            return None
        pace = (self.at - began) / (self.done - first)
        return max(0.0, (self.total - self.done) * pace - (time.monotonic() - self.at))

    def show(self) -> None:
        """Show the line for the first time."""

    def told(self) -> None:
        """Show what was just told."""

    def beat(self) -> None:
        """Show that time goes by."""

    def close(self) -> None:
        """Take the line away."""


class _InTerminal(_Line):
    """A live line on stderr, by rich."""

    bar: Any = None

    def show(self) -> None:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        bar = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=20),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = bar.add_task(escape(self.words), total=self.total)
        bar.start()
        self.escape, self.bar = escape, bar
        self.told()

    def told(self) -> None:
        if self.bar is None:
            return
        left = self.seconds_left
        rest = "" if left is None else f" ({_left(left)})"
        self.bar.update(
            self.task,
            description=self.escape(self.words + rest),
            completed=self.done,
            total=self.total,
        )

    def beat(self) -> None:
        self.told()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()


class _InNotebook(_Line):
    """A bar and a sentence in the output of the cell, gone when the work is done."""

    handle: Any = None

    def show(self) -> None:
        from IPython import display

        show: Any = display.display
        self.handle = show(self._picture(), raw=True, display_id=True)

    def beat(self) -> None:
        self.handle.update(self._picture(), raw=True)

    def close(self) -> None:
        if self.handle is not None:
            self.handle.update({"text/plain": "", "text/html": ""}, raw=True)

    def _picture(self) -> dict[str, str]:
        left = self.seconds_left
        rest = "" if left is None else f", {_left(left)}"
        told = f"{self.words} ({spell(time.monotonic() - self.begun)}{rest})"
        part = f' value="{min(1.0, self.done / self.total):.4f}"' if self.total else ""
        return {
            "text/plain": told,
            "text/html": f"<progress{part}></progress> {html.escape(told)}",
        }


def _left(seconds: float) -> str:
    words = texts("quanthedge.progress", "words")["left"]
    return str(words[default_language()]).format(time=spell(seconds))


def spell(seconds: float) -> str:
    """Return a time as one reads it.

    >>> spell(42.3), spell(150.0), spell(9000.0)
    ('42 s', '2.5 min', '2.5 h')
    """
    if seconds < 100.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 6000.0 else f"{seconds / 3600:.1f} h"
