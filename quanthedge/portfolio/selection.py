"""From scores to targets: the best n, with a buffer for those already wanted, and their weights."""

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.errors import StrategyError
from quanthedge.kinds import Kinded, own_name
from quanthedge.market import Market
from quanthedge.optimise import Decision
from quanthedge.portfolio.circumstances import Book, Circumstances
from quanthedge.portfolio.schedule import Schedule
from quanthedge.portfolio.targets import Targets, sparse_targets
from quanthedge.risk import index_weights
from quanthedge.typing import Bools, Floats, Ints, Language
from quanthedge.words import texts

__all__ = ["Selector", "TopSelector", "average_ranks"]


class Selector(Kinded, noun="selector"):
    """From scores to the weights of the stock book.

    A field of this type takes a selector of ours, or one of a user's own, as an object or by its
    ``kind`` (``top`` where none is given). An own selector is a class derived from this one that
    defines :meth:`weights`, or :meth:`targets` for all rebalances at once in sparse form, with its
    parameters as fields.

    Examples
    --------
    >>> import quanthedge as qh
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=50"])
    >>> isinstance(strategy.selector, qh.Selector), strategy.selector.n
    (True, 50)
    """

    needed: ClassVar[tuple[str, ...]] = ("weights|targets",)
    default_kind: ClassVar[str] = "top"
    needs_scores: ClassVar[bool] = True  # False: the selector is a table of weights by itself
    needs_circumstances: ClassVar[bool] = False  # True: it decides by :meth:`decide`

    def decision_rows(self, schedule: Schedule, market: Market, first: int, last: int) -> Ints:
        """Return the rows at whose closes stocks are chosen: see :meth:`Schedule.decision_rows`."""
        return schedule.decision_rows(market, first, last)

    def weights(self, market: Market, scores: Floats, rows: Ints) -> Floats:
        """Return the weights of the stock book on each rebalance: what an own selector defines.

        Parameters
        ----------
        market : Market
        scores : float64 [R, N]
            Higher is better; NaN = not in the universe, and not to be held.
        rows : int64 [R]
            Day indices of the decisions, rising.

        Returns
        -------
        float64 [R, N]
            0 or more, above 0 only where there is a score; each row sums to more than 0 and at most
            1. Row r may use what is known at the close of day rows[r], and earlier rows of the
            scores, and nothing later.
        """
        raise StrategyError(f"{type(self).__name__} is no selector: it defines no weights")

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
            By which the weights are multiplied.

        Raises
        ------
        StrategyError
            When an own selector fails, or gives weights that no book can have.
        """
        rows = np.asarray(rows, dtype=np.int64)
        with self.own_errors("weights"):
            found = self.weights(market, scores, rows)
        found = self.own_numbers("weights", found, scores.shape, "a row for each rebalance")
        _check_book(self, found, scores, market, rows)
        return sparse_targets(market, rows, invested_fraction * found)

    def decide(
        self, market: Market, scores: Floats, rows: Ints, circumstances: Circumstances
    ) -> Book:
        """Return the book of all rebalances, weights as fractions of the stock book.

        Parameters
        ----------
        market, scores, rows
            As :meth:`targets`.
        circumstances : Circumstances
            What a selector with ``needs_circumstances`` may ask for; the others look at none.
        """
        return Book(self.targets(market, scores, rows), Decision.table())

    def called(self, language: Language) -> str:
        """Return what the selector is called: by its kind, or as its author calls it.

        >>> from quanthedge.portfolio.optimised import OptimisedSelector
        >>> OptimisedSelector(risk_aversion=10).called("en")
        'an optimiser against 000300.SH'
        """
        if self.own:
            return own_name(self, "selector", language)
        text = str(texts("quanthedge.portfolio", "words")["kinds"][self.kind][language])
        return text.format(index=getattr(self, "benchmark", ""))


def _check_book(
    selector: Selector, weights: Floats, scores: Floats, market: Market, rows: Ints
) -> None:
    """Refuse weights that are none, of stocks without a score, or of more than the whole book."""

    def told(wrong: Bools, what: str) -> str:
        r, n = np.argwhere(wrong)[0]
        return (
            f"selector {selector.kind}: weights: {market.codes[n]} has {weights[r, n]:g} on "
            f"{market.dates[rows[r]]}, {what}"
        )

    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        raise StrategyError(told(wrong, "accepted: 0 or more"))
    outside = (weights > 0) & ~np.isfinite(scores)
    if outside.any():
        raise StrategyError(told(outside, "and no score: it is not in the universe"))
    total = weights.sum(axis=1)
    unfit = ~((total > 0) & (total <= 1 + 1e-9))
    if unfit.any():
        r = int(unfit.argmax())
        raise StrategyError(
            f"selector {selector.kind}: weights sum to {total[r]:g} on {market.dates[rows[r]]}; "
            "accepted: more than 0, at most 1"
        )


class TopSelector(Selector):
    """The ``n`` best scores; who was wanted stays while ranked within ``n * (1 + buffer)``.

    "Wanted" means by the target before, not held by the ledger, so that targets do not depend on
    what could be traded. Where fewer than ``n`` stocks have a score, all of them are taken and the
    book is spread over fewer names.
    """

    kind: Literal["top"] = "top"
    n: int = Field(default=100, ge=1, description="Number of stocks wanted.")
    buffer: float = Field(
        default=0.0, ge=0, le=5, description="Keeps a stock until it ranks below n * (1 + buffer)."
    )
    weighting: Literal["equal", "cap", "score", "index"] = Field(
        default="equal",
        description="Equal, by float market value ('cap'), by rank among the chosen ('score'), or "
        "as in an index ('index').",
    )
    index: str | None = Field(
        default=None, description="Index whose weights 'index' takes, as '000300.SH'."
    )
    max_weight: float = Field(
        default=1.0, gt=0, le=1, description="Largest share of the book in one stock."
    )

    @model_validator(mode="after")
    def _index_of_weights(self) -> Self:
        if (self.weighting == "index") != (self.index is not None):
            raise ValueError("weighting 'index' and an index go together, as '000300.SH'")
        return self

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
            or the chosen stocks have no float market value or index weight to weigh them by.
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
        elif self.weighting == "index":
            raw = index_weights(market, str(self.index)).on(np.array([t]))[0, stocks]
            if not raw.sum() > 0:
                raise StrategyError(
                    f"selector.weighting index: no chosen stock has a weight in {self.index} on "
                    f"{market.dates[t]}; take the members of the index as universe"
                )
        elif self.weighting == "score":
            raw = average_ranks(score[stocks])
        else:
            raw = np.ones(stocks.size)
        return _cap(raw / raw.sum(), self.max_weight, market.dates[t])


def average_ranks(values: Floats) -> Floats:
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
