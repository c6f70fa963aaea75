"""Stock bars of an older and a newer version, joined stock by stock as both stream past."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market import TABLES, whole_stocks
from quanthedge.sources.completion import grown
from quanthedge.sources.differences import Change

__all__ = ["joined_bars"]

Array = np.ndarray[Any, Any]
COLUMNS = [c.name for c in TABLES["stock_daily"].columns if c.name not in ("code", "date")]
_SAME_FACTOR = 1e-9
_STEP, _CENT = 1e-4, 0.0051  # as in the check of the factor's steps: a previous close is in cents
_TOGETHER = 100  # stocks that are handed on at once


def joined_bars(
    old: Iterable[pa.Table],
    new: Iterable[pa.Table],
    change: Change,
    *,
    assumed_first: bool,
    derived_factor: bool = False,
) -> Iterator[pa.Table]:
    """Yield the bars of both, newer ones first where both have a day.

    Parameters
    ----------
    old, new
        Pieces in the schema's columns, sorted by code and date.
    change
        Told what was added, changed and removed.
    assumed_first
        The newer source did not know the previous close of a stock's first bar: every stock
        that was there before must then overlap by a day.
    derived_factor
        The newer source has no factor: it is worked out from its previous closes, on from the
        older one, as it would have been from all of them.

    Notes
    -----
    The levels of two adjustment factors may differ; the newer one is scaled to the older at their
    first common day, or through `pre_close` where there is none. Only steps are compared. A newer
    factor that goes on where the older one stopped, as far as a previous close in cents can tell,
    is taken as it is: then the days may be split in any way.

    Raises
    ------
    DataError
        A stock's newer bars do not say what happened since its last older bar.
    """
    waiting: list[pa.Table] = []
    for code, before, after in _side_by_side(_by_stock(old), _by_stock(new)):
        if after is None:
            table = before
        elif before is None:
            change.added += after.num_rows
            table = after
        else:
            table = _joined_stock(code, before, after, change, assumed_first, derived_factor)
        waiting.append(table)
        if len(waiting) == _TOGETHER:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _by_stock(pieces: Iterable[pa.Table]) -> Iterator[tuple[str, pa.Table]]:
    for table in whole_stocks(_plain_codes(pieces)):
        codes = table["code"].chunk(0)
        number = codes.indices.to_numpy()
        words = codes.dictionary.to_pylist()
        if len(number) == 0:
            continue
        starts = np.flatnonzero(np.append(True, number[1:] != number[:-1])).tolist()
        for begin, end in zip(starts, [*starts[1:], len(number)], strict=True):
            yield words[number[begin]], table.slice(begin, end - begin)


def _plain_codes(pieces: Iterable[pa.Table]) -> Iterator[pa.Table]:
    wanted = TABLES["stock_daily"].arrow
    for piece in pieces:
        yield piece.select(wanted.names).cast(wanted)


def _side_by_side(
    old: Iterator[tuple[str, pa.Table]], new: Iterator[tuple[str, pa.Table]]
) -> Iterator[tuple[str, Any, Any]]:
    """Walk both in the order of codes."""
    first, second = next(old, None), next(new, None)
    while first is not None or second is not None:
        if second is None or (first is not None and first[0] < second[0]):
            assert first is not None
            yield first[0], first[1], None
            first = next(old, None)
        elif first is None or second[0] < first[0]:
            yield second[0], None, second[1]
            second = next(new, None)
        else:
            yield first[0], first[1], second[1]
            first, second = next(old, None), next(new, None)


def _joined_stock(
    code: str,
    before: pa.Table,
    after: pa.Table,
    change: Change,
    assumed_first: bool,
    derived_factor: bool,
) -> pa.Table:
    was, now = before["date"].to_numpy(), after["date"].to_numpy()
    common, left, right = np.intersect1d(was, now, assume_unique=True, return_indices=True)
    if len(common) == 0 and assumed_first and len(now) and now[0] > was[-1]:
        raise DataError(
            f"stock_daily: {code}: the source begins on {now[0]}, after the market's last bar "
            f"{was[-1]}, and does not know the previous close; fetch from {was[-1]} on"
        )
    after = _scaled(before, after, left, right)
    differs = np.zeros(len(common), dtype=bool)
    for name in COLUMNS:
        old_values = before[name].to_numpy(zero_copy_only=False)[left]
        new_values = after[name].to_numpy(zero_copy_only=False)[right]
        moved = _moved(name, old_values, new_values)
        moved[:1] &= name != "pre_close" or not assumed_first
        for row in np.flatnonzero(moved & ~differs)[:1]:
            change.note(
                f"{code} {common[row]}: {name} {old_values[row]:.10g} -> {new_values[row]:.10g}"
            )
        differs |= moved
    gone = (was >= now[0]) & (was <= now[-1]) & ~np.isin(was, now)
    if gone.any():
        change.note(f"{code} {was[gone][0]} gone")
    change.changed += int(differs.sum())
    change.removed += int(gone.sum())
    change.added += len(now) - len(common)
    if assumed_first and len(common) and right[0] == 0:
        after = _with_first_close(before, after, int(left[0]))
    after = _with_known_factor(before, after, left[~differs], right[~differs])
    stays = before.filter(pa.array(~gone & ~np.isin(was, now)))
    if stays.num_rows:
        whole = pa.concat_tables([stays, after])
        after = whole.take(pa.array(np.argsort(whole["date"].to_numpy(), kind="stable")))
    return _regrown(after, int((after["date"].to_numpy() <= was[-1]).sum()), derived_factor)


def _with_known_factor(before: pa.Table, after: pa.Table, left: Array, right: Array) -> pa.Table:
    """Keep the older factor, to the last bit, on the days on which nothing changed."""
    values = after["adj_factor"].to_numpy().copy()
    values[right] = before["adj_factor"].to_numpy()[left]
    place = after.column_names.index("adj_factor")
    return after.set_column(place, after.schema.field(place), pa.array(values))


def _regrown(whole: pa.Table, known: int, derived: bool) -> pa.Table:
    """Let a factor that follows from previous closes grow on from the last known day."""
    if not derived or known == 0 or known >= whole.num_rows:
        return whole
    values = whole["adj_factor"].to_numpy().copy()
    close, pre_close = whole["close"].to_numpy(), whole["pre_close"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        step = np.append(1.0, close[known - 1 : -1] / pre_close[known:])
    first = np.arange(len(step)) == 0
    values[known - 1 :] = grown(float(values[known - 1]), step, first)
    place = whole.column_names.index("adj_factor")
    return whole.set_column(place, whole.schema.field(place), pa.array(values))


def _moved(name: str, old: Array, new: Array) -> Array:
    if old.dtype == bool:
        return np.asarray(old != new)
    if name == "adj_factor":
        return np.asarray(np.abs(new / old - 1) > _SAME_FACTOR)
    return np.asarray(~((old == new) | (np.isnan(old) & np.isnan(new))))


def _scaled(before: pa.Table, after: pa.Table, left: Array, right: Array) -> pa.Table:
    """Bring the newer factor to the level of the older one."""
    old, new = before["adj_factor"].to_numpy(), after["adj_factor"].to_numpy()
    if len(left):
        level = old[left[0]] / new[right[0]]
        same = _SAME_FACTOR
    elif after["date"][0].as_py() > before["date"][-1].as_py():
        close, opened = before["close"][-1].as_py(), after["pre_close"][0].as_py()
        level = old[-1] * close / opened / new[0]
        same = _STEP + _CENT / opened
    else:
        close, opened = after["close"][-1].as_py(), before["pre_close"][0].as_py()
        level = old[0] * opened / close / new[-1]
        same = _STEP + _CENT / opened
    if not np.isfinite(level) or abs(level - 1) < same:  # wrong prices are the checks' matter
        return after
    place = after.column_names.index("adj_factor")
    return after.set_column(place, after.schema.field(place), pa.array(new * level))


def _with_first_close(before: pa.Table, after: pa.Table, row: int) -> pa.Table:
    """Keep the previous close that the older version knew of the newer one's first bar."""
    values = after["pre_close"].to_numpy().copy()
    values[0] = before["pre_close"][row].as_py()
    place = after.column_names.index("pre_close")
    return after.set_column(place, after.schema.field(place), pa.array(values))
