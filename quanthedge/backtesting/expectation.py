"""What a strategy's scores are expected to earn, by what they showed at its own past rebalances."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.alpha import AlphaScores, Information, ScoreHistory, no_training, scores
from quanthedge.errors import DataError, StrategyError
from quanthedge.factors import Factor
from quanthedge.market import Market
from quanthedge.portfolio import Targets
from quanthedge.rules import StockCosts
from quanthedge.stages import stage
from quanthedge.strategy import Strategy
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["Expectation", "expectation", "graded", "information_at", "no_expectation", "share_of"]


class Expectation(NamedTuple):
    """What is expected of the stocks wanted at each decision.

    Attributes
    ----------
    returns, costs : float64 [R]
        Until the next rebalance: return beyond industry and size, and cost of changing the stocks
        wanted before into these, fractions of their value.
    information : Information
    """

    returns: Floats
    costs: Floats
    information: Information

    def to_frame(self, dates: np.ndarray) -> pd.DataFrame:
        """Return the table ``expected`` of a record, for the dates of the decisions."""
        return pd.DataFrame(
            {
                "date": pd.DatetimeIndex(dates.astype("datetime64[ms]")),
                "information_coefficient": self.information.coefficient,
                "rebalances": self.information.known,
                "expected_return": self.returns,
                "expected_cost": self.costs,
            }
        )


def no_expectation() -> pd.DataFrame:
    """Return the table ``expected`` of a strategy in which nothing asks for it."""
    none = np.empty(0)
    unknown = Information(none, none, np.empty(0, dtype=np.int64))
    return Expectation(none, none, unknown).to_frame(np.empty(0, dtype="datetime64[D]"))


def expectation(strategy: Strategy, market: Market, wanted: Targets) -> Expectation:
    """Return what is expected of the stocks wanted.

    Parameters
    ----------
    strategy : Strategy
    market : Market
    wanted : Targets
        Of the whole book; only proportions count.

    Notes
    -----
    A stock without an expected return counts with 0. Costs are duties, fees, commission and
    slippage as of the day of the decision, without impact; of the change from one target to the
    next, not of what prices moved.
    """
    rows = wanted.decision_rows
    found = information_at(strategy, market, rows)
    mask, _ = strategy.universe.mask(market, rows)
    alpha = found.expected(market, graded(strategy, market, mask, rows).scores, rows)
    costs = StockCosts.between(
        market.dates[rows], market.codes, strategy.costs, list_dates=market.list_dates()
    )
    buy, sell = costs.buy_rate, costs.sell_rate
    returns, paid = np.zeros(rows.size), np.zeros(rows.size)
    before = np.zeros(alpha.shape[1])
    for r in range(rows.size):
        now = share_of(wanted, r, alpha.shape[1])
        change = now - before
        bought, sold = np.flatnonzero(change > 0), np.flatnonzero(change < 0)
        returns[r] = now @ np.nan_to_num(alpha[r])
        paid[r] = change[bought] @ buy[r, bought] - change[sold] @ sell[r, sold]
        before = now
    return Expectation(returns, paid, found)


def share_of(wanted: Targets, r: int, stocks: int) -> Floats:
    """Return the share of each stock in the stocks wanted at a decision, [N]; 0 without any."""
    found = np.zeros(stocks)
    span = slice(wanted.pointer[r], wanted.pointer[r + 1])
    found[wanted.stocks[span]] = wanted.weights[span]
    total = found.sum()
    return found / total if total > 0 else found


def information_at(strategy: Strategy, market: Market, rows: Ints) -> Information:
    """Return what a unit of score is worth at decisions at the closes of rows."""
    last = int(rows.max())
    parts = {
        "last": last,
        "universe": strategy.universe,
        "factors": strategy.factors,
        "alpha": strategy.alpha,
        "transforms": strategy.transforms,
        "rebalance": strategy.rebalance,
        "price of labels": strategy.execution.fill,
    }
    history = stage(
        "score_history",
        market,
        parts,
        lambda: _history(strategy, market.until(market.dates[last])),
        kinds=(ScoreHistory,),
    )
    return history.information(rows)


def graded(
    strategy: Strategy, market: Market, mask: Bools, rows: Ints, *, kept: bool = True
) -> AlphaScores:
    """Return the scores of factors with weights, or of a library that is combined.

    Grades of the factors are kept for other runs, but for ``kept=False``.
    """
    if strategy.alpha is None:
        about = {"rows": rows, "universe": mask, "transforms": strategy.transforms}

        def once(factor: Factor, work: Callable[[], Any]) -> Any:
            return stage(
                "factor_grades", market, {**about, "factor": factor}, work,
                on_disk=False,
            )  # fmt: skip

        found, coverage = scores(
            market, strategy.factors, mask, rows, strategy.transforms, keep=once if kept else None
        )
        return AlphaScores(found, coverage, no_training(), {})
    return strategy.alpha.scores(
        market,
        strategy.universe,
        mask,
        rows,
        strategy.rebalance,
        strategy.execution.fill,
    )


def _history(strategy: Strategy, market: Market) -> ScoreHistory:
    """Return what the scores showed on all rebalances of a market up to its last day."""
    rows = strategy.rebalance.grid(market)
    if strategy.alpha is not None:
        trained = strategy.alpha.first_training(market, strategy.rebalance)
        rows = rows[rows >= (trained or 0)]
    return ScoreHistory.shown(
        market, _past_scores(strategy, market, rows), rows, strategy.execution.fill
    )


def _past_scores(strategy: Strategy, market: Market, rows: Ints) -> Floats:
    """Return scores [G, N]; none on rows on which the data do not carry them yet."""
    found = np.full((rows.size, len(market.codes)), np.nan)
    k, together = 0, True
    while k < rows.size:
        stop = rows.size if together else k + 1
        try:
            mask, _ = strategy.universe.mask(market, rows[k:stop])
            found[k:stop] = graded(strategy, market, mask, rows[k:stop], kept=False).scores
        except (DataError, StrategyError):
            k += 0 if together else 1  # row by row until one succeeds
            together = False
            continue
        k, together = stop, not together
    return found
