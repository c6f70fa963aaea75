"""Data frames of vendors' packages as tables, with nothing converted but what has no type."""

import contextlib
import io
from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

__all__ = ["last_line", "quiet", "table_of"]


def table_of(frame: pd.DataFrame) -> pa.Table:
    """Return a frame's columns; a column of mixed values becomes text.

    >>> table_of(pd.DataFrame({"a": [1, "x", None]}))["a"].to_pylist()
    ['1', 'x', None]
    """
    columns: dict[str, pa.Array] = {}
    for place, name in enumerate(frame.columns):
        values = frame.iloc[:, place]
        try:
            column = pa.Array.from_pandas(values)
        except (pa.ArrowException, OverflowError):
            texts = [None if pd.isna(value) else str(value) for value in values]
            column = pa.array(texts, pa.string())
        if pa.types.is_null(column.type):
            column = column.cast(pa.string())
        columns[str(name)] = column
    return pa.table(columns)


@contextlib.contextmanager
def quiet() -> Iterator[io.StringIO]:
    """Collect what a package prints, so that it does not run into the progress line."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        yield said


def last_line(said: io.StringIO) -> str:
    """Return the last line that was printed, for messages."""
    lines = [line.strip() for line in said.getvalue().splitlines() if line.strip()]
    return lines[-1][:120] if lines else ""
