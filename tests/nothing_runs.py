"""A pytest plugin that says what ran while tests were collected, and how long that took.

    python -m pytest --collect-only -p tests.nothing_runs

A run at the top of a test file is made by every worker before its first test, and by everybody who
asks for one test of the file: it belongs in a fixture. Seen are the first call of each compiled
kernel (every backtest calls some) and every market that is opened.
"""

import json
import time
import traceback
from pathlib import Path
from typing import Any

import pytest
from numba.core.dispatcher import Dispatcher

from quanthedge.market import Market

SIGN = "ran while tests were collected: "
_tests = Path(__file__).parent
_ran: list[str] = []


def _note(what: str) -> None:
    """Remember what ran, with the line of the test file that called for it."""
    lines = [
        f"{frame.filename}:{frame.lineno}"
        for frame in traceback.extract_stack()
        if frame.line and Path(frame.filename) != Path(__file__) and _is_a_test(frame.filename)
    ]
    _ran.append(f"{what}, called by {lines[-1] if lines else 'no test'}")


def _is_a_test(file: str) -> bool:
    return Path(file).is_relative_to(_tests) or Path(file).name.startswith("test_")


def _watch() -> None:
    first_call, opened = Dispatcher._compile_for_args, Market.open

    def compile_for_args(self: Any, *args: Any, **kwargs: Any) -> Any:
        _note(f"kernel {self.py_func.__module__}.{self.py_func.__name__}")
        return first_call(self, *args, **kwargs)

    def open_market(*args: Any, **kwargs: Any) -> Market:
        _note("a market was opened")
        return opened(*args, **kwargs)

    Dispatcher._compile_for_args = compile_for_args
    Market.open = staticmethod(open_market)


def pytest_configure() -> None:
    """Begin to watch, before any test file is read."""
    _watch()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what ran and the processor time of it all, imports of libraries included."""
    found = {"ran": _ran, "seconds": round(time.process_time(), 2)}
    terminalreporter.write_line(SIGN + json.dumps(found))
