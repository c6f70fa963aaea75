"""Which stages a run asks for, without running it: what runs of a sweep have in common."""

from typing import Any

from quanthedge.backtesting.hedge_leg import contract_parts, futures_parts, indices
from quanthedge.backtesting.plan import rule_parts, run_rows
from quanthedge.backtesting.selection import selection_parts
from quanthedge.market import Market
from quanthedge.stages import parts_digest
from quanthedge.strategy import Strategy

__all__ = ["stages_asked"]


def stages_asked(
    strategy: Strategy, market: Market, start: str | None = None, end: str | None = None
) -> dict[str, str]:
    """Return a digest of what decides each stage of a run, by the stage's name.

    Two runs on one market share a stage where the digests are the same. The stages are those that
    every run has; an allocation or an optimised selector asks for more of its own. What a market
    alone decides (price limits, corporate actions, stated values that need no betas, volatilities
    for impact) lies beside it and is left out.

    Parameters and errors are those of :func:`quanthedge.backtesting.run_days`. The names end in the
    product where there is a stage for each.
    """
    first, last = run_rows(strategy, market, start, end)
    span: dict[str, Any] = {"span": (first, last)}
    asked: dict[str, dict[str, Any]] = {
        "selection": selection_parts(strategy, first, last),
        "betas": {**span, "beta": strategy.beta, "indices": indices(strategy)},
        "stock_rules": span,
    }
    if strategy.valuation.suspended == "beta":
        valued = {"valuation": strategy.valuation, "index": indices(strategy)[0]}
        asked["stated_values"] = {**span, **valued, "beta": strategy.beta}
    if strategy.execution.participation_open != 0.0:
        asked["usual_turnover"] = span
    asked["rules_used"] = {**span, **rule_parts(strategy)}
    if strategy.selector.needs_scores:
        rows = strategy.selector.decision_rows(strategy.rebalance, market, first, last)
        asked["universe"] = about = {"rows": rows, "universe": strategy.universe}
        for k, term in enumerate(strategy.factors):
            if term.weight != 0.0:
                graded = {"transforms": strategy.transforms, "factor": term.factor}
                asked[f"factor_grades {k}"] = {**about, **graded}
    if not strategy.hedge.sells_nothing:
        asked["futures"] = {**span, **futures_parts(strategy)}
        for product in strategy.hedge.products:
            parts = contract_parts(strategy.hedge, product, strategy.execution.fill)
            asked[f"contracts {product}"] = {**span, **parts}
    return {name: parts_digest(parts) for name, parts in asked.items()}
