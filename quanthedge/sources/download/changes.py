"""What a newer answer changes of an older one: rows added, rows removed, values changed."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa

__all__ = ["Changes", "changes_between"]

_EXAMPLES = 3


@dataclass(frozen=True)
class Changes:
    """Differences of two answers to one request.

    >>> old = pa.table({"code": ["A", "B"], "close": [10.0, 20.0]})
    >>> new = pa.table({"code": ["B", "C"], "close": [20.5, 30.0]})
    >>> print(changes_between(old, new, ["code"]))
    1 row added (C), 1 row removed (A), 1 value changed (B close 20.0 -> 20.5)
    """

    added: int = 0
    removed: int = 0
    changed: int = 0
    added_examples: tuple[str, ...] = ()
    removed_examples: tuple[str, ...] = ()
    changed_examples: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any difference."""
        return bool(self.added or self.removed or self.changed or self.columns)

    def __str__(self) -> str:
        parts = [
            f"{number:,} {noun}{'' if number == 1 else 's'} {verb} ({'; '.join(examples)})"
            for number, noun, verb, examples in (
                (self.added, "row", "added", self.added_examples),
                (self.removed, "row", "removed", self.removed_examples),
                (self.changed, "value", "changed", self.changed_examples),
            )
            if number
        ]
        return ", ".join([*parts, *self.columns]) or "nothing changed"


def changes_between(old: pa.Table, new: pa.Table, identity: Sequence[str]) -> Changes:
    """Compare two answers.

    Parameters
    ----------
    old, new
        Tables of one interface.
    identity
        Columns that tell rows apart. Where they do not (or are not given), whole rows are
        compared, and a changed row counts as one removed and one added.

    Notes
    -----
    Null and NaN are the same; the order of rows does not matter.
    """
    shared = [name for name in old.column_names if name in new.column_names]
    said = tuple(
        [f"column '{name}' added" for name in new.column_names if name not in shared]
        + [f"column '{name}' removed" for name in old.column_names if name not in shared]
    )
    key = [name for name in identity if name in shared]
    before, after = _rows(old, key), _rows(new, key)
    if not key or len(before) != old.num_rows or len(after) != new.num_rows:
        return _whole_rows(old, new, shared, said)
    others = [name for name in shared if name not in key]
    left, right = _rows(old, key, others), _rows(new, key, others)
    added = [_text(row) for row in right if row not in left]
    removed = [_text(row) for row in left if row not in right]
    changed = [
        f"{_text(row)} {name} {was} -> {is_now}"
        for row, values in left.items()
        if row in right and values != right[row]
        for name, was, is_now in zip(others, values, right[row], strict=True)
        if was != is_now
    ]
    return Changes(
        len(added), len(removed), len(changed), _some(added), _some(removed), _some(changed), said
    )


def _whole_rows(
    old: pa.Table, new: pa.Table, shared: Sequence[str], said: tuple[str, ...]
) -> Changes:
    before, after = Counter(_tuples(old, shared)), Counter(_tuples(new, shared))
    added, removed = after - before, before - after
    return Changes(
        added.total(),
        removed.total(),
        0,
        _some(map(_text, added)),
        _some(map(_text, removed)),
        (),
        said,
    )


def _rows(
    table: pa.Table, key: Sequence[str], values: Sequence[str] = ()
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    keys = _tuples(table, key)
    rest = _tuples(table, values) if values else [()] * table.num_rows
    return dict(zip(keys, rest, strict=True)) if key else {}


def _tuples(table: pa.Table, names: Sequence[str]) -> list[tuple[Any, ...]]:
    columns = [[_plain(value) for value in table[name].to_pylist()] for name in names]
    return list(zip(*columns, strict=True))


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _text(row: tuple[Any, ...]) -> str:
    return " ".join("-" if value is None else str(value) for value in row)[:120]


def _some(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(texts, _EXAMPLES))
