"""`mapping.toml`: which files hold which of our tables, under which names and in which units."""

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from quanthedge.errors import DataError
from quanthedge.market import TABLES

__all__ = ["FILE", "TableMapping", "read_mapping"]

FILE = "mapping.toml"
_LARGEST_BYTES = 1_000_000
_UNITS: dict[str, dict[str, float]] = {
    "shares": {"shares": 1, "lots": 100, "thousand_shares": 1e3, "ten_thousand_shares": 1e4,
               "hundred_million_shares": 1e8},
    "yuan": {"yuan": 1, "thousand_yuan": 1e3, "ten_thousand_yuan": 1e4, "million_yuan": 1e6,
             "hundred_million_yuan": 1e8},
    "contracts": {"contracts": 1},
    "points": {"points": 1},
    "fraction": {"fraction": 1, "percent": 0.01, "basis_points": 1e-4},
    "fraction per year": {"fraction": 1, "percent": 0.01, "basis_points": 1e-4},
    "yuan per share": {"yuan": 1, "yuan_per_10_shares": 0.1},
    "shares per share": {"shares": 1, "shares_per_10_shares": 0.1},
}  # fmt: skip
_WIDE = ("stock_daily", "index_daily", "index_dividend_yield")
PRICES = ("open", "high", "low", "close", "pre_close")


class TableMapping(BaseModel):
    """How one of our tables is kept.

    Attributes
    ----------
    files
        Names or patterns (``daily/*.csv``) of its files inside the source folder.
    wide
        Instead of `files`: the file of each of our columns, a row per day and a column per code.
    code
        "column", or "file name" when each file is one code's (stock_daily, index_daily,
        futures_daily).
    columns
        Our column = the file's. Columns that are not named here are looked for under our names.
    constants
        Our column = one value for all rows (``index_code = "000300.SH"``).
    units
        Our column = the file's unit; ours when not named.
    percent
        Columns of fundamentals' values, rates or yields in percent: the same as the unit percent.
    prices
        "raw" (as traded), "backward_adjusted" or "forward_adjusted": then adj_factor is needed, and
        the traded price is the file's divided by it.
    adjusted_volume
        Whether the volume was divided by the factor as well.
    date_format
        How dates are written when it is not 2014-09-17 or 20140917, as in ``%d/%m/%Y``; of single
        columns as ``{period_end = "%Y"}``. A year alone is its last day.
    words
        Our text column = { the file's word = ours }; words that are not named stay as they are.
    ends
        "next row" in tables of spells without an `end`: each row of a stock lasts until the day
        before its next one, the last one is open.
    true, false
        The words that mean yes and no in flags, beside true, false, 1 and 0.
    no_factor
        Why prices without pre_close, adj_factor and corporate_actions may be read all the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: str | list[str] | None = None
    wide: dict[str, str] = Field(default_factory=dict)
    code: Literal["column", "file name"] = "column"
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str | int | float | bool] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    percent: list[str] = Field(default_factory=list)
    prices: Literal["raw", "backward_adjusted", "forward_adjusted"] = "raw"
    adjusted_volume: bool = False
    date_format: str | dict[str, str] | None = None
    words: dict[str, dict[str, str]] = Field(default_factory=dict)
    ends: Literal["column", "next row"] = "column"
    true: list[str] = Field(default_factory=list)
    false: list[str] = Field(default_factory=list)
    no_factor: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "TableMapping":
        if self.files == []:
            raise ValueError("`files` is an empty list; name at least one file or pattern")
        if (self.files is None) == (not self.wide):
            raise ValueError(
                "give `files` (rows) or `wide` (a file per column of ours), one of them"
            )
        if self.wide and (self.date_format or self.code != "column"):
            raise ValueError("wide files take no date_format and no code")
        if self.prices == "raw" and self.adjusted_volume:
            raise ValueError("adjusted_volume needs prices that are adjusted")
        return self

    @property
    def patterns(self) -> list[str]:
        """The names or patterns of the files as a list."""
        if self.files is None:
            return []
        return [self.files] if isinstance(self.files, str) else list(self.files)

    def written(self, column: str) -> str | None:
        """Return how the dates of one of our columns are written; None: as usual."""
        if isinstance(self.date_format, dict):
            return self.date_format.get(column)
        return self.date_format

    def factor(self, table: str, column: str) -> float:
        """Return what the file's number is multiplied with to be in our unit."""
        ours = next(c.unit for c in TABLES[table].columns if c.name == column)
        unit = "percent" if column in self.percent else self.units.get(column)
        if unit is None:
            return 1.0
        known = _UNITS.get(ours, _UNITS["yuan"] | _UNITS["fraction"])
        return float(known[unit])


