"""Join one company's two codes: its bars, and what every table knows under either code.

A change of code leaves a company with two histories in many vendors' data: the new code is
back-filled with the old one's bars. Kept apart it counts twice in every cross-section, and a fund
buys it twice. One code stays for the whole history, because a holding that the change of code ends
would be an invention of the data; which one, the report and every run's assumptions say.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import TABLES, Double, whole_stocks
from quanthedge.market.checks import Collector
from quanthedge.sources.source import News

__all__ = [
    "chosen",
    "joined_bars_of_doubles",
    "joined_news",
    "joined_tables",
    "joins_said",
    "say_joins",
]

Array = np.ndarray[Any, Any]
_FAR = pd.Timestamp("2199-12-31")
ONE_DAY = pd.Timedelta(1, "D")
_SAME_LEVEL = 1e-6  # of two factors that a source keeps in 32 bits
_SAID = re.compile(r"stocks: (?P<kept>\S+) stands for (?P<dropped>\S+) too\b")


def chosen(
    found: Sequence[Double], keep: Sequence[str], tables: Mapping[str, pa.Table]
) -> dict[str, str]:
    """Return the code to keep by each code to drop.

    Parameters
    ----------
    found
        Pairs of codes with equal bars.
    keep
        Codes that the user wants to keep.
    tables
        The source's tables, to tell between codes that both reach the data's end.

    Notes
    -----
    Where the user names none, the code stays whose bars reach further: it is the one under which
    the company can still be traded. Of two that end on the same day the one that an index's list of
    members holds at the end stays, else the lower one. Pairs that are equal on a part of their
    common days only are not joined unless the user names one.

    Raises
    ------
    DataError
        A code to keep is in no pair, or both codes of a pair are to be kept.
    """
    words = [word.strip().upper() for word in keep]
    in_pairs = {code for double in found for code in double.codes}
    unknown = [word for word in words if word not in in_pairs]
    if unknown:
        pairs = "; ".join(str(double) for double in found) or "none"
        raise DataError(
            f"--keep-code {unknown[0]}: no other stock has its bars; codes with equal bars: {pairs}"
        )
    joins: dict[str, str] = {}
    for double in found:
        wanted = [code for code in double.codes if code in words]
        if len(wanted) == 2:
            raise DataError(
                f"--keep-code {' and '.join(wanted)}: they are one company (equal bars on "
                f"{double.equal:,} days); keep one, or all pairs with --keep-doubles"
            )
        if wanted or double.sure:
            kept = wanted[0] if wanted else _better(double, tables)
            joins[next(code for code in double.codes if code != kept)] = kept
    return {dropped: _root(kept, joins) for dropped, kept in joins.items()}


def _root(code: str, joins: Mapping[str, str]) -> str:
    for _ in joins:
        code = joins.get(code, code)
    return code


def _better(double: Double, tables: Mapping[str, pa.Table]) -> str:
    if double.last[0] != double.last[1]:
        return double.codes[0] if double.last[0] > double.last[1] else double.codes[1]
    members = [_last_member_day(code, tables.get("index_members")) for code in double.codes]
    return double.codes[1] if members[1] > members[0] else double.codes[0]


def _last_member_day(code: str, members: pa.Table | None) -> Any:
    if members is None:
        return pd.Timestamp.min
    end = members.filter(pc.equal(members["code"], code))["end"].to_pandas(date_as_object=False)
    return end.fillna(_FAR).max() if len(end) else pd.Timestamp.min


def say_joins(found: Sequence[Double], joins: Mapping[str, str], collector: Collector) -> None:
    """Report which code stands for which; the manifest keeps it, and every run prints it."""
    for dropped, kept in joins.items():
        pair = tuple(sorted((dropped, kept)))
        double = next((one for one in found if one.codes == pair), None)
        why = f": equal bars on {double.equal:,} days" if double else ""
        if double:
            why += f", {double.span[0]} to {double.span[1]}"
        collector.assume("stocks", f"{kept} stands for {dropped} too (one company{why})")


def joins_said(assumptions: Iterable[str]) -> dict[str, str]:
    """Return the code kept by each code dropped, from a dataset's assumptions."""
    matches = (_SAID.match(text) for text in assumptions)
    return {match["dropped"]: match["kept"] for match in matches if match}


def joined_tables(
    tables: Mapping[str, pa.Table], joins: Mapping[str, str], collector: Collector
) -> dict[str, pa.Table]:
    """Return the tables with every company under one code; what is left out is counted.

    What the kept code has is taken as it is. Of the dropped code come: spells of names and
    industries for days that the kept one has none; memberships of an index on all days; figures
    known before the kept one's first or after its last of the item; rows of other keys.
    """
    result = dict(tables)
    for name, table in tables.items():
        if "code" in table.column_names:
            result[name] = _joined_table(name, table, joins, collector)
    return result


