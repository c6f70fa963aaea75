"""A policy as arrays, for compiled code: instructions of a stack machine in postfix order."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import StrategyError
from quanthedge.hedge.policies.policies import (
    AllOf,
    AnyOf,
    Band,
    Bands,
    Calendar,
    Deviation,
    LeverageTrigger,
    NoTradeBand,
    Policy,
    PriceMove,
)
from quanthedge.typing import Bools, Floats, Ints

if TYPE_CHECKING:
    from quanthedge.market import Market

__all__ = [
    "Program",
    "calendar_flags",
    "compile_policy",
    "own_answers",
]

CALENDAR, BAND_EDGE, BAND_TARGET, DEVIATION, PRICE_MOVE, TRIGGER, NO_TRADE, ANY, ALL, DAILY_BAND = (
    range(10)
)
NOTHING = -1  # an instruction that only fills the room up to a longer program


class Program(NamedTuple):
    """Instructions ``ops`` [K] with operands ``a`` and ``b`` [K].

    ``flags`` [T, F] are the days of calendars and of own policies; ``bands`` [T, 2 B] the lower and
    upper edges of own policies, in parts of the target.
    """

    ops: NDArray[np.int64]
    a: NDArray[np.float64]
    b: NDArray[np.float64]
    flags: NDArray[np.bool_]
    bands: NDArray[np.float64]

    @classmethod
    def stacked(cls, programs: Sequence["Program"]) -> "Program":
        """Return programs with an axis before theirs, each filled up to the longest."""
        if len(programs) == 1:
            one: list[Any] = [part[None] for part in programs[0]]
            return cls(*one)
        fills: tuple[Any, ...] = (NOTHING, 0.0, 0.0, False, 0.0)
        parts: list[Any] = list(zip(*programs, strict=True))
        return cls(*map(_filled, parts, fills))

    def of(self, s: int) -> "Program":
        """Return program s of a stack, without the instructions that fill it up."""
        size = int(np.count_nonzero(self.ops[s] != NOTHING))
        ops, a, b = self.ops[s, :size], self.a[s, :size], self.b[s, :size]
        return Program(ops, a, b, self.flags[s], self.bands[s])


def _filled(arrays: Sequence[NDArray[Any]], fill: Any) -> NDArray[Any]:
    """Stack arrays whose last axes differ in length."""
    size = max(one.shape[-1] for one in arrays)
    found = np.full((len(arrays), *arrays[0].shape[:-1], size), fill, dtype=arrays[0].dtype)
    for one, room in zip(arrays, found, strict=True):
        room[..., : one.shape[-1]] = one
    return found


class _Bars(NamedTuple):
    """The bars that a policy is compiled for, and what own policies may look at."""

    dates: NDArray[np.datetime64]
    market: "Market | None"
    rows: Ints


class _Code(NamedTuple):
    """What is compiled so far."""

    instructions: list[tuple[int, float, float]]
    flags: list[Bools]
    bands: list[Floats]


def compile_policy(
    policy: Policy,
    dates: NDArray[np.datetime64],
    market: "Market | None" = None,
    first: int = 1,
) -> Program:
    """Return a policy as a program for bars at given times.

    Parameters
    ----------
    policy : Policy
    dates : datetime64 ndarray [T]
        Rising times of the bars, days or finer.
    market : Market, optional
        What own policies look at; the bars are then trading days of it.
    first : int
        Row of the market of the first bar.

    Raises
    ------
    StrategyError
        When the times do not rise, a time of day is asked of daily bars, or an own policy fails,
        gives something else than a day's answer each, or has no market to look at.

    Examples
    --------
    >>> days = np.arange("2014-09-15", "2014-09-20", dtype="datetime64[D]")
    >>> compile_policy(Calendar(every_days=2), days).flags[:, 0].tolist()
    [True, False, True, False, True]
    """
    dates = np.asarray(dates)
    if dates.size > 1 and not (dates[1:] > dates[:-1]).all():
        first = int(np.argmin(dates[1:] > dates[:-1]))
        raise StrategyError(
            f"policy: bars must be in rising order of time; {dates[first + 1]} follows "
            f"{dates[first]}"
        )
    code = _Code([], [], [])
    _emit(policy, _Bars(dates, market, np.arange(first - 1, first - 1 + dates.size)), code)
    columns = np.array(code.instructions, dtype=np.float64)
    table = np.zeros((dates.size, max(1, len(code.flags))), dtype=np.bool_)
    for k, column in enumerate(code.flags):
        table[:, k] = column
    bands = np.column_stack(code.bands) if code.bands else np.zeros((dates.size, 0))
    return Program(
        np.ascontiguousarray(columns[:, 0]).astype(np.int64),
        np.ascontiguousarray(columns[:, 1]),
        np.ascontiguousarray(columns[:, 2]),
        table,
        np.ascontiguousarray(bands),
    )


def _emit(policy: Policy, bars: _Bars, code: _Code) -> None:
    """Append the instructions of a policy."""
    emit = code.instructions.append
    match policy:
        case Calendar():
            emit((CALENDAR, len(code.flags), 0.0))
            code.flags.append(calendar_flags(policy, bars.dates))
        case Band():
            op = BAND_EDGE if policy.to == "edge" else BAND_TARGET
            emit((op, policy.low + policy.margin, policy.high - policy.margin))
        case Deviation():
            emit((DEVIATION, policy.fraction, policy.side == "both"))
        case PriceMove():
            emit((PRICE_MOVE, policy.fraction, policy.side == "both"))
        case LeverageTrigger():
            long = np.inf if policy.long is None else policy.long
            short = -np.inf if policy.short is None else policy.short
            emit((TRIGGER, long, short))
        case NoTradeBand():
            scale = (1.5 * policy.cost / policy.risk_aversion) ** (1.0 / 3.0)
            drift = np.nan
            if policy.ratio_volatility is not None and policy.volatility is not None:
                drift = (policy.ratio_volatility / policy.volatility) ** (2.0 / 3.0)
            emit((NO_TRADE, scale, drift))
        case AnyOf() | AllOf():
            for part in policy.of:
                _emit(part, bars, code)
            emit((ANY if isinstance(policy, AnyOf) else ALL, len(policy.of), 0.0))
        case _:
            _emit_own(policy, bars, code)


def _emit_own(policy: Policy, bars: _Bars, code: _Code) -> None:
    """Append the answers of a user's own policy, day by day."""
    if bars.market is None:
        raise StrategyError(
            f"policy {policy.kind}: an own policy looks at a market, and there is none here; "
            "accepted: the policies of QuantHedge"
        )
    found = own_answers(policy, bars.market, bars.rows)
    if isinstance(found, Bands):
        code.instructions.append((DAILY_BAND, len(code.bands), float(found.to_edge)))
        code.bands.append(np.column_stack([found.low, found.high]))
    else:
        code.instructions.append((CALENDAR, len(code.flags), 0.0))
        code.flags.append(found)


