"""A line of progress is shown to people who wait, and to nobody else."""

import io
import os
import re
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from quanthedge.progress import telling


class Terminal(io.StringIO):
    """A terminal that remembers what it was sent."""

    def isatty(self) -> bool:
        return True


def opened(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in the place of stderr; in a test's body, pytest moves it between phases."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    return screen


def test_a_short_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = opened(monkeypatch)
    with telling("counting", total=2) as tell:
        tell("one", done=1)
    assert terminal.getvalue() == ""


def test_a_long_work_shows_what_it_does_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = opened(monkeypatch)
    with telling("counting", total=4, after=0.01) as tell:
        tell("one [of] four", done=1)
        time.sleep(0.8)
    shown = terminal.getvalue()
    assert "counting: one [of] four" in shown
    assert " s left)" in shown


def test_work_inside_one_that_counts_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = opened(monkeypatch)
    with telling("outer", total=2, after=0.01) as outer, telling("inner", after=0.01) as inner:
        outer("doing", done=1)
        inner("never seen")
        time.sleep(0.3)
    assert "outer: doing" in terminal.getvalue()
    assert "never seen" not in terminal.getvalue()


def test_work_inside_one_that_does_not_count_has_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = opened(monkeypatch)
    with telling("outer", after=0.01), telling("inner", total=2, after=0.01) as inner:
        time.sleep(0.1)
        inner("a half", done=1)
        time.sleep(0.8)
    assert "outer: a half (" in terminal.getvalue()


@pytest.mark.parametrize("text", ["row 2,000 of 8,000", "thing (5 of 20 recomputations)"])
def test_a_text_that_counts_tells_the_time_left(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = opened(monkeypatch)
    with telling("import", after=0.01) as tell:
        tell(text.replace("2,000", "1,000").replace("(5", "(1"))
        time.sleep(0.2)
        tell(text)
        time.sleep(0.8)
    assert re.search(r"\(\d+ s left\)", terminal.getvalue())


def test_steps_tell_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = opened(monkeypatch)
    begun = time.monotonic()
    with telling("run", steps={"ledger": 0.1}, after=0.01) as tell:
        time.sleep(0.5)
        tell("ledger")
        spent = time.monotonic() - begun  # a tenth of the whole, on a busy machine too
        time.sleep(0.8)
    left = [int(one) for one in re.findall(r"\((\d+) s left\)", terminal.getvalue())]
    assert left
    assert max(left) <= 9.0 * spent + 15.0
    assert left[-1] <= left[0]


def test_the_line_speaks_the_language_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = opened(monkeypatch)
    monkeypatch.setenv("QUANTHEDGE_LANGUAGE", "zh")
    with telling("backtest", total=2, after=0.01) as tell:
        time.sleep(0.1)
        tell("running the ledger", done=1)
        time.sleep(0.8)
    assert "回测: 逐日记账 (约剩" in terminal.getvalue()


def test_after_a_work_that_failed_the_next_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = opened(monkeypatch)
    with pytest.raises(ValueError, match="broken"), telling("first"):
        raise ValueError("broken")
    with telling("second", after=0.01):
        time.sleep(0.3)
    assert "second" in terminal.getvalue()


def test_another_thread_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = opened(monkeypatch)

    def work() -> None:
        with telling("aside", after=0.0):
            time.sleep(0.2)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert terminal.getvalue() == ""


def test_the_environment_switches_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = opened(monkeypatch)
    monkeypatch.setenv("QUANTHEDGE_PROGRESS", "off")
    with telling("counting", after=0.0):
        time.sleep(0.2)
    assert terminal.getvalue() == ""


def test_a_pipe_stays_empty() -> None:
    program = (
        "import time\nfrom quanthedge.progress import telling\n"
        "with telling('work', after=0.0) as tell:\n    tell('x', done=1, total=2)\n"
        "    time.sleep(0.3)\n"
    )
    names = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
    environment = {name: text for name, text in os.environ.items() if name not in names}
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env=environment
    )
    assert found.stdout == found.stderr == b""


def test_a_notebook_gets_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, str]] = []

    def display(data: dict[str, str], **_how: Any) -> Any:
        sent.append(data)
        return SimpleNamespace(update=lambda data, **_how: sent.append(data))

    shell = SimpleNamespace(kernel=object())
    notebook = SimpleNamespace(get_ipython=lambda: shell, display=SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    with telling("backtest", total=2, after=0.01) as tell:
        tell("a < b", done=1)
        time.sleep(0.8)
    assert '<progress value="0.5000">' in sent[-2]["text/html"]
    assert "a &lt; b" in sent[-2]["text/html"]
    assert sent[-2]["text/plain"].startswith("backtest: a < b (")
    assert sent[-1] == {"text/plain": "", "text/html": ""}
