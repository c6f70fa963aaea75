"""From scores to a book whose industries weigh as in an index: the best names of each."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from quanthedge.errors import StrategyError
from quanthedge.market import Market
from quanthedge.optimise import Decision
from quanthedge.portfolio.circumstances import Book, Circumstances
from quanthedge.portfolio.selection import Selector, average_ranks
from quanthedge.portfolio.targets import Targets, sparse_targets
from quanthedge.risk import index_weights
from quanthedge.typing import Floats, Ints

__all__ = ["IndustryBalancedSelector", "allotted"]


class IndustryBalancedSelector(Selector):
    """The ``n`` best names, industry by industry, each industry with the weight of an index.

    An industry gets its share of the ``n`` names, whole ones first, the rest to the largest
    remainders; one that gets none, or has no stock with a score, leaves its weight to the others in
    proportion. Tilts of ``[layers.industry]`` are added to the index's weights (a sum below 0
    counts as 0).
    """

    needs_circumstances: ClassVar[bool] = True

    kind: Literal["industry_balanced"] = "industry_balanced"
    benchmark: str = Field(default="000300.SH", description="Index that industries weigh as in.")
    n: int = Field(default=100, ge=1, description="Number of stocks wanted.")
    weighting: Literal["equal", "score", "index"] = Field(
        default="equal",
        description="Inside an industry: equal, by rank among the chosen ('score'), or as in the "
        "index, of its members alone ('index').",
    )

    def targets(
        self, market: Market, scores: Floats, rows: Ints, *, invested_fraction: float = 1.0
    ) -> Targets:
        """Return the targets without tilts; see :meth:`decide`."""
        tilts = np.zeros((len(rows), len(market.industry()[1])))
        found = sparse_targets(market, rows, self._weights(market, scores, rows, tilts))
        return Targets(
            found.decision_rows, found.pointer, found.stocks, invested_fraction * found.weights,
            found.dates, found.codes,
        )  # fmt: skip

    def decide(
        self, market: Market, scores: Floats, rows: Ints, circumstances: Circumstances
    ) -> Book:
        """Return the book of all rebalances, industries tilted.

        Raises
        ------
        StrategyError
            No stock with a score is of an industry that the index holds.
        """
        wanted = self._weights(market, scores, rows, circumstances.tilts())
        return Book(sparse_targets(market, rows, wanted), Decision.table())

    def _weights(self, market: Market, scores: Floats, rows: Ints, tilts: Floats) -> Floats:
        rows = np.asarray(rows, dtype=np.int64)
        index = np.nan_to_num(index_weights(market, self.benchmark).on(rows))
        groups = market.industry()[0]
        made = np.zeros(scores.shape)
        for r, t in enumerate(rows):
            group = groups[t].astype(np.int64) + 1  # 0: unknown
            shares = np.bincount(group, index[r], minlength=tilts.shape[1] + 1)
            shares[1 : tilts.shape[1] + 1] += tilts[r]
            known = np.isfinite(scores[r])
            if self.weighting == "index":
                known &= index[r] > 0
            made[r] = self._of_day(scores[r], known, group, np.maximum(shares, 0.0), index[r])
            if not made[r].any():
                raise StrategyError(
                    f"selector industry_balanced: no stock with a score on {market.dates[t]} is "
                    f"of an industry of {self.benchmark}; check universe and factors"
                )
        return made

    def _of_day(
        self, score: Floats, known: np.ndarray, group: Ints, shares: Floats, index: Floats
    ) -> Floats:
        """Return the weights of a day, [N]."""
        there = np.bincount(group[known], minlength=len(shares))
        names = allotted(shares, self.n, there)
        made = np.zeros(score.size)
        for g in np.flatnonzero(names):
            own = np.flatnonzero(known & (group == g))
            best = own[np.argsort(-score[own], kind="stable")][: names[g]]
            raw = {"equal": np.ones(best.size), "index": index[best]}.get(self.weighting)
            raw = average_ranks(score[best]) if raw is None else raw
            made[best] = shares[g] * raw / raw.sum()
        total = made.sum()
        return made / total if total > 0 else made


def allotted(shares: Floats, count: int, there: Ints) -> Ints:
    """Return how many names each group gets: by largest remainder, never more than there are.

    Parameters
    ----------
    shares : float64 [G]
        0 or more; need not sum to 1.
    count : int
    there : int64 [G]
        Names that each group has.

    Examples
    --------
    >>> allotted(np.array([0.5, 0.3, 0.2]), 4, np.array([9, 9, 9])).tolist()
    [2, 1, 1]
    >>> allotted(np.array([0.5, 0.3, 0.2]), 4, np.array([1, 9, 9])).tolist()
    [1, 2, 1]
    """
    names = np.zeros(len(shares), dtype=np.int64)
    full = (there == 0) | (shares <= 0)
    while True:
        free, left = ~full, count - int(names[full].sum())
        if left <= 0 or not free.any():
            return names
        exact = left * shares[free] / shares[free].sum()
        whole = np.floor(exact + 1e-12).astype(np.int64)
        order = np.argsort(whole - exact, kind="stable")
        whole[order[: left - int(whole.sum())]] += 1
        names[free] = whole
        over = names > there
        if not over.any():
            return names
        names[over] = there[over]
        full |= over
