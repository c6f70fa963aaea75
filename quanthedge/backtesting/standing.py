"""What is known of a fund when it is decided how much of its book stands, and the book by that."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from quanthedge.backtesting.expectation import Expectation, expectation, no_expectation, share_of
from quanthedge.backtesting.hedge_leg import contracts_held, known_betas
from quanthedge.backtesting.risk_stage import fitted_risk
from quanthedge.backtesting.selection import Selection
from quanthedge.errors import DataError
from quanthedge.hedge import BetaRatio, DollarNeutral, annual_discount
from quanthedge.layers import Standing
from quanthedge.market import Market
from quanthedge.portfolio import Targets
from quanthedge.risk import AnyRiskModel, RiskModel
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.stages import stage
from quanthedge.strategy import Strategy
from quanthedge.typing import Floats, Ints

__all__ = ["Allocated", "allocated", "exposed"]

_RISK_DAYS = 20  # trading days of a forecast


class Allocated(NamedTuple):
    """How much of the book stands from each rebalance on: tables of the record."""

    allocation: pd.DataFrame
    expected: pd.DataFrame


def allocated(
    strategy: Strategy, market: Market, wanted: Targets, first: int, on_paper: Callable[[], Floats]
) -> Allocated:
    """Return the decisions of a strategy's allocation.

    Parameters
    ----------
    strategy : Strategy
    market : Market
    wanted : Targets
        Of the whole book.
    first : int
        Row of the first trading day.
    on_paper : callable
        Unit value of the fund without an allocation at each close from ``first - 1`` on.
    """
    rows, layer = wanted.decision_rows, strategy.layers.allocation

    @cache
    def expected() -> Expectation:
        return expectation(strategy, market, wanted)

    known = _standing(strategy, market, wanted, expected, lambda: on_paper()[rows + 1 - first])
    selector = strategy.selector
    asked = "expected_alpha" in layer.asks or (
        selector.needs_scores and selector.needs_circumstances
    )
    if layer.kind == "none" and not asked:  # asks for nothing: the same for every run
        return stage(
            "whole_book",
            market,
            {"rows": rows},
            lambda: Allocated(layer.table(market, rows, known), no_expectation()),
            on_disk=False,
        )
    table = layer.table(market, rows, known)
    told = expected().to_frame(market.dates[rows]) if asked else no_expectation()
    return Allocated(table, told)


def _standing(
    strategy: Strategy,
    market: Market,
    wanted: Targets,
    expected: Callable[[], Expectation],
    drawdown: Callable[[], Floats],
) -> Standing:
    """Return what an allocation may ask for, worked out once when it does."""

    @cache
    def sold() -> Floats:
        return _sold(strategy, market, wanted)

    @cache
    def discounts() -> Floats:
        return _discounts(strategy, market, wanted.decision_rows)

    def net_alpha() -> Floats:
        known = expected()
        periods = TRADING_DAYS_A_YEAR / known.information.days
        return np.asarray((known.returns - known.costs) * periods)

    return Standing(
        discount=cache(lambda: _of_products(discounts(), sold)),
        expected_alpha=cache(net_alpha),
        hedge_cost=cache(lambda: np.asarray((sold() * discounts()).sum(axis=1))),
        drawdown=cache(drawdown),
        forecast_volatility=cache(lambda: _volatility(strategy, market, wanted, sold)),
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


def _discounts(strategy: Strategy, market: Market, rows: Ints) -> Floats:
    """Return the discount a year of what is held of each product, [R, P]."""
    names = contracts_held(strategy, market, rows)
    return np.column_stack(
        [
            annual_discount(market, product, rows, names[p])
            for p, product in enumerate(strategy.hedge.products)
        ]
    )


def _of_products(discounts: Floats, sold: Callable[[], Floats]) -> Floats:
    """Return one discount, of several products weighed by what is sold of each, [R]."""
    if discounts.shape[1] == 1:
        return discounts[:, 0]
    parts = np.abs(sold())
    return np.asarray((parts * discounts).sum(axis=1) / parts.sum(axis=1))


def _sold(strategy: Strategy, market: Market, wanted: Targets) -> Floats:
    """Return the futures that hedge a yuan of the stocks wanted, of each product, [R, P].

    Ratio times the beta of the stocks, or the beta alone where a rule of its own says the ratio
    each day; one yuan where equal values are sold.
    """
    rule, rows = strategy.hedge, wanted.decision_rows
    if isinstance(rule.ratio, DollarNeutral):
        return np.full((rows.size, len(rule.products)), 1.0 / len(rule.products))
    scale = rule.ratio if isinstance(rule.ratio, float) else 1.0
    scale = rule.ratio.scale if isinstance(rule.ratio, BetaRatio) else scale
    betas = known_betas(strategy, market, rows)
    default = np.zeros(betas.shape[2])
    default[0] = 1.0  # as the ledger takes a stock without a beta
    found = np.zeros((rows.size, betas.shape[2]))
    for r in range(rows.size):
        share = share_of(wanted, r, betas.shape[1])
        found[r] = share @ np.where(np.isnan(betas[r]), default, betas[r])
    return np.asarray(scale * found)


def _volatility(
    strategy: Strategy, market: Market, wanted: Targets, sold: Callable[[], Floats]
) -> Floats:
    """Return the forecast volatility a year of the whole book with its hedge, [R]."""
    invested, model = strategy.invested_fraction, strategy.risk or RiskModel()
    products = () if strategy.hedge.sells_nothing else strategy.hedge.products
    short = -invested * sold() if products else np.zeros((wanted.decision_rows.size, 0))
    parts = {
        "rows": wanted.decision_rows,
        "pointer": wanted.pointer,
        "stocks": wanted.stocks,
        "weights": wanted.weights,
        "invested": invested,
        "short": short,
        "products": products,
        "model": model,
    }
    return stage(
        "forecast_volatility",
        market,
        parts,
        lambda: _volatility_anew(market, model, wanted, invested, products, short),
    )


def _volatility_anew(
    market: Market,
    model: AnyRiskModel,
    wanted: Targets,
    invested: float,
    products: tuple[str, ...],
    short: Floats,
) -> Floats:
    rows, fitted = wanted.decision_rows, fitted_risk(market, model)
    found = np.full(rows.size, np.nan)
    for r, row in enumerate(rows):
        book = invested * share_of(wanted, r, len(market.codes))
        futures = dict(zip(products, short[r].tolist(), strict=True))
        try:
            found[r] = fitted.risk(book, int(row), _RISK_DAYS, futures).volatility
        except DataError:
            continue  # too early for a forecast: the exposure cannot be said
    return np.asarray(found * np.sqrt(TRADING_DAYS_A_YEAR / _RISK_DAYS))
