"""The shares of a fund's sleeves: each on paper by itself, reviews, what is wanted by them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from quanthedge.backtesting.sleeve_stage import Planned
from quanthedge.errors import StrategyError
from quanthedge.layers import Layers
from quanthedge.ledger import LedgerInputs, layout, line_names, run_ledger
from quanthedge.market import Market
from quanthedge.portfolio import Periodic, Targets, TopSelector
from quanthedge.sleeves import Sleeve, Wishes
from quanthedge.sleeves.sharing import FixedShares, Seen, restated, share_table
from quanthedge.stages import stage
from quanthedge.strategy import Strategy
from quanthedge.typing import Floats, Ints

__all__ = ["Prepare", "alone_as", "on_paper", "shared", "sharing_of"]

_STOCKS = "stocks"
Prepare = Callable[[Strategy], LedgerInputs]  # what the ledger is given for the same days


def sharing_of(
    strategy: Strategy, market: Market, first: int, last: int, prepared: Prepare
) -> pd.DataFrame:
    """Return the shares after each review; no row where budgets stand as they are stated.

    Parameters
    ----------
    strategy : Strategy
    market : Market
    first, last : int
        Rows of the first and the last trading day.
    prepared : callable
        From a strategy to what the ledger is given for the same days: of each sleeve on paper.

    Notes
    -----
    A review at the close of a day knows the days on paper up to it. There is none on the eve of
    the first day, when nothing has been earned.
    """
    sharing, labels = strategy.sharing, _labels(strategy)
    reviews = _reviews(strategy, market, first, last)
    if not reviews.size:
        return share_table(sharing, market.dates[:0], ())
    paper = [
        on_paper(_alone(strategy, label), market, _budget(strategy, label), (first, last), prepared)
        for label in labels
    ]
    gains, tied = (np.stack(part, axis=1) for part in zip(*paper, strict=True))
    budgets = np.array([_budget(strategy, label) for label in labels])
    expected = cache(lambda: _expected(strategy, market, first, last, labels))

    def known(row: int) -> Seen:
        days = slice(0, row + 1 - first)
        said = lambda: expected()[row + 1 - first]  # noqa: E731 -- asked for by some kinds only
        return Seen(labels, budgets, gains[days], tied[days], said)

    return share_table(sharing, market.dates[reviews], [known(row) for row in reviews.tolist()])


def _labels(strategy: Strategy) -> tuple[str, ...]:
    """Return who shares: the fund's own stocks where it holds any, then its sleeves."""
    own = (_STOCKS,) if strategy.invested_fraction > 0 else ()
    return (*own, *(one.label for one in strategy.sleeves))


def _budget(strategy: Strategy, label: str) -> float:
    if label == _STOCKS:
        return strategy.invested_fraction
    return next(one.budget for one in strategy.sleeves if one.label == label)


def _reviews(strategy: Strategy, market: Market, first: int, last: int) -> Ints:
    """Return the days of the reviews; none on the eve of the first day."""
    if isinstance(strategy.sharing, FixedShares):
        return np.empty(0, dtype=np.int64)
    return Periodic(every=strategy.sharing.every).decision_rows(market, first, last)[1:]


def _alone(strategy: Strategy, label: str) -> Strategy:
    """Return the fund with one sleeve alone, with one founder."""
    if label == _STOCKS:
        return strategy.variant("stocks_alone").model_copy(update={"clients": None})
    return alone_as(strategy, next(one for one in strategy.sleeves if one.label == label))


def alone_as(strategy: Strategy, sleeve: Sleeve) -> Strategy:
    """Return the fund with this sleeve alone, with one founder."""
    nothing = {
        "invested_fraction": 0.0,
        "factors": [],
        "alpha": None,
        "selector": TopSelector(),
        "layers": Layers(),
        "sharing": FixedShares(),
        "clients": None,
    }
    return Strategy.model_validate(dict(strategy) | nothing | {"sleeves": [sleeve]})


