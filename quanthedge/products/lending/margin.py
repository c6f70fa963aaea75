"""What restores a margin: how much to sell, to add or to repay until debt over collateral fits.

Debt D, collateral of C units at price P, sale at P less a haircut h with a fee f on the proceeds,
so that a unit sold brings P k with ``k = (1 - h)(1 - f)``; collateral may be marked down by g.
"""

from typing import NamedTuple

__all__ = [
    "Sale",
    "loan_to_value",
    "price_at_ltv",
    "repayment_to_restore",
    "sale_to_restore",
    "seizure_to_restore",
    "top_up_to_restore",
]


class Sale(NamedTuple):
    """Collateral sold, what it brings, and what is left.

    Attributes
    ----------
    units, proceeds : float
        Sold, and what of it reduces the debt.
    debt, collateral : float
        After the sale; collateral in units.
    shortfall : float
        Debt that is left without any collateral.

    """

    units: float
    proceeds: float
    debt: float
    collateral: float
    shortfall: float


def loan_to_value(debt: float, units: float, price: float, mark_down: float = 0.0) -> float:
    """Return ``D / (C P (1 - g))``; infinite without collateral.

    >>> loan_to_value(10_000, 2, 10_000)
    0.5
    """
    value = units * price * (1.0 - mark_down)
    return debt / value if value > 0.0 else float("inf")


def price_at_ltv(debt: float, units: float, ltv: float, mark_down: float = 0.0) -> float:
    """Return the price at which the loan-to-value reaches a level, ``D / (C M (1 - g))``.

    >>> price_at_ltv(10_000, 2, 0.80)
    6250.0
    """
    return debt / (units * ltv * (1.0 - mark_down))


def sale_to_restore(
    debt: float,
    units: float,
    price: float,
    target: float,
    *,
    haircut: float = 0.0,
    fee: float = 0.0,
    mark_down: float = 0.0,
    close_factor: float = 1.0,
) -> Sale:
    """Return the sale that brings the loan-to-value back to a target.

    Parameters
    ----------
    debt, units, price : float
    target : float
        Loan-to-value after the sale.
    haircut, fee : float
        Of the price, and of the proceeds.
    mark_down : float
        By which collateral counts less in the loan-to-value; the sale still yields ``P k``.
    close_factor : float
        Largest part of the debt that one sale may repay.

    Returns
    -------
    Sale

    Notes
    -----
    ``x = (D - T C P (1 - g)) / (P (k - T (1 - g)))``; everything is sold when ``k <= T (1 - g)`` or
    ``x >= C``, and what is then owed is the shortfall. Nothing is sold at or below the target.

    Examples
    --------
    >>> sale = sale_to_restore(10_000, 2, 6_250, 0.70)
    >>> round(sale.units, 6), round(sale.debt, 2)
    (0.666667, 5833.33)
    """
    k = (1.0 - haircut) * (1.0 - fee)
    counted = target * (1.0 - mark_down)
    missing = debt - counted * units * price
    if missing <= 0.0 or units <= 0.0:
        return Sale(0.0, 0.0, debt, units, debt if units <= 0.0 else 0.0)
    sold = missing / (price * (k - counted)) if k > counted else units
    sold = min(units, sold)
    if k > 0.0:
        sold = min(sold, close_factor * debt / (price * k), debt / (price * k))
    proceeds = sold * price * k
    left = units - sold
    owed = max(0.0, debt - proceeds)
    return Sale(sold, proceeds, owed, left, owed if left <= 0.0 else 0.0)


def seizure_to_restore(
    debt: float, value: float, target: float, bonus: float
) -> tuple[float, float]:
    """Return the debt repaid and the collateral value seized when a bonus is paid on the debt.

    ``y = (D - T V) / (1 - T (1 + b))``, seized ``y (1 + b)``; at most all of the collateral.

    >>> [round(one, 2) for one in seizure_to_restore(10_000, 12_500, 0.70, 0.05)]
    [4716.98, 4952.83]
    """
    if debt <= target * value:
        return 0.0, 0.0
    room = 1.0 - target * (1.0 + bonus)
    repaid = (debt - target * value) / room if room > 0.0 else debt
    repaid = min(repaid, debt, value / (1.0 + bonus))
    return repaid, repaid * (1.0 + bonus)


def top_up_to_restore(
    debt: float, units: float, price: float, target: float, mark_down: float = 0.0
) -> float:
    """Return the units to add, ``(D / T - V) / P`` with V as it counts; 0 when none are needed.

    >>> round(top_up_to_restore(10_000, 2, 6_250, 0.70), 6)
    0.285714
    """
    return max(0.0, debt / (target * price * (1.0 - mark_down)) - units)


def repayment_to_restore(
    debt: float, units: float, price: float, target: float, mark_down: float = 0.0
) -> float:
    """Return the cash to repay, ``D - T V``; 0 when none is needed.

    >>> round(repayment_to_restore(10_000, 2, 6_250, 0.70), 2)
    1250.0
    """
    return max(0.0, debt - target * units * price * (1.0 - mark_down))
