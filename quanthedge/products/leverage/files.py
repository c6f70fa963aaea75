"""What a user writes of a leveraged product: its terms (TOML) and the price it follows (CSV)."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from quanthedge.begin import strategy_place
from quanthedge.documents import Document, read_cells
from quanthedge.errors import DataError
from quanthedge.products.leverage.exposure import LeveragedExposure

__all__ = ["load_exposure", "read_prices"]


def load_exposure(path: str | Path, changes: Iterable[str] = ()) -> LeveragedExposure:
    """Return a product read from a TOML file, with ``key=value`` changes applied.

    Raises
    ------
    StrategyError
        When the file cannot be read, or has an unknown key or a value out of range.
    """
    path = strategy_place(path)
    document = Document.read(path, "product")
    document.change(changes)
    origin = {"origin": {"LeveragedExposure": f"product {path}"}}
    model = LeveragedExposure.model_validate(document, context=origin)
    document.check_kinds(model.model_dump(), f"product {path}")
    return model


def read_prices(path: str | Path) -> pd.DataFrame:
    """Return a CSV file's prices by time.

    Parameters
    ----------
    path : path
        Columns time (or date) and price; high and low where they are known.

    Returns
    -------
    DataFrame
        price, and high and low where the file has them, indexed by time.

    Raises
    ------
    DataError
        The file cannot be read, a column is missing, or a cell is no day or no number.
    """
    path = Path(path)
    frame = read_cells(path, "prices")
    time = next((name for name in ("time", "date") if name in frame.columns), None)
    if time is None or "price" not in frame.columns:
        raise DataError(
            f"{path}: columns {', '.join(map(str, frame.columns))}; needed are date (or time) and "
            "price"
        )
    text = frame[time].str.strip()
    eight = text.str.fullmatch(r"\d{8}")
    text = text.where(~eight, text.str[:4] + "-" + text.str[4:6] + "-" + text.str[6:])
    shaped = text.str.match(r"\d{4}-\d{2}-\d{2}")
    times = pd.to_datetime(text.where(shaped), format="ISO8601", errors="coerce", utc=False)
    _refuse(path, frame, time, times.isna(), "2015-01-31, 20150131, 2015-01-31 09:30:00")
    columns = {time: times}
    for name in ("price", "high", "low"):
        if name in frame.columns:
            columns[name] = pd.to_numeric(frame[name], errors="coerce")
            _refuse(path, frame, name, columns[name].isna(), "a number")
    return pd.DataFrame(columns).set_index(time)


def _refuse(path: Path, frame: pd.DataFrame, column: str, wrong: pd.Series, accepted: str) -> None:
    """Raise DataError at the first wrong cell of a column."""
    if wrong.any():
        line = frame.index[int(wrong.to_numpy().argmax())]
        raise DataError(
            f"{path}, line {line}, column {column}: {frame.loc[line, column]!r}; "
            f"accepted: {accepted}"
        )
