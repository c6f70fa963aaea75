"""Qlib's lists of instruments: listing intervals, index members, and the codes they use."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market import Code, as_dates
from quanthedge.market.checks import Collector
from quanthedge.sources.qlib.features import Features
from quanthedge.storage import claim

__all__ = [
    "code_of",
    "days_of",
    "last_days_of",
    "lines_of",
    "listed_stocks",
    "listing",
    "members_of_lists",
]

Array = np.ndarray[Any, Any]
_Spans = dict[str, list[tuple[Any, Any]]]
_INDEX_OF_LIST = {
    "csi100": "000903.SH",
    "csi300": "000300.SH",
    "csi500": "000905.SH",
    "csi800": "000906.SH",
    "csi1000": "000852.SH",
    "csi2000": "932000.SH",
    "csiall": "000985.SH",
    "sse50": "000016.SH",
}
_RESERVED = "_qlib_"  # put before names that Windows does not allow
_LARGEST_TEXT = 64 << 20


def code_of(name: str) -> str | None:
    """Return our code of a name like SH600000, None when it is no code."""
    try:
        return Code(name.removeprefix(_RESERVED)).stock()
    except DataError:
        return None


def lines_of(path: Path) -> list[str]:
    """Return the lines of a text file that is not larger than such lists are."""
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        if path.stat().st_size > _LARGEST_TEXT:
            raise DataError(f"{path}: larger than {_LARGEST_TEXT >> 20} MB; this is no such list")
        claim(path, bytes=path.stat().st_size)
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise DataError(f"{path}: unreadable as UTF-8 text ({problem})") from problem


def days_of(path: Path, words: Sequence[str]) -> Array:
    """Return days from texts like 2014-09-17 (a time of day behind it is dropped)."""
    days = as_dates(pa.array(words, pa.string()), str(path))
    if days.null_count:
        word = words[int(np.asarray(days.is_null()).argmax())]
        raise DataError(f"{path}: {word[:40]!r} is no day; accepted: 2014-09-17")
    return np.asarray(days.to_numpy(zero_copy_only=False)).astype("datetime64[D]")


def _intervals(path: Path) -> tuple[list[str], Array, Array]:
    """Return codes, starts and ends of a list of instruments, unchecked codes."""
    rows = [line.split("\t") for line in lines_of(path) if line.strip()]
    for row in rows:
        if len(row) < 3:
            raise DataError(
                f"{path}: {' '.join(row)[:60]!r}; accepted: code, start and end, divided by tabs"
            )
    start, end = (days_of(path, [row[place].strip() for row in rows]) for place in (1, 2))
    wrong = np.flatnonzero(end < start)
    if len(wrong):
        row = rows[int(wrong[0])]
        raise DataError(f"{path}: {' '.join(row[:3])[:60]!r} ends before it starts")
    return [row[0].strip() for row in rows], start, end


def listing(source: Path, collector: Collector) -> _Spans:
    """Return the listing intervals of `all.txt` by our code, in order of time."""
    path = source / "instruments" / "all.txt"
    spans: _Spans = {}
    if not path.is_file():
        return spans
    others: list[str] = []
    for word, start, end in zip(*_intervals(path), strict=True):
        code = code_of(word)
        if code is not None and Code(code).is_stock:
            spans.setdefault(code, []).append((start, end))
        elif code is None or not Code(code).is_index:
            others.append(word)
    if others:
        what = "of other markets in instruments/all.txt left out"
        collector.add("info", "stocks", "other codes", len(others), what, others, unit="code")
    several = [code for code, found in spans.items() if len(found) > 1]
    if several:
        what = "with several intervals in instruments/all.txt: listed from the first to the last"
        collector.add("info", "stocks", "intervals", len(several), what, several, unit="stock")
    return {code: sorted(found) for code, found in spans.items()}


def listed_stocks(
    features: Features, stocks: Mapping[str, str], spans: _Spans, collector: Collector
) -> pa.Table:
    """Return the table stocks; the day after an interval's end is the delisting."""
    calendar = features.calendar
    listed = np.empty(len(stocks), dtype="datetime64[D]")
    gone = np.full(len(stocks), np.datetime64("NaT"), dtype="datetime64[D]")
    unlisted = []
    for place, (code, name) in enumerate(stocks.items()):
        if code not in spans:
            unlisted.append(code)
            close = features.needed(name, ("close",))["close"]
            listed[place] = calendar[int((~np.isnan(close)).argmax())]
            continue
        listed[place], last = spans[code][0][0], max(end for _, end in spans[code])
        after = int(np.searchsorted(calendar, last, side="right"))
        if after < len(calendar):
            gone[place] = calendar[after]
    _assume_listing(calendar, listed, gone, unlisted, spans, collector)
    silent = sorted(spans.keys() - stocks.keys())
    if silent:
        what = "of instruments/all.txt have no folder in features and are left out"
        collector.add("warning", "stocks", "no features", len(silent), what, silent, unit="stock")
    columns = [
        pa.array(list(stocks), pa.string()),
        pa.array(listed, pa.date32()),
        pa.array(gone, pa.date32(), from_pandas=True),
    ]
    return pa.table(columns, names=["code", "list_date", "delist_date"])


