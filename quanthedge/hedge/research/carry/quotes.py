"""What is quoted at a close for carry: prices, dividends, rates and fees of every listed month."""

from dataclasses import dataclass

import numpy as np

from quanthedge.errors import DataError
from quanthedge.hedge.contracts.chain import ContractChain, contract_chain
from quanthedge.hedge.research.basis import chain_places
from quanthedge.hedge.research.carry.basket import Basket, basket
from quanthedge.hedge.research.carry.terms import CarryTerms
from quanthedge.hedge.research.dividends import dividend_calendar, expected_dividends
from quanthedge.market import Market
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, FuturesRules, index_of
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["Quotes", "carry_quotes", "first_quoted"]


@dataclass(frozen=True)
class Quotes:
    """Quotes of R days and M contracts, as public at each close; NaN where nothing is quoted.

    Attributes
    ----------
    chain : ContractChain
    rows : int64 [R]
        Days of the market.
    multiplier : float
        Yuan a point.
    index : float64 [R]
        Close of the index, points.
    price : float64 [R, M]
        Settlement price, points; NaN on the last trading day, on which nothing is left.
    days, place : float64 [R, M], int64 [R, M]
        Calendar days to delivery, and number in POSITIONS.
    dividends : float64 [R, M]
        Expected from the next day to delivery, points.
    short_margin, long_margin : float64 [R, M]
        Fraction of the value.
    rules : FuturesRules
        Fees and limits of the days.
    rate : float64 [R]
        Financing a year.
    basket : Basket

    """

    chain: ContractChain
    rows: Ints
    multiplier: float
    index: Floats
    price: Floats
    days: Floats
    place: Ints
    dividends: Floats
    short_margin: Floats
    long_margin: Floats
    rules: FuturesRules
    rate: Floats
    basket: Basket

    @property
    def quoted(self) -> Bools:
        """Whether a contract could be judged on a day, [R, M]."""
        found: Bools = np.isfinite(self.price)
        return found

    @property
    def basket_value(self) -> Floats:
        """Value of the basket of one lot, yuan [R, 1]."""
        return self.multiplier * self.index[:, None]

    @property
    def future_value(self) -> Floats:
        """Value of one lot, yuan [R, M]."""
        return self.multiplier * self.price

    @property
    def years(self) -> Floats:
        """Time to delivery, years of 365 days [R, M]."""
        return self.days / CALENDAR_DAYS_A_YEAR


def first_quoted(market: Market, product: str) -> int:
    """Return the first day on which a product has a bar and its index a close.

    Raises
    ------
    DataError
        When there is none.
    """
    chain = contract_chain(market, product)
    both = chain.present.any(axis=1) & np.isfinite(market.index_close(index_of(product)))
    if not both.any():
        raise DataError(f"carry of {product}: no day has both a bar and {index_of(product)}")
    return int(np.argmax(both))


def carry_quotes(market: Market, product: str, terms: CarryTerms, rows: Ints) -> Quotes:
    """Return what was quoted on some days, ascending, none before the product's first bar."""
    chain = contract_chain(market, product)
    code = index_of(product)
    dates = chain.dates[rows]
    left = (chain.last_trading_day - dates[:, None]).astype(np.int64)
    there = chain.present[rows] & np.isfinite(chain.mark[rows]) & (left > 0)
    index = np.asarray(market.index_close(code)[rows], dtype=np.float64)
    there &= np.isfinite(index)[:, None]
    place = _places(chain, rows, there)
    short, long = (
        FuturesRules.between(product, dates, account=terms.account, side=side)
        for side in ("short", "long")
    )
    expected = expected_dividends(
        dividend_calendar(market, code), chain.dates, chain.last_trading_day
    )
    return Quotes(
        chain=chain,
        rows=rows,
        multiplier=short.multiplier,
        index=index,
        price=np.where(there, chain.mark[rows], np.nan),
        days=np.where(there, left, np.nan),
        place=place,
        dividends=np.where(there, expected[rows] * index[:, None], np.nan),
        short_margin=_tiered(short, place),
        long_margin=_tiered(long, place),
        rules=short,
        rate=_financing(market, terms)[rows],
        basket=basket(market, code, rows, terms),
    )


def _places(chain: ContractChain, rows: Ints, there: Bools) -> Ints:
    """Return the number in POSITIONS of each contract on each day, -1 where it is not quoted."""
    day, contract = np.nonzero(there)
    place = np.full(there.shape, -1, dtype=np.int64)
    if day.size:
        place[day, contract] = chain_places(chain, rows[day], contract)
    return place


def _tiered(rules: FuturesRules, place: Ints) -> Floats:
    """Return the margin of each contract by its place in the chain, [R, M]."""
    return np.where(place <= 1, rules.margin[:, None], rules.margin_quarter[:, None])


def _financing(market: Market, terms: CarryTerms) -> Floats:
    if terms.financing == "market":
        return np.asarray(market.cash_rate(), dtype=np.float64)
    return np.full(len(market.dates), float(terms.financing))
