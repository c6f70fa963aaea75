"""Opens the book of a method."""

from fractions import Fraction
from typing import Literal

from quanthedge.errors import StrategyError
from quanthedge.fund.methods.door import Book
from quanthedge.fund.methods.equalisation import EqualisedFund
from quanthedge.fund.methods.equalised import EqualisedBook
from quanthedge.fund.methods.methods import LotMark, PooledMark, WholeFund
from quanthedge.fund.methods.registers import RegisterBook
from quanthedge.fund.methods.series import SeriesFund
from quanthedge.fund.methods.series_book import SeriesBook
from quanthedge.fund.terms import FundTerms
from quanthedge.fund.values import exact

__all__ = ["Method", "open_book"]

Method = Literal[
    "whole_fund", "whole_fund_and_redemption", "lot_units", "lot_value", "investor", "series",
    "equalisation",
]  # fmt: skip


def open_book(method: Method, terms: FundTerms) -> Book:
    """Return an empty book of a method under the terms of a fund."""
    rate, hurdle = exact(terms.performance_fee_rate), terms.hurdle
    start = exact(terms.initial_unit_value)
    if method == "equalisation" and hurdle and not (hurdle.hard and hurdle.kind != "index"):
        raise StrategyError(
            "clients.method equalisation: credits are fair only under a hard hurdle that never "
            "falls; accepted: hard = true with kind fixed or deposit, or another method"
        )
    if method in ("whole_fund", "whole_fund_and_redemption"):
        return RegisterBook(
            WholeFund(
                rate=rate,
                initial_unit_value=start,
                high_water_mark=terms.high_water_mark,
                at_redemption=method == "whole_fund_and_redemption",
                hurdle=hurdle,
            )
        )
    if method == "lot_units":
        return RegisterBook(LotMark(rate=rate, initial_unit_value=start, hurdle=hurdle))
    if method == "investor":
        return RegisterBook(PooledMark(rate=rate, initial_unit_value=start, hurdle=hurdle))
    if method in ("series", "lot_value"):
        fund = SeriesFund(rate=rate, initial_unit_value=start, hurdle=hurdle)
        return SeriesBook(fund, rolls_up=method == "series")
    return EqualisedBook(EqualisedFund(rate=rate, gross=Fraction(start), mark=Fraction(start)))
