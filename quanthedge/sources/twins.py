"""One index under two codes: CSI's and Shenzhen's names of the same index are joined.

Shenzhen publishes some of CSI's indices under numbers of its own (399300 is 000300), and vendors
mix both. Every layout's tables pass here; the rows of both names become one index in order of
time, equal ones are counted once, and a day on which the two say different things is an error.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market import TABLES, Code
from quanthedge.market.checks import Collector

__all__ = ["one_index", "one_index_of_lists", "with_one_index"]

Array = np.ndarray[Any, Any]
_SAME_VALUE = 1e-5  # of an index's value: vendors round to two, three or four digits
_FAR = pd.Timestamp("2199-12-31")
ONE_DAY = pd.Timedelta(1, "D")
PRICES = ("open", "high", "low", "close")


def with_one_index(tables: Mapping[str, pa.Table], collector: Collector) -> dict[str, pa.Table]:
    """Return a source's tables in which every index has one code."""
    joined = dict(tables)
    for name, table in tables.items():
        owner = _owner(name, table)
        if owner is not None:
            joined[name] = one_index(table, owner, name, collector)
    return joined


def _owner(name: str, table: pa.Table) -> str | None:
    """Return the column of a table that names indices; None when it names none."""
    if "index_code" in table.column_names:
        return "index_code"
    index_table = name in TABLES and name.startswith(("index_", "industry_index"))
    return "code" if index_table and "code" in table.column_names else None


def one_index(table: pa.Table, owner: str, name: str, collector: Collector) -> pa.Table:
    """Return a table of rows by day, or of spells, in which every index has one code.

    Raises
    ------
    DataError
        The two codes of an index say different things of the same day.
    """
    found = _under_one_code(table, owner, name, collector)
    if found is None:
        return table
    frame, twin = found
    spells = {"start", "end"} <= set(table.column_names)
    joined = _joined_spells(frame, twin, owner) if spells else _joined_rows(frame, twin, name)
    order = [column for column in (*_key(name), owner) if column in joined.columns]
    joined = joined.sort_values(order, kind="stable")
    return pa.Table.from_pandas(joined, schema=table.schema, preserve_index=False)


def one_index_of_lists(table: pa.Table, owner: str, name: str, collector: Collector) -> pa.Table:
    """Return lists of members as of some days in which every index has one code.

    Raises
    ------
    DataError
        The lists of one day under the two codes differ.
    """
    found = _under_one_code(table, owner, name, collector)
    if found is None:
        return table
    frame, twin = found
    ours, theirs = (frame[side][[owner, "date"]].drop_duplicates() for side in (~twin, twin))
    both = ours.merge(theirs, on=[owner, "date"])
    if len(both):
        key = [owner, "date", "code"]
        sides = [part[key].merge(both, on=[owner, "date"]) for part in (frame[~twin], frame[twin])]
        only = sides[0].merge(sides[1], on=key, how="outer", indicator=True)
        only = only[only["_merge"] != "both"].sort_values(key)
        if len(only):
            row = only.iloc[0]
            raise DataError(
                f"{name}: {row[owner]} and its other code have different lists on "
                f"{row['date']:%Y-%m-%d}: {row['code']} is in one of them only; keep the right one"
            )
    frame = frame.drop_duplicates([owner, "date", "code"])
    return pa.Table.from_pandas(frame, schema=table.schema, preserve_index=False)


def _under_one_code(
    table: pa.Table, owner: str, name: str, collector: Collector
) -> tuple[pd.DataFrame, pd.Series] | None:
    """Return the rows with one code for each index, and which had the other; None: no index has.

    What is done is told.
    """
    twins = _twins_in(table, owner)
    if not twins:
        return None
    _say(twins, name, collector)
    frame = table.to_pandas(date_as_object=False)
    twin = frame[owner].isin(twins)
    frame[owner] = frame[owner].replace(twins)
    return frame, twin


def _twins_in(table: pa.Table, owner: str) -> dict[str, str]:
    words = table[owner].combine_chunks().dictionary_encode().dictionary.to_pylist()
    return {word: Code.TWINS[word] for word in sorted(filter(None, words)) if word in Code.TWINS}


