"""From scores to targets: the best n, with a buffer for those already wanted, and their weights."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

from quanthedge.errors import StrategyError
from quanthedge.market import Market
from quanthedge.plain import Plain
from quanthedge.typing import Floats, Ints

__all__ = ["Selector", "Targets"]


@dataclass(frozen=True)
class Targets:
    """Weights of the stock book on its rebalances, sparse.

    Attributes
    ----------
    decision_rows : int64 [R]
        Day index of each decision; orders are done on the next trading day.
    pointer : int64 [R + 1]
        Rebalance r wants ``stocks[pointer[r]:pointer[r + 1]]``.
    stocks : int64 [K], weights : float64 [K]
        Positions in the market's codes; fractions of equity.
    dates : datetime64[D] [R], codes : str [N]
    """

    decision_rows: Ints
    pointer: Ints
    stocks: Ints
    weights: Floats
    dates: NDArray[np.datetime64]
    codes: NDArray[np.str_] = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the targets as rows of date (of the decision), code and weight."""
        counts = np.diff(self.pointer)
        return pd.DataFrame(
            {
                "date": pd.DatetimeIndex(np.repeat(self.dates, counts)),
                "code": pd.array(self.codes[self.stocks].astype(object), dtype="str"),
                "weight": self.weights,
            }
        )


class Selector(Plain):
    """The ``n`` best scores; who was wanted stays while ranked within ``n * (1 + buffer)``.

    "Wanted" means by the target before, not held by the ledger, so that targets do not depend on
    what could be traded. Where fewer than ``n`` stocks have a score, all of them are taken and the
    book is spread over fewer names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int = Field(default=100, ge=1, description="Number of stocks wanted.")
    buffer: float = Field(
        default=0.0, ge=0, le=5, description="Keeps a stock until it ranks below n * (1 + buffer)."
    )
    weighting: Literal["equal", "cap", "score"] = Field(
        default="equal",
        description="Equal, by float market value ('cap'), or by rank among the chosen ('score').",
    )
    max_weight: float = Field(
        default=1.0, gt=0, le=1, description="Largest share of the book in one stock."
    )

    def targets(
        self, market: Market, scores: Floats, rows: Ints, *, invested_fraction: float = 1.0
    ) -> Targets:
        """Return the targets of all rebalances.

        Parameters
        ----------
        market : Market
        scores : float64 [R, N]
            Higher is better; NaN = not in the universe.
        rows : int64 [R]
            Day indices of the decisions.
        invested_fraction : float
            Sum of the weights on each rebalance.

        Returns
        -------
        Targets

        Raises
        ------
        StrategyError
            When no stock has a score on a date, ``max_weight`` is too small for the stocks found,
            or a chosen stock has no float market value to weigh it by.
        """
        chosen: list[Ints] = []
        weights: list[Floats] = []
        before = np.empty(0, dtype=np.int64)
        for r, t in enumerate(rows):
            stocks = self._choose(scores[r], before, market.dates[t])
            share = self._weigh(market, scores[r], stocks, int(t))
            chosen.append(stocks)
            weights.append(invested_fraction * share)
            before = stocks
        sizes = [len(stocks) for stocks in chosen]
        return Targets(
            decision_rows=np.asarray(rows, dtype=np.int64),
            pointer=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            stocks=np.concatenate(chosen) if chosen else np.empty(0, dtype=np.int64),
            weights=np.concatenate(weights) if weights else np.empty(0),
            dates=market.dates[rows],
            codes=market.codes,
        )

    def _choose(self, score: Floats, before: Ints, date: np.datetime64) -> Ints:
        """Return the positions of the stocks wanted, ascending."""
        known = np.flatnonzero(np.isfinite(score))
        if known.size == 0:
            raise StrategyError(
                f"selector: no stock has a score on {date}; check universe and factors"
            )
        # Ties go to the lower code, so that the choice does not depend on the sort.
        ranked = known[np.argsort(-score[known], kind="stable")]
        kept = ranked[: int(self.n * (1.0 + self.buffer) + 1e-9)]
        stay = kept[np.isin(kept, before)][: self.n]
        fresh = ranked[~np.isin(ranked, stay)][: self.n - stay.size]
        return np.sort(np.concatenate([stay, fresh]))

    def _weigh(self, market: Market, score: Floats, stocks: Ints, t: int) -> Floats:
        """Return the weights of the stocks, summing to 1."""
        if self.weighting == "cap":
            raw = market.panel("mark")[t, stocks] * market.panel("float_shares")[t, stocks]
            if not (raw > 0).all():
                code = market.codes[stocks[int((~(raw > 0)).argmax())]]
                raise StrategyError(
                    f"selector.weighting cap: {code} has no float market value on "
                    f"{market.dates[t]}; take equal weights or complete the market data"
                )
        elif self.weighting == "score":
            raw = _average_ranks(score[stocks])
        else:
            raw = np.ones(stocks.size)
        return _cap(raw / raw.sum(), self.max_weight, market.dates[t])


def _average_ranks(values: Floats) -> Floats:
    """Return the ranks from 1 (lowest); equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[place], dtype=np.float64)


def _cap(weights: Floats, limit: float, date: np.datetime64) -> Floats:
    """Return the weights with none above the limit; the excess goes to the others in proportion."""
    if limit * weights.size < 1.0 - 1e-12:
        raise StrategyError(
            f"selector.max_weight {limit}: {weights.size} stocks of that weight are less than "
            f"the whole book on {date}; raise it to at least {1.0 / weights.size:.4f}"
        )
    capped = np.zeros(weights.size, dtype=np.bool_)
    result = weights.copy()
    while True:
        over = (result > limit + 1e-15) & ~capped
        if not over.any():
            return result
        capped |= over
        free = ~capped
        result[capped] = limit
        left = 1.0 - limit * capped.sum()
        result[free] = weights[free] / weights[free].sum() * left if free.any() else result[free]