def read_mapping(path: Path) -> dict[str, TableMapping]:
    """Return the mapping of each table.

    Raises
    ------
    DataError
        The file is no TOML, a table, column, unit or key does not exist (the nearest is named), or
        a path leads outside the folder.
    """
    if path.stat().st_size > _LARGEST_BYTES:
        raise DataError(
            f"{path}: is larger than {_LARGEST_BYTES:,} bytes; a mapping is a short text"
        )
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as problem:
        raise DataError(f"{path}: no TOML text ({problem})") from problem
    if not document:
        raise DataError(f"{path}: names no table; accepted: {', '.join(TABLES)}")
    mapping = {}
    for table, section in document.items():
        if table not in TABLES:
            raise DataError(f"{path}: no table '{table}'; {_nearest(table, TABLES)}")
        mapping[table] = _section(path, table, section)
    return mapping


def _section(path: Path, table: str, section: Any) -> TableMapping:
    try:
        mapping = TableMapping.model_validate(section)
    except ValidationError as problem:
        raise DataError(f"{path}: [{table}] {_explained(problem)}") from problem
    _check_names(path, table, mapping)
    for place in (*mapping.patterns, *mapping.wide.values()):
        if place.startswith(("/", "\\", "~")) or ".." in place or ":" in place:
            raise DataError(
                f"{path}: [{table}] '{place[:60]}' leads outside the folder; name files inside it"
            )
    return mapping


def _explained(problem: ValidationError) -> str:
    lines = []
    for item in problem.errors():
        name = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            lines.append(f"no key '{name}'; {_nearest(name, TableMapping.model_fields)}")
        else:
            lines.append(f"{name}: {item['msg']}" if name else item["msg"])
    return "; ".join(lines)


def _check_names(path: Path, table: str, mapping: TableMapping) -> None:
    ours = {column.name: column for column in TABLES[table].columns}
    formats = mapping.date_format if isinstance(mapping.date_format, dict) else {}
    named = (
        *mapping.columns, *mapping.constants, *mapping.units, *mapping.percent, *mapping.wide,
        *formats, *mapping.words,
    )  # fmt: skip
    for name in named:
        if name not in ours:
            raise DataError(f"{path}: [{table}] has no column '{name}'; {_nearest(name, ours)}")
    _check_kinds(path, table, mapping, formats)
    units = {**mapping.units, **dict.fromkeys(mapping.percent, "percent")}
    for name, unit in units.items():
        known = _UNITS.get(ours[name].unit, _UNITS["yuan"] | _UNITS["fraction"])
        if ours[name].kind != "number" or unit not in known:
            raise DataError(f"{path}: [{table}] units.{name}: no '{unit}'; {_nearest(unit, known)}")
    if mapping.wide and table not in _WIDE:
        raise DataError(f"{path}: [{table}] cannot be wide; accepted: {', '.join(_WIDE)}")
    if mapping.prices != "raw":
        factor = {**mapping.columns, **mapping.wide, **mapping.constants}
        if table != "stock_daily" or (mapping.wide and "adj_factor" not in factor):
            raise DataError(
                f"{path}: [{table}] adjusted prices are read for stock_daily only, with its "
                "adj_factor: without the factor nobody knows what was traded"
            )


def _check_kinds(path: Path, table: str, mapping: TableMapping, formats: dict[str, str]) -> None:
    """Refuse formats of what is no date, words of what is no text, ends of what is no spell."""
    kinds = {column.name: column.kind for column in TABLES[table].columns}
    for name in formats:
        if kinds[name] != "date":
            raise DataError(f"{path}: [{table}] date_format.{name}: {name} is no date")
    for name in mapping.words:
        if kinds[name] not in ("text", "label") or name in ("code", "index_code", "contract"):
            raise DataError(f"{path}: [{table}] words.{name}: {name} is no text with words")
    if mapping.ends == "next row":
        spells = [one for one in TABLES if {"start", "end"} <= set(TABLES[one].column_names)]
        if table not in spells:
            raise DataError(
                f"{path}: [{table}] ends: no table of spells; accepted: {', '.join(spells)}"
            )
        if "end" in mapping.columns or "end" in mapping.constants:
            raise DataError(f'{path}: [{table}] ends = "next row" beside a column `end`')


def _nearest(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word, list(known), 3, 0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"accepted: {', '.join(known)}"
