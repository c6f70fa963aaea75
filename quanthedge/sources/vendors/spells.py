"""Spells from what vendors keep instead: snapshots of members, starts, ends that overlap."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from quanthedge.market.checks import Collector
from quanthedge.sources.twins import one_index_of_lists
from quanthedge.sources.vendors.adjustment import with_column
from quanthedge.sources.vendors.keys import code_ranks, days_of, key_numbers

__all__ = [
    "industry_of_number",
    "members_of_snapshots",
    "spells_of_snapshots",
    "spells_until_next",
    "with_english",
]

Array = np.ndarray[Any, Any]
ONE_DAY = np.timedelta64(1, "D")


def members_of_snapshots(table: pa.Table, name: str, collector: Collector) -> pa.Table:
    """Return membership spells of lists of members as of some days.

    Parameters
    ----------
    table
        Columns index_code, code, date: each index's whole list on each of its days.

    Notes
    -----
    A member is one from the day of a list to the day before the next list that lacks it: a change
    shows with the first list after it, never before. The last list stays open.
    """
    table = one_index_of_lists(table, "index_code", name, collector)
    spells = spells_of_snapshots(table, "index_code", (), name, collector)
    return spells.select(["index_code", "code", "start", "end"])


def spells_of_snapshots(
    table: pa.Table, owner: str | None, labels: Sequence[str], name: str, collector: Collector
) -> pa.Table:
    """Return spells of a stock (within `owner`) with unchanged `labels` over successive lists."""
    columns = [*([owner] if owner else []), "code", *labels]
    if table.num_rows == 0:  # the last days of a source may have no list
        none = table.select([*columns, "date"]).rename_columns([*columns, "start"])
        return none.append_column("end", pa.nulls(0, pa.date32()))
    group = np.zeros(table.num_rows, dtype=np.int64)
    if owner is not None:
        group = code_ranks(table[owner])[0]
    day = days_of(table["date"])
    lists = np.unique(group * (1 << 20) + day)  # every list of every owner, in order
    place = np.searchsorted(lists, group * (1 << 20) + day)
    what_it_is = key_numbers(table, [*([owner] if owner else []), "code", *labels])
    order = np.lexsort((place, what_it_is))
    place, what_it_is = place[order], what_it_is[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (what_it_is[1:] != what_it_is[:-1]) | (place[1:] > place[:-1] + 1)
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(order)) - 1
    following = place[ends] + 1 if len(order) else np.empty(0, dtype=np.int64)
    last = len(lists) - 1
    next_list = lists[np.minimum(following, last)] if len(lists) else lists
    open_end = (following > last) | (next_list >> 20 != lists[np.minimum(place[ends], last)] >> 20)
    first_day = np.datetime64("1900-01-01", "D")
    end = first_day + (next_list & ((1 << 20) - 1)).astype("timedelta64[D]") - ONE_DAY
    end = np.where(open_end, np.datetime64("NaT"), end)
    taken = table.take(pa.array(order[starts])) if len(order) else table
    spells = taken.select([*columns, "date"]).rename_columns([*columns, "start"])
    spells = spells.append_column("end", pa.array(end, pa.date32(), from_pandas=True))
    if owner is not None:
        _short_lists(table, owner, lists, group * (1 << 20) + day, name, collector)
    what = (
        f"from {len(lists):,} lists: each spell runs from a list's day to the day before the next "
        "list without it, the last one stays open"
    )
    collector.add("info", name, "snapshots", spells.num_rows, what, unit="spell")
    return spells


def _short_lists(
    table: pa.Table, owner: str, lists: Array, place: Array, name: str, collector: Collector
) -> None:
    """Warn of lists that are much shorter than their owner's others: probably cut downloads."""
    words = code_ranks(table[owner])[1]
    sizes = np.bincount(np.searchsorted(lists, place), minlength=len(lists))
    short: list[str] = []
    for number in np.unique(lists >> 20):
        mine = np.flatnonzero(lists >> 20 == number)
        usual = float(np.median(sizes[mine]))
        few = mine[(sizes[mine] < 0.9 * usual) & (usual >= 30)]
        days = np.datetime64("1900-01-01", "D") + (lists[few] & ((1 << 20) - 1))
        short += [
            f"{words[number]} {day}: {size}" for day, size in zip(days, sizes[few], strict=True)
        ]
    if short:
        what = "have less than 90% of the members of the index's others (cut downloads?)"
        collector.add("warning", name, "short lists", len(short), what, short, unit="list")


