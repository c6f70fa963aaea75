"""What a performance fee leaves of a return, by path and by date of charging."""

from collections.abc import Iterable
from fractions import Fraction
from math import prod
from typing import Literal

import pandas as pd

from quanthedge.errors import StrategyError
from quanthedge.fund.methods import LotUnits
from quanthedge.fund.performance_fee import PerformanceFee
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.values import Number

__all__ = ["PATHS", "fee_table", "growth_path"]

Path = Literal["steady", "early", "late", "fall first", "up and down"]
Charged = Literal["quarter", "year", "redemption"]
PATHS: tuple[Path, ...] = ("steady", "early", "late", "fall first", "up and down")
_CHARGED: tuple[Charged, ...] = ("quarter", "year", "redemption")
_MONTHS = {"quarter": 3, "year": 12}
_SWING = 1.10  # monthly factor of the path that goes up and down
_FALL = 0.85  # of the path that falls first, over the first half


def growth_path(path: Path, annual_return: float, years: int) -> list[float]:
    """Return the monthly growth factors of a path that ends at the same annual return.

    Parameters
    ----------
    path : {"steady", "early", "late", "fall first", "up and down"}
        "early" and "late" earn everything in the first or last third; "fall first" loses 15% in the
        first half; "up and down" gains and loses a tenth in turn around a steady path.
    annual_return : float
    years : int

    Examples
    --------
    >>> import math
    >>> [round(math.prod(growth_path(path, 0.1, 3)), 9) for path in ("steady", "late")]
    [1.331, 1.331]
    """
    months = 12 * years
    total = (1.0 + annual_return) ** years
    if path == "steady":
        return [total ** (1.0 / months)] * months
    if path in ("early", "late"):
        third = months // 3
        active = [total ** (1.0 / third)] * third
        idle = [1.0] * (months - third)
        return active + idle if path == "early" else idle + active
    half = months // 2
    if path == "fall first":
        down = [_FALL ** (1.0 / half)] * half
        return down + [(total / _FALL) ** (1.0 / (months - half))] * (months - half)
    steady = total ** (1.0 / months)
    return [steady * (_SWING if k % 2 == 0 else 1.0 / _SWING) for k in range(months)]


def fee_table(
    annual_returns: Iterable[float] = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30),
    *,
    rate: Number = "0.25",
    years: int = 3,
    paths: Iterable[Path] = PATHS,
) -> pd.DataFrame:
    """Return what an investor keeps of gross annual returns, net of the performance fee alone.

    Parameters
    ----------
    annual_returns : iterable of float
        Gross, a year.
    rate : number
        Of new highs.
    years : int
        Holding period; the investor leaves at its end, and pays then what is due.
    paths : iterable of str
        See :func:`growth_path`.

    Returns
    -------
    DataFrame
        Indexed by path and date of charging (quarter, year, redemption); one column for each gross
        return, the net annual return. One lot with its own high-water mark, unit value to four
        decimals.

    Raises
    ------
    StrategyError
        When a return is -100% or less, or the holding period is no whole number of years.

    Examples
    --------
    >>> fee_table([0.20], paths=["steady"]).round(4)[0.2].to_list()
    [0.1474, 0.15, 0.1563]
    """
    if years < 1 or years != int(years):
        raise StrategyError(f"fee table: years {years}; accepted: 1, 2, 3 ..")
    returns = [float(one) for one in annual_returns]
    if not all(one > -1 for one in returns):
        raise StrategyError(f"fee table: annual returns {returns}; accepted: above -1")
    rows = {
        (path, charged): {
            one: _kept(growth_path(path, one, years), charged, rate, years) for one in returns
        }
        for path in paths
        for charged in _CHARGED
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(rows, names=["path", "charged"])
    return table


def _kept(path: list[float], charged: Charged, rate: Number, years: int) -> float:
    """Return the net annual return of one lot along monthly growth factors."""
    register = LotUnits().open(FundTerms())
    register.fee = PerformanceFee(rate)  # any rate, also one that no fund may charge
    invested = Fraction(1_000_000_000)  # large: cents and four decimals then weigh nothing
    register.subscribe("investor", 1_000_000_000)
    assets = invested
    step = _MONTHS.get(charged, len(path))
    for first in range(0, len(path), step):
        assets *= _product(path[first : first + step])
        register.revalue(assets)
        if charged != "redemption":
            assets -= sum(Fraction(one.fee) for one in register.crystallise())
    paid = Fraction(register.value_if_redeemed("investor"))
    return float(float(paid / invested) ** (1.0 / years) - 1.0)


def _product(factors: list[float]) -> Fraction:
    """Return the exact product of numbers; cut down once, not after each."""
    above, below = zip(*(one.as_integer_ratio() for one in factors), strict=True)
    return Fraction(prod(above), prod(below))