def _joined_table(
    name: str, table: pa.Table, joins: Mapping[str, str], collector: Collector
) -> pa.Table:
    codes = table["code"].cast(pa.string())
    dropped = pc.is_in(codes, pa.array(list(joins), pa.string()))
    if not pc.any(dropped).as_py():
        return table
    touched = pc.is_in(codes, pa.array([*joins, *joins.values()], pa.string()))
    frame = table.filter(touched).to_pandas(date_as_object=False)
    frame["code"] = frame["code"].astype(str)
    old = frame[frame["code"].isin(joins)].assign(code=lambda f: f["code"].map(joins))
    kept = frame[~frame["code"].isin(joins)]
    if name == "stocks":
        merged = _listing(kept, old)
        _tell(collector, name, 0, len(old), "the kept code has a row")
    else:
        how = _members if "index_code" in frame and "start" in frame else _rows
        how = _spells if "index_code" not in frame and {"start", "end"} <= set(frame) else how
        merged = how(name, kept, old)
        added = len(merged) - len(kept)
        _tell(collector, name, max(added, 0), len(old) - max(added, 0), "the kept code has them")
    back = pa.Table.from_pandas(
        merged[list(table.column_names)], schema=_loose(table.schema), preserve_index=False
    )
    rest = table.filter(pc.invert(touched))
    return pa.concat_tables([rest.cast(_loose(table.schema)), back])


def _loose(schema: pa.Schema) -> pa.Schema:
    """Return a schema with plain texts and nullable columns."""
    return pa.schema(
        [
            pa.field(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type)
            for f in schema
        ]
    )


def _tell(collector: Collector, name: str, taken: int, left: int, why: str) -> None:
    if taken:
        what = "of dropped codes joined to the kept ones"
        collector.add("info", name, "one company", taken, what)
    if left:
        what = f"of dropped codes left out ({why})"
        collector.add("info", name, "one company", left, what)


def joined_news(news: News, joins: Mapping[str, str]) -> News:
    """Return what a source says beside its tables, with every company under its one code."""
    spans = news.spans
    if spans is not None:
        codes = [joins.get(code, code) for code in spans["code"].to_pylist()]
        spans = spans.set_column(0, "code", pa.array(codes, pa.string())).group_by("code")
        spans = spans.aggregate([("first", "min"), ("last", "max")])
        spans = spans.rename_columns(["code", "first", "last"]).sort_by("code")
    return replace(
        news,
        spans=spans,
        listing=_joined_list(news.listing, joins, "delist_date"),
        last_days=_joined_list(news.last_days, joins, "last_day"),
    )


def _joined_list(table: pa.Table | None, joins: Mapping[str, str], last: str) -> pa.Table | None:
    if table is None:
        return None
    frame = table.to_pandas(date_as_object=False)
    gone = frame["code"].isin(joins)
    old = frame[gone].assign(code=lambda f: f["code"].map(joins))
    merged = _listing(frame[~gone], old, last)[list(table.column_names)]
    return pa.Table.from_pandas(merged, schema=_loose(table.schema), preserve_index=False)


def _listing(kept: pd.DataFrame, old: pd.DataFrame, end: str = "delist_date") -> pd.DataFrame:
    """Return the kept codes' rows, listed from the earlier day to the later one."""
    if old.empty:
        return kept
    first = old.groupby("code")["list_date"].min()
    last = old.assign(last=old[end].fillna(_FAR)).groupby("code")["last"].max()
    mine, theirs = kept[end].fillna(_FAR), kept["code"].map(last)
    later = mine.where(~(theirs > mine), theirs)
    kept = kept.assign(**{end: later.where(later < _FAR)})
    earlier = kept["code"].map(first)
    list_date = kept["list_date"].where(~(earlier < kept["list_date"]), earlier)
    alone = old[~old["code"].isin(kept["code"])].drop_duplicates("code")
    return pd.concat([kept.assign(list_date=list_date), alone])