def spells_until_next(table: pa.Table, label: str, name: str, collector: Collector) -> pa.Table:
    """Order spells by code and start, and end each one that reaches the next the day before it.

    A spell that says again what an equal one says (vendors list a change once per announcement) is
    left out; so is one that starts on the same day as the next.
    """
    table = table.take(pa.array(np.argsort(key_numbers(table, ["code", "start"]), kind="stable")))
    code = code_ranks(table["code"])[0]
    start, end = _dates(table, "start"), _dates(table, "end")
    words = code_ranks(table[label])[0]
    again = np.zeros(len(code), dtype=bool)
    again[1:] = (code[1:] == code[:-1]) & (start[1:] == start[:-1]) & (words[1:] == words[:-1])
    _count(collector, name, "that say the same as another one left out", again)
    table, code, start, end = (
        table.filter(pa.array(~again)),
        *(x[~again] for x in (code, start, end)),
    )
    following = np.full(len(code), np.datetime64("NaT"), dtype="datetime64[D]")
    same = code[1:] == code[:-1] if len(code) else np.empty(0, dtype=bool)
    following[:-1][same] = start[1:][same]
    reaches = ~np.isnat(following) & (start < following) & (np.isnat(end) | (end >= following))
    _count(collector, name, "ended the day before the next one of the same stock", reaches)
    end = np.where(reaches, following - ONE_DAY, end)
    return with_column(table, "end", pa.array(end, pa.date32(), from_pandas=True))


def _count(collector: Collector, name: str, what: str, rows: Array) -> None:
    if rows.any():
        collector.add("info", name, "spells", int(rows.sum()), what, unit="spell")


def _dates(table: pa.Table, name: str) -> Array:
    return np.asarray(table[name].to_numpy()).astype("datetime64[D]")


@cache
def _shenwan() -> list[dict[str, str]]:
    path = Path(__file__).with_name("shenwan.csv")
    text = csv.ConvertOptions(column_types={"code": pa.string()})
    return list(csv.read_csv(path, convert_options=text).to_pylist())


def _english_industry(name_zh: str) -> str | None:
    """Return the English name of a Shenwan industry of level 1, None when it is none.

    >>> _english_industry("银行"), _english_industry("未知")
    ('Banks', None)
    """
    word = name_zh.strip().removesuffix("Ⅰ").removesuffix("I").removesuffix("(申万)")
    return next((row["name_en"] for row in _shenwan() if row["name_zh"] == word), None)


def industry_of_number(number: str) -> tuple[str, str, str]:
    """Return code, Chinese and English name of level 1 for a six-digit Shenwan industry.

    >>> industry_of_number("480101")
    ('48', '银行', 'Banks')
    """
    code = number[:2]
    for row in _shenwan():
        if row["code"] == code:
            return code, row["name_zh"], row["name_en"]
    return code, code, code


def with_english(table: pa.Table, collector: Collector) -> pa.Table:
    """Return the table industry with name_en; a name that is not Shenwan's stays Chinese."""
    names = table["name_zh"].combine_chunks().dictionary_encode()
    words = [word or "" for word in names.dictionary.to_pylist()]
    english = [_english_industry(word) for word in words]
    unknown = [word for word, found in zip(words, english, strict=True) if found is None]
    if unknown:
        what = (
            f"{len(unknown)} industries have no English name in the source: the Chinese one stands"
        )
        collector.assume("industry", what)
    said = [found or word for word, found in zip(words, english, strict=True)]
    column = pa.array(said, pa.string()).take(names.indices)
    return with_column(table, "name_en", column)
