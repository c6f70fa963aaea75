"""What a suspended holding is worth on the day: the value that the fund's accountant states.

A stock that does not trade keeps its last close, and a fund that states it so pays leavers for a
fall or a rise that has not been booked yet. Orders, margins and the identity of the accounts stay
on the last close; unit value, fees and investors' money go by the stated value. docs/valuation.md
has the formulas, their sources, and how well each method did.
"""

from quanthedge.valuation.industries import IndexReturns
from quanthedge.valuation.spells import suspension_spells
from quanthedge.valuation.stated import Stated
from quanthedge.valuation.terms import Valuation

__all__ = [
    "IndexReturns",
    "Stated",
    "Valuation",
    "suspension_spells",
]
