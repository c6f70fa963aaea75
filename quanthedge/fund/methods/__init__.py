"""The methods of charging investors a performance fee: exact sums, and day by day in a ledger.

The ledger says what the fund is worth at a close; a book turns that into unit values, fees and
payments of its investors, in exact decimals.
"""

from quanthedge.fund.methods.door import Book, LotLine
from quanthedge.fund.methods.equalisation import EqualisedFund, EqualisedLot
from quanthedge.fund.methods.methods import LotMark, PooledMark, WholeFund
from quanthedge.fund.methods.opening import Method, open_book
from quanthedge.fund.methods.register import Charge, Lot, Payout, Register
from quanthedge.fund.methods.series import Series, SeriesFund

__all__ = [
    "Book",
    "Charge",
    "EqualisedFund",
    "EqualisedLot",
    "Lot",
    "LotLine",
    "LotMark",
    "Method",
    "Payout",
    "PooledMark",
    "Register",
    "Series",
    "SeriesFund",
    "WholeFund",
    "open_book",
]
