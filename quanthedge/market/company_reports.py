"""What companies have published, as of each day: fundamentals by item, and statements."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market.history import ReportHistory, statement_history
from quanthedge.market.labelled import Labelled
from quanthedge.market.reported import Figure, reported, statement_rows
from quanthedge.market.schema import STATEMENT_ITEMS, STOCK_ITEMS
from quanthedge.market.store import Store
from quanthedge.market.vintages import Vintage, vintage_frame
from quanthedge.storage import file_name

__all__ = ["CompanyReports"]

Array = np.ndarray[Any, Any]


class CompanyReports(Labelled):
    """The reports that a `Market` knows; a row counts from the day on which it became public."""

    _store: Store
    _days: int
    _cut: np.datetime64

    @property
    def _end(self) -> pd.Timestamp:
        """The cut as a Timestamp (far in the future for a whole market)."""
        return pd.Timestamp(min(self._cut, np.datetime64("2261-01-01", "D")))

    def fundamental_items(self) -> list[str]:
        """Return the items of `fundamental` that were known by the market's end."""
        return [item for item, first in self._store.items.items() if first <= self._cut]

    def fundamental(self, item: str, vintage: Vintage = "latest") -> Array:
        """Return an item as of each day [T, N]: the newest period known by the day's close.

        A report that became public on a day counts in that day's row, so that it can be traded on
        from the next trading day; one of a day without trading counts from the next trading day.

        Parameters
        ----------
        item
            One of `fundamental_items`.
        vintage
            Of the newest period: "latest" is the figure as restated by then, "first" as first
            published. A restatement of an older period changes neither. Rows without a period
            (of which the last one counts) have one vintage only.

        Returns
        -------
        ndarray
            NaN before the first row and where the row says that the item is undefined.
        """
        return self._fundamental(item, "value", vintage)

    def fundamental_ttm(self, item: str, vintage: Vintage = "latest") -> Array:
        """Return the trailing twelve months of a year-to-date item as of each day [T, N].

        With c the cumulative figure: ``c(y, q) + c(y - 1, 4) - c(y - 1, q)`` of the newest period
        known; the annual report itself at its end. A later restatement of any of the three counts
        from the day on which it became known ("first": never). NaN where one of them is missing.

        Raises
        ------
        DataError
            There is no such item, or its reports do not end with quarters.
        """
        return self._fundamental(item, "ttm", vintage)

    def fundamental_quarter(self, item: str, vintage: Vintage = "latest") -> Array:
        """Return the newest single quarter of a year-to-date item as of each day [T, N].

        ``c(y, q) - c(y, q - 1)``, and the first quarter itself; otherwise as `fundamental_ttm`.
        """
        return self._fundamental(item, "quarter", vintage)

    def fundamental_rows(self, item: str, code: str | None = None) -> pd.DataFrame:
        """Return every publication of an item known by the market's end.

        Parameters
        ----------
        item
            One of `fundamental_items`.
        code
            One stock; all of them without it, also those without prices.

        Returns
        -------
        DataFrame
            code, period_end (NaT: none), known_date, value, revision: 0 is the first publication
            of a period, 1 its first restatement ... (rows without a period are numbered through);
            sorted by code, period and known_date.
        """
        self._check_item(item)
        rows = self._store.fundamental_rows(item)
        if code is not None:
            self.column(code)
            rows = rows.filter(pc.equal(rows["code"], code))
        frame = rows.to_pandas(date_as_object=False)
        frame = frame.astype({"known_date": "datetime64[s]", "period_end": "datetime64[s]"})
        frame = frame[frame["known_date"] <= self._end]
        return vintage_frame(frame[["code", "period_end", "known_date", "value"]])

    def _check_item(self, item: str) -> None:
        if item not in self.fundamental_items():
            there = ", ".join(self.fundamental_items()) or "none"
            raise DataError(f"no fundamental '{item}'; there are {there}")

    def _fundamental(self, item: str, figure: Figure, vintage: Vintage) -> Array:
        """Make a panel of an item, kept beside the others."""
        self._check_item(item)
        # Told apart before the first dot: whatever items are called, figures never share a name.
        kind = "fundamental" if figure == "value" else f"fundamental-{figure}"
        name = f"{kind}.{file_name(item)}"
        rows = partial(self._store.fundamental_rows, item)
        return reported(self._store, name, item, rows, figure, vintage)[: self._days]

    # -- statements

    def statement_items(self) -> list[str]:
        """Return the items of `statement` (none without the table statements)."""
        known = "statements" in self._store.manifest.tables
        return list(STATEMENT_ITEMS) if known else []

    def statement(self, item: str, vintage: Vintage = "latest") -> Array:
        """Return an item of the statements as of each day [T, N], yuan.

        Of the newest period known by the day's close; flows are cumulative since 1 January of the
        period's year. A report known on a day counts in that day's row, to be traded on from the
        next trading day; known is the day of announcement, or the legal deadline where that is not
        in the data.

        Parameters
        ----------
        item
            One of `statement_items`.
        vintage
            "latest" or "first", as in `fundamental`.

        Returns
        -------
        ndarray
            NaN before the first report and where the report says nothing of the item.
        """
        return self._statement(item, "value", vintage)

    def statement_ttm(self, item: str, vintage: Vintage = "latest") -> Array:
        """Return the trailing twelve months of a flow as of each day [T, N], yuan.

        ``c(y, q) + c(y - 1, 4) - c(y - 1, q)`` as in `fundamental_ttm`.

        Raises
        ------
        DataError
            The item is no flow, or there is none of that name.
        """
        return self._statement(item, "ttm", vintage)

    def statement_quarter(self, item: str, vintage: Vintage = "latest") -> Array:
        """Return the newest single quarter of a flow as of each day [T, N], yuan."""
        return self._statement(item, "quarter", vintage)

    def statement_history(
        self, item: str, quarters: int, figure: Figure = "value"
    ) -> ReportHistory:
        """Return an item of the newest quarters, as known after each publication.

        Parameters
        ----------
        item
            One of `statement_items`.
        quarters
            How many, the newest period first.
        figure
            "value" (flows cumulative since 1 January), "quarter" or "ttm", as in `statement`,
            `statement_quarter` and `statement_ttm`; of each period as last restated by then.

        Returns
        -------
        ReportHistory
            Its ``as_of(figures, rows)`` spreads one figure a publication over days.

        Raises
        ------
        DataError
            There is no table statements or no such item, or the item has no sum over time.
        """
        return statement_history(self._store, item, quarters, figure)

    def statements(self, code: str | None = None) -> pd.DataFrame:
        """Return every report known by the market's end, of one stock or of all.

        Returns
        -------
        DataFrame
            The columns of the table statements, sorted by code, period_end and known_date.
        """
        table = self._store.frame("statements")
        table = table[table["known_date"] <= self._end]
        if code is not None:
            self.column(code)
            table = table[table["code"] == code]
        return table.reset_index(drop=True)

    def _statement(self, item: str, figure: Figure, vintage: Vintage) -> Array:
        there = self.statement_items()
        if item not in there:
            listed = ", ".join(there) or "none (the market has no table statements)"
            raise DataError(f"no statement item '{item}'; there are {listed}")
        if figure != "value" and item in STOCK_ITEMS:
            flows = [name for name in STATEMENT_ITEMS if name not in STOCK_ITEMS]
            raise DataError(
                f"statement item '{item}' is a figure of the balance sheet and has no sum over "
                f"time; accepted: {', '.join(flows)}"
            )
        kind = "statement" if figure == "value" else f"statement-{figure}"
        name = f"{kind}.{file_name(item)}"
        rows = partial(statement_rows, self._store, item)
        return reported(self._store, name, item, rows, figure, vintage)[: self._days]
