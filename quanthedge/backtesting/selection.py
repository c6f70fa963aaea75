"""Which stocks a strategy wants: universe, scores, what they are weighed in, targets."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.alpha import no_training
from quanthedge.backtesting.circumstances import circumstances
from quanthedge.backtesting.expectation import graded
from quanthedge.backtesting.risk_stage import risk_model_of
from quanthedge.market import Market
from quanthedge.optimise import Decision
from quanthedge.portfolio import Book, Targets
from quanthedge.stages import stage
from quanthedge.strategy import Strategy
from quanthedge.typing import Floats

__all__ = ["Selection", "select", "selected", "selection_parts"]


class Selection(NamedTuple):
    """What the selector wants, and what it left out."""

    targets: Targets
    shares: Floats  # of the stock book, in the order of the targets' weights
    exclusions: pd.DataFrame
    coverage: pd.DataFrame
    training: pd.DataFrame  # what each rebalance's scores were trained on
    left_out: dict[str, str]  # factors of the library that the market cannot carry, and why
    decisions: pd.DataFrame  # a row for each rebalance where the selector has something to tell


def selected(strategy: Strategy, market: Market, first: int, last: int) -> Selection:
    """Return the targets of every rebalance of the span, worked out once for what decides them."""
    if strategy.invested_fraction == 0:
        return _nothing_selected(market)
    parts = selection_parts(strategy, first, last)
    rows = strategy.selector.decision_rows(strategy.rebalance, market, first, last)
    kept = stage(
        "selection",
        market,
        parts,
        lambda: select(strategy, market, rows, invested_fraction=1.0),
        kinds=(Selection, Targets),
    )
    weights = strategy.invested_fraction * kept.shares
    return kept._replace(targets=replace(kept.targets, weights=weights))


def selection_parts(strategy: Strategy, first: int, last: int) -> dict[str, Any]:
    """Return all that decides the targets of a span beside the market."""
    return {
        "span": (first, last),
        "universe": strategy.universe,
        "factors": strategy.factors,
        "alpha": strategy.alpha,
        "price of labels": strategy.execution.fill if strategy.alpha is not None else None,
        "transforms": strategy.transforms,
        "selector": strategy.selector,
        "rebalance": strategy.rebalance,
        "weighed in": _weighed_in(strategy) if strategy.selector.needs_circumstances else None,
    }


def _weighed_in(strategy: Strategy) -> dict[str, Any]:
    """Return the other parts of a strategy that decide an optimised book."""
    return {
        "capital": strategy.capital_yuan,
        "invested_fraction": strategy.invested_fraction,
        "costs": strategy.costs,
        "execution": strategy.execution,
        "beta": strategy.beta,
        "hedge": strategy.hedge,
        "industry": strategy.layers.industry,
        "risk": risk_model_of(strategy),
    }


def select(
    strategy: Strategy,
    market: Market,
    rows: NDArray[np.int64],
    *,
    invested_fraction: float | None = None,
) -> Selection:
    """Return what the strategy wants to hold by decisions at the closes of some rows, [R].

    Raises
    ------
    StrategyError
        The universe is empty, or a factor defined for no stock of it, on one of the rows.
    """
    part = strategy.invested_fraction if invested_fraction is None else invested_fraction
    if not strategy.selector.needs_scores:
        return _stated_weights(strategy, market, rows, part)
    mask, exclusions = stage(
        "universe",
        market,
        {"universe": strategy.universe, "rows": rows},
        lambda: strategy.universe.mask(market, rows),
        on_disk=False,
    )
    found = graded(strategy, market, mask, rows)
    book = _decided(strategy, market, found.scores, rows)
    shares = book.targets.weights
    targets = replace(book.targets, weights=part * shares)
    told = (found.coverage, found.training, found.left_out)
    return Selection(targets, shares, exclusions, *told, book.decisions)


def _decided(strategy: Strategy, market: Market, scored: Floats, rows: NDArray[np.int64]) -> Book:
    """Return the book as fractions of the stocks."""
    selector = strategy.selector
    if not selector.needs_circumstances:
        return Book(selector.targets(market, scored, rows), Decision.table())
    return selector.decide(market, scored, rows, circumstances(strategy, market, scored, rows))


def _nothing_selected(market: Market) -> Selection:
    """Return the selection of a fund without stocks of its own: no decision."""
    none = np.empty(0, dtype=np.int64)
    start = np.zeros(1, dtype=np.int64)
    targets = Targets(none, start, none, np.empty(0), market.dates[none], market.codes)
    excluded, covered = _nothing_left_out()
    return Selection(
        targets, targets.weights, excluded, covered, no_training(), {}, Decision.table()
    )


def _nothing_left_out() -> tuple[pd.DataFrame, pd.DataFrame]:
    kinds = {"date": "datetime64[s]", "reason": "str", "factor": "str"}
    excluded, covered = (
        pd.DataFrame({name: pd.Series([], dtype=kinds.get(name, "int64")) for name in names})
        for names in (("date", "reason", "count"), ("date", "factor", "defined", "universe"))
    )
    return excluded, covered


def _stated_weights(
    strategy: Strategy, market: Market, rows: NDArray[np.int64], part: float
) -> Selection:
    """Return the weights of a table: nothing is scored, and nothing left out."""
    book = strategy.selector.targets(market, np.empty((rows.size, 0)), rows)
    targets = replace(book, weights=part * book.weights)
    excluded, covered = _nothing_left_out()
    return Selection(targets, book.weights, excluded, covered, no_training(), {}, Decision.table())
