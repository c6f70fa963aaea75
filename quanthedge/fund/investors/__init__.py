"""Investors of a fund and the methods of charging them a performance fee."""

from quanthedge.fund.investors.equalisation import EqualisedFund, EqualisedLot
from quanthedge.fund.investors.methods import LotMark, PooledMark, WholeFund
from quanthedge.fund.investors.register import Charge, Lot, Payout, Register
from quanthedge.fund.investors.series import Series, SeriesFund

__all__ = [
    "Charge",
    "EqualisedFund",
    "EqualisedLot",
    "Lot",
    "LotMark",
    "Payout",
    "PooledMark",
    "Register",
    "Series",
    "SeriesFund",
    "WholeFund",
]
