"""Which stocks may be held on a date, and why the others may not."""

from typing import Annotated, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from quanthedge.errors import DataError, StrategyError
from quanthedge.market import Market
from quanthedge.portfolio.filters import DEFAULT_FILTERS, Filter

__all__ = ["AllUniverse", "IndexUniverse", "LargestUniverse", "Universe"]

Bools = NDArray[np.bool_]
Rows = NDArray[np.int64]
Record = tuple[pd.Timestamp, str, int]


class _Filtered(BaseModel):
    """Candidates of which filters leave out some; judged at the close of the decision day.

    A stock is counted under the first reason that leaves it out: delisted, no price (it has never
    traded in these data), then the filters in their order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    filters: tuple[Filter, ...] = Field(
        default=DEFAULT_FILTERS,
        description="Questions asked of each stock, in this order: listed, special_treatment, "
        "delisting_period, suspended, liquidity, market_value, price, boards, members, "
        "industries, codes.",
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
        DataError
            When a filter asks for something that is not in the market.
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

    def explain(self, market: Market, code: str, date: object) -> pd.DataFrame:
        """Return what each question found about one stock on one day.

        Parameters
        ----------
        market : Market
        code : str
            `600000.SH`
        date
            A trading day: the decision is made at its close.

        Returns
        -------
        DataFrame
            question, found, wanted, passes; the last row is the verdict.

        Raises
        ------
        DataError
            The stock or the day is not in the market.
        """
        place = np.flatnonzero(market.codes == code)
        if not len(place):
            raise DataError(f"no stock '{code}' in market '{market.name}'")
        n, t = int(place[0]), market.day(date)
        rows = np.array([t], dtype=np.int64)
        candidate = bool(self._candidates(market, rows)[0, n])
        gone = t >= int(market.delist_index()[n])
        mark = market.panel("mark")[t, n]
        lines = [
            ("candidate", "yes" if candidate else "no", self._wanted, candidate),
            ("delisted", "yes" if gone else "no", "no", not gone),
            ("price", "none" if np.isnan(mark) else f"{mark:.2f} yuan", "any", not np.isnan(mark)),
        ]
        lines += [
            (one.kind, one.found(market, t, n), one.wanted, not bool(one.out(market, rows)[0, n]))
            for one in self.filters
        ]
        passes = all(line[3] for line in lines)
        kept, _ = self._exclude(market, rows, self._candidates(market, rows))
        held = bool(self._narrow(market, rows, kept)[0][0, n])
        verdict = (
            "may be held" if held else "passes, but others are larger" if passes else "left out"
        )
        lines.append(("verdict", verdict, "", held))
        return pd.DataFrame(lines, columns=["question", "found", "wanted", "passes"])

    @property
    def _wanted(self) -> str:
        raise TypeError("a universe says who its candidates are")

    def _candidates(self, market: Market, rows: Rows) -> Bools:
        raise TypeError("a universe says who its candidates are")

    def _narrow(self, market: Market, rows: Rows, kept: Bools) -> tuple[Bools, list[Record]]:
        return kept, []

    def _exclude(self, market: Market, rows: Rows, candidates: Bools) -> tuple[Bools, list[Record]]:
        """Apply the filters in order; a stock is counted under the first that leaves it out."""
        tests = [
            ("delisted", rows[:, None] >= market.delist_index()[None, :]),
            ("no price", np.isnan(market.panel("mark")[rows])),
            *((one.reason, one.out(market, rows)) for one in self.filters),
        ]
        kept = candidates.copy()
        records = []
        for reason, out in tests:
            hit = kept & out
            kept &= ~out
            records += _records(market, rows, reason, hit)
        return kept, records


class AllUniverse(_Filtered):
    """Every stock that has traded by the day and passes the filters."""

    kind: Literal["all"] = "all"

    @property
    def _wanted(self) -> str:
        return "has traded by the day"

    def _candidates(self, market: Market, rows: Rows) -> Bools:
        return np.asarray(np.isfinite(market.panel("mark")[rows]))


class LargestUniverse(_Filtered):
    """The largest stocks by total market value among those that pass the filters.

    Candidates are all stocks that have traded by the day; smaller ones than the ``n`` largest are
    no exclusions and not counted.
    """

    kind: Literal["largest"] = "largest"
    n: int = Field(default=800, ge=1, description="Number of stocks.")

    @property
    def _wanted(self) -> str:
        return f"has traded by the day; then one of the {self.n} largest that pass"

    def _candidates(self, market: Market, rows: Rows) -> Bools:
        return np.asarray(np.isfinite(market.panel("mark")[rows]))

    def _narrow(self, market: Market, rows: Rows, kept: Bools) -> tuple[Bools, list[Record]]:
        value = market.panel("mark")[rows] * market.panel("total_shares")[rows]
        valued = kept & np.isfinite(value)
        value = np.where(valued, value, -np.inf)
        # Ties go to the lower code, so that the choice does not depend on the sort.
        order = np.argsort(-value, axis=1, kind="stable")[:, : self.n]
        largest = np.zeros(kept.shape, dtype=np.bool_)
        np.put_along_axis(largest, order, True, axis=1)
        return valued & largest, _records(market, rows, "no market value", kept & ~valued)


class IndexUniverse(_Filtered):
    """The members of one or several indices on the date that pass the filters.

    Members that are not in the market data are no candidates.
    """

    kind: Literal["index"] = "index"
    index: str | tuple[str, ...] = Field(
        default="000300.SH", description="Index code, or several of which one is enough."
    )

    @property
    def _wanted(self) -> str:
        return f"member of {' or '.join(self._indices)}"

    @property
    def _indices(self) -> tuple[str, ...]:
        return (self.index,) if isinstance(self.index, str) else self.index

    def _candidates(self, market: Market, rows: Rows) -> Bools:
        return np.asarray(np.any([market.members(code)[rows] for code in self._indices], axis=0))


Universe = Annotated[LargestUniverse | IndexUniverse | AllUniverse, Field(discriminator="kind")]


def _records(market: Market, rows: Rows, reason: str, hit: Bools) -> list[Record]:
    counts = hit.sum(axis=1)
    return [
        (pd.Timestamp(market.dates[t]), reason, int(c))
        for t, c in zip(rows, counts, strict=True)
        if c
    ]
