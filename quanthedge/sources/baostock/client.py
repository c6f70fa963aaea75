"""BaoStock through the package `baostock`: a session over a socket, answers of pages of text.

Two faults of the package are guarded against. When the line breaks it reads for ever, or it says
that the answer ended: here its socket has a time-out and reports the end of the line, and an answer
whose last page is full counts as cut off. What it prints is kept out of the way.
"""

import importlib
import io
import socket
from collections.abc import Sequence
from datetime import date
from functools import partial
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.sources.baostock.plan import INDICES, TABLES, stages
from quanthedge.sources.download.frames import last_line, quiet
from quanthedge.sources.download.pace import Caller
from quanthedge.sources.download.packages import required, version_of
from quanthedge.sources.download.plan import Period, Read, Request, Stages, Table
from quanthedge.sources.download.problems import Failed, Refused, TryAgain

__all__ = ["BaoStock"]

_FINE = "0"
_NOT_LOGGED_IN = "10001001"
_NO_ENTRY = {  # codes after which no further request can succeed, and what to do
    "10001002": "the name or password is wrong",
    "10001004": "the installed package is too old: pip install -U baostock",
    "10001005": "too many sessions at once: close the others, or wait",
    "10001007": "the account must be activated at baostock.com",
    "10001011": "this address is on the vendor's black list: wait a day, then use a lower "
    "--per-minute",
}
_NO_PERMISSION = "10001006"
_PASSING = ("100020", "100050", "10004001", "10004002", "10004003")  # network, system, parsing


class BaoStock:
    """A session with BaoStock.

    Parameters
    ----------
    package
        The module; None: the installed package `baostock`.
    indices
        Codes of the indices whose bars are fetched.
    time_out
        Seconds until a silent line counts as broken.
    """

    name = "baostock"
    per_minute = 120.0
    tables: Sequence[Table] = TABLES

    def __init__(
        self, package: Any = None, *, indices: Sequence[str] = INDICES, time_out: float = 60.0
    ) -> None:
        self._package = required("baostock", self.name) if package is None else package
        self._indices = tuple(indices)
        self._time_out = time_out
        self._open = False

    def stages(self, tables: Sequence[Table], period: Period, read: Read, today: date) -> Stages:
        """Return the plan (see `quanthedge.sources.baostock.plan`)."""
        return stages(tables, period, read, self._indices)

    def close(self) -> None:
        """Log out."""
        if self._open:
            self._open = False
            with quiet():
                self._package.logout()

    def ask(self, request: Request, caller: Caller) -> pa.Table:
        """Return an answer, all columns as text as the vendor gives them; "" stays ""."""
        query = getattr(self._package, request.call, None)
        if query is None:
            raise Refused(f"{version_of(self._package)} has no query {request.call}")
        if not self._open:
            caller("login", self._log_in)
        return caller(request.call, partial(self._answered, query, request.asked()))

    def _log_in(self) -> None:
        _guard(self._package, self._time_out)
        with quiet() as said:
            result = self._package.login()
        self._check(result, said, "login")
        self._open = True

    def _answered(self, query: Any, params: dict[str, str]) -> pa.Table:
        if not self._open:
            self._log_in()
        with quiet() as said:
            result = query(**params)
            rows = []
            while result is not None and result.error_code == _FINE and result.next():
                rows.append(result.get_row_data())
        self._check(result, said, "query")
        page = int(getattr(result, "per_page_count", 0) or 0)
        if rows and page and len(result.data) == page:
            self._open = False
            raise TryAgain(f"the line broke after {len(rows):,} rows ({last_line(said)})")
        fields = list(result.fields)
        if any(len(row) != len(fields) for row in rows):
            raise TryAgain("the answer's rows are not as long as its fields")
        columns = zip(*rows, strict=True) if rows else ([] for _ in fields)
        return pa.table(
            {
                name: pa.array([str(value) for value in column], pa.string())
                for name, column in zip(fields, columns, strict=True)
            }
        )

    def _check(self, result: Any, said: io.StringIO, what: str) -> None:
        """Raise what an error code means."""
        if result is None:
            raise Failed(f"{what} refused by the package: {last_line(said)}")
        code = str(result.error_code)
        if code == _FINE:
            return
        text = f"{result.error_msg or last_line(said)} (code {code})"[:200]
        if code in _NO_ENTRY:
            raise DataError(f"baostock: {text}; {_NO_ENTRY[code]}")
        if code == _NO_PERMISSION:
            raise Refused(text)
        if code == _NOT_LOGGED_IN or code.startswith(_PASSING):
            self._open = False
            raise TryAgain(text)
        raise Failed(text)


def _guard(package: Any, time_out: float) -> None:
    """Give the package a socket that neither waits for ever nor takes a broken line for silence."""
    try:
        module = importlib.import_module(f"{package.__name__}.util.socketutil")
    except ImportError:
        return

    class Line(socket.socket):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.settimeout(time_out)

        def recv(self, size: int, flags: int = 0) -> bytes:
            data = super().recv(size, flags)
            if not data:
                raise ConnectionError("the other side closed the line")
            return data

    names = {"AF_INET": socket.AF_INET, "SOCK_STREAM": socket.SOCK_STREAM}
    vars(module)["socket"] = SimpleNamespace(socket=Line, **names)
