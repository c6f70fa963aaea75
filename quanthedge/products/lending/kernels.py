"""Loans along price paths, compiled: interest, calls, cures, sales, maturity."""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.rules import CALENDAR_DAYS_A_YEAR
from quanthedge.typing import Floats

__all__ = ["COLUMNS", "follow_paths"]


# Columns of a step: state after it, and what happened in it.
COLUMNS = (
    "price", "debt", "units", "ltv", "interest", "repaid", "proceeds", "sold", "added",
    "written_off", "called", "cured", "liquidated", "defaulted",
)  # fmt: skip
(
    _PRICE, _DEBT, _UNITS, _LTV, _INTEREST, _REPAID, _PROCEEDS, _SOLD, _ADDED, _WRITTEN_OFF,
    _CALLED, _CURED, _LIQUIDATED, _DEFAULTED,
) = range(14)  # fmt: skip


@njit(cache=True)
def _sell(
    debt: float, units: float, price: float, target: float, k: float, mark_down: float, close: float
) -> tuple[float, float]:
    """Units sold to restore the target, and their proceeds (see margin.sale_to_restore)."""
    counted = target * (1.0 - mark_down)
    missing = debt - counted * units * price
    if missing <= 0.0 or units <= 0.0:
        return 0.0, 0.0
    sold = missing / (price * (k - counted)) if k > counted else units
    sold = min(units, sold)
    if k > 0.0:
        sold = min(sold, close * debt / (price * k))
    return sold, sold * price * k


@njit(cache=True)
def follow_paths(
    paths: Floats,
    step_days: float,
    terms: Floats,
    tops_up: bool,
    draws: Floats,
    record: Floats,
) -> Floats:
    """Follow a loan along M price paths of S steps.

    Parameters
    ----------
    paths : float64 [M, S + 1]
        Prices; column 0 is the start.
    step_days : float
        Calendar days of a step.
    terms : float64 [13]
        debt, units, call, liquidation and target loan-to-value, k, mark-down, close factor, rate,
        notice in steps, maturity in steps, probability of a cure, (unused).
    tops_up : bool
        A cure adds collateral; else it repays debt.
    draws : float64 [M, S + 1]
        Uniform draws that decide whether a call is answered.
    record : float64 [S + 1, len(COLUMNS)]
        The steps of the first path are written here.

    Returns
    -------
    float64 [M, len(COLUMNS)]
        Totals of each path; price, debt, units and ltv are those at the end.

    """
    debt0, units0, call, liquidation, target = terms[:5]
    k, mark_down, close, rate, notice, maturity, cures = terms[5:12]
    result = np.zeros((paths.shape[0], len(COLUMNS)))
    last = min(paths.shape[1] - 1, int(maturity))
    row = np.zeros(len(COLUMNS))
    for m in range(paths.shape[0]):
        debt, units, deadline = debt0, units0, -1
        for s in range(last + 1):
            price = paths[m, s]
            row[:] = 0.0
            if s > 0 and debt > 0.0:
                row[_INTEREST] = debt * rate * step_days / CALENDAR_DAYS_A_YEAR
                debt += row[_INTEREST]
            value = units * price * (1.0 - mark_down)
            if debt > 0.0:
                if debt >= liquidation * value:
                    row[_LIQUIDATED] = 1.0
                elif debt < call * value:
                    deadline = -1
                elif deadline < 0:
                    row[_CALLED] = 1.0
                    deadline = s + int(notice)
                if row[_LIQUIDATED] == 0.0 and deadline >= 0 and s >= deadline:
                    deadline = -1
                    if draws[m, s] < cures:
                        row[_CURED] = 1.0
                        if tops_up:
                            row[_ADDED] = max(
                                0.0, debt / (target * price * (1.0 - mark_down)) - units
                            )
                            units += row[_ADDED]
                        else:
                            row[_REPAID] = max(0.0, debt - target * value)
                            debt -= row[_REPAID]
                    else:
                        row[_LIQUIDATED] = 1.0
                if row[_LIQUIDATED] == 1.0:
                    sold, proceeds = _sell(debt, units, price, target, k, mark_down, close)
                    row[_SOLD], row[_PROCEEDS] = sold, proceeds
                    units -= sold
                    debt = max(0.0, debt - proceeds)
                    deadline = -1
                    if units <= 1e-12 * units0 and debt > 0.0:
                        row[_WRITTEN_OFF], row[_DEFAULTED] = debt, 1.0
                        debt, units = 0.0, 0.0
            if s == last and debt > 0.0:
                if units * price >= debt:  # worth paying back for the collateral
                    row[_REPAID] += debt
                else:
                    proceeds = min(debt, units * price * k)
                    row[_SOLD] += units
                    row[_PROCEEDS] += proceeds
                    row[_WRITTEN_OFF], row[_DEFAULTED] = debt - proceeds, 1.0
                    units = 0.0
                debt = 0.0
            row[_PRICE], row[_DEBT], row[_UNITS] = price, debt, units
            counted = units * price * (1.0 - mark_down)
            row[_LTV] = debt / counted if counted > 0.0 else np.nan
            if m == 0:
                record[s] = row
            for c in range(4, len(COLUMNS)):
                result[m, c] += row[c]
            for c in range(4):
                result[m, c] = row[c]
    return result