def _say(twins: Mapping[str, str], name: str, collector: Collector) -> None:
    said = ", ".join(f"{twin} called {code}" for twin, code in twins.items())
    collector.add("info", name, "same index", 0, f"the same index under two codes: {said}")


def _key(name: str) -> list[str]:
    return list(TABLES[name].key) if name in TABLES else []


def _joined_rows(frame: pd.DataFrame, twin: pd.Series, name: str) -> pd.DataFrame:
    """Join rows of a key; where both codes have one, CSI's own stays if the values agree."""
    key = [column for column in _key(name) if column in frame.columns]
    rows = frame.assign(twin=twin.to_numpy())
    ours, theirs = rows[~rows["twin"]], rows[rows["twin"]]
    both = ours.merge(theirs, on=key, suffixes=("", " twin"))
    values = [column for column in frame.columns if column not in key]
    judged = [column for column in values if column in PRICES] or values
    for column in judged:
        one, two = both[column], both[f"{column} twin"]
        apart = ~((one == two) | one.isna() | two.isna())
        if one.dtype.kind == "f":
            apart &= (one - two).abs() > _SAME_VALUE * one.abs()
        if apart.any():
            row = both[apart].iloc[0]
            raise DataError(
                f"{name}: {' '.join(_written(row[k]) for k in key)} has the {column} "
                f"{row[column]} under one code and {row[f'{column} twin']} under the other; "
                "keep the right one"
            )
    kept = theirs.merge(ours[key], on=key, how="left", indicator=True)
    kept = kept[kept["_merge"] == "left_only"]
    return pd.concat([ours, kept])[list(frame.columns)]


def _written(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def _joined_spells(frame: pd.DataFrame, twin: pd.Series, owner: str) -> pd.DataFrame:
    """Join spells of both codes of an index; on days that both cover they must agree."""
    rows = frame.assign(stop=frame["end"].fillna(_FAR) + ONE_DAY, twin=twin.to_numpy())
    parts = []
    for index, own in rows.groupby(owner, sort=False):
        sides = [own[~own["twin"]], own[own["twin"]]]
        both = all(len(side) for side in sides)
        if both:
            _agree(sides, str(index))
        parts.append(_merged(own, owner) if both else own)
    joined = pd.concat(parts)
    joined["end"] = (joined["stop"] - ONE_DAY).where(joined["stop"] <= _FAR)
    return joined[list(frame.columns)]


def _agree(sides: list[pd.DataFrame], index: str) -> None:
    begin = max(side["start"].min() for side in sides)
    stop = min(side["stop"].max() for side in sides)
    if begin >= stop:
        return
    spans = []
    for side in sides:
        inside = side[(side["start"] < stop) & (side["stop"] > begin)]
        inside = inside.assign(start=inside["start"].clip(lower=begin),
                               stop=inside["stop"].clip(upper=stop))  # fmt: skip
        merged = _merged(inside, None)
        starts, ends = _days(merged["start"]), _days(merged["stop"] - ONE_DAY)
        spans.append(set(zip(merged["code"], starts, ends, strict=True)))
    apart = sorted(spans[0] ^ spans[1])
    if apart:
        code, first, last = apart[0]
        raise DataError(
            f"index_members: {index} and its other code disagree: {code} is a member from {first} "
            f"to {last} in one of them only; keep the right one, or give the lists of members "
            "instead of spells"
        )


def _days(column: pd.Series) -> list[str]:
    return [str(day) for day in column.dt.strftime("%Y-%m-%d")]


def _merged(rows: pd.DataFrame, owner: str | None) -> pd.DataFrame:
    """Join a member's spells that meet or overlap."""
    key = [*([owner] if owner else []), "code"]
    rows = rows.sort_values([*key, "start"])
    reach = rows.groupby(key)["stop"].cummax().groupby([rows[k] for k in key]).shift()
    block = (reach.isna() | (rows["start"] > reach)).cumsum()
    first = rows.groupby(block).first()
    return first.assign(stop=rows.groupby(block)["stop"].max())
