"""Which stocks may be held on a date, and why the others may not."""

from typing import Annotated, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from quanthedge.errors import StrategyError
from quanthedge.market import Market

__all__ = ["IndexUniverse", "LargestUniverse", "Universe"]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class _Filters(BaseModel):
    """Exclusions that every universe knows; all are judged at the close of the decision day.

    A stock is counted under the first reason that leaves it out, in this order: delisted, no price
    (it has never traded in these data), newly listed, ST, delisting period, suspended, thinly
    traded.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_listed_days: int = Field(
        default=120, ge=0, description="Trading days since listing that a stock needs."
    )
    exclude_st: bool = Field(default=True, description="Leave out stocks under special treatment.")
    exclude_suspended: bool = Field(
        default=True, description="Leave out stocks that did not trade on the decision day."
    )
    exclude_delisting: bool = Field(
        default=True, description="Leave out stocks in the delisting period."
    )

    min_average_amount_yuan: float = Field(
        default=0.0,
        ge=0,
        description="Average yuan traded a day that a stock needs; days without trading count 0.",
    )
    amount_days: int = Field(
        default=20, ge=1, le=500, description="Trading days over which that average is taken."
    )

    def mask(self, market: Market, rows: Rows) -> tuple[Bools, pd.DataFrame]:
        """Return who may be held on each row, and how many stocks were left out for which reason.

        Parameters
        ----------
        market : Market
        rows : int64 [R]
            Day indices of the decisions.

        Returns
        -------
        mask : bool [R, N]
        exclusions : DataFrame
            date, reason, count; reasons without a stock are not listed.

        Raises
        ------
        StrategyError
            When no stock is left on a date.
        """
        candidates = self._candidates(market, rows)
        kept, records = self._exclude(market, rows, candidates)
        kept, more = self._narrow(market, rows, kept)
        exclusions = pd.DataFrame(records + more, columns=["date", "reason", "count"])
        empty = ~kept.any(axis=1)
        if empty.any():
            date = pd.Timestamp(market.dates[rows[int(empty.argmax())]])
            that_day = exclusions[exclusions["date"] == date]
            why = ", ".join(f"{r.reason} {r.count}" for r in that_day.itertuples(index=False))
            raise StrategyError(
                f"universe: empty on {date:%Y-%m-%d} "
                f"({candidates[empty][0].sum()} candidates; left out: {why or 'none'}); "
                "loosen the filters or choose another universe"
            )
        return kept, exclusions

    def _candidates(self, market: Market, rows: Rows) -> Bools:
        raise TypeError("a universe says who its candidates are")

    def _narrow(
        self, market: Market, rows: Rows, kept: Bools
    ) -> tuple[Bools, list[tuple[pd.Timestamp, str, int]]]:
        return kept, []

    def _exclude(
        self, market: Market, rows: Rows, candidates: Bools
    ) -> tuple[Bools, list[tuple[pd.Timestamp, str, int]]]:
        """Apply the filters in order; a stock is counted under the first that leaves it out."""
        age = rows[:, None] - market.list_index()[None, :] + 1
        tests = [
            ("delisted", rows[:, None] >= market.delist_index()[None, :]),
            ("no price", np.isnan(market.panel("mark")[rows])),
            ("newly listed", age < self.min_listed_days),
        ]
        if self.exclude_st:
            tests.append(("ST", market.panel("is_st")[rows]))
        if self.exclude_delisting:
            tests.append(("delisting period", market.panel("is_delisting")[rows]))
        if self.exclude_suspended:
            tests.append(("suspended", ~market.panel("traded")[rows]))
        if self.min_average_amount_yuan > 0:
            average = _average_amount(market, rows, self.amount_days)
            tests.append(("thinly traded", average < self.min_average_amount_yuan))
        kept = candidates.copy()
        records = []
        for reason, out in tests:
            hit = kept & out
            kept &= ~out
            records += _records(market, rows, reason, hit)
        return kept, records


class LargestUniverse(_Filters):
    """The largest stocks by total market value among those that pass the filters.

    Candidates are all stocks that have traded by the day; smaller ones than the ``n`` largest are
    no exclusions and not counted.
    """

    kind: Literal["largest"] = "largest"
    n: int = Field(default=800, ge=1, description="Number of stocks.")

    def _candidates(self, market: Market, rows: Rows) -> Bools:
        return np.asarray(np.isfinite(market.panel("mark")[rows]))

    def _narrow(
        self, market: Market, rows: Rows, kept: Bools
    ) -> tuple[Bools, list[tuple[pd.Timestamp, str, int]]]:
        value = market.panel("mark")[rows] * market.panel("total_shares")[rows]
        valued = kept & np.isfinite(value)
        value = np.where(valued, value, -np.inf)
        # Ties go to the lower code, so that the choice does not depend on the sort.
        order = np.argsort(-value, axis=1, kind="stable")[:, : self.n]
        largest = np.zeros(kept.shape, dtype=np.bool_)
        np.put_along_axis(largest, order, True, axis=1)
        return valued & largest, _records(market, rows, "no market value", kept & ~valued)


class IndexUniverse(_Filters):
    """The members of an index on the date that pass the filters.

    Members that are not in the market data are no candidates.
    """

    kind: Literal["index"] = "index"
    index: str = Field(default="000300.SH", description="Index code.")

    def _candidates(self, market: Market, rows: Rows) -> Bools:
        return np.asarray(market.members(self.index)[rows])


Universe = Annotated[LargestUniverse | IndexUniverse, Field(discriminator="kind")]


def _average_amount(market: Market, rows: Rows, days: int) -> Floats:
    """Return the mean yuan traded over the last days, [R, N]; days without trading count 0."""
    amount = market.panel("amount")
    return np.array(
        [np.nan_to_num(amount[max(0, t - days + 1) : t + 1]).mean(axis=0) for t in rows]
    ).reshape(-1, len(market.codes))


def _records(
    market: Market, rows: Rows, reason: str, hit: Bools
) -> list[tuple[pd.Timestamp, str, int]]:
    counts = hit.sum(axis=1)
    return [
        (pd.Timestamp(market.dates[t]), reason, int(c))
        for t, c in zip(rows, counts, strict=True)
        if c
    ]
