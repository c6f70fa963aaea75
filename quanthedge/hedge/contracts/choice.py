"""Which contract a hedge begins with, and when it goes on to which other.

Everything is decided from what was known at the close before: listings and last trading days are
published in advance; open interest, settlement prices and the index are those of that close.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quanthedge.hedge.contracts.chain import ContractChain
from quanthedge.rules import CALENDAR_DAYS_A_YEAR
from quanthedge.typing import Floats

__all__ = ["Choice", "Contract", "Roll"]

Contract = Literal["front", "next", "quarter", "main", "cheapest_carry"]
Roll = Literal["days", "open_interest", "basis"]
_MEDIAN_DAYS = 250  # trading days of calendar spreads that a spread is compared with
_LEAST_SPREADS = 20  # fewer are no median: the roll waits for its latest day


@dataclass(frozen=True)
class Choice:
    """A chain with a rule of choice and of roll.

    Attributes
    ----------
    chain : ContractChain
    remaining : int64 ndarray [T, M]
        Trading days from each day to each contract's last.
    contract, roll
        See :meth:`quanthedge.hedge.ContractSchedule.of`.
    roll_days, roll_window : int
    tradable : bool ndarray [T, M]
        The contract trades on the day, which is seen at the fill.
    index : ndarray [T]
        Close of the product's index, for "cheapest_carry".

    """

    chain: ContractChain
    remaining: NDArray[np.int64]
    contract: Contract
    roll: Roll
    roll_days: int
    roll_window: int
    tradable: NDArray[np.bool_]
    index: Floats

    def entry(self, row: int) -> int | None:
        """Return the contract with which a hedge begins on a day."""
        chain = self.chain
        if self.contract == "next":
            front = chain.front(row)
            return None if front is None else chain.successor(front)
        if self.contract == "quarter":
            return self._first([m for m in chain.quarters(row) if self.tradable[row, m]])
        if self.contract == "main":
            return self._largest(row, self._alive(row))
        if self.contract == "cheapest_carry":
            return self._cheapest(row, self._alive(row))
        return chain.front(row)

    def successor(self, row: int, held: int) -> int | None:
        """Return the contract into which a held one is rolled on a day, whenever that is."""
        chain = self.chain
        if self.contract in ("front", "next"):  # the month after it, whether it trades or not
            return chain.successor(held)
        later = [
            m for m in self._alive(row) if chain.last_trading_day[m] > chain.last_trading_day[held]
        ]
        if self.contract == "main":
            return self._largest(row, later)
        if self.contract == "cheapest_carry":
            return self._cheapest(row, later)
        return self._first([m for m in later if m in set(chain.quarters(row))])

    def due(self, row: int, held: int, following: int) -> bool:
        """Whether the hedge goes from a held contract to the following one on a day."""
        left = int(self.remaining[row, held])
        if left <= self.roll_days:
            return True
        if self.contract == "next" and held == self.chain.front(row):
            return True
        if self.contract == "main" or self.roll == "open_interest":
            before = self.chain.open_interest[row - 1] if row else np.full(following + 1, np.nan)
            return bool(before[following] > before[held])
        if self.roll == "basis" and left <= self.roll_days + self.roll_window:
            return self._good_spread(row - 1, held, following)
        return False

    def _alive(self, row: int) -> list[int]:
        """Contracts known by the close before that trade and end after the roll days."""
        known = (self.chain.first_row < max(row, 1)) & self.tradable[row]
        return [int(m) for m in np.flatnonzero(known & (self.remaining[row] > self.roll_days))]

    @staticmethod
    def _first(contracts: list[int]) -> int | None:
        return contracts[0] if contracts else None

    def _largest(self, row: int, contracts: list[int]) -> int | None:
        """Contract with the largest open interest at the close before; the nearest when unknown."""
        if not contracts:
            return None
        known = np.nan_to_num(self.chain.open_interest[max(row - 1, 0), contracts], nan=-1.0)
        return contracts[int(np.argmax(known))]

    def _cheapest(self, row: int, contracts: list[int]) -> int | None:
        """Contract whose short cost least a year by the marks of the close before.

        The cost is ``-ln(F / index) / years to delivery``. It is not adjusted for dividends: what
        they take from a far contract the stocks receive.
        """
        if not contracts:
            return None
        before = max(row - 1, 0)
        days = self.chain.last_trading_day[contracts] - self.chain.dates[before]
        years = days.astype("timedelta64[D]").astype(np.int64) / CALENDAR_DAYS_A_YEAR
        gain = np.log(self.chain.mark[before, contracts] / self.index[before]) / years
        known = np.where(np.isfinite(gain), gain, -np.inf)
        return contracts[int(np.argmax(known))]

    def spreads(self, old: int, new: int) -> Floats:
        """Return the yearly calendar spread ``ln(F_new / F_old) / years between`` by day, [T]."""
        chain = self.chain
        between = chain.last_trading_day[new] - chain.last_trading_day[old]
        years = between.astype("timedelta64[D]").astype(np.int64) / CALENDAR_DAYS_A_YEAR
        result: Floats = np.log(chain.mark[:, new] / chain.mark[:, old]) / years
        return result

    def spread_known(self, row: int, held: int, following: int) -> bool:
        """Whether the spread of a close and enough of those before it are known."""
        if row < 0 or not np.isfinite(self.spreads(held, following)[row]):
            return False
        past = self._near_spreads[max(0, row - _MEDIAN_DAYS) : row]
        return bool(np.isfinite(past).sum() >= _LEAST_SPREADS)

    def _good_spread(self, row: int, held: int, following: int) -> bool:
        """Whether the spread of a close is above the median of the year before it."""
        if row < 0:
            return False
        now = self.spreads(held, following)[row]
        past = self._near_spreads[max(0, row - _MEDIAN_DAYS) : row]
        past = past[np.isfinite(past)]
        return bool(past.size >= _LEAST_SPREADS and now > np.median(past))

    @cached_property
    def _near_spreads(self) -> Floats:
        """Yearly spread between the front contract and the one after it, by day, [T]."""
        chain = self.chain
        result = np.full(chain.dates.size, np.nan)
        for row in range(chain.dates.size):
            front = chain.front(row)
            after = None if front is None else chain.successor(front)
            if front is not None and after is not None:
                days = chain.last_trading_day[after] - chain.last_trading_day[front]
                years = days.astype("timedelta64[D]").astype(np.int64) / CALENDAR_DAYS_A_YEAR
                result[row] = np.log(chain.mark[row, after] / chain.mark[row, front]) / years
        return result