def on_paper(
    alone: Strategy, market: Market, budget: float, span: tuple[int, int], prepared: Prepare
) -> tuple[Floats, Floats]:
    """Return what a sleeve alone earns and ties up each day, a fraction of its budget, 2 x [T]."""
    return stage(
        "sleeve_on_paper",
        market,
        {"span": span, "strategy": alone},
        lambda: _run_alone(prepared(alone), budget),
        on_disk=False,
    )  # fmt: skip


def _run_alone(inputs: LedgerInputs, budget: float) -> tuple[Floats, Floats]:
    """Run a fund of one sleeve; once its equity is gone it earns nothing."""
    record, capital = run_ledger(inputs), inputs.settings.capital_yuan
    days, total = record.days_run, inputs.days.size
    rows = record.of_sleeves[:days, 1] if record.of_sleeves.size else record.ledger[:days]
    of = {name: rows[:, layout.column(name)] for name in layout.COLUMNS}
    costs = np.sum([of[name] for name in line_names("cost", by_trade=True)], axis=0)
    equity = np.append(capital, record.ledger[: days - 1, layout.EQUITY_])
    gains, tied = np.zeros(total), np.zeros(total)
    gained = of["stock_pnl"] + of["dividends"] + of["futures_pnl"] - costs - of["lending_fee"]
    gains[:days] = gained / (budget * equity)
    stocks = of["stock_value"] + of["cash_pledged"]
    tied[:days] = (stocks + of["margin_required"]) / (budget * equity)
    return gains, tied


def _expected(
    strategy: Strategy, market: Market, first: int, last: int, labels: Sequence[str]
) -> Floats:
    """Return what each sleeve says that it expects at each close, [T, S]; NaN of the stocks."""
    sleeves = {one.label: one for one in strategy.sleeves_as_filled()}
    days = last - first + 1
    found = np.full((days, len(labels)), np.nan)
    for s, label in enumerate(labels):
        if label == _STOCKS:
            continue
        with sleeves[label].own_errors("expected"):
            said = sleeves[label].expected(market, first, last)
        said = sleeves[label].own_numbers("expected", said, (days,), "one for each close")
        if np.isinf(said).any():
            raise StrategyError(f"sleeve {label}: expected is infinite; accepted: numbers, NaN")
        found[:, s] = said
    return found


def shared(
    market: Market, targets: Targets, sleeves: Sequence[Planned], sharing: pd.DataFrame
) -> tuple[Targets, list[Planned]]:
    """Return what stocks and sleeves want once the table of their shares is known."""
    if sharing.empty:
        return targets, list(sleeves)
    of = dict(iter(sharing.groupby("sleeve", sort=False, observed=True)))

    def moved(label: str, wishes: Wishes) -> Wishes:
        part = of[label]
        days = part["date"].to_numpy().astype("datetime64[D]")
        reviews = np.searchsorted(market.dates, days)
        return restated(wishes, market, reviews, part["share"].to_numpy())

    found = [
        one._replace(wishes=moved(one.sleeve.label, one.wishes)) if one.sleeve.label in of else one
        for one in sleeves
    ]
    return _stocks(market, targets, moved) if _STOCKS in of else targets, found


def _stocks(market: Market, targets: Targets, moved: Callable[[str, Wishes], Wishes]) -> Targets:
    """Return the targets of the fund's own stocks by their share."""
    spans = zip(targets.pointer, targets.pointer[1:], strict=False)
    weights = tuple(
        dict(zip(targets.stocks[a:b].tolist(), targets.weights[a:b].tolist(), strict=True))
        for a, b in spans
    )
    found = moved(_STOCKS, Wishes(targets.decision_rows, weights, ({},) * len(weights)))
    sizes = [len(one) for one in found.weights]
    return replace(
        targets,
        decision_rows=found.rows,
        pointer=np.cumsum([0, *sizes]).astype(np.int64),
        stocks=np.array([i for one in found.weights for i in one], dtype=np.int64),
        weights=np.array([w for one in found.weights for w in one.values()], dtype=np.float64),
        dates=market.dates[found.rows],
    )
