"""WonderTrader's files of daily bars: where they lie, what their names mean, how they are read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market import Code
from quanthedge.sources.files import as_dates, as_numbers, column_of, read_file
from quanthedge.sources.wtpy.blocks import read_blocks

__all__ = ["Series", "daily_files", "read_series", "rule_file", "series_of"]

Array = np.ndarray[Any, Any]
Kind = Literal["contract", "continuous", "stock", "index", "adjusted", "other"]
_STOCK_EXCHANGES = ("SSE", "SZSE", "BSE")
EXCHANGES = (*_STOCK_EXCHANGES, "CFFEX", "SHFE", "DCE", "CZCE", "INE", "GFEX")
_NUMBERS = ("open", "high", "low", "close", "settle", "volume", "amount", "open_interest")
_ALIASES = {
    "settlement": "settle",
    "turnover": "amount",
    "money": "amount",
    "vol": "volume",
    "hold": "open_interest",
}
_CONTINUOUS = re.compile(r"(?P<product>[A-Z]{1,2})\.(?P<rule>HOT|2ND)")
_STOCK = re.compile(r"(?:(?:STK|IDX|INDEX)\.)?(?P<number>[0-9]{6})(?P<adjusted>[QH+-]?)")


@dataclass(frozen=True)
class Series:
    """One file of daily bars.

    Attributes
    ----------
    path
        The file.
    name
        ``CFFEX.IF.HOT``, ``SSE.600000``.
    kind
        What it holds.
    code
        Our code of a contract, stock or index; the product of a continuous series.
    rule
        HOT (most traded) or 2ND (second most) of a continuous series.
    """

    path: Path
    name: str
    kind: Kind
    code: str = ""
    rule: str = ""


def daily_files(source: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files of daily bars and the names of their series, CSV before binary ones."""
    roots = [root for root in (source, source / "storage") if root.is_dir()]
    for suffix in (".csv", ".dsb"):
        for root in roots:
            for folder in (root, root / "csv", root / "bin"):
                for path in sorted(folder.glob(f"*_d{suffix}")):
                    yield path, path.stem.removesuffix("_d")
    for root in roots:
        for exchange in EXCHANGES:
            for folder in (root / "his" / "day" / exchange, root / "day" / exchange):
                for path in sorted(folder.glob("*.dsb")):
                    name = path.stem.replace("_", ".")
                    yield path, name if name.startswith(f"{exchange}.") else f"{exchange}.{name}"


def series_of(path: Path, name: str) -> Series:
    """Return what a series is by its name.

    >>> series_of(Path("x"), "CFFEX.IF.2406").code, series_of(Path("x"), "SSE.600000Q").kind
    ('IF2406', 'adjusted')
    """
    exchange, _, rest = name.partition(".")
    if exchange == "CFFEX":
        return _future(path, name, rest)
    match = _STOCK.fullmatch(rest)
    if exchange not in _STOCK_EXCHANGES or not match:
        return Series(path, name, "other")
    code = Code(f"{match['number']}.{exchange}").stock()
    if not (Code(code).is_stock or Code(code).is_index):
        return Series(path, name, "other")
    if match["adjusted"]:
        return Series(path, name, "adjusted", code)
    return Series(path, name, "stock" if Code(code).is_stock else "index", code)


def _future(path: Path, name: str, rest: str) -> Series:
    match = _CONTINUOUS.fullmatch(rest)
    if match:
        return Series(path, name, "continuous", match["product"], match["rule"])
    try:
        contract = Code(rest.rstrip("+-")).contract()
    except DataError:
        return Series(path, name, "other")
    if contract is None or rest.endswith(("+", "-")):
        return Series(path, name, "adjusted")
    return Series(path, name, "contract", contract)


def rule_file(source: Path, *names: str) -> Path | None:
    """Return a rule file by one of its names, beside the data or in `common`."""
    for folder in (source, source / "common", source / "storage", source / "csv"):
        for name in names:
            if (folder / name).is_file():
                return folder / name
    return None


def read_series(path: Path) -> pa.Table:
    """Return date and numbers of a file; what it does not hold is NaN, settlements of 0 too.

    Raises
    ------
    DataError
        The file is damaged, or a column or a day is missing.
    """
    table = read_blocks(path) if path.suffix == ".dsb" else _with_plain_names(path)
    days = as_dates(column_of(table, path, "date"), f"{path}: date")
    if days.null_count:
        raise DataError(f"{path}: {days.null_count} rows have no date")
    columns: dict[str, Any] = {"date": days}
    for name in _NUMBERS:
        if name in table.column_names:
            column = as_numbers(column_of(table, path, name), f"{path}: {name}")
            columns[name] = column.fill_null(np.nan)
        elif name in ("open", "high", "low", "close", "volume"):
            column_of(table, path, name)  # says which columns there are
        else:
            columns[name] = pa.array(np.full(table.num_rows, np.nan))
    settle = columns["settle"].to_numpy()
    columns["settle"] = pa.array(np.where(settle == 0, np.nan, settle))
    return pa.table(columns).sort_by("date")


def _with_plain_names(path: Path) -> pa.Table:
    table = read_file(path)
    names = [name.strip().strip("<>").lower() for name in table.column_names]
    names = [_ALIASES.get(name, name) for name in names]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise DataError(f"{path}: column '{doubled[0]}' is there twice; keep one")
    return table.rename_columns(names)
