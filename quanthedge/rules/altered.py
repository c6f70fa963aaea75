"""Rules that are other from a day on, for finding out what looks ahead in the rule book."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from quanthedge.rules.schemas import SCHEMAS
from quanthedge.rules.tables import CHANGE, Row

__all__ = ["rules_changed_after"]

# Contracts, lots and sessions are what they are; ages of a listing and amounts are no rates.
_FIXED_TABLES = (
    "circuit_breaker", "fund_rules", "fut_contracts", "fut_expiry_moved", "fut_sessions",
    "stock_lots_ticks", "stock_trading_rules",
)  # fmt: skip
_NOT_FREE = 0.0001
_FIXED_COLUMNS = ("listing_day_from", "listing_day_to")


@contextmanager
def rules_changed_after(day: np.datetime64) -> Iterator[None]:
    """Let every rate, limit and number of lots of the rule book be other after a day.

    Examples
    --------
    >>> from quanthedge.rules import FuturesRules
    >>> with rules_changed_after(np.datetime64("2014-10-08")):
    ...     FuturesRules.between("IF", ["2014-10-08", "2014-10-09"]).margin.tolist()
    [0.1, 0.15]
    """
    last = date.fromisoformat(str(day))
    made: dict[int, tuple[Row, ...]] = {}

    def changed(rows: tuple[Row, ...]) -> tuple[Row, ...]:
        if id(rows) not in made:  # tables are read once and stay
            made[id(rows)] = tuple(part for row in rows for part in _parts(row, last))
        return made[id(rows)]

    token = CHANGE.set(changed)
    try:
        yield
    finally:
        CHANGE.reset(token)


def _parts(row: Row, last: date) -> list[Row]:
    """Return a row as it is up to a day and changed after it."""
    if row.table in _FIXED_TABLES or (row.last is not None and row.last <= last):
        return [row]
    after = last + timedelta(days=1)
    if row.first is not None and row.first > last:
        return [replace(row, cells=_other(row))]
    return [replace(row, last=last), replace(row, first=after, cells=_other(row))]


def _other(row: Row) -> dict[str, str]:
    """Return the cells with every rate half as large again, whole numbers doubled, nothing free."""
    schema = SCHEMAS[row.table]
    columns = {*schema.numbers, *schema.optional, *schema.filled} - {*_FIXED_COLUMNS, *schema.key}
    cells = dict(row.cells)
    for name in columns & cells.keys():
        try:
            value = float(cells[name])
        except ValueError:
            continue
        larger = value * 2 if value.is_integer() else round(value * 1.5, 12)
        cells[name] = repr(larger if value else _NOT_FREE)
    return cells
