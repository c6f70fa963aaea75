"""AkShare: public web pages through the package `akshare`, called function by function.

A function that fails says little about why: a page that blocks too many requests and a page that
changed its form look alike. Every failure is therefore tried again, and after the last attempt the
request is listed as missing with the function's own words.
"""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa

from quanthedge.sources.akshare.plan import INDICES, TABLES, stages
from quanthedge.sources.download.frames import quiet, table_of
from quanthedge.sources.download.pace import Caller
from quanthedge.sources.download.packages import required, version_of
from quanthedge.sources.download.plan import Period, Read, Request, Stages, Table
from quanthedge.sources.download.problems import Failed, Refused, TryAgain

__all__ = ["AkShare"]


class AkShare:
    """AkShare's functions.

    Parameters
    ----------
    package
        The module; None: the installed package `akshare`.
    indices
        Codes of the indices whose bars and members are fetched.
    time_out
        Seconds until a page that does not answer counts as failed (most functions of the package
        would wait for ever).
    """

    name = "akshare"
    per_minute = 60.0
    tables: Sequence[Table] = TABLES

    def __init__(
        self, package: Any = None, *, indices: Sequence[str] = INDICES, time_out: float = 30.0
    ) -> None:
        self._package = required("akshare", self.name) if package is None else package
        self._indices = tuple(indices)
        self._time_out = time_out

    def stages(self, tables: Sequence[Table], period: Period, read: Read, today: date) -> Stages:
        """Return the plan (see `quanthedge.sources.akshare.plan`)."""
        return stages(tables, period, read, self._indices, today)

    def close(self) -> None:
        """Do nothing: there is no session."""

    def ask(self, request: Request, caller: Caller) -> pa.Table:
        """Return a function's answer."""
        function = getattr(self._package, request.call, None)
        if function is None:
            raise Refused(
                f"{version_of(self._package)} has no function {request.call}; install another "
                "version of it"
            )
        params = request.asked()
        try:
            inspect.signature(function).bind(**params)
        except TypeError as problem:
            raise Refused(
                f"{version_of(self._package)}: {request.call} takes other parameters ({problem})"
            ) from problem
        frame = caller(request.call, partial(self._called, function, params))
        table = table_of(frame)
        if table.num_rows >= request.table.most > 0:
            raise Failed(
                f"{table.num_rows:,} rows, as many as the page gives at most: the answer may be "
                "cut off; nothing was written"
            )
        return table

    def _called(self, function: Any, params: dict[str, str]) -> pd.DataFrame:
        try:
            with quiet(), _time_limit(self._time_out):
                frame = function(**params)
        except Exception as problem:  # whatever a page's unforeseen form sets off in the package
            text = f"{type(problem).__name__}: {problem}"[:160]
            raise TryAgain(f"{version_of(self._package)}: {text}") from problem
        if not isinstance(frame, pd.DataFrame):
            raise TryAgain(f"{version_of(self._package)}: gave no table")
        return frame


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Give requests that set no time-out one, as long as the block lasts."""
    requests = required("requests", "akshare")
    plain = requests.Session.request

    def limited(self: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = seconds
        return plain(self, *args, **kwargs)

    requests.Session.request = limited
    try:
        yield
    finally:
        requests.Session.request = plain
