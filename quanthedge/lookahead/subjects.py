"""How each kind of thing is computed on a market: everything becomes parts by day."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.errors import StrategyError
from quanthedge.lookahead.compare import Part, frame_parts
from quanthedge.market import Market
from quanthedge.run import backtest
from quanthedge.strategy import Strategy

__all__ = ["Evaluation", "evaluation", "name_of"]

Array = np.ndarray[Any, Any]
# (market, rows to look at, first and last row of the span) -> parts
Evaluation = Callable[[Market, Array, tuple[int, int]], list[Part]]


def evaluation(thing: Any) -> Evaluation:
    """Return how a thing is computed.

    Raises
    ------
    StrategyError
        The thing is of no kind that can be audited.
    """
    if isinstance(thing, Strategy):
        return lambda market, _rows, span: _strategy(thing, market, span)
    if hasattr(thing, "exposure"):
        return lambda market, rows, _span: [
            Part("exposure", market.dates[rows], thing.exposure(market, rows), market.codes)
        ]
    if hasattr(thing, "estimate"):
        return lambda market, rows, _span: _estimate(thing, market, rows)
    if hasattr(thing, "mask"):
        return lambda market, rows, _span: _universe(thing, market, rows)
    if callable(thing):
        return lambda market, _rows, _span: _plain(thing(market), market, "result")
    raise StrategyError(
        f"audit: {type(thing).__name__} can not be audited; accepted: a factor, a universe, an "
        "estimator with estimate(market), a strategy, or a function of a market that returns "
        "arrays [T], [T, N] or frames by date"
    )


def name_of(thing: Any) -> str:
    """Return what to call a thing in a report."""
    if isinstance(thing, Strategy):
        return f"strategy {thing.name}"
    return getattr(thing, "__name__", type(thing).__name__)


def _estimate(thing: Any, market: Market, rows: Array) -> list[Part]:
    """Take an estimator's arrays at the rows; it is given no later day than the market has."""
    fitted = thing.estimate(market)
    names = getattr(fitted, "_fields", None)
    arrays = fitted if isinstance(fitted, Sequence) else (fitted,)
    labels = names or tuple(f"estimate {k}" for k in range(len(arrays)))
    return [
        Part(label, market.dates[rows], np.asarray(values)[rows], market.codes)
        for label, values in zip(labels, arrays, strict=True)
    ]


def _universe(thing: Any, market: Market, rows: Array) -> list[Part]:
    mask, exclusions = thing.mask(market, rows)
    counts = frame_parts("exclusions", exclusions)
    return [Part("mask", market.dates[rows], np.asarray(mask), market.codes), *counts]


def _plain(result: Any, market: Market, name: str) -> list[Part]:
    """Turn what a function returned into parts."""
    if isinstance(result, dict):
        return [part for key, value in result.items() for part in _plain(value, market, str(key))]
    if isinstance(result, (pd.DataFrame, pd.Series)):
        frame = result.to_frame(name) if isinstance(result, pd.Series) else result
        dates = pd.DatetimeIndex(frame["date"] if "date" in frame.columns else frame.index)
        wide = "date" not in frame.columns and len(frame.columns) == len(market.codes)
        if wide:
            days = dates.to_numpy().astype("datetime64[D]")
            return [Part(name, days, frame.to_numpy(), np.asarray(frame.columns, dtype=str))]
        return frame_parts(name, frame)
    values = np.asarray(result)
    if values.ndim == 0 or len(values) != len(market.dates):
        raise StrategyError(
            f"{name} has shape {values.shape}; accepted: one row for each of the market's "
            f"{len(market.dates)} days"
        )
    codes = market.codes if values.ndim > 1 and values.shape[1] == len(market.codes) else None
    return [Part(name, market.dates, values, codes)]


def _strategy(strategy: Strategy, market: Market, span: tuple[int, int]) -> list[Part]:
    """Run the fund over the span: what it wanted, held, traded, was refused and earned."""
    start, end = (market.dates[row] for row in span)
    result = backtest(strategy, market, str(start), str(end))
    parts = []
    for name in ("targets", "exclusions", "coverage"):  # decided on a day, traded on the next
        parts += frame_parts(name, getattr(result, name), settled=False)
    for name in ("trades", "refusals"):
        parts += frame_parts(name, getattr(result, name))
    hedge = frame_parts("hedge", result.hedge, settled=False)
    return [*parts, *hedge, *frame_parts("ledger", result.ledger)]
