"""Compare an imported market with the one it was exported from, table by table."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from quanthedge.market.checks import Collector
from quanthedge.market.schema import TABLES
from quanthedge.market.writer import NewDataset


def imported(layout, source, target):
    """Import with one layout module; return the tables as frames by name, and the report."""
    collector = Collector()
    found = layout.read(source, collector)
    report = NewDataset(target, "m", "s").write(found.tables, found.bars, collector=collector)
    frames = {path.stem: pq.read_table(path).to_pandas() for path in target.glob("*.parquet")}
    return frames, report


def texts(report, level="info"):
    return "\n".join(finding.text for finding in report.of(level))


def differences(original, found):
    """What differs: by table, "absent", "rows", or the names of the columns that differ."""
    told = {}
    for name, schema in TABLES.items():
        if name not in original and name not in found:
            continue
        if name not in found or name not in original:
            told[name] = "absent" if name not in found else "added"
            continue
        told_by_both = schema.among(original[name].columns.intersection(found[name].columns))
        keys = list(schema.key)
        one, two = (_ordered(frame, told_by_both) for frame in (original[name], found[name]))
        if len(one) != len(two) or not one[keys].equals(two[keys]):
            told[name] = "rows"
            continue
        columns = {
            column.name
            for column in told_by_both.columns
            if not _equal(one[column.name], two[column.name])
        }
        if columns:
            told[name] = columns
    return told


def _ordered(frame, schema):
    frame = frame.copy()
    for column in schema.columns:
        if column.kind == "date":
            frame[column.name] = pd.to_datetime(frame[column.name]).astype("datetime64[s]")
        elif column.kind in ("text", "label"):
            frame[column.name] = frame[column.name].astype(str)
    return frame.sort_values(list(schema.key), na_position="first").reset_index(drop=True)


def _equal(one, two):
    if one.dtype.kind == "f":
        return np.allclose(one, two, rtol=1e-12, atol=1e-12, equal_nan=True)
    return one.equals(two)
