"""Bring a table into the documented columns and types, or say exactly why that cannot be."""

import difflib

import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.market.checks.findings import Collector
from quanthedge.market.checks.rows import row_names
from quanthedge.market.days import shanghai_days
from quanthedge.market.schema import Column, TableSchema

__all__ = ["conform"]

_EARLIEST, LATEST = -25_567, 84_005  # 1900-01-01 and 2199-12-31, in days from 1970-01-01
_ACCEPTED = {
    "text": "text",
    "label": "text",
    "date": "a date (or a timestamp at midnight, or one with its zone)",
    "number": "a number",
    "flag": "true/false",
}


def conform(table: pa.Table, schema: TableSchema, collector: Collector) -> pa.Table | None:
    """Return `table` with the schema's columns, order and types; None after an error.

    Columns that may be absent stay out when the table lacks them. Columns beyond the schema are
    left out and named in the report. Integers and 32-bit floats become doubles, null numbers NaN
    (where a number may be undefined).
    """
    if not _columns_present(table, schema, collector):
        return None
    schema = schema.among(table.column_names)
    columns = [_convert(table, column, schema, collector) for column in schema.columns]
    if any(column is None for column in columns):
        return None
    return pa.Table.from_arrays(columns, schema=schema.arrow)


def _columns_present(table: pa.Table, schema: TableSchema, collector: Collector) -> bool:
    wanted, found = schema.column_names, table.column_names
    missing = [name for name in schema.among(found).column_names if name not in found]
    extra = [name for name in found if name not in wanted]
    doubled = sorted({name for name in found if found.count(name) > 1 and name in wanted})
    for name in doubled:
        collector.add("error", schema.name, f"column twice: {name}", 0, f"column '{name}' twice")
    for name in missing:
        near = difflib.get_close_matches(name, extra, 1, 0.6)
        hint = f"found '{near[0]}', expected '{name}'" if near else f"found {', '.join(found)}"
        extra = [other for other in extra if other not in near]
        text = f"column '{name}' is missing ({hint})"
        cure = "name the columns as docs/dataset.md says"
        collector.add("error", schema.name, f"missing column: {name}", 0, text, cure=cure)
    if extra and not missing:
        text = f"columns not part of the schema, not stored: {', '.join(extra)}"
        collector.add("info", schema.name, "extra columns", 0, text)
    return not missing and not doubled


def _convert(
    table: pa.Table, column: Column, schema: TableSchema, collector: Collector
) -> pa.ChunkedArray | None:
    values = table.column(column.name)
    try:
        values = _cast(values, column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as problem:
        what = f"column '{column.name}' is {table.column(column.name).type}"
        reason = str(problem).splitlines()[0][:120]
        cure = f"expected {_ACCEPTED[column.kind]} ({reason})"
        collector.add("error", schema.name, f"type: {column.name}", 0, what, cure=cure)
        return None
    if column.kind == "date" and (strange := _out_of_range(values)):
        what = f"have a {column.name} before 1900 or after 2199"
        cure = "fix the source, or leave the field empty where there is no such day"
        collector.add("error", schema.name, f"range: {column.name}", strange, what, cure=cure)
        return None
    if values.null_count == 0:
        return values
    if not column.nullable:
        empty = pc.is_null(values)
        examples = row_names(table.filter(empty).slice(0, 5), schema)
        what = f"have no {column.name}"
        collector.add(
            "error", schema.name, f"null: {column.name}", values.null_count, what, examples,
            cure="fill it in the source or remove the row",
        )  # fmt: skip
        return None
    return values.fill_null(float("nan")) if column.kind == "number" else values


def _cast(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    kind, found = column.kind, values.type
    if kind == "label":
        if pa.types.is_dictionary(found):
            return values.cast(column.arrow.type)
        return _text(values).dictionary_encode().cast(column.arrow.type)
    if kind == "text":
        return _text(values)
    if kind == "flag" and not pa.types.is_boolean(found):
        raise pa.ArrowTypeError("only true and false are accepted")
    if kind == "number" and not (_is_number(found) or pa.types.is_null(found)):
        raise pa.ArrowTypeError("text is not turned into numbers")
    if kind == "date" and not (pa.types.is_temporal(found) or pa.types.is_null(found)):
        raise pa.ArrowTypeError("text and numbers are not turned into dates")
    if kind == "date" and pa.types.is_timestamp(found) and found.tz is not None:
        values = pa.chunked_array([shanghai_days(values)])
    return values.cast(column.arrow.type)


def _out_of_range(dates: pa.ChunkedArray) -> int:
    """Count dates that no market has seen, which neither numpy nor Python can all write."""
    days = dates.cast(pa.int32())
    strange = pc.or_(pc.less(days, _EARLIEST), pc.greater(days, LATEST))
    return int(pc.sum(strange).as_py() or 0)


def _is_number(found: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(found) or pa.types.is_floating(found) or pa.types.is_decimal(found)
    )


def _text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    found = values.type
    if pa.types.is_dictionary(found):
        values = values.cast(found.value_type)
    elif not (pa.types.is_string(found) or pa.types.is_large_string(found)):
        raise pa.ArrowTypeError("only text is accepted")
    return values.cast(pa.string())
