"""Every method of charging the performance fee behind one door, so that a backtest can drive it.

The ledger says what the fund is worth at a close; a book turns that into unit values, fees and
payments of its investors, in exact decimals.
"""

from quanthedge.fund.books.door import Book, LotLine
from quanthedge.fund.books.opening import Method, open_book

__all__ = ["Book", "LotLine", "Method", "open_book"]
