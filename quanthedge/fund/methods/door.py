"""What every book of investors can be asked, and what several of them share."""

from decimal import Decimal
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from quanthedge.fund.methods.days import Worth
from quanthedge.fund.methods.register import Charge, Payout

__all__ = ["Book", "LotLine", "together"]

LotLine = dict[str, object]


class Book(Protocol):
    """The investors of one class of units."""

    @property
    def units(self) -> Decimal:
        """Units outstanding."""
        ...

    def unit_value(self) -> Decimal:
        """Return the published value of a unit, four decimals."""
        ...

    def revalue(self, assets: Fraction) -> None:
        """Take what the ledger says the class is worth, before performance fees not yet paid."""
        ...

    def advance(self, grown: Fraction) -> None:
        """Take what the hurdle has made of a yuan by today."""
        ...

    def units_for(self, cash: Decimal) -> Decimal:
        """Return the units that money would buy today, hundredths half up; 0 when none."""
        ...

    def subscribe(self, investor: str, cash: Decimal) -> Decimal:
        """Let an investor buy units; return their number."""
        ...

    def redeem(self, investor: str, units: Decimal) -> Payout:
        """Cancel units, oldest lots first; cash to the investor and fee to the manager."""
        ...

    def liquidate(self) -> list[Payout]:
        """Cancel all units at one value after the fee of the day; who is first does not matter."""
        ...

    def distribute(self, per_unit: Decimal) -> list[Payout]:
        """Pay a dividend on all units; what each gets, and the fee kept back from it."""
        ...

    def holding(self, investor: str) -> Decimal:
        """Units of an investor."""
        ...

    def crystallise(self) -> list[Charge]:
        """Charge the performance fee of a fee date."""
        ...

    def accrued(self) -> Decimal:
        """Fee that all investors together would pay if they left today, yuan."""
        ...

    def value_if_redeemed(self, investor: str) -> Decimal:
        """Yuan that an investor would get today."""
        ...

    def over_days(self, assets: NDArray[np.float64], grown: NDArray[np.float64]) -> Worth:
        """Return what all would get on each of D days with these assets and hurdle, [D] each."""
        ...

    def lots(self) -> list[LotLine]:
        """Lots with investor, units, cost, mark and value, for a statement."""
        ...


def together(payouts: list[Payout]) -> list[Payout]:
    """Return one payout for each investor."""
    found: dict[str, Payout] = {}
    for one in payouts:
        had = found.get(one.investor, Payout(one.investor, Decimal(0), Decimal(0), Decimal(0)))
        found[one.investor] = Payout(
            one.investor, had.units + one.units, had.cash + one.cash, had.fee + one.fee
        )
    return list(found.values())
