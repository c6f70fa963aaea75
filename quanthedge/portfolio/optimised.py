"""From scores to the book that weighs expected return, risk and cost up, inside bounds."""

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.errors import StrategyError
from quanthedge.market import Market
from quanthedge.optimise import (
    Bounds,
    ContractHedge,
    Decision,
    Optimiser,
    TradingTerms,
    market_days,
)
from quanthedge.portfolio.circumstances import Book, Circumstances
from quanthedge.portfolio.paper import PaperBook
from quanthedge.portfolio.selection import Selector
from quanthedge.portfolio.targets import Targets, sparse_targets
from quanthedge.typing import Floats, Ints

__all__ = ["OptimisedSelector"]

_DUST = 1e-6  # of the book: 100 yuan of 100 million, less than any lot


class OptimisedSelector(Selector, Bounds):
    """An index-relative book: expected return less risk and cost, inside bounds.

    What may be bought is the universe; what is held outside of it is sold. Trades are weighed
    against the paper book (:mod:`quanthedge.portfolio.paper`). The weights are not rounded: the
    ledger buys whole lots, and the table of decisions tells what they cost.
    """

    needs_circumstances: ClassVar[bool] = True

    kind: Literal["optimised"] = "optimised"
    benchmark: str = Field(default="000300.SH", description="Index that weights are held against.")
    risk_aversion: float | None = Field(
        default=None, ge=0, description="Price of variance; or tracking_error."
    )
    tracking_error: float | None = Field(
        default=None, gt=0, lt=1, description="Largest active risk a year; or risk_aversion."
    )

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if (self.risk_aversion is None) == (self.tracking_error is None):
            raise ValueError("exactly one of risk_aversion and tracking_error is needed")
        return self

    def bounds(self) -> Bounds:
        """Return the bounds of the optimiser."""
        return Bounds(**{name: getattr(self, name) for name in Bounds.model_fields})

    def targets(
        self, market: Market, scores: Floats, rows: Ints, *, invested_fraction: float = 1.0
    ) -> Targets:
        """Refuse: scores alone do not decide an optimised book, see :meth:`decide`."""
        raise StrategyError(
            "selector optimised decides by costs, risk and hedge beside the scores; run it in a "
            "strategy, or take qh.Optimiser"
        )

    def decide(
        self, market: Market, scores: Floats, rows: Ints, circumstances: Circumstances
    ) -> Book:
        """Return the book of all rebalances, and a row for each decision.

        Raises
        ------
        StrategyError
            The hedge sells several products; or no book keeps the limits of the first decision
            (participation, beta of the contracts), however far bounds are loosened.
        """
        made = self.decisions(market, scores, rows, circumstances)
        wanted = np.array([weights for weights, _ in made])
        told = Decision.table(decision for _, decision in made)
        return Book(sparse_targets(market, rows, wanted), told)

    def decisions(
        self, market: Market, scores: Floats, rows: Ints, circumstances: Circumstances
    ) -> list[tuple[Floats, Decision]]:
        """Return the weights wanted on each rebalance, [N], and the decision behind them."""
        if len(circumstances.products) > 1:
            raise StrategyError(
                f"selector optimised is hedged with one product; hedge.product names "
                f"{', '.join(circumstances.products)}"
            )
        optimiser = self._optimiser(circumstances)
        days = market_days(market, rows, optimiser.costs, self.benchmark)
        alpha, _ = circumstances.expected()
        tilts, risk = circumstances.tilts(), circumstances.risk()
        hedges = _hedges(circumstances, len(rows))
        names = risk.style_names
        paper = PaperBook(market, circumstances)
        made = []
        for r, t in enumerate(rows):
            paper.carry_to(int(t))
            decision = optimiser.decide(
                days[r], risk.forecast(int(t), optimiser.horizon), alpha[r], paper.held,
                paper.book_yuan, hedge=hedges[r], tilt=tilts[r],
                universe=np.isfinite(scores[r]), style_names=names,
            )  # fmt: skip
            weights = _wanted(decision, paper.held)
            sold = decision.contracts * decision.contract_yuan if decision.contracts else 0.0
            paper.decide(int(t), weights, sold)
            made.append((weights, decision))
        return made

    def _optimiser(self, circumstances: Circumstances) -> Optimiser:
        return Optimiser(
            benchmark=self.benchmark,
            risk_aversion=self.risk_aversion,
            tracking_error=self.tracking_error,
            bounds=self.bounds(),
            costs=TradingTerms.of(
                circumstances.costs, circumstances.impact_coefficient, circumstances.participation
            ),
            horizon=circumstances.schedule.days_between,
        )


def _hedges(circumstances: Circumstances, count: int) -> list[ContractHedge | None]:
    if not circumstances.products:
        return [None] * count
    betas, yuan = circumstances.betas(), circumstances.contract_yuan()
    return [
        ContractHedge(betas[r, :, 0], float(yuan[r, 0]), circumstances.hedge_ratio)
        for r in range(count)
    ]


def _wanted(decision: Decision, held: Floats) -> Floats:
    """Return the weights to be held, [N]; where no book keeps the limits, what is held."""
    if decision.status == "infeasible":
        if not held.any():
            raise StrategyError(
                f"selector optimised: no book on {decision.day.date} keeps its limits "
                f"({decision.solution.reason or 'participation, beta of the contracts'}); lower "
                "the capital, or change the hedge"
            )
        return held.copy()
    wanted = np.zeros(len(held))
    found = decision.solution.weights
    wanted[decision.posed.stocks] = np.where(found > _DUST, found, 0.0)
    return wanted
