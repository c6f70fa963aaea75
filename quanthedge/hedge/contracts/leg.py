"""A short futures leg for research: daily returns of the contracts held, rolls, carry, fees."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import DataError, StrategyError
from quanthedge.hedge.contracts.chain import ContractChain, contract_chain
from quanthedge.hedge.contracts.schedule import ContractSchedule
from quanthedge.market import Market
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, index_of
from quanthedge.typing import Floats

__all__ = ["FuturesLeg", "Mark", "futures_leg"]

Mark = Literal["settlement", "close", "index"]
_CARRY_DAYS = 20  # trading days over which the basis is averaged


class FuturesLeg(NamedTuple):
    """Products side by side over the market's rows first .. last.

    Attributes
    ----------
    dates : datetime64[D] [T]
    products : tuple of str [P]
    future, index_return : float64 [T, P]
        Returns of the contract held at the close before, and of the product's index; NaN on days
        without a contract, and on row 0.
    level : float64 [T, P]
        Close of the index.
    carry : float64 [T, P]
        Expected cost of being short, a year, known at the close.
    rolled : bool [T, P]
        The contract was changed on the day.
    fee_rate : float64 [T, P]
        Of a trade's value.
    substituted : bool [T, P]
        Another contract was held than asked for, or none, or the figures by which it is chosen
        are not known.

    """

    dates: NDArray[np.datetime64]
    products: tuple[str, ...]
    future: Floats
    index_return: Floats
    level: Floats
    carry: Floats
    rolled: NDArray[np.bool_]
    fee_rate: Floats
    substituted: NDArray[np.bool_]


def _index_levels(market: Market, codes: Sequence[str], first: int, last: int) -> Floats:
    """Return the closes of several indices, [T, K]; DataError where one is missing."""
    levels = np.column_stack([market.index_close(code)[first : last + 1] for code in codes])
    if np.isnan(levels).any():
        t, k = (int(place[0]) for place in np.nonzero(np.isnan(levels)))
        raise DataError(
            f"index_daily: {codes[k]} has no close on {market.dates[first + t]}; complete it, or "
            "choose another span"
        )
    return levels


def futures_leg(
    market: Market,
    products: str | Sequence[str],
    first: int,
    last: int,
    *,
    mark: Mark = "settlement",
    indices: Sequence[str] | None = None,
    **contracts: Any,
) -> FuturesLeg:
    """Return the futures leg over the rows first .. last of a market.

    Parameters
    ----------
    market : Market
    products : {"IF", "IH", "IC", "IM"}, one or several
    first, last : int
        Row ``first`` is the last close before the first day hedged. Rows before the product was
        listed are NaN.
    mark : {"settlement", "close", "index"}
        Price at which contracts are valued and rolled. "index" is the perfect instrument that does
        not exist: the index itself, without basis, carry or rolls.
    indices : sequence of str, optional
        Index of each product; by default that of the contract.
    **contracts
        Of :meth:`ContractSchedule.of`: contract, roll, roll_days and so on.

    Returns
    -------
    FuturesLeg

    Notes
    -----
    The return of day t is that of the contract held after day t - 1, whose own two marks are
    compared: a roll buys back one contract and sells another, each at its own mark of the day.
    The expected cost of being short is minus the basis of the contract held, per year of its
    remaining life, averaged over 20 trading days:
    ``-sum(price / index - 1) / sum(days to delivery / 365)``. It is measured against the price
    index, whose dividends the stocks receive.

    """
    names = (products,) if isinstance(products, str) else tuple(products)
    codes = [index_of(name) for name in names] if indices is None else list(indices)
    if len(codes) != len(names) or len(set(names)) != len(names):
        raise StrategyError(
            f"futures_leg: products {names} and indices {tuple(codes)}; accepted is each product "
            "once, and one index for each"
        )
    level = _index_levels(market, codes, first, last)
    index = np.full(level.shape, np.nan)
    index[1:] = level[1:] / level[:-1] - 1.0
    parts = [
        _product(market, name, first, last, mark, level[:, p], index[:, p], contracts)
        for p, name in enumerate(names)
    ]
    future, carry, rolled, fees, amiss = (
        np.column_stack(list(one)) for one in zip(*parts, strict=True)
    )
    dates = market.dates[first : last + 1]
    return FuturesLeg(dates, names, future, index, level, carry, rolled, fees, amiss)


def _product(
    market: Market,
    product: str,
    first: int,
    last: int,
    mark: Mark,
    level: Floats,
    index: Floats,
    contracts: dict[str, Any],
) -> tuple[Floats, Floats, NDArray[np.bool_], Floats, NDArray[np.bool_]]:
    """Return, carry, rolls, fee rate and substitutions of one product."""
    days = last - first + 1
    never = np.zeros(days, dtype=np.bool_)
    if mark == "index":
        return index, np.zeros(days), never, np.zeros(days), never
    chain = contract_chain(market, product)
    begin = max(first, int(np.flatnonzero(chain.present.any(axis=1))[0]))
    if begin > last:
        raise DataError(
            f"futures_daily: {product} was first traded on {market.dates[begin]}, after "
            f"{market.dates[last]}; choose another product or span"
        )
    schedule = ContractSchedule.of(market, product, begin, last, **{"fill": "close", **contracts})
    price = _marks(chain, schedule, begin, last, mark)
    future = np.full(days, np.nan)
    carry = np.full(days, np.nan)
    rolled = np.zeros(days, dtype=np.bool_)
    fees = np.zeros(days)
    skip = begin - first
    held = schedule.hold
    before, today = np.arange(held.size - 1), np.arange(1, held.size)
    earned = price[today, held[:-1]] / price[before, held[:-1]] - 1.0
    future[skip + 1 :] = np.where(held[:-1] >= 0, earned, np.nan)
    rolled[skip + 1 :] = (held[1:] != held[:-1]) & (held[1:] >= 0) & (held[:-1] >= 0)
    carry[skip:] = _carry(chain, schedule, price, level[skip:])
    fees[skip:] = _fee_rates(product, schedule)
    missed = np.array([one.date for one in schedule.substituted], dtype="datetime64[D]")
    amiss = np.isin(market.dates[first : last + 1], missed)
    return future, carry, rolled, fees, amiss


def _marks(
    chain: ContractChain, schedule: ContractSchedule, begin: int, last: int, mark: Mark
) -> Floats:
    """Prices of the schedule's contracts, [T, C]; delivery is at the settlement price."""
    if mark == "settlement":
        return schedule.settlement_price
    columns = [chain.position[name] for name in schedule.contracts]
    close = chain.close[begin : last + 1, columns]
    days = np.arange(close.shape[0])[:, None]
    return np.where(days == schedule.last_day[None, :], schedule.settlement_price, close)


def _carry(
    chain: ContractChain, schedule: ContractSchedule, price: Floats, level: Floats
) -> Floats:
    """Return the expected cost of being short the contract held, a year, [T]."""
    ends = chain.last_trading_day[[chain.position[name] for name in schedule.contracts]]
    held = schedule.hold
    rows = np.arange(held.size)
    years = (ends[held] - schedule.dates).astype(np.int64) / CALENDAR_DAYS_A_YEAR
    basis = price[rows, held] / level - 1.0
    known = (held >= 0) & np.isfinite(basis) & (years > 0)
    sums = np.cumsum(np.where(known, [basis, years], 0.0), axis=1)
    sums[:, _CARRY_DAYS:] -= sums[:, :-_CARRY_DAYS].copy()
    result: Floats = np.where(sums[1] > 0, -sums[0] / np.where(sums[1] > 0, sums[1], 1.0), np.nan)
    return result


def _fee_rates(product: str, schedule: ContractSchedule) -> Floats:
    """Exchange and broker fee of the product on each day, [T]."""
    from quanthedge.rules import FuturesRules

    return FuturesRules.between(product, schedule.dates).fee_rate
