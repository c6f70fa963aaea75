"""Hurdles: what a fund must earn before a performance fee is due, and what is due above it."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, model_validator

from quanthedge.errors import StrategyError
from quanthedge.fund.values import exact
from quanthedge.plain import Plain

__all__ = ["Hurdle", "due_per_unit", "ex_dividend", "hurdle_path"]


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
        Dated rates a year, each valid from its date on; for ``"deposit"``.
    hard
        True: the fee is a part of what exceeds the hurdle; False: of all the gain once above it.
    catch_up
        Manager's part of what exceeds the hurdle until he has the full fee on all the gain; only
        with a soft hurdle. None: at once (the fee jumps at the hurdle).

    Notes
    -----
    The hurdle grows from the day of a lot's mark: its purchase, or the last fee that it paid.
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


def due_per_unit(
    value: Fraction, mark: Fraction, threshold: Fraction, rate: Fraction, hurdle: Hurdle | None
) -> Fraction:
    """Return the fee due on a unit.

    Parameters
    ----------
    value, mark : Fraction
        Unit value and high-water mark.
    threshold : Fraction
        The mark grown by the hurdle, at least the mark.
    rate : Fraction
        Of the performance fee.
    hurdle : Hurdle or None

    Examples
    --------
    >>> one, rate = Fraction(1), Fraction(1, 4)
    >>> float(due_per_unit(Fraction("1.2"), one, Fraction("1.08"), rate, Hurdle(rate=0.08)))
    0.03
    >>> soft = Hurdle(rate=0.08, hard=False)
    >>> float(due_per_unit(Fraction("1.2"), one, Fraction("1.08"), rate, soft))
    0.05
    """
    if hurdle is None:
        return rate * max(Fraction(0), value - mark)
    if value <= threshold:
        return Fraction(0)
    if hurdle.hard:
        return rate * (value - threshold)
    full = rate * (value - mark)
    if hurdle.catch_up is None:
        return full
    return min(full, max(rate, Fraction(exact(hurdle.catch_up))) * (value - threshold))


def ex_dividend(
    mark: Fraction, since: Fraction, grown: Fraction, dividend: Fraction
) -> tuple[Fraction, Fraction]:
    """Return a mark after a dividend, and what the hurdle is to have made of a yuan on its day.

    Both the mark and the mark grown by the hurdle, ``mark x grown / since``, fall by the dividend:
    it has been earned, and is no longer there to earn a hurdle.

    >>> mark, since = ex_dividend(Fraction(1), Fraction(1), Fraction("1.08"), Fraction("0.08"))
    >>> float(mark), float(mark / since * Fraction("1.08"))
    (0.92, 1.0)
    """
    left, threshold = mark - dividend, mark * grown / since - dividend
    if left <= 0 or threshold <= 0:
        return left, grown
    return left, grown * left / threshold


def hurdle_path(
    hurdle: Hurdle, dates: NDArray[np.datetime64], index_close: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what a yuan at the start has become by the hurdle at each close, [T].

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
    A rate grows by simple interest within each spell between two closes, which compounds from close
    to close; over a year the difference to simple interest is below a tenth of the rate's square.
    """
    days = np.diff(dates).astype(np.float64)
    if hurdle.kind == "index":
        if np.isnan(index_close).any():
            raise StrategyError("hurdle index: the benchmark has days without a close")
        return np.asarray(index_close[1:] / index_close[0])
    if hurdle.kind == "fixed":
        rates = np.full(days.size, hurdle.rate)
    else:
        begins = np.array(sorted(hurdle.rates), dtype="datetime64[D]")
        if dates[1] < begins[0]:
            raise StrategyError(
                f"hurdle deposit: the first rate is of {begins[0]}, the run begins on {dates[1]}"
            )
        place = np.searchsorted(begins, dates[1:], side="right") - 1
        rates = np.array([hurdle.rates[day] for day in sorted(hurdle.rates)])[place]
    return np.asarray(np.cumprod(1.0 + rates * days / 365.0))
