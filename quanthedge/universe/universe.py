"""Which stocks may be held on a date, and why the others may not."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from quanthedge.errors import DataError, StrategyError
from quanthedge.kinds import Kinded
from quanthedge.market import Market
from quanthedge.typing import Bools, Language, Rows
from quanthedge.universe.filters import (
    DEFAULT_FILTERS,
    Delisted,
    Filter,
    Priced,
    market_value,
    with_indices,
    words,
)
from quanthedge.words import LANGUAGES, Bilingual, texts

__all__ = ["AllUniverse", "IndexUniverse", "LargestUniverse", "Universe"]

Record = tuple[pd.Timestamp, str, int]
Line = tuple[str, Bilingual, Bilingual, bool]  # a question of ours by its key


class Universe(Kinded, noun="universe"):
    """Which stocks may be held.

    A field of this type takes a universe of ours, or one of a user's own, as an object or by its
    ``kind``. An own universe is a class derived from this one that defines :meth:`holdable`, or
    :meth:`mask` with its counts.
    """

    needed: ClassVar[tuple[str, ...]] = ("holdable|mask",)

    def holdable(self, market: Market, rows: Rows) -> Bools:
        """Return who may be held at the close of each row: what an own universe defines.

        Parameters
        ----------
        market : Market
        rows : int64 [R]
            Day indices of the decisions.

        Returns
        -------
        bool [R, N]
            Row r may use what is known at the close of day rows[r] and nothing later.
        """
        raise StrategyError(f"{type(self).__name__} is no universe: it defines no holdable")

    def mask(self, market: Market, rows: Rows) -> tuple[Bools, pd.DataFrame]:
        """Return who may be held on each row, and how many stocks were left out for which reason.

        Raises
        ------
        StrategyError
            When an own universe fails or is empty on a date.
        """
        kept = _own_mask(self, "holdable", lambda: self.holdable(market, rows), market, rows)
        empty = ~kept.any(axis=1)
        if empty.any():
            day = market.dates[rows[int(empty.argmax())]]
            raise StrategyError(f"universe {self.kind}: empty on {day}")
        traded = np.isfinite(market.panel("mark")[rows])
        records = _records(market, rows, "own universe", traded & ~kept)
        return kept, pd.DataFrame(records, columns=["date", "reason", "count"])


def _own_mask(
    part: Kinded, what: str, found: Callable[[], Any], market: Market, rows: Rows
) -> Bools:
    """Return what an own class says of each stock, held to its contract: bool [R, N]."""
    with part.own_errors(what):
        mask: Bools = found()
    return part.own_flags(what, mask, (len(rows), len(market.codes))) if part.own else mask


class _Filtered(Universe):
    """Candidates of which filters leave out some; judged at the close of the decision day.

    A stock is counted under the first reason that leaves it out: delisted, no price (it has never
    traded in these data), then the filters in their order.
    """

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

    def explain(
        self, market: Market, code: str, date: object, language: Language = "en"
    ) -> pd.DataFrame:
        """Return what each question found about one stock on one day.

        Parameters
        ----------
        market : Market
        code : str
            `600000.SH`
        date
            A trading day: the decision is made at its close.
        language : "en" or "zh"
            Of the texts. What an own filter says is told as it says it.

        Returns
        -------
        DataFrame
            question, found, wanted, passes; the last row is the verdict. Questions are the kinds
            of the filters, in Chinese their names.

        Raises
        ------
        DataError
            The stock or the day is not in the market, or there is no such language.
        """
        if language not in LANGUAGES:
            raise DataError(f"explain: language {language!r}; accepted: {', '.join(LANGUAGES)}")
        place = np.flatnonzero(market.codes == code)
        if not len(place):
            raise DataError(f"no stock '{code}' in market '{market.name}'; codes are as 600519.SH")
        n, t = int(place[0]), market.day(date)
        rows = np.array([t], dtype=np.int64)
        kept = self._candidates(market, rows)
        candidate = bool(kept[0, n])
        standing = words("form", "yes" if candidate else "no")
        lines = [_line(("candidate", standing, self._wanted, candidate), language)]
        for one in self._questions:
            out = self._out(one, market, rows, kept)
            told = one.told(market, t, n, language)
            lines.append((_question(one.kind, language), *told, not out[0, n]))
            kept = kept & ~out
        lines += [_line(line, language) for line in self._standing(market, rows, n, kept)]
        lines.append(_verdict([line[0] for line in lines if not line[3]], language))
        return pd.DataFrame(lines, columns=["question", "found", "wanted", "passes"])

    @property
    def _questions(self) -> tuple[Filter, ...]:
        return Delisted(), Priced(), *self.filters

    @property
    def _wanted(self) -> Bilingual:
        raise TypeError("a universe says who its candidates are")

    def _candidates(self, market: Market, rows: Rows) -> Bools:
        raise TypeError("a universe says who its candidates are")

    def _narrow(self, market: Market, rows: Rows, kept: Bools) -> tuple[Bools, list[Record]]:
        return kept, []

    def _standing(self, market: Market, rows: Rows, n: int, kept: Bools) -> list[Line]:
        """Return where a stock stands among those that pass, when that decides."""
        return []

    def _exclude(self, market: Market, rows: Rows, candidates: Bools) -> tuple[Bools, list[Record]]:
        """Apply the filters in order; a stock is counted under the first that leaves it out."""
        kept = candidates.copy()
        records = []
        for one in self._questions:
            out = self._out(one, market, rows, kept)
            records += _records(market, rows, one.reason, kept & out)
            kept &= ~out
        return kept, records

    @staticmethod
    def _out(one: Filter, market: Market, rows: Rows, kept: Bools) -> Bools:
        return _own_mask(one, "out", lambda: one.out(market, rows, kept), market, rows)


class AllUniverse(_Filtered):
    """Every stock that has traded by the day and passes the filters."""

    kind: Literal["all"] = "all"

    @property
    def _wanted(self) -> Bilingual:
        return words("form", "has_traded")

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
    def _wanted(self) -> Bilingual:
        return words("form", "has_traded")

    def _candidates(self, market: Market, rows: Rows) -> Bools:
        return np.asarray(np.isfinite(market.panel("mark")[rows]))

    def _narrow(self, market: Market, rows: Rows, kept: Bools) -> tuple[Bools, list[Record]]:
        ranks = self._ranks(market, rows, kept)
        valued = ranks > 0
        return valued & (ranks <= self.n), _records(market, rows, "no market value", kept & ~valued)

    def _standing(self, market: Market, rows: Rows, n: int, kept: Bools) -> list[Line]:
        rank = int(self._ranks(market, rows, kept)[0, n])
        found = words("largest", "rank", rank=rank, count=int(kept[0].sum()))
        if not rank:
            found = words("largest", "unknown" if kept[0, n] else "before")
        wanted = words("largest", "wanted", count=self.n)
        return [("largest", found, wanted, 0 < rank <= self.n)]

    def _ranks(self, market: Market, rows: Rows, kept: Bools) -> Rows:
        """Return the rank by total market value, 1 = largest, 0 = left out or unknown, [R, N]."""
        value = market_value(market, rows, "total", kept, "kind largest")
        valued = kept & np.isfinite(value)
        # Ties go to the lower code, so that the choice does not depend on the sort.
        order = np.argsort(-np.where(valued, value, -np.inf), axis=1, kind="stable")
        ranks = np.empty(kept.shape, dtype=np.int64)
        np.put_along_axis(ranks, order, np.arange(1, kept.shape[1] + 1)[None, :], axis=1)
        return np.where(valued, ranks, 0)


class IndexUniverse(_Filtered):
    """The members of one or several indices on the date that pass the filters.

    Members that are not in the market data are no candidates.
    """

    kind: Literal["index"] = "index"
    index: str | tuple[str, ...] = Field(
        default="000300.SH", description="Index code, or several of which one is enough."
    )

    @property
    def _wanted(self) -> Bilingual:
        return with_indices("form", "member", self._indices)

    @property
    def _indices(self) -> tuple[str, ...]:
        return (self.index,) if isinstance(self.index, str) else self.index

    def _candidates(self, market: Market, rows: Rows) -> Bools:
        return np.asarray(np.any([market.members(code)[rows] for code in self._indices], axis=0))


def _question(kind: str, language: Language) -> str:
    """Return what a question is called; one of an own filter by its kind."""
    known = texts("quanthedge.universe", "words")["question"]
    return str(known[kind][language]) if kind in known else kind


def _verdict(failed: list[str], language: Language) -> tuple[str, str, str, bool]:
    """Return the last line: may be held, or the question that it fails first."""
    found = words("form", "may_be_held")
    if failed:
        found = words("form", "left_out", question=failed[0])
    return _line(("verdict", found, dict.fromkeys(LANGUAGES, ""), not failed), language)


def _line(line: Line, language: Language) -> tuple[str, str, str, bool]:
    question, found, wanted, passes = line
    return _question(question, language), found[language], wanted[language], passes


def _records(market: Market, rows: Rows, reason: str, hit: Bools) -> list[Record]:
    counts = hit.sum(axis=1)
    return [
        (pd.Timestamp(market.dates[t]), reason, int(c))
        for t, c in zip(rows, counts, strict=True)
        if c
    ]
