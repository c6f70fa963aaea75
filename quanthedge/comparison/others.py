"""What a fund may be set beside: a stated yield, published headlines."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import pandas as pd

from quanthedge.errors import DataError

__all__ = ["FixedIncome", "Stated"]

_ONE_YEAR_DEPOSIT: Final = "one_year_deposit"


@dataclass(frozen=True)
class FixedIncome:
    """A product with a stated yield: ``(1 + rate) ** (calendar days / 365)``, no swings shown.

    Attributes
    ----------
    rate : float or "one_year_deposit"
        A year; or the People's Bank's benchmark of the day on which the run begins, for a deposit
        of one year that is renewed with its interest at the benchmark of the day.
    source : str
        Where the rate stands.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> result = qh.backtest(strategy, market, "2014-09-17", "2014-12-31")
    >>> found = qh.compare_funds(result, {"wealth product": qh.FixedIncome(0.045, source="a bank")})
    >>> f"{found.table.loc['wealth product', 'annual_return']:.2%}"
    '4.50%'
    """

    rate: float | Literal["one_year_deposit"]
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse a rate that no product states."""
        if self.rate == _ONE_YEAR_DEPOSIT:
            return
        if not isinstance(self.rate, float | int) or not -0.5 < self.rate < 1.0:
            raise DataError(
                f"fixed income at {self.rate} a year; accepted: a fraction, 0.05, or "
                f"{_ONE_YEAR_DEPOSIT}"
            )


@dataclass(frozen=True)
class Stated:
    """A fund of which only headline numbers were published; nothing else is worked out of them.

    Attributes
    ----------
    annual_return, correlation, volatility, max_drawdown : float or None
    source : str
        Where the numbers stand.
    start, end : date or None
        The days that the numbers are of.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> result = qh.backtest(strategy, market, "2014-09-17", "2014-12-31")
    >>> other = qh.Stated(annual_return=0.08, max_drawdown=-0.03, source="its manager's letter")
    >>> found = qh.compare_funds(result, {"another fund": other})
    >>> float(found.table.loc["another fund", "max_drawdown"])
    -0.03
    """

    annual_return: float | None = None
    correlation: float | None = None
    volatility: float | None = None
    max_drawdown: float | None = None
    source: str = ""
    start: date | None = None
    end: date | None = None

    def covers(self, days: pd.DatetimeIndex) -> bool:
        """Return whether the numbers are of the days of a run, its opening day first."""
        if self.start is None or self.end is None or len(days) < 2:
            return False
        begins = days[0].date() < self.start <= days[1].date()
        return bool(begins and self.end == days[-1].date())

    def __post_init__(self) -> None:
        """Refuse numbers that nobody can have published."""
        given = (self.annual_return, self.correlation, self.volatility, self.max_drawdown)
        for value in given:
            if value is not None and not isinstance(value, int | float):
                raise DataError(
                    f"stated product: {value!r} is no number; accepted: a fraction, 0.05"
                )
        if all(value is None for value in given):
            raise DataError("a stated product gives at least one of its published numbers")
        if self.annual_return is not None and not -1.0 <= self.annual_return < 10.0:
            raise DataError(
                f"stated return {self.annual_return} a year; accepted: a fraction, 0.05"
            )
        if self.correlation is not None and not -1.0 <= self.correlation <= 1.0:
            raise DataError(f"stated correlation {self.correlation}; accepted: -1 to 1")