def _rows(name: str, kept: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Add rows of keys that the kept code does not have."""
    if name == "fundamentals":
        span = kept.groupby(["code", "item"])["known_date"].agg(["min", "max"]).reset_index()
        place = old.merge(span, on=["code", "item"], how="left")
        outside = place["min"].isna() | (place["known_date"] < place["min"])
        outside |= place["known_date"] > place["max"]
        return pd.concat([kept, old[outside.to_numpy()]])
    key = list(TABLES[name].key) if name in TABLES else list(kept.columns)
    joined = pd.concat([kept, old])
    return joined.drop_duplicates(key, keep="first")


def _members(name: str, kept: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Join memberships that meet or overlap."""
    rows = pd.concat([kept, old])
    rows = rows.assign(stop=rows["end"].fillna(_FAR) + ONE_DAY)
    key = ["index_code", "code"]
    rows = rows.sort_values([*key, "start"], kind="stable")
    groups = [rows[column] for column in key]
    reach = rows.groupby(key)["stop"].cummax().groupby(groups).shift()
    block = (reach.isna() | (rows["start"] > reach)).cumsum()
    first = rows.groupby(block).first()
    stop = rows.groupby(block)["stop"].max()
    return first.assign(end=(stop - ONE_DAY).where(stop <= _FAR))[list(kept.columns)]


def _spells(name: str, kept: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Add the dropped code's spells on days on which the kept one has none."""
    added = []
    for record in old.to_dict("records"):
        mine = kept[kept["code"] == record["code"]].sort_values("start")
        begin, stop = record["start"], pd.Timestamp(record["end"]) if _known(record) else _FAR
        for taken in mine.itertuples():
            last = _FAR if pd.isna(taken.end) else taken.end
            if last < begin or taken.start > stop:
                continue
            if taken.start > begin:
                added.append({**record, "start": begin, "end": taken.start - ONE_DAY})
            begin = last + ONE_DAY
        if begin <= stop and begin <= _FAR:
            added.append({**record, "start": begin, "end": record["end"]})
    more = pd.DataFrame(added, columns=kept.columns).astype(kept.dtypes.to_dict())
    return pd.concat([kept, more]) if added else kept


def _known(record: Mapping[Any, Any]) -> bool:
    return not pd.isna(record["end"])


def joined_bars_of_doubles(
    bars: Iterable[pa.Table],
    joins: Mapping[str, str],
    extra: Mapping[str, pa.Table],
    collector: Collector,
) -> Iterator[pa.Table]:
    """Yield the bars with every company under its kept code.

    Parameters
    ----------
    bars
        Pieces sorted by code and date.
    joins
        Code kept by code dropped.
    extra
        Bars of dropped codes by the code kept, for the days on which that one has none; empty when
        there are no such days.
    collector
        Told how many bars were joined and left out.
    """
    gone = pa.array(list(joins), pa.string())
    waiting = dict(sorted(extra.items()))
    for piece in whole_stocks(_coded(bars)):
        codes = piece["code"].cast(pa.string())
        dropped = pc.is_in(codes, gone)
        count = pc.sum(dropped).as_py() or 0
        table = piece.filter(pc.invert(dropped)) if count else piece
        joined = 0
        if waiting and table.num_rows:
            last = table["code"][-1].as_py()
            ready = [code for code in waiting if code <= last]
            for code in ready:
                table, more = _with_extra(table, code, waiting.pop(code))
                joined += more
        _tell(collector, "stock_daily", joined, max(count - joined, 0), "the kept code has the day")
        yield table
    if waiting:
        for code, rows in waiting.items():
            yield _renamed(rows, code)


def _coded(bars: Iterable[pa.Table]) -> Iterator[pa.Table]:
    for piece in bars:
        code = piece["code"]
        if not pa.types.is_dictionary(code.type):
            code = code.cast(pa.string()).dictionary_encode()
        place = piece.column_names.index("code")
        yield piece.set_column(place, "code", code.cast(pa.dictionary(pa.int32(), pa.string())))


def _renamed(rows: pa.Table, code: str) -> pa.Table:
    place = rows.column_names.index("code")
    words = pa.array([code] * rows.num_rows, pa.string()).dictionary_encode()
    return rows.set_column(place, "code", words.cast(pa.dictionary(pa.int32(), pa.string())))


def _with_extra(table: pa.Table, code: str, extra: pa.Table) -> tuple[pa.Table, int]:
    """Put another code's bars into a table, on the days on which the code has none."""
    codes = table["code"].cast(pa.string())
    own = table.filter(pc.equal(codes, code))
    fresh = pc.invert(pc.is_in(extra["date"], own["date"].combine_chunks()))
    rows = _renamed(extra, code)
    common = rows.filter(pc.invert(fresh))
    rows = rows.filter(fresh)
    if rows.num_rows and common.num_rows and "adj_factor" in rows.column_names:
        day = common["date"][0]
        mine = own.filter(pc.equal(own["date"], day))["adj_factor"][0].as_py()
        level = mine / common["adj_factor"][0].as_py()
        place = rows.column_names.index("adj_factor")
        if abs(level - 1) > _SAME_LEVEL:
            scaled = pc.multiply(rows["adj_factor"].cast(pa.float64()), level)
            field = rows.schema.field(place)
            rows = rows.set_column(place, field, scaled.cast(field.type))
    whole = pa.concat_tables([table, rows.select(table.column_names).cast(table.schema)])
    whole = whole.unify_dictionaries().combine_chunks()
    names = whole["code"].cast(pa.string())
    order = pc.sort_indices(
        pa.table({"code": names, "date": whole["date"]}),
        sort_keys=[("code", "ascending"), ("date", "ascending")],
    )
    return whole.take(order), rows.num_rows
