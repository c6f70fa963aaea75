"""How each kind of thing is computed on a market: everything becomes parts by day."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.errors import StrategyError
from quanthedge.factors import Factor, factor_name
from quanthedge.hedge import Book, HedgeRatio, book_ratios
from quanthedge.hedge.policies import Bands, Policy, own_answers
from quanthedge.kinds import Kinded, own_name
from quanthedge.layers import Allocation
from quanthedge.market import Market
from quanthedge.portfolio import Schedule, Selector
from quanthedge.strategy import Strategy
from quanthedge.studies.lookahead.compare import Part, frame_parts
from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = ["Subject", "as_thing", "name_of", "subject"]

Array = np.ndarray[Any, Any]
_ACCEPTED = (
    "a factor, a universe, an estimator with estimate(market), a hedge ratio, an own policy, a "
    "schedule, a strategy, or a function of a market that returns arrays [T], [T, N] or frames by "
    "date"
)


class Subject(NamedTuple):
    """A thing and how it is computed: (market, rows to look at) -> parts.

    ``by_row``: its cost is that of the rows asked for, not of the whole market. ``at_rows``: its
    parts are of the rows asked for only.
    """

    thing: Any
    name: str
    evaluate: Callable[[Market, Array], list[Part]]
    by_row: bool
    at_rows: bool = True


def as_thing(thing: Any) -> Any:
    """Return what is audited: a class is called without arguments."""
    if not inspect.isclass(thing):
        return thing
    try:
        return thing()
    except Exception as problem:
        raise StrategyError(
            f"audit: {thing.__name__} is a class that cannot be called without arguments "
            f"({type(problem).__name__}: {problem}); pass an object of it"
        ) from problem


def subject(thing: Any, market: Market) -> Subject:
    """Return how a thing is computed.

    Raises
    ------
    StrategyError
        The thing is of no kind that can be audited.
    """
    name = name_of(thing)
    if isinstance(thing, HedgeRatio):
        return Subject(thing, name, _ratio(thing, market), by_row=False, at_rows=False)
    if hasattr(thing, "exposure"):
        return Subject(thing, name, lambda m, rows: _exposure(thing, m, rows), by_row=True)
    if hasattr(thing, "estimate"):
        return Subject(thing, name, lambda m, rows: _estimate(thing, m, rows), by_row=False)
    if isinstance(thing, Policy | Schedule):
        if isinstance(thing, Policy) and not thing.own:
            raise StrategyError(
                f"audit: {name} judges the exposure of a run; audit a strategy with it"
            )
        return Subject(thing, name, lambda m, rows: _asked(thing, m, rows), by_row=True)
    if isinstance(thing, Selector):
        raise StrategyError(
            f"audit: {name} chooses by the scores of a run; audit a strategy with it"
        )
    if isinstance(thing, Allocation):
        raise StrategyError(f"audit: {name} judges the book of a run; audit a strategy with it")
    if hasattr(thing, "mask"):
        return Subject(thing, name, lambda m, rows: _universe(thing, m, rows), by_row=True)
    if callable(thing):
        return Subject(
            thing, name, lambda m, _rows: _plain(thing(m), m, "result"), by_row=False, at_rows=False
        )
    raise StrategyError(f"audit: {type(thing).__name__} can not be audited; accepted: {_ACCEPTED}")


def name_of(thing: Any, language: Language = "en") -> str:
    """Return what to call a thing in a report."""
    said = texts("quanthedge.studies.lookahead", "said")["report"]
    if isinstance(thing, Strategy):
        return str(said["strategy"][language]).format(name=thing.called(language))
    if isinstance(thing, Factor):
        return str(said["factor"][language]).format(name=factor_name(thing, language))
    if isinstance(thing, Kinded) and thing.own:
        return own_name(thing, thing.noun, language)
    return getattr(thing, "__name__", type(thing).__name__)


def _exposure(thing: Any, market: Market, rows: Array) -> list[Part]:
    own = isinstance(thing, Factor)
    values = (
        thing.checked_exposure(market, rows) if own else np.asarray(thing.exposure(market, rows))
    )
    if values.shape != (len(rows), len(market.codes)):
        raise StrategyError(
            f"{name_of(thing)}: exposure has shape {values.shape} for {len(rows)} rows; accepted: "
            f"one row for each and one column for each of {len(market.codes)} stocks"
        )
    return [Part("exposure", market.dates[rows], values, market.codes)]


def _asked(thing: Policy | Schedule, market: Market, rows: Array) -> list[Part]:
    """Ask an own policy, over the rows up to the last one as a run does, or a schedule."""
    if isinstance(thing, Schedule):
        return [Part("schedule", market.dates[rows], np.isin(rows, thing.grid(market)))]
    found = own_answers(thing, market, np.arange(int(rows.max()) + 1))
    if isinstance(found, Bands):
        found = np.column_stack([found.low, found.high])
    return [Part("policy", market.dates[rows], found[rows])]


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


def _ratio(rule: HedgeRatio, market: Market) -> Callable[[Market, Array], list[Part]]:
    """Compute a hedge ratio for equal weights of the stocks listed at the start of the market."""
    products = market.futures_products()
    if not products:
        raise StrategyError(
            f"audit: {name_of(rule)} hedges with futures, and market '{market.name}' has none"
        )
    begins = {one: market.futures(one)["date"].min().to_datetime64() for one in products}
    product = min(products, key=lambda one: begins[one])
    begun = int(np.searchsorted(market.dates, begins[product]))
    first = max(begun, len(market.dates) // 3) + 1
    stocks = np.flatnonzero(market.list_index() <= 0).astype(np.int64)
    stocks = stocks if len(stocks) else np.arange(len(market.codes))
    book = Book(
        "listed first", np.array([first - 1]), np.array([0, len(stocks)]), stocks,
        np.full(len(stocks), 1.0 / len(stocks)),
    )  # fmt: skip

    def evaluate(altered: Market, rows: Array) -> list[Part]:
        last = int(rows.max())
        if last < first:  # nothing is hedged yet
            return [Part("ratio", altered.dates[:0], np.empty((0, 1)))]
        betas = np.ones((last - first + 2, len(altered.codes)))
        found = book_ratios(rule, altered, book, product, first, last, betas=betas)
        return [Part("ratio", altered.dates[first - 1 : last + 1], found.ratio)]

    return evaluate


def _plain(result: Any, market: Market, name: str) -> list[Part]:
    """Turn what a function returned into parts."""
    if isinstance(result, dict):
        return [part for key, value in result.items() for part in _plain(value, market, str(key))]
    if isinstance(result, (pd.DataFrame, pd.Series)):
        frame = result.to_frame(name) if isinstance(result, pd.Series) else result
        dates = _dates_of(frame, name)
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


def _dates_of(frame: pd.DataFrame, name: str) -> pd.DatetimeIndex:
    try:
        dates = pd.DatetimeIndex(frame["date"] if "date" in frame.columns else frame.index)
    except (ValueError, TypeError) as problem:
        raise StrategyError(
            f"{name} has no dates; accepted: a column 'date', or an index of dates"
        ) from problem
    return dates
