"""The end of a fund: everything is sold, the last fee is charged, everybody is paid.

After the last day of business (:attr:`FundTerms.winding_up`) the fund wants no stock on any day.
On the first close on which it holds neither shares nor contracts, nor waits for a dividend, the
performance fee is charged and all units are redeemed. What the four decimals of the unit value left
in the fund, or took too much, is shared out by what each one gets: the fund ends empty.
"""

from decimal import Decimal
from fractions import Fraction

import numpy as np

from quanthedge.errors import StrategyError
from quanthedge.fund.desk import Office, fee_basis, investors_of, note
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.values import round_half_up
from quanthedge.ledger import LedgerState, TargetBook, layout
from quanthedge.typing import Days

__all__ = ["last_business_day", "nothing_left", "pay_out", "sold_out"]


def last_business_day(terms: FundTerms, dates: Days) -> int | None:
    """Return the day index of the last day of business; None when it is not within the span.

    Parameters
    ----------
    terms : FundTerms
    dates : datetime64 [T]
        Trading days of the span.

    Raises
    ------
    StrategyError
        When the day is before the span or no trading day, or leaves no day to sell on.
    """
    if terms.winding_up is None or len(dates) == 0:
        return None
    day = np.datetime64(terms.winding_up, "D")
    if day > dates[-1]:
        return None
    place = int(np.searchsorted(dates, day))
    if dates[place] != day or place == len(dates) - 1:
        raise StrategyError(
            f"fund.winding_up {terms.winding_up}: accepted: a trading day from {dates[0]} on, with "
            f"days after it to sell on (the run ends on {dates[-1]})"
        )
    return place


def sold_out(targets: TargetBook, last: int, days: int) -> TargetBook:
    """Return the targets of a fund that wants no stock on any day after ``last``.

    A rebalance without targets on each day sells on the first one what can be sold, and the rest as
    soon as suspensions and limits let it.
    """
    kept = int(np.searchsorted(targets.trade_days, last, side="right"))
    closing = np.arange(last + 1, days, dtype=targets.trade_days.dtype)
    end = targets.pointer[kept]
    return TargetBook(
        np.append(targets.trade_days[:kept], closing),
        np.append(targets.pointer[: kept + 1], np.full(closing.size, end)),
        targets.stocks[:end],
        targets.weights[:end],
    )


def nothing_left(state: LedgerState) -> bool:
    """Return whether neither shares, contracts, dividends to come, a loan nor debts are left."""
    owed = (layout.LOAN, layout.OWED, layout.RECEIVABLE)
    return not (
        state.shares.any() or state.lots.any() or any(state.scalars[one] > 0.005 for one in owed)
    )


def pay_out(office: Office, t: int) -> dict[str, Decimal]:
    """Redeem all units at the close of day t, after the fee of that day has been charged.

    Returns the fees by class that fall due because somebody leaves (:meth:`Book.liquidate`), which
    the caller books; they and the cash paid add up to the equity, to the cent.
    """
    equity = round_half_up(Fraction(float(office.state.scalars[layout.EQUITY])), 2)
    leaving = []
    for name, book in office.books.items():
        value, lines = book.unit_value(), book.lots()
        leaving += [
            (
                name,
                value,
                one,
                fee_basis([line for line in lines if line["investor"] == one.investor]),
            )
            for one in book.liquidate()
        ]
        for investor in investors_of(office, name):
            office.bought[investor, name] = []
    fees = {
        name: sum((one.fee for other, _, one, _ in leaving if other == name), Decimal(0))
        for name in office.books
    }
    gross = sum((one.cash for _, _, one, _ in leaving), Decimal(0))
    left = equity - sum(fees.values(), Decimal(0))
    for k, (name, value, one, basis) in enumerate(leaving):
        share = Fraction(one.cash) / Fraction(gross) if gross else Fraction(1, len(leaving) - k)
        cash = round_half_up(Fraction(left) * share, 2)
        left, gross = left - cash, gross - one.cash
        note(
            office, t, one.investor, name, "liquidation", -one.units, value, -cash, one.fee,
            basis=basis,
        )  # fmt: skip
    return fees
