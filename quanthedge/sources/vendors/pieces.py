"""Read one file of a vendor's table into our columns; codes stay as the vendor writes them."""

import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import Code
from quanthedge.sources.files import (
    as_dates,
    as_flags,
    as_numbers,
    as_texts,
    column_of,
    read_file,
)
from quanthedge.sources.vendors.columns import MEANINGS, Field, VendorTable

__all__ = ["ARROW", "CODES", "Convert", "piece_of", "plain_convert"]

CODES = ("stock", "index", "contract", "security")
ARROW: dict[str, pa.DataType] = {
    **dict.fromkeys((*CODES, "text"), pa.string()),
    "date": pa.date32(),
    "number": pa.float64(),
    "flag": pa.bool_(),
}
_ADJUSTED = re.compile(r"(?:^|[_./\-])(qfq|hfq)(?=$|[_./\-])", re.IGNORECASE)
_ADJUST_WORDS = {"none|raw|3|不复权": "", "post|1|后复权": "hfq", "pre|2|前复权": "qfq"}
_NAME_WORDS = re.compile(r"(?:[_\-](?:qfq|hfq|daily|day|1d|none|raw))+$", re.IGNORECASE)
_NO_DATES = pa.array(["--", "-", "0", "0000-00-00"])
Convert = Callable[[pa.Array, Field, str], pa.Array]


def piece_of(
    path: Path, source: Path, table: VendorTable, convert: Convert
) -> tuple[dict[str, pa.Array], int]:
    """Return one file's columns under our names, and its number of rows."""
    kept = [name for f in table.fields if f.kind in (*CODES, "text") for name in f.found]
    found = read_file(path, kept)
    columns: dict[str, pa.Array] = {}
    for field in table.fields:
        theirs = next((name for name in field.found if name in found.column_names), None)
        if theirs is not None:
            column = column_of(found, path, theirs)
            values = _converted(column, field, f"{path}: column '{theirs}'", convert)
            if field.name == "date" and values.null_count:
                raise DataError(f"{path}: column '{theirs}': {values.null_count} rows have no date")
            columns[field.name] = values
        elif field.name == table.named:
            word = _code_in_name(path, source, field)
            values = pa.array([word] * found.num_rows, pa.string())
            if field.kind == "date":
                values = _converted(values, field, str(path), convert)
            columns[field.name] = values
        elif field.needed:
            names = ", ".join(map(str, found.column_names))[:300]
            raise DataError(f"{path}: column '{field.found[0]}' is missing (found {names})")
    if table.adjusted:
        columns["adjust"] = _adjustment(columns.get("adjust"), path, source, found.num_rows)
    return columns, found.num_rows


def _converted(column: pa.Array, field: Field, where: str, convert: Convert) -> pa.Array:
    try:
        return convert(column, field, where)
    except (pa.ArrowException, OverflowError) as problem:
        reason = (str(problem).splitlines() or [type(problem).__name__])[0][:120]
        raise DataError(f"{where}: {reason}; accepted: {field.kind}") from problem


def plain_convert(column: pa.Array, field: Field, where: str) -> pa.Array:
    """Return one column of a file in the type and unit of its field."""
    if field.kind == "date":
        if pa.types.is_string(column.type):
            column = pc.if_else(pc.is_in(column, _NO_DATES), None, column)
        return as_dates(column, where)
    if field.kind == "number":
        values = as_numbers(column, where)
        return values if field.factor == 1 else pc.multiply(values, float(field.factor))
    if field.kind == "flag":
        return as_flags(column, where)
    if pa.types.is_floating(column.type):  # whole numbers that stood beside empty cells
        column = pc.cast(column, pa.int64(), safe=False)
    return as_texts(column, where)


_DAY = re.compile(r"(19|20)\d{2}-?\d{2}-?\d{2}")


def _code_in_name(path: Path, source: Path, field: Field) -> str:
    """Return the code in a file's name, or in its folder's: 600000_hfq.csv, 000300.XSHG/1.csv.

    A field of dates is a day in the name: 20150630.csv.
    """
    inside = path.relative_to(source).with_suffix("")
    for part in reversed(inside.parts):
        word = _NAME_WORDS.sub("", part)
        if field.kind == "date":
            if _DAY.fullmatch(part):
                return part
            continue
        try:
            MEANINGS[field.kind](Code(word))
        except DataError:
            continue
        return word
    raise DataError(
        f"{path}: has no column '{field.found[0] if field.found else field.name}' and no code in "
        "its name; accepted: a column, or a file for each code such as 600000.SH.csv"
    )


def _adjustment(said: pa.Array | None, path: Path, source: Path, rows: int) -> pa.Array:
    """Return "", "qfq" or "hfq" for each row, from the table's column or the file's name."""
    if said is not None:
        words = pc.utf8_lower(pc.fill_null(said, ""))
        for pattern, meaning in _ADJUST_WORDS.items():
            words = pc.replace_substring_regex(words, f"^({pattern})$", meaning)
        return words
    inside = path.relative_to(source).as_posix()
    marks = {match.lower() for match in _ADJUSTED.findall(inside.removesuffix(path.suffix))}
    if len(marks) > 1:
        raise DataError(f"{path}: is named both qfq and hfq; name it after what it holds")
    return pa.array([*marks, ""][:1] * rows, pa.string())
