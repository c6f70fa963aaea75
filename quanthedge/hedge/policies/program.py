"""A policy as arrays, for compiled code: instructions of a stack machine in postfix order."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import StrategyError
from quanthedge.hedge.policies.policies import (
    AllOf,
    AnyOf,
    Band,
    Calendar,
    Deviation,
    LeverageTrigger,
    NoTradeBand,
    Policy,
    PriceMove,
)

__all__ = ["Program", "calendar_flags", "compile_policy"]

CALENDAR, BAND_EDGE, BAND_TARGET, DEVIATION, PRICE_MOVE, TRIGGER, NO_TRADE, ANY, ALL = range(9)


class Program(NamedTuple):
    """Instructions ``ops`` [K] with operands ``a`` and ``b`` [K]; calendar ``flags`` [T, F]."""

    ops: NDArray[np.int64]
    a: NDArray[np.float64]
    b: NDArray[np.float64]
    flags: NDArray[np.bool_]


def compile_policy(policy: Policy, dates: NDArray[np.datetime64]) -> Program:
    """Return a policy as a program for bars at given times.

    Parameters
    ----------
    policy : Policy
    dates : datetime64 ndarray [T]
        Rising times of the bars, days or finer.

    Raises
    ------
    StrategyError
        When the times do not rise, or a time of day is asked of daily bars.

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
    code: list[tuple[int, float, float]] = []
    flags: list[NDArray[np.bool_]] = []
    _emit(policy, dates, code, flags)
    columns = np.array(code, dtype=np.float64)
    width = max(1, len(flags))
    table = np.zeros((dates.size, width), dtype=np.bool_)
    for k, column in enumerate(flags):
        table[:, k] = column
    return Program(
        np.ascontiguousarray(columns[:, 0]).astype(np.int64),
        np.ascontiguousarray(columns[:, 1]),
        np.ascontiguousarray(columns[:, 2]),
        table,
    )


def _emit(
    policy: Any,
    dates: NDArray[np.datetime64],
    code: list[tuple[int, float, float]],
    flags: list[NDArray[np.bool_]],
) -> None:
    """Append the instructions of a policy."""
    match policy:
        case Calendar():
            code.append((CALENDAR, len(flags), 0.0))
            flags.append(calendar_flags(policy, dates))
        case Band():
            op = BAND_EDGE if policy.to == "edge" else BAND_TARGET
            code.append((op, policy.low + policy.margin, policy.high - policy.margin))
        case Deviation():
            code.append((DEVIATION, policy.fraction, policy.side == "both"))
        case PriceMove():
            code.append((PRICE_MOVE, policy.fraction, policy.side == "both"))
        case LeverageTrigger():
            long = np.inf if policy.long is None else policy.long
            short = -np.inf if policy.short is None else policy.short
            code.append((TRIGGER, long, short))
        case NoTradeBand():
            scale = (1.5 * policy.cost / policy.risk_aversion) ** (1.0 / 3.0)
            drift = np.nan
            if policy.ratio_volatility is not None and policy.volatility is not None:
                drift = (policy.ratio_volatility / policy.volatility) ** (2.0 / 3.0)
            code.append((NO_TRADE, scale, drift))
        case AnyOf() | AllOf():
            for part in policy.of:
                _emit(part, dates, code, flags)
            code.append((ANY if isinstance(policy, AnyOf) else ALL, len(policy.of), 0.0))


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