def last_days_of(stocks: pa.Table, spans: _Spans, calendar: Array) -> pa.Table:
    """Return code, list_date and last_day; null where an interval reaches the calendar's end."""
    codes = stocks["code"].to_pylist()
    last = np.full(len(codes), np.datetime64("NaT"), dtype="datetime64[D]")
    for place, code in enumerate(codes):
        if code in spans:
            end = max(end for _, end in spans[code])
            last[place] = end if end < calendar[-1] else np.datetime64("NaT")
    column = pa.array(last, pa.date32(), from_pandas=True)
    return stocks.select(["code", "list_date"]).append_column("last_day", column)


def _assume_listing(
    calendar: Array, listed: Array, gone: Array, unlisted: Sequence[str], spans: _Spans,
    collector: Collector,
) -> None:  # fmt: skip
    if unlisted:
        what = (
            f"{len(unlisted):,} stocks are not in instruments/all.txt: list_date is their first "
            "bar, and none of them counts as delisted"
        )
        collector.assume("stocks", what)
    if not spans:
        return
    early = int((listed <= calendar[0]).sum())
    what = (
        "list_date and delist_date are the intervals of instruments/all.txt, which Qlib's dump "
        f"takes from the data: {early:,} stocks start with the calendar (or before it), and a "
        "stock suspended at the end of the data counts as delisted"
    )
    collector.assume("stocks", what)
    what = "ending before the calendar does: gone from the next trading day on"
    count = int((~np.isnat(gone)).sum())
    collector.add("info", "stocks", "delisted", count, what, unit="interval")


def members_of_lists(source: Path, calendar: Array, collector: Collector) -> pa.Table | None:
    """Return index_members of the lists whose index is known by their name."""
    pieces, unknown = [], []
    for path in sorted((source / "instruments").glob("*.txt")):
        if path.stem == "all":
            continue
        index = _INDEX_OF_LIST.get(path.stem.lower())
        if index is None:
            unknown.append(path.name)
        else:
            pieces.append(_members(path, index, calendar, collector))
    if unknown:
        what = f"of no known index left out (known: {', '.join(_INDEX_OF_LIST)})"
        collector.add("info", "index_members", "lists", len(unknown), what, unknown, unit="list")
    return pa.concat_tables(pieces) if pieces else None


def _members(path: Path, index: str, calendar: Array, collector: Collector) -> pa.Table:
    words, start, end = _intervals(path)
    codes = [code_of(word) for word in words]
    kept = np.array([code is not None and Code(code).is_stock for code in codes], dtype=bool)
    if not kept.all():
        what = "of codes that are no A share left out"
        named = [word for word, good in zip(words, kept.tolist(), strict=True) if not good]
        collector.add("info", "index_members", "codes", len(named), what, named, unit="interval")
    still = end >= calendar[-1]
    what = f"reaching {calendar[-1]}, the last day of the calendar, made open"
    collector.add(
        "info", "index_members", "open spells", int((still & kept).sum()), what, unit="spell"
    )
    end = np.where(still, np.datetime64("NaT"), end)
    return _spells([index] * int(kept.sum()), codes, start, end, kept)


def _spells(
    index: Iterable[str], codes: Sequence[str | None], start: Array, end: Array, kept: Array
) -> pa.Table:
    columns = [
        pa.array(list(index), pa.string()),
        pa.array(codes, pa.string()).filter(pa.array(kept)),
        pa.array(start[kept], pa.date32()),
        pa.array(end[kept], pa.date32(), from_pandas=True),
    ]
    return pa.table(columns, names=["index_code", "code", "start", "end"])
