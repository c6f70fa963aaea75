"""The newest quarters of a company's reports, as they were known after each publication.

What one publication adds is worked out once for each of them, not for each day, and spread over
the days that are asked for: twelve quarters of ten years of reports are a small table.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from quanthedge.errors import DataError
from quanthedge.market.reported import Figure
from quanthedge.market.schema import STATEMENT_ITEMS, STOCK_ITEMS
from quanthedge.market.store import Store
from quanthedge.market.vintages import MONTHS, check_quarters
from quanthedge.typing import Floats, Ints

__all__ = ["ReportHistory", "statement_history"]

Array = np.ndarray[Any, Any]
_YEAR = 4  # quarters
_LONGEST = 40


@dataclass(frozen=True)
class ReportHistory:
    """Figures of the newest quarters after each of E publications.

    Attributes
    ----------
    stock : int64 [E]
        Column of each publication's stock, -1 where it has no prices; sorted.
    day : int64 [E]
        Row of the first trading day on which it counts (T or more: after the data).
    values : float64 [E, Q]
        Column 0 is the newest period known then, column j the period j quarters before it; NaN
        where that period's report was not known, or says nothing of what the figure takes.
    stocks : int
        N.
    """

    stock: Ints
    day: Ints
    values: Floats
    stocks: int

    def as_of(self, figures: Floats, rows: Ints) -> Floats:
        """Return one figure a publication as it was known on some days, [R, N].

        Parameters
        ----------
        figures : float64 [E]
            One for each publication, for example ``history.values[:, 0]``.
        rows : int64 [R]
            Days, in any order.

        Returns
        -------
        ndarray
            NaN before a stock's first publication.
        """
        from quanthedge.market.kernels import rows_as_of

        found = np.full((len(rows), self.stocks), np.nan)
        inside = self.stock >= 0
        stock = self.stock[inside]
        begin = np.searchsorted(stock, np.arange(self.stocks + 1)).astype(np.int64)
        values = np.ascontiguousarray(figures[inside], dtype=np.float64)
        rows_as_of(self.day[inside], begin, values, np.asarray(rows, dtype=np.int64), found)
        return found


def statement_history(store: Store, item: str, quarters: int, figure: Figure) -> ReportHistory:
    """Return an item of the statements for the newest quarters after each publication.

    Of each period the publication known last counts; one that is silent on the item leaves what
    was known.
    """
    if not 1 <= quarters <= _LONGEST:
        raise DataError(f"quarters {quarters}; accepted: 1 to {_LONGEST}")
    if item not in STATEMENT_ITEMS:
        there = ", ".join(STATEMENT_ITEMS)
        raise DataError(f"no statement item '{item}'; there are {there}")
    if figure != "value" and item in STOCK_ITEMS:
        raise DataError(
            f"statement item '{item}' is a figure of the balance sheet: it has no sum over time"
        )
    from quanthedge.market.kernels import history_of_rows

    stock, known, quarter, order = _publications(store)
    values = np.asarray(store.table("statements")[item].to_numpy(), dtype=np.float64)[order]
    more = {"value": 0, "quarter": 1, "ttm": _YEAR}[figure]
    cumulative = np.full((len(stock), quarters + more), np.nan)
    base = int(quarter.min() // _YEAR * _YEAR) if len(quarter) else 0
    newest = np.zeros(len(stock), dtype=np.int64)
    history_of_rows(stock, quarter - base, values, cumulative, newest)
    made = _figures(cumulative, newest % _YEAR, quarters, figure)
    day = np.searchsorted(store.dates, known).astype(np.int64)
    return ReportHistory(stock, day, made, len(store.axes.codes))


def _figures(cumulative: Floats, part: Ints, quarters: int, figure: Figure) -> Floats:
    """Return values, single quarters or trailing years of cumulative figures, [E, Q]."""
    if figure == "value":
        return cumulative
    found = np.empty((len(cumulative), quarters))
    every = np.arange(len(cumulative))
    for j in range(quarters):
        own = (part - j) % _YEAR  # 0 is the first quarter of a year
        now = cumulative[:, j]
        if figure == "quarter":
            found[:, j] = np.where(own == 0, now, now - cumulative[:, j + 1])
        else:
            annual = cumulative[every, np.minimum(j + own + 1, cumulative.shape[1] - 1)]
            whole = now + annual - cumulative[:, j + _YEAR]
            found[:, j] = np.where(own == _YEAR - 1, now, whole)
    return found


def _publications(store: Store) -> tuple[Ints, Array, Ints, Ints]:
    """Return the publications by stock and day: stock, known date, quarter, row of the table."""
    key = "publications of statements"
    if key not in store.made:
        table = store.table("statements")
        codes = table["code"]
        known, period = (
            table[name].to_numpy().astype("datetime64[D]") for name in ("known_date", "period_end")
        )
        check_quarters("statements", codes, known, period)
        number = codes.combine_chunks().dictionary_encode()
        words = np.asarray(number.dictionary.to_pylist(), dtype=str)
        place = np.searchsorted(store.axes.codes, words)
        there = np.minimum(place, len(store.axes.codes) - 1)
        place = np.where(store.axes.codes[there] == words, there, -1)
        stock = place[number.indices.to_numpy()].astype(np.int64)
        order = np.lexsort((period, known, number.indices.to_numpy(), stock))
        quarter = period.astype("datetime64[M]").astype(np.int64) // MONTHS
        store.made[key] = np.column_stack(
            [stock[order], known[order].astype(np.int64), quarter[order], order]
        )
    made = store.made[key]
    return made[:, 0], made[:, 1].astype("datetime64[D]"), made[:, 2], made[:, 3]
