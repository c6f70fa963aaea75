"""Step 10 of docs/ledger.md: the stated value of what does not trade, unit value and fee."""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import FundNumbers, ValuationBook
from quanthedge.ledger.kernels.fees import performance_fee_cents, unit_value_ticks
from quanthedge.ledger.kernels.sheet import HELD, RESTATED, SLEEVE, Logs, Work, next_row
from quanthedge.ledger.layout import (
    ACCRUED,
    ACCRUED_,
    BEFORE_ACCRUAL_,
    EQUITY,
    EQUITY_,
    HWM_,
    MARK_TICKS,
    OPEN_ACCRUED_,
    PAYABLE,
    PERFORMANCE_,
    REVALUATION,
    REVALUATION_,
    SERVICE_,
    SERVICE_BASE,
    UNIT_VALUE_,
    UNITS,
)
from quanthedge.ledger.state import LedgerState
from quanthedge.typing import Floats


@njit(cache=True, allocates=False)
def ask_for_adjustments(
    t: int, book: ValuationBook, mark: Floats, state: LedgerState, work: Work
) -> float:
    """Forget adjustments that have ended, begin those that always count; return the sum of all."""
    shares, restated = state.shares, state.carried.restated
    some = False  # on most days none is: seen in one vectorised pass
    for i in range(restated.size):
        some |= restated[i]
    for i in range(shares.size if some else 0):  # what was sold whole is not among the held
        if restated[i] and (np.isnan(book.ratio[t + 1, i]) or shares[i] == 0.0):
            restated[i] = False
    total = 0.0
    for k in range(work.n[HELD]):
        i = work.held[k]
        ratio = book.ratio[t + 1, i]
        if np.isnan(ratio) or shares[i] == 0.0:
            continue
        total += shares[i] * mark[t + 1, i] * (ratio - 1.0)
        if book.always.size > 0 and book.always[t + 1, i]:
            restated[i] = True
    return total


@njit(cache=True, allocates=False)
def is_material(total: float, equity: float, book: ValuationBook) -> bool:
    """Whether adjustments count, which they do together once they reach the materiality."""
    return total != 0.0 and abs(total) >= book.materiality * equity


@njit(cache=True, allocates=False)
def revalue(
    t: int, material: bool, book: ValuationBook, mark: Floats, state: LedgerState, work: Work,
    logs: Logs,
) -> float:  # fmt: skip
    """Return what a sleeve's holdings that do not trade are stated above (below: < 0) their marks.

    A holding whose adjustment has begun keeps it until the stock is traded again.
    """
    shares, restated = state.shares, state.carried.restated
    stated = 0.0
    for k in range(work.n[HELD]):
        i = work.held[k]
        ratio = book.ratio[t + 1, i]
        if np.isnan(ratio) or shares[i] == 0.0:
            continue
        if material:
            restated[i] = True
        if restated[i]:
            stated += shares[i] * mark[t + 1, i] * (ratio - 1.0)
            rows, n = logs.restated, next_row(logs, RESTATED)
            rows[n, 0], rows[n, 1], rows[n, 2], rows[n, 3] = t, i, shares[i], ratio
            rows[n, 4] = logs.n[SLEEVE]
    return stated


@njit(cache=True, allocates=False)
def _grow_service_base(stated: float, service: float, scalars: Floats) -> None:
    """All classes earn alike; the service fee is taken from those that bear it."""
    before = scalars[EQUITY] + scalars[REVALUATION]  # after the morning's flows
    if scalars[SERVICE_BASE] > 0.0 and before > 0.0:
        growth = (stated + service) / before
        scalars[SERVICE_BASE] = scalars[SERVICE_BASE] * growth - service


@njit(cache=True, allocates=False)
def state_value(
    t: int, equity: float, revaluation: float, fund: FundNumbers, scalars: Floats, row: Floats
) -> float:
    """Write stated value, performance fee, unit value. Returns the equity after the fee."""
    stated = equity + revaluation
    _grow_service_base(stated, row[SERVICE_], scalars)
    scalars[REVALUATION] = revaluation
    row[OPEN_ACCRUED_] = scalars[ACCRUED]
    units = np.int64(np.floor(scalars[UNITS] * 100.0 + 0.5))
    cents = np.int64(np.floor(stated * 100.0 + 0.5))
    if cents > 0:
        ticks = unit_value_ticks(cents, units)
        mark = np.int64(scalars[MARK_TICKS])
        due = performance_fee_cents(ticks, mark, units, fund.performance_rate)
        after = unit_value_ticks(cents - due, units)
        row[ACCRUED_] = due / 100.0
        if fund.fee_day[t] and ticks > mark:
            row[PERFORMANCE_] = due / 100.0
            row[ACCRUED_] = 0.0
            scalars[PAYABLE] += due / 100.0
            equity -= due / 100.0
            scalars[MARK_TICKS] = max(mark, after if fund.post_fee else ticks)
            ticks = after
        row[BEFORE_ACCRUAL_] = ticks / 10000.0
        row[UNIT_VALUE_] = after / 10000.0
    scalars[ACCRUED] = row[ACCRUED_]
    row[HWM_] = scalars[MARK_TICKS] / 10000.0
    row[REVALUATION_] = revaluation
    row[EQUITY_] = equity + revaluation
    return equity
