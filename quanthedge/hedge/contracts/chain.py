"""The contracts of one product through time: which are listed on a day, and which comes next.

CFFEX lists the current month, the next month and the two quarter months after it; a contract ends
on the third Friday of its month, later when that is a holiday.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.typing import Days, Floats

__all__ = ["ContractChain", "FuturesMarket", "contract_chain"]


_FIELDS = ("open", "high", "low", "close", "settle", "volume", "amount", "open_interest")


class FuturesMarket(Protocol):
    """The part of a market that the futures leg needs."""

    @property
    def dates(self) -> Days:
        """Trading days, datetime64[D] [T]."""
        ...

    def futures(self, product: str, /) -> pd.DataFrame:
        """Return the bars of every contract of a product, long."""
        ...

    def index_close(self, code: str, /) -> Floats:
        """Return an index's close by day, [T]."""
        ...


# schedule, hedge and sleeves of a run ask for the same; a market that is gone takes its own along
_CHAINS: WeakKeyDictionary[FuturesMarket, dict[str, "ContractChain"]] = WeakKeyDictionary()


@dataclass(frozen=True)
class ContractChain:
    """Bars of every contract of a product, aligned on the market's days.

    Attributes
    ----------
    product : str
    dates : datetime64[D] ndarray [T]
    contracts : list of str [M]
        Ordered by last trading day.
    last_trading_day : datetime64[D] ndarray [M]
    present : bool ndarray [T, M]
        The contract has a row on the day.
    open, high, low, close, settle, volume, amount, open_interest : float64 ndarray [T, M]
        Points, contracts and yuan; NaN where unknown.

    """

    product: str
    dates: Days
    contracts: list[str]
    last_trading_day: Days
    present: NDArray[np.bool_]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    settle: Floats
    volume: Floats
    amount: Floats
    open_interest: Floats

    @cached_property
    def position(self) -> dict[str, int]:
        """Position of each contract."""
        return {contract: m for m, contract in enumerate(self.contracts)}

    @cached_property
    def first_row(self) -> NDArray[np.int64]:
        """Day index of each contract's first row, [M]; before it the contract is not known."""
        first: NDArray[np.int64] = np.argmax(self.present, axis=0).astype(np.int64)
        return first

    @cached_property
    def mark(self) -> Floats:
        """Settlement price, or the close where that is missing, [T, M]."""
        return np.where(np.isnan(self.settle), self.close, self.settle)

    def listed(self, row: int) -> list[int]:
        """Return the contracts with a bar on a day, nearest first."""
        return [int(m) for m in np.flatnonzero(self.present[row])]

    def front(self, row: int) -> int | None:
        """Return the nearest contract known by day `row` that has not ended before it.

        The last trading day itself still belongs to the contract that ends on it.
        """
        alive = (self.first_row <= row) & (self.last_trading_day >= self.dates[row])
        return int(np.argmax(alive)) if alive.any() else None

    def successor(self, m: int) -> int | None:
        """Return the contract of the month after contract `m`, or None when the data lack it.

        Goes by the month in the name, so a gap in the data never turns a far contract into the
        next one.
        """
        return self.position.get(month_after(self.contracts[m]))

    def quarters(self, row: int) -> list[int]:
        """Return the contracts with a bar on a day that end after the next month, nearest first."""
        front = self.front(row)
        if front is None:
            return []
        near = {front, self.successor(front)}
        return [m for m in self.listed(row) if m not in near]


@lru_cache(maxsize=4096)
def month_after(contract: str) -> str:
    """Return the name of the contract one month later.

    Examples
    --------
    >>> month_after("IF1412")
    'IF1501'

    """
    year, month = int(contract[-4:-2]), int(contract[-2:])
    year, month = ((year + 1) % 100, 1) if month == 12 else (year, month + 1)
    return f"{contract[:-4]}{year:02d}{month:02d}"


