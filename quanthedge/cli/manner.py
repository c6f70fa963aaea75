"""How much a command prints: what answers, everything, a line, or one JSON object for machines."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, cast

import typer

from quanthedge.errors import StrategyError

__all__ = ["AsJson", "Full", "Manner", "Quiet", "manner_of", "plain", "print_json"]

Manner = Literal["short", "full", "json", "quiet"]

Full = Annotated[bool, typer.Option("--full", help="Print everything.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object, and nothing else, on stdout.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print one line.")]


def manner_of(*, full: bool = False, as_json: bool = False, quiet: bool = False) -> Manner:
    """Return the manner that options ask for.

    Raises
    ------
    StrategyError
        Two of them are given.
    """
    asked: dict[Manner, bool] = {"full": full, "json": as_json, "quiet": quiet}
    given = [name for name, wanted in asked.items() if wanted]
    if len(given) > 1:
        raise StrategyError(f"--{given[0]} and --{given[1]} do not go together; take one")
    return given[0] if given else "short"


def print_json(data: Mapping[str, Any]) -> None:
    """Print one JSON object: numbers as numbers, days as YYYY-MM-DD, what is unknown as null."""
    typer.echo(json.dumps(plain(data), ensure_ascii=False, indent=1, allow_nan=False))


def plain(value: Any) -> Any:
    """Return a value as JSON has it; a table as a list of its rows.

    >>> from pathlib import Path
    >>> plain({"a": float("nan"), 2: (1, "x"), "path": Path("runs")})
    {'a': None, '2': [1, 'x'], 'path': 'runs'}
    """
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None  # NaN is not less than anything
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return _of_libraries(value)


def _of_libraries(value: Any) -> Any:
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        table = value if isinstance(value.index, pd.RangeIndex) else value.reset_index()
        return plain(table.to_dict("records"))
    if isinstance(value, pd.Series):
        return plain(value.to_dict())
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind != "M":
        return plain(value.tolist())
    if isinstance(value, date | np.datetime64 | type(pd.NaT)):
        return _day(pd.Timestamp(cast("Any", value)))
    return None if value is pd.NA else str(value)


def _day(time: Any) -> str | None:
    """Return a day as YYYY-MM-DD, with its hour where it has one."""
    if time != time:  # noqa: PLR0124 -- no day
        return None
    text = str(time.isoformat(sep=" "))
    return text.removesuffix(" 00:00:00")