def own_answers(policy: Policy, market: "Market", rows: Ints) -> Bools | Bands:
    """Return what an own policy answers after the closes of some rows, held to its contract.

    Raises
    ------
    StrategyError
        It fails, or gives something else than an answer for each row.
    """
    with policy.own_errors("asks"):
        found = policy.asks(market, rows)
    where = f"policy {policy.kind}: asks"
    if isinstance(found, Bands):
        low, high = (
            policy.own_numbers(f"asks: {name}", values, rows.shape, "an edge for each day")
            for name, values in (("low", found.low), ("high", found.high))
        )
        wrong = ~((low >= 0) & (low <= high) & np.isfinite(high))
        if wrong.any():
            day, k = market.dates[rows[int(wrong.argmax())]], int(wrong.argmax())
            raise StrategyError(
                f"{where}: the band of {day} is {low[k]} to {high[k]}; accepted: 0 <= low <= high"
            )
        return Bands(low, high, bool(found.to_edge))
    return policy.own_flags("asks", found, rows.shape, ", or Bands")


def calendar_flags(policy: Calendar, dates: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    """Return on which bars a calendar acts, bool [T]; the first bar is always one.

    Examples
    --------
    >>> hours = np.arange("2020-01-01T22", "2020-01-03T02", dtype="datetime64[h]")
    >>> hours[calendar_flags(Calendar(every="day", at="00:02"), hours)]
    array(['2020-01-01T22', '2020-01-02T01', '2020-01-03T01'],
          dtype='datetime64[h]')
    """
    result = np.zeros(dates.size, dtype=np.bool_)
    if dates.size == 0:
        return result
    if policy.every_days is not None:
        days = dates.astype("datetime64[D]")
        first = np.append(True, days[1:] != days[:-1])  # bars of one day count as one
        return np.asarray(first & ((np.cumsum(first) - 1) % policy.every_days == 0))
    shifted = dates
    if policy.at is not None:
        if np.datetime_data(dates.dtype)[0] in ("D", "W", "M", "Y"):
            raise StrategyError(
                f"policy: calendar at {policy.at:%H:%M} needs bars with a time of day, found days; "
                "leave at out, or give finer bars"
            )
        at = policy.at
        shifted = dates - np.timedelta64(at.hour * 3600 + at.minute * 60 + at.second, "s")
    days = shifted.astype("datetime64[D]")
    if policy.every == "day":
        period = days.astype(np.int64)
    elif policy.every == "week":  # 1970-01-05 was a Monday
        period = (days.astype(np.int64) - 4) // 7
    else:
        period = days.astype("datetime64[M]").astype(np.int64)
    result[0] = True
    result[1:] = period[1:] != period[:-1]
    return result
