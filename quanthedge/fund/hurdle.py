"""Hurdles: what a fund must earn above its mark before a performance fee is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, model_validator

from quanthedge.errors import StrategyError
from quanthedge.plain import Plain
from quanthedge.typing import Floats

__all__ = ["Hurdle", "Rising", "ex_dividend", "rising", "rising_over_days"]


class Hurdle(Plain):
    """What must be earned above the high-water mark before a fee is due.

    Attributes
    ----------
    kind
        ``"fixed"``: a rate a year; ``"deposit"``: the rates of ``rates`` by date; ``"index"``: what
        the benchmark has returned since the mark.
    rate
        A year, simple, actual/365; for ``"fixed"``.
    rates
        Dated rates a year, simple, actual/365, each valid from its date on; for ``"deposit"``.
    hard
        True: the fee is a part of what exceeds the hurdle; False: of all the gain once above it.
    catch_up
        Manager's part of what exceeds the hurdle until he has the full fee on all the gain; only
        with a soft hurdle. None: at once (the fee jumps at the hurdle).

    Notes
    -----
    The hurdle grows from the day of a lot's mark: its purchase, or the last fee that it paid. A
    rate is simple interest on the mark by the calendar days since then, whatever lies between.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["fixed", "deposit", "index"] = "fixed"
    rate: float = Field(default=0.0, ge=0, lt=1)
    rates: Mapping[date, float] = Field(default_factory=dict)
    hard: bool = True
    catch_up: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.kind == "fixed" and not self.rate:
            raise ValueError("hurdle fixed: rate above 0 is needed")
        if (self.kind == "deposit") != bool(self.rates):
            raise ValueError("hurdle: `rates` by date belong to kind deposit, and are needed there")
        if self.catch_up is not None and self.hard:
            raise ValueError("hurdle: catch_up belongs to a soft hurdle (hard = false)")
        return self

    def path(
        self, dates: NDArray[np.datetime64], index_close: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the level of the hurdle at each close, 1 on the day before the span, [T].

        Parameters
        ----------
        hurdle : Hurdle
        dates : datetime64[D] [T + 1]
            Trading days with the day before the span.
        index_close : float64 [T + 1]
            Of the benchmark.

        Raises
        ------
        StrategyError
            When a day has no rate or no close.

        Notes
        -----
        Rates: 1 + the simple interest since the start, each calendar day at the rate of the day on
        which it begins, over 365 (days before the first rate, up to the first close, at that one).
        The difference between two days depends on nothing but them. Benchmark: the value of a yuan.
        """
        if self.kind == "index":
            if np.isnan(index_close).any():
                raise StrategyError("hurdle index: the benchmark has days without a close")
            return np.asarray(index_close[1:] / index_close[0])
        days = dates.astype("datetime64[D]")
        begins, rates = days[:1], np.array([self.rate])
        if self.kind == "deposit":
            begins = np.array(sorted(self.rates), dtype="datetime64[D]")
            if days[1] < begins[0]:
                raise StrategyError(
                    f"hurdle deposit: the first rate is of {begins[0]}, the run begins on {days[1]}"
                )
            rates = np.array([self.rates[day] for day in sorted(self.rates)])
            begins[0] = min(begins[0], days[0])
        ends = np.append(begins[1:], days[-1] + 1)
        begin = np.maximum(begins, days[0])
        spent = np.clip(np.minimum(days[1:, None], ends) - begin, 0, None).astype(np.int64)
        return np.asarray(1.0 + spent @ rates / 365.0)


@dataclass(frozen=True)
class Rising:
    """An amount that the hurdle lets rise: ``base + slope x level``.

    The level is 1 plus the simple interest of a yuan since the start, or what the benchmark has
    made of a yuan. Between two dates an amount ``v`` rises by ``v x (later - earlier)`` under a
    rate, and to ``v x later / earlier`` with a benchmark; both are lines in the level.
    """

    base: Fraction
    slope: Fraction

    def at(self, level: Fraction) -> Fraction:
        """Return the amount where the hurdle stands at a level."""
        return self.base + self.slope * level

    def scaled(self, factor: Fraction) -> "Rising":
        """Return the amount times a factor."""
        return Rising(self.base * factor, self.slope * factor)


def rising(hurdle: Hurdle | None, value: Fraction, level: Fraction) -> Rising:
    """Return an amount that the hurdle lets rise from today, where it stands at a level.

    Examples
    --------
    >>> one = rising(Hurdle(rate=0.08), Fraction(1), Fraction("1.08"))
    >>> float(one.at(Fraction("1.16")))  # a second year of simple interest
    1.08
    >>> float(rising(Hurdle(kind="index"), Fraction(1), Fraction("1.08")).at(Fraction("1.188")))
    1.1
    """
    if hurdle is not None and hurdle.kind == "index":
        return Rising(Fraction(0), value / level)
    return Rising(value - value * level, value)


def rising_over_days(lines: Sequence[Rising], levels: Floats) -> Floats:
    """Return :meth:`Rising.at` of L amounts on D days, [D, L].

    Parameters
    ----------
    lines : sequence of L Rising
    levels : float64 [D]
        Of the hurdle.
    """
    base = np.array([float(one.base) for one in lines])
    slope = np.array([float(one.slope) for one in lines])
    found: Floats = base + slope * levels[:, None]
    return found


def ex_dividend(
    hurdle: Hurdle | None, mark: Fraction, threshold: Rising, level: Fraction, dividend: Fraction
) -> tuple[Fraction, Rising]:
    """Return a mark and its threshold after a dividend on which no fee was due.

    Both fall by the dividend: it has been earned, and is no longer there to earn a hurdle.

    >>> start = rising(HALF := Hurdle(rate=0.08), Fraction(1), Fraction(1))
    >>> mark, after = ex_dividend(HALF, Fraction(1), start, Fraction("1.08"), Fraction("0.08"))
    >>> float(mark), float(after.at(Fraction("1.08"))), float(after.at(Fraction("1.16")))
    (0.92, 1.0, 1.0736)
    """
    left, today = mark - dividend, threshold.at(level) - dividend
    if left <= 0 or today <= 0:
        return left, rising(hurdle, left, level)
    if hurdle is not None and hurdle.kind == "index":
        return left, rising(hurdle, today, level)
    return left, Rising(today - left * level, left)
