"""The tables of attribution that a run keeps, and what they say of any period."""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import pandas as pd

from quanthedge.attribution.brinson import (
    BRINSON,
    INDUSTRY_COLUMNS,
    Effects,
    effects_of,
    industry_table,
    line_table,
)
from quanthedge.attribution.layers import LAYERS, allocation_lines, layer_table
from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.performance import Bridge, By
from quanthedge.record import Record

__all__ = ["Split", "attribution", "attribution_tables"]

Split = Literal["layer", "brinson", "factor", "allocation"]
_TABLES = {
    "layer": "alpha_layers",
    "brinson": "alpha_brinson",
    "factor": "alpha_parts",
    "allocation": "allocation_lines",
}
_MISSING = {
    "layer": "what the members of {benchmark} weigh is not known on its days, nothing was held, or "
    "the strategy without its allocation was not run to the same day",
    "brinson": "what the members of {benchmark} weigh is not known on its days, or nothing was "
    "held",
    "factor": "its strategy names no risk model that splits returns",
    "allocation": "its strategy has no layers.allocation, so that the book was whole at all times",
}


def attribution(
    result: Record,
    by: Split = "layer",
    period: By = "whole",
    start: str | None = None,
    end: str | None = None,
) -> pd.DataFrame:
    """Return the line ``alpha`` of the bridge by layer, industries and stocks, or factor; yuan.

    Parameters
    ----------
    result : Result
        Of a backtest or of a run folder: everything is read from its tables.
    by : "layer", "brinson", "factor" or "allocation"
        Layers of the strategy (allocation, industry, stock); Brinson's parts of the run's own book
        (industry, stock, index); the risk model's (market, industries, styles, specific); or what
        an allocation did to every line of the bridge.
    period, start, end
        As `by`, `start` and `end` of :meth:`quanthedge.performance.Bridge.yuan`.

    Returns
    -------
    DataFrame
        A row for each period. The parts; ``alpha``, the line of the bridge; ``residual``, alpha
        less the sum of the parts, 0 to rounding. By allocation: the lines, and ``total``, their
        sum.

    Raises
    ------
    DataError
        When the run has no such parts, or no trading day lies in the period.
    """
    if by not in _TABLES:
        raise DataError(f"attribution by {by!r}; accepted: {', '.join(_TABLES)}")
    table: pd.DataFrame = getattr(result, _TABLES[by])
    if not len(table):
        why = _MISSING[by].format(benchmark=result.strategy.benchmark)
        raise DataError(f"attribution by {by}: the run has none ({why}); see docs/attribution.md")
    line = Bridge(result).yuan("day", start, end)["alpha"]
    inside = table.loc[line.index]
    total = inside.sum(axis=1)
    if by == "allocation":
        return Bridge.by_period(inside.assign(total=total), period)
    return Bridge.by_period(inside.assign(alpha=line, residual=line - total), period)


def attribution_tables(market: Market) -> dict[str, Callable[[Record], pd.DataFrame]]:
    """Return what makes each table of attribution of a run, by name.

    Parameters
    ----------
    market : Market
        The market of the run.

    Notes
    -----
    A table is empty where what it needs is not known: a close of the benchmark, the weights of its
    members, the fully invested run on the same days.
    """
    own = lru_cache(maxsize=1)(lambda run: _effects(run, market))
    return {
        "alpha_brinson": lambda run: _brinson(own(run)),
        "alpha_industries": lambda run: _industries(run, own(run)),
        "alpha_layers": lambda run: _layers(run, own, market),
        "allocation_lines": _allocation,
    }


def _fully_invested(run: Record) -> Record | None:
    """Return the run without its allocation; itself when it has none, None when it is not known."""
    if not run.strategy.layers.gated:
        return run
    beside = run.variants.get("ungated")
    if beside is None or not beside.book:
        return None
    whole = run.changed(**beside.book)
    same = run.ledger.index.equals(whole.ledger.index)
    return whole if same and (whole.ledger["equity"].iloc[:-1] > 0.0).all() else None


def _effects(run: Record, market: Market) -> Effects | None:
    """Return allocation and selection by industry; None where they are not known."""
    if run.ledger["index_close"].isna().any() or not len(run.positions):
        return None
    try:
        return effects_of(run, market)
    except DataError:  # the members of the benchmark, or their weights on some day
        return None


def _brinson(effects: Effects | None) -> pd.DataFrame:
    return _no_days(BRINSON) if effects is None else line_table(effects)


def _industries(run: Record, effects: Effects | None) -> pd.DataFrame:
    """Return allocation and selection of each industry by month."""
    if effects is None:
        return pd.DataFrame(columns=list(INDUSTRY_COLUMNS))
    months = Bridge.by_period(run.ledger[["equity"]].iloc[1:], "month").index
    return industry_table(effects, pd.DatetimeIndex(months))


def _layers(run: Record, own: Callable[[Record], Effects | None], market: Market) -> pd.DataFrame:
    whole = _fully_invested(run)
    if whole is None:
        return _no_days(LAYERS)
    effects = own(run) if whole is run else _effects(whole, market)
    return _no_days(LAYERS) if effects is None else layer_table(run, whole, effects)


def _allocation(run: Record) -> pd.DataFrame:
    whole = _fully_invested(run)
    if whole is None or whole is run or run.ledger["index_close"].isna().any():
        return _no_days(())
    return allocation_lines(run, whole)


def _no_days(names: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(index=pd.DatetimeIndex([], name="date"), columns=list(names), dtype=float)
