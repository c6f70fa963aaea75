"""What is known of a fund when it is decided how much of its book stands, and the book by that."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from quanthedge.backtesting.hedge_leg import contracts_held
from quanthedge.backtesting.selection import Selection
from quanthedge.hedge import annual_discount
from quanthedge.layers import Standing
from quanthedge.market import Market
from quanthedge.rules import StockCosts
from quanthedge.strategy import Strategy
from quanthedge.typing import Floats, Ints

__all__ = ["exposed", "no_expectation", "standing"]


def standing(
    strategy: Strategy,
    market: Market,
    selection: Selection,
    costs: StockCosts,
    first: int,
    on_paper: Callable[[], Floats],
) -> Standing:
    """Return what is known at the decisions of a selection.

    Parameters
    ----------
    strategy : Strategy
    market : Market
    selection : Selection
        The whole book.
    costs : StockCosts
        Of the trading days.
    first : int
        Row of the first trading day.
    on_paper : callable
        Unit value of the fund without an allocation at each close from ``first - 1`` on.
    """
    rows = selection.targets.decision_rows

    @cache
    def discounts() -> Floats:
        return _discounts(strategy, market, rows)

    return Standing(
        discount=cache(lambda: discounts()[:, 0]),
        expected_alpha=cache(lambda: np.full(rows.size, np.nan)),
        hedge_cost=cache(lambda: discounts()[:, 0]),
        drawdown=cache(lambda: _drawdown(on_paper())[rows + 1 - first]),
        forecast_volatility=cache(lambda: np.full(rows.size, np.nan)),
    )


def exposed(selection: Selection, allocation: pd.DataFrame) -> Selection:
    """Return a selection whose targets are multiplied by the exposure; at 0 the book is empty."""
    exposure = allocation["exposure"].to_numpy()
    if (exposure == 1.0).all():
        return selection
    targets = selection.targets
    sizes = np.diff(targets.pointer)
    of_each = np.repeat(exposure, sizes)
    stays = of_each > 0.0
    return selection._replace(
        targets=replace(
            targets,
            pointer=np.append(0, np.cumsum(np.where(exposure > 0.0, sizes, 0))).astype(np.int64),
            stocks=targets.stocks[stays],
            weights=(of_each * targets.weights)[stays],
        ),
        shares=selection.shares[stays],
    )


def no_expectation() -> pd.DataFrame:
    """Return the table ``expected`` of a strategy in which nothing asks for it."""
    kinds = {"date": "datetime64[s]", "rebalances": "int64"}
    names = (
        "date", "information_coefficient", "rebalances", "expected_return", "expected_cost",
    )  # fmt: skip
    return pd.DataFrame({name: pd.Series([], dtype=kinds.get(name, "float64")) for name in names})


def _discounts(strategy: Strategy, market: Market, rows: Ints) -> Floats:
    """Return the discount a year of what is held of each product, [R, P]."""
    names = contracts_held(strategy, market, rows)
    return np.column_stack(
        [
            annual_discount(market, product, rows, names[p])
            for p, product in enumerate(strategy.hedge.products)
        ]
    )


def _drawdown(values: Floats) -> Floats:
    """Return how far each unit value stands below the highest so far."""
    return np.asarray(1.0 - values / np.maximum.accumulate(values))
