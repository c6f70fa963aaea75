"""Terms of a fund: running fees, the performance fee above the high-water mark, and its dates."""

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, field_validator

from quanthedge.errors import StrategyError
from quanthedge.fund.hurdle import Hurdle
from quanthedge.plain import Plain
from quanthedge.typing import Days

__all__ = ["FundTerms"]

Crystallisation = Literal["month", "quarter", "half_year", "year", "none"]
_LARGEST_RATE = 0.6
_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


class FundTerms(Plain):
    """What the fund charges, and when.

    Attributes
    ----------
    management_fee_per_year, custody_fee_per_year
        Fractions of the assets a year, accrued by calendar days over the days of their year.
    service_fee_per_year
        Sales service fee, of the assets of units of class C.
    audit_fee_yuan_per_year
        Yuan, accrued by calendar days over the days of their year.
    performance_fee_rate
        Fraction of the gain above the high-water mark, in whole basis points.
    hurdle
        What must be earned above the mark before the fee is due; None: nothing.
    high_water_mark
        ``"post_fee"``: the mark becomes the unit value after the fee; ``"pre_fee"``: before it.
    crystallisation
        The period at whose last trading day a performance fee becomes due; ``"none"``: only on
        ``crystallisation_dates``.
    crystallisation_dates
        Further dates on which it becomes due.
    winding_up
        Last day of business. From the next open on everything is sold; when nothing is held any
        more, the performance fee becomes due and all investors are paid. None: the fund goes on.
    unit_value_decimals
        Decimals of the unit value; 4, as Chinese funds publish it.
    initial_unit_value
        Yuan at the start; also the first mark.
    SHORTEST_MONTHS
        Between two fee dates, by the same draft.

    Examples
    --------
    >>> FundTerms(crystallisation="month").performance_fee_rate
    0.25
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    management_fee_per_year: float = Field(default=0.015, ge=0, lt=1)
    custody_fee_per_year: float = Field(default=0.0025, ge=0, lt=1)
    service_fee_per_year: float = Field(default=0.0, ge=0, lt=1)
    audit_fee_yuan_per_year: float = Field(default=0.0, ge=0)
    performance_fee_rate: float = Field(default=0.25, ge=0, lt=1)
    hurdle: Hurdle | None = None
    high_water_mark: Literal["post_fee", "pre_fee"] = "post_fee"
    crystallisation: Crystallisation = "quarter"
    crystallisation_dates: tuple[date, ...] = ()
    winding_up: date | None = None
    unit_value_decimals: Literal[4] = 4
    initial_unit_value: float = Field(default=1.0, gt=0, le=1_000_000)

    SHORTEST_MONTHS: ClassVar[int] = 3

    @field_validator("performance_fee_rate")
    @classmethod
    def _under_cap(cls, value: float) -> float:
        """Refuse what no fund in China may take."""
        if value > _LARGEST_RATE:
            raise ValueError(
                f"{value:.0%} of new highs; accepted: up to {_LARGEST_RATE:.0%}, the cap of the "
                "association's draft guideline on performance fees of 2020-06-05"
            )
        return value

    @field_validator("performance_fee_rate", "initial_unit_value")
    @classmethod
    def _four_decimals(cls, value: float) -> float:
        """Refuse what the fund's whole-number arithmetic could not hold exactly."""
        exponent = Decimal(str(value)).normalize().as_tuple().exponent
        if isinstance(exponent, int) and exponent < -4:
            raise ValueError(f"{value} has more than 4 decimals; accepted: as in 0.25 or 0.1875")
        return value

    def crystallisation_flags(
        self,
        dates: NDArray[np.datetime64],
        calendar: NDArray[np.datetime64] | None = None,
    ) -> NDArray[np.bool_]:
        """Return the days on which a performance fee becomes due, [T].

        Parameters
        ----------
        dates
            Consecutive trading days of the run, [T], sorted.
        terms
            Terms of the fund.
        calendar
            Trading days of the market, sorted, which may go on after the run.

        Raises
        ------
        StrategyError
            One of ``crystallisation_dates`` lies within the run and is not a trading day.

        Notes
        -----
        A day is due when the next trading day lies in another period. The last day of the run is
        judged by the calendar. Where the calendar ends with the run, it is due only if no weekday
        of its period is left: a fee that may not be due yet is not taken (it still shows as
        accrued). A run to Friday 2018-12-28 in data that end there takes no fee for the year,
        because Monday the 31st might have been a trading day; a calendar that goes on to 2019
        settles it. Exchanges publish the calendar of a year beforehand: nothing of the future is
        used.

        Examples
        --------
        >>> days = np.array(["2014-09-29", "2014-09-30", "2014-10-08"], dtype="datetime64[D]")
        >>> FundTerms().crystallisation_flags(days).tolist()
        [False, True, False]
        """
        days = np.asarray(dates, dtype="datetime64[D]")
        flags = np.zeros(len(days), dtype=np.bool_)
        if len(days) == 0:
            return flags
        if self.crystallisation != "none":
            following = np.append(days[1:], _next_day(days[-1], calendar))
            months = _MONTHS[self.crystallisation]
            flags = _period(days, months) != _period(following, months)
        for day in self.crystallisation_dates:
            due = np.datetime64(day, "D")
            if not days[0] <= due <= days[-1]:
                continue
            place = int(np.searchsorted(days, due))
            if days[place] != due:
                raise StrategyError(
                    f"fund terms: crystallisation date {day} is not a trading day; the last one "
                    f"before it is {days[place - 1]}"
                )
            flags[place] = True
        return flags

    def last_business_day(self, dates: Days) -> int | None:
        """Return the day index of the last day of business; None when it is not within the span.

        Parameters
        ----------
        dates : datetime64 [T]
            Trading days of the span.

        Raises
        ------
        StrategyError
            When the day is before the span or no trading day, or leaves no day to sell on.
        """
        if self.winding_up is None or len(dates) == 0:
            return None
        day = np.datetime64(self.winding_up, "D")
        if day > dates[-1]:
            return None
        place = int(np.searchsorted(dates, day))
        if dates[place] != day or place == len(dates) - 1:
            raise StrategyError(
                f"fund.winding_up {self.winding_up}: accepted: a trading day from {dates[0]} on, "
                f"with days after it to sell on (the run ends on {dates[-1]})"
            )
        return place


def _next_day(last: np.datetime64, calendar: NDArray[np.datetime64] | None) -> np.datetime64:
    """Return the trading day after the run, or the next weekday where the calendar has none."""
    if calendar is not None:
        later = np.asarray(calendar, dtype="datetime64[D]")
        later = later[later > last]
        if len(later):
            following: np.datetime64 = later[0]
            return following
    weekday: np.datetime64 = np.busday_offset(last, 1, roll="backward")
    return weekday


def _period(days: NDArray[np.datetime64], months: int) -> NDArray[np.int64]:
    """Return the number of the period of each day; periods begin in January."""
    number: NDArray[np.int64] = days.astype("datetime64[M]").astype(np.int64) // months
    return number
