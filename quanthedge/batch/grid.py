"""From ``key=values`` to the variants of a sweep: lists, ranges, samples, windows of time.

>>> axis_of("selector.n=50:200:50").values
(50, 100, 150, 200)
>>> axis_of("hedge.ratio=0.8,0.9,1.0").values
(0.8, 0.9, 1.0)
"""

import itertools
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.backtesting import asked
from quanthedge.batch.variant import Failure, Variant
from quanthedge.comparison import Products
from quanthedge.documents import parse_value, printable
from quanthedge.errors import QuantHedgeError, StrategyError
from quanthedge.market import Market
from quanthedge.strategy import Strategy, load_strategy
from quanthedge.trials import digest

__all__ = [
    "Axis",
    "Grid",
    "Refused",
    "Sets",
    "Windows",
    "axis_of",
    "grid_of",
    "told",
    "variants_of",
]

Sets = str | Sequence[str] | Mapping[str, Any]
Windows = tuple[int, int]
_Identifier = Callable[[Strategy, str | None, str | None], str]

_LARGEST = 100_000  # variants of one sweep
_MOST_VALUES = 100_000  # of one parameter
_STEPS = 10_000  # that a range low..high is sampled in
_DAYS = ("start", "end")
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_STEPPED = re.compile(rf"({_NUMBER}):({_NUMBER})(?::({_NUMBER}))?")
_BETWEEN = re.compile(rf"({_NUMBER}?)\.\.({_NUMBER})")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_OPENING, _CLOSING = "[{(", "]})"


class Axis(NamedTuple):
    """A parameter and what it is tried at.

    Attributes
    ----------
    key : str
        Dotted, or "start", "end".
    values : sequence
        Plain values, each once.
    sampled : bool
        Whether it was given as a range ``low..high``, of which only a sample can be run.
    days : bool
        Whether a value is a first and a last day: windows, which no key of a strategy names.
    """

    key: str
    values: Sequence[Any]
    sampled: bool = False
    days: bool = False


class Refused(NamedTuple):
    """A combination that is no strategy: what was tried, and why not."""

    number: int
    changes: Mapping[str, Any]
    failure: Failure


class Grid(NamedTuple):
    """The combinations of a sweep.

    Attributes
    ----------
    variants : tuple of Variant
        Each another run than the others.
    refused : tuple of Refused
    same : int
        Combinations that are the same run as an earlier one, and were left out.
    size : int
        Combinations in all, of which a sample may have been taken.
    """

    variants: tuple[Variant, ...]
    refused: tuple[Refused, ...]
    same: int
    size: int


class _Range(Sequence[Any]):
    """Numbers from a first one in equal steps, exact in decimals, made when asked for."""

    def __init__(self, first: Decimal, step: Decimal, count: int, *, whole: bool) -> None:
        self.first, self.step, self.length, self.whole = first, step, count, whole

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, k: Any) -> Any:
        if not 0 <= k < self.length:
            raise IndexError(k)
        value = self.first + k * self.step
        return int(value) if self.whole else float(value)


def variants_of(
    strategy: Strategy | str | Path,
    market: Market,
    sets: Sets,
    *,
    random: int | None = None,
    seed: int = 1,
    start: str | None = None,
    end: str | None = None,
    windows: Windows | None = None,
) -> list[Variant]:
    """Return the variants of a sweep that are strategies, each once.

    Parameters and errors are those of :func:`grid_of`.
    """
    found = grid_of(
        strategy, market, sets, random=random, seed=seed, start=start, end=end, windows=windows
    )
    return list(found.variants)


def grid_of(
    strategy: Strategy | str | Path,
    market: Market,
    sets: Sets,
    *,
    random: int | None = None,
    seed: int = 1,
    start: str | None = None,
    end: str | None = None,
    windows: Windows | None = None,
) -> Grid:
    """Return every combination of the values that parameters are tried at.

    Parameters
    ----------
    strategy : Strategy or path
    market : Market
    sets : text, texts or mapping
        ``"hedge.ratio=0.8,0.9"`` (values as TOML, parted by commas), ``"selector.n=50:200:50"``
        (first, last, step; the last one included), ``"hedge.ratio=0.5..1.5"`` (a range that is
        sampled), or ``{"hedge.ratio": [0.8, 0.9]}``. ``start`` and ``end`` take days.
    random : int, optional
        Run so many combinations, drawn without repeats, and not all.
    seed : int
        Of the draw.
    start, end : date, optional
        Span of every variant that has none of its own.
    windows : (int, int), optional
        Run each combination on every window of so many trading days, one beginning so many trading
        days after the other.

    Raises
    ------
    StrategyError
        Nothing is varied, a text is no ``key=values``, there are too many combinations, or none of
        them is a strategy (a key that is not known, for instance).
    """
    base = strategy if isinstance(strategy, Strategy) else load_strategy(strategy)
    axes = _axes(sets)
    if windows is not None:
        axes.append(_window_axis(axes, market, start, end, windows))
    size = math.prod(len(axis.values) for axis in axes)
    chosen = _chosen(axes, size, random, seed)
    found: dict[str, Variant] = {}
    refused = []
    identify = _identifier(market)
    count = 0
    for number, places in enumerate(chosen):
        count += 1
        changes = _changes(axes, places)
        try:
            variant = _variant(number, base, changes, start, end, identify)
        except QuantHedgeError as error:
            refused.append(Refused(number, changes, Failure(type(error).__name__, str(error))))
            continue
        found.setdefault(variant.key, variant)
    if not found:
        first = refused[0]
        raise StrategyError(
            f"sweep: none of the {count:,} variants can be run; the first, "
            f"{told(first.changes)}: {first.failure.reason}"
        )
    same = count - len(found) - len(refused)
    return Grid(tuple(found.values()), tuple(refused), same, size)