def contract_month(contract: str) -> np.datetime64:
    """Return the first day of a contract's month.

    Examples
    --------
    >>> contract_month("IF1412")
    np.datetime64('2014-12-01')

    """
    return np.datetime64(f"20{contract[-4:-2]}-{contract[-2:]}-01", "D")


def contract_chain(market: FuturesMarket, product: str) -> ContractChain:
    """Return the contracts of a product, aligned on the market's days.

    Parameters
    ----------
    market : Market
    product : {"IF", "IH", "IC", "IM"}

    Returns
    -------
    ContractChain

    Raises
    ------
    DataError
        When the market has no such product, a contract has two last trading days, a name without
        a month, two bars on a day, or a bar on a day that is no trading day.

    Notes
    -----
    Bars before the market's first or after its last day are left out. Row t holds the bars of day
    t, public at its close.

    """
    if not isinstance(market, Hashable):
        return _chain(market, product)
    known = _CHAINS.setdefault(market, {})
    if product not in known:
        known[product] = _chain(market, product)
    return known[product]


def _chain(market: FuturesMarket, product: str) -> ContractChain:
    frame = market.futures(product)
    dates = np.asarray(market.dates, dtype="datetime64[D]")
    days = frame["date"].to_numpy().astype("datetime64[D]")
    covered = (days >= dates[0]) & (days <= dates[-1])
    frame, days = frame[covered], days[covered]
    if frame.empty:
        raise DataError(
            f"futures_daily: product {product} has no bar between {dates[0]} and {dates[-1]}; "
            "choose a product that traded then, or import its contracts"
        )
    contracts, ends = _ends(frame, product)
    rows = np.searchsorted(dates, days)
    columns = pd.Index(contracts).get_indexer(pd.Index(frame["contract"].astype(str)))
    _check_places(frame, days, dates, rows, columns)
    present = np.zeros((dates.size, len(contracts)), dtype=np.bool_)
    present[rows, columns] = True
    fields = {}
    for name in _FIELDS:
        fields[name] = np.full(present.shape, np.nan)
        fields[name][rows, columns] = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return ContractChain(product, dates, contracts, ends, present, **fields)


def _ends(frame: pd.DataFrame, product: str) -> tuple[list[str], Days]:
    """Contracts and their last trading days, in that order."""
    pairs = pd.DataFrame(
        {
            "contract": frame["contract"].astype(str).to_numpy(),
            "last": frame["last_trading_day"].to_numpy().astype("datetime64[D]"),
        }
    ).drop_duplicates()
    unnamed = pairs.loc[~pairs["contract"].str.fullmatch(product + r"\d{2}(0[1-9]|1[0-2])")]
    if not unnamed.empty:
        raise DataError(
            f"futures_daily: contract {unnamed['contract'].iloc[0]!r} does not name its month; "
            f"accepted are names like {product}1410"
        )
    twice = pairs.loc[pairs["contract"].duplicated(), "contract"]
    if not twice.empty:
        raise DataError(
            f"futures_daily: contract {twice.iloc[0]} has more than one last_trading_day; "
            "accepted is one; fix the source"
        )
    pairs = pairs.sort_values(["last", "contract"])
    return pairs["contract"].tolist(), pairs["last"].to_numpy().astype("datetime64[D]")


def _check_places(
    frame: pd.DataFrame,
    days: Days,
    dates: Days,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
) -> None:
    """Raise DataError for bars on days that are none of the market's, and for double bars."""
    stray = dates[rows] != days
    if stray.any():
        first = int(np.argmax(stray))
        raise DataError(
            f"futures_daily: {int(stray.sum())} bars are not on a trading day of stock_daily "
            f"(first: {frame['contract'].iloc[first]} {days[first]}); remove them or complete the "
            "stock bars"
        )
    place = pd.Series(rows * (int(columns.max()) + 1) + columns)
    if place.duplicated().any():
        first = int(np.argmax(place.duplicated().to_numpy()))
        raise DataError(
            f"futures_daily: {frame['contract'].iloc[first]} has more than one bar on "
            f"{days[first]}; accepted is one; fix the source"
        )
