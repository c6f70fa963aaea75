"""The end of a fund: everything is sold, the last fee is charged, everybody is paid.

After the last day of business (:attr:`FundTerms.winding_up`) the fund wants no stock on any day.
On the first close on which it holds neither shares nor contracts, nor waits for a dividend, the
performance fee is charged and all units are redeemed. What the four decimals of the unit value left
in the fund, or took too much, is shared out by what each one gets: the fund ends empty.
"""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from quanthedge.fund.fee_basis import Basis, fee_basis, lots_of
from quanthedge.fund.methods import Payout
from quanthedge.fund.running import RunningFund, investors_of, note
from quanthedge.fund.values import cents
from quanthedge.ledger import SleeveTargets

__all__ = ["pay_out", "sold_out"]


def sold_out(targets: SleeveTargets, last: int, days: int) -> SleeveTargets:
    """Return the targets of a fund that wants no stock on any day after ``last``.

    A rebalance without targets on each day sells on the first one what can be sold, and the rest as
    soon as suspensions and limits let it.
    """
    kept = int(np.searchsorted(targets.trade_days, last, side="right"))
    closing = np.arange(last + 1, days, dtype=targets.trade_days.dtype)
    end = targets.pointer[kept]
    return SleeveTargets.of_stocks(
        np.append(targets.trade_days[:kept], closing),
        np.append(targets.pointer[: kept + 1], np.full(closing.size, end)),
        targets.stocks[:end],
        targets.weights[:end],
    )


def pay_out(fund: RunningFund, t: int) -> dict[str, Decimal]:
    """Redeem all units at the close of day t, after the fee of that day has been charged.

    Returns the fees by class that fall due because somebody leaves (:meth:`Register.liquidate`),
    which the caller books; they and the cash paid add up to the equity, to the cent.
    """
    leaving = [one for name in fund.registers for one in _leaving(fund, name)]
    fees = {
        name: sum((one.paid.fee for one in leaving if one.share_class == name), Decimal(0))
        for name in fund.registers
    }
    gross = sum((one.paid.cash for one in leaving), Decimal(0))
    left = cents(Fraction(fund.book.state.equity)) - sum(fees.values(), Decimal(0))
    for k, (name, value, paid, basis) in enumerate(leaving):
        share = Fraction(paid.cash) / Fraction(gross) if gross else Fraction(1, len(leaving) - k)
        cash = cents(Fraction(left) * share)
        left, gross = left - cash, gross - paid.cash
        note(
            fund, t, paid.investor, name, "liquidation", -paid.units, value, -cash, paid.fee,
            basis=basis,
        )  # fmt: skip
    return fees


class _Leaving(NamedTuple):
    """What an investor is paid, and on what his fee was reckoned."""

    share_class: str
    value: Decimal
    paid: Payout
    basis: Basis


def _leaving(fund: RunningFund, name: str) -> list[_Leaving]:
    """Cancel all units of a class."""
    register = fund.registers[name]
    value, lines = register.unit_value(), register.lots()
    for investor in investors_of(fund, name):
        fund.bought[investor, name] = []
    return [
        _Leaving(name, value, one, fee_basis(lots_of(lines, one.investor)))
        for one in register.liquidate()
    ]