def told(changes: Mapping[str, Any]) -> str:
    """Return what a variant has of its own in words, ``hedge.ratio=0.9, selector.n=50``."""
    return ", ".join(f"{key}={_short(value)}" for key, value in changes.items()) or "as it stands"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return printable(text, bare=True)[:80]


def axis_of(text: str) -> Axis:
    """Return the parameter and the values of ``key=values``.

    Raises
    ------
    StrategyError
        It is no such text, has no value, or a range does not rise.

    Examples
    --------
    >>> axis_of("universe.kind=largest,index").values
    ('largest', 'index')
    >>> axis_of('name="a, b",c').values
    ('a, b', 'c')
    """
    key, separator, values = str(text).partition("=")
    key, shown = key.strip(), printable(repr(text))
    if not separator or not key:
        raise StrategyError(
            f"--set {shown}: expected key=values, for instance hedge.ratio=0.8,0.9,1.0 or "
            "selector.n=50:200:50"
        )
    parts = [part.strip() for part in _parted(values)]
    if not all(parts):
        raise StrategyError(f"--set {shown}: a value is missing")
    if len(parts) == 1 and (ends := _BETWEEN.fullmatch(parts[0])) and ends[1]:
        return Axis(key, _between(ends[1], ends[2], shown), sampled=True)
    found: list[Any] = []
    for part in parts:
        steps = _STEPPED.fullmatch(part)
        found += _stepped(steps, shown) if steps else [parse_value(part)]
    return _axis(key, found, f"--set {shown}")


def _axes(sets: Sets) -> list[Axis]:
    """Return the parameters that are varied."""
    if isinstance(sets, Mapping):
        axes = [_axis_given(str(key), values) for key, values in sets.items()]
    else:
        axes = [axis_of(text) for text in ([sets] if isinstance(sets, str) else sets)]
    if not axes:
        raise StrategyError(
            "sweep: nothing is varied; give --set key=values, for instance hedge.ratio=0.8,0.9,1.0"
        )
    keys = [axis.key for axis in axes]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise StrategyError(f"--set {printable(twice)}: is given twice; put its values together")
    return axes


def _axis_given(key: str, values: Any) -> Axis:
    """Return the parameter of a mapping; a text is read as on the command line."""
    if isinstance(values, str):
        return axis_of(f"{key}={values}")
    if isinstance(values, Mapping) or not isinstance(values, Iterable):
        values = [values]
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    return _axis(key, plain, f"sweep: {printable(repr(key))}")


def _axis(key: str, values: list[Any], where: str) -> Axis:
    """Return a parameter with each value once."""
    if not values:
        raise StrategyError(f"{where}: has no value")
    if len(values) > _MOST_VALUES:
        raise StrategyError(f"{where}: {len(values):,} values; accepted: up to {_MOST_VALUES:,}")
    if key in _DAYS:
        values = [_day(value, where) for value in values]
    kept: dict[str, Any] = {}
    for value in values:
        kept.setdefault(json.dumps(value, sort_keys=True, default=str), value)
    return Axis(key, tuple(kept.values()))


def _day(value: Any, where: str) -> str:
    if isinstance(value, date | np.datetime64):
        return f"{pd.Timestamp(value):%Y-%m-%d}"
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        return value
    raise StrategyError(f"{where}: {_short(value)} is no day such as 2015-01-31")


def _parted(text: str) -> Iterator[str]:
    """Yield the parts between commas that stand in no quotes and no brackets."""
    depth, quote, begun = 0, "", 0
    for k, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote and text[k - 1] != "\\" else quote
        elif letter in "\"'":
            quote = letter
        elif letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth -= 1
        elif letter == "," and depth <= 0:
            yield text[begun:k]
            begun = k + 1
    yield text[begun:]


def _stepped(found: "re.Match[str]", shown: str) -> Sequence[Any]:
    """Return the numbers of ``first:last:step``, the last one included."""
    if found[3] is None:
        raise StrategyError(f"--set {shown}: {found[0]} has no step; give first:last:step")
    first, last, step = (Decimal(found[k]) for k in (1, 2, 3))
    if step == 0 or (last - first) / step < 0:
        raise StrategyError(f"--set {shown}: {found[0]} does not lead from {first} to {last}")
    count = int((last - first) // step) + 1
    if count > _MOST_VALUES:
        raise StrategyError(f"--set {shown}: {count:,} values; accepted: up to {_MOST_VALUES:,}")
    whole = all(_is_whole(found[k]) for k in (1, 2, 3))
    return _Range(first, step, count, whole=whole)


def _between(low: str, high: str, shown: str) -> Sequence[Any]:
    """Return the numbers that ``low..high`` is sampled from: whole ones, or 10,000 even steps."""
    first, last = Decimal(low), Decimal(high)
    if not first < last:
        raise StrategyError(f"--set {shown}: {low}..{high} does not rise")
    if _is_whole(low) and _is_whole(high):
        return _Range(first, Decimal(1), int(last - first) + 1, whole=True)
    return _Range(first, (last - first) / _STEPS, _STEPS + 1, whole=False)


def _is_whole(text: str) -> bool:
    return text.lstrip("+-").isdigit()


def _window_axis(
    axes: list[Axis], market: Market, start: str | None, end: str | None, windows: Windows
) -> Axis:
    """Return the windows of trading days as an axis of (start, end)."""
    length, step = windows
    if any(axis.key in _DAYS for axis in axes):
        raise StrategyError("sweep: windows and --set start, end say the same twice; take one")
    if length < 2 or step < 1:
        raise StrategyError(
            f"windows {length},{step}: accepted: trading days of a window, 2 or more, and from one "
            "window to the next, 1 or more"
        )
    begin = market.dates[1] if start is None else start
    first, last = market.span(begin, market.dates[-1] if end is None else end)
    begins = range(max(first, 1), last - length + 2, step)
    if not begins:
        raise StrategyError(
            f"windows {length},{step}: {last - first + 1} trading days from {market.dates[first]} "
            f"to {market.dates[last]} hold no window"
        )
    days = [(str(market.dates[k]), str(market.dates[k + length - 1])) for k in begins]
    return Axis("window", days, days=True)


def _chosen(
    axes: list[Axis], size: int, random: int | None, seed: int
) -> Iterable[tuple[int, ...]]:
    """Return the places of each combination in its axes."""
    if random is None:
        sampled = next((axis.key for axis in axes if axis.sampled), None)
        if sampled is not None:
            raise StrategyError(
                f"--set {sampled}: a range low..high is sampled; give --random N with it, or the "
                "values as first:last:step"
            )
        if size > _LARGEST:
            raise StrategyError(
                f"sweep: {size:,} combinations; accepted: up to {_LARGEST:,}, or a sample of them "
                "(--random 200)"
            )
        return itertools.product(*(range(len(axis.values)) for axis in axes))
    if not 1 <= random <= _LARGEST:
        raise StrategyError(f"--random {random}: accepted: 1 to {_LARGEST:,}")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise StrategyError(f"--seed {seed}: accepted: whole numbers from 0 on")
    return _drawn([len(axis.values) for axis in axes], size, random, seed)


def _drawn(lengths: list[int], size: int, wanted: int, seed: int) -> list[tuple[int, ...]]:
    """Return combinations drawn without repeats; all where there are no more than wanted."""
    generator = np.random.default_rng(seed)
    if size <= 4 * wanted:
        order = generator.permutation(size)[:wanted]
        return [tuple(map(int, np.unravel_index(one, lengths))) for one in order]
    found: dict[tuple[int, ...], None] = {}
    while len(found) < wanted:
        found[tuple(int(generator.integers(length)) for length in lengths)] = None
    return list(found)


def _changes(axes: list[Axis], places: tuple[int, ...]) -> dict[str, Any]:
    """Return what a combination changes; a window is its two days."""
    found: dict[str, Any] = {}
    for axis, place in zip(axes, places, strict=True):
        value = axis.values[place]
        if axis.days:
            found["start"], found["end"] = value
        else:
            found[axis.key] = value
    return found


def _variant(
    number: int,
    base: Strategy,
    changes: dict[str, Any],
    start: str | None,
    end: str | None,
    identify: _Identifier,
) -> Variant:
    own = {key: value for key, value in changes.items() if key not in _DAYS}
    strategy = (base.change(own) if own else base).with_tables()
    begin, stop = changes.get("start", start), changes.get("end", end)
    return Variant(number, changes, strategy, begin, stop, identify(strategy, begin, stop))


def _identifier(market: Market) -> _Identifier:
    """Return what gives a variant its key."""
    values: dict[str, pd.DataFrame] = {}

    def identify(strategy: Strategy, start: str | None, end: str | None) -> str:
        compared = str(strategy.comparison)
        if compared not in values:
            values[compared] = Products.unit_values(strategy.comparison)
        return digest(asked(strategy, market, start, end, products=values[compared]))

    return identify
